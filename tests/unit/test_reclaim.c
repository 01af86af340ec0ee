// SPDX-License-Identifier: GPL-2.0
/* Reclaim: who is spared, who goes, where to; the hand and its looks. */
#include <pthread.h>
#include <unistd.h>
#include "cow/slot.h"

/* For a test of who comes just before a slot is locked. */
static bool trylock_late(struct ksmfs_region *region, struct ksmfs_slot *slot);
#define ksmfs_slot_trylock trylock_late
#include "ksm/reclaim.c"
#undef ksmfs_slot_trylock

#include "cow/punch.h"
#include "ksm/stable.h"
#include "tests/unit/death.h"
#include "tests/unit/world.h"

static const struct ksmfs_reclaim_order
	pack_all = { .pack = true, .hot = true },
	swap_all = { .swap = true, .hot = true },
	both_all = { .pack = true, .swap = true, .hot = true },
	both_quiet = { .pack = true, .swap = true };

static struct file *file;
static struct guest *guest;

static int byte_of(unsigned long index)
{
	return 1 + index % 250;
}

/* A file whose pages are byte_of() their index, and mapped. */
static void begin_in(struct ksmfs_domain *domain, unsigned long pages)
{
	unsigned long i;

	file = file_new(domain, pages);
	guest = guest_map(file, pages, true);
	for (i = 0; i < pages; i++)
		guest_fill(guest, i, byte_of(i));
}

static void begin(unsigned long pages)
{
	begin_in(world.domain, pages);
}

/* Nobody maps these any more. */
static void cool(unsigned long first, unsigned long last)
{
	for (; first <= last; first++)
		guest_drop(guest, first);
}

static unsigned long reclaim(const struct ksmfs_reclaim_order *order,
			     unsigned long nr)
{
	struct ksmfs_packer packer;
	unsigned long taken;

	assert_int_equal(ksmfs_packer_init(&packer), 0);
	taken = ksmfs_reclaim(&file->region, &packer, order, nr);
	ksmfs_packer_destroy(&packer);
	world_check();
	return taken;
}

/* Have all pages packed, to @bytes and a few more; returns frames gained. */
static unsigned long pack_to(size_t bytes)
{
	char content[PAGE_SIZE];
	unsigned long i, taken;

	for (i = 0; i < file->pages; i++) {
		noise(content, bytes, i);
		assert_true(guest_write(guest, i, 0, content, bytes));
	}
	cool(0, file->pages - 1);
	taken = reclaim(&pack_all, file->pages);
	for (i = 0; i < file->pages; i++)
		assert_state(file, i, PACKED);
	return taken;
}

static void expect_state(unsigned long first, unsigned long last,
			 enum ksmfs_slot_state state)
{
	for (; first <= last; first++)
		assert_int_equal(file_state(file, first), state);
}

static void expect_contents(unsigned long first, unsigned long last)
{
	for (; first <= last; first++)
		guest_expect(guest, first, byte_of(first));
}

static unsigned long count_mapped(void)
{
	unsigned long i, nr = 0;

	for (i = 0; i < guest->nr; i++)
		nr += !!guest->pte[i].page;
	return nr;
}

static void there_is_a_second_chance(void **state)
{
	(void)state;
	begin(20);
	assert_int_equal(reclaim(&swap_all, 20), 0);
	expect_state(0, 19, KSMFS_SLOT_HOT);
	assert_int_equal(count_mapped(), 0);
	expect_contents(5, 6);
	assert_int_equal(reclaim(&swap_all, 20), 18);
	expect_state(0, 4, KSMFS_SLOT_SWAPPED);
	expect_state(5, 6, KSMFS_SLOT_HOT);
	expect_state(7, 19, KSMFS_SLOT_SWAPPED);
	assert_int_equal(reclaim(&swap_all, 20), 2);
	expect_contents(0, 19);
}

static void private_copies_stay(void **state)
{
	struct guest *private;

	(void)state;
	begin(4);
	private = guest_map(file, 4, false);
	guest_fill(private, 2, 0x99);
	reclaim(&swap_all, 4);
	assert_int_equal(reclaim(&swap_all, 4), 4);
	guest_expect(private, 2, 0x99);
	expect_contents(0, 3);
}

static void looks_are_limited(void **state)
{
	(void)state;
	begin(100);
	assert_int_equal(reclaim(&swap_all, 1), 0);
	assert_int_equal(count_mapped(), 100 - 16);
	assert_int_equal(file->region.reclaim.hand, 16);
	assert_int_equal(reclaim(&swap_all, 2), 0);
	assert_int_equal(count_mapped(), 100 - 48);
}

