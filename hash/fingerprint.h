/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSMFS_HASH_FINGERPRINT_H
#define _KSMFS_HASH_FINGERPRINT_H

#include <ksmfs/env.h>

/**
 * ksmfs_fingerprint() - fingerprint of a page's content
 * @page: may be written to meanwhile, then the result is that of no content
 *        in particular
 * @seed: random, secret, and not that of another domain: or else somebody
 *        might make pages that collide
 *
 * XXH64, the widest hash lib/xxhash.c has.  It reads memory at nearly the
 * speed of memory: docs/design.md has the figures.
 *
 * Context: any.
 * Return: the fingerprint, never 0: so that can stand for none.
 */
u64 ksmfs_fingerprint(struct page *page, u64 seed);

/**
 * ksmfs_fingerprint_is_zero() - whether a page holds only zeros
 * @page: may be written to meanwhile, then the answer is only a guess
 *
 * Context: any.
 * Return: true if all PAGE_SIZE bytes are 0.
 */
bool ksmfs_fingerprint_is_zero(struct page *page);

#endif /* _KSMFS_HASH_FINGERPRINT_H */
