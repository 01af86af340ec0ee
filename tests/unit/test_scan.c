// SPDX-License-Identifier: GPL-2.0
/* The scanner's walk: batches, passes, who is put off, unmerging. */
#include "ksm/scan.c"
#include "tests/unit/world.h"

static struct guest *vm_new(unsigned long pages)
{
	struct file *file = file_new(world.domain, pages);

	return guest_map(file, pages, true);
}

static long scanned(void)
{
	return stat_of(pages_scanned);
}

static void nothing_to_scan_is_a_pass(void **state)
{
	struct ksmfs_scan scan = {};
	long passes = stat_of(full_scans);
	long traced = atomic_long_read(&shim_trace.pass);

	(void)state;
	assert_true(ksmfs_scan_batch(&scan, 1, false));
	assert_int_equal(scan.pass, 1);
	assert_int_equal(stat_of(full_scans), passes + 1);
	assert_int_equal(atomic_long_read(&shim_trace.pass), traced + 1);
}

/* However large the batches, a pass visits each restless slot once. */
static void batches_make_passes(void **state)
{
	static const unsigned int sizes[] = { 1, 2, 3, 5, 10, 100, UINT_MAX };
	struct guest *guests[3];
	unsigned long i;
	size_t n;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(guests); i++)
		guests[i] = vm_new(2000);
	guest_expect(guests[1], 7, 0);
	for (n = 0; n < ARRAY_SIZE(sizes); n++) {
		struct ksmfs_scan scan = {};
		unsigned int batches = 1;
		long before = scanned();

		for (i = 0; i < 5; i++) {
			guest_fill(guests[0], i, 10 + 10 * n + i);
			guest_fill(guests[2], i * 300, 110 + 10 * n + i);
		}
		while (!ksmfs_scan_batch(&scan, sizes[n], true))
			batches++;
		assert_int_equal(scanned() - before, 10);
		assert_int_equal(scan.pass, 1);
		assert_int_equal(scan.visited, 0);
		assert_in_range(batches, 10 / sizes[n], 10 / sizes[n] + 1);
	}
	world_check();
}

static void merged_slots_are_not_visited(void **state)
{
	struct scene scene = scene_new(world.domain);
	long before = scanned();

	(void)state;
	world_scan(1);
	assert_int_equal(scanned() - before, 2);
	assert_state(scene.file, KSMFS_SLOT_SHARED, SHARED);
}

static void volatile_slots_are_put_off(void **state)
{
	struct guest *guest = vm_new(1);
	struct ksmfs_scan scan = {};
	long before = scanned(), skipped = stat_of(pages_skipped);
	int i;

	(void)state;
	for (i = 0; i < 64; i++) {
		guest_fill(guest, 0, 100 + i);
		assert_true(ksmfs_scan_batch(&scan, 10, false));
	}
	assert_int_equal(scanned() - before + stat_of(pages_skipped) - skipped,
			 64);
	assert_in_range(scanned() - before, 4, 10);
	before = scanned();
	for (i = 0; i < 8; i++) {
		guest_fill(guest, 0, 200 + i);
		assert_true(ksmfs_scan_batch(&scan, 10, true));
	}
	assert_int_equal(scanned() - before, 8);
}

/* What is unchanged is not looked at again until it changes. */
static void a_guest_at_rest_costs_nothing(void **state)
{
	struct guest *guest = vm_new(2000);
	struct ksmfs_scan scan = {};
	unsigned long i;
	long before;

	(void)state;
	for (i = 0; i < 2000; i++) {
		char byte = i % 250 + 1;

		assert_true(guest_write(guest, i, i % 8 * 8, &byte, 1));
	}
	for (i = 0; i < 8; i++)
		assert_true(ksmfs_scan_batch(&scan, UINT_MAX, true));
	assert_true(scan.idle);
	before = scanned();
	assert_true(ksmfs_scan_batch(&scan, UINT_MAX, true));
	assert_int_equal(scanned(), before);
	world_check();

	guest_fill(guest, 1234, 7);
	guest_fill(guest, 3, 7);
	for (i = 0; i < 2; i++) {
		assert_true(ksmfs_scan_batch(&scan, UINT_MAX, true));
		assert_false(scan.idle);
	}
	assert_int_equal(scanned(), before + 4);
	assert_state(guest->file, 1234, SHARED);
	assert_state(guest->file, 3, SHARED);
	world_check();
}

