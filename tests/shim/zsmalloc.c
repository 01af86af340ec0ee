// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <shim/atomic.h>
#include <shim/bug.h>
#include <shim/err.h>
#include <shim/page.h>
#include <shim/sched.h>
#include <shim/zsmalloc.h>

struct zs_pool {
	atomic_long_t bytes;
};

struct object {
	size_t size;
	char body[];
};

static __thread unsigned long mapped;

struct zs_pool *zs_create_pool(const char *name)
{
	(void)name;
	return kzalloc(sizeof(struct zs_pool), GFP_KERNEL);
}

void zs_destroy_pool(struct zs_pool *pool)
{
	might_sleep();
	if (atomic_long_read(&pool->bytes))
		shim_die("a pool is destroyed that is not empty");
	kfree(pool);
}

unsigned long zs_malloc(struct zs_pool *pool, size_t size, gfp_t flags)
{
	struct object *object;

	if (!size || size > PAGE_SIZE)
		return (unsigned long)ERR_PTR(-EINVAL);
	object = kzalloc(sizeof(*object) + size, flags);
	if (!object)
		return (unsigned long)ERR_PTR(-ENOMEM);
	object->size = size;
	atomic_long_add(size, &pool->bytes);
	return (unsigned long)object;
}

void zs_free(struct zs_pool *pool, unsigned long handle)
{
	struct object *object = (struct object *)handle;

	atomic_long_sub(object->size, &pool->bytes);
	kfree(object);
}

void *zs_map_object(struct zs_pool *pool, unsigned long handle,
		    enum zs_mapmode mode)
{
	(void)pool;
	(void)mode;
	if (mapped)
		shim_die("two objects of pools are mapped at once");
	mapped = handle;
	current->atomic++;
	return ((struct object *)handle)->body;
}

void zs_unmap_object(struct zs_pool *pool, unsigned long handle)
{
	(void)pool;
	if (mapped != handle)
		shim_die("an object is unmapped that is not mapped");
	mapped = 0;
	current->atomic--;
}

unsigned long zs_get_total_pages(struct zs_pool *pool)
{
	return (atomic_long_read(&pool->bytes) + PAGE_SIZE - 1) / PAGE_SIZE;
}

unsigned long zs_compact(struct zs_pool *pool)
{
	(void)pool;
	might_sleep();
	return 0;
}
