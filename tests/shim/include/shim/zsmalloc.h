/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pools of compressed objects: each is memory of its own, which the address
 * sanitizer watches.
 *
 * Stricter than the kernel: while an object is mapped its thread may not sleep
 * on any kernel, nor map another; one that is mapped to be read is a copy, and
 * one mapped to be written is garbage before; only the pool it came from knows a
 * handle; a pool that is destroyed is empty; and a pool gives nothing back
 * before it is compacted.
 * Not proven: migration, or what zsmalloc really takes for so many bytes.  When
 * objects come while a pool is compacted its size may be too low for a while.
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

/* For tests: who maps the nth object from now to read it finds it damaged. */
void shim_zs_damage_nth(long nth);	/* 0 for none */

#endif /* _SHIM_ZSMALLOC_H */
