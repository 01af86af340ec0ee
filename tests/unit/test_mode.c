// SPDX-License-Identifier: GPL-2.0
/* Modes: what is merged in each, and what a change of mode undoes. */
#include "ksm/mode.c"
#include "ksm/merge.h"
#include "ksm/reclaim.h"
#include "tests/unit/twins.h"

static void set_mode(enum ksmfs_merge_mode merge)
{
	assert_int_equal(ksmfs_mode_set(world.domain, merge, false), 0);
	assert_int_equal(world.domain->merge, merge);
}

/* Nothing is merged that the mode does not allow. */
static void expect_no_more_than(enum ksmfs_merge_mode merge)
{
	int f, i, j;

	for (f = 0; f < FILES; f++) {
		for (i = 0; i < PAGES; i++) {
			enum ksmfs_slot_state state = file_state(twins.file[f], i);

			if (merge == KSMFS_MERGE_off)
				assert_true(state != KSMFS_SLOT_ZERO);
			if (merge == KSMFS_MERGE_off ||
			    merge == KSMFS_MERGE_zero)
				assert_true(state != KSMFS_SLOT_SHARED);
		}
	}
	for (i = 0; i < PAGES; i++)
		for (j = 0; j < PAGES; j++)
			assert_true(merge == KSMFS_MERGE_share ||
				    !twins_one_frame(0, i, 1, j));
}

/* All is merged that a mode allows. */
static void expect_no_less_than(enum ksmfs_merge_mode merge)
{
	bool share = merge == KSMFS_MERGE_share;
	bool self = share || merge == KSMFS_MERGE_self;
	bool zero = self || merge == KSMFS_MERGE_zero;
	int f;

	for (f = 0; f < FILES; f++) {
		assert_int_equal(twins_one_frame(f, TWIN, f, TWIN_2), self);
		assert_int_equal(file_state(twins.file[f], ZERO) == KSMFS_SLOT_ZERO,
				 zero);
		assert_true(file_state(twins.file[f], ALONE) != KSMFS_SLOT_SHARED);
	}
	assert_int_equal(twins_one_frame(0, ALIKE, 1, ALIKE), share);
	assert_int_equal(twins_one_frame(0, TWIN, 1, TWIN), share);
}

static void each_mode_merges_what_it_says(void **state)
{
	enum ksmfs_merge_mode merge;

	(void)state;
	twins_new();
	for (merge = 0; merge < KSMFS_NR_MERGE_MODES; merge++) {
		set_mode(merge);
		twins_fill();
		world_scan(10);
		world_check();
		expect_no_more_than(merge);
		expect_no_less_than(merge);
		twins_expect();
	}
}

static void change(enum ksmfs_merge_mode from, enum ksmfs_merge_mode to)
{
	twins_new();
	set_mode(from);
	world_scan(10);
	twins_expect();
	set_mode(to);
	world_check();
	expect_no_more_than(to);
	twins_expect();

	/* What is merged and stays is not looked up again, all else is. */
	world_scan(10);
	world_check();
	expect_no_more_than(to);
	if (from != KSMFS_MERGE_self || to != KSMFS_MERGE_share)
		expect_no_less_than(to);
	twins_expect();
	twins_fill();
	world_scan(10);
	expect_no_less_than(to);
	file_del(twins.file[0]);
	file_del(twins.file[1]);
	set_mode(KSMFS_MERGE_share);
}

static void each_change_undoes_what_is_not_allowed(void **state)
{
	enum ksmfs_merge_mode from, to;

	(void)state;
	for (from = 0; from < KSMFS_NR_MERGE_MODES; from++)
		for (to = 0; to < KSMFS_NR_MERGE_MODES; to++)
			change(from, to);
}

