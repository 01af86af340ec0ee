// SPDX-License-Identifier: GPL-2.0
#include <shim/atomic.h>
#include <shim/bug.h>
#include <shim/err.h>
#include <shim/page.h>
#include <shim/sched.h>
#include <shim/zsmalloc.h>

#define GARBAGE 0xa5

/**
 * struct zs_pool - a pool
 * @bytes: that its objects take
 * @pages: that it takes, as it says
 */
struct zs_pool {
	atomic_long_t bytes;
	atomic_long_t pages;
};

struct object {
	struct zs_pool *pool;
	size_t size;
	bool mapped;
	char body[];
};

/* What a thread has mapped, and the copy that it reads. */
static __thread struct object *mapped;
static __thread char copy[PAGE_SIZE];

/* Objects still to be read before one is damaged. */
static __thread long damage;

void shim_zs_damage_nth(long nth)
{
	damage = nth;
}

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

static struct object *object_of(const struct zs_pool *pool,
				unsigned long handle)
{
	struct object *object = (struct object *)handle;

	if (object->pool != pool)
		shim_die("an object is not of this pool");
	return object;
}

unsigned long zs_malloc(struct zs_pool *pool, size_t size, gfp_t flags)
{
	struct object *object;
	long pages, has;

	if (!size || size > PAGE_SIZE)
		return (unsigned long)ERR_PTR(-EINVAL);
	object = kzalloc(sizeof(*object) + size, flags);
	if (!object)
		return (unsigned long)ERR_PTR(-ENOMEM);
	object->pool = pool;
	object->size = size;
	memset(object->body, GARBAGE, size);
	pages = DIV_ROUND_UP(atomic_long_add_return(size, &pool->bytes),
			     PAGE_SIZE);
	has = atomic_long_read(&pool->pages);
	while (has < pages &&
	       !atomic_long_try_cmpxchg(&pool->pages, &has, pages))
		;
	return (unsigned long)object;
}

void zs_free(struct zs_pool *pool, unsigned long handle)
{
	struct object *object = object_of(pool, handle);

	if (READ_ONCE(object->mapped))
		shim_die("an object is freed that is mapped");
	atomic_long_sub(object->size, &pool->bytes);
	kfree(object);
}

void *zs_map_object(struct zs_pool *pool, unsigned long handle,
		    enum zs_mapmode mode)
{
	struct object *object = object_of(pool, handle);

	if (mapped)
		shim_die("two objects of pools are mapped at once");
	current->atomic++;
	mapped = object;
	WRITE_ONCE(object->mapped, true);
	if (mode == ZS_MM_WO)
		memset(object->body, GARBAGE, object->size);
	if (mode != ZS_MM_RO)
		return object->body;
	memcpy(copy, object->body, object->size);
	if (damage && !--damage)
		memset(copy, 0xff, object->size);
	return copy;
}

void zs_unmap_object(struct zs_pool *pool, unsigned long handle)
{
	struct object *object = object_of(pool, handle);

	if (mapped != object)
		shim_die("an object is unmapped that is not mapped");
	WRITE_ONCE(object->mapped, false);
	mapped = NULL;
	current->atomic--;
}

unsigned long zs_get_total_pages(struct zs_pool *pool)
{
	return atomic_long_read(&pool->pages);
}

unsigned long zs_compact(struct zs_pool *pool)
{
	long pages = DIV_ROUND_UP(atomic_long_read(&pool->bytes), PAGE_SIZE);

	might_sleep();
	return atomic_long_xchg(&pool->pages, pages) - pages;
}
