// SPDX-License-Identifier: GPL-2.0
/* Fetching: what comes back, what comes with it, and what an error changes. */
#include <pthread.h>
#include "cow/slot.h"

/* For a test of who comes just before a slot is locked. */
static bool trylock_late(struct ksmfs_region *region, struct ksmfs_slot *slot);
#define ksmfs_slot_trylock trylock_late
#include "cow/fetch.c"
#undef ksmfs_slot_trylock

#include "cow/punch.h"
#include "tests/unit/death.h"
#include "tests/unit/world.h"

/**
 * struct away - a file whose pages are away, but for those that are not
 * @file: which
 * @guest: who wrote page @i full of byte_of(@i)
 * @state: PACKED or SWAPPED
 */
struct away {
	struct file *file;
	struct guest *guest;
	enum ksmfs_slot_state state;
};

static int byte_of(unsigned long index)
{
	return 1 + index % 250;
}

static void put_away(struct away *away, unsigned long first, unsigned long last)
{
	bool pack = away->state == KSMFS_SLOT_PACKED;
	unsigned long i;

	for (i = first; i <= last; i++) {
		guest_fill(away->guest, i, byte_of(i));
		guest_drop(away->guest, i);
	}
	world_reclaim(away->file, pack, !pack);
	for (i = first; i <= last; i++)
		assert_int_equal(file_state(away->file, i), away->state);
}

static struct away away_new(enum ksmfs_slot_state state, unsigned long pages)
{
	struct away away = {
		.file = file_new(world.domain, pages),
		.state = state,
	};

	away.guest = guest_map(away.file, pages, true);
	return away;
}

static void away_end(struct away *away)
{
	unsigned long i;

	world_check();
	for (i = 0; i < away->file->pages; i++) {
		if (file_state(away->file, i) != KSMFS_SLOT_EMPTY)
			guest_expect(away->guest, i, byte_of(i));
	}
	world_check();
	file_del(away->file);
}

static const enum ksmfs_slot_state both[] = {
	KSMFS_SLOT_PACKED, KSMFS_SLOT_SWAPPED,
};

/* A test for packed pages, and for swapped ones. */
#define for_both(away, pages)                                                  \
	for (const enum ksmfs_slot_state *s_ = both;                           \
	     s_ < both + ARRAY_SIZE(both) &&                                   \
	     ((away) = away_new(*s_, pages), true);                            \
	     away_end(&(away)), s_++)

static int fetch_as(struct away *away, unsigned long index,
		    enum ksmfs_charge charge)
{
	struct ksmfs_region *region = &away->file->region;
	struct ksmfs_slot *slot = ksmfs_region_slot(region, index);
	int err;

	ksmfs_slot_lock(region, slot);
	err = ksmfs_fetch(region, slot, index, charge);
	if (!err) {
		assert_int_equal(ksmfs_slot_state(slot), KSMFS_SLOT_HOT);
		assert_false(ksmfs_slot_mapped(region, slot));
	}
	ksmfs_slot_unlock(region, slot);
	return err;
}

static int fetch(struct away *away, unsigned long index)
{
	return fetch_as(away, index, KSMFS_CHARGE);
}

/* Fetch a page: it comes with so many in all. */
static void expect_fetch(struct away *away, unsigned long index, long nr)
{
	long back = stat_of(unpacks) + stat_of(swap_ins);
	long early = stat_of(prefetches);
	long private = ksmfs_region_private(&away->file->region);
	long i;

	assert_int_equal(fetch(away, index), 0);
	assert_int_equal(stat_of(unpacks) + stat_of(swap_ins) - back, nr);
	assert_int_equal(stat_of(prefetches) - early, nr - 1);
	assert_int_equal(ksmfs_region_private(&away->file->region) - private,
			 nr);
	for (i = 0; i < nr; i++)
		assert_state(away->file, index + i, HOT);
	world_check();
}

static void what_comes_back_is_counted(void **state)
{
	struct away away;

	(void)state;
	for_both(away, 4) {
		long unpacks = stat_of(unpacks), swap_ins = stat_of(swap_ins);
		bool packed = away.state == KSMFS_SLOT_PACKED;
		long frames = stat_of(frames);

		put_away(&away, 0, 3);
		assert_int_equal(stat_of(frames), frames);
		expect_fetch(&away, 2, 1);
		assert_int_equal(stat_of(unpacks), unpacks + packed);
		assert_int_equal(stat_of(swap_ins), swap_ins + !packed);
		assert_int_equal(stat_of(frames), frames + 1);
	}
}

