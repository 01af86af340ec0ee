// SPDX-License-Identifier: GPL-2.0
/* Merging: what becomes of pages that the scanner visits. */
#include "ksm/merge.c"
#include "tests/unit/world.h"
#include "cow/punch.h"
#include "ksm/stable.h"

#define PAGES 8

static struct page *late_pin;

/* A file of PAGES pages and a guest that maps it. */
struct vm {
	struct file *file;
	struct guest *guest;
	struct ksmfs_region *region;
};

static struct vm vm_new(struct ksmfs_domain *domain)
{
	struct vm vm = { .file = file_new(domain, PAGES) };

	vm.guest = guest_map(vm.file, PAGES, true);
	vm.region = &vm.file->region;
	return vm;
}

static void visit_one(const struct vm *vm, unsigned long index)
{
	ksmfs_merge_range(vm->region, index, index, 0, true);
}

static void quiet_pages_become_hints(void **state)
{
	struct vm vm = vm_new(world.domain);

	(void)state;
	guest_fill(vm.guest, 0, 7);
	visit_one(&vm, 0);
	assert_state(vm.file, 0, HINT);
	visit_one(&vm, 0);
	assert_state(vm.file, 0, HINT);
	world_check();

	/* A hint costs the guest nothing: it is still mapped. */
	assert_true(vm.guest->pte[0].writable);
	guest_fill(vm.guest, 0, 8);
	assert_state(vm.file, 0, HINT);
	visit_one(&vm, 0);
	assert_state(vm.file, 0, HOT);
	world_check();

	/* It has proved volatile: now it has to be seen twice alike. */
	guest_fill(vm.guest, 0, 9);
	visit_one(&vm, 0);
	assert_state(vm.file, 0, HOT);
	visit_one(&vm, 0);
	assert_state(vm.file, 0, HINT);
	world_check();
}

/* Visit a quiet page, so many times, until nobody has to come again. */
static void make_page_clean(const struct vm *vm, unsigned long index,
			    int visits)
{
	while (--visits) {
		visit_one(vm, index);
		assert_int_not_equal(file_state(vm->file, index),
				     KSMFS_SLOT_CLEAN);
	}
	visit_one(vm, index);
	assert_state(vm->file, index, CLEAN);
	world_check();
}

#define VISITS_TO_CLEAN (2 + KSMFS_SLOT_CLEAN_AGE)

static void long_quiet_pages_become_clean(void **state)
{
	struct vm vm = vm_new(world.domain);
	struct page *frame;
	long scanned;

	(void)state;
	guest_fill(vm.guest, 0, 7);
	make_page_clean(&vm, 0, VISITS_TO_CLEAN);
	frame = vm.guest->pte[0].page;
	assert_non_null(frame);	/* readers notice nothing */
	assert_false(vm.guest->pte[0].writable);
	guest_expect(vm.guest, 0, 7);

	world_scan(1);
	scanned = stat_of(pages_scanned);
	world_scan(3);
	assert_int_equal(stat_of(pages_scanned), scanned);

	/* A write is heard of, costs no frame, and puts the next visit off. */
	guest_fill(vm.guest, 0, 8);
	assert_state(vm.file, 0, HOT);
	assert_ptr_equal(vm.guest->pte[0].page, frame);
	world_check();
	assert_false(ksmfs_slot_is_due(ksmfs_region_slot(vm.region, 0), 0, 1));
	guest_expect(vm.guest, 0, 8);
	make_page_clean(&vm, 0, 1 + VISITS_TO_CLEAN);
	guest_expect(vm.guest, 0, 8);
}

static void clean_pages_are_found(void **state)
{
	struct vm vm = vm_new(world.domain);

	(void)state;
	guest_fill(vm.guest, 0, 7);
	make_page_clean(&vm, 0, VISITS_TO_CLEAN);
	guest_fill(vm.guest, 1, 7);
	visit_one(&vm, 1);
	visit_one(&vm, 1);
	assert_state(vm.file, 0, SHARED);
	assert_state(vm.file, 1, SHARED);
	guest_expect(vm.guest, 0, 7);
	world_check();
}

static void a_hint_that_is_pinned_stays(void **state)
{
	struct vm vm = vm_new(world.domain);
	struct page *pin;

	(void)state;
	guest_fill(vm.guest, 0, 7);
	visit_one(&vm, 0);
	pin = guest_pin(vm.guest, 0);
	guest_fill(vm.guest, 1, 7);
	visit_one(&vm, 1);
	assert_state(vm.file, 1, SHARED);
	assert_state(vm.file, 0, HINT);
	put_page(pin);
	visit_one(&vm, 0);
	assert_state(vm.file, 0, SHARED);
	world_check();
}

