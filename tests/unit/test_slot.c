// SPDX-License-Identifier: GPL-2.0
/* Slots: states and the ways between them, the lock, the scanner's back-off. */
#include "cow/slot.c"
#include "tests/unit/death.h"
#include "tests/unit/world.h"

/* The ways of the picture in slot.h. */
static const struct {
	enum ksmfs_slot_state from, to;
} ways[] = {
	{ KSMFS_SLOT_EMPTY, KSMFS_SLOT_HOT },
	{ KSMFS_SLOT_HOT, KSMFS_SLOT_EMPTY },
	{ KSMFS_SLOT_HOT, KSMFS_SLOT_HINT },
	{ KSMFS_SLOT_HOT, KSMFS_SLOT_SHARED },
	{ KSMFS_SLOT_HOT, KSMFS_SLOT_ZERO },
	{ KSMFS_SLOT_HINT, KSMFS_SLOT_EMPTY },
	{ KSMFS_SLOT_HINT, KSMFS_SLOT_HOT },
	{ KSMFS_SLOT_HINT, KSMFS_SLOT_CLEAN },
	{ KSMFS_SLOT_HINT, KSMFS_SLOT_SHARED },
	{ KSMFS_SLOT_HINT, KSMFS_SLOT_ZERO },
	{ KSMFS_SLOT_CLEAN, KSMFS_SLOT_EMPTY },
	{ KSMFS_SLOT_CLEAN, KSMFS_SLOT_HOT },
	{ KSMFS_SLOT_CLEAN, KSMFS_SLOT_SHARED },
	{ KSMFS_SLOT_CLEAN, KSMFS_SLOT_ZERO },
	{ KSMFS_SLOT_SHARED, KSMFS_SLOT_EMPTY },
	{ KSMFS_SLOT_SHARED, KSMFS_SLOT_HOT },
	{ KSMFS_SLOT_ZERO, KSMFS_SLOT_EMPTY },
	{ KSMFS_SLOT_ZERO, KSMFS_SLOT_HOT },
	{ KSMFS_SLOT_HOT, KSMFS_SLOT_PACKED },
	{ KSMFS_SLOT_HOT, KSMFS_SLOT_SWAPPED },
	{ KSMFS_SLOT_HINT, KSMFS_SLOT_PACKED },
	{ KSMFS_SLOT_HINT, KSMFS_SLOT_SWAPPED },
	{ KSMFS_SLOT_CLEAN, KSMFS_SLOT_PACKED },
	{ KSMFS_SLOT_CLEAN, KSMFS_SLOT_SWAPPED },
	{ KSMFS_SLOT_PACKED, KSMFS_SLOT_EMPTY },
	{ KSMFS_SLOT_PACKED, KSMFS_SLOT_HOT },
	{ KSMFS_SLOT_PACKED, KSMFS_SLOT_SWAPPED },
	{ KSMFS_SLOT_SWAPPED, KSMFS_SLOT_EMPTY },
	{ KSMFS_SLOT_SWAPPED, KSMFS_SLOT_HOT },
};

static bool is_way(enum ksmfs_slot_state from, enum ksmfs_slot_state to)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		if (ways[i].from == from && ways[i].to == to)
			return true;
	}
	return false;
}

static bool has_frame(enum ksmfs_slot_state state)
{
	return ksmfs_slot_is_private(state) || state == KSMFS_SLOT_SHARED;
}

static struct page *frame_of(enum ksmfs_slot_state state)
{
	return has_frame(state) ? pfn_to_page(0x123) : NULL;
}

/* The highest place there can be, so that none of its bits is anything else. */
#define PLACE (~0UL >> KSMFS_SLOT_PLACE_SHIFT)

static void set_state(struct ksmfs_region *region, struct ksmfs_slot *slot,
		      enum ksmfs_slot_state state)
{
	if (ksmfs_slot_is_away(state))
		ksmfs_slot_set_away(region, slot, state, PLACE);
	else
		ksmfs_slot_set(region, slot, state, frame_of(state));
}

/* Bring a slot, which is EMPTY and locked, into a state by the shortest way. */
static void bring(struct ksmfs_region *region, struct ksmfs_slot *slot,
		  enum ksmfs_slot_state state)
{
	if (state == KSMFS_SLOT_EMPTY)
		return;
	ksmfs_slot_set(region, slot, KSMFS_SLOT_HOT, frame_of(KSMFS_SLOT_HOT));
	if (state == KSMFS_SLOT_CLEAN)
		ksmfs_slot_set(region, slot, KSMFS_SLOT_HINT,
			       frame_of(KSMFS_SLOT_HINT));
	if (state != KSMFS_SLOT_HOT)
		set_state(region, slot, state);
}

