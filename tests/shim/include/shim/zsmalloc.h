/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pools of compressed objects: each is memory of its own, which the address
 * sanitizer watches.
 *
 * Stricter than the kernel: while an object is read its thread may not sleep on
 * any kernel, nor read another, and what it reads is a copy: every other time in
 * the memory that is given for that, and else this is garbage; only the pool it
 * came from knows a handle; a pool that is destroyed is empty; and a pool gives
 * nothing back before it is compacted.
 * Not proven: migration, or what zsmalloc really takes for so many bytes.  When
 * objects come while a pool is compacted its size may be too low for a while.
 */
#ifndef _SHIM_ZSMALLOC_H
#define _SHIM_ZSMALLOC_H

#include <shim/slab.h>

struct zs_pool;

struct zs_pool *zs_create_pool(const char *name);
void zs_destroy_pool(struct zs_pool *pool);
unsigned long zs_malloc(struct zs_pool *pool, size_t size, gfp_t flags,
			int node);
void zs_free(struct zs_pool *pool, unsigned long handle);
void zs_obj_write(struct zs_pool *pool, unsigned long handle, void *bytes,
		  size_t length);
void *zs_obj_read_begin(struct zs_pool *pool, unsigned long handle,
			size_t length, void *joined);
void zs_obj_read_end(struct zs_pool *pool, unsigned long handle, size_t length,
		     void *bytes);
unsigned long zs_get_total_pages(struct zs_pool *pool);
unsigned long zs_compact(struct zs_pool *pool);

/* For tests: who reads the nth object from now finds it damaged. */
void shim_zs_damage_nth(long nth);	/* 0 for none */

#endif /* _SHIM_ZSMALLOC_H */