/* Once more round, those who were spared would go. */
static void nobody_is_looked_at_twice(void **state)
{
	(void)state;
	begin(10);
	reclaim(&swap_all, 0);
	assert_int_equal(count_mapped(), 10);
	file->region.reclaim.hand = 3;
	assert_int_equal(reclaim(&swap_all, 10), 0);
	expect_state(0, 9, KSMFS_SLOT_HOT);
	assert_int_equal(count_mapped(), 0);
}

static void the_hand_goes_round(void **state)
{
	(void)state;
	begin(10);
	cool(0, 9);
	file->region.reclaim.hand = 7;
	assert_int_equal(reclaim(&swap_all, 5), 5);
	expect_state(7, 9, KSMFS_SLOT_SWAPPED);
	expect_state(0, 1, KSMFS_SLOT_SWAPPED);
	expect_state(2, 6, KSMFS_SLOT_HOT);
	assert_int_equal(file->region.reclaim.hand, 2);
	/* Also if it was beyond the end, which has come nearer. */
	file->region.reclaim.hand = 700;
	expect_contents(0, 0);
	cool(0, 0);
	assert_int_equal(reclaim(&swap_all, 1), 1);
	expect_state(0, 0, KSMFS_SLOT_SWAPPED);
}

/* They are not among the slots that there are to be looked at. */
static void mapped_holes_cost_no_look(void **state)
{
	unsigned long i;

	(void)state;
	file = file_new(world.domain, 50);
	guest = guest_map(file, 50, true);
	for (i = 0; i < 40; i++)
		guest_expect(guest, i, 0);
	for (; i < 50; i++)
		guest_fill(guest, i, byte_of(i));
	cool(40, 49);
	assert_int_equal(reclaim(&swap_all, 2), 2);
	expect_state(40, 41, KSMFS_SLOT_SWAPPED);
	assert_int_equal(count_mapped(), 40);
}

static void an_empty_region_has_nothing(void **state)
{
	(void)state;
	file = file_new(world.domain, 10);
	assert_int_equal(reclaim(&both_all, 5), 0);
}

/* Calls that unmap, and where each begins. */
static unsigned long unmaps[8];
static size_t nr_unmaps;

static void note_unmap(struct address_space *mapping, unsigned long index)
{
	(void)mapping;
	if (nr_unmaps < ARRAY_SIZE(unmaps))
		unmaps[nr_unmaps] = index;
	nr_unmaps++;
	guest_before_unmap = note_unmap;
}

static void runs_are_unmapped_at_once(void **state)
{
	(void)state;
	begin(30);
	cool(10, 10);
	cool(20, 21);
	nr_unmaps = 0;
	guest_before_unmap = note_unmap;
	reclaim(&pack_all, 30);
	guest_before_unmap = NULL;
	assert_int_equal(nr_unmaps, 3);
	assert_int_equal(unmaps[0], 0);
	assert_int_equal(unmaps[1], 11);
	assert_int_equal(unmaps[2], 22);
	assert_int_equal(count_mapped(), 0);
	expect_state(10, 10, KSMFS_SLOT_PACKED);
	expect_state(0, 9, KSMFS_SLOT_HOT);

	/* Round the end it is not one run. */
	expect_contents(0, 29);
	file->region.reclaim.hand = 28;
	nr_unmaps = 0;
	guest_before_unmap = note_unmap;
	reclaim(&pack_all, 30);
	guest_before_unmap = NULL;
	assert_int_equal(nr_unmaps, 2);
	assert_int_equal(unmaps[0], 28);
	assert_int_equal(unmaps[1], 0);
	assert_int_equal(count_mapped(), 0);
}

/* Those the scanner has not looked up yet may have an equal. */
static void who_may_have_an_equal_is_spared(void **state)
{
	(void)state;
	begin(6);
	world_scan(2);	/* they are HINT */
	expect_state(0, 5, KSMFS_SLOT_HINT);
	guest_fill(guest, 2, 0x77);
	world_scan(1);
	guest_fill(guest, 2, byte_of(2));
	world_scan(1);
	expect_state(2, 2, KSMFS_SLOT_HOT);
	cool(0, 5);
	assert_int_equal(reclaim(&both_quiet, 6), 4);
	expect_state(2, 2, KSMFS_SLOT_HOT);
	expect_state(0, 1, KSMFS_SLOT_PACKED);
	expect_state(3, 5, KSMFS_SLOT_PACKED);
	reclaim(&pack_all, 1);
	expect_state(2, 2, KSMFS_SLOT_PACKED);
	expect_contents(0, 5);
}

