/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Looking at a page's bytes.  Fingerprints are libxxhash's, which are the
 * kernel's: conformance.c has the vectors.
 *
 * Both functions may look at bytes that somebody writes, as the scanner does
 * on purpose, so the thread sanitizer does not see them.  Not proven: that
 * nothing but a guess is made of what they say.
 */
#ifndef _SHIM_HASH_H
#define _SHIM_HASH_H

#include <shim/bits.h>

u64 xxh64(const void *input, size_t length, u64 seed);

/* The first byte that is not @c, or NULL. */
void *memchr_inv(const void *start, int c, size_t bytes);

#endif /* _SHIM_HASH_H */
