// SPDX-License-Identifier: GPL-2.0
/* Breaking: what a slot holds afterwards, who is unmapped, what it costs. */
#include <unistd.h>
#include "cow/break.c"
#include "tests/unit/death.h"
#include "ksm/mode.h"
#include "tests/unit/world.h"

static int break_slot(const struct scene *scene, unsigned long index)
{
	struct ksmfs_slot *slot = scene_slot(scene, index);
	int err;

	ksmfs_slot_lock(scene->region, slot);
	err = ksmfs_break(scene->region, slot, index, KSMFS_CHARGE);
	ksmfs_slot_unlock(scene->region, slot);
	return err;
}

/* What to break a slot of each state adds to the numbers. */
static const struct {
	int breaks, zero_breaks, new_frame;
} costs[] = {
	[KSMFS_SLOT_EMPTY] = { 0, 0, 1 },
	[KSMFS_SLOT_HOT] = { 0, 0, 0 },
	[KSMFS_SLOT_HINT] = { 0, 0, 0 },
	[KSMFS_SLOT_CLEAN] = { 0, 0, 0 },
	[KSMFS_SLOT_SHARED] = { 1, 0, 1 },
	[KSMFS_SLOT_ZERO] = { 0, 1, 1 },
	[KSMFS_SLOT_PACKED] = { 0, 0, 1 },
	[KSMFS_SLOT_SWAPPED] = { 0, 0, 1 },
};

static void a_broken_slot_is_private(enum ksmfs_slot_state from, bool touched)
{
	struct scene scene = scene_new(world.domain);
	unsigned long pfn = file_pfn(scene.file, from);
	long breaks = stat_of(breaks), zero_breaks = stat_of(zero_breaks);
	long traced = atomic_long_read(&shim_trace.break_);
	long frames = stat_of(frames);

	if (touched)
		guest_expect(scene.guest, from, scene_byte(from));
	assert_int_equal(break_slot(&scene, from), 0);
	world_check();
	assert_int_equal(file_pfn(scene.file, from) != pfn,
			 costs[from].new_frame);
	assert_int_equal(stat_of(frames), frames + costs[from].new_frame);
	assert_int_equal(stat_of(breaks), breaks + costs[from].breaks);
	assert_int_equal(stat_of(zero_breaks),
			 zero_breaks + costs[from].zero_breaks);
	assert_int_equal(atomic_long_read(&scene.region->breaks),
			 costs[from].breaks + costs[from].zero_breaks);
	assert_int_equal(atomic_long_read(&shim_trace.break_),
			 traced + costs[from].breaks + costs[from].zero_breaks);

	/* Same content, and what is written now stays with the slot. */
	guest_expect(scene.guest, from, scene_byte(from));
	guest_fill(scene.guest, from, 0x77);
	guest_expect(scene.guest, from, 0x77);
	guest_expect(scene.guest, SCENE_PARTNER, scene_byte(SCENE_PARTNER));
	world_check();
	file_del(scene.file);
}

static void every_state_breaks(void **state)
{
	int from;

	(void)state;
	for (from = 0; from < KSMFS_NR_SLOT_STATES; from++) {
		a_broken_slot_is_private(from, false);
		a_broken_slot_is_private(from, true);
	}
}

static void the_last_sharer_frees_the_frame(void **state)
{
	struct scene scene = scene_new(world.domain);

	(void)state;
	assert_int_equal(break_slot(&scene, KSMFS_SLOT_SHARED), 0);
	assert_int_equal(stat_of(pages_shared), 1);
	assert_int_equal(break_slot(&scene, SCENE_PARTNER), 0);
	assert_int_equal(stat_of(pages_shared), 0);
	assert_int_equal(stat_of(pages_sharing), 0);
	world_check();
}

static void no_frame_nothing_happens(enum ksmfs_slot_state from, bool full)
{
	struct scene scene = scene_new(world.domain);
	unsigned long pfn = file_pfn(scene.file, from);
	bool is_away = ksmfs_slot_is_away(from);
	long pages;

	if (!is_away)
		guest_expect(scene.guest, from, scene_byte(from));
	world_empty_pools();
	pages = shim_page_live();
	if (full)
		world.quota.limit = atomic_long_read(&world.quota.used);
	else
		shim_alloc_fail_nth(1);
	assert_int_equal(break_slot(&scene, from), full ? -ENOSPC : -ENOMEM);
	shim_alloc_fail_nth(0);
	world_check();
	assert_int_equal(file_state(scene.file, from), from);
	assert_int_equal(file_pfn(scene.file, from), pfn);
	assert_int_equal(shim_page_live(), pages);

	/* The guest that writes suffers, and only it. */
	if (full) {
		assert_false(guest_write(scene.guest, from, 0, "x", 1));
		if (!is_away)
			guest_expect(scene.guest, from, scene_byte(from));
	}
	world.quota.limit = WORLD_FRAMES;
	assert_true(guest_write(scene.guest, from, 0, "x", 1));
	world_check();
	file_del(scene.file);
}