static void merged_pages_and_holes_stay(void **state)
{
	struct scene scene = scene_new(world.domain);
	unsigned long i;

	(void)state;
	file = scene.file;
	guest = scene.guest;
	cool(0, SCENE_PAGES - 1);
	reclaim(&swap_all, 100);
	assert_state(file, KSMFS_SLOT_EMPTY, EMPTY);
	assert_state(file, KSMFS_SLOT_SHARED, SHARED);
	assert_state(file, KSMFS_SLOT_ZERO, ZERO);
	assert_state(file, SCENE_PARTNER, SHARED);
	assert_state(file, KSMFS_SLOT_HOT, SWAPPED);
	assert_state(file, KSMFS_SLOT_HINT, SWAPPED);
	assert_state(file, KSMFS_SLOT_CLEAN, SWAPPED);
	assert_state(file, KSMFS_SLOT_PACKED, SWAPPED);
	assert_state(file, KSMFS_SLOT_SWAPPED, SWAPPED);
	for (i = 0; i < SCENE_PAGES; i++)
		guest_expect(guest, i, scene_byte(i));
}

static void pinned_pages_stay(void **state)
{
	long pinned = stat_of(pages_pinned);
	struct ksmfs_packer packer;
	struct page *pin;

	(void)state;
	begin(3);
	pin = guest_pin(guest, 1);
	cool(0, 2);
	/* Not by reclaim(), to which a pin is wrong. */
	assert_int_equal(ksmfs_packer_init(&packer), 0);
	ksmfs_reclaim(&file->region, &packer, &swap_all, 3);
	ksmfs_reclaim(&file->region, &packer, &pack_all, 3);
	ksmfs_packer_destroy(&packer);
	assert_int_equal(stat_of(pages_pinned), pinned + 2);
	expect_state(1, 1, KSMFS_SLOT_HOT);
	expect_state(0, 0, KSMFS_SLOT_SWAPPED);
	expect_state(2, 2, KSMFS_SLOT_SWAPPED);
	memset(shim_page_content(pin), 0x99, PAGE_SIZE);
	put_page(pin);
	guest_expect(guest, 1, 0x99);
}

static void bad_memory_stays(void **state)
{
	long rejects = stat_of(pack_rejects);

	(void)state;
	begin(3);
	cool(0, 2);
	shim_page_poison(pfn_to_page(file_pfn(file, 1)));
	reclaim(&pack_all, 3);
	expect_state(0, 0, KSMFS_SLOT_PACKED);
	expect_state(2, 2, KSMFS_SLOT_PACKED);
	reclaim(&swap_all, 3);
	expect_state(0, 0, KSMFS_SLOT_SWAPPED);
	expect_state(1, 1, KSMFS_SLOT_HOT);
	assert_int_equal(stat_of(pack_rejects), rejects);
}

static void who_does_not_shrink_is_swapped(void **state)
{
	long rejects = stat_of(pack_rejects);

	(void)state;
	begin(3);
	guest_fill_noise(guest, 1, 5);
	cool(0, 2);
	reclaim(&pack_all, 3);
	expect_state(1, 1, KSMFS_SLOT_HOT);
	expect_state(0, 0, KSMFS_SLOT_PACKED);
	expect_state(2, 2, KSMFS_SLOT_PACKED);
	assert_int_equal(stat_of(pack_rejects), rejects + 1);
	file->region.reclaim.hand = 1;
	assert_int_equal(reclaim(&both_all, 1), 1);
	expect_state(1, 1, KSMFS_SLOT_SWAPPED);
	assert_int_equal(stat_of(pack_rejects), rejects + 2);
	guest_expect_noise(guest, 1, 5);
}

static unsigned int age_of(unsigned long index)
{
	struct ksmfs_slot *slot = ksmfs_region_slot(&file->region, index);
	unsigned int age;

	ksmfs_slot_lock(&file->region, slot);
	age = ksmfs_slot_age(&file->region, slot);
	ksmfs_slot_unlock(&file->region, slot);
	return age;
}

/* If it is CLEAN: in other states the age says something else. */
static void who_does_not_shrink_is_remembered(void **state)
{
	long rejects = stat_of(pack_rejects);

	(void)state;
	begin(1);
	guest_fill_noise(guest, 0, 5);
	cool(0, 0);
	world_scan(1);
	expect_state(0, 0, KSMFS_SLOT_HINT);
	assert_int_equal(age_of(0), 0);
	reclaim(&pack_all, 1);
	reclaim(&pack_all, 1);
	assert_int_equal(age_of(0), 0);
	assert_int_equal(stat_of(pack_rejects), rejects + 2);
	world_scan(5);
	expect_state(0, 0, KSMFS_SLOT_CLEAN);
	reclaim(&pack_all, 1);
	assert_int_equal(stat_of(pack_rejects), rejects + 3);
	reclaim(&pack_all, 1);
	assert_int_equal(stat_of(pack_rejects), rejects + 3);
	guest_fill(guest, 0, 7);
	cool(0, 0);
	reclaim(&pack_all, 1);
	expect_state(0, 0, KSMFS_SLOT_PACKED);
	guest_expect(guest, 0, 7);
}