/* Nobody would come to it any more, were it left as it is. */
static void a_clean_page_that_is_pinned_is_found_later(void **state)
{
	struct vm vm = vm_new(world.domain);
	struct page *pin;

	(void)state;
	guest_fill(vm.guest, 0, 7);
	make_page_clean(&vm, 0, VISITS_TO_CLEAN);
	pin = vm.guest->pte[0].page;
	get_page(pin);
	guest_fill(vm.guest, 1, 7);
	visit_one(&vm, 1);
	assert_state(vm.file, 1, SHARED);
	assert_state(vm.file, 0, HOT);
	put_page(pin);
	world_check();
	world_scan(1);
	assert_state(vm.file, 0, SHARED);
	assert_int_equal(file_pfn(vm.file, 0), file_pfn(vm.file, 1));
	world_check();
}

static void pinned_pages_do_not_become_clean(void **state)
{
	struct vm vm = vm_new(world.domain);
	struct page *pin;
	int i;

	(void)state;
	guest_fill(vm.guest, 0, 7);
	pin = guest_pin(vm.guest, 0);
	for (i = 0; i < 8; i++)
		visit_one(&vm, 0);
	assert_state(vm.file, 0, HINT);
	assert_true(vm.guest->pte[0].writable);
	memset(shim_page_content(pin), 0x42, PAGE_SIZE);
	put_page(pin);
	visit_one(&vm, 0);
	assert_state(vm.file, 0, HOT);
	guest_expect(vm.guest, 0, 0x42);
	world_check();
}

static void pin_late(struct address_space *mapping, unsigned long index)
{
	struct guest *guest = hlist_entry(mapping->i_mmap.first, struct guest,
					  link);

	late_pin = guest->pte[index].page;
	get_page(late_pin);
}

static void write_late(struct address_space *mapping, unsigned long index)
{
	struct guest *guest = hlist_entry(mapping->i_mmap.first, struct guest,
					  link);

	/* The mapping is still writable: no fault, which would have to wait. */
	assert_true(guest->pte[index].writable);
	guest_fill(guest, index, 0x13);
}

/* Who pins or writes between the glance and the protection is found. */
static void what_comes_late_keeps_it_from_clean(void **state)
{
	static void (*const late[])(struct address_space *, unsigned long) = {
		pin_late, write_late,
	};
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(late); i++) {
		struct vm vm = vm_new(world.domain);

		guest_fill(vm.guest, 0, 7);
		for (n = 1; n < VISITS_TO_CLEAN; n++)
			visit_one(&vm, 0);
		guest_before_clean = late[i];
		visit_one(&vm, 0);
		assert_null(guest_before_clean);
		assert_state(vm.file, 0, HINT);
		if (late_pin)
			put_page(late_pin);
		late_pin = NULL;
		world_check();
		file_del(vm.file);
	}
}

static void equal_pages_are_merged(void **state)
{
	struct vm vm = vm_new(world.domain);
	long merges = stat_of(merges);
	long traced = atomic_long_read(&shim_trace.merge);
	unsigned long before[3], i;

	(void)state;
	for (i = 0; i < 3; i++) {
		guest_fill(vm.guest, i, 7);
		before[i] = file_pfn(vm.file, i);
	}
	world_scan(3);
	world_check();
	assert_int_equal(stat_of(pages_shared), 1);
	assert_int_equal(stat_of(pages_sharing), 2);
	assert_int_equal(stat_of(frames), 1);
	assert_int_equal(stat_of(merges), merges + 3);
	assert_int_equal(atomic_long_read(&vm.region->merges), 3);
	assert_int_equal(atomic_long_read(&shim_trace.merge), traced + 3);
	for (i = 0; i < 3; i++) {
		assert_state(vm.file, i, SHARED);
		assert_null(vm.guest->pte[i].page);
		guest_expect(vm.guest, i, 7);
		/* Nobody chooses the frame by having been there first. */
		assert_int_not_equal(file_pfn(vm.file, 0), before[i]);
	}
	world_check();
}

/*
 * Nobody has others share a frame of his, but by a chance that does not depend on
 * him: what they share is drawn from the pool, and is never a page's own.
 */
static void no_own_frame_is_shared(void **state)
{
	struct vm vm = vm_new(world.domain);
	unsigned long own[2], last[2] = {}, shared, back = 0;
	unsigned int i, trials = 4000;

	(void)state;
	for (i = 0; i < trials; i++) {
		guest_fill(vm.guest, 0, 1 + i % 200);
		guest_fill(vm.guest, 1, 1 + i % 200);
		own[0] = file_pfn(vm.file, 0);
		own[1] = file_pfn(vm.file, 1);
		visit_one(&vm, 0);
		visit_one(&vm, 1);
		assert_state(vm.file, 0, SHARED);
		shared = file_pfn(vm.file, 0);
		assert_int_equal(file_pfn(vm.file, 1), shared);
		assert_int_not_equal(shared, own[0]);
		assert_int_not_equal(shared, own[1]);
		back += shared == last[0] || shared == last[1];
		memcpy(last, own, sizeof(last));
		ksmfs_punch(vm.region, 0, 1);
	}
	/* Two of a pool of 64 to 128 frames: 31 to 125 times of 4000. */
	assert_in_range(back, 1, 200);
}

