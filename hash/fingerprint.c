// SPDX-License-Identifier: GPL-2.0
#include "hash/fingerprint.h"
#include "hash/content.h"

#define LINE		64		/* bytes: what memory is read by */
#define LINES		4		/* of the sample */
#define STRATUM		(PAGE_SIZE / LINES)
#define SEED_BITS	4		/* of the seed choose each line */

/* The sample's line in the stratum of this number: bytes from the page's start. */
static size_t line_at(unsigned int stratum, u64 seed)
{
	BUILD_BUG_ON(STRATUM >> SEED_BITS != LINE);
	return stratum * STRATUM +
	       (seed >> (stratum * SEED_BITS)) % BIT(SEED_BITS) * LINE;
}

u64 ksmfs_fingerprint(struct page *page, u64 seed)
{
	const void *content = kmap_local_page(page);
	u64 fingerprint = seed;
	bool zero = true;
	unsigned int i;

	for (i = 0; i < LINES; i++) {
		const void *line = content + line_at(i, seed);

		zero = zero && !memchr_inv(line, 0, LINE);
		fingerprint = xxh64(line, LINE, fingerprint);
	}
	kunmap_local(content);
	if (zero)
		return ksmfs_fingerprint_whole(page, seed);
	return fingerprint & ~KSMFS_FINGERPRINT_WHOLE ?: 2;
}

u64 ksmfs_fingerprint_whole(struct page *page, u64 seed)
{
	u64 fingerprint;
	void *content;

	if (ksmfs_content_is_zero(page))
		return KSMFS_FINGERPRINT_ZERO;
	content = kmap_local_page(page);
	fingerprint = xxh64(content, PAGE_SIZE, seed) | KSMFS_FINGERPRINT_WHOLE;
	kunmap_local(content);
	return fingerprint == KSMFS_FINGERPRINT_ZERO ? 3 : fingerprint;
}

u64 ksmfs_fingerprint_again(struct page *page, u64 seed, u64 last)
{
	if (ksmfs_fingerprint_is_whole(last) &&
	    ksmfs_fingerprint_whole(page, seed) == last)
		return last;
	return ksmfs_fingerprint(page, seed);
}

void ksmfs_fingerprint_prefetch(struct page *page, u64 seed)
{
	void *content = kmap_local_page(page);
	unsigned int i;

	for (i = 0; i < LINES; i++)
		prefetch(content + line_at(i, seed));
	kunmap_local(content);
}
