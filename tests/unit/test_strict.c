// SPDX-License-Identifier: GPL-2.0
/* Strict domains: quiet pages are alike, merged or not. */
#include "cow/unshare.c"
#include "cow/break.h"
#include "cow/pool.h"
#include "cow/punch.h"
#include "hash/fingerprint.h"
#include "ksm/mode.h"
#include "ksm/stable.h"
#include "tests/unit/twins.h"

static void set_mode(enum ksmfs_merge_mode merge, bool strict)
{
	assert_int_equal(ksmfs_mode_set(world.domain, merge, strict), 0);
}

static void begin(enum ksmfs_merge_mode merge, bool strict)
{
	set_mode(merge, strict);
	twins_new();
}

static unsigned long sharers(int f, int i)
{
	return ksmfs_stable_sharers(world.domain,
				    pfn_to_page(file_pfn(twins.file[f], i)));
}

/* All pages are merged or look like it, and none is in a page table. */
static void expect_all_alike(void)
{
	int f, i;

	for (f = 0; f < FILES; f++) {
		for (i = 0; i < PAGES; i++) {
			assert_state(twins.file[f], i, SHARED);
			assert_null(twins.guest[f]->pte[i].page);
		}
	}
	world_check();
}

static void quiet_pages_are_alike(void **state)
{
	(void)state;
	begin(KSMFS_MERGE_share, true);
	world_scan(1);
	expect_all_alike();
	assert_true(twins_one_frame(0, ALIKE, 1, ALIKE));
	assert_true(twins_one_frame(0, ZERO, 1, ZERO));
	assert_true(twins_one_frame(0, TWIN, 1, TWIN_2));
	assert_int_equal(sharers(0, ALONE), 1);
	assert_int_equal(sharers(0, TWIN), 4);
	twins_expect();
}

static void who_comes_later_finds_a_page_that_was_alone(void **state)
{
	(void)state;
	begin(KSMFS_MERGE_share, true);
	world_scan(1);
	guest_fill(twins.guest[1], ALONE, twins_byte(0, ALONE));
	world_scan(2);
	assert_true(twins_one_frame(0, ALONE, 1, ALONE));
	world_check();
}

static void modes_say_who_is_merged(void **state)
{
	(void)state;
	begin(KSMFS_MERGE_self, true);
	world_scan(1);
	expect_all_alike();
	assert_false(twins_one_frame(0, ALIKE, 1, ALIKE));
	assert_false(twins_one_frame(0, TWIN, 1, TWIN));
	assert_true(twins_one_frame(0, TWIN, 0, TWIN_2));
	assert_true(twins_one_frame(0, ZERO, 1, ZERO));
	twins_expect();

	set_mode(KSMFS_MERGE_zero, true);
	world_scan(2);
	expect_all_alike();
	assert_true(twins_one_frame(0, ZERO, 1, ZERO));
	assert_false(twins_one_frame(0, TWIN, 0, TWIN_2));
	twins_expect();

	/* Zero pages need not be looked up anew. */
	world_scan(2);
	assert_true(twins_one_frame(0, ZERO, 1, ZERO));
	set_mode(KSMFS_MERGE_share, true);
	set_mode(KSMFS_MERGE_zero, true);
	assert_state(twins.file[0], ZERO, SHARED);
	assert_state(twins.file[0], TWIN, HOT);

	/* Frames whose shares wait to be given up are not found, either. */
	set_mode(KSMFS_MERGE_share, true);
	world_scan(2);
	assert_true(twins_one_frame(0, TWIN, 0, TWIN_2));
	set_mode(KSMFS_MERGE_zero, true);
	world_scan(2);
	assert_false(twins_one_frame(0, TWIN, 0, TWIN_2));
	world_check();

	set_mode(KSMFS_MERGE_off, true);
	world_scan(2);
	assert_state(twins.file[0], ALIKE, HOT);
	assert_state(twins.file[0], ZERO, HOT);
	twins_expect();
	world_check();
}

