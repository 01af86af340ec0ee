// SPDX-License-Identifier: GPL-2.0
/* Fingerprints: of what, with which seed, and of zeros. */
#include "hash/fingerprint.c"
#include "tests/unit/unit.h"

static struct page *page_of(int byte)
{
	struct page *page = alloc_page(GFP_KERNEL);

	assert_non_null(page);
	memset(shim_page_content(page), byte, PAGE_SIZE);
	return page;
}

static void every_byte_counts(void **state)
{
	struct page *page = page_of(0);
	unsigned char *content = shim_page_content(page);
	u64 zero = ksmfs_fingerprint(page, 1);
	size_t i;

	(void)state;
	for (i = 0; i < PAGE_SIZE; i++) {
		content[i] = 1;
		assert_true(ksmfs_fingerprint(page, 1) != zero);
		assert_false(ksmfs_fingerprint_is_zero(page));
		content[i] = 0;
	}
	assert_true(ksmfs_fingerprint(page, 1) == zero);
	assert_true(ksmfs_fingerprint_is_zero(page));
	put_page(page);
}

static void it_is_xxh64(void **state)
{
	struct page *page = page_of(0x5a);

	(void)state;
	assert_true(ksmfs_fingerprint(page, 99) ==
		    xxh64(shim_page_content(page), PAGE_SIZE, 99));
	put_page(page);
}

static void another_seed_is_another_fingerprint(void **state)
{
	struct page *page = page_of(0x5a);

	(void)state;
	assert_true(ksmfs_fingerprint(page, 1) != ksmfs_fingerprint(page, 2));
	put_page(page);
}

static void it_is_never_0(void **state)
{
	struct page *page = page_of(0x5a);

	(void)state;
	shim_xxh64_mask = 0;
	assert_true(ksmfs_fingerprint(page, 1) == 1);
	shim_xxh64_mask = ~0ULL;
	put_page(page);
}

static int end(void **state)
{
	(void)state;
	return shim_lockdep_held() || shim_page_live();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(every_byte_counts, end),
		cmocka_unit_test_teardown(it_is_xxh64, end),
		cmocka_unit_test_teardown(another_seed_is_another_fingerprint,
					  end),
		cmocka_unit_test_teardown(it_is_never_0, end),
	};

	return cmocka_run_group_tests_name("fingerprint", tests, NULL, NULL);
}
