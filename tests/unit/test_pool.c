// SPDX-License-Identifier: GPL-2.0
/* The pool of free frames: what is kept, who gets which, and for how long. */
#include "cow/pool.c"
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
#include "tests/unit/world.h"

static struct pool *pool_here(void)
{
	return pools[numa_mem_id()];
}

static unsigned int held(const struct pool *pool)
{
	unsigned int i, nr = 0;

	for (i = 0; i < pool->nr; i++)
		nr += pool->stripes[i].nr;
	return nr;
}

static struct page *local_page(void)
{
	struct page *page = alloc_pages_node(numa_mem_id(), GFP_KERNEL, 0);

	assert_non_null(page);
	return page;
}

static struct page *get(void)
{
	struct page *page = ksmfs_pool_get(GFP_NOWAIT);

	assert_non_null(page);
	return page;
}

/* Pools of @size frames for each node, in the place of the world's own. */
static void resize(unsigned int size)
{
	unsigned long pages = shim_node_pages;

	mutex_lock(&lifetime);
	end_all();
	shim_node_pages = PART * (unsigned long)size;
	assert_int_equal(begin_all(), 0);
	mutex_unlock(&lifetime);
	shim_node_pages = pages;
}

static void fill_up(void)
{
	struct pool *pool = pool_here();
	unsigned int i;

	for (i = 0; i < 20 * pool->size * pool->nr &&
	     held(pool) < pool->size * pool->nr; i++)
		ksmfs_pool_put(local_page());
	assert_int_equal(held(pool), pool->size * pool->nr);
}

static void it_begins_half_full(void **state)
{
	struct pool *pool = pool_here();

	(void)state;
	assert_int_equal(pool->nr, 1);
	assert_int_equal(pool->size, shim_node_pages / PART);
	assert_int_equal(held(pool), pool->size / 2);
	assert_int_equal(stat_of(frames_cached), MAX_NUMNODES * (pool->size / 2));
	assert_int_equal(stat_of(frames_cached), shim_page_live() -
			 stat_of(domains));	/* which have a zero frame each */
}

static void there_is_a_bound(void **state)
{
	struct pool *pool = pool_here();
	unsigned int i;
	long pages;

	(void)state;
	fill_up();
	pages = shim_page_live();
	for (i = 0; i < 3 * pool->size; i++)
		ksmfs_pool_put(local_page());
	assert_int_equal(held(pool), pool->size);
	assert_int_equal(shim_page_live(), pages);
}

/* A node of much memory has 32768 frames, in stripes of one size. */
static void large_and_small_nodes(void **state)
{
	static const struct {
		unsigned long pages;
		unsigned int nr, size;
	} cases[] = {
		{ 64, 1, 1 },
		{ 127, 1, 1 },
		{ 64 * 2048, 1, 2048 },
		{ 64 * 2049, 2, 1024 },
		{ 64 * 32767, 16, 2047 },
		{ 64 * 32768, 16, 2048 },
		{ 1UL << 40, 16, 2048 },
	};
	unsigned long pages = shim_node_pages;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct pool *pool;

		shim_node_pages = cases[i].pages;
		pool = pool_new(0);
		assert_non_null(pool);
		assert_int_equal(pool->nr, cases[i].nr);
		assert_int_equal(pool->size, cases[i].size);
		pool_free(pool);
	}
	shim_node_pages = pages;
}

/* Of one frame none is kept but what has been given up. */
static void pools_may_be_made_small(void **state)
{
	static const struct {
		unsigned int frames, size, filled;
	} cases[] = { { 1, 1, 0 }, { 4, 4, 2 }, { 1000, 128, 64 } };
	unsigned int bound = ksmfs_pool_frames;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		ksmfs_pool_frames = cases[i].frames;
		resize(128);
		ksmfs_pool_frames = bound;
		assert_int_equal(pool_here()->size, cases[i].size);
		assert_int_equal(held(pool_here()), cases[i].filled);
		fill_up();
	}
}