/* More pages of one fingerprint than the tree takes. */
static void in_a_crowd_pages_are_alike_too(void **state)
{
	struct file *crowd;
	struct guest *its;
	unsigned long i;

	(void)state;
	ksmfs_fingerprint_bits = 0;
	set_mode(KSMFS_MERGE_share, true);
	crowd = file_new(world.domain, 20);
	its = guest_map(crowd, 20, true);
	for (i = 0; i < 20; i++)
		guest_fill(its, i, i + 1);
	world_scan(3);
	for (i = 0; i < 20; i++)
		assert_state(crowd, i, SHARED);
	world_check();
	for (i = 0; i < 20; i++)
		guest_expect(its, i, i + 1);
	world_check();
}

/* The page's sample tells nothing, and who had the same sample has gone. */
static void by_its_whole_content_an_equal_is_found(void **state)
{
	char x = 'x';

	(void)state;
	begin(KSMFS_MERGE_share, true);
	guest_fill(twins.guest[0], ALIKE, 0x77);
	guest_fill(twins.guest[0], TWIN, 0x77);
	guest_write(twins.guest[0], TWIN, 0, &x, 1);
	world_scan(2);
	assert_true(world.domain->crowded);
	assert_false(twins_one_frame(0, ALIKE, 0, TWIN));
	ksmfs_punch(&twins.file[0]->region, ALIKE, ALIKE);
	ksmfs_unshare_drain(&world.quota);
	guest_fill(twins.guest[1], ALONE, 0x77);
	guest_write(twins.guest[1], ALONE, 0, &x, 1);
	world_scan(2);
	assert_true(twins_one_frame(1, ALONE, 0, TWIN));
	world_check();
}

static void a_read_takes_a_page_out(void **state)
{
	long breaks;
	int i;

	(void)state;
	begin(KSMFS_MERGE_share, true);
	world_scan(1);
	for (i = 0; i < PAGES; i++) {
		unsigned long pfn = file_pfn(twins.file[0], i);
		unsigned long faults = twins.guest[0]->faults;

		breaks = stat_of(breaks);
		guest_expect(twins.guest[0], i, twins_byte(0, i));
		assert_state(twins.file[0], i, HOT);
		assert_int_not_equal(file_pfn(twins.file[0], i), pfn);
		assert_int_equal(stat_of(breaks), breaks + 1);
		assert_int_equal(twins.guest[0]->faults, faults + 1);
		world_check();
	}
	/* Which is remembered: it is not taken again at once. */
	world_scan(1);
	assert_state(twins.file[0], ALIKE, HOT);
	world_scan(1);
	twins_expect();
}

/* The last share and another one: the same is done, and the rest later. */
static void to_break_a_page_takes_the_same_steps(void **state)
{
	static const int pages[] = { ALONE, ALIKE };
	size_t n;

	(void)state;
	begin(KSMFS_MERGE_share, true);
	world_scan(1);
	for (n = 0; n < ARRAY_SIZE(pages); n++) {
		long frames = stat_of(frames), shared = stat_of(pages_shared);
		unsigned long had = sharers(0, pages[n]);
		struct page *frame = pfn_to_page(file_pfn(twins.file[0], pages[n]));
		long objects = shim_alloc_live();

		guest_fill(twins.guest[0], pages[n], 0x99);
		assert_int_equal(stat_of(frames), frames + 1);
		assert_int_equal(stat_of(pages_shared), shared);
		assert_int_equal(ksmfs_stable_sharers(world.domain, frame),
				 had);
		assert_int_equal(shim_alloc_live(), objects + 1);
		ksmfs_unshare_drain(&world.quota);
		assert_int_equal(shim_alloc_live(), objects);
		assert_int_equal(stat_of(pages_shared), shared - (had == 1));
		world_check();
	}
}

static unsigned int calls;

static void count_calls(struct ksmfs_quota *quota)
{
	assert_ptr_equal(quota, &world.quota);
	calls++;
}

static void what_is_left_to_do_is_done_soon(void **state)
{
	(void)state;
	calls = 0;
	world.quota.unshare.later = count_calls;
	begin(KSMFS_MERGE_share, true);
	world_scan(1);
	guest_fill(twins.guest[0], ALONE, 0x99);
	assert_int_equal(calls, 1);
	guest_fill(twins.guest[0], ALIKE, 0x99);
	assert_int_equal(calls, 1);
	ksmfs_unshare_drain(&world.quota);
	ksmfs_punch(&twins.file[1]->region, ALONE, ALONE);
	assert_int_equal(calls, 2);
	ksmfs_unshare_drain(&world.quota);
}

