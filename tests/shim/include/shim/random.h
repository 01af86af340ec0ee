/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random numbers that a seed makes again, if one thread at a time asks.
 *
 * Not proven: that nobody can guess them.
 */
#ifndef _SHIM_RANDOM_H
#define _SHIM_RANDOM_H

#include <shim/bits.h>

u64 get_random_u64(void);
u32 get_random_u32(void);

/* For tests: what comes from now on depends on this alone. */
void shim_random_seed(u64 seed);

/* For tests: the nth random number of a seed; nobody else's depend on it. */
u64 shim_random_nth(u64 seed, u64 nth);

#endif /* _SHIM_RANDOM_H */