static long count_of(struct ksmfs_region *region, enum ksmfs_slot_state state)
{
	return atomic_long_read(&region->slots[state]);
}

static void try_way(struct ksmfs_region *region, struct ksmfs_slot *slot,
		    enum ksmfs_slot_state from, enum ksmfs_slot_state to)
{
	ksmfs_slot_lock(region, slot);
	bring(region, slot, from);
	if (!is_way(from, to)) {
		assert_dies("slot went from",
			    set_state(region, slot, to));
		to = from;
	} else {
		set_state(region, slot, to);
	}
	assert_int_equal(ksmfs_slot_state(slot), to);
	assert_ptr_equal(ksmfs_slot_frame(region, slot), frame_of(to));
	if (ksmfs_slot_is_away(to))
		assert_int_equal(ksmfs_slot_place(region, slot), PLACE);
	if (to != KSMFS_SLOT_EMPTY) {
		assert_int_equal(count_of(region, to), 1);
		assert_int_equal(ksmfs_stat_read(gauge[to]), 1);
	}
	assert_int_equal(atomic_long_read(&world.domain->shared_slots),
			 to == KSMFS_SLOT_SHARED);
	assert_int_equal(atomic_long_read(&world.domain->packed_slots),
			 to == KSMFS_SLOT_PACKED);
	assert_int_equal(atomic_long_read(&world.quota.debt),
			 to != KSMFS_SLOT_EMPTY && !ksmfs_slot_is_private(to));
	if (to != KSMFS_SLOT_EMPTY)
		ksmfs_slot_set(region, slot, KSMFS_SLOT_EMPTY, NULL);
	ksmfs_slot_unlock(region, slot);
	world_check();
}

static void only_the_ways_of_the_picture(void **state)
{
	struct file *file = file_new(world.domain, 1);
	struct ksmfs_slot *slot = ksmfs_region_slot(&file->region, 0);
	int from, to;

	(void)state;
	for (from = 0; from < KSMFS_NR_SLOT_STATES; from++) {
		for (to = 0; to < KSMFS_NR_SLOT_STATES; to++)
			try_way(&file->region, slot, from, to);
	}
}

static void a_lock_is_exclusive(void **state)
{
	struct file *file = file_new(world.domain, 2);
	struct ksmfs_region *region = &file->region;
	struct ksmfs_slot *slot = ksmfs_region_slot(region, 0);

	(void)state;
	assert_true(ksmfs_slot_trylock(region, slot));
	assert_false(ksmfs_slot_trylock(region, slot));
	ksmfs_slot_unlock(region, slot);
	assert_true(ksmfs_slot_trylock(region, slot));
	ksmfs_slot_unlock(region, slot);
}

static void nobody_waits_for_a_second_slot(void **state)
{
	struct file *file = file_new(world.domain, 2);
	struct file *second = file_new(world.domain, 2);
	struct ksmfs_slot *slot = ksmfs_region_slot(&file->region, 0);
	struct ksmfs_slot *same = ksmfs_region_slot(&file->region, 1);
	struct ksmfs_slot *other = ksmfs_region_slot(&second->region, 0);

	(void)state;
	ksmfs_slot_lock(&file->region, slot);
	assert_dies("a second ksmfs_slot", ksmfs_slot_lock(&file->region, same));
	assert_dies("a second ksmfs_slot",
		    ksmfs_slot_lock(&second->region, other));
	assert_true(ksmfs_slot_trylock(&second->region, other));
	ksmfs_slot_unlock(&second->region, other);
	ksmfs_slot_unlock(&file->region, slot);
}

static void what_wants_the_lock_says_so(void **state)
{
	struct file *file = file_new(world.domain, 2);
	struct ksmfs_region *region = &file->region;
	struct ksmfs_slot *slot = ksmfs_region_slot(region, 0);
	struct ksmfs_slot *other = ksmfs_region_slot(region, 1);

	(void)state;
	assert_dies("not held", ksmfs_slot_frame(region, slot));
	assert_dies("not held",
		    ksmfs_slot_set(region, slot, KSMFS_SLOT_HOT, NULL));
	assert_dies("not held", ksmfs_slot_mapped(region, slot));
	assert_dies("not held", ksmfs_slot_set_mapped(region, slot, true));
	assert_dies("not held", ksmfs_slot_set_age(region, slot, 1));
	assert_dies("does not hold it", ksmfs_slot_unlock(region, slot));

	ksmfs_slot_lock(region, slot);
	assert_dies("ksmfs_slot_is_locked", ksmfs_slot_frame(region, other));
	ksmfs_slot_unlock(region, slot);
}

