// SPDX-License-Identifier: GPL-2.0
#include "hash/content.h"

/* Words compared before the outcome is looked at: a cache line. */
#define BLOCK 8

/*
 * memcmp() of the kernel looks at each word it has compared, and takes three
 * times as many instructions for pages that are equal.
 */
static __no_kcsan bool words_equal(const u64 *a, const u64 *b)
{
	const u64 *end = a + PAGE_SIZE / sizeof(*a);

	for (; a < end; a += BLOCK, b += BLOCK) {
		if ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) |
		    (a[3] ^ b[3]) | (a[4] ^ b[4]) | (a[5] ^ b[5]) |
		    (a[6] ^ b[6]) | (a[7] ^ b[7]))
			return false;
	}
	return true;
}

bool ksmfs_content_equal(struct page *a, struct page *b)
{
	void *content_a = kmap_local_page(a);
	void *content_b = kmap_local_page(b);
	bool equal = words_equal(content_a, content_b);

	kunmap_local(content_b);
	kunmap_local(content_a);
	return equal;
}

bool ksmfs_content_is_zero(struct page *page)
{
	void *content = kmap_local_page(page);
	/* A guess if a guest writes: who merges looks again when none can. */
	bool zero = !data_race(memchr_inv(content, 0, PAGE_SIZE));

	kunmap_local(content);
	return zero;
}