static void a_full_mount_waits_for_nobody(void **state)
{
	(void)state;
	begin(KSMFS_MERGE_share, true);
	world_scan(1);
	world.quota.limit = atomic_long_read(&world.quota.used) + 1;
	/* Each frees the frame of the next. */
	guest_fill(twins.guest[0], ALONE, 0x98);
	guest_fill(twins.guest[1], ALONE, 0x99);
	/* Those that others have, too, free none. */
	guest_fill(twins.guest[0], ALIKE, 0x97);
	assert_false(guest_write(twins.guest[0], TWIN, 0, "x", 1));
	world_check();
}

static void fill_unlike(void)
{
	int f, i;

	for (f = 0; f < FILES; f++)
		for (i = 0; i < PAGES; i++)
			guest_fill(twins.guest[f], i, 0x70 + f * PAGES + i);
}

static void expect_unlike(void)
{
	int f, i;

	for (f = 0; f < FILES; f++)
		for (i = 0; i < PAGES; i++)
			guest_expect(twins.guest[f], i, 0x70 + f * PAGES + i);
}

/* No frame is owed, so none is ever missing, full as the mount is. */
static void what_nobody_shares_can_fill_the_mount(void **state)
{
	long failures;

	(void)state;
	begin(KSMFS_MERGE_share, true);
	fill_unlike();
	world.quota.limit = atomic_long_read(&world.quota.used);
	world_scan(2);
	expect_all_alike();
	assert_int_equal(atomic_long_read(&world.quota.debt), 0);
	failures = stat_of(alloc_failures);

	/* Read, written, and broken by who is asked to. */
	expect_unlike();
	world_scan(3);
	fill_unlike();
	world_scan(3);
	expect_all_alike();
	set_mode(KSMFS_MERGE_share, false);
	assert_state(twins.file[0], ALONE, HOT);
	set_mode(KSMFS_MERGE_share, true);
	world_scan(3);
	assert_int_equal(ksmfs_scan_unmerge(), 0);
	assert_state(twins.file[0], ALONE, HOT);
	expect_unlike();
	assert_int_equal(stat_of(alloc_failures), failures);
	assert_int_equal(atomic_long_read(&world.quota.used),
			 world.quota.limit);
	world_check();
}

/* Nor does it go wrong where the host has no memory. */
static void a_full_mount_on_a_full_host(void **state)
{
	long used;

	(void)state;
	begin(KSMFS_MERGE_share, true);
	world_scan(1);
	used = atomic_long_read(&world.quota.used);
	world.quota.limit = used;
	world_empty_pools();
	shim_alloc_fail_one_in(1, 0);
	assert_false(guest_write(twins.guest[0], ALONE, 0, "x", 1));
	shim_alloc_fail_one_in(0, 0);
	assert_int_equal(atomic_long_read(&world.quota.used), used);
	assert_state(twins.file[0], ALONE, SHARED);
	world_check();
	guest_fill(twins.guest[0], ALONE, 0x98);
	assert_int_equal(atomic_long_read(&world.quota.used), used);
	/* Nobody has found the frame that was about to go. */
	assert_false(guest_write(twins.guest[0], ALIKE, 0, "x", 1));
	world_check();
}

/* Whoever is about it: there is nothing to wait for. */
static void where_nothing_waits_nothing_is_locked(void **state)
{
	(void)state;
	mutex_lock(&world.quota.unshare.draining);
	ksmfs_unshare_drain(&world.quota);
	mutex_unlock(&world.quota.unshare.draining);
	begin(KSMFS_MERGE_share, true);
	world_scan(1);
	guest_fill(twins.guest[0], ALONE, 0x99);
	ksmfs_unshare_drain(&world.quota);
	mutex_lock(&world.quota.unshare.draining);
	ksmfs_unshare_drain(&world.quota);
	mutex_unlock(&world.quota.unshare.draining);
	/* Nor where nothing waits of the own domain. */
	guest_fill(twins.guest[1], ALONE, 0x99);
	mutex_lock(&world.quota.unshare.draining);
	ksmfs_unshare_settle(world.other);
	mutex_unlock(&world.quota.unshare.draining);
}

