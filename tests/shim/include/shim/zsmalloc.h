/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pools of compressed objects: each is memory of its own, which the address
 * sanitizer watches.  A pool's size is what its objects take, in whole pages.
 *
 * Stricter than the kernel: while an object is mapped its thread may not sleep
 * on any kernel, nor map another; only what was asked for may be written; and a
 * pool that is destroyed is empty.
 * Not proven: fragmentation, migration, or what zsmalloc gives back when.
 */
#ifndef _SHIM_ZSMALLOC_H
#define _SHIM_ZSMALLOC_H

#include <shim/slab.h>

enum zs_mapmode {
	ZS_MM_RW,
	ZS_MM_RO,
	ZS_MM_WO,
};

struct zs_pool;

struct zs_pool *zs_create_pool(const char *name);
void zs_destroy_pool(struct zs_pool *pool);
unsigned long zs_malloc(struct zs_pool *pool, size_t size, gfp_t flags);
void zs_free(struct zs_pool *pool, unsigned long handle);
void *zs_map_object(struct zs_pool *pool, unsigned long handle,
		    enum zs_mapmode mode);
void zs_unmap_object(struct zs_pool *pool, unsigned long handle);
unsigned long zs_get_total_pages(struct zs_pool *pool);
unsigned long zs_compact(struct zs_pool *pool);

#endif /* _SHIM_ZSMALLOC_H */