/* What is known of the frame is that it is zeros. */
static void a_node_without_a_pool_has_the_allocator(void **state)
{
	struct page *page;
	long pages;

	(void)state;
	mutex_lock(&lifetime);
	end_all();
	shim_node_pages = PART - 1;
	assert_int_equal(begin_all(), 0);
	mutex_unlock(&lifetime);
	shim_node_pages = PART * 128;
	assert_null(pool_here());
	pages = shim_page_live();
	ksmfs_pool_refill();
	page = get();
	assert_null(memchr_inv(shim_page_content(page), 0, PAGE_SIZE));
	assert_int_equal(shim_page_live(), pages + 1);
	ksmfs_pool_put(page);
	assert_int_equal(shim_page_live(), pages);
	assert_int_equal(ksmfs_pool_shrink(), 0);
	assert_int_equal(ksmfs_pool_spare(), 0);
}

static void what_others_hold_is_not_kept(void **state)
{
	struct page *page = local_page();
	long cached = stat_of(frames_cached);

	(void)state;
	get_page(page);
	ksmfs_pool_put(page);
	assert_int_equal(stat_of(frames_cached), cached);
	assert_int_equal(page_count(page), 1);
	ksmfs_pool_put(page);
	assert_int_equal(stat_of(frames_cached), cached + 1);
}

static void bad_memory_is_not_kept(void **state)
{
	struct page *page = local_page();
	long cached = stat_of(frames_cached), pages = shim_page_live();

	(void)state;
	shim_page_poison(page);
	ksmfs_pool_put(page);
	assert_int_equal(stat_of(frames_cached), cached);
	assert_int_equal(shim_page_live(), pages - 1);
}

static void memory_that_goes_bad_is_not_given(void **state)
{
	struct page *bad = local_page(), *page;
	long pages;

	(void)state;
	world_empty_pools();
	pages = shim_page_live();
	ksmfs_pool_put(bad);
	shim_page_poison(bad);
	shim_alloc_fail_nth(1);	/* so that it is the only one there */
	page = get();
	assert_ptr_not_equal(page, bad);
	assert_int_equal(stat_of(frames_cached), 0);
	assert_int_equal(shim_page_live(), pages);
	put_page(page);
}

static void nodes_have_their_own(void **state)
{
	struct page *page;
	int node, i;

	(void)state;
	for (node = 0; node < MAX_NUMNODES; node++) {
		current->node = node;
		for (i = 0; i < 100; i++) {
			page = get();
			assert_int_equal(page_to_nid(page), node);
			current->node = !node;
			ksmfs_pool_put(page);
			current->node = node;
		}
	}
	current->node = 0;
	assert_int_equal(held(pools[0]), held(pools[1]));
}

/*
 * Whether counts are what chance gives when all are equally likely: within five
 * standard deviations of what chi square is then.
 */
static void expect_uniform(const unsigned int *counts, unsigned int nr)
{
	double sum = 0, chi = 0, off;
	unsigned int i;

	for (i = 0; i < nr; i++)
		sum += counts[i];
	for (i = 0; i < nr; i++) {
		off = counts[i] - sum / nr;
		chi += off * off / (sum / nr);
	}
	off = chi - (nr - 1);
	if (off * off > 25. * 2 * (nr - 1))
		fail_msg("chi square of %u is %.0f", nr, chi);
}

#define DRAWS 100	/* for each frame */

/* All frames of a pool, which stay in it and get numbers; returns how many. */
static unsigned int list(const struct pool *pool, struct page **frames)
{
	unsigned int i, nr = 0;

	for (i = 0; i < pool->nr; i++) {
		memcpy(frames + nr, pool->stripes[i].frames,
		       pool->stripes[i].nr * sizeof(*frames));
		nr += pool->stripes[i].nr;
	}
	for (i = 0; i < nr; i++)
		frames[i]->index = i;
	return nr;
}

/* Whether it has a number. */
static bool is_one_of(struct page *const *frames, unsigned int nr,
		      const struct page *frame)
{
	return frame->index < nr && frames[frame->index] == frame;
}

