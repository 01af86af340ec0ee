// SPDX-License-Identifier: GPL-2.0
/* Frames: the quota, allocation, whose a frame is. */
#include "cow/frame.c"
#include <pthread.h>
#include <sched.h>
#include <unistd.h>
#include "tests/unit/death.h"
#include "tests/unit/world.h"

static long used(void)
{
	return atomic_long_read(&world.quota.used);
}

static void a_quota_is_taken_whole_or_not(void **state)
{
	struct ksmfs_quota quota = {};

	(void)state;
	ksmfs_quota_init(&quota, 10);
	assert_true(ksmfs_quota_charge(&quota, 4, 0));
	assert_false(ksmfs_quota_charge(&quota, 7, 0));
	assert_int_equal(atomic_long_read(&quota.used), 4);
	assert_true(ksmfs_quota_charge(&quota, 6, 0));
	assert_false(ksmfs_quota_charge(&quota, 1, 0));
	ksmfs_quota_uncharge(&quota, 10);
	assert_true(ksmfs_quota_charge(&quota, 10, 0));
	assert_int_equal(atomic_long_read(&quota.used), 10);
}

static void who_gives_back_wakes_as_many(void **state)
{
	struct ksmfs_quota quota = {};

	(void)state;
	ksmfs_quota_init(&quota, 10);
	assert_true(ksmfs_quota_charge(&quota, 10, 0));
	ksmfs_quota_uncharge(&quota, 3);
	assert_int_equal(quota.stalled.woken, 0);
	quota.stalled.active = true;
	ksmfs_quota_uncharge(&quota, 3);
	assert_int_equal(quota.stalled.woken, 3);
	ksmfs_quota_uncharge(&quota, 0);
	assert_int_equal(quota.stalled.woken, 3);
}

static void what_is_left(void **state)
{
	struct ksmfs_quota quota = {};

	(void)state;
	ksmfs_quota_init(&quota, 10);
	quota.reserve = 4;
	assert_int_equal(ksmfs_quota_left(&quota), 10);
	assert_true(ksmfs_quota_charge(&quota, 7, 0));
	assert_int_equal(ksmfs_quota_left(&quota), 3);
	/* There may be more in use than there may be. */
	ksmfs_quota_force(&quota, 5);
	assert_int_equal(atomic_long_read(&quota.used), 12);
	assert_int_equal(ksmfs_quota_left(&quota), 0);
	assert_false(ksmfs_quota_charge(&quota, 1, 0));
	ksmfs_quota_uncharge(&quota, 2);
	assert_int_equal(ksmfs_quota_left(&quota), 0);
	assert_false(ksmfs_quota_charge(&quota, 1, 0));
	ksmfs_quota_uncharge(&quota, 1);
	assert_true(ksmfs_quota_charge(&quota, 1, 0));
}

/* What is kept is never more than there is debt. */
static void the_reserve_follows_the_debt(void **state)
{
	static const struct {
		long debt;
		long packed;
		unsigned long kept;
	} cases[] = {
		{ 0, 0, 0 }, { 1, 0, 1 }, { 3, 0, 3 }, { 4, 0, 4 },
		{ 5, 0, 4 }, { 100, 0, 4 }, { -1, 0, 0 }, { -100, 0, 0 },
		/* The frames of pools are not there for what is fetched. */
		{ 0, 3, 3 }, { -2, 3, 1 }, { -3, 3, 0 }, { 2, 100, 4 },
	};
	struct ksmfs_quota quota = {};
	size_t i;

	(void)state;
	ksmfs_quota_init(&quota, 10);
	quota.reserve = 4;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		atomic_long_add(cases[i].debt - atomic_long_read(&quota.debt),
				&quota.debt);
		atomic_long_xchg(&quota.packed, cases[i].packed);
		assert_int_equal(ksmfs_quota_reserve(&quota), cases[i].kept);
	}
}

static void what_is_kept_is_left_alone(void **state)
{
	struct ksmfs_quota quota = {};

	(void)state;
	ksmfs_quota_init(&quota, 10);
	assert_false(ksmfs_quota_charge(&quota, 7, 4));
	assert_true(ksmfs_quota_charge(&quota, 6, 4));
	assert_false(ksmfs_quota_charge(&quota, 1, 4));
	assert_true(ksmfs_quota_charge(&quota, 1, 3));
	assert_true(ksmfs_quota_charge(&quota, 3, 0));
	assert_false(ksmfs_quota_charge(&quota, 1, 0));
}

