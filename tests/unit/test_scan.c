// SPDX-License-Identifier: GPL-2.0
/* The scanner's walk: passes, claims, whose turn it is, unmerging. */
#include "ksm/scan.c"
#include "tests/unit/world.h"

static struct guest *vm_new(unsigned long pages)
{
	struct file *file = file_new(world.domain, pages);

	return guest_map(file, pages, true);
}

/* Make pages unlike all others, and unlike what they were. */
static void write_anew(struct guest *guest, unsigned long first,
		       unsigned long nr)
{
	static unsigned long unique;

	for (; nr; nr--, first++) {
		unique++;
		assert_true(guest_write(guest, first, 0, &unique,
					sizeof(unique)));
	}
}

static long scanned(void)
{
	return stat_of(pages_scanned);
}

static unsigned int work(unsigned long period, unsigned int nr)
{
	return ksmfs_scan_work(&world.scan, period, nr);
}

/* Do all there is to do in a period; returns the slots that were visited. */
static long work_all(unsigned long period)
{
	long before = scanned();

	assert_in_range(work(period, 1000000), 0, 999999);
	return scanned() - before;
}

static void nothing_to_scan_is_a_full_scan(void **state)
{
	long passes = stat_of(full_scans);

	(void)state;
	assert_int_equal(work(1, 1), 0);
	assert_int_equal(work(1, 1), 0);
	assert_int_equal(stat_of(full_scans), passes + 1);
	vm_new(1);
	assert_int_equal(work(2, 1), 0);
	assert_int_equal(stat_of(full_scans), passes + 2);
	world_scan(5);
	assert_int_equal(stat_of(full_scans), passes + 7);
	assert_false(ksmfs_scan_is_due(&world.scan));
}

/* However small the pieces, a pass visits each restless slot once. */
static void pieces_make_passes(void **state)
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
		long before = scanned(), passes = stat_of(full_scans);
		long traced = atomic_long_read(&shim_trace.pass);

		for (i = 0; i < 5; i++) {
			guest_fill(guests[0], i, 10 + 10 * n + i);
			guest_fill(guests[2], i * 300, 110 + 10 * n + i);
		}
		ksmfs_scan_ask(&world.scan, 1);
		while (ksmfs_scan_asked(&world.scan)) {
			long last = scanned();

			work(1, sizes[n]);
			assert_in_range(scanned() - last, 0, sizes[n] * 2UL);
		}
		assert_int_equal(scanned() - before, 10);
		assert_int_equal(stat_of(full_scans), passes + 1);
		assert_int_equal(atomic_long_read(&shim_trace.pass),
				 traced + 2);
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
	long before = scanned(), skipped = stat_of(pages_skipped);
	int i;

	(void)state;
	for (i = 0; i < 64; i++) {
		guest_fill(guest, 0, 100 + i);
		work_all(i + 1);
	}
	assert_int_equal(scanned() - before + stat_of(pages_skipped) - skipped,
			 64);
	assert_in_range(scanned() - before, 4, 10);
	before = scanned();
	for (i = 0; i < 8; i++) {
		guest_fill(guest, 0, 200 + i);
		world_scan(1);
	}
	assert_int_equal(scanned() - before, 8);
}

/* What is unchanged is not looked at again until it changes. */
static void a_guest_at_rest_costs_nothing(void **state)
{
	struct guest *guest = vm_new(2000);
	long before;

	(void)state;
	write_anew(guest, 0, 2000);
	world_scan(8);
	before = scanned();
	assert_int_equal(work_all(2), 0);
	assert_false(ksmfs_scan_is_due(&world.scan));
	assert_int_equal(ksmfs_scan_restless(&world.scan), 0);
	world_scan(1);
	assert_int_equal(scanned(), before);
	world_check();

	guest_fill(guest, 1234, 7);
	guest_fill(guest, 3, 7);
	world_scan(2);
	assert_int_equal(scanned(), before + 4);
	assert_int_equal(ksmfs_scan_restless(&world.scan), 2);
	assert_state(guest->file, 1234, SHARED);
	assert_state(guest->file, 3, SHARED);
	assert_int_equal(work_all(3), 0);
	world_check();
}

/* However often somebody calls, and whatever changes meanwhile. */
static void a_region_begins_one_pass_in_a_period(void **state)
{
	struct guest *guest = vm_new(10);
	unsigned long i;

	(void)state;
	for (i = 1; i < 5; i++) {
		write_anew(guest, 0, 10);
		guest_fill(guest, i, 7);
		assert_int_not_equal(work_all(i * 100), 0);
		write_anew(guest, 0, 10);
		assert_int_equal(work_all(i * 100), 0);
		assert_int_equal(work_all(i * 100 - 1), 0);
	}
}