static void loosening_takes_no_frame(void **state)
{
	unsigned long twin, alike;

	(void)state;
	twins_new();
	set_mode(KSMFS_MERGE_self);
	world_scan(10);
	twin = file_pfn(twins.file[0], TWIN);
	alike = file_pfn(twins.file[0], ALIKE);
	world_empty_pools();
	shim_alloc_fail_nth(1);
	set_mode(KSMFS_MERGE_share);
	assert_false(shim_alloc_has_failed());
	shim_alloc_fail_nth(0);
	assert_int_equal(file_pfn(twins.file[0], TWIN), twin);
	assert_int_equal(file_pfn(twins.file[0], ALIKE), alike);
	world_scan(10);
	assert_true(twins_one_frame(0, ALIKE, 1, ALIKE));
	assert_int_equal(file_pfn(twins.file[0], TWIN), twin);
	world_check();
}

static void what_the_mode_allows_stays(void **state)
{
	unsigned long twin;

	(void)state;
	twins_new();
	set_mode(KSMFS_MERGE_self);
	world_scan(10);
	twin = file_pfn(twins.file[0], TWIN);
	set_mode(KSMFS_MERGE_share);
	set_mode(KSMFS_MERGE_self);
	assert_int_equal(file_pfn(twins.file[0], TWIN), twin);
	assert_true(twins_one_frame(0, TWIN, 0, TWIN_2));
	world_check();
}

static void a_mode_that_holds_is_left_alone(void **state)
{
	(void)state;
	twins_new();
	world_scan(10);
	assert_state(twins.file[0], ALONE, CLEAN);
	set_mode(KSMFS_MERGE_share);
	assert_state(twins.file[0], ALONE, CLEAN);
	world_check();
	/* Unless it does not hold for all. */
	current->signal = true;
	assert_int_equal(ksmfs_mode_set(world.domain, KSMFS_MERGE_self, false),
			 -EINTR);
	current->signal = false;
	assert_state(twins.file[0], ALONE, CLEAN);
	set_mode(KSMFS_MERGE_self);
	assert_state(twins.file[0], ALONE, HOT);
	world_check();
}

/* Its fingerprint is another one now, which is no sign of a write. */
static void a_quiet_page_is_as_good_as_new(void **state)
{
	(void)state;
	twins_new();
	world_scan(2);
	assert_state(twins.file[0], ALONE, HINT);
	set_mode(KSMFS_MERGE_self);
	assert_state(twins.file[0], ALONE, HOT);
	world_scan(1);
	assert_state(twins.file[0], ALONE, HINT);
}

static void a_frame_with_one_sharer_is_given_back(void **state)
{
	(void)state;
	twins_new();
	world_scan(2);
	guest_fill(twins.guest[1], ALIKE, 0x99);
	assert_state(twins.file[0], ALIKE, SHARED);
	assert_int_equal(ksmfs_mode_set(world.domain, KSMFS_MERGE_share, true),
			 0);
	set_mode(KSMFS_MERGE_share);
	assert_state(twins.file[0], ALIKE, HOT);
	assert_state(twins.file[0], TWIN, SHARED);
	guest_fill(twins.guest[1], ALIKE, twins_byte(1, ALIKE));
	world_check();

	/* Nobody has written to it: it is merged at the first visit. */
	world_scan(1);
	assert_state(twins.file[0], ALIKE, HINT);
}

static void other_domains_stay_as_they_are(void **state)
{
	struct file *other[FILES];
	int f;

	(void)state;
	twins_new();
	for (f = 0; f < FILES; f++) {
		struct guest *its;

		other[f] = file_new(world.other, 2);
		its = guest_map(other[f], 2, true);
		guest_fill(its, 0, 0x11);
		guest_fill(its, 1, twins_byte(f, ALONE));
	}
	world_scan(2);
	set_mode(KSMFS_MERGE_off);
	assert_state(other[0], 0, SHARED);
	assert_int_equal(file_pfn(other[0], 0), file_pfn(other[1], 0));
	assert_state(other[0], 1, HINT);
	world_check();
}