/* Ways to pay, and what a quota of @limit and with one in reserve then says. */
static const struct {
	enum ksmfs_charge charge;
	unsigned long limit;
	long err;
	long charged;
} ways[] = {
	{ KSMFS_CHARGE, 1, 0, 1 },
	{ KSMFS_CHARGE, 0, -ENOSPC, 0 },
	{ KSMFS_CHARGE_NEW, 2, 0, 1 },
	{ KSMFS_CHARGE_NEW, 1, -ENOSPC, 0 },
	{ KSMFS_NO_CHARGE, 1, 0, 0 },
	{ KSMFS_NO_CHARGE, 0, 0, 0 },
};

static void frames_are_paid_for(void **state)
{
	size_t i;

	(void)state;
	world.quota.reserve = 1;
	atomic_long_add(1, &world.quota.debt);
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		long failures = stat_of(alloc_failures);
		struct page *frame;

		world.quota.limit = ways[i].limit;
		frame = ksmfs_frame_alloc(world.domain, ways[i].charge,
					  KSMFS_FRAME_COPY);
		assert_int_equal(used(), ways[i].charged);
		assert_int_equal(stat_of(frames), !ways[i].err);
		assert_int_equal(stat_of(alloc_failures),
				 failures + !!ways[i].err);
		if (ways[i].err) {
			assert_int_equal(PTR_ERR(frame), ways[i].err);
			continue;
		}
		assert_null(frame->mapping);
		assert_true(hlist_unhashed(ksmfs_frame_link(frame)));
		assert_true(ksmfs_frame_fingerprint(frame) ==
			    KSMFS_NO_FINGERPRINT);
		ksmfs_frame_free(world.domain, frame, ways[i].charge);
		assert_int_equal(used(), 0);
		assert_int_equal(stat_of(frames), 0);
	}
	atomic_long_sub(1, &world.quota.debt);
}

static void no_memory_costs_nothing(void **state)
{
	size_t i;

	(void)state;
	world_empty_pools();
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		long failures = stat_of(alloc_failures);
		struct page *frame;

		if (ways[i].err)
			continue;
		shim_alloc_fail_nth(1);
		frame = ksmfs_frame_alloc(world.domain, ways[i].charge,
					  KSMFS_FRAME_COPY);
		assert_int_equal(PTR_ERR(frame), -ENOMEM);
		assert_int_equal(stat_of(alloc_failures), failures + 1);
		assert_int_equal(stat_of(frames), 0);
		assert_int_equal(used(), 0);
	}
}

static void a_frame_of_zeros_is_zero(void **state)
{
	struct page *frame = ksmfs_frame_alloc(world.domain, KSMFS_CHARGE,
					       KSMFS_FRAME_ZERO);

	(void)state;
	assert_false(IS_ERR(frame));
	assert_null(memchr_inv(shim_page_content(frame), 0, PAGE_SIZE));
	ksmfs_frame_free(world.domain, frame, KSMFS_CHARGE);
}

static void a_frame_knows_its_slot(void **state)
{
	struct file *file = file_new(world.domain, 8);
	struct ksmfs_region *region = &file->region;
	struct ksmfs_slot *slot = ksmfs_region_slot(region, 7);
	struct page *frame = ksmfs_frame_alloc(world.domain, KSMFS_CHARGE,
					       KSMFS_FRAME_COPY);

	(void)state;
	assert_false(IS_ERR(frame));
	assert_true(ksmfs_frame_is_shared(frame));
	assert_dies("not held", ksmfs_frame_own(frame, region, 7));
	ksmfs_slot_lock(region, slot);
	ksmfs_frame_own(frame, region, 7);
	assert_ptr_equal(frame->mapping, &file->mapping);
	assert_ptr_equal(ksmfs_region_of(frame->mapping), region);
	assert_int_equal(frame->index, 7);
	assert_false(ksmfs_frame_is_shared(frame));
	assert_dies("warning: frame->mapping",
		    ksmfs_frame_free(world.domain, frame, KSMFS_CHARGE));
	ksmfs_frame_disown(region, frame);
	assert_null(frame->mapping);
	ksmfs_slot_unlock(region, slot);
	assert_dies("not held", ksmfs_frame_disown(region, frame));
	ksmfs_frame_free(world.domain, frame, KSMFS_CHARGE);
}

static void a_pin_keeps_the_memory_not_the_frame(void **state)
{
	struct page *frame = ksmfs_frame_alloc(world.domain, KSMFS_CHARGE,
					       KSMFS_FRAME_COPY);
	long pages = shim_page_live();

	(void)state;
	assert_false(IS_ERR(frame));
	get_page(frame);
	ksmfs_frame_free(world.domain, frame, KSMFS_CHARGE);
	assert_int_equal(used(), 0);
	assert_int_equal(stat_of(frames), 0);
	assert_int_equal(shim_page_live(), pages);
	put_page(frame);
	assert_int_equal(shim_page_live(), pages - 1);
}

