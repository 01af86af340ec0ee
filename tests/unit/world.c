// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <unistd.h>
#include "tests/unit/world.h"
#include "cow/break.h"
#include "hash/fingerprint.h"
#include "ksm/mode.h"
#include "ksm/reclaim.h"
#include "ksm/stable.h"
#include "cow/swap.h"

#define MAX_PFN 0x10000

struct world world;
unsigned long world_places = WORLD_PLACES;

static struct lock_class_key i_mmap_key;

/* Guards world.files and world.last_ino. */
static pthread_mutex_t files_lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- a swap file that is an array ---- */

static char medium[WORLD_PLACES][PAGE_SIZE];

/* A place is somebody's while he reads, writes or wipes it. */
static void take_place(unsigned long place)
{
	if (__atomic_exchange_n(&world.swap.busy[place], true,
				__ATOMIC_RELAXED))
		shim_die("place %lu is used twice", place);
}

static void leave_place(unsigned long place)
{
	WRITE_ONCE(world.swap.busy[place], false);
}

/* Every second error is one that passes. */
static int carry_out(void)
{
	long nr = atomic_long_inc_return(&world.swap.requests);
	unsigned int each = READ_ONCE(world.swap.fails_each);

	might_sleep();
	if (world.swap.delay)
		usleep(nr * 7919 % world.swap.delay);
	if (world.swap.fails)
		return -EIO;
	if (!each || nr % each)
		return 0;
	return nr / each % 2 ? -ENOMEM : -EIO;
}

static void write_page(unsigned long place, struct page *frame, int err)
{
	take_place(place);
	if (memchr_inv(medium[place], 0, PAGE_SIZE))
		shim_die("place %lu is used again and was not wiped", place);
	memcpy(medium[place], shim_page_content(frame),
	       err ? PAGE_SIZE / 2 : PAGE_SIZE);
	leave_place(place);
}

static void medium_write(void *file, struct ksmfs_swap_run *runs,
			 unsigned int nr)
{
	unsigned int i;

	(void)file;
	for (; nr--; runs++) {
		runs->err = carry_out();
		for (i = 0; i < runs->nr; i++)
			write_page(runs->place + i, runs->frames[i], runs->err);
	}
}

static int read_page(unsigned long place, struct page *frame, int err)
{
	if (world.swap.bad[place])
		err = -EIO;
	take_place(place);
	memcpy(shim_page_content(frame), medium[place],
	       err ? PAGE_SIZE / 2 : PAGE_SIZE);
	leave_place(place);
	return err;
}

static void medium_read(void *file, struct ksmfs_swap_run *runs,
			unsigned int nr)
{
	unsigned int i;

	(void)file;
	for (; nr--; runs++) {
		runs->err = carry_out();
		for (i = 0; i < runs->nr; i++)
			runs->err = read_page(runs->place + i, runs->frames[i],
					      runs->err);
	}
}

static int medium_wipe(void *file, unsigned long place, unsigned long nr,
		       bool last)
{
	(void)file;
	(void)last;
	might_sleep();
	for (; nr--; place++) {
		take_place(place);
		memset(medium[place], 0, PAGE_SIZE);
		leave_place(place);
	}
	return 0;
}

static void medium_do_nothing(void *file)
{
	(void)file;
}

static const struct ksmfs_swap_ops medium_ops = {
	.write = medium_write,
	.read = medium_read,
	.wipe = medium_wipe,
	.wipe_later = medium_do_nothing,
	.close = medium_do_nothing,
};

/* Nothing happens behind the tests' backs: world_check() does it. */
static void unshare_later(struct ksmfs_quota *quota)
{
	(void)quota;
}

int world_begin(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	memset(medium, 0, sizeof(medium));
	ksmfs_quota_init(&world.quota, WORLD_FRAMES);
	ksmfs_unshare_init(&world.quota.unshare);
	world.quota.unshare.later = unshare_later;
	world.quota.swap = ksmfs_swap_new(world_places, &medium_ops, NULL);
	ksmfs_scan_init(&world.scan);
	world.domain = ksmfs_domain_new(1, 0x1234, &world.quota,
					&ksmfs_stable_ops);
	world.other = ksmfs_domain_new(2, 0x5678, &world.quota,
				       &ksmfs_stable_ops);
	return IS_ERR(world.domain) || IS_ERR(world.other) ||
	       IS_ERR(world.quota.swap);
}