static void without_a_frame_nothing_changes(void **state)
{
	int from;

	(void)state;
	for (from = 0; from < KSMFS_NR_SLOT_STATES; from++) {
		if (!costs[from].new_frame)
			continue;
		no_frame_nothing_happens(from, false);
		/* A page that is packed alone comes to a full mount, too. */
		if (from != KSMFS_SLOT_PACKED)
			no_frame_nothing_happens(from, true);
	}
}

static void all_mappings_see_the_write(void **state)
{
	struct scene scene = scene_new(world.domain);
	struct guest *second = guest_map(scene.file, SCENE_PAGES, true);
	struct guest *private = guest_map(scene.file, SCENE_PAGES, false);
	int from;

	(void)state;
	for (from = 0; from < KSMFS_NR_SLOT_STATES; from++) {
		guest_expect(second, from, scene_byte(from));
		guest_fill(private, from, 0x55);
		guest_fill(scene.guest, from, 0x66);
		guest_expect(second, from, 0x66);
		guest_expect(private, from, 0x55);
	}
	world_check();
	guest_expect(second, SCENE_PARTNER, scene_byte(SCENE_PARTNER));
}

/* Free frames full of another's content are at hand, and are used. */
static void nothing_old_is_shown(void **state)
{
	struct scene scene = scene_new(world.domain);
	struct file *secret = file_new(world.other, 64);
	struct guest *guest = guest_map(secret, 64, true);
	unsigned long pfns[64], i, j, used = 0;

	(void)state;
	for (i = 0; i < 64; i++) {
		guest_fill(guest, i, 0x5a);
		pfns[i] = file_pfn(secret, i);
	}
	world_empty_pools();
	file_del(secret);
	assert_int_equal(stat_of(frames_cached), 64);
	for (i = 0; i < SCENE_PAGES; i++) {
		assert_int_equal(break_slot(&scene, i), 0);
		guest_expect(scene.guest, i, scene_byte(i));
		for (j = 0; j < 64; j++)
			used += file_pfn(scene.file, i) == pfns[j];
	}
	assert_true(used);
	world_check();
}

static void one_fault_is_enough(void **state)
{
	struct scene scene = scene_new(world.domain);
	struct guest *second = guest_map(scene.file, SCENE_PAGES, true);
	int from;

	(void)state;
	for (from = 0; from < KSMFS_NR_SLOT_STATES; from++) {
		unsigned long faults;

		/* The first has it in its page table, the second does not. */
		guest_expect(scene.guest, from, scene_byte(from));
		faults = scene.guest->faults;
		guest_fill(scene.guest, from, 0x66);
		assert_in_range(scene.guest->faults - faults, 0, 1);
		assert_true(scene.guest->pte[from].writable);
		faults = second->faults;
		guest_fill(second, from, 0x67);
		assert_int_equal(second->faults - faults, 1);
		guest_expect(scene.guest, from, 0x67);
	}
	world_check();
}

static void bad_memory_is_not_mapped(void **state)
{
	struct scene scene = scene_new(world.domain);
	struct guest *second = guest_map(scene.file, SCENE_PAGES, true);
	char byte;

	(void)state;
	shim_page_poison(pfn_to_page(file_pfn(scene.file, KSMFS_SLOT_HOT)));
	assert_false(guest_read(second, KSMFS_SLOT_HOT, 0, &byte, 1));
	assert_false(guest_write(second, KSMFS_SLOT_HOT, 0, "x", 1));
	assert_null(second->pte[KSMFS_SLOT_HOT].page);
}

/* What is to be copied has gone bad: nothing changes, and nobody reads it. */
static void bad_memory_is_not_copied(void **state)
{
	struct scene scene = scene_new(world.domain);
	struct ksmfs_slot *slot = scene_slot(&scene, KSMFS_SLOT_SHARED);

	(void)state;
	shim_page_poison(pfn_to_page(file_pfn(scene.file, KSMFS_SLOT_SHARED)));
	assert_false(guest_write(scene.guest, KSMFS_SLOT_SHARED, 0, "x", 1));
	ksmfs_slot_lock(scene.region, slot);
	assert_int_equal(ksmfs_break(scene.region, slot, KSMFS_SLOT_SHARED,
				     KSMFS_CHARGE), -EHWPOISON);
	ksmfs_slot_unlock(scene.region, slot);
	assert_state(scene.file, KSMFS_SLOT_SHARED, SHARED);
}