/* Merging brings more frames to the pool than it takes. */
static void a_merge_refills_the_pool(void **state)
{
	struct vm vm = vm_new(world.domain);

	(void)state;
	guest_fill(vm.guest, 0, 7);
	guest_fill(vm.guest, 1, 7);
	visit_one(&vm, 0);
	world_empty_pools();
	visit_one(&vm, 1);
	assert_state(vm.file, 1, SHARED);
	assert_true(stat_of(frames_cached) > 2);
}

static void regions_share(void **state)
{
	struct vm a = vm_new(world.domain), b = vm_new(world.domain);

	(void)state;
	guest_fill(a.guest, 3, 7);
	guest_fill(b.guest, 5, 7);
	world_scan(2);
	assert_int_equal(file_pfn(a.file, 3), file_pfn(b.file, 5));
	world_check();
	file_del(a.file);
	world_check();
	guest_expect(b.guest, 5, 7);
}

static void domains_never_share(void **state)
{
	struct vm a = vm_new(world.domain), b = vm_new(world.other);
	unsigned long i;

	(void)state;
	for (i = 0; i < 2; i++) {
		guest_fill(a.guest, i, 7);
		guest_fill(b.guest, i, 7);
	}
	world_scan(4);
	world_check();
	assert_int_equal(stat_of(pages_shared), 2);
	assert_int_equal(stat_of(pages_sharing), 2);
	assert_int_not_equal(file_pfn(a.file, 0), file_pfn(b.file, 0));
}

static void unequal_pages_are_not(void **state)
{
	struct vm vm = vm_new(world.domain);
	char byte = 8;

	(void)state;
	guest_fill(vm.guest, 0, 7);
	guest_fill(vm.guest, 1, 7);
	assert_true(guest_write(vm.guest, 1, PAGE_SIZE - 1, &byte, 1));
	world_scan(4);
	world_check();
	assert_int_equal(stat_of(pages_shared), 0);
	assert_int_equal(stat_of(pages_unshared), 2);
}

static void zeros_cost_nothing(void **state)
{
	struct vm vm = vm_new(world.domain);
	long zero_merges = stat_of(zero_merges);

	(void)state;
	guest_fill(vm.guest, 0, 0);
	world_scan(1);
	world_check();
	assert_state(vm.file, 0, ZERO);
	assert_int_equal(stat_of(frames), 0);
	assert_int_equal(stat_of(zero_merges), zero_merges + 1);
	guest_expect(vm.guest, 0, 0);
	guest_fill(vm.guest, 0, 5);
	guest_expect(vm.guest, 0, 5);
	world_check();
}

static void volatile_pages_are_left_alone(void **state)
{
	struct vm vm = vm_new(world.domain);
	int i;

	(void)state;
	guest_fill(vm.guest, 1, 200);
	guest_fill(vm.guest, 0, 202);
	world_scan(1);
	for (i = 0; i < 20; i++) {
		guest_fill(vm.guest, 0, 200 + i % 2);
		visit_one(&vm, 0);
		assert_state(vm.file, 0, HOT);
		assert_true(vm.guest->pte[0].writable);
	}
	world_check();
	assert_false(ksmfs_slot_is_due(ksmfs_region_slot(vm.region, 0), 0, 1));
}

static void write_after_merge_breaks(void **state)
{
	struct vm vm = vm_new(world.domain);

	(void)state;
	guest_fill(vm.guest, 0, 7);
	guest_fill(vm.guest, 1, 7);
	world_scan(3);
	guest_fill(vm.guest, 0, 9);
	world_check();
	guest_expect(vm.guest, 1, 7);
	/* It was taken for quiet and was not: now it is seen twice first. */
	visit_one(&vm, 0);
	assert_state(vm.file, 0, HOT);
	visit_one(&vm, 0);
	assert_state(vm.file, 0, HINT);
	guest_fill(vm.guest, 0, 7);
	world_scan(2);
	assert_int_equal(stat_of(pages_sharing), 1);
	world_check();
}

