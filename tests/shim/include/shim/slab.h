/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Memory, whose allocations are counted and fail when a test says so.
 *
 * Not proven: what happens under memory pressure, short of an allocation that
 * fails; or that sizes and flags are what the kernel likes best.
 */
#ifndef _SHIM_SLAB_H
#define _SHIM_SLAB_H

#include <shim/bits.h>

typedef unsigned int gfp_t;

#define __GFP_DIRECT_RECLAIM	0x01u	/* may sleep */
#define __GFP_ZERO		0x02u
#define __GFP_RETRY_MAYFAIL	0x04u
#define __GFP_NOWARN		0x08u
#define __GFP_ACCOUNT		0x40u
#define __GFP_NORETRY		0x400u
#define __GFP_THISNODE		0x800u
#define __GFP_HIGHMEM		0x80u
#define __GFP_MOVABLE		0x100u
#define GFP_NOWAIT		0u
#define GFP_KERNEL		(__GFP_DIRECT_RECLAIM | 0x10u)
#define GFP_KERNEL_ACCOUNT	(GFP_KERNEL | __GFP_ACCOUNT)
#define GFP_HIGHUSER		(GFP_KERNEL | 0x20u)

/* Freed memory is the address sanitizer's to watch. */
void *kzalloc(size_t size, gfp_t gfp);
void *kvzalloc(size_t size, gfp_t gfp);

static inline void *kvcalloc(size_t nr, size_t size, gfp_t gfp)
{
	return kvzalloc(nr * size, gfp);
}

/* kfree() dies of what kvzalloc() gave: it might not have been kmalloc()ed. */
void kfree(const void *object);
void kvfree(const void *object);

/*
 * For tests.  Every allocation, of memory, of pages and of XArray nodes, first
 * asks shim_alloc_fails(), which counts them and says no to the one that
 * shim_alloc_fail_nth() named (1 is the next), and by chance to one in so many,
 * which depends on the seed and on the number of the allocation alone.
 */
bool shim_alloc_fails(gfp_t gfp);
void shim_alloc_fail_nth(long nth);	/* 0 for none */
bool shim_alloc_has_failed(void);	/* the nth allocation has been made */
void shim_alloc_fail_one_in(long many, u64 seed);	/* 0 for none */

/* Allocations that have failed so far. */
long shim_alloc_failures(void);

/* Objects allocated and not yet freed. */
long shim_alloc_live(void);

#endif /* _SHIM_SLAB_H */
