// SPDX-License-Identifier: GPL-2.0
/* Comparing all bytes. */
#include "hash/content.c"
#include "tests/unit/unit.h"

static struct page *page_of(int byte)
{
	struct page *page = alloc_page(GFP_KERNEL);

	assert_non_null(page);
	memset(shim_page_content(page), byte, PAGE_SIZE);
	return page;
}

static void every_bit_counts(void **state)
{
	struct page *a = page_of(0x5a), *b = page_of(0x5a), *zero = page_of(0);
	unsigned char *in_b = shim_page_content(b);
	unsigned char *in_zero = shim_page_content(zero);
	size_t i;

	(void)state;
	for (i = 0; i < PAGE_SIZE * 8; i++) {
		unsigned char bit = BIT(i % 8);

		in_b[i / 8] ^= bit;
		in_zero[i / 8] ^= bit;
		assert_false(ksmfs_content_equal(a, b));
		assert_false(ksmfs_content_equal(b, a));
		assert_false(ksmfs_content_is_zero(zero));
		in_b[i / 8] ^= bit;
		in_zero[i / 8] ^= bit;
	}
	assert_true(ksmfs_content_equal(a, b));
	assert_true(ksmfs_content_is_zero(zero));
	put_page(a);
	put_page(b);
	put_page(zero);
}

static int end(void **state)
{
	(void)state;
	return shim_lockdep_held() || shim_page_live();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(every_bit_counts, end),
	};

	return cmocka_run_group_tests_name("content", tests, NULL, NULL);
}