/* Page 0 is pinned, of these contents, when its turn comes. */
static void pinned_is_left_alone(int byte)
{
	struct vm vm = vm_new(world.domain);
	long pinned = stat_of(pages_pinned);
	struct page *pin;

	guest_fill(vm.guest, 0, byte);
	guest_fill(vm.guest, 1, byte);
	pin = guest_pin(vm.guest, 0);
	world_scan(4);
	assert_true(stat_of(pages_pinned) > pinned);
	assert_ptr_equal(pfn_to_page(file_pfn(vm.file, 0)), pin);
	assert_ptr_equal(vm.guest->pte[0].page, pin);	/* costs no fault */

	/* What is written through the pin is seen. */
	memset(shim_page_content(pin), 0x42, PAGE_SIZE);
	guest_expect(vm.guest, 0, 0x42);
	memset(shim_page_content(pin), byte, PAGE_SIZE);
	put_page(pin);
	world_scan(3);
	assert_int_equal(stat_of(frames), byte ? 1 : 0);
	guest_expect(vm.guest, 0, byte);
	world_check();
	file_del(vm.file);
}

static void pinned_pages_are_left_alone(void **state)
{
	(void)state;
	pinned_is_left_alone(7);
	pinned_is_left_alone(0);
}

/* Whoever pins after the glance is found after the unmapping. */
static void late_pins_are_seen(void **state)
{
	struct vm vm = vm_new(world.domain);

	(void)state;
	guest_fill(vm.guest, 1, 7);
	visit_one(&vm, 1);
	guest_fill(vm.guest, 0, 7);
	guest_fill(vm.guest, 2, 0);
	guest_before_unmap = pin_late;
	visit_one(&vm, 0);
	assert_ptr_equal(pfn_to_page(file_pfn(vm.file, 0)), late_pin);
	assert_state(vm.file, 0, HOT);
	put_page(late_pin);
	world_check();
	guest_before_unmap = pin_late;
	visit_one(&vm, 2);
	assert_state(vm.file, 2, HOT);
	put_page(late_pin);
	world_check();
}

/*
 * The last write comes after the fingerprint.  Page 0 is about to be merged
 * with the frame of page 1, with its hint, or away, being zero.
 */
static void late_writes_are_seen(void **state)
{
	static const struct {
		int byte;
		int third;
	} cases[] = { { 7, 99 }, { 7, 7 }, { 0, 99 } };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct vm vm = vm_new(world.domain);
		long races = stat_of(merge_races);

		guest_fill(vm.guest, 1, cases[i].byte);
		guest_fill(vm.guest, 2, cases[i].third);
		world_scan(2);
		guest_fill(vm.guest, 0, cases[i].byte);
		guest_before_unmap = write_late;
		visit_one(&vm, 0);
		assert_null(guest_before_unmap);
		assert_state(vm.file, 0, HOT);
		assert_int_equal(stat_of(merge_races), races + 1);
		guest_expect(vm.guest, 0, 0x13);
		guest_expect(vm.guest, 1, cases[i].byte);
		world_check();
		file_del(vm.file);
	}
}

/*
 * Page 0 changes after its fingerprint, and its hint has changed to the same:
 * they are equal, but not what the fingerprint says.
 */
static void what_changes_alike_is_not_promoted(void **state)
{
	struct vm vm = vm_new(world.domain);
	long races = stat_of(merge_races);

	(void)state;
	guest_fill(vm.guest, 1, 7);
	visit_one(&vm, 1);
	guest_fill(vm.guest, 1, 0x13);
	guest_fill(vm.guest, 0, 7);
	guest_before_unmap = write_late;
	visit_one(&vm, 0);
	assert_null(guest_before_unmap);
	assert_state(vm.file, 0, HOT);
	assert_int_equal(stat_of(merge_races), races + 1);
	world_check();
}

static void a_locked_slot_is_passed_by(void **state)
{
	struct vm vm = vm_new(world.domain);
	struct ksmfs_slot *slot = ksmfs_region_slot(vm.region, 0);

	(void)state;
	guest_fill(vm.guest, 1, 7);
	visit_one(&vm, 1);
	guest_fill(vm.guest, 0, 7);
	slot->word |= KSMFS_SLOT_LOCKED;
	visit_one(&vm, 0);
	slot->word &= ~KSMFS_SLOT_LOCKED;
	assert_state(vm.file, 0, HOT);
	visit_one(&vm, 0);
	assert_state(vm.file, 0, SHARED);
	world_check();
}

/* folio_mkclean() wants the page lock, and somebody else has it. */
static void a_locked_page_does_not_become_clean(void **state)
{
	struct vm vm = vm_new(world.domain);
	struct page *frame;
	int i;

	(void)state;
	guest_fill(vm.guest, 0, 7);
	frame = pfn_to_page(file_pfn(vm.file, 0));
	frame->flags = 1;
	for (i = 0; i < 8; i++)
		visit_one(&vm, 0);
	assert_state(vm.file, 0, HINT);
	frame->flags = 0;
	visit_one(&vm, 0);
	assert_state(vm.file, 0, CLEAN);
	world_check();
}