static void in_mode_off_nobody_comes(void **state)
{
	long scanned;

	(void)state;
	twins_new();
	set_mode(KSMFS_MERGE_off);
	scanned = stat_of(pages_scanned);
	world_scan(3);
	assert_int_equal(stat_of(pages_scanned), scanned);
	assert_int_equal(ksmfs_region_restless(&twins.file[0]->region), 0);
	/* Not even if he is on his way there. */
	ksmfs_merge_range(&twins.file[0]->region, 0, PAGES - 1, 1, true);
	assert_state(twins.file[0], TWIN, HOT);
	world_check();

	/* And nobody has forgotten them. */
	set_mode(KSMFS_MERGE_share);
	world_scan(2);
	expect_no_less_than(KSMFS_MERGE_share);
}

static void in_mode_zero_pages_come_to_rest(void **state)
{
	long scanned;

	(void)state;
	set_mode(KSMFS_MERGE_zero);
	twins_new();
	world_scan(6);
	assert_state(twins.file[0], ALIKE, CLEAN);
	assert_state(twins.file[1], ALIKE, CLEAN);
	assert_state(twins.file[0], ZERO, ZERO);
	scanned = stat_of(pages_scanned);
	world_scan(3);
	assert_int_equal(stat_of(pages_scanned), scanned);
	world_check();

	/* They are found again by those who look for restless ones. */
	set_mode(KSMFS_MERGE_off);
	set_mode(KSMFS_MERGE_zero);
	assert_state(twins.file[0], ALIKE, HOT);
	world_check();
	world_scan(6);
	assert_state(twins.file[0], ALIKE, CLEAN);
	guest_fill(twins.guest[0], ALIKE, 0x77);
	assert_state(twins.file[0], ALIKE, HOT);
	world_check();
}

static unsigned long reclaim_cold(struct file *of)
{
	struct ksmfs_reclaim_order order = { .swap = true };
	unsigned long i;

	for (i = 0; i < PAGES; i++)
		guest_drop(twins.guest[0], i);
	return ksmfs_reclaim(&of->region, NULL, &order, PAGES);
}

/* Where the scanner does not come, reclaim does not wait for it. */
static void in_mode_off_cold_pages_are_reclaimed(void **state)
{
	(void)state;
	twins_new();
	assert_int_equal(reclaim_cold(twins.file[0]), 0);
	set_mode(KSMFS_MERGE_off);
	assert_int_equal(reclaim_cold(twins.file[0]), PAGES);
	twins_expect();
	world_check();
}

/* Crowds of equal samples do not let pages through, either. */
static void in_mode_zero_nothing_is_looked_up(void **state)
{
	(void)state;
	twins_new();
	world.domain->crowded = true;
	world_scan(6);
	set_mode(KSMFS_MERGE_zero);
	world_scan(10);
	expect_no_more_than(KSMFS_MERGE_zero);
	assert_state(twins.file[0], ALIKE, CLEAN);
	world_check();
}

/* Should two regions' fingerprints be the same, hints tell whose they are. */
static void in_mode_self_a_foreign_hint_is_not_followed(void **state)
{
	(void)state;
	ksmfs_fingerprint_bits = 0;
	twins_new();
	/* One whose seed differs in a bit that no fingerprint has. */
	world.last_ino = twins.file[0]->region.ino + (1UL << 63) - 1;
	file_del(twins.file[1]);
	twins.file[1] = file_new(world.domain, PAGES);
	twins.guest[1] = guest_map(twins.file[1], PAGES, true);
	twins_fill();
	set_mode(KSMFS_MERGE_self);
	guest_fill(twins.guest[0], TWIN, 0x33);
	guest_fill(twins.guest[1], TWIN, 0x33);
	guest_fill(twins.guest[0], TWIN_2, 0x44);
	guest_fill(twins.guest[1], TWIN_2, 0x44);
	world_scan(10);
	expect_no_more_than(KSMFS_MERGE_self);
}