static void no_sleep_under_a_spinlock(void **state)
{
	struct file *file = file_new(world.domain, 1);
	struct ksmfs_slot *slot = ksmfs_region_slot(&file->region, 0);
	spinlock_t lock;

	(void)state;
	spin_lock_init(&lock);
	spin_lock(&lock);
	assert_dies("sleeps while holding",
		    ksmfs_slot_lock(&file->region, slot));
	spin_unlock(&lock);
}

/* A place is no frame's number, and the other way round. */
static void places_and_frames_are_not_mixed_up(void **state)
{
	struct file *file = file_new(world.domain, 1);
	struct ksmfs_region *region = &file->region;
	struct ksmfs_slot *slot = ksmfs_region_slot(region, 0);

	(void)state;
	ksmfs_slot_lock(region, slot);
	bring(region, slot, KSMFS_SLOT_HOT);
	assert_dies("is_away", (void)ksmfs_slot_place(region, slot));
	assert_dies("is_away",
		    ksmfs_slot_set(region, slot, KSMFS_SLOT_PACKED, NULL));
	assert_dies("is_away",
		    ksmfs_slot_set_away(region, slot, KSMFS_SLOT_HINT, 1));
	assert_dies("place >>",
		    ksmfs_slot_set_away(region, slot, KSMFS_SLOT_SWAPPED,
					PLACE + 1));
	ksmfs_slot_set_away(region, slot, KSMFS_SLOT_SWAPPED, PLACE);
	assert_null(ksmfs_slot_frame(region, slot));
	assert_false(ksmfs_slot_mapped(region, slot));
	assert_int_equal(ksmfs_slot_place(region, slot), PLACE);
	ksmfs_slot_set(region, slot, KSMFS_SLOT_EMPTY, NULL);
	ksmfs_slot_unlock(region, slot);
	assert_dies("not held", (void)ksmfs_slot_place(region, slot));
	assert_dies("not held",
		    ksmfs_slot_set_away(region, slot, KSMFS_SLOT_PACKED, 1));
}

/* Its age, and its strikes, which come back with the content. */
static void a_packed_slot_has_been_met_or_not(void **state)
{
	struct file *file = file_new(world.domain, 1);
	struct ksmfs_region *region = &file->region;
	struct ksmfs_slot *slot = ksmfs_region_slot(region, 0);
	unsigned long strikes;

	(void)state;
	ksmfs_slot_lock(region, slot);
	bring(region, slot, KSMFS_SLOT_HOT);
	ksmfs_slot_strike(region, slot);
	strikes = slot->word & KSMFS_SLOT_STRIKES;
	assert_true(strikes);
	ksmfs_slot_set_away(region, slot, KSMFS_SLOT_PACKED, PLACE);
	assert_int_equal(ksmfs_slot_age(region, slot), 0);
	ksmfs_slot_set_age(region, slot, 1);
	assert_int_equal(ksmfs_slot_age(region, slot), 1);
	assert_int_equal(ksmfs_slot_place(region, slot), PLACE);
	ksmfs_slot_set_away(region, slot, KSMFS_SLOT_SWAPPED, 5);
	assert_int_equal(ksmfs_slot_age(region, slot), 0);
	assert_int_equal(slot->word & KSMFS_SLOT_STRIKES, strikes);
	ksmfs_slot_set(region, slot, KSMFS_SLOT_EMPTY, NULL);
	ksmfs_slot_unlock(region, slot);
}

static void mapped_until_the_next_change(void **state)
{
	struct file *file = file_new(world.domain, 1);
	struct ksmfs_region *region = &file->region;
	struct ksmfs_slot *slot = ksmfs_region_slot(region, 0);

	(void)state;
	ksmfs_slot_lock(region, slot);
	assert_false(ksmfs_slot_mapped(region, slot));
	ksmfs_slot_set_mapped(region, slot, true);
	assert_true(ksmfs_slot_mapped(region, slot));
	ksmfs_slot_set_mapped(region, slot, false);
	assert_false(ksmfs_slot_mapped(region, slot));
	ksmfs_slot_set_mapped(region, slot, true);
	bring(region, slot, KSMFS_SLOT_ZERO);
	assert_false(ksmfs_slot_mapped(region, slot));
	ksmfs_slot_set(region, slot, KSMFS_SLOT_EMPTY, NULL);
	ksmfs_slot_unlock(region, slot);
}

/* Of 64 passes, those in which a slot is due. */
static unsigned int times_due(const struct ksmfs_slot *slot,
			      unsigned long index)
{
	unsigned int times = 0;
	unsigned long pass;

	for (pass = 0; pass < 64; pass++)
		times += ksmfs_slot_is_due(slot, index, pass);
	return times;
}