/* A share that waits, of a frame that nobody else has. */
static void put_lonely_share(struct ksmfs_domain *domain)
{
	struct page *frame = ksmfs_frame_alloc(domain, KSMFS_CHARGE,
					       KSMFS_FRAME_SHARE);

	ksmfs_stable_add_alone(domain, frame);
	ksmfs_unshare(domain, frame);
}

/* Or who ends a domain could tell by his clock what it was. */
static void what_waits_is_not_for_others_to_give_up(void **state)
{
	struct ksmfs_domain *domain;
	struct file *file;

	(void)state;
	begin(KSMFS_MERGE_share, true);
	world_scan(1);
	guest_fill(twins.guest[0], ALONE, 0x99);
	domain = ksmfs_domain_new(3, 0x9abc, &world.quota, &ksmfs_stable_ops);
	domain->strict = true;
	file = file_new(domain, 1);
	file_del(file);
	put_lonely_share(domain);
	assert_int_equal(atomic_long_read(&world.quota.unshare.waiting), 2);
	ksmfs_domain_put(domain);
	assert_int_equal(atomic_long_read(&world.quota.unshare.waiting), 1);
	ksmfs_unshare_settle(world.domain);
	assert_int_equal(atomic_long_read(&world.quota.unshare.waiting), 0);
	assert_int_equal(atomic_long_read(&world.domain->unsharing), 0);
}

/* Or what a break costs would say how many frames merging has put there. */
static void who_breaks_does_not_fill_the_pool(void **state)
{
	long cached, pages;

	(void)state;
	begin(KSMFS_MERGE_share, true);
	world_scan(1);
	ksmfs_pool_shrink();
	cached = stat_of(frames_cached);
	pages = shim_page_live();
	guest_fill(twins.guest[0], ALIKE, 0x99);
	guest_fill(twins.guest[1], ALONE, 0x99);
	assert_int_equal(shim_page_live(), pages);
	assert_int_equal(stat_of(frames_cached), cached - 2);
	/* Who gives up the shares does, and the scanner. */
	ksmfs_unshare_drain(&world.quota);
	assert_true(stat_of(frames_cached) >= cached);
	world_empty_pools();
	world_scan(1);
	assert_true(stat_of(frames_cached) > 0);
}

static void without_memory_it_is_done_at_once(void **state)
{
	long shared;

	(void)state;
	begin(KSMFS_MERGE_share, true);
	world_scan(1);
	world_empty_pools();
	shared = stat_of(pages_shared);
	shim_alloc_fail_nth(2);		/* the first is of a frame */
	guest_fill(twins.guest[0], ALONE, 0x99);
	assert_true(shim_alloc_has_failed());
	shim_alloc_fail_nth(0);
	assert_int_equal(stat_of(pages_shared), shared - 1);
	world_check();
}

static void a_file_that_ends_leaves_nothing(void **state)
{
	long frames;

	(void)state;
	begin(KSMFS_MERGE_share, true);
	frames = stat_of(frames);
	world_scan(1);
	file_del(twins.file[0]);
	file_del(twins.file[1]);
	assert_int_equal(stat_of(frames), frames - FILES * PAGES);
	assert_int_equal(stat_of(pages_shared), 0);
}

static void a_domain_that_ends_leaves_nothing(void **state)
{
	struct ksmfs_domain *domain;

	(void)state;
	domain = ksmfs_domain_new(3, 0x9abc, &world.quota, &ksmfs_stable_ops);
	domain->strict = true;
	put_lonely_share(domain);
	assert_int_equal(stat_of(frames), 1);
	ksmfs_domain_put(domain);
	assert_int_equal(stat_of(frames), 0);
}