/* What has changed since is not equal: nothing is shared with nobody. */
static void a_stale_hint_is_no_harm(void **state)
{
	struct vm vm = vm_new(world.domain);
	long merges = stat_of(merges);

	(void)state;
	guest_fill(vm.guest, 0, 7);
	visit_one(&vm, 0);
	guest_fill(vm.guest, 0, 8);
	assert_state(vm.file, 0, HINT);
	guest_fill(vm.guest, 1, 7);
	visit_one(&vm, 1);
	world_check();
	assert_state(vm.file, 1, HINT);
	assert_int_equal(stat_of(merges), merges);
	assert_false(world.domain->crowded);	/* samples can be trusted */
	guest_expect(vm.guest, 0, 8);
	guest_expect(vm.guest, 1, 7);
}

static void a_hint_of_a_dying_region_is_not_followed(void **state)
{
	struct vm a = vm_new(world.domain), b = vm_new(world.domain);

	(void)state;
	guest_fill(a.guest, 0, 7);
	visit_one(&a, 0);
	guest_fill(b.guest, 0, 7);
	a.region->dying = true;
	visit_one(&b, 0);
	assert_int_equal(refcount_read(&a.region->users), 1);
	assert_state(a.file, 0, HINT);
	assert_false(file_state(b.file, 0) == KSMFS_SLOT_SHARED);
	a.region->dying = false;
	world_check();
	visit_one(&b, 0);
	assert_state(a.file, 0, SHARED);
	assert_state(b.file, 0, SHARED);
	world_check();
}

static void a_full_mount_merges(void **state)
{
	struct vm vm = vm_new(world.domain);
	unsigned long i;

	(void)state;
	world.quota.limit = 4;
	for (i = 0; i < 4; i++)
		guest_fill(vm.guest, i, i < 3 ? 7 : 0);
	assert_false(guest_write(vm.guest, 4, 0, "x", 1));
	world_scan(3);
	world_check();
	assert_int_equal(stat_of(frames), 1);
	for (i = 4; i < 7; i++)
		guest_fill(vm.guest, i, i);
	world_check();
}

static void without_memory_nothing_is_merged(void **state)
{
	struct vm vm = vm_new(world.domain);

	(void)state;
	guest_fill(vm.guest, 1, 7);
	visit_one(&vm, 1);
	guest_fill(vm.guest, 0, 7);
	world_empty_pools();
	shim_alloc_fail_one_in(1, 0);
	visit_one(&vm, 0);
	shim_alloc_fail_one_in(0, 0);
	world_check();
	assert_state(vm.file, 0, HOT);
	assert_state(vm.file, 1, HINT);
	visit_one(&vm, 0);
	world_check();
	assert_state(vm.file, 0, SHARED);
	assert_state(vm.file, 1, SHARED);
}

/* All fingerprints are equal: slow, but right, and within bounds. */
static void collisions_are_found_out(void **state)
{
	struct vm vm[6];
	long collisions = stat_of(hash_collisions);
	unsigned long i, j;

	(void)state;
	ksmfs_fingerprint_bits = 0;
	for (i = 0; i < ARRAY_SIZE(vm); i++) {
		vm[i] = vm_new(world.domain);
		for (j = 0; j < PAGES; j++)
			guest_fill(vm[i].guest, j, 1 + (i + j) % 5);
	}
	world_scan(12);
	world_check();
	assert_true(stat_of(hash_collisions) > collisions);
	assert_in_range(stat_of(pages_shared), 1, 2 * KSMFS_STABLE_MAX_EQUAL);
	for (i = 0; i < ARRAY_SIZE(vm); i++) {
		for (j = 0; j < PAGES; j++)
			guest_expect(vm[i].guest, j, 1 + (i + j) % 5);
	}
	for (i = 0; i < ARRAY_SIZE(vm); i++) {
		for (j = 0; j < PAGES; j++)
			guest_fill(vm[i].guest, j, 6);
	}
	world_scan(6);
	world_check();
	/* One by the sample, one by the whole. */
	assert_in_range(stat_of(frames), 1, 2);
}

/* A byte that no sample of the world's first domain contains. */
static size_t unseen(void)
{
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	unsigned char *content = shim_page_content(page);
	u64 seed = world.domain->seed, before;
	size_t i = 0;

	memset(content, 1, PAGE_SIZE);
	before = ksmfs_fingerprint(page, seed);
	do
		content[i++] ^= 1;
	while (ksmfs_fingerprint(page, seed) != before);
	put_page(page);
	return i - 1;
}

/* Pages that differ where the sample does not see it. */
static void write_unseen(const struct vm *vm, unsigned long index, char byte)
{
	guest_fill(vm->guest, index, 7);
	assert_true(guest_write(vm->guest, index, unseen(), &byte, 1));
}

static void expect_unseen(const struct vm *vm, unsigned long index, char byte)
{
	char content[PAGE_SIZE];
	size_t place = unseen();

	assert_true(guest_read(vm->guest, index, 0, content, PAGE_SIZE));
	assert_int_equal(content[place], byte);
	content[place] = 7;
	assert_null(memchr_inv(content, 7, PAGE_SIZE));
}