static void who_does_not_shrink_can_be_swapped_later(void **state)
{
	long rejects;

	(void)state;
	begin(1);
	guest_fill_noise(guest, 0, 5);
	cool(0, 0);
	world_scan(6);
	expect_state(0, 0, KSMFS_SLOT_CLEAN);
	reclaim(&pack_all, 1);
	rejects = stat_of(pack_rejects);
	assert_int_equal(reclaim(&both_quiet, 1), 1);
	assert_int_equal(stat_of(pack_rejects), rejects);
	expect_state(0, 0, KSMFS_SLOT_SWAPPED);
	guest_expect_noise(guest, 0, 5);
}

static void who_cannot_go_keeps_his_mapping(void **state)
{
	struct ksmfs_swap *swap = world.quota.swap;

	(void)state;
	begin(1);
	guest_fill_noise(guest, 0, 5);
	cool(0, 0);
	world_scan(6);
	expect_state(0, 0, KSMFS_SLOT_CLEAN);
	reclaim(&pack_all, 1);
	guest_expect_noise(guest, 0, 5);
	reclaim(&pack_all, 1);
	assert_int_equal(count_mapped(), 1);
	world.quota.swap = NULL;
	reclaim(&both_all, 1);
	world.quota.swap = swap;
	assert_int_equal(count_mapped(), 1);
	reclaim(&both_all, 1);
	assert_int_equal(count_mapped(), 0);
}

/* The age of a HINT is not that of a page that does not shrink. */
static void who_was_found_unchanged_shrinks(void **state)
{
	(void)state;
	begin(1);
	cool(0, 0);
	world_scan(2);
	expect_state(0, 0, KSMFS_SLOT_HINT);
	assert_int_equal(age_of(0), MET);
	reclaim(&pack_all, 1);
	expect_state(0, 0, KSMFS_SLOT_PACKED);
}

static void who_is_met_packed_twice_is_swapped(void **state)
{
	(void)state;
	begin(8);
	cool(0, 7);
	reclaim(&both_all, 8);
	expect_state(0, 7, KSMFS_SLOT_PACKED);
	reclaim(&both_all, 8);
	expect_state(0, 7, KSMFS_SLOT_PACKED);
	guest_expect(guest, 3, byte_of(3));
	cool(3, 3);
	reclaim(&both_all, 8);
	expect_state(0, 2, KSMFS_SLOT_SWAPPED);
	expect_state(3, 3, KSMFS_SLOT_PACKED);
	expect_state(4, 7, KSMFS_SLOT_SWAPPED);
	expect_contents(0, 7);
}

/* Without a swap file they are met in vain, and so by who may not swap. */
static void packed_pages_stay_packed(void **state)
{
	struct ksmfs_swap *swap;
	int i;

	(void)state;
	begin(4);
	cool(0, 3);
	for (i = 0; i < 4; i++)
		reclaim(&pack_all, 4);
	expect_state(0, 3, KSMFS_SLOT_PACKED);
	swap = world.quota.swap;
	world.quota.swap = NULL;
	for (i = 0; i < 4; i++)
		reclaim(&both_all, 4);
	assert_int_equal(reclaim(&swap_all, 4), 0);
	world.quota.swap = swap;
	expect_state(0, 3, KSMFS_SLOT_PACKED);
	/* Who may only swap does it at once. */
	reclaim(&swap_all, 4);
	expect_state(0, 3, KSMFS_SLOT_SWAPPED);
	expect_contents(0, 3);
}

static void without_a_swap_file_private_pages_stay(void **state)
{
	struct ksmfs_swap *swap = world.quota.swap;

	(void)state;
	begin(4);
	cool(0, 3);
	world.quota.swap = NULL;
	assert_int_equal(reclaim(&swap_all, 4), 0);
	world.quota.swap = swap;
	expect_state(0, 3, KSMFS_SLOT_HOT);
}

/* As long as nothing can be taken, whoever asks. */
static void nobody_is_unmapped_in_vain(void **state)
{
	static const struct ksmfs_reclaim_order nothing = { .hot = true };
	struct ksmfs_swap *swap = world.quota.swap;

	(void)state;
	begin(4);
	assert_int_equal(reclaim(&nothing, 4), 0);
	world.quota.swap = NULL;
	assert_int_equal(reclaim(&swap_all, 4), 0);
	world.quota.swap = swap;
	shim_alloc_fail_nth(3);	/* the pool, behind those of the packer */
	assert_int_equal(reclaim(&pack_all, 4), 0);
	assert_true(shim_alloc_has_failed());
	assert_int_equal(count_mapped(), 4);
	assert_int_equal(file->region.reclaim.hand, 0);
}