/* It is not begun anew, and the next one does not wait for the next period. */
static void a_pass_may_take_longer_than_a_period(void **state)
{
	struct guest *guest = vm_new(8);

	(void)state;
	write_anew(guest, 0, 8);
	assert_int_equal(work(1, 3), 3);
	assert_int_equal(work(2, 3), 3);
	assert_state(guest->file, 5, HINT);
	assert_state(guest->file, 6, HOT);
	assert_int_equal(guest->file->region.scan.pass, 1);
	assert_int_equal(work_all(2), 2 + 8);
	assert_int_equal(guest->file->region.scan.pass, 2);
}

/*
 * A fresh guest beside one that keeps the scanner busy for ever: it waits for
 * its turn, not for the end of the other's pass.
 */
static void a_busy_region_does_not_starve_others(void **state)
{
	struct guest *busy = vm_new(2000), *fresh, *last;
	long before;

	(void)state;
	write_anew(busy, 0, 2000);
	fresh = vm_new(2);
	last = vm_new(2);
	guest_fill(fresh, 0, 1);
	guest_fill(fresh, 1, 1);
	guest_fill(last, 0, 2);
	guest_fill(last, 1, 2);
	before = scanned();
	while (file_state(last->file, 1) != KSMFS_SLOT_SHARED)
		work(1, 10);
	assert_state(fresh->file, 1, SHARED);
	assert_in_range(scanned() - before, 4, 100);
	assert_state(busy->file, 1999, HOT);
}

/* It takes a pass of the slowest; those of the others do not count. */
static void a_full_scan_waits_for_every_region(void **state)
{
	struct guest *slow = vm_new(1000), *fast = vm_new(1);
	long passes = stat_of(full_scans);
	unsigned long period = 0;

	(void)state;
	write_anew(slow, 0, 1000);
	do {
		assert_int_equal(stat_of(full_scans), passes);
		write_anew(fast, 0, 1);
		work(++period, 20);
		assert_in_range(period, 1, 100);
	} while (slow->file->region.scan.pass < 2);
	work(period, 1);
	assert_int_equal(stat_of(full_scans), passes + 1);
	assert_in_range(period, 45, 55);
	assert_in_range(fast->file->region.scan.pass, 40, period);
}

/* A full scan does not wait for a region that has gone. */
static void regions_come_and_go_meanwhile(void **state)
{
	long passes = stat_of(full_scans);
	struct guest *guests[3];
	unsigned long n;

	(void)state;
	for (n = 0; n < ARRAY_SIZE(guests); n++) {
		guests[n] = vm_new(4);
		write_anew(guests[n], 0, 4);
	}
	/* In the middle of the first it goes; the second goes unseen. */
	assert_int_equal(work(1, 2), 2);
	file_del(guests[0]->file);
	file_del(guests[1]->file);
	guests[0] = vm_new(4);
	write_anew(guests[0], 0, 1);
	assert_int_equal(work_all(1), 4);
	assert_int_equal(stat_of(full_scans), passes + 1);
	assert_int_equal(work_all(2), 4 + 1);
	file_del(guests[0]->file);
	write_anew(guests[2], 0, 4);
	ksmfs_scan_ask(&world.scan, 1);
	assert_int_equal(work(2, 1), 1);
	file_del(guests[2]->file);
	assert_int_equal(work(2, 1), 0);
	assert_int_equal(ksmfs_scan_asked(&world.scan), 0);
	world_check();
}

static void a_dying_region_is_passed_by(void **state)
{
	struct guest *guest = vm_new(4);
	long before = scanned();

	(void)state;
	guest_fill(guest, 0, 1);
	guest->file->region.dying = true;
	assert_int_equal(work_all(1), 0);
	guest->file->region.dying = false;
	assert_int_equal(work_all(2), 1);
	assert_int_equal(scanned(), before + 1);
}

/* Whole passes: from the beginning, at any time, and also what was put off. */
static void passes_asked_for_are_whole(void **state)
{
	struct guest *guest = vm_new(1000);
	long before, passes;
	int i;

	(void)state;
	for (i = 1; i < 9; i++) {
		write_anew(guest, 0, 1000);
		work_all(i);
	}
	write_anew(guest, 0, 1000);
	work(9, 5);
	before = scanned();
	passes = stat_of(full_scans);
	ksmfs_scan_ask(&world.scan, 2);
	work(9, 500);
	assert_int_equal(ksmfs_scan_asked(&world.scan), 2);
	work(10, 1500 - (scanned() - before));
	assert_int_equal(ksmfs_scan_asked(&world.scan), 1);
	assert_true(ksmfs_scan_is_due(&world.scan));
	work(10, 1000);
	work(10, 1);
	assert_int_equal(ksmfs_scan_asked(&world.scan), 0);
	assert_int_equal(scanned() - before, 2000);
	assert_int_equal(stat_of(full_scans), passes + 2);
}