/* Where the content was is free again. */
static void nothing_is_left_behind(void **state)
{
	struct away away;
	unsigned long i;

	(void)state;
	for_both(away, 20) {
		put_away(&away, 0, 19);
		for (i = 0; i < 20; i++)
			guest_expect(away.guest, i, byte_of(i));
		ksmfs_swap_wipe(world.quota.swap);
		ksmfs_pack_compact(world.domain);
		assert_int_equal(ksmfs_swap_count(world.quota.swap).used, 0);
		assert_int_equal(stat_of(frames_packed), 0);
	}
}

static void in_order_more_and_more_come(void **state)
{
	struct away away;

	(void)state;
	for_both(away, 60) {
		long requests;

		put_away(&away, 0, 59);
		requests = atomic_long_read(&world.swap.requests);
		expect_fetch(&away, 0, 1);
		expect_fetch(&away, 1, 2);
		expect_fetch(&away, 3, 4);
		expect_fetch(&away, 7, 8);
		expect_fetch(&away, 15, 8);
		expect_fetch(&away, 23, 8);
		/* Swapped ones in one request each time. */
		assert_int_equal(atomic_long_read(&world.swap.requests),
				 requests +
				 (away.state == KSMFS_SLOT_SWAPPED ? 6 : 0));
	}
}

static void out_of_order_each_comes_alone(void **state)
{
	struct away away;

	(void)state;
	for_both(away, 60) {
		put_away(&away, 0, 59);
		expect_fetch(&away, 10, 1);
		expect_fetch(&away, 11, 2);
		expect_fetch(&away, 13, 4);
		expect_fetch(&away, 18, 1);
		expect_fetch(&away, 9, 1);
		expect_fetch(&away, 30, 1);
		expect_fetch(&away, 31, 2);
	}
}

static void the_next_leaf_is_for_the_next_fetch(void **state)
{
	unsigned long end = KSMFS_LEAF_SLOTS;
	struct away away;

	(void)state;
	for_both(away, end + 20) {
		put_away(&away, end - 10, end + 19);
		expect_fetch(&away, end - 10, 1);
		expect_fetch(&away, end - 9, 2);
		expect_fetch(&away, end - 7, 4);
		expect_fetch(&away, end - 3, 3);
		expect_fetch(&away, end, 6);
	}
}

/* Pages 0 to 2 are fetched, so the next one will come with three more. */
static void begin_in_order(struct away *away)
{
	expect_fetch(away, 0, 1);
	expect_fetch(away, 1, 2);
}

/* One page is away in the other way. */
static void all_but_one(struct away *away, unsigned long pages,
			unsigned long one)
{
	if (away->state == KSMFS_SLOT_SWAPPED) {
		put_away(away, 0, pages - 1);
		guest_expect(away->guest, one, byte_of(one));
		guest_drop(away->guest, one);
		world_reclaim(away->file, true, false);
		assert_state(away->file, one, PACKED);
		return;
	}
	guest_fill(away->guest, one, byte_of(one));
	guest_drop(away->guest, one);
	world_reclaim(away->file, false, true);
	assert_state(away->file, one, SWAPPED);
	put_away(away, 0, one - 1);
	put_away(away, one + 1, pages - 1);
}

static void only_the_like_come_with_it(void **state)
{
	struct away away;

	(void)state;
	for_both(away, 20) {
		all_but_one(&away, 20, 12);
		guest_expect(away.guest, 5, byte_of(5));
		begin_in_order(&away);
		expect_fetch(&away, 3, 2);	/* 5 is HOT */
		ksmfs_punch(&away.file->region, 8, 8);
		expect_fetch(&away, 6, 1);
		expect_fetch(&away, 7, 1);	/* 8 is EMPTY */
		expect_fetch(&away, 10, 1);
		expect_fetch(&away, 11, 1);	/* 12 is away elsewhere */
	}
}

/* A gap between places costs a request of its own: it is not done. */
static void only_adjacent_places_come_at_once(void **state)
{
	struct away away = away_new(KSMFS_SLOT_SWAPPED, 20);

	(void)state;
	put_away(&away, 4, 4);
	put_away(&away, 0, 3);
	put_away(&away, 5, 19);
	begin_in_order(&away);
	expect_fetch(&away, 3, 1);
	expect_fetch(&away, 4, 1);
	expect_fetch(&away, 5, 2);
	away_end(&away);
}

static void who_is_held_does_not_come(void **state)
{
	struct away away;

	(void)state;
	for_both(away, 20) {
		struct ksmfs_region *region = &away.file->region;
		struct ksmfs_slot *slot = ksmfs_region_slot(region, 3);

		put_away(&away, 0, 19);
		begin_in_order(&away);
		ksmfs_slot_lock(region, slot);
		assert_true(ksmfs_slot_trylock(region, slot + 2));
		assert_int_equal(ksmfs_fetch(region, slot, 3, KSMFS_CHARGE), 0);
		ksmfs_slot_unlock(region, slot + 2);
		ksmfs_slot_unlock(region, slot);
		assert_state(away.file, 4, HOT);
		assert_int_equal(file_state(away.file, 5), away.state);
		assert_int_equal(file_state(away.file, 6), away.state);
	}
}