/* Exactly as many; packed ones by what is left when they have been packed. */
static void as_many_as_wanted_are_taken(void **state)
{
	long frames;

	(void)state;
	begin(100);
	cool(0, 99);
	frames = stat_of(frames);
	assert_int_equal(reclaim(&swap_all, 5), 5);
	assert_int_equal(stat_of(frames), frames - 5);
	assert_int_equal(reclaim(&swap_all, 33), 33);
	assert_int_equal(stat_of(frames), frames - 38);
	expect_state(0, 37, KSMFS_SLOT_SWAPPED);
	expect_state(38, 99, KSMFS_SLOT_HOT);
	assert_int_equal(reclaim(&pack_all, 3), 3);
	expect_state(38, 41, KSMFS_SLOT_PACKED);
	expect_state(42, 99, KSMFS_SLOT_HOT);
	expect_contents(0, 99);
}

/* What packed content took is gained when it is swapped. */
static void swapping_packed_pages_gains_little(void **state)
{
	(void)state;
	begin(10);
	/* 10 times 2.5 KiB, and 10 times 1.5 */
	assert_in_range(pack_to(1500), 5, 6);
	assert_int_equal(reclaim(&swap_all, 10), 3);
	expect_state(0, 9, KSMFS_SLOT_SWAPPED);
	ksmfs_pack_compact(world.domain);
	assert_int_equal(stat_of(frames_packed), 0);
}

static void writes_are_batches(void **state)
{
	long requests;

	(void)state;
	begin(70);
	cool(0, 69);
	requests = atomic_long_read(&world.swap.requests);
	assert_int_equal(reclaim(&swap_all, 70), 70);
	assert_int_equal(atomic_long_read(&world.swap.requests), requests + 3);
}

/* Those who wait for a slot do not wait for another leaf's. */
static void a_batch_does_not_leave_its_leaf(void **state)
{
	unsigned long end = KSMFS_LEAF_SLOTS;
	unsigned long i;
	long requests;

	(void)state;
	file = file_new(world.domain, end + 4);
	guest = guest_map(file, end + 4, true);
	for (i = end - 4; i < end + 4; i++)
		guest_fill(guest, i, byte_of(i));
	cool(end - 4, end + 3);
	requests = atomic_long_read(&world.swap.requests);
	assert_int_equal(reclaim(&swap_all, 8), 8);
	assert_int_equal(atomic_long_read(&world.swap.requests), requests + 2);
	expect_contents(end - 4, end + 3);
}

static void what_is_not_written_stays(void **state)
{
	(void)state;
	begin(6);
	guest_fill_noise(guest, 1, 9);
	cool(0, 5);
	reclaim(&pack_all, 3);
	expect_state(0, 0, KSMFS_SLOT_PACKED);
	expect_state(1, 1, KSMFS_SLOT_HOT);
	expect_state(2, 4, KSMFS_SLOT_PACKED);
	expect_state(5, 5, KSMFS_SLOT_HOT);
	world.swap.fails = true;
	assert_int_equal(reclaim(&swap_all, 6), 0);
	world.swap.fails = false;
	expect_state(0, 0, KSMFS_SLOT_PACKED);
	expect_state(1, 1, KSMFS_SLOT_HOT);
	expect_state(2, 4, KSMFS_SLOT_PACKED);
	expect_state(5, 5, KSMFS_SLOT_HOT);
	assert_true(ksmfs_swap_count(world.quota.swap).bad);
	guest_expect_noise(guest, 1, 9);
	cool(1, 1);
	reclaim(&swap_all, 6);
	expect_state(0, 5, KSMFS_SLOT_SWAPPED);
	expect_contents(2, 5);
	guest_expect_noise(guest, 1, 9);
}

/* Some go and some do not: the file is full in the middle of a batch. */
static void who_finds_no_room_stays(void **state)
{
	struct ksmfs_swap *swap = world.quota.swap;
	unsigned long i, places = ksmfs_swap_count(swap).pages;
	unsigned long taken[WORLD_PLACES];
	struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

	(void)state;
	for (i = 0; i < places - 3; i++)
		assert_int_equal(ksmfs_swap_out(swap, &page, 1, &taken[i]), 1);
	begin(6);
	cool(0, 5);
	assert_int_equal(reclaim(&swap_all, 6), 3);
	expect_state(0, 2, KSMFS_SLOT_SWAPPED);
	expect_state(3, 5, KSMFS_SLOT_HOT);
	expect_contents(0, 5);
	for (i = 0; i < places - 3; i++)
		ksmfs_swap_release(swap, taken[i]);
	put_page(page);
}

