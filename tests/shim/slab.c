// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <shim/atomic.h>
#include <shim/bug.h>
#include <shim/random.h>
#include <shim/sched.h>
#include <shim/slab.h>

enum origin {
	KMALLOC = 0x6b6d,
	KVMALLOC = 0x6b76,
};

/* As kmalloc() aligns sizes that are a power of 2, up to a cache line. */
#define ALIGNMENT 64

struct object {
	enum origin origin;
	char body[] __attribute__((aligned(ALIGNMENT)));
};

static atomic_long_t allocations, failures, fail_at, fail_one_in, live;
static u64 fail_seed;

static bool is_unlucky(long nr)
{
	long many = atomic_long_read(&fail_one_in);

	return many && !(shim_random_nth(READ_ONCE(fail_seed), nr) % many);
}

bool shim_alloc_fails(gfp_t gfp)
{
	long nr = atomic_long_add_return(1, &allocations);

	if (gfp & __GFP_DIRECT_RECLAIM)
		might_sleep();
	if (nr != atomic_long_read(&fail_at) && !is_unlucky(nr))
		return false;
	atomic_long_inc(&failures);
	return true;
}

void shim_alloc_fail_nth(long nth)
{
	WRITE_ONCE(fail_at.counter,
		   nth ? atomic_long_read(&allocations) + nth : 0);
}

bool shim_alloc_has_failed(void)
{
	long at = atomic_long_read(&fail_at);

	return at && atomic_long_read(&allocations) >= at;
}

void shim_alloc_fail_one_in(long many, u64 seed)
{
	WRITE_ONCE(fail_seed, seed);
	WRITE_ONCE(fail_one_in.counter, many);
}

long shim_alloc_failures(void)
{
	return atomic_long_read(&failures);
}

long shim_alloc_live(void)
{
	return atomic_long_read(&live);
}

static void *zalloc(size_t size, gfp_t gfp, enum origin origin)
{
	struct object *object;

	if (shim_alloc_fails(gfp))
		return NULL;
	size = (sizeof(*object) + size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	object = aligned_alloc(ALIGNMENT, size);
	if (!object)
		shim_die("no memory for the test itself");
	memset(object, 0, size);
	object->origin = origin;
	atomic_long_inc(&live);
	return object->body;
}

void *kzalloc(size_t size, gfp_t gfp)
{
	return zalloc(size, gfp, KMALLOC);
}

void *kvzalloc(size_t size, gfp_t gfp)
{
	return zalloc(size, gfp, KVMALLOC);
}

static void release(const void *body, bool may_be_kvmalloc)
{
	struct object *object;

	if (!body)
		return;
	object = container_of(body, struct object, body);
	if (object->origin == KVMALLOC && !may_be_kvmalloc)
		shim_die("kfree() of what kvzalloc() gave");
	atomic_long_dec(&live);
	free(object);
}

void kfree(const void *object)
{
	release(object, false);
}

void kvfree(const void *object)
{
	might_sleep();
	release(object, true);
}