/* Every gauge is back at 0, whether its name is known here or not. */
static void check_gauges_are_zero(void)
{
	enum { GAUGE, COUNTER, BYTES } kind;

#define X(name, is, help)                                                      \
	kind = is;                                                             \
	if (kind != COUNTER && stat_of(name))                                  \
		fail_msg("%s is %ld at the end", #name, stat_of(name));
	KSMFS_STATS(X)
#undef X
}

int world_end(void **state)
{
	struct hlist_node *link;

	(void)state;
	shim_alloc_fail_nth(0);
	shim_alloc_fail_one_in(0, 0);
	ksmfs_fingerprint_bits = 64;
	current->signal = false;
	if (shim_lockdep_held())
		fail_msg("%s is held at the end", shim_lockdep_held());
	while ((link = world.files.first))
		file_del(hlist_entry(link, struct file, link));
	/* Fail here: to put the domains would end the program. */
	assert_int_equal(stat_of(frames), 0);
	ksmfs_domain_put(world.domain);
	ksmfs_domain_put(world.other);
	check_gauges_are_zero();
	assert_int_equal(atomic_long_read(&world.quota.used), 0);
	assert_int_equal(atomic_long_read(&world.quota.debt), 0);
	ksmfs_swap_free(world.quota.swap);
	assert_int_equal(shim_page_live(), 0);
	assert_int_equal(shim_alloc_live(), 0);
	return 0;
}

/* Where no new ones can be had a pool gives what it has. */
void world_empty_pools(void)
{
	int node = current->node;
	struct page *frame;

	shim_alloc_fail_one_in(1, 0);
	for (current->node = 0; current->node < MAX_NUMNODES; current->node++) {
		while ((frame = ksmfs_pool_get(GFP_NOWAIT)))
			put_page(frame);
	}
	current->node = node;
	shim_alloc_fail_one_in(0, 0);
	assert_int_equal(stat_of(frames_cached), 0);
}

struct file *file_try_new(struct ksmfs_domain *domain, unsigned long pages)
{
	struct file *file = calloc(1, sizeof(*file));
	u64 ino;

	if (!file)
		return NULL;
	pthread_mutex_lock(&files_lock);
	ino = ++world.last_ino;
	pthread_mutex_unlock(&files_lock);
	file->inode.i_private = &file->region;
	file->mapping.host = &file->inode;
	pthread_rwlock_init(&file->mapping.i_mmap_rwsem, NULL);
	lockdep_init_map(&file->mapping.dep_map, "i_mmap_rwsem", &i_mmap_key,
			 0);
	file->pages = pages;
	if (ksmfs_region_add(&file->region, domain, &file->mapping, ino)) {
		free(file);
		return NULL;
	}
	pthread_mutex_lock(&files_lock);
	hlist_add_head(&file->link, &world.files);
	pthread_mutex_unlock(&files_lock);
	return file;
}

struct file *file_new(struct ksmfs_domain *domain, unsigned long pages)
{
	struct file *file = file_try_new(domain, pages);

	assert_non_null(file);
	return file;
}

void file_del(struct file *file)
{
	struct hlist_node *link;

	while ((link = file->mapping.i_mmap.first))
		guest_unmap(hlist_entry(link, struct guest, link));
	pthread_mutex_lock(&files_lock);
	hlist_del_init(&file->link);
	pthread_mutex_unlock(&files_lock);
	ksmfs_region_del(&file->region);
	synchronize_rcu();
	free(file);
}

void world_scan(unsigned int passes)
{
	ksmfs_scan_ask(&world.scan, passes);
	while (ksmfs_scan_asked(&world.scan))
		ksmfs_scan_work(&world.scan, 1, 7);
}

unsigned long world_reclaim(struct file *file, bool pack, bool swap)
{
	struct ksmfs_reclaim_order order = {
		.pack = pack, .swap = swap, .hot = true,
	};
	struct ksmfs_packer packer;
	unsigned long nr;

	if (ksmfs_packer_init(&packer))
		return 0;
	nr = ksmfs_reclaim(&file->region, &packer, &order, file->pages);
	ksmfs_packer_destroy(&packer);
	return nr;
}

enum ksmfs_slot_state file_state(struct file *file, unsigned long index)
{
	struct ksmfs_slot *slot = ksmfs_region_slot(&file->region, index);

	assert_false(IS_ERR(slot));
	return ksmfs_slot_state(slot);
}

unsigned long file_pfn(struct file *file, unsigned long index)
{
	struct ksmfs_slot *slot = ksmfs_region_slot(&file->region, index);
	struct page *frame;

	assert_false(IS_ERR(slot));
	ksmfs_slot_lock(&file->region, slot);
	frame = ksmfs_slot_frame(&file->region, slot);
	ksmfs_slot_unlock(&file->region, slot);
	return frame ? page_to_pfn(frame) : 0;
}

int scene_byte(unsigned long index)
{
	static const int bytes[SCENE_PAGES] = {
		[KSMFS_SLOT_EMPTY] = 0,
		[KSMFS_SLOT_HOT] = 0x11,
		[KSMFS_SLOT_HINT] = 0x22,
		[KSMFS_SLOT_CLEAN] = 0x44,
		[KSMFS_SLOT_SHARED] = 0x33,
		[KSMFS_SLOT_ZERO] = 0,
		[KSMFS_SLOT_PACKED] = 0x55,
		[KSMFS_SLOT_SWAPPED] = 0x66,
		[SCENE_PARTNER] = 0x33,
	};

	return bytes[index];
}

/* Reclaim a page, and none of those that are there already. */
static void put_away(struct scene *scene, unsigned long index, bool pack)
{
	guest_fill(scene->guest, index, scene_byte(index));
	guest_drop(scene->guest, index);
	world_reclaim(scene->file, pack, !pack);
	guest_expect(scene->guest, KSMFS_SLOT_CLEAN,
		     scene_byte(KSMFS_SLOT_CLEAN));
}

struct scene scene_new(struct ksmfs_domain *domain)
{
	struct scene scene = { .file = file_new(domain, SCENE_PAGES) };
	unsigned long i;

	scene.guest = guest_map(scene.file, SCENE_PAGES, true);
	scene.region = &scene.file->region;
	/* What is to be CLEAN has to be quiet for longer than the others. */
	guest_fill(scene.guest, KSMFS_SLOT_CLEAN, scene_byte(KSMFS_SLOT_CLEAN));
	world_scan(2);
	put_away(&scene, KSMFS_SLOT_SWAPPED, false);
	put_away(&scene, KSMFS_SLOT_PACKED, true);
	for (i = KSMFS_SLOT_HOT; i < SCENE_PAGES; i++) {
		if (i != KSMFS_SLOT_CLEAN &&
		    !ksmfs_slot_is_away(file_state(scene.file, i)))
			guest_fill(scene.guest, i, scene_byte(i));
	}
	world_scan(1);
	guest_fill(scene.guest, KSMFS_SLOT_HOT, 0);
	world_scan(1);
	guest_fill(scene.guest, KSMFS_SLOT_HOT, scene_byte(KSMFS_SLOT_HOT));
	for (i = 0; i < KSMFS_NR_SLOT_STATES; i++)
		assert_int_equal(file_state(scene.file, i), i);
	assert_state(scene.file, SCENE_PARTNER, SHARED);
	world_check();
	return scene;
}

struct ksmfs_slot *scene_slot(const struct scene *scene, unsigned long index)
{
	return ksmfs_region_slot(scene->region, index);
}

/**
 * struct share - what a count finds in one domain
 * @domain: which
 * @frames: that are shared
 * @slots: that share them
 * @packed: slots whose content is packed
 */
struct share {
	struct ksmfs_domain *domain;
	long frames;
	long slots;
	long packed;
};

/* Domains of the world, and others that live on through their files. */
#define MAX_DOMAINS 32

/**
 * struct census - what a count finds
 * @slots: in each state
 * @users: slots that hold each frame
 * @owner: and their domain
 * @share: of each domain; those behind the last have none
 */
struct census {
	long slots[KSMFS_NR_SLOT_STATES];
	unsigned short users[MAX_PFN];
	struct ksmfs_domain *owner[MAX_PFN];
	struct share share[MAX_DOMAINS + 1];
};

static struct share *share_of(struct census *census,
			      struct ksmfs_domain *domain)
{
	struct share *share = census->share;

	while (share->domain && share->domain != domain)
		share++;
	assert_true(share < census->share + MAX_DOMAINS);
	share->domain = domain;
	return share;
}

static void count_frame(struct census *census, struct file *file,
			unsigned long index, struct page *frame,
			enum ksmfs_slot_state state)
{
	bool is_hint = state == KSMFS_SLOT_HINT || state == KSMFS_SLOT_CLEAN;
	struct share *share = share_of(census, file->region.domain);
	bool in_tree = !hlist_unhashed(ksmfs_frame_link(frame));
	bool may_be_either = is_hint && file->unfinished;
	unsigned long pfn = page_to_pfn(frame);

	/* Nobody would look for a hint in mode zero. */
	if (file->region.domain->merge == KSMFS_MERGE_zero)
		is_hint = false;
	if (!census->users[pfn]++)
		census->owner[pfn] = share->domain;
	assert_ptr_equal(census->owner[pfn], share->domain);
	if (state != KSMFS_SLOT_SHARED)
		assert_true(in_tree == is_hint || may_be_either);
	else if (!in_tree)
		assert_int_equal(frame->index, 1);
	assert_int_equal(page_count(frame), 1 + folio_mapcount(page_folio(frame)));
	if (state == KSMFS_SLOT_SHARED) {
		assert_null(frame->mapping);
		share->slots++;
		share->frames += census->users[pfn] == 1;
	} else {
		assert_ptr_equal(frame->mapping, &file->mapping);
		assert_int_equal(frame->index, index);
		assert_int_equal(census->users[pfn], 1);
	}
}

/*
 * What is read-only has the content that its fingerprint promises; of bad memory
 * nobody may look.
 */
static void check_fingerprint(struct file *file, struct page *frame,
			      enum ksmfs_slot_state state)
{
	u64 fingerprint = ksmfs_frame_fingerprint(frame);
	const struct ksmfs_region *region = &file->region;
	u64 own = ksmfs_mode_seed(region, KSMFS_MERGE_self);
	u64 common = region->domain->seed;
	u64 seed = ksmfs_mode_seed(region, region->domain->merge);

	if (state != KSMFS_SLOT_CLEAN && state != KSMFS_SLOT_SHARED)
		return;
	if (PageHWPoison(frame))
		return;
	if (ksmfs_fingerprint_again(frame, seed, fingerprint) == fingerprint)
		return;
	/* It stayed when the mode was loosened, or not all could be undone. */
	assert_true(state == KSMFS_SLOT_SHARED || file->unfinished);
	if (ksmfs_fingerprint_again(frame, own, fingerprint) == fingerprint)
		return;
	assert_true(file->unfinished);
	assert_true(ksmfs_fingerprint_again(frame, common, fingerprint) ==
		    fingerprint);
}

/* What page tables say of a slot must be what the slot says. */
static void check_ptes(struct file *file, unsigned long index,
		       struct ksmfs_slot *slot, struct page *frame)
{
	enum ksmfs_slot_state state = ksmfs_slot_state(slot);
	bool is_private = ksmfs_slot_is_private(state);
	bool is_away = ksmfs_slot_is_away(state);
	struct page *shown = is_away ? NULL :
				       ksmfs_break_peek(&file->region, slot);
	struct hlist_node *link;
	int mapped = 0;

	hlist_for_each(link, &file->mapping.i_mmap) {
		struct guest *guest = hlist_entry(link, struct guest, link);
		struct pte *pte = &guest->pte[index];

		if (index >= guest->nr || !pte->page || pte->anon)
			continue;
		mapped++;
		assert_ptr_equal(pte->page, shown);
		assert_false(pte->writable && !ksmfs_slot_is_restless(state));
	}
	if (is_private)
		assert_int_equal(folio_mapcount(page_folio(frame)), mapped);
	else if (mapped)
		assert_true(ksmfs_slot_mapped(&file->region, slot));
}

/* The scanner finds all slots that it has to visit. */
static void check_restless(struct ksmfs_region *region, long expected)
{
	unsigned long index;
	long found = 0;

	for (index = 0; ksmfs_region_find_restless(region, &index); index++)
		found++;
	assert_int_equal(found, expected);
}

static void count_file(struct census *census, struct file *file)
{
	struct ksmfs_region *region = &file->region;
	long slots[KSMFS_NR_SLOT_STATES] = {};
	struct ksmfs_slot *slot;
	unsigned long index;
	int state;

	for (index = 0; (slot = ksmfs_region_find(region, &index, ULONG_MAX));
	     index++) {
		struct page *frame;

		ksmfs_slot_lock(region, slot);
		state = ksmfs_slot_state(slot);
		frame = ksmfs_slot_frame(region, slot);
		if (state == KSMFS_SLOT_EMPTY || state == KSMFS_SLOT_ZERO ||
		    ksmfs_slot_is_away(state))
			assert_null(frame);
		else
			assert_non_null(frame);
		if (frame)
			count_frame(census, file, index, frame, state);
		if (frame)
			check_fingerprint(file, frame, state);
		check_ptes(file, index, slot, frame);
		ksmfs_slot_unlock(region, slot);
		slots[state]++;
	}
	share_of(census, region->domain)->packed += slots[KSMFS_SLOT_PACKED];
	for (state = KSMFS_SLOT_HOT; state < KSMFS_NR_SLOT_STATES; state++) {
		assert_int_equal(atomic_long_read(&region->slots[state]),
				 slots[state]);
		census->slots[state] += slots[state];
	}
	assert_int_equal(ksmfs_region_private(region),
			 slots[KSMFS_SLOT_HOT] + slots[KSMFS_SLOT_HINT] +
				 slots[KSMFS_SLOT_CLEAN]);
	check_restless(region, slots[KSMFS_SLOT_HOT] +
			       slots[KSMFS_SLOT_HINT]);
}

static void check_sharers(const struct census *census)
{
	unsigned long pfn;

	for (pfn = 0; pfn < MAX_PFN; pfn++) {
		struct page *frame;

		if (!census->users[pfn])
			continue;
		frame = pfn_to_page(pfn);
		if (ksmfs_frame_is_shared(frame))
			assert_int_equal(frame->index, census->users[pfn]);
	}
}

/* What domains say of themselves; returns what their pools take, in frames. */
static long check_domains(const struct census *census)
{
	const struct share *share;
	long packed = 0;

	for (share = census->share; share->domain; share++) {
		struct ksmfs_domain *domain = share->domain;

		assert_int_equal(atomic_long_read(&domain->shared_frames),
				 share->frames);
		assert_int_equal(atomic_long_read(&domain->shared_slots),
				 share->slots);
		assert_int_equal(atomic_long_read(&domain->packed_slots),
				 share->packed);
		packed += atomic_long_read(&domain->packed_frames);
	}
	return packed;
}

static long count_shared_frames(const struct census *census)
{
	const struct share *share;
	long shared = 0;

	for (share = census->share; share->domain; share++)
		shared += share->frames;
	return shared;
}

void world_check(void)
{
	static struct census census;
	struct hlist_node *link;
	long shared, private, packed;

	ksmfs_unshare_drain(&world.quota);
	memset(&census, 0, sizeof(census));
	share_of(&census, world.domain);
	share_of(&census, world.other);
	hlist_for_each(link, &world.files)
		count_file(&census, hlist_entry(link, struct file, link));
	check_sharers(&census);

	packed = check_domains(&census);
	shared = count_shared_frames(&census);
	private = census.slots[KSMFS_SLOT_HOT] + census.slots[KSMFS_SLOT_HINT] +
		  census.slots[KSMFS_SLOT_CLEAN];
	assert_int_equal(stat_of(pages_shared), shared);
	assert_int_equal(stat_of(pages_sharing),
			 census.slots[KSMFS_SLOT_SHARED] - shared);
	assert_int_equal(stat_of(pages_volatile), census.slots[KSMFS_SLOT_HOT]);
	assert_int_equal(stat_of(pages_unshared),
			 census.slots[KSMFS_SLOT_HINT] +
				 census.slots[KSMFS_SLOT_CLEAN]);
	assert_int_equal(stat_of(ksm_zero_pages),
			 census.slots[KSMFS_SLOT_ZERO]);
	assert_int_equal(stat_of(pages_packed),
			 census.slots[KSMFS_SLOT_PACKED]);
	assert_int_equal(stat_of(pages_swapped),
			 census.slots[KSMFS_SLOT_SWAPPED]);
	assert_int_equal(stat_of(frames_packed), packed);
	assert_int_equal(atomic_long_read(&world.quota.packed), packed);
	assert_int_equal(stat_of(frames), shared + private);
	assert_int_equal(atomic_long_read(&world.quota.used),
			 shared + private + packed);
	assert_int_equal(atomic_long_read(&world.quota.debt),
			 census.slots[KSMFS_SLOT_SHARED] - shared +
				 census.slots[KSMFS_SLOT_ZERO] +
				 census.slots[KSMFS_SLOT_PACKED] - packed +
				 census.slots[KSMFS_SLOT_SWAPPED]);
}