static void without_memory_packed_pages_stay(void **state)
{
	struct ksmfs_packer packer;

	(void)state;
	begin(2);
	cool(0, 1);
	reclaim(&pack_all, 2);
	world_empty_pools();
	assert_int_equal(ksmfs_packer_init(&packer), 0);
	shim_alloc_fail_one_in(1, 0);
	ksmfs_reclaim(&file->region, &packer, &swap_all, 2);
	shim_alloc_fail_one_in(0, 0);
	ksmfs_packer_destroy(&packer);
	expect_state(0, 1, KSMFS_SLOT_PACKED);
	expect_contents(0, 1);
}

static void damaged_content_stays_where_it_is(void **state)
{
	(void)state;
	begin(2);
	cool(0, 1);
	reclaim(&pack_all, 2);
	shim_zs_damage_nth(1);
	reclaim(&swap_all, 2);
	expect_state(0, 0, KSMFS_SLOT_PACKED);
	expect_state(1, 1, KSMFS_SLOT_SWAPPED);
	expect_contents(0, 1);
}

/* That passes, also for who is CLEAN. */
static void without_memory_nothing_is_packed(void **state)
{
	(void)state;
	begin(2);
	world_scan(6);
	expect_state(0, 1, KSMFS_SLOT_CLEAN);
	cool(0, 1);
	shim_alloc_fail_nth(4);	/* behind those of the packer, and the pool */
	reclaim(&pack_all, 2);
	assert_true(shim_alloc_has_failed());
	expect_state(0, 0, KSMFS_SLOT_CLEAN);
	expect_state(1, 1, KSMFS_SLOT_PACKED);
	reclaim(&pack_all, 2);
	expect_state(0, 0, KSMFS_SLOT_PACKED);
	expect_contents(0, 1);
}

static void a_dying_region_is_left(void **state)
{
	(void)state;
	begin(4);
	cool(0, 3);
	file->region.dying = true;
	assert_int_equal(reclaim(&swap_all, 4), 0);
	file->region.dying = false;
	expect_state(0, 3, KSMFS_SLOT_HOT);
}

static void a_signal_ends_it(void **state)
{
	(void)state;
	begin(4);
	cool(0, 3);
	current->signal = true;
	assert_int_equal(reclaim(&swap_all, 4), 0);
	current->signal = false;
	expect_state(0, 3, KSMFS_SLOT_HOT);
}

static void *reclaim_all(void *arg)
{
	struct ksmfs_packer packer;

	(void)arg;
	if (!ksmfs_packer_init(&packer)) {
		ksmfs_reclaim(&file->region, &packer, &swap_all, 4);
		ksmfs_packer_destroy(&packer);
	}
	return NULL;
}

static void who_is_held_is_passed_by(void **state)
{
	struct ksmfs_slot *slot;
	pthread_t thread;

	(void)state;
	begin(4);
	cool(0, 3);
	slot = ksmfs_region_slot(&file->region, 2);
	ksmfs_slot_lock(&file->region, slot);
	assert_int_equal(pthread_create(&thread, NULL, reclaim_all, NULL), 0);
	pthread_join(thread, NULL);
	ksmfs_slot_unlock(&file->region, slot);
	expect_state(0, 1, KSMFS_SLOT_SWAPPED);
	expect_state(2, 2, KSMFS_SLOT_HOT);
	expect_state(3, 3, KSMFS_SLOT_SWAPPED);
	expect_contents(0, 3);
}

/* When the first slot is about to be locked it is punched, and those behind it. */
static bool punch_first;

static bool trylock_late(struct ksmfs_region *region, struct ksmfs_slot *slot)
{
	if (punch_first)
		ksmfs_punch(region, region->reclaim.hand - 1, file->pages - 1);
	punch_first = false;
	return ksmfs_slot_trylock(region, slot);
}

static void a_glance_is_not_enough(void **state)
{
	(void)state;
	begin(2);
	cool(0, 1);
	file->region.reclaim.hand = 1;
	punch_first = true;
	assert_int_equal(reclaim(&swap_all, 2), 1);
	assert_false(punch_first);
	expect_state(0, 0, KSMFS_SLOT_SWAPPED);
	expect_state(1, 1, KSMFS_SLOT_EMPTY);
	guest_expect(guest, 0, byte_of(0));
	guest_expect(guest, 1, 0);
}

/* Holes that are mapped cost no look, so they must not be looked at for ever. */
static void a_turn_ends_where_it_began(void **state)
{
	(void)state;
	begin(4);
	ksmfs_punch(&file->region, 0, 1);
	guest_expect(guest, 0, 0);
	guest_expect(guest, 1, 0);
	file->region.reclaim.hand = 2;
	punch_first = true;
	alarm(10);
	assert_int_equal(reclaim(&swap_all, 2), 0);
	alarm(0);
	assert_false(punch_first);
	expect_state(0, 3, KSMFS_SLOT_EMPTY);
}