static struct guest *careless;

static void drop(struct address_space *mapping, unsigned long index)
{
	(void)mapping;
	guest_drop(careless, index);
}

/* Nobody holds what goes before it can be made writable: it is no harm. */
static void an_entry_may_go_meanwhile(void **state)
{
	struct scene scene = scene_new(world.domain);
	int from;

	(void)state;
	careless = guest_map(scene.file, SCENE_PAGES, true);
	for (from = 0; from < KSMFS_NR_SLOT_STATES; from++) {
		guest_before_writable = drop;
		guest_fill(careless, from, 0x66);
		assert_null(guest_before_writable);
		guest_expect(scene.guest, from, 0x66);
	}
	world_check();
}

static void it_wants_the_slot_locked(void **state)
{
	struct scene scene = scene_new(world.domain);
	struct ksmfs_slot *slot = scene_slot(&scene, 0);

	(void)state;
	assert_dies("not held",
		    (void)ksmfs_break(scene.region, slot, 0, KSMFS_CHARGE));
	assert_dies("not held", ksmfs_break_peek(scene.region, slot));
}

static void a_peek_shows_the_content(void **state)
{
	struct scene scene = scene_new(world.domain);
	unsigned long i;

	(void)state;
	for (i = 0; i < SCENE_PAGES; i++) {
		struct ksmfs_slot *slot = scene_slot(&scene, i);
		struct page *page;

		ksmfs_slot_lock(scene.region, slot);
		if (ksmfs_slot_is_away(ksmfs_slot_state(slot)))
			assert_dies("is_away",
				    ksmfs_break_peek(scene.region, slot));
		assert_int_equal(ksmfs_break_prepare(scene.region, slot, i,
						     false, true), 0);
		page = ksmfs_break_peek(scene.region, slot);
		ksmfs_slot_unlock(scene.region, slot);
		assert_null(memchr_inv(shim_page_content(page), scene_byte(i),
				       PAGE_SIZE));
	}
}

static int prepare(const struct scene *scene, unsigned long index, bool write,
		   bool patient)
{
	struct ksmfs_slot *slot = scene_slot(scene, index);
	int err;

	ksmfs_slot_lock(scene->region, slot);
	err = ksmfs_break_prepare(scene->region, slot, index, write, patient);
	ksmfs_slot_unlock(scene->region, slot);
	world_check();
	return err;
}

/* Who reads needs a frame only for what is away. */
static void a_reader_breaks_nothing(void **state)
{
	struct scene scene = scene_new(world.domain);
	int from;

	(void)state;
	for (from = 0; from < KSMFS_NR_SLOT_STATES; from++) {
		assert_int_equal(prepare(&scene, from, false, true), 0);
		assert_int_equal(file_state(scene.file, from),
				 ksmfs_slot_is_away(from) ? KSMFS_SLOT_HOT :
							    from);
		guest_expect(scene.guest, from, scene_byte(from));
	}
}

static void a_writer_has_a_frame(void **state)
{
	struct scene scene = scene_new(world.domain);
	int from;

	(void)state;
	for (from = 0; from < KSMFS_NR_SLOT_STATES; from++) {
		assert_int_equal(prepare(&scene, from, true, true), 0);
		assert_true(ksmfs_slot_is_private(file_state(scene.file,
							     from)));
		guest_expect(scene.guest, from, scene_byte(from));
	}
}

/* Who needs a frame, and may wait for the region to have fewer, has to. */
static void at_the_limit(enum ksmfs_slot_state from, bool write)
{
	struct scene scene = scene_new(world.domain);
	unsigned long private = ksmfs_region_private(scene.region);
	bool wants = ksmfs_slot_is_away(from) ||
		     (write && !ksmfs_slot_is_private(from));

	scene.region->limit = private;
	assert_int_equal(prepare(&scene, from, write, true),
			 wants ? -EAGAIN : 0);
	if (wants)
		assert_int_equal(file_state(scene.file, from), from);
	scene.region->limit = private - 1;
	assert_int_equal(prepare(&scene, from, write, true),
			 wants ? -EAGAIN : 0);
	/* One less is enough, and who cannot wait need not. */
	scene.region->limit = private + (from % 2);
	assert_int_equal(prepare(&scene, from, write, !wants || from % 2), 0);
	guest_expect(scene.guest, from, scene_byte(from));
	world_check();
	file_del(scene.file);
}

