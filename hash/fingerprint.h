/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fingerprints: what a page's content is, in 64 bits.
 *
 * A fingerprint finds candidates; it never decides.  Pages are merged only
 * after all their bytes have been compared under write protection, so equal
 * fingerprints of unequal pages cost time and nothing else.
 *
 * Most of what reading a page costs is waiting for memory, and a page that is
 * equal to no other can be told so by a small part of it.  So there are two
 * kinds:
 *
 *   sample   of one cache line out of each quarter of the page.  Which one is
 *            secret, or else somebody might make many pages that look alike.
 *   whole    of all of the page: for pages whose sample does not tell them
 *            from others.  Pages that are zeros where the sample is taken
 *            have no other: they are frequent, and alike there.
 *
 * Equal pages have equal fingerprints of each kind.  Which kind a page has is
 * for its owner to remember: the fingerprint itself tells.
 */
#ifndef _KSMFS_HASH_FINGERPRINT_H
#define _KSMFS_HASH_FINGERPRINT_H

#include <ksmfs/env.h>

/* The fingerprint of a page that holds only zeros, and of no other. */
#define KSMFS_FINGERPRINT_ZERO 1ULL

/* Set in those of a whole page. */
#define KSMFS_FINGERPRINT_WHOLE 1ULL

/* Whether a fingerprint is one of a whole page. */
static inline bool ksmfs_fingerprint_is_whole(u64 fingerprint)
{
	return fingerprint & KSMFS_FINGERPRINT_WHOLE;
}

/**
 * ksmfs_fingerprint_bits - for tests: how many bits of a hash count, 0 to 64
 *
 * The others are the seed's.  So with 0 all pages of one seed have the same
 * fingerprint of each kind, but for the page of zeros, and those of another seed
 * have another.  Does not change while there are regions.
 */
extern unsigned int ksmfs_fingerprint_bits;

/**
 * ksmfs_fingerprint() - fingerprint of a page's content
 * @page: may be written to meanwhile, then the result is that of no content
 *        in particular
 * @seed: random, secret, and not that of another domain
 *
 * XXH64 of the sample: see docs/design.md for why.
 *
 * Context: any.
 * Return: the fingerprint, never 0: so that can stand for none.
 */
u64 ksmfs_fingerprint(struct page *page, u64 seed);

/**
 * ksmfs_fingerprint_whole() - fingerprint of all of a page's content
 * @page: as above
 * @seed: as above
 *
 * Context: any.
 * Return: the fingerprint, never 0.
 */
u64 ksmfs_fingerprint_whole(struct page *page, u64 seed);

/**
 * ksmfs_fingerprint_again() - fingerprint of the kind that a page has
 * @page: as above
 * @seed: as above
 * @last: the page's last fingerprint, or 0
 *
 * Context: any.
 * Return: @last if the page has not changed, as far as that can be told from
 * a fingerprint of this kind; otherwise that of ksmfs_fingerprint().
 */
u64 ksmfs_fingerprint_again(struct page *page, u64 seed, u64 last);

/**
 * ksmfs_fingerprint_prefetch() - begin to load what ksmfs_fingerprint() reads
 * @page: as above
 * @seed: as above
 *
 * Context: any.
 */
void ksmfs_fingerprint_prefetch(struct page *page, u64 seed);

#endif /* _KSMFS_HASH_FINGERPRINT_H */