/* What happens once, in a thread of its own, before a slot is locked. */
static void *(*before_trylock)(void *region);

static bool trylock_late(struct ksmfs_region *region, struct ksmfs_slot *slot)
{
	void *(*run)(void *region) = before_trylock;
	pthread_t thread;

	before_trylock = NULL;
	if (run && !pthread_create(&thread, NULL, run, region))
		pthread_join(thread, NULL);
	return ksmfs_slot_trylock(region, slot);
}

static void *punch_4(void *region)
{
	ksmfs_punch(region, 4, 4);
	return NULL;
}

static void a_glance_is_not_enough(void **state)
{
	struct away away;

	(void)state;
	for_both(away, 20) {
		put_away(&away, 0, 19);
		begin_in_order(&away);
		before_trylock = punch_4;
		expect_fetch(&away, 3, 1);
		assert_null(before_trylock);
		assert_state(away.file, 4, EMPTY);
		guest_expect(away.guest, 4, 0);
		guest_fill(away.guest, 4, byte_of(4));
	}
}

/* What nobody has asked for does not come out of the reserve. */
static void the_reserve_is_for_who_asks(void **state)
{
	struct away away;

	(void)state;
	for_both(away, 40) {
		put_away(&away, 0, 39);
		begin_in_order(&away);
		world.quota.reserve = 5;
		world.quota.limit = atomic_long_read(&world.quota.used) + 5 + 3;
		expect_fetch(&away, 3, 3);
		/* Now there are 5: all reserve. */
		expect_fetch(&away, 6, 1);
		expect_fetch(&away, 7, 1);
		expect_fetch(&away, 8, 1);
		expect_fetch(&away, 9, 1);
		expect_fetch(&away, 10, 1);
		assert_int_equal(fetch(&away, 11), -ENOSPC);
		assert_int_equal(file_state(away.file, 11), away.state);
		world.quota.limit = WORLD_FRAMES;
		world.quota.reserve = 0;
	}
}

static void without_a_frame_nothing_changes(void **state)
{
	struct away away;

	(void)state;
	for_both(away, 20) {
		long used;

		put_away(&away, 0, 19);
		begin_in_order(&away);
		used = atomic_long_read(&world.quota.used);
		world.quota.limit = used;
		assert_int_equal(fetch(&away, 3), -ENOSPC);
		world.quota.limit = WORLD_FRAMES;
		world_empty_pools();
		shim_alloc_fail_nth(1);
		assert_int_equal(fetch(&away, 3), -ENOMEM);
		assert_int_equal(file_state(away.file, 3), away.state);
		assert_int_equal(atomic_long_read(&world.quota.used), used);
		world_check();
		/* Of those nobody asked for yet it is no error. */
		shim_alloc_fail_nth(2);
		expect_fetch(&away, 3, 1);
		expect_fetch(&away, 4, 2);
	}
}

/* A few packed pages take no less than they would unpacked: so they come back. */
static void nobody_is_stuck_in_a_pool(void **state)
{
	struct away away = away_new(KSMFS_SLOT_PACKED, 4);
	long used;

	(void)state;
	put_away(&away, 0, 1);
	used = atomic_long_read(&world.quota.used);
	assert_int_equal(used, 1);
	world.quota.limit = used;
	assert_int_equal(fetch(&away, 0), -ENOSPC);	/* two in a frame */
	ksmfs_punch(&away.file->region, 0, 0);

	world_empty_pools();
	shim_alloc_fail_nth(1);
	assert_int_equal(fetch(&away, 1), -ENOMEM);
	assert_int_equal(atomic_long_read(&world.quota.used), used);
	shim_zs_damage_nth(1);
	assert_int_equal(fetch(&away, 1), -EIO);
	assert_int_equal(atomic_long_read(&world.quota.used), used);
	world_check();
	assert_int_equal(fetch(&away, 1), 0);
	assert_int_equal(atomic_long_read(&world.quota.used), used + 1);
	world_check();
	ksmfs_pack_compact(world.domain);
	assert_int_equal(atomic_long_read(&world.quota.used), used);
	away_end(&away);
}

/* Have page @index, or the whole request it is part of, not be read. */
static void damage(struct away *away, unsigned long index, long nth)
{
	struct ksmfs_slot *slot = ksmfs_region_slot(&away->file->region, index);

	if (away->state == KSMFS_SLOT_PACKED) {
		shim_zs_damage_nth(nth);
		return;
	}
	ksmfs_slot_lock(&away->file->region, slot);
	world.swap.bad[ksmfs_slot_place(&away->file->region, slot)] = true;
	ksmfs_slot_unlock(&away->file->region, slot);
}