static void a_limit_has_the_patient_wait(void **state)
{
	int from;

	(void)state;
	for (from = 0; from < KSMFS_NR_SLOT_STATES; from++) {
		at_the_limit(from, false);
		at_the_limit(from, true);
	}
}

/* What is kept is for content that is there already, and holes have none. */
static void holes_do_not_take_the_reserve(void **state)
{
	static const enum ksmfs_slot_state there[] = {
		KSMFS_SLOT_SHARED, KSMFS_SLOT_ZERO, KSMFS_SLOT_PACKED,
		KSMFS_SLOT_SWAPPED,
	};
	struct scene scene = scene_new(world.domain);
	size_t i;

	(void)state;
	scene_new(world.other);		/* so that there is debt to the end */
	world.quota.reserve = 4;
	for (i = 0; i < ARRAY_SIZE(there); i++) {
		unsigned long kept = ksmfs_quota_reserve(&world.quota);

		assert_true(kept);
		world.quota.limit = atomic_long_read(&world.quota.used) + kept;
		assert_int_equal(prepare(&scene, KSMFS_SLOT_EMPTY, true, false),
				 -ENOSPC);
		assert_state(scene.file, KSMFS_SLOT_EMPTY, EMPTY);
		assert_int_equal(prepare(&scene, there[i], true, false), 0);
		assert_state(scene.file, there[i], HOT);
	}
	world.quota.limit = WORLD_FRAMES;
	assert_int_equal(prepare(&scene, KSMFS_SLOT_EMPTY, true, false), 0);
}

/* A hole that has been paid for is not asked again. */
static void a_hole_may_be_paid_for(void **state)
{
	struct scene scene = scene_new(world.domain);
	struct ksmfs_slot *slot = scene_slot(&scene, KSMFS_SLOT_EMPTY);

	(void)state;
	assert_true(ksmfs_quota_charge(&world.quota, 1, 0));
	world.quota.limit = 0;
	ksmfs_slot_lock(scene.region, slot);
	assert_int_equal(ksmfs_break(scene.region, slot, KSMFS_SLOT_EMPTY,
				     KSMFS_NO_CHARGE), 0);
	ksmfs_slot_unlock(scene.region, slot);
	world_check();
}

static void all_are_broken(void **state)
{
	struct scene scene = scene_new(world.domain);
	unsigned long i;

	(void)state;
	assert_int_equal(ksmfs_break_all(scene.region), 0);
	world_check();
	assert_int_equal(stat_of(ksm_zero_pages), 0);
	assert_int_equal(stat_of(pages_shared), 0);
	assert_state(scene.file, KSMFS_SLOT_EMPTY, EMPTY);
	assert_state(scene.file, KSMFS_SLOT_HINT, HINT);
	assert_state(scene.file, KSMFS_SLOT_PACKED, PACKED);
	assert_state(scene.file, KSMFS_SLOT_SWAPPED, SWAPPED);
	for (i = 0; i < SCENE_PAGES; i++)
		guest_expect(scene.guest, i, scene_byte(i));
}

static void without_frames_some_are_broken(void **state)
{
	struct scene scene = scene_new(world.domain);
	unsigned long i;

	(void)state;
	world.quota.limit = atomic_long_read(&world.quota.used) + 1;
	assert_int_equal(ksmfs_break_all(scene.region), -ENOSPC);
	world_check();
	assert_state(scene.file, KSMFS_SLOT_SHARED, HOT);
	assert_state(scene.file, KSMFS_SLOT_ZERO, ZERO);
	world.quota.limit = WORLD_FRAMES;
	shim_alloc_fail_nth(1);
	assert_int_equal(ksmfs_break_all(scene.region), -ENOMEM);
	assert_state(scene.file, KSMFS_SLOT_ZERO, ZERO);
	assert_int_equal(ksmfs_break_all(scene.region), 0);
	for (i = 0; i < SCENE_PAGES; i++)
		guest_expect(scene.guest, i, scene_byte(i));
}

