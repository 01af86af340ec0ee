// SPDX-License-Identifier: GPL-2.0
/*
 * What a page's content is, in 64 bits.
 *
 * A fingerprint finds candidates; it never decides.  Pages are merged only
 * after all their bytes have been compared under write protection, so a
 * collision costs time and nothing else.
 */
#include "hash/fingerprint.h"

u64 ksmfs_fingerprint(struct page *page, u64 seed)
{
	void *content = kmap_local_page(page);
	u64 fingerprint = xxh64(content, PAGE_SIZE, seed);

	kunmap_local(content);
	return fingerprint ?: 1;
}

bool ksmfs_fingerprint_is_zero(struct page *page)
{
	void *content = kmap_local_page(page);
	bool zero = !memchr_inv(content, 0, PAGE_SIZE);

	kunmap_local(content);
	return zero;
}
