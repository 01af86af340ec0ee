// SPDX-License-Identifier: GPL-2.0
#include "cow/region.h"
#include "cow/domain.h"
#include "cow/punch.h"
#include "cow/unshare.h"
#include <ksmfs/stats.h>

struct leaf {
	struct ksmfs_slot slot[KSMFS_LEAF_SLOTS];
};
static_assert(sizeof(struct leaf) == 512 * sizeof(unsigned long));

static DEFINE_XARRAY(regions);

static struct lock_class_key slot_key;

/* A leaf with restless slots. */
#define RESTLESS XA_MARK_0

int ksmfs_region_add(struct ksmfs_region *region, struct ksmfs_domain *domain,
		     struct address_space *mapping, unsigned long ino)
{
	int err;

	memset(region, 0, sizeof(*region));
	region->domain = domain;
	region->mapping = mapping;
	region->ino = ino;
	xa_init(&region->leaves);
	lockdep_init_map(&region->dep_map, "ksmfs_slot", &slot_key, 0);
	refcount_set(&region->users, 1);
	init_completion(&region->idle);
	mutex_init(&region->reclaim.lock);

	err = xa_insert(&regions, region->ino, region, GFP_KERNEL);
	if (err)
		return err;
	ksmfs_domain_get(domain);
	ksmfs_count(regions);
	return 0;
}

void ksmfs_region_del(struct ksmfs_region *region)
{
	struct leaf *leaf;
	unsigned long i;

	xa_erase(&regions, region->ino);
	WRITE_ONCE(region->dying, true);
	ksmfs_region_put(region);
	wait_for_completion(&region->idle);

	ksmfs_punch_all(region);
	ksmfs_unshare_settle(region->domain);
	xa_for_each(&region->leaves, i, leaf) {
		ksmfs_stat_add(KSMFS_STAT_metadata_bytes,
			       -(long)sizeof(*leaf));
		kfree(leaf);
		cond_resched();
	}
	xa_destroy(&region->leaves);
	kvfree(region->sample.watched);
	ksmfs_domain_put(region->domain);
	ksmfs_stat_add(KSMFS_STAT_regions, -1);
}

bool ksmfs_region_get(struct ksmfs_region *region)
{
	return !READ_ONCE(region->dying) &&
	       refcount_inc_not_zero(&region->users);
}

void ksmfs_region_put(struct ksmfs_region *region)
{
	if (region && refcount_dec_and_test(&region->users))
		complete(&region->idle);
}

struct ksmfs_region *ksmfs_region_from(unsigned long ino, xa_mark_t mark)
{
	struct ksmfs_region *region;

	rcu_read_lock();
	region = xa_find(&regions, &ino, ULONG_MAX, mark);
	while (region && !ksmfs_region_get(region))
		region = xa_find_after(&regions, &ino, ULONG_MAX, mark);
	rcu_read_unlock();
	return region;
}

void ksmfs_region_set(struct ksmfs_region *region, xa_mark_t mark, bool on)
{
	if (on)
		xa_set_mark(&regions, region->ino, mark);
	else
		xa_clear_mark(&regions, region->ino, mark);
}

bool ksmfs_region_has(struct ksmfs_region *region, xa_mark_t mark)
{
	return xa_get_mark(&regions, region->ino, mark);
}

bool ksmfs_region_any(xa_mark_t mark)
{
	return xa_marked(&regions, mark);
}

static struct leaf *new_leaf(struct ksmfs_region *region, unsigned long key)
{
	struct leaf *leaf, *old;

	leaf = kzalloc(sizeof(*leaf), GFP_KERNEL_ACCOUNT);
	if (!leaf)
		return ERR_PTR(-ENOMEM);
	old = xa_cmpxchg(&region->leaves, key, NULL, leaf,
			 GFP_KERNEL_ACCOUNT);
	if (!old) {
		ksmfs_stat_add(KSMFS_STAT_metadata_bytes, sizeof(*leaf));
		return leaf;
	}
	kfree(leaf);
	return xa_is_err(old) ? ERR_PTR(xa_err(old)) : old;
}

struct ksmfs_slot *ksmfs_region_slot(struct ksmfs_region *region,
				     unsigned long index)
{
	unsigned long key = index >> KSMFS_LEAF_SHIFT;
	struct leaf *leaf = xa_load(&region->leaves, key);

	if (!leaf) {
		leaf = new_leaf(region, key);
		if (IS_ERR(leaf))
			return ERR_CAST(leaf);
	}
	return &leaf->slot[index % KSMFS_LEAF_SLOTS];
}