static void each_frame_is_as_likely(unsigned int size)
{
	struct page **frames = calloc(size, sizeof(*frames));
	unsigned int *counts = calloc(size, sizeof(*counts));
	unsigned int i, j;

	assert_true(frames && counts);
	resize(size);
	fill_up();
	assert_int_equal(list(pool_here(), frames), size);
	for (i = 0; i < DRAWS * size; i++) {
		struct page *frame = get();

		assert_true(is_one_of(frames, size, frame));
		counts[frame->index]++;
		/* Back to where it was, so that all stripes stay full. */
		for (j = 0; j < pool_here()->nr; j++) {
			struct stripe *stripe = &pool_here()->stripes[j];

			if (stripe->nr < pool_here()->size)
				exchange(stripe, frame, pool_here()->size);
		}
	}
	expect_uniform(counts, size);
	free(frames);
	free(counts);
}

/* In one stripe, and over three. */
static void frames_are_drawn_uniformly(void **state)
{
	(void)state;
	each_frame_is_as_likely(97);
	each_frame_is_as_likely(4098);
}

/*
 * What is freed when a full pool gets one more is any of them: the place in the
 * array that changes, or the last one, which is that of the one that came.
 */
static void frames_go_uniformly(void **state)
{
	unsigned int size = pool_here()->size, i, j;
	struct page *before[129], *after[129];
	unsigned int counts[129] = {};

	(void)state;
	assert_in_range(size, 1, ARRAY_SIZE(counts) - 1);
	fill_up();
	for (i = 0; i < DRAWS * (size + 1); i++) {
		list(pool_here(), before);
		ksmfs_pool_put(local_page());
		list(pool_here(), after);
		for (j = 0; j < size && before[j] == after[j]; j++)
			;
		counts[j]++;
	}
	expect_uniform(counts, size + 1);
}

/*
 * Who gives up a frame of his choice, and has one drawn at once, gets it back as
 * rarely as a pool that is half full can have it; and so again and again.
 */
static void a_giver_rarely_gets_it_back(void **state)
{
	const unsigned int size = 4096, trials = 50 * size;
	unsigned int i, back = 0;

	(void)state;
	resize(size);
	for (i = 0; i < trials; i++) {
		struct page *mine = get(), *frame;

		ksmfs_pool_put(mine);
		frame = get();
		back += frame == mine;
		ksmfs_pool_put(frame);
	}
	/* 2 in the size: 100 times, whose standard deviation is 10. */
	assert_in_range(back, 50, 150);
}

static bool is_all(const struct page *frame, int byte)
{
	return !memchr_inv(shim_page_content(frame), byte, PAGE_SIZE);
}

/* Whoever wrote it, and whoever gets it. */
static void what_is_kept_is_zeros(void **state)
{
	struct pool *pool = pool_here();
	struct page *mine = local_page();
	unsigned int i;

	(void)state;
	memset(shim_page_content(mine), 0x5a, PAGE_SIZE);
	ksmfs_pool_put(mine);
	assert_ptr_equal(pool->stripes[0].frames[held(pool) - 1], mine);
	for (i = 0; i < held(pool); i++)
		assert_true(is_all(pool->stripes[0].frames[i], 0));
}

static void content_does_not_cross_domains(void **state)
{
	struct page *mine, *frame;

	(void)state;
	mine = ksmfs_frame_alloc(world.domain, KSMFS_CHARGE, KSMFS_FRAME_COPY);
	assert_false(IS_ERR(mine));
	memset(shim_page_content(mine), 0x5a, PAGE_SIZE);
	ksmfs_frame_free(world.domain, mine, KSMFS_CHARGE);
	do {
		frame = ksmfs_frame_alloc(world.other, KSMFS_CHARGE,
					  KSMFS_FRAME_SHARE);
		assert_false(IS_ERR(frame));
		assert_true(is_all(frame, 0));
		ksmfs_frame_free(world.other, frame, KSMFS_CHARGE);
	} while (frame != mine);
}

/* So is what is new. */
static void new_frames_are_zeros(void **state)
{
	struct page *frame[256];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(frame); i++) {
		frame[i] = get();
		assert_true(is_all(frame[i], 0));
	}
	for (i = 0; i < ARRAY_SIZE(frame); i++)
		put_page(frame[i]);
}

