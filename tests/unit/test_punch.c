// SPDX-License-Identifier: GPL-2.0
/* Holes: by balloon, by truncation, at the end of a region. */
#include "cow/punch.c"
#include "cow/pack.h"
#include "cow/swap.h"
#include "tests/unit/world.h"

/* Punch the slot of a state, with or without readers that have it mapped. */
static void punch_one(enum ksmfs_slot_state from, bool touched)
{
	struct scene scene = scene_new(world.domain);
	struct guest *second = guest_map(scene.file, SCENE_PAGES, true);
	struct guest *private = guest_map(scene.file, SCENE_PAGES, false);
	struct guest *reader = guest_map(scene.file, SCENE_PAGES, false);
	long punched = stat_of(pages_punched);
	long vain = stat_of(pages_punched_vain);
	long traced = atomic_long_read(&shim_trace.punch);
	bool counts = from != KSMFS_SLOT_EMPTY;
	bool is_vain = from == KSMFS_SLOT_SHARED || from == KSMFS_SLOT_ZERO;

	guest_fill(private, from, 0x55);
	if (touched) {
		guest_expect(second, from, scene_byte(from));
		guest_expect(reader, from, scene_byte(from));
	}
	ksmfs_punch(scene.region, from, from);
	world_check();
	assert_int_equal(stat_of(pages_punched), punched + counts);
	assert_int_equal(stat_of(pages_punched_vain), vain + is_vain);
	assert_int_equal(atomic_long_read(&scene.region->punched), counts);
	assert_int_equal(atomic_long_read(&scene.region->vain), is_vain);
	assert_int_equal(atomic_long_read(&shim_trace.punch), traced + 1);
	assert_state(scene.file, from, EMPTY);

	guest_expect(scene.guest, from, 0);
	guest_expect(second, from, 0);
	guest_expect(reader, from, 0);
	guest_expect(private, from, 0x55);
	guest_expect(scene.guest, SCENE_PARTNER, scene_byte(SCENE_PARTNER));
	guest_fill(second, from, 0x44);
	guest_expect(scene.guest, from, 0x44);
	world_check();
	file_del(scene.file);
}

static void every_state_is_punched(void **state)
{
	int from;

	(void)state;
	for (from = 0; from < KSMFS_NR_SLOT_STATES; from++) {
		punch_one(from, false);
		punch_one(from, true);
	}
}

static void frames_are_free_at_once(void **state)
{
	struct scene scene = scene_new(world.domain);
	long frames = stat_of(frames);

	(void)state;
	ksmfs_punch(scene.region, KSMFS_SLOT_HOT, KSMFS_SLOT_HOT);
	assert_int_equal(stat_of(frames), frames - 1);
	ksmfs_punch(scene.region, KSMFS_SLOT_HINT, KSMFS_SLOT_HINT);
	assert_int_equal(stat_of(frames), frames - 2);
	ksmfs_punch(scene.region, KSMFS_SLOT_SHARED, KSMFS_SLOT_SHARED);
	assert_int_equal(stat_of(frames), frames - 2);
	ksmfs_punch(scene.region, SCENE_PARTNER, SCENE_PARTNER);
	assert_int_equal(stat_of(frames), frames - 3);
	world_check();
}

/* Ranges of a region in which slots 10, 511, 512 and 1030 are full. */
static const struct {
	unsigned long first, last;
	int punched;
} ranges[] = {
	{ 0, 9, 0 },
	{ 0, 10, 1 },
	{ 10, 10, 1 },
	{ 11, 510, 0 },
	{ 10, 511, 2 },
	{ 511, 512, 2 },
	{ 512, 1030, 2 },
	{ 0, 1029, 3 },
	{ 0, 1030, 4 },
	{ 1031, 5000, 0 },
	{ 3, ULONG_MAX, 4 },
};

static void ranges_end_where_they_should(void **state)
{
	static const unsigned long full[] = { 10, 511, 512, 1030 };
	struct file *file = file_new(world.domain, 2000);
	struct guest *guest = guest_map(file, 2000, true);
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(ranges); i++) {
		long punched = stat_of(pages_punched);

		for (j = 0; j < ARRAY_SIZE(full); j++)
			guest_fill(guest, full[j], 9);
		ksmfs_punch(&file->region, ranges[i].first, ranges[i].last);
		assert_int_equal(stat_of(pages_punched) - punched,
				 ranges[i].punched);
		for (j = 0; j < ARRAY_SIZE(full); j++) {
			bool in = full[j] >= ranges[i].first &&
				  full[j] <= ranges[i].last;

			guest_expect(guest, full[j], in ? 0 : 9);
		}
		world_check();
	}
}

static bool unmapped;

static void note_unmap(struct address_space *mapping, unsigned long index)
{
	(void)mapping;
	(void)index;
	unmapped = true;
}

/*
 * Who takes an entry out forgets its frame, and holds it until all TLBs are flushed:
 * whoever punches has to wait for that.
 */