/* It would wait for frames, or take those at hand from who breaks. */
static void copies_of_packed_content_are_refilled(void **state)
{
	(void)state;
	begin(8);
	cool(0, 7);
	reclaim(&pack_all, 8);
	world_empty_pools();
	reclaim(&swap_all, 8);
	expect_state(0, 7, KSMFS_SLOT_SWAPPED);
	assert_true(stat_of(frames_cached) > 8);
}

static unsigned long reclaim_mount(struct ksmfs_quota *quota, unsigned long nr)
{
	struct ksmfs_packer packer;
	unsigned long taken;

	assert_int_equal(ksmfs_packer_init(&packer), 0);
	taken = ksmfs_reclaim_mount(quota, &packer, &swap_all, nr);
	ksmfs_packer_destroy(&packer);
	return taken;
}

static unsigned long private_of(struct file *of)
{
	return ksmfs_region_private(&of->region);
}

static unsigned long swapped_of(struct file *of)
{
	return atomic_long_read(&of->region.slots[KSMFS_SLOT_SWAPPED]);
}

/* Each gives what it has of all, and one more. */
static void the_rich_give_more(void **state)
{
	struct file *rich, *poor, *none;

	(void)state;
	begin(60);
	cool(0, 59);
	rich = file;
	none = file_new(world.domain, 10);
	begin(20);
	cool(0, 19);
	poor = file;
	assert_int_equal(reclaim_mount(&world.quota, 20), 16 + 6);
	assert_int_equal(private_of(rich), 60 - 16);
	assert_int_equal(private_of(none), 0);
	assert_int_equal(private_of(poor), 20 - 6);
}

/* What is packed counts, too: two of these pages are a frame. */
static void packed_regions_give_their_part(void **state)
{
	struct file *packed;

	(void)state;
	begin(60);
	pack_to(1900);
	packed = file;
	begin(20);
	cool(0, 19);
	assert_int_equal(reclaim_mount(&world.quota, 20), 16 + 6);
	assert_in_range(swapped_of(packed), 2 * 16, 2 * 16 + 4);
	assert_int_equal(private_of(file), 20 - 6);
}

static void a_mount_without_private_pages_gives(void **state)
{
	(void)state;
	begin(20);
	pack_to(1900);
	assert_int_equal(private_of(file), 0);
	assert_int_equal(reclaim_mount(&world.quota, 5), 5 + 1);
}

/* So those who were spared stay. */
static void each_gives_once(void **state)
{
	(void)state;
	begin(10);
	begin(10);
	assert_int_equal(reclaim_mount(&world.quota, 20), 0);
	assert_int_equal(count_mapped(), 0);
	assert_int_equal(reclaim_mount(&world.quota, 20), 20);
}

static void the_turn_goes_on_where_it_stopped(void **state)
{
	struct file *files[3];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		begin(5);
		cool(0, 4);
		files[i] = file;
	}
	for (i = 0; i < 2 * ARRAY_SIZE(files); i++) {
		struct file *next = files[i % ARRAY_SIZE(files)];
		unsigned long had = private_of(next);

		assert_int_equal(reclaim_mount(&world.quota, 1), 1);
		assert_int_equal(private_of(next), had - 1);
	}
	/* Also if the next one has gone. */
	file_del(files[0]);
	assert_int_equal(reclaim_mount(&world.quota, 1), 1);
	assert_int_equal(private_of(files[1]), 5 - 3);
}

static void a_turn_is_all_that_is_in_use(void **state)
{
	(void)state;
	assert_int_equal(ksmfs_reclaim_turn(&world.quota), 0);
	scene_new(world.domain);
	file_new(world.domain, 10);
	begin_in(world.other, 7);
	/* All of a scene but its hole. */
	assert_int_equal(ksmfs_reclaim_turn(&world.quota),
			 SCENE_PAGES - 1 + 7);
	world.other->strict = true;
	assert_int_equal(ksmfs_reclaim_turn(&world.quota), SCENE_PAGES - 1);
	world.domain->strict = true;
	assert_int_equal(ksmfs_reclaim_turn(&world.quota), 0);
}

/* All that is in use is merged: there is nothing to go round for. */
static void without_what_can_be_taken_there_is_no_turn(void **state)
{
	struct file *twins = file_new(world.domain, 2);
	struct guest *its = guest_map(twins, 2, true);

	(void)state;
	guest_fill(its, 0, 0x11);
	guest_fill(its, 1, 0x11);
	assert_int_equal(ksmfs_reclaim_turn(&world.quota), 2);
	world_scan(3);
	assert_state(twins, 0, SHARED);
	assert_state(twins, 1, SHARED);
	assert_int_equal(ksmfs_reclaim_turn(&world.quota), 0);
}

