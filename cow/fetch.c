// SPDX-License-Identifier: GPL-2.0
/*
 * Who touches one page of what was put away will often touch the next one.  So
 * slots that are fetched one after the other are fetched two, four, eight at a
 * time: adjacent ones of the swap file in one request, packed ones each by
 * itself, which saves a fault of each.  What comes too early costs a frame
 * until it is reclaimed, so it is not done when only the reserve is left.
 *
 * A pool gives and takes whole frames, so a few packed pages of unlike sizes may
 * take as many as they would unpacked, or more.  Then they get their frames back
 * even on a full mount, for which they were not too many before.  Until the pool has
 * shrunk the mount has too much by what it takes at most.
 *
 * A new frame holds what its last owner wrote until all of it has been
 * overwritten.  It is in no slot before that, and goes back if it fails.
 */
#include "cow/fetch.h"
#include "cow/domain.h"
#include "cow/pack.h"
#include "cow/region.h"
#include "cow/swap.h"
#include <ksmfs/stats.h>

/* As for a frame: so little is to be had where that was. */
#define UNPACK_GFP (GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

/**
 * struct haul - slots that are fetched together, by rising index
 * @region: of the slots
 * @index: of the first
 * @nr: how many
 * @slot: locked
 * @frame: for their content, charged
 */
struct haul {
	struct ksmfs_region *region;
	unsigned long index;
	unsigned int nr;
	struct ksmfs_slot *slot[KSMFS_FETCH_WINDOW];
	struct page *frame[KSMFS_FETCH_WINDOW];
};

static int add(struct haul *haul, struct ksmfs_slot *slot,
	       enum ksmfs_charge charge)
{
	struct page *frame;

	frame = ksmfs_frame_alloc(haul->region->domain, charge,
				  KSMFS_FRAME_COPY);
	if (IS_ERR(frame))
		return PTR_ERR(frame);
	haul->slot[haul->nr] = slot;
	haul->frame[haul->nr++] = frame;
	return 0;
}

/* Whether a domain's packed content takes no less than it would unpacked. */
static bool packing_is_vain(struct ksmfs_domain *domain)
{
	return atomic_long_read(&domain->packed_frames) >=
	       atomic_long_read(&domain->packed_slots);
}

static int add_first(struct haul *haul, struct ksmfs_slot *slot,
		     enum ksmfs_charge charge)
{
	struct ksmfs_domain *domain = haul->region->domain;
	int err = add(haul, slot, charge);

	if (err != -ENOSPC || ksmfs_slot_state(slot) != KSMFS_SLOT_PACKED ||
	    !packing_is_vain(domain))
		return err;
	ksmfs_quota_force(domain->quota, 1);
	err = add(haul, slot, KSMFS_NO_CHARGE);
	if (err)
		ksmfs_quota_uncharge(domain->quota, 1);
	return err;
}

/* Take the next slot in if it is like the first; false if it cannot be. */
static bool add_next(struct haul *haul)
{
	struct ksmfs_region *region = haul->region;
	enum ksmfs_slot_state state = ksmfs_slot_state(haul->slot[0]);
	unsigned long place = ksmfs_slot_place(region, haul->slot[0]);
	struct ksmfs_slot *slot = haul->slot[0] + haul->nr;

	if (!((haul->index + haul->nr) % KSMFS_LEAF_SLOTS))
		return false;	/* the next one is in another leaf */
	if (ksmfs_slot_state(slot) != state ||
	    !ksmfs_slot_trylock(region, slot))
		return false;
	if (ksmfs_slot_state(slot) == state &&
	    (state == KSMFS_SLOT_PACKED ||
	     ksmfs_slot_place(region, slot) == place + haul->nr) &&
	    !add(haul, slot, KSMFS_CHARGE_NEW))
		return true;
	ksmfs_slot_unlock(region, slot);
	return false;
}

/* The last slot of the haul is given up, with its frame. */
static void drop_last(struct haul *haul, enum ksmfs_charge charge)
{
	ksmfs_frame_free(haul->region->domain, haul->frame[--haul->nr], charge);
	if (haul->nr)
		ksmfs_slot_unlock(haul->region, haul->slot[haul->nr]);
}