/* Alike pages of many contents are told apart, and all that are equal share. */
static void a_crowd_is_told_apart(void **state)
{
	struct vm vm[3];
	unsigned long i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(vm); i++) {
		vm[i] = vm_new(world.domain);
		for (j = 0; j < PAGES; j++)
			write_unseen(&vm[i], j, j);
	}
	world_scan(6);
	world_check();
	assert_true(world.domain->crowded);
	assert_int_equal(stat_of(pages_shared), PAGES);
	assert_int_equal(stat_of(frames), PAGES);
	for (i = 0; i < ARRAY_SIZE(vm); i++) {
		for (j = 0; j < PAGES; j++)
			expect_unseen(&vm[i], j, j);
	}
}

/* The one that went by the sample has gone, the other is found all the same. */
static void nobody_is_lost_in_the_crowd(void **state)
{
	struct vm vm = vm_new(world.domain);

	(void)state;
	write_unseen(&vm, 0, 1);
	visit_one(&vm, 0);
	write_unseen(&vm, 1, 2);
	visit_one(&vm, 1);
	assert_state(vm.file, 1, HINT);
	guest_fill(vm.guest, 0, 99);
	visit_one(&vm, 0);
	write_unseen(&vm, 2, 2);
	visit_one(&vm, 2);
	assert_state(vm.file, 2, HINT);
	world_scan(5);
	assert_state(vm.file, 1, SHARED);
	assert_int_equal(file_pfn(vm.file, 1), file_pfn(vm.file, 2));
	expect_unseen(&vm, 1, 2);
	expect_unseen(&vm, 2, 2);
	world_check();
}

static void write_where_nobody_looks(struct address_space *mapping,
				     unsigned long index)
{
	struct guest *guest = hlist_entry(mapping->i_mmap.first, struct guest,
					  link);
	char byte = 0x13;

	assert_true(guest_write(guest, index, unseen(), &byte, 1));
}

/* The sample decides nothing: neither with a hint nor with a shared frame. */
static void late_writes_beside_the_sample_are_seen(void **state)
{
	int third;

	(void)state;
	for (third = 7; third < 9; third++) {
		struct vm vm = vm_new(world.domain);

		guest_fill(vm.guest, 1, 7);
		guest_fill(vm.guest, 2, third);
		world_scan(2);
		guest_fill(vm.guest, 0, 7);
		guest_before_unmap = write_where_nobody_looks;
		visit_one(&vm, 0);
		assert_null(guest_before_unmap);
		assert_state(vm.file, 0, HINT);
		expect_unseen(&vm, 0, 0x13);
		guest_expect(vm.guest, 1, 7);
		world_check();
		file_del(vm.file);
	}
}

/* Memory that has gone bad is not read, whatever it is: page.c sees to that. */
static void bad_memory_is_not_looked_at(void **state)
{
	struct vm vm = vm_new(world.domain);

	(void)state;
	/* A page of its own: it is not visited. */
	guest_fill(vm.guest, 0, 7);
	shim_page_poison(pfn_to_page(file_pfn(vm.file, 0)));
	visit_one(&vm, 0);
	assert_state(vm.file, 0, HOT);

	/* A hint: it is not followed. */
	guest_fill(vm.guest, 1, 8);
	visit_one(&vm, 1);
	shim_page_poison(pfn_to_page(file_pfn(vm.file, 1)));
	guest_fill(vm.guest, 2, 8);
	visit_one(&vm, 2);
	assert_state(vm.file, 2, HINT);

	/* A shared frame: nobody joins. */
	guest_fill(vm.guest, 3, 9);
	guest_fill(vm.guest, 4, 9);
	world_scan(1);
	assert_state(vm.file, 3, SHARED);
	shim_page_poison(pfn_to_page(file_pfn(vm.file, 3)));
	guest_fill(vm.guest, 5, 9);
	visit_one(&vm, 5);
	assert_state(vm.file, 5, HINT);
}

/* What was unmapped in vain, and changes, is left alone for longer each time. */
static void a_crowded_page_that_changes_has_strikes(void **state)
{
	struct vm vm = vm_new(world.domain);
	struct ksmfs_slot *slot = ksmfs_region_slot(vm.region, 1);
	unsigned int strikes, last = 0;
	int i, n;

	(void)state;
	write_unseen(&vm, 0, 99);
	make_page_clean(&vm, 0, VISITS_TO_CLEAN);
	for (i = 1; i < 4; i++) {
		write_unseen(&vm, 1, 2 * i);
		for (n = 0; n < 3; n++)
			visit_one(&vm, 1);
		assert_state(vm.file, 1, HINT);
		write_unseen(&vm, 1, 2 * i + 1);
		visit_one(&vm, 1);
		assert_state(vm.file, 1, HOT);
		strikes = FIELD_GET(KSMFS_SLOT_STRIKES, slot->word);
		assert_true(strikes > last);
		last = strikes;
	}
	world_check();
}