static void regions_come_and_go_meanwhile(void **state)
{
	struct guest *guests[3];
	struct ksmfs_scan scan = {};
	unsigned long i, n;
	long before;

	(void)state;
	for (n = 0; n < ARRAY_SIZE(guests); n++) {
		guests[n] = vm_new(4);
		for (i = 0; i < 4; i++)
			guest_fill(guests[n], i, 10 * n + i + 1);
	}
	/* In the middle of the first it goes; the second goes unseen. */
	assert_false(ksmfs_scan_batch(&scan, 2, true));
	file_del(guests[0]->file);
	before = scanned();
	assert_false(ksmfs_scan_batch(&scan, 1, true));
	file_del(guests[1]->file);
	guests[0] = vm_new(4);
	guest_fill(guests[0], 0, 99);
	assert_true(ksmfs_scan_batch(&scan, 100, true));
	assert_int_equal(scanned() - before, 1 + 4 + 1);
	world_check();
}

static void a_dying_region_is_passed_by(void **state)
{
	struct guest *guest = vm_new(4);
	struct ksmfs_scan scan = {};
	long before = scanned();

	(void)state;
	guest_fill(guest, 0, 1);
	guest->file->region.dying = true;
	assert_true(ksmfs_scan_batch(&scan, 100, true));
	assert_int_equal(scanned(), before);
	guest->file->region.dying = false;
	assert_true(ksmfs_scan_batch(&scan, 100, true));
	assert_int_equal(scanned(), before + 1);
}

static void unmerging_breaks_everything(void **state)
{
	struct scene a = scene_new(world.domain);
	struct scene b = scene_new(world.other);
	unsigned long i;

	(void)state;
	assert_true(stat_of(pages_sharing) > 0);
	assert_int_equal(ksmfs_scan_unmerge(), 0);
	world_check();
	assert_int_equal(stat_of(pages_shared), 0);
	assert_int_equal(stat_of(ksm_zero_pages), 0);
	for (i = 0; i < SCENE_PAGES; i++) {
		guest_expect(a.guest, i, scene_byte(i));
		guest_expect(b.guest, i, scene_byte(i));
	}
}

static void unmerging_needs_frames(void **state)
{
	struct scene scene = scene_new(world.domain);
	int failures = 0;
	bool failed;
	int err;

	(void)state;
	world.quota.limit = atomic_long_read(&world.quota.used);
	assert_int_equal(ksmfs_scan_unmerge(), -ENOSPC);
	world_check();
	world.quota.limit = WORLD_FRAMES;
	world_fail_each(failed, err = ksmfs_scan_unmerge()) {
		world_check();
		if (!failed)
			break;
		assert_int_equal(err, -ENOMEM);
		/* What was broken stays so: begin anew. */
		file_del(scene.file);
		scene = scene_new(world.domain);
		failures++;
	}
	assert_int_equal(err, 0);
	assert_int_equal(failures, 3);
}

static void a_signal_ends_unmerging(void **state)
{
	struct scene scene = scene_new(world.domain);

	(void)state;
	current->signal = true;
	assert_int_equal(ksmfs_scan_unmerge(), -EINTR);
	current->signal = false;
	assert_state(scene.file, KSMFS_SLOT_SHARED, SHARED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(nothing_to_scan_is_a_pass),
		world_test(batches_make_passes),
		world_test(merged_slots_are_not_visited),
		world_test(volatile_slots_are_put_off),
		world_test(a_guest_at_rest_costs_nothing),
		world_test(regions_come_and_go_meanwhile),
		world_test(a_dying_region_is_passed_by),
		world_test(unmerging_breaks_everything),
		world_test(unmerging_needs_frames),
		world_test(a_signal_ends_unmerging),
	};

	return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