static void what_is_held_is_unmapped_again(void **state)
{
	struct file *file = file_new(world.domain, 4);
	struct guest *guest = guest_map(file, 4, true);
	struct page *frame;

	(void)state;
	guest_fill(guest, 0, 9);
	guest_fill(guest, 1, 9);
	frame = guest_pin(guest, 1);
	guest_drop(guest, 0);
	guest_drop(guest, 1);
	guest_before_unmap = note_unmap;
	ksmfs_punch(&file->region, 0, 0);
	assert_false(unmapped);
	ksmfs_punch(&file->region, 1, 1);
	assert_true(unmapped);
	put_page(frame);
	world_check();
	file_del(file);
}

/* Where the content of what is away was is free, too. */
static void what_was_away_is_forgotten(void **state)
{
	struct scene scene = scene_new(world.domain);
	long packed = stat_of(pages_packed), swapped = stat_of(pages_swapped);
	long debt = atomic_long_read(&world.quota.debt);

	(void)state;
	ksmfs_punch(scene.region, KSMFS_SLOT_PACKED, KSMFS_SLOT_PACKED);
	assert_int_equal(stat_of(pages_packed), packed - 1);
	assert_int_equal(atomic_long_read(&world.quota.debt), debt - 1);
	ksmfs_pack_compact(world.domain);
	assert_int_equal(stat_of(frames_packed), 0);
	assert_int_equal(atomic_long_read(&world.quota.debt), debt);
	ksmfs_punch(scene.region, KSMFS_SLOT_SWAPPED, KSMFS_SLOT_SWAPPED);
	assert_int_equal(stat_of(pages_swapped), swapped - 1);
	ksmfs_swap_wipe(world.quota.swap);
	assert_int_equal(ksmfs_swap_count(world.quota.swap).used, 0);
	world_check();
}

static void truncation_takes_private_copies(void **state)
{
	struct scene scene = scene_new(world.domain);
	struct guest *private = guest_map(scene.file, SCENE_PAGES, false);
	long punched = stat_of(pages_punched);
	long vain = stat_of(pages_punched_vain);
	unsigned long i;
	char byte;

	(void)state;
	for (i = 0; i < SCENE_PAGES; i++)
		guest_fill(private, i, 0x55);
	guest_expect(scene.guest, 0, 0);
	scene.file->pages = 0;
	ksmfs_punch_truncated(scene.region, 0);
	world_check();
	assert_int_equal(stat_of(pages_punched), punched);
	assert_int_equal(stat_of(pages_punched_vain), vain);
	assert_int_equal(stat_of(frames), 0);
	for (i = 0; i < SCENE_PAGES; i++) {
		assert_state(scene.file, i, EMPTY);
		assert_null(private->pte[i].page);
		assert_null(scene.guest->pte[i].page);
		assert_false(guest_read(scene.guest, i, 0, &byte, 1));
		assert_false(guest_write(scene.guest, i, 0, "x", 1));
	}
	scene.file->pages = SCENE_PAGES;
	for (i = 0; i < SCENE_PAGES; i++) {
		guest_expect(scene.guest, i, 0);
		guest_expect(private, i, 0);
	}
}

static void truncation_keeps_what_is_before(void **state)
{
	struct scene scene = scene_new(world.domain);
	unsigned long i;

	(void)state;
	scene.file->pages = KSMFS_SLOT_SHARED;
	ksmfs_punch_truncated(scene.region, KSMFS_SLOT_SHARED);
	world_check();
	for (i = 0; i < KSMFS_SLOT_SHARED; i++) {
		assert_int_equal(file_state(scene.file, i), i);
		guest_expect(scene.guest, i, scene_byte(i));
	}
	assert_int_equal(stat_of(pages_shared), 0);
	assert_int_equal(stat_of(ksm_zero_pages), 0);
}

static void a_pinned_page_is_punched_all_the_same(void **state)
{
	struct scene scene = scene_new(world.domain);
	struct page *pin = guest_pin(scene.guest, KSMFS_SLOT_HINT);

	(void)state;
	ksmfs_punch(scene.region, KSMFS_SLOT_HINT, KSMFS_SLOT_HINT);
	world_check();
	memset(shim_page_content(pin), 0x99, PAGE_SIZE);
	guest_expect(scene.guest, KSMFS_SLOT_HINT, 0);
	put_page(pin);
	world_check();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(every_state_is_punched),
		world_test(frames_are_free_at_once),
		world_test(what_is_held_is_unmapped_again),
		world_test(what_was_away_is_forgotten),
		world_test(ranges_end_where_they_should),
		world_test(truncation_takes_private_copies),
		world_test(truncation_keeps_what_is_before),
		world_test(a_pinned_page_is_punched_all_the_same),
	};

	return cmocka_run_group_tests_name("punch", tests, NULL, NULL);
}