static void a_storm_leaves_a_quarter_of_it(void **state)
{
	struct pool *pool = pool_here();
	unsigned int nr = 4 * pool->size, i, fresh = 0;
	struct page **frames = calloc(nr, sizeof(*frames));
	long pages;

	(void)state;
	assert_non_null(frames);
	fill_up();
	pages = shim_page_live();
	for (i = 0; i < nr; i++) {
		frames[i] = get();
		fresh += shim_page_live() - pages;
		pages = shim_page_live();
		assert_in_range(held(pool), pool->size / 4 - 1, pool->size);
		/* As long as there is more, nobody calls the allocator. */
		if (held(pool) >= pool->size / 4)
			assert_int_equal(fresh, 0);
	}
	assert_in_range(fresh, nr - 3 * pool->size / 4 - 1,
			nr - 3 * pool->size / 4);
	while (nr--)
		put_page(frames[nr]);
	free(frames);
}

static void without_memory_it_gives_what_it_has(void **state)
{
	unsigned int nr = held(pool_here()), i;
	struct page *frames[128];

	(void)state;
	assert_in_range(nr, 1, ARRAY_SIZE(frames));
	shim_alloc_fail_one_in(1, 0);
	rcu_read_lock();	/* nobody may sleep */
	for (i = 0; i < nr; i++)
		frames[i] = get();
	rcu_read_unlock();
	assert_null(ksmfs_pool_get(GFP_KERNEL));
	shim_alloc_fail_one_in(0, 0);
	while (nr--)
		put_page(frames[nr]);
}

static void a_low_pool_is_refilled(void **state)
{
	struct pool *pool = pool_here();

	(void)state;
	world_empty_pools();
	rcu_read_lock();	/* nobody may sleep */
	ksmfs_pool_refill();
	assert_int_equal(held(pool), REFILL);
	assert_int_equal(held(pools[1]), REFILL);
	while (held(pool) < pool->size / 2)
		ksmfs_pool_refill();
	assert_int_equal(held(pool), pool->size / 2);
	ksmfs_pool_refill();
	assert_int_equal(held(pool), pool->size / 2);
	rcu_read_unlock();

	world_empty_pools();
	shim_alloc_fail_nth(3);
	ksmfs_pool_refill();
	assert_int_equal(held(pool), 2);
}

static void half_of_it_can_be_spared(void **state)
{
	unsigned int half = pool_here()->size / 2;
	long pages;

	(void)state;
	assert_int_equal(ksmfs_pool_spare(), 0);
	assert_int_equal(ksmfs_pool_shrink(), 0);
	fill_up();
	current->node = 1;
	fill_up();
	current->node = 0;
	pages = shim_page_live();
	assert_int_equal(ksmfs_pool_spare(), 2 * half);
	assert_int_equal(ksmfs_pool_shrink(), 2 * half);
	assert_int_equal(shim_page_live(), pages - 2 * half);
	assert_int_equal(held(pool_here()), half);

	/* One that is low has nothing to spare, and is no debt either. */
	world_empty_pools();
	assert_int_equal(ksmfs_pool_spare(), 0);
	assert_int_equal(ksmfs_pool_shrink(), 0);
}

/* Memory reclaim comes while a pool begins, for its sake. */
static void who_shrinks_does_not_wait(void **state)
{
	(void)state;
	fill_up();
	mutex_lock(&lifetime);
	assert_int_equal(ksmfs_pool_spare(), 0);
	assert_int_equal(ksmfs_pool_shrink(), 0);
	mutex_unlock(&lifetime);
	assert_true(ksmfs_pool_shrink() > 0);
}

static void *hold_for_a_while(void *arg)
{
	bool *holds = arg;

	spin_lock(&pools[0]->stripes[0].lock);
	WRITE_ONCE(*holds, true);
	usleep(20000);
	spin_unlock(&pools[0]->stripes[0].lock);
	return NULL;
}