static void volatile_pages_are_put_off(void **state)
{
	static const unsigned int due[] = { 64, 32, 16, 8, 4, 2, 1 };
	struct file *file = file_new(world.domain, 1);
	struct ksmfs_region *region = &file->region;
	struct ksmfs_slot *slot = ksmfs_region_slot(region, 0);
	unsigned int i;

	(void)state;
	ksmfs_slot_lock(region, slot);
	bring(region, slot, KSMFS_SLOT_HOT);
	for (i = 0; i < ARRAY_SIZE(due); i++) {
		assert_int_equal(times_due(slot, i), due[i]);
		ksmfs_slot_set_age(region, slot, i + 1);
	}
	assert_int_equal(ksmfs_slot_age(region, slot), ARRAY_SIZE(due));
	assert_ptr_equal(ksmfs_slot_frame(region, slot),
			 frame_of(KSMFS_SLOT_HOT));
	/* A hint is always due, whatever its age. */
	ksmfs_slot_set(region, slot, KSMFS_SLOT_HINT, frame_of(KSMFS_SLOT_HINT));
	assert_int_equal(ksmfs_slot_age(region, slot), 0);
	ksmfs_slot_set_age(region, slot, KSMFS_SLOT_CLEAN_AGE);
	assert_int_equal(times_due(slot, 0), 64);
	ksmfs_slot_set(region, slot, KSMFS_SLOT_EMPTY, NULL);
	ksmfs_slot_unlock(region, slot);
}

static unsigned int strike(struct ksmfs_region *region, struct ksmfs_slot *slot)
{
	ksmfs_slot_set(region, slot, KSMFS_SLOT_HOT, frame_of(KSMFS_SLOT_HOT));
	ksmfs_slot_set_age(region, slot, FIELD_MAX(KSMFS_SLOT_AGE));
	ksmfs_slot_strike(region, slot);
	return ksmfs_slot_age(region, slot);
}

/* Each strike doubles the time to the next visit, up to a bound. */
static void strikes_are_remembered(void **state)
{
	struct file *file = file_new(world.domain, 1);
	struct ksmfs_region *region = &file->region;
	struct ksmfs_slot *slot = ksmfs_region_slot(region, 0);
	struct page *frame = frame_of(KSMFS_SLOT_HINT);
	unsigned int i;

	(void)state;
	ksmfs_slot_lock(region, slot);
	bring(region, slot, KSMFS_SLOT_HOT);
	for (i = 1; i < 12; i++) {
		ksmfs_slot_set(region, slot, KSMFS_SLOT_HINT, frame);
		ksmfs_slot_set(region, slot, KSMFS_SLOT_CLEAN, frame);
		assert_int_equal(strike(region, slot),
				 KSMFS_SLOT_STRUCK_AGE(min(i, 7U)));
		assert_ptr_equal(ksmfs_slot_frame(region, slot),
				 frame_of(KSMFS_SLOT_HOT));
	}
	/* They go with the content. */
	ksmfs_slot_set(region, slot, KSMFS_SLOT_EMPTY, NULL);
	assert_int_equal(slot->word & KSMFS_SLOT_STRIKES, 0);
	assert_int_equal(strike(region, slot), KSMFS_SLOT_STRUCK_AGE(1));
	ksmfs_slot_set(region, slot, KSMFS_SLOT_EMPTY, NULL);
	ksmfs_slot_unlock(region, slot);
}

static void not_all_fall_due_at_once(void **state)
{
	struct file *file = file_new(world.domain, 1);
	struct ksmfs_region *region = &file->region;
	struct ksmfs_slot *slot = ksmfs_region_slot(region, 0);
	unsigned int index, due = 0;

	(void)state;
	ksmfs_slot_lock(region, slot);
	bring(region, slot, KSMFS_SLOT_HOT);
	ksmfs_slot_set_age(region, slot, 2);
	for (index = 0; index < 64; index++)
		due += ksmfs_slot_is_due(slot, index, 5);
	assert_int_equal(due, 16);
	ksmfs_slot_set(region, slot, KSMFS_SLOT_EMPTY, NULL);
	ksmfs_slot_unlock(region, slot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(only_the_ways_of_the_picture),
		world_test(a_lock_is_exclusive),
		world_test(nobody_waits_for_a_second_slot),
		world_test(what_wants_the_lock_says_so),
		world_test(no_sleep_under_a_spinlock),
		world_test(places_and_frames_are_not_mixed_up),
		world_test(a_packed_slot_has_been_met_or_not),
		world_test(mapped_until_the_next_change),
		world_test(volatile_pages_are_put_off),
		world_test(strikes_are_remembered),
		world_test(not_all_fall_due_at_once),
	};

	return cmocka_run_group_tests_name("slot", tests, NULL, NULL);
}