static void becoming_strict_hides_what_is_merged(void **state)
{
	(void)state;
	begin(KSMFS_MERGE_share, false);
	world_scan(6);
	assert_state(twins.file[0], ZERO, ZERO);
	assert_state(twins.file[0], ALONE, CLEAN);
	twins_expect();
	assert_non_null(twins.guest[0]->pte[ALIKE].page);
	set_mode(KSMFS_MERGE_share, true);
	assert_state(twins.file[0], ALIKE, SHARED);
	assert_null(twins.guest[0]->pte[ALIKE].page);
	assert_state(twins.file[0], ZERO, HOT);
	assert_state(twins.file[0], ALONE, HOT);
	world_check();
	world_scan(2);
	expect_all_alike();

	/* And back. */
	set_mode(KSMFS_MERGE_share, false);
	guest_expect(twins.guest[0], ALIKE, twins_byte(0, ALIKE));
	assert_state(twins.file[0], ALIKE, SHARED);
	assert_non_null(twins.guest[0]->pte[ALIKE].page);
	twins_expect();
	world_scan(10);
	assert_state(twins.file[0], ALONE, CLEAN);
	twins_expect();
	world_check();
}

/* Or a clock could tell by when a page is taken again that it was alone. */
static void to_change_the_mode_is_no_strike(void **state)
{
	int f, i;

	(void)state;
	begin(KSMFS_MERGE_share, true);
	world_scan(1);
	set_mode(KSMFS_MERGE_self, true);
	assert_state(twins.file[0], ALONE, HOT);
	for (f = 0; f < FILES; f++) {
		for (i = 0; i < PAGES; i++) {
			const struct ksmfs_slot *slot;

			slot = ksmfs_region_slot(&twins.file[f]->region, i);
			assert_int_equal(FIELD_GET(KSMFS_SLOT_STRIKES,
						   slot->word), 0);
		}
	}
	world_scan(1);
	expect_all_alike();
	twins_expect();
}

/* Zero pages that could not be broken are not shown, either. */
static void what_could_not_be_undone_is_hidden(void **state)
{
	(void)state;
	begin(KSMFS_MERGE_share, false);
	world_scan(6);
	world.quota.limit = atomic_long_read(&world.quota.used);
	assert_int_equal(ksmfs_mode_set(world.domain, KSMFS_MERGE_share, true),
			 -ENOSPC);
	world.quota.limit = WORLD_FRAMES;
	assert_state(twins.file[0], ZERO, ZERO);
	guest_drop(twins.guest[0], ZERO);
	guest_expect(twins.guest[0], ZERO, 0);
	assert_state(twins.file[0], ZERO, HOT);
	world_check();
}

static void a_pinned_page_is_left_alone(void **state)
{
	struct page *pinned;

	(void)state;
	begin(KSMFS_MERGE_share, true);
	pinned = guest_pin(twins.guest[0], ALONE);
	world_scan(2);
	assert_state(twins.file[0], ALONE, HOT);
	assert_state(twins.file[0], ALIKE, SHARED);
	put_page(pinned);
	world_scan(2);
	expect_all_alike();
}

static void nothing_is_reclaimed(void **state)
{
	int i;

	(void)state;
	begin(KSMFS_MERGE_share, true);
	for (i = 0; i < PAGES; i++)
		guest_drop(twins.guest[0], i);
	assert_int_equal(world_reclaim(twins.file[0], true, true), 0);
	assert_state(twins.file[0], ALONE, HOT);
	set_mode(KSMFS_MERGE_share, false);
	assert_true(world_reclaim(twins.file[0], true, true));
	world_check();
}

static void become_strict(struct address_space *mapping, unsigned long index)
{
	(void)mapping;
	(void)index;
	WRITE_ONCE(world.domain->strict, true);
}

/* A hand that is on its way stops, too: the next slot is not touched. */
static void nor_is_what_becomes_strict_meanwhile(void **state)
{
	(void)state;
	begin(KSMFS_MERGE_off, false);
	guest_drop(twins.guest[0], ALONE);
	guest_drop(twins.guest[0], TWIN);
	/* The first page that is mapped is unmapped when the next one is met. */
	guest_before_unmap = become_strict;
	world_reclaim(twins.file[0], true, false);
	assert_true(world.domain->strict);
	assert_state(twins.file[0], ALONE, PACKED);
	assert_state(twins.file[0], TWIN, HOT);
	set_mode(KSMFS_MERGE_off, false);
	world_check();
}

