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
	bool read;
	char body[];
};

/* What a thread reads, and where. */
static __thread struct object *reading;
static __thread void *read_at;
static __thread bool is_joined;
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

unsigned long zs_malloc(struct zs_pool *pool, size_t size, gfp_t flags,
			int node)
{
	struct object *object;
	long pages, has;

	(void)node;
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

	if (READ_ONCE(object->read))
		shim_die("an object is freed that is read");
	atomic_long_sub(object->size, &pool->bytes);
	kfree(object);
}

static void check_length(const struct object *object, size_t length)
{
	if (length > object->size)
		shim_die("%zu bytes of an object that has %zu", length,
			 object->size);
}

void zs_obj_write(struct zs_pool *pool, unsigned long handle, void *bytes,
		  size_t length)
{
	struct object *object = object_of(pool, handle);

	check_length(object, length);
	memcpy(object->body, bytes, length);
}

void *zs_obj_read_begin(struct zs_pool *pool, unsigned long handle,
			size_t length, void *joined)
{
	struct object *object = object_of(pool, handle);

	check_length(object, length);
	if (reading)
		shim_die("two objects of pools are read at once");
	current->atomic++;
	reading = object;
	WRITE_ONCE(object->read, true);
	/* As kernels do that join all of an object's place: see cow/pack.h. */
	memset(joined, GARBAGE, PAGE_SIZE);
	is_joined = !is_joined;
	read_at = is_joined ? joined : copy;
	memcpy(read_at, object->body, length);
	if (damage && !--damage)
		memset(read_at, 0xff, length);
	return read_at;
}

void zs_obj_read_end(struct zs_pool *pool, unsigned long handle, size_t length,
		     void *bytes)
{
	struct object *object = object_of(pool, handle);

	check_length(object, length);
	if (reading != object || read_at != bytes)
		shim_die("what has not begun to be read is no longer read");
	WRITE_ONCE(object->read, false);
	reading = NULL;
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