static void an_error_leaves_the_rest_to_be_done(void **state)
{
	(void)state;
	twins_new();
	file_new(world.domain, 1);	/* the last one; it needs no frame */
	world_scan(10);
	world.quota.limit = atomic_long_read(&world.quota.used) + 1;
	assert_int_equal(ksmfs_mode_set(world.domain, KSMFS_MERGE_off, false),
			 -ENOSPC);
	assert_int_equal(world.domain->merge, KSMFS_MERGE_off);
	world_check();
	twins_expect();
	assert_int_equal(ksmfs_mode_set(world.domain, KSMFS_MERGE_off, false),
			 -ENOSPC);
	world.quota.limit = WORLD_FRAMES;
	current->signal = true;
	assert_int_equal(ksmfs_mode_set(world.domain, KSMFS_MERGE_off, false),
			 -EINTR);
	current->signal = false;
	twins_expect();
	set_mode(KSMFS_MERGE_off);
	world_check();
	expect_no_more_than(KSMFS_MERGE_off);
	twins_expect();
}

static void without_memory_the_rest_is_left_to_be_done(void **state)
{
	int err;

	(void)state;
	twins_new();
	world_scan(10);
	world_empty_pools();
	shim_alloc_fail_one_in(1, 1);
	err = ksmfs_mode_set(world.domain, KSMFS_MERGE_off, false);
	shim_alloc_fail_one_in(0, 0);
	assert_int_equal(err, -ENOMEM);
	assert_state(twins.file[1], TWIN, SHARED);
	world_check();
	set_mode(KSMFS_MERGE_off);
	expect_no_more_than(KSMFS_MERGE_off);
	twins_expect();
}

static void bad_memory_is_passed_by(void **state)
{
	struct page *bad;

	(void)state;
	twins_new();
	world_scan(10);
	bad = pfn_to_page(file_pfn(twins.file[0], TWIN));
	shim_page_poison(bad);
	set_mode(KSMFS_MERGE_self);
	assert_state(twins.file[0], TWIN, SHARED);
	assert_false(twins_one_frame(0, ALIKE, 1, ALIKE));
}

/* ---- while the scanner is at work ---- */

static bool stop;

static void *scan_on(void *unused)
{
	(void)unused;
	while (!READ_ONCE(stop))
		world_scan(1);
	return NULL;
}

static void write_on(struct guest *of, unsigned int *random, int f)
{
	int i = (*random = *random * 1103515245 + 12345) / 65536 % PAGES;

	guest_fill(of, i, twins_byte(f, i));
}

static void a_change_holds_when_it_returns(void **state)
{
	unsigned int random = 1, n, i;
	pthread_t scanner;

	(void)state;
	twins_new();
	stop = false;
	pthread_create(&scanner, NULL, scan_on, NULL);
	for (n = 0; n < 1000; n++) {
		enum ksmfs_merge_mode merge = n % KSMFS_NR_MERGE_MODES;

		set_mode(merge);
		expect_no_more_than(merge);
		for (i = 0; i < n % 16; i++)
			write_on(twins.guest[i % FILES], &random, i % FILES);
		expect_no_more_than(merge);
	}
	WRITE_ONCE(stop, true);
	pthread_join(scanner, NULL);
	world_check();
	twins_expect();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(each_mode_merges_what_it_says),
		world_test(each_change_undoes_what_is_not_allowed),
		world_test(loosening_takes_no_frame),
		world_test(what_the_mode_allows_stays),
		world_test(a_mode_that_holds_is_left_alone),
		world_test(a_quiet_page_is_as_good_as_new),
		world_test(a_frame_with_one_sharer_is_given_back),
		world_test(other_domains_stay_as_they_are),
		world_test(in_mode_off_nobody_comes),
		world_test(in_mode_off_cold_pages_are_reclaimed),
		world_test(in_mode_zero_pages_come_to_rest),
		world_test(in_mode_zero_nothing_is_looked_up),
		world_test(in_mode_self_a_foreign_hint_is_not_followed),
		world_test(an_error_leaves_the_rest_to_be_done),
		world_test(without_memory_the_rest_is_left_to_be_done),
		world_test(bad_memory_is_passed_by),
		world_test(a_change_holds_when_it_returns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
