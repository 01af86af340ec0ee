// SPDX-License-Identifier: GPL-2.0
/* Fingerprints: of what, with which seed, of which kind, and of zeros. */
#include "hash/fingerprint.c"
#include "tests/unit/unit.h"

#define SEED 0x0123456789abcdefULL

static struct page *page_of(int byte)
{
	struct page *page = alloc_page(GFP_KERNEL);

	assert_non_null(page);
	memset(shim_page_content(page), byte, PAGE_SIZE);
	return page;
}

/* However little of a page is not 0, it is not the zero page. */
static void only_zeros_are_zero(void **state)
{
	struct page *page = page_of(0);
	unsigned char *content = shim_page_content(page);
	size_t i;

	(void)state;
	for (i = 0; i < PAGE_SIZE; i++) {
		content[i] = 1;
		assert_true(ksmfs_fingerprint(page, SEED) !=
			    KSMFS_FINGERPRINT_ZERO);
		assert_true(ksmfs_fingerprint_whole(page, SEED) !=
			    KSMFS_FINGERPRINT_ZERO);
		content[i] = 0;
	}
	assert_true(ksmfs_fingerprint(page, SEED) == KSMFS_FINGERPRINT_ZERO);
	assert_true(ksmfs_fingerprint_whole(page, SEED) ==
		    KSMFS_FINGERPRINT_ZERO);
	put_page(page);
}

/* Each byte of the whole counts, and one line of each quarter in the sample. */
static void what_is_seen(void **state)
{
	struct page *page = page_of(0x5a);
	unsigned char *content = shim_page_content(page);
	u64 sample = ksmfs_fingerprint(page, SEED);
	u64 whole = ksmfs_fingerprint_whole(page, SEED);
	unsigned int seen[LINES] = {};
	size_t i;

	(void)state;
	for (i = 0; i < PAGE_SIZE; i++) {
		content[i] ^= 1;
		assert_true(ksmfs_fingerprint_whole(page, SEED) != whole);
		seen[i / STRATUM] += ksmfs_fingerprint(page, SEED) != sample;
		content[i] ^= 1;
	}
	for (i = 0; i < LINES; i++)
		assert_int_equal(seen[i], LINE);
	put_page(page);
}

/* Over the seeds each line is in the sample, and not the same ones always. */
static void the_sample_is_the_seeds(void **state)
{
	struct page *page = page_of(0x5a);
	unsigned char *content = shim_page_content(page);
	size_t line, seen;
	u64 seed;

	(void)state;
	for (line = 0; line < PAGE_SIZE; line += LINE) {
		seen = 0;
		for (seed = 0; seed < 512; seed++) {
			u64 spread = seed * 0x9e3779b97f4a7c15ULL;
			u64 before = ksmfs_fingerprint(page, spread);

			content[line] ^= 1;
			seen += ksmfs_fingerprint(page, spread) != before;
			content[line] ^= 1;
		}
		assert_in_range(seen, 512 / 16 / 2, 512 / 16 * 2);
	}
	put_page(page);
}

/* Who has found out one line has not found out the others. */
static void each_line_is_chosen_for_itself(void **state)
{
	unsigned int i, moved;
	u64 bit;

	(void)state;
	for (bit = 1; bit; bit <<= 1) {
		moved = 0;
		for (i = 0; i < LINES; i++)
			moved += line_at(i, bit) != line_at(i, 0);
		assert_in_range(moved, 0, 1);
	}
}

static void the_whole_is_xxh64(void **state)
{
	struct page *page = page_of(0x5a);

	(void)state;
	assert_true(ksmfs_fingerprint_whole(page, SEED) ==
		    (xxh64(shim_page_content(page), PAGE_SIZE, SEED) | 1));
	put_page(page);
}

static void another_seed_is_another_fingerprint(void **state)
{
	struct page *page = page_of(0x5a);

	(void)state;
	assert_true(ksmfs_fingerprint(page, 1) != ksmfs_fingerprint(page, 2));
	assert_true(ksmfs_fingerprint_whole(page, 1) !=
		    ksmfs_fingerprint_whole(page, 2));
	put_page(page);
}

static bool has_sample(struct page *page)
{
	return !ksmfs_fingerprint_is_whole(ksmfs_fingerprint(page, SEED));
}

/* A sample of zeros says nothing: then it is the whole that is taken. */
static void the_kind_can_be_told(void **state)
{
	struct page *page = page_of(0x5a);
	unsigned char *content = shim_page_content(page);
	size_t i;
	u64 whole;

	(void)state;
	assert_true(has_sample(page));
	whole = ksmfs_fingerprint_whole(page, SEED);
	assert_true(ksmfs_fingerprint_is_whole(whole));
	for (i = 0; i < LINES; i++)
		memset(content + line_at(i, SEED), 0, LINE);
	assert_true(ksmfs_fingerprint(page, SEED) ==
		    ksmfs_fingerprint_whole(page, SEED));
	for (i = 0; i < LINES * LINE; i++) {
		unsigned char *byte = content + line_at(i / LINE, SEED) +
				      i % LINE;

		*byte = 1;
		assert_true(has_sample(page));
		*byte = 0;
	}
	put_page(page);
}