static void repair(void)
{
	memset(world.swap.bad, 0, sizeof(world.swap.bad));
}

static void what_cannot_be_read_is_an_error(void **state)
{
	struct away away;

	(void)state;
	for_both(away, 20) {
		long errors = stat_of(swap_errors), frames, used;

		put_away(&away, 0, 19);
		begin_in_order(&away);
		frames = stat_of(frames);
		used = atomic_long_read(&world.quota.used);
		damage(&away, 3, 1);
		assert_int_equal(fetch(&away, 3), -EIO);
		world_check();
		assert_int_equal(file_state(away.file, 3), away.state);
		assert_int_equal(file_state(away.file, 4), away.state);
		assert_int_equal(stat_of(frames), frames);
		assert_int_equal(atomic_long_read(&world.quota.used), used);
		assert_true(stat_of(swap_errors) > errors);
		repair();
	}
}

/* Who asks for a good page gets it, though it comes with a bad one. */
static void errors_of_others_are_theirs(void **state)
{
	struct away away;
	unsigned long i;

	(void)state;
	for_both(away, 20) {
		long back = stat_of(unpacks) + stat_of(swap_ins);
		long errors = stat_of(swap_errors);
		bool packed = away.state == KSMFS_SLOT_PACKED;

		put_away(&away, 0, 19);
		begin_in_order(&away);
		damage(&away, 5, 3);
		assert_int_equal(fetch(&away, 3), 0);
		world_check();
		assert_state(away.file, 3, HOT);
		assert_int_equal(file_state(away.file, 5), away.state);
		assert_int_equal(file_state(away.file, 6), away.state);
		/* Of packed ones the good one beside it comes, too. */
		assert_int_equal(stat_of(unpacks) + stat_of(swap_ins) - back,
				 4 + packed);
		assert_true(stat_of(swap_errors) > errors);
		repair();
		for (i = 0; i < 20; i++) {
			struct ksmfs_slot *slot;

			slot = ksmfs_region_slot(&away.file->region, i);
			assert_false(ksmfs_slot_is_locked(slot));
		}
	}
}

/* A guest does not see what was in the frame before, but SIGBUS. */
static void an_error_shows_nothing(void **state)
{
	struct away away;
	char byte;

	(void)state;
	for_both(away, 4) {
		put_away(&away, 0, 3);
		damage(&away, 2, 1);
		assert_false(guest_read(away.guest, 2, 0, &byte, 1));
		assert_null(away.guest->pte[2].page);
		if (away.state == KSMFS_SLOT_PACKED)
			shim_zs_damage_nth(1);
		assert_false(guest_write(away.guest, 2, 0, "x", 1));
		repair();
		guest_expect(away.guest, 2, byte_of(2));
	}
}

/* What was charged beforehand is neither taken twice nor given back. */
static void what_was_paid_for_is_paid_for(void **state)
{
	struct away away;

	(void)state;
	for_both(away, 4) {
		long used;

		put_away(&away, 0, 3);
		assert_true(ksmfs_quota_charge(&world.quota, 1, 0));
		used = atomic_long_read(&world.quota.used);
		damage(&away, 2, 1);
		assert_int_equal(fetch_as(&away, 2, KSMFS_NO_CHARGE), -EIO);
		assert_int_equal(atomic_long_read(&world.quota.used), used);
		repair();
		assert_int_equal(fetch_as(&away, 2, KSMFS_NO_CHARGE), 0);
		assert_int_equal(atomic_long_read(&world.quota.used), used);
	}
}

static void it_wants_the_slot_locked(void **state)
{
	struct away away;

	(void)state;
	for_both(away, 2) {
		struct ksmfs_region *region = &away.file->region;

		put_away(&away, 0, 1);
		assert_dies("not held",
			    (void)ksmfs_fetch(region,
					      ksmfs_region_slot(region, 0), 0,
					      KSMFS_CHARGE));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(what_comes_back_is_counted),
		world_test(nothing_is_left_behind),
		world_test(in_order_more_and_more_come),
		world_test(out_of_order_each_comes_alone),
		world_test(the_next_leaf_is_for_the_next_fetch),
		world_test(only_the_like_come_with_it),
		world_test(only_adjacent_places_come_at_once),
		world_test(who_is_held_does_not_come),
		world_test(a_glance_is_not_enough),
		world_test(the_reserve_is_for_who_asks),
		world_test(without_a_frame_nothing_changes),
		world_test(nobody_is_stuck_in_a_pool),
		world_test(what_cannot_be_read_is_an_error),
		world_test(errors_of_others_are_theirs),
		world_test(an_error_shows_nothing),
		world_test(what_was_paid_for_is_paid_for),
		world_test(it_wants_the_slot_locked),
	};

	return cmocka_run_group_tests_name("fetch", tests, NULL, NULL);
}