static void all_pools_are_compacted(void **state)
{
	long packed;
	long used;

	(void)state;
	begin(10);
	pack_to(1900);
	reclaim(&swap_all, 10);
	begin_in(world.other, 20);
	pack_to(1900);
	reclaim(&swap_all, 20);
	used = atomic_long_read(&world.quota.used);
	packed = stat_of(frames_packed);
	assert_true(packed > 10);
	ksmfs_reclaim_compact(&world.quota);
	assert_int_equal(stat_of(frames_packed), 0);
	assert_int_equal(atomic_long_read(&world.quota.used), used - packed);
	assert_int_equal(atomic_long_read(&world.quota.packed), 0);
}

static void it_ends_when_there_is_enough(void **state)
{
	struct file *first;

	(void)state;
	begin(60);
	cool(0, 59);
	first = file;
	begin(1);
	cool(0, 0);
	assert_int_equal(reclaim_mount(&world.quota, 10), 10);
	assert_int_equal(private_of(first), 50);
	assert_int_equal(private_of(file), 1);
}

static void other_mounts_are_left_alone(void **state)
{
	struct ksmfs_quota quota = {};
	struct ksmfs_domain *domain;
	struct file *theirs;

	(void)state;
	ksmfs_quota_init(&quota, 100);
	ksmfs_unshare_init(&quota.unshare);
	quota.swap = world.quota.swap;
	domain = ksmfs_domain_new(7, 7, &quota, &ksmfs_stable_ops);
	assert_false(IS_ERR(domain));
	theirs = file_new(domain, 40);
	guest = guest_map(theirs, 40, true);
	guest_fill(guest, 0, 1);
	guest_drop(guest, 0);
	begin(4);
	cool(0, 3);
	assert_int_equal(reclaim_mount(&world.quota, 100), 4);
	assert_int_equal(private_of(theirs), 1);
	assert_int_equal(private_of(file), 0);
	assert_int_equal(reclaim_mount(&world.quota, 100), 0);
	assert_int_equal(reclaim_mount(&quota, 100), 1);
	assert_state(theirs, 0, SWAPPED);
	assert_int_equal(atomic_long_read(&quota.debt), 1);
	file_del(theirs);
	ksmfs_domain_put(domain);
	assert_int_equal(atomic_long_read(&quota.used), 0);
	assert_int_equal(atomic_long_read(&quota.debt), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(there_is_a_second_chance),
		world_test(private_copies_stay),
		world_test(looks_are_limited),
		world_test(nobody_is_looked_at_twice),
		world_test(the_hand_goes_round),
		world_test(mapped_holes_cost_no_look),
		world_test(an_empty_region_has_nothing),
		world_test(runs_are_unmapped_at_once),
		world_test(who_may_have_an_equal_is_spared),
		world_test(merged_pages_and_holes_stay),
		world_test(pinned_pages_stay),
		world_test(bad_memory_stays),
		world_test(who_does_not_shrink_is_swapped),
		world_test(who_does_not_shrink_is_remembered),
		world_test(who_does_not_shrink_can_be_swapped_later),
		world_test(who_cannot_go_keeps_his_mapping),
		world_test(who_was_found_unchanged_shrinks),
		world_test(who_is_met_packed_twice_is_swapped),
		world_test(packed_pages_stay_packed),
		world_test(without_a_swap_file_private_pages_stay),
		world_test(nobody_is_unmapped_in_vain),
		world_test(as_many_as_wanted_are_taken),
		world_test(swapping_packed_pages_gains_little),
		world_test(writes_are_batches),
		world_test(a_batch_does_not_leave_its_leaf),
		world_test(what_is_not_written_stays),
		world_test(who_finds_no_room_stays),
		world_test(without_memory_packed_pages_stay),
		world_test(damaged_content_stays_where_it_is),
		world_test(without_memory_nothing_is_packed),
		world_test(a_dying_region_is_left),
		world_test(a_signal_ends_it),
		world_test(who_is_held_is_passed_by),
		world_test(a_glance_is_not_enough),
		world_test(a_turn_ends_where_it_began),
		world_test(copies_of_packed_content_are_refilled),
		world_test(the_rich_give_more),
		world_test(packed_regions_give_their_part),
		world_test(a_mount_without_private_pages_gives),
		world_test(each_gives_once),
		world_test(the_turn_goes_on_where_it_stopped),
		world_test(a_turn_is_all_that_is_in_use),
		world_test(without_what_can_be_taken_there_is_no_turn),
		world_test(all_pools_are_compacted),
		world_test(it_ends_when_there_is_enough),
		world_test(other_mounts_are_left_alone),
	};

	return cmocka_run_group_tests_name("reclaim", tests, NULL, NULL);
}