struct ksmfs_slot *ksmfs_region_find(struct ksmfs_region *region,
				     unsigned long *index, unsigned long last)
{
	unsigned long key = *index >> KSMFS_LEAF_SHIFT;
	unsigned long first_key = key;
	struct leaf *leaf;

	xa_for_each_range(&region->leaves, key, leaf, first_key,
			  last >> KSMFS_LEAF_SHIFT) {
		unsigned long base = key << KSMFS_LEAF_SHIFT;
		unsigned long i = *index > base ? *index - base : 0;

		for (; i < KSMFS_LEAF_SLOTS && base + i <= last; i++) {
			if (!READ_ONCE(leaf->slot[i].word))
				continue;
			*index = base + i;
			return &leaf->slot[i];
		}
		cond_resched();
	}
	return NULL;
}

void ksmfs_region_mark(struct ksmfs_region *region, unsigned long index)
{
	unsigned long key = index >> KSMFS_LEAF_SHIFT;

	lockdep_assert_held(region);
	smp_mb(); /* pairs with the one in unmark() */
	if (!xa_get_mark(&region->leaves, key, RESTLESS))
		xa_set_mark(&region->leaves, key, RESTLESS);
}

static bool is_restless(const struct leaf *leaf)
{
	unsigned long i;

	for (i = 0; i < KSMFS_LEAF_SLOTS; i++) {
		if (ksmfs_slot_is_restless(ksmfs_slot_state(&leaf->slot[i])))
			return true;
	}
	return false;
}

/*
 * Take the mark off a leaf that needs none.  Others may be at it, too: whoever
 * has cleared the mark looks at the slots after that.
 */
static void unmark(struct ksmfs_region *region, unsigned long key,
		   const struct leaf *leaf)
{
	if (is_restless(leaf))
		return;
	xa_clear_mark(&region->leaves, key, RESTLESS);
	smp_mb(); /* pairs with the one in ksmfs_region_mark() */
	if (is_restless(leaf))
		xa_set_mark(&region->leaves, key, RESTLESS);
}

struct ksmfs_slot *ksmfs_region_find_restless(struct ksmfs_region *region,
					      unsigned long *index)
{
	unsigned long key = *index >> KSMFS_LEAF_SHIFT;
	unsigned long i = *index % KSMFS_LEAF_SLOTS;
	unsigned long found = key;
	struct leaf *leaf;

	for (leaf = xa_find(&region->leaves, &found, ULONG_MAX, RESTLESS); leaf;
	     leaf = xa_find_after(&region->leaves, &found, ULONG_MAX,
				  RESTLESS)) {
		if (found != key)
			i = 0;
		for (; i < KSMFS_LEAF_SLOTS; i++) {
			struct ksmfs_slot *slot = &leaf->slot[i];

			if (!ksmfs_slot_is_restless(ksmfs_slot_state(slot)))
				continue;
			*index = (found << KSMFS_LEAF_SHIFT) + i;
			return slot;
		}
		unmark(region, found, leaf);
		cond_resched();
	}
	return NULL;
}

unsigned long ksmfs_region_restless(struct ksmfs_region *region)
{
	if (READ_ONCE(region->domain->merge) == KSMFS_MERGE_off)
		return 0;
	return atomic_long_read(&region->slots[KSMFS_SLOT_HOT]) +
	       atomic_long_read(&region->slots[KSMFS_SLOT_HINT]);
}

void ksmfs_region_unmap(struct ksmfs_region *region, unsigned long index,
			unsigned long nr, bool even_cows)
{
	unmap_mapping_pages(region->mapping, index, nr, even_cows);
}

unsigned long ksmfs_region_private(struct ksmfs_region *region)
{
	return atomic_long_read(&region->slots[KSMFS_SLOT_HOT]) +
	       atomic_long_read(&region->slots[KSMFS_SLOT_HINT]) +
	       atomic_long_read(&region->slots[KSMFS_SLOT_CLEAN]);
}

unsigned long ksmfs_region_in_use(struct ksmfs_region *region)
{
	unsigned long nr = 0;
	unsigned int state;

	for (state = KSMFS_SLOT_HOT; state < KSMFS_NR_SLOT_STATES; state++)
		nr += atomic_long_read(&region->slots[state]);
	return nr;
}

/* Of @frames, the part that @mine are of @all slots. */
static unsigned long part_of(atomic_long_t *mine, atomic_long_t *all,
			     atomic_long_t *frames)
{
	unsigned long slots = atomic_long_read(all);

	if (!slots)
		return 0;
	return mult_frac((unsigned long)atomic_long_read(mine),
			 (unsigned long)atomic_long_read(frames), slots);
}

unsigned long ksmfs_region_frames(struct ksmfs_region *region)
{
	struct ksmfs_domain *domain = region->domain;

	return ksmfs_region_private(region) +
	       part_of(&region->slots[KSMFS_SLOT_SHARED], &domain->shared_slots,
		       &domain->shared_frames) +
	       part_of(&region->slots[KSMFS_SLOT_PACKED], &domain->packed_slots,
		       &domain->packed_frames);
}