/* But of what was there when they began; who comes new is not put off. */
static void passes_asked_for_delay_nobody(void **state)
{
	struct guest *busy = vm_new(1000), *quick = vm_new(1), *fresh;
	long passes = stat_of(full_scans);
	unsigned long period = 1;

	(void)state;
	write_anew(busy, 0, 1000);
	write_anew(quick, 0, 1);
	ksmfs_scan_ask(&world.scan, 1);
	work(period, 10);
	fresh = vm_new(2);
	guest_fill(fresh, 0, 7);
	guest_fill(fresh, 1, 7);
	while (ksmfs_scan_asked(&world.scan)) {
		write_anew(quick, 0, 1);
		work(++period, 10);
		if (period == 4)
			assert_state(fresh->file, 1, SHARED);
	}
	assert_in_range(period, 50, 150);
	assert_int_equal(quick->file->region.scan.pass, 1);
	assert_int_equal(stat_of(full_scans), passes + 1);
}

static void asking_again_begins_anew(void **state)
{
	struct guest *guest = vm_new(10);
	long before = scanned();

	(void)state;
	write_anew(guest, 0, 10);
	ksmfs_scan_ask(&world.scan, 3);
	work(1, 4);
	ksmfs_scan_ask(&world.scan, 1);
	while (ksmfs_scan_asked(&world.scan))
		work(1, 4);
	assert_int_equal(scanned() - before, 14);

	ksmfs_scan_ask(&world.scan, 3);
	work(1, 4);
	ksmfs_scan_ask(&world.scan, 0);
	assert_int_equal(ksmfs_scan_asked(&world.scan), 0);
	assert_int_equal(work_all(1), 6);
	assert_int_equal(work_all(1), 0);
}

/* A pass is not done before all who are busy with it are. */
static void passes_wait_for_claims(void **state)
{
	struct ksmfs_scan *scan = &world.scan;
	struct guest *guest = vm_new(10);
	struct claim claim;

	(void)state;
	write_anew(guest, 0, 10);
	ksmfs_scan_ask(scan, 2);
	mutex_lock(&scan->lock);
	turn_over(scan, 1);
	assert_true(claim_next(scan, 4, &claim));
	mutex_unlock(&scan->lock);
	assert_int_equal(claim.first, 0);
	assert_int_equal(claim.last, 3);

	assert_int_equal(work_all(1), 6);
	assert_int_equal(ksmfs_scan_asked(scan), 2);
	assert_int_equal(work_all(1), 0);
	assert_false(ksmfs_scan_is_due(scan));
	give_back(scan, &claim, 0);
	assert_int_equal(ksmfs_scan_asked(scan), 2);
	assert_int_equal(work_all(1), 10);
	assert_int_equal(ksmfs_scan_asked(scan), 0);
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

/* In the first of two regions. */
static void unmerging_passes_bad_memory_by(void **state)
{
	struct scene a = scene_new(world.domain);
	struct scene b = scene_new(world.other);

	(void)state;
	shim_page_poison(pfn_to_page(file_pfn(a.file, KSMFS_SLOT_SHARED)));
	assert_int_equal(ksmfs_scan_unmerge(), -EHWPOISON);
	world_check();
	assert_state(a.file, KSMFS_SLOT_SHARED, SHARED);
	assert_state(a.file, KSMFS_SLOT_ZERO, HOT);
	assert_state(b.file, KSMFS_SLOT_SHARED, HOT);
	assert_state(b.file, KSMFS_SLOT_ZERO, HOT);
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
		world_test(nothing_to_scan_is_a_full_scan),
		world_test(pieces_make_passes),
		world_test(merged_slots_are_not_visited),
		world_test(volatile_slots_are_put_off),
		world_test(a_guest_at_rest_costs_nothing),
		world_test(a_region_begins_one_pass_in_a_period),
		world_test(a_pass_may_take_longer_than_a_period),
		world_test(a_busy_region_does_not_starve_others),
		world_test(a_full_scan_waits_for_every_region),
		world_test(regions_come_and_go_meanwhile),
		world_test(a_dying_region_is_passed_by),
		world_test(passes_asked_for_are_whole),
		world_test(passes_asked_for_delay_nobody),
		world_test(asking_again_begins_anew),
		world_test(passes_wait_for_claims),
		world_test(unmerging_breaks_everything),
		world_test(unmerging_needs_frames),
		world_test(unmerging_passes_bad_memory_by),
		world_test(a_signal_ends_unmerging),
	};

	return cmocka_run_group_tests_name("scan", tests, NULL, NULL);
}