/* Pages side by side are unmapped at once, others are left alone. */
static int unmaps;

static void count_unmap(struct address_space *mapping, unsigned long index)
{
	(void)mapping, (void)index;
	unmaps++;
	guest_before_unmap = count_unmap;
}

static void neighbours_are_unmapped_together(void **state)
{
	struct vm vm = vm_new(world.domain);
	unsigned long i;

	(void)state;
	guest_fill(vm.guest, 0, 7);
	world_scan(1);
	for (i = 1; i < PAGES; i++)
		guest_fill(vm.guest, i, i == 3 ? 200 : 7);
	unmaps = 0;
	guest_before_unmap = count_unmap;
	ksmfs_merge_range(vm.region, 1, PAGES - 1, 0, true);
	guest_before_unmap = NULL;
	/* 1 and 2, 4 and what follows, and the hint's. */
	assert_int_equal(unmaps, 3);
	assert_int_equal(stat_of(pages_sharing), PAGES - 2);
	assert_non_null(vm.guest->pte[3].page);
	world_check();
}

static void what_nobody_maps_is_not_unmapped(void **state)
{
	struct vm vm = vm_new(world.domain);

	(void)state;
	guest_fill(vm.guest, 0, 0);
	guest_drop(vm.guest, 0);
	unmaps = 0;
	guest_before_unmap = count_unmap;
	visit_one(&vm, 0);
	guest_before_unmap = NULL;
	assert_state(vm.file, 0, ZERO);
	assert_int_equal(unmaps, 0);
}

static void private_copies_stay(void **state)
{
	struct vm vm = vm_new(world.domain);
	struct guest *copier = guest_map(vm.file, PAGES, false);

	(void)state;
	guest_fill(vm.guest, 0, 7);
	guest_fill(copier, 0, 8);
	assert_true(copier->pte[0].anon);
	guest_fill(vm.guest, 1, 7);
	world_scan(1);
	assert_state(vm.file, 0, SHARED);
	assert_true(copier->pte[0].anon);
	guest_expect(copier, 0, 8);
	guest_expect(vm.guest, 0, 7);
	world_check();
}

/*
 * Make hints of pages that are all 7, the one that is found first last: each
 * finds the others changed, and then they change back.
 */
static void make_equal_hints(const struct vm *vm, const unsigned long *index,
			     size_t nr)
{
	size_t i, j;

	for (i = 0; i < nr; i++) {
		for (j = 0; j < i; j++)
			guest_fill(vm->guest, index[j], 8);
		guest_fill(vm->guest, index[i], 7);
		visit_one(vm, index[i]);
		assert_state(vm->file, index[i], HINT);
	}
	for (j = 0; j < nr; j++)
		guest_fill(vm->guest, index[j], 7);
	world_check();
}

/* What a hint leads to may have its turn in the same batch. */
static void a_buddy_is_not_merged_twice(void **state)
{
	static const unsigned long index[] = { 0, 2, 1 };
	struct vm vm = vm_new(world.domain);

	(void)state;
	make_equal_hints(&vm, index, ARRAY_SIZE(index));
	ksmfs_merge_range(vm.region, 0, 1, 0, true);
	assert_state(vm.file, 0, SHARED);
	assert_state(vm.file, 1, SHARED);
	assert_state(vm.file, 2, HINT);
	world_check();
	world_scan(1);
	assert_int_equal(stat_of(pages_sharing), 2);
	world_check();
}

static void *write_first_page(void *mapping)
{
	guest_fill(hlist_entry(((struct address_space *)mapping)->i_mmap.first,
			       struct guest, link), 0, 9);
	return NULL;
}