static void without_frames_for_it_a_page_is_left_alone(void **state)
{
	(void)state;
	begin(KSMFS_MERGE_share, true);
	world_empty_pools();
	shim_alloc_fail_one_in(1, 1);
	world_scan(1);
	shim_alloc_fail_one_in(0, 0);
	assert_state(twins.file[0], ALONE, HOT);
	world_check();
	world_scan(2);
	expect_all_alike();
	twins_expect();
}

/* ---- while the scanner is at work ---- */

static bool stop;

static void *scan_on(void *unused)
{
	(void)unused;
	while (!READ_ONCE(stop)) {
		world_scan(1);
		ksmfs_unshare_drain(&world.quota);
	}
	return NULL;
}

static void *touch_on(void *number)
{
	int f = (long)number;
	unsigned int n;

	for (n = 0; !READ_ONCE(stop); n++) {
		if (n % 3)
			guest_expect(twins.guest[f], n % PAGES, twins_byte(f, n % PAGES));
		else
			guest_fill(twins.guest[f], n % PAGES, twins_byte(f, n % PAGES));
		if (!(n % 64))
			ksmfs_punch(&twins.file[f]->region, PAGES, PAGES);
	}
	return NULL;
}

static void expect_hidden(void)
{
	int f, i;

	for (f = 0; f < FILES; f++) {
		for (i = 0; i < PAGES; i++) {
			struct ksmfs_region *region = &twins.file[f]->region;
			struct ksmfs_slot *slot = ksmfs_region_slot(region, i);

			ksmfs_slot_lock(region, slot);
			if (ksmfs_slot_is_merged(ksmfs_slot_state(slot)))
				assert_false(ksmfs_slot_mapped(region, slot));
			ksmfs_slot_unlock(region, slot);
		}
	}
}

static void nobody_sees_a_shared_frame_once_it_is_strict(void **state)
{
	pthread_t scanner, toucher[FILES];
	long f;
	int n;

	(void)state;
	begin(KSMFS_MERGE_share, false);
	stop = false;
	pthread_create(&scanner, NULL, scan_on, NULL);
	for (f = 0; f < FILES; f++)
		pthread_create(&toucher[f], NULL, touch_on, (void *)f);
	for (n = 0; n < 300; n++) {
		set_mode(n % 3 ? KSMFS_MERGE_share : KSMFS_MERGE_self, n % 2);
		if (n % 2)
			expect_hidden();
	}
	WRITE_ONCE(stop, true);
	pthread_join(scanner, NULL);
	for (f = 0; f < FILES; f++)
		pthread_join(toucher[f], NULL);
	world_check();
	twins_expect();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(quiet_pages_are_alike),
		world_test(who_comes_later_finds_a_page_that_was_alone),
		world_test(modes_say_who_is_merged),
		world_test(in_a_crowd_pages_are_alike_too),
		world_test(by_its_whole_content_an_equal_is_found),
		world_test(a_read_takes_a_page_out),
		world_test(to_break_a_page_takes_the_same_steps),
		world_test(what_is_left_to_do_is_done_soon),
		world_test(a_full_mount_waits_for_nobody),
		world_test(what_nobody_shares_can_fill_the_mount),
		world_test(a_full_mount_on_a_full_host),
		world_test(where_nothing_waits_nothing_is_locked),
		world_test(what_waits_is_not_for_others_to_give_up),
		world_test(who_breaks_does_not_fill_the_pool),
		world_test(without_memory_it_is_done_at_once),
		world_test(a_file_that_ends_leaves_nothing),
		world_test(a_domain_that_ends_leaves_nothing),
		world_test(becoming_strict_hides_what_is_merged),
		world_test(to_change_the_mode_is_no_strike),
		world_test(what_could_not_be_undone_is_hidden),
		world_test(a_pinned_page_is_left_alone),
		world_test(nothing_is_reclaimed),
		world_test(nor_is_what_becomes_strict_meanwhile),
		world_test(without_frames_for_it_a_page_is_left_alone),
		world_test(nobody_sees_a_shared_frame_once_it_is_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