static void the_kind_is_kept_until_the_content_changes(void **state)
{
	struct page *page = page_of(0x5a);
	unsigned char *content = shim_page_content(page);
	u64 sample = ksmfs_fingerprint(page, SEED);
	u64 whole = ksmfs_fingerprint_whole(page, SEED);

	(void)state;
	assert_true(ksmfs_fingerprint_again(page, SEED, 0) == sample);
	assert_true(ksmfs_fingerprint_again(page, SEED, sample) == sample);
	assert_true(ksmfs_fingerprint_again(page, SEED, whole) == whole);
	content[line_at(0, SEED)] ^= 1;
	assert_true(ksmfs_fingerprint_again(page, SEED, sample) ==
		    ksmfs_fingerprint(page, SEED));
	assert_true(ksmfs_fingerprint_again(page, SEED, whole) ==
		    ksmfs_fingerprint(page, SEED));
	put_page(page);
}

/* Neither 0 nor the zero page's, whatever the hash. */
static void what_is_reserved_is_not_taken(void **state)
{
	struct page *page = page_of(0x5a);

	(void)state;
	ksmfs_fingerprint_bits = 0;
	assert_true(ksmfs_fingerprint(page, 0) > KSMFS_FINGERPRINT_ZERO);
	assert_true(ksmfs_fingerprint_whole(page, 0) > KSMFS_FINGERPRINT_ZERO);
	put_page(page);
}

/* Of @pages how many have a fingerprint that another one before them has. */
static unsigned int count_alike(u64 (*fingerprint)(struct page *page, u64 seed))
{
	u64 prints[256];
	unsigned int i, j, alike = 0;

	for (i = 0; i < ARRAY_SIZE(prints); i++) {
		struct page *page = page_of(0x5a);

		memcpy(shim_page_content(page) + line_at(0, SEED), &i,
		       sizeof(i));
		prints[i] = fingerprint(page, SEED);
		put_page(page);
		for (j = 0; j < i && prints[j] != prints[i]; j++)
			;
		alike += j < i;
	}
	return alike;
}

/* As many as throwing 256 balls into 2^bits boxes leads one to expect. */
static void so_many_bits_count(void **state)
{
	static const struct {
		unsigned int bits, least, most;
	} cases[] = {
		{ 0, 255, 255 }, { 1, 254, 254 }, { 4, 240, 240 },
		{ 8, 70, 118 }, { 16, 0, 4 }, { 32, 0, 0 }, { 63, 0, 0 },
		{ 64, 0, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ksmfs_fingerprint_bits = cases[i].bits;
		assert_in_range(count_alike(ksmfs_fingerprint), cases[i].least,
				cases[i].most);
		assert_in_range(count_alike(ksmfs_fingerprint_whole),
				cases[i].least, cases[i].most);
	}
}

/* Seeds keep apart what is not to meet, however few bits of the hash count. */
static void constant_fingerprints_are_the_seeds(void **state)
{
	struct page *page = page_of(0x5a), *zeros = page_of(0);
	u64 bit, seed;

	(void)state;
	ksmfs_fingerprint_bits = 0;
	for (bit = 1; bit < BIT(63); bit <<= 1) {
		seed = SEED ^ bit;
		assert_true(ksmfs_fingerprint(page, seed) !=
			    ksmfs_fingerprint(page, SEED));
		assert_true(ksmfs_fingerprint_whole(page, seed) !=
			    ksmfs_fingerprint_whole(page, SEED));
		assert_true(ksmfs_fingerprint(page, seed) !=
			    ksmfs_fingerprint_whole(page, seed));
		assert_true(ksmfs_fingerprint(zeros, seed) ==
			    KSMFS_FINGERPRINT_ZERO);
	}
	put_page(page);
	put_page(zeros);
}

static int end(void **state)
{
	(void)state;
	ksmfs_fingerprint_bits = 64;
	return shim_lockdep_held() || shim_page_live();
}

#define test(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(only_zeros_are_zero),
		test(what_is_seen),
		test(the_sample_is_the_seeds),
		test(each_line_is_chosen_for_itself),
		test(the_whole_is_xxh64),
		test(another_seed_is_another_fingerprint),
		test(the_kind_can_be_told),
		test(the_kind_is_kept_until_the_content_changes),
		test(what_is_reserved_is_not_taken),
		test(so_many_bits_count),
		test(constant_fingerprints_are_the_seeds),
	};

	return cmocka_run_group_tests_name("fingerprint", tests, NULL, NULL);
}