/* By another thread: this one holds the slot that is about to be unmapped. */
static void break_first_page(struct address_space *mapping,
			     unsigned long index)
{
	pthread_t thread;

	(void)index;
	assert_int_equal(pthread_create(&thread, NULL, write_first_page,
					mapping), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void break_first_page_next(struct address_space *mapping,
				  unsigned long index)
{
	(void)mapping, (void)index;
	guest_before_unmap = break_first_page;
}

/* The shared frame goes before the buddy comes, which follows a hint, too. */
static void a_buddy_of_a_buddy_is_let_go(void **state)
{
	static const unsigned long index[] = { 2, 1 };
	struct vm vm = vm_new(world.domain);

	(void)state;
	make_equal_hints(&vm, index, ARRAY_SIZE(index));
	guest_fill(vm.guest, 0, 7);
	guest_before_unmap = break_first_page_next;
	visit_one(&vm, 0);
	assert_null(guest_before_unmap);
	assert_state(vm.file, 0, HOT);
	assert_state(vm.file, 1, SHARED);
	assert_state(vm.file, 2, HINT);
	assert_int_equal(refcount_read(&vm.region->users), 1);
	guest_expect(vm.guest, 0, 9);
	guest_expect(vm.guest, 1, 7);
	world_check();
}

/* Though the tree has no room for another frame of the fingerprint. */
static void a_hint_makes_room_for_its_copy(void **state)
{
	struct vm vm = vm_new(world.domain);
	unsigned long i;

	(void)state;
	ksmfs_fingerprint_bits = 0;
	/* The first by its sample, the others by the whole. */
	for (i = 0; i <= KSMFS_STABLE_MAX_EQUAL; i++) {
		guest_fill(vm.guest, i, 1 + i);
		visit_one(&vm, i);
		assert_state(vm.file, i, HINT);
	}
	i = KSMFS_STABLE_MAX_EQUAL;
	guest_fill(vm.guest, i, 2);
	visit_one(&vm, i);
	assert_state(vm.file, i, SHARED);
	assert_state(vm.file, 1, SHARED);
	world_check();
}

/* They cost a fault and several comparisons each time. */
static void one_too_many_of_a_fingerprint_is_put_off(void **state)
{
	const unsigned long last = KSMFS_STABLE_MAX_EQUAL + 1;
	struct vm vm = vm_new(world.domain);
	struct ksmfs_slot *slot = ksmfs_region_slot(vm.region, last);
	unsigned int age;
	unsigned long i;

	(void)state;
	ksmfs_fingerprint_bits = 0;
	for (i = 0; i <= last; i++) {
		guest_fill(vm.guest, i, 1 + i);
		visit_one(&vm, i);
	}
	for (age = 1; age <= KSMFS_SLOT_MAX_BACKOFF + 2; age++) {
		unsigned int bits = min(age, KSMFS_SLOT_MAX_BACKOFF + 0U);

		assert_state(vm.file, last, HOT);
		assert_true(ksmfs_slot_is_due(slot, 0, BIT(bits)));
		assert_false(ksmfs_slot_is_due(slot, 0, BIT(bits - 1)));
		visit_one(&vm, last);
	}
	assert_true(ksmfs_slot_is_due(slot, 0, BIT(KSMFS_SLOT_MAX_BACKOFF)));
	guest_expect(vm.guest, last, 1 + last);
	world_check();
}

static void dying_regions_are_left_alone(void **state)
{
	struct vm vm = vm_new(world.domain);

	(void)state;
	guest_fill(vm.guest, 0, 7);
	vm.region->dying = true;
	assert_int_equal(ksmfs_merge_range(vm.region, 0, 0, 0, true), 0);
	vm.region->dying = false;
	assert_state(vm.file, 0, HOT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(quiet_pages_become_hints),
		world_test(long_quiet_pages_become_clean),
		world_test(clean_pages_are_found),
		world_test(a_hint_that_is_pinned_stays),
		world_test(a_clean_page_that_is_pinned_is_found_later),
		world_test(pinned_pages_do_not_become_clean),
		world_test(what_comes_late_keeps_it_from_clean),
		world_test(equal_pages_are_merged),
		world_test(no_own_frame_is_shared),
		world_test(a_merge_refills_the_pool),
		world_test(regions_share),
		world_test(domains_never_share),
		world_test(unequal_pages_are_not),
		world_test(zeros_cost_nothing),
		world_test(volatile_pages_are_left_alone),
		world_test(write_after_merge_breaks),
		world_test(pinned_pages_are_left_alone),
		world_test(late_pins_are_seen),
		world_test(late_writes_are_seen),
		world_test(what_changes_alike_is_not_promoted),
		world_test(a_locked_slot_is_passed_by),
		world_test(a_locked_page_does_not_become_clean),
		world_test(a_stale_hint_is_no_harm),
		world_test(a_hint_of_a_dying_region_is_not_followed),
		world_test(a_full_mount_merges),
		world_test(without_memory_nothing_is_merged),
		world_test(collisions_are_found_out),
		world_test(a_crowd_is_told_apart),
		world_test(nobody_is_lost_in_the_crowd),
		world_test(late_writes_beside_the_sample_are_seen),
		world_test(bad_memory_is_not_looked_at),
		world_test(a_crowded_page_that_changes_has_strikes),
		world_test(neighbours_are_unmapped_together),
		world_test(what_nobody_maps_is_not_unmapped),
		world_test(private_copies_stay),
		world_test(a_buddy_is_not_merged_twice),
		world_test(a_buddy_of_a_buddy_is_let_go),
		world_test(a_hint_makes_room_for_its_copy),
		world_test(one_too_many_of_a_fingerprint_is_put_off),
		world_test(dying_regions_are_left_alone),
	};

	return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}