/* Without chance nobody gets a frame, so he waits for a moment. */
static void a_taken_lock_is_waited_for(void **state)
{
	struct page *frames[64], *frame;
	unsigned int nr = list(pools[0], frames);
	bool holds = false;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, hold_for_a_while,
					&holds), 0);
	while (!READ_ONCE(holds))
		usleep(100);
	frame = get();
	assert_true(is_one_of(frames, nr, frame));
	ksmfs_pool_put(frame);
	pthread_join(thread, NULL);
}

static void it_lives_as_long_as_any_domain(void **state)
{
	struct ksmfs_domain *domain = ksmfs_domain_new(3, 0, &world.quota,
						       world.domain->ops);
	struct pool *pool = pool_here();

	(void)state;
	assert_false(IS_ERR(domain));
	assert_int_equal(users, 3);
	assert_ptr_equal(pool_here(), pool);
	ksmfs_domain_put(domain);
	assert_ptr_equal(pool_here(), pool);
	/* world_end() looks whether it goes with the last. */
}

/* Whichever allocation fails: no array, no pool; no frame is no error. */
static void it_begins_or_it_does_not(void **state)
{
	unsigned int errors = 0;
	bool failed = true;
	long nth;

	(void)state;
	for (nth = 1; failed; nth++) {
		int err;

		shim_alloc_fail_nth(nth);
		err = ksmfs_pool_begin();
		failed = shim_alloc_has_failed();
		shim_alloc_fail_nth(0);
		if (err) {
			assert_int_equal(err, -ENOMEM);
			errors++;
		} else {
			assert_in_range(stat_of(frames_cached), 1, 1000);
			ksmfs_pool_end();
		}
		assert_int_equal(users, 0);
		assert_int_equal(stat_of(frames_cached), 0);
		assert_int_equal(shim_page_live(), 0);
		assert_int_equal(shim_alloc_live(), 0);
	}
	assert_int_equal(errors, 2 * MAX_NUMNODES);
}

#define THREADS 4

/* A frame is one thread's at a time. */
static void *come_and_go(void *arg)
{
	int byte = *(int *)arg;
	struct page *mine[8];
	unsigned int i, j;

	for (i = 0; i < 2000; i++) {
		for (j = 0; j < ARRAY_SIZE(mine); j++) {
			mine[j] = get();
			assert_true(is_all(mine[j], 0));
			memset(shim_page_content(mine[j]), byte, PAGE_SIZE);
		}
		for (j = 0; j < ARRAY_SIZE(mine); j++) {
			assert_true(is_all(mine[j], byte));
			ksmfs_pool_put(mine[j]);
		}
		if (i % 64 == 0)
			ksmfs_pool_shrink();
	}
	return NULL;
}

static void many_come_and_go_at_once(void **state)
{
	pthread_t threads[THREADS];
	int bytes[THREADS], i;

	(void)state;
	for (i = 0; i < THREADS; i++) {
		bytes[i] = 1 + i;
		assert_int_equal(pthread_create(&threads[i], NULL, come_and_go,
						&bytes[i]), 0);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	world_check();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_begins_or_it_does_not),
		world_test(it_begins_half_full),
		world_test(there_is_a_bound),
		world_test(large_and_small_nodes),
		world_test(pools_may_be_made_small),
		world_test(a_node_without_a_pool_has_the_allocator),
		world_test(what_others_hold_is_not_kept),
		world_test(bad_memory_is_not_kept),
		world_test(memory_that_goes_bad_is_not_given),
		world_test(nodes_have_their_own),
		world_test(frames_are_drawn_uniformly),
		world_test(frames_go_uniformly),
		world_test(a_giver_rarely_gets_it_back),
		world_test(what_is_kept_is_zeros),
		world_test(content_does_not_cross_domains),
		world_test(new_frames_are_zeros),
		world_test(a_storm_leaves_a_quarter_of_it),
		world_test(without_memory_it_gives_what_it_has),
		world_test(a_low_pool_is_refilled),
		world_test(half_of_it_can_be_spared),
		world_test(who_shrinks_does_not_wait),
		world_test(a_taken_lock_is_waited_for),
		world_test(it_lives_as_long_as_any_domain),
		world_test(many_come_and_go_at_once),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