/* There are no new ones; zeros do not come from the pool. */
static void frames_to_be_copied_to_are_drawn(void **state)
{
	static const enum ksmfs_frame_use uses[] = {
		KSMFS_FRAME_COPY, KSMFS_FRAME_SHARE, KSMFS_FRAME_ZERO,
	};
	long cached = stat_of(frames_cached);
	struct page *frame;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(uses); i++) {
		shim_alloc_fail_one_in(1, 0);
		frame = ksmfs_frame_alloc(world.domain, KSMFS_CHARGE, uses[i]);
		shim_alloc_fail_one_in(0, 0);
		assert_int_equal(IS_ERR(frame), uses[i] == KSMFS_FRAME_ZERO);
		if (IS_ERR(frame))
			continue;
		assert_int_equal(stat_of(frames_cached), cached - 1);
		ksmfs_frame_free(world.domain, frame, KSMFS_CHARGE);
		assert_int_equal(stat_of(frames_cached), cached);
	}
}

/* Nor is it taken from those who break: it brings more than it takes. */
static void nobody_waits_for_what_is_to_be_shared(void **state)
{
	struct page *frame;

	(void)state;
	world_empty_pools();
	rcu_read_lock();	/* nobody may sleep */
	frame = ksmfs_frame_alloc(world.domain, KSMFS_CHARGE,
				  KSMFS_FRAME_SHARE);
	rcu_read_unlock();
	assert_false(IS_ERR(frame));
	assert_true(stat_of(frames_cached) > 1);
	ksmfs_frame_free(world.domain, frame, KSMFS_CHARGE);

	world_empty_pools();
	shim_alloc_fail_nth(1);	/* of those for the pool */
	rcu_read_lock();
	frame = ksmfs_frame_alloc(world.domain, KSMFS_CHARGE,
				  KSMFS_FRAME_SHARE);
	rcu_read_unlock();
	assert_false(IS_ERR(frame));
	ksmfs_frame_free(world.domain, frame, KSMFS_CHARGE);
}

struct marker {
	struct page *frame;
	bool has_begun;
	const struct address_space *seen;
};

/* As set_page_dirty_lock(). */
static void *mark_dirty(void *arg)
{
	struct marker *marker = arg;

	lock_page(marker->frame);
	__atomic_store_n(&marker->has_begun, true, __ATOMIC_RELEASE);
	usleep(20000);
	marker->seen = READ_ONCE(marker->frame->mapping);
	unlock_page(marker->frame);
	put_page(marker->frame);
	return NULL;
}

static void the_mapping_stays_while_a_page_is_marked_dirty(void **state)
{
	struct file *file = file_new(world.domain, 1);
	struct ksmfs_region *region = &file->region;
	struct ksmfs_slot *slot = ksmfs_region_slot(region, 0);
	struct marker marker = {};
	pthread_t thread;

	(void)state;
	marker.frame = ksmfs_frame_alloc(world.domain, KSMFS_CHARGE,
					 KSMFS_FRAME_COPY);
	assert_false(IS_ERR(marker.frame));
	ksmfs_slot_lock(region, slot);
	ksmfs_frame_own(marker.frame, region, 0);
	get_page(marker.frame);
	assert_int_equal(pthread_create(&thread, NULL, mark_dirty, &marker), 0);
	while (!__atomic_load_n(&marker.has_begun, __ATOMIC_ACQUIRE))
		sched_yield();
	ksmfs_frame_disown(region, marker.frame);
	ksmfs_slot_unlock(region, slot);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_ptr_equal(marker.seen, &file->mapping);
	ksmfs_frame_free(world.domain, marker.frame, KSMFS_CHARGE);
}

static void a_link_leads_back_to_its_frame(void **state)
{
	struct page *frame = alloc_page(GFP_KERNEL);

	(void)state;
	assert_non_null(frame);
	assert_ptr_equal(ksmfs_frame_of_link(ksmfs_frame_link(frame)), frame);
	put_page(frame);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(a_quota_is_taken_whole_or_not),
		world_test(who_gives_back_wakes_as_many),
		world_test(what_is_left),
		world_test(the_reserve_follows_the_debt),
		world_test(what_is_kept_is_left_alone),
		world_test(frames_are_paid_for),
		world_test(no_memory_costs_nothing),
		world_test(a_frame_of_zeros_is_zero),
		world_test(a_frame_knows_its_slot),
		world_test(a_pin_keeps_the_memory_not_the_frame),
		world_test(frames_to_be_copied_to_are_drawn),
		world_test(nobody_waits_for_what_is_to_be_shared),
		world_test(the_mapping_stays_while_a_page_is_marked_dirty),
		world_test(a_link_leads_back_to_its_frame),
	};

	return cmocka_run_group_tests_name("frame", tests, NULL, NULL);
}