/* What cannot be copied stays, and what is behind it does not. */
static void bad_memory_stays_merged(void **state)
{
	struct scene scene = scene_new(world.domain);
	unsigned long pfn = file_pfn(scene.file, KSMFS_SLOT_SHARED);

	(void)state;
	shim_page_poison(pfn_to_page(pfn));
	assert_int_equal(ksmfs_break_all(scene.region), -EHWPOISON);
	world_check();
	assert_state(scene.file, KSMFS_SLOT_SHARED, SHARED);
	assert_state(scene.file, SCENE_PARTNER, SHARED);
	assert_state(scene.file, KSMFS_SLOT_ZERO, HOT);
	guest_expect(scene.guest, KSMFS_SLOT_ZERO, scene_byte(KSMFS_SLOT_ZERO));

	/* Whoever has no frame for the others says so. */
	file_del(scene.file);
	scene = scene_new(world.domain);
	shim_page_poison(pfn_to_page(file_pfn(scene.file, KSMFS_SLOT_SHARED)));
	world.quota.limit = atomic_long_read(&world.quota.used);
	assert_int_equal(ksmfs_break_all(scene.region), -ENOSPC);
	assert_state(scene.file, KSMFS_SLOT_ZERO, ZERO);
	world_check();
}

static void a_signal_ends_it(void **state)
{
	struct scene scene = scene_new(world.domain);

	(void)state;
	current->signal = true;
	assert_int_equal(ksmfs_break_all(scene.region), -EINTR);
	current->signal = false;
	assert_state(scene.file, KSMFS_SLOT_SHARED, SHARED);
	world_check();
}

static void a_dying_region_is_left(void **state)
{
	struct scene scene = scene_new(world.domain);

	(void)state;
	scene.region->dying = true;
	assert_int_equal(ksmfs_break_all(scene.region), 0);
	assert_state(scene.file, KSMFS_SLOT_SHARED, SHARED);
	scene.region->dying = false;
}

struct holder {
	struct scene scene;
	bool holds;	/* the HINT slot */
};

static void *hold_for_a_while(void *arg)
{
	struct holder *holder = arg;
	struct scene *scene = &holder->scene;
	struct ksmfs_slot *slot = scene_slot(scene, KSMFS_SLOT_HINT);

	ksmfs_slot_lock(scene->region, slot);
	WRITE_ONCE(holder->holds, true);
	usleep(20000);
	WRITE_ONCE(holder->holds, false);
	ksmfs_slot_unlock(scene->region, slot);
	return NULL;
}

static void it_waits_for_who_holds_a_slot(void **state)
{
	struct holder holder = { .scene = scene_new(world.domain) };
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, hold_for_a_while,
					&holder), 0);
	while (!READ_ONCE(holder.holds))
		usleep(100);
	assert_int_equal(ksmfs_break_all(holder.scene.region), 0);
	assert_false(READ_ONCE(holder.holds));
	pthread_join(thread, NULL);
}

/* In a strict domain what counts are frames, private or not. */
static void a_limit_of_a_strict_domain_is_one_of_frames(void **state)
{
	struct file *file;
	struct guest *its;
	struct scene scene;

	(void)state;
	assert_int_equal(ksmfs_mode_set(world.domain, KSMFS_MERGE_share, true),
			 0);
	file = file_new(world.domain, 4);
	its = guest_map(file, 4, true);
	guest_fill(its, 0, 0x11);
	guest_fill(its, 1, 0x22);
	guest_fill(its, 2, 0x33);
	guest_fill(its, 3, 0x33);
	world_scan(1);
	assert_int_equal(ksmfs_region_private(&file->region), 0);
	assert_int_equal(ksmfs_region_frames(&file->region), 3);
	scene = (struct scene) { .file = file, .region = &file->region };
	file->region.limit = 3;
	assert_int_equal(prepare(&scene, 0, true, true), -EAGAIN);
	file->region.limit = 4;
	assert_int_equal(prepare(&scene, 0, true, true), 0);
	world_check();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(every_state_breaks),
		world_test(the_last_sharer_frees_the_frame),
		world_test(without_a_frame_nothing_changes),
		world_test(all_mappings_see_the_write),
		world_test(nothing_old_is_shown),
		world_test(one_fault_is_enough),
		world_test(bad_memory_is_not_mapped),
		world_test(bad_memory_is_not_copied),
		world_test(an_entry_may_go_meanwhile),
		world_test(it_wants_the_slot_locked),
		world_test(a_peek_shows_the_content),
		world_test(a_reader_breaks_nothing),
		world_test(a_writer_has_a_frame),
		world_test(a_limit_has_the_patient_wait),
		world_test(a_limit_of_a_strict_domain_is_one_of_frames),
		world_test(holes_do_not_take_the_reserve),
		world_test(a_hole_may_be_paid_for),
		world_test(all_are_broken),
		world_test(without_frames_some_are_broken),
		world_test(bad_memory_stays_merged),
		world_test(a_signal_ends_it),
		world_test(a_dying_region_is_left),
		world_test(it_waits_for_who_holds_a_slot),
	};

	return cmocka_run_group_tests_name("break", tests, NULL, NULL);
}
