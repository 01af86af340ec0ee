// SPDX-License-Identifier: GPL-2.0
#include "hash/fingerprint.h"
#include "hash/content.h"

#define LINE		64		/* bytes: what memory is read by */
#define WORDS		(LINE / sizeof(u64))
#define LINES		4		/* of the sample */
#define STRATUM		(PAGE_SIZE / LINES)
#define SEED_BITS	4		/* of the seed choose each line */

unsigned int ksmfs_fingerprint_bits = 64;

/* A hash of which the first bits count; bit 0 is going to say the kind. */
static u64 hash(const void *bytes, size_t length, u64 seed)
{
	unsigned int bits = ksmfs_fingerprint_bits;
	u64 counts = bits ? ~0ULL << (64 - bits) : 0;

	return (xxh64(bytes, length, seed) & counts) | (seed << 1 & ~counts);
}

/* The sample's line in the stratum of this number: bytes from the page's start. */
static size_t line_at(unsigned int stratum, u64 seed)
{
	BUILD_BUG_ON(STRATUM >> SEED_BITS != LINE);
	return stratum * STRATUM +
	       (seed >> (stratum * SEED_BITS)) % BIT(SEED_BITS) * LINE;
}

/* Copy the sample; returns whether it holds anything but zeros. */
static __no_kcsan bool take_sample(struct page *page, u64 seed,
				   u64 sample[LINES * WORDS])
{
	const char *content = kmap_local_page(page);
	unsigned int i, j;
	u64 any = 0;

	for (i = 0; i < LINES; i++) {
		const u64 *line = (const u64 *)(content + line_at(i, seed));

		for (j = 0; j < WORDS; j++)
			any |= *sample++ = line[j];
	}
	kunmap_local(content);
	return any;
}

u64 ksmfs_fingerprint(struct page *page, u64 seed)
{
	u64 sample[LINES * WORDS], fingerprint;

	if (!take_sample(page, seed, sample))
		return ksmfs_fingerprint_whole(page, seed);
	fingerprint = hash(sample, sizeof(sample), seed);
	return fingerprint & ~KSMFS_FINGERPRINT_WHOLE ?: 2;
}

u64 ksmfs_fingerprint_whole(struct page *page, u64 seed)
{
	u64 fingerprint;
	void *content;

	if (ksmfs_content_is_zero(page))
		return KSMFS_FINGERPRINT_ZERO;
	content = kmap_local_page(page);
	/* Of no content in particular if a guest writes. */
	fingerprint = data_race(hash(content, PAGE_SIZE, seed)) |
		      KSMFS_FINGERPRINT_WHOLE;
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
	const char *content = kmap_local_page(page);
	unsigned int i;

	for (i = 0; i < LINES; i++)
		prefetch(content + line_at(i, seed));
	kunmap_local(content);
}
