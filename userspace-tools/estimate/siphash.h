/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSMFS_SIPHASH_H
#define _KSMFS_SIPHASH_H

#include <stdint.h>

/*
 * SipHash-2-4 (J.-P. Aumasson, D. J. Bernstein, 2012) of the 8 bytes of a word,
 * the least significant one first: who has not got the key cannot compute it.
 */
uint64_t siphash(uint64_t word, const uint64_t key[2]);

#endif /* _KSMFS_SIPHASH_H */