/* @joined: for ksmfs_unpack() */
static int unpack_all(struct haul *haul, void *joined)
{
	struct ksmfs_domain *domain = haul->region->domain;
	unsigned int i;

	for (i = 0; i < haul->nr; i++) {
		unsigned long place = ksmfs_slot_place(haul->region,
						       haul->slot[i]);

		if (!ksmfs_unpack(domain, place, haul->frame[i], joined))
			continue;
		ksmfs_count(swap_errors);
		if (!i)
			return -EIO;
		while (haul->nr > i)
			drop_last(haul, KSMFS_CHARGE);
	}
	return 0;
}

static int unpack(struct haul *haul)
{
	void *joined = kzalloc(KSMFS_PACK_ROOM, UNPACK_GFP);
	int err = joined ? unpack_all(haul, joined) : -ENOMEM;

	kfree(joined);
	return err;
}

static int swap_in(struct haul *haul)
{
	struct ksmfs_swap *swap = READ_ONCE(haul->region->domain->quota->swap);
	unsigned long place = ksmfs_slot_place(haul->region, haul->slot[0]);

	if (haul->nr > 1 &&
	    !ksmfs_swap_in(swap, place, haul->frame, haul->nr))
		return 0;
	/* One of several could not be read: it may have been another one. */
	while (haul->nr > 1)
		drop_last(haul, KSMFS_CHARGE);
	return ksmfs_swap_in(swap, place, haul->frame, 1);
}

/* The slot gets its content back; where that was is free. */
static void install(struct ksmfs_region *region, struct ksmfs_slot *slot,
		    unsigned long index, struct page *frame)
{
	enum ksmfs_slot_state state = ksmfs_slot_state(slot);
	unsigned long place = ksmfs_slot_place(region, slot);

	ksmfs_frame_own(frame, region, index);
	ksmfs_slot_set(region, slot, KSMFS_SLOT_HOT, frame);
	ksmfs_region_mark(region, index);
	ksmfs_fetch_forget(region, state, place);
	if (state == KSMFS_SLOT_PACKED)
		ksmfs_count(unpacks);
	else
		ksmfs_count(swap_ins);
}

void ksmfs_fetch_forget(struct ksmfs_region *region,
			enum ksmfs_slot_state state, unsigned long place)
{
	struct ksmfs_domain *domain = region->domain;

	if (state == KSMFS_SLOT_PACKED)
		ksmfs_pack_drop(domain, place);
	else
		ksmfs_swap_release(READ_ONCE(domain->quota->swap), place);
}

/* How many slots to fetch when one is asked for. */
static unsigned int window(struct ksmfs_region_fetch *fetch,
			   unsigned long index)
{
	unsigned int size = 1;

	if (index == READ_ONCE(fetch->next))
		size = min(2 * READ_ONCE(fetch->window),
			   (unsigned int)KSMFS_FETCH_WINDOW);
	return size ?: 1;
}

int ksmfs_fetch(struct ksmfs_region *region, struct ksmfs_slot *slot,
		unsigned long index, enum ksmfs_charge charge)
{
	unsigned int wanted = window(&region->fetch, index);
	struct haul haul = { .region = region, .index = index };
	unsigned int i;
	int err;

	lockdep_assert_held(region);
	err = add_first(&haul, slot, charge);
	if (err)
		return err;
	while (haul.nr < wanted && add_next(&haul))
		;
	if (ksmfs_slot_state(slot) == KSMFS_SLOT_PACKED)
		err = unpack(&haul);
	else
		err = swap_in(&haul);
	if (err) {
		while (haul.nr > 1)
			drop_last(&haul, KSMFS_CHARGE);
		drop_last(&haul, charge);
		return err;
	}

	for (i = 0; i < haul.nr; i++) {
		install(region, haul.slot[i], index + i, haul.frame[i]);
		if (i)
			ksmfs_slot_unlock(region, haul.slot[i]);
	}
	atomic_long_inc(&region->fetched);
	ksmfs_stat_add(KSMFS_STAT_prefetches, haul.nr - 1);
	WRITE_ONCE(region->fetch.next, index + haul.nr);
	WRITE_ONCE(region->fetch.window, haul.nr);
	return 0;
}
