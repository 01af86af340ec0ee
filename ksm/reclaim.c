// SPDX-License-Identifier: GPL-2.0
/*
 * Reclaim: which pages give up their frames, and to whom.
 *
 * The problem: nothing tells us when a guest has touched a page last, but page
 * tables, and those of guests forget.  So pages are looked at in a circle, as by
 * the hand of a clock (Corbato's, with a second chance): a page that is in some
 * page table is taken out of all of them, and spared; one that still is in none
 * when the hand comes by again has not been touched meanwhile.  It is cold, and
 * has no frame much longer.  What is taken out and is touched after all costs
 * its guest a fault, but no copy.
 *
 * The hand moves on only as frames are wanted, so at rest nothing is looked at,
 * and the colder the pages are that are found, the slower it goes.
 *
 * Equal pages are merged before they are packed: only those are taken that the
 * scanner has looked up in the stable tree and found alone, HINT and CLEAN.
 * The others have their turn when that is not enough.
 *
 * A page that shrinks to half is packed.  One that does not is swapped, and so
 * is a packed one that the hand meets a second time: what nobody has touched
 * for a whole turn more is not worth the half frame.
 *
 * Why a page cannot change as it goes: the argument is that of merge.c.  The
 * slot is held, so no page table entry can be made; there is none; and whoever
 * holds a reference shows in page_count().
 *
 * Swapping holds the slots of a batch while it writes: who touches one of them
 * then waits for the request, as he would have to if he came later.
 */
#include "ksm/reclaim.h"
#include "cow/domain.h"
#include "cow/fetch.h"
#include "cow/swap.h"
#include <ksmfs/stats.h>

/* Slots that are held while they are written. */
#define BATCH 32

/* The age of a CLEAN page that does not shrink, and of a packed one once met. */
#define MET 1

/**
 * struct leaving - a slot whose content is about to go to the swap file
 * @slot: locked, private or PACKED
 * @index: of the slot
 */
struct leaving {
	struct ksmfs_slot *slot;
	unsigned long index;
};

/**
 * struct sweep - one turn of the hand in one region
 * @region: which
 * @packer: the caller's own
 * @order: what may be done
 * @swap: where to, or NULL
 * @wanted: frames to take
 * @begun: where the hand was
 * @is_round: it has been at the end, and is on its way back to where it was
 * @bytes: what has been gained
 * @nr: of @leaving and @frames
 * @leaving: slots on their way to the swap file
 * @frames: their content
 * @mapped: first of a run of slots that are in page tables
 * @nr_mapped: how many
 */
struct sweep {
	struct ksmfs_region *region;
	struct ksmfs_packer *packer;
	const struct ksmfs_reclaim_order *order;
	struct ksmfs_swap *swap;
	unsigned long wanted;
	unsigned long begun;
	bool is_round;
	unsigned long bytes;
	unsigned int nr;
	struct leaving leaving[BATCH];
	struct page *frames[BATCH];
	unsigned long mapped;
	unsigned long nr_mapped;
};

/* ---- pages that were touched ---- */

/* Take the run of mapped slots out of page tables, at once. */
static void unmap_run(struct sweep *sweep)
{
	if (sweep->nr_mapped)
		ksmfs_region_unmap(sweep->region, sweep->mapped,
				   sweep->nr_mapped, false);
	sweep->nr_mapped = 0;
}

/* Nobody's content changes by that, so the slot need not be held. */
static void spare(struct sweep *sweep, unsigned long index)
{
	if (index != sweep->mapped + sweep->nr_mapped)
		unmap_run(sweep);
	if (!sweep->nr_mapped)
		sweep->mapped = index;
	sweep->nr_mapped++;
}

/* ---- pages that were not ---- */

static bool is_pinned(const struct page *frame)
{
	if (page_count(frame) != 1) {
		ksmfs_count(pages_pinned);
		return true;
	}
	/* See what was written before put_page(), which is a release. */
	smp_acquire__after_ctrl_dep();
	return false;
}

/* A private slot has its content elsewhere now. */
static void give_up(struct sweep *sweep, struct ksmfs_slot *slot,
		    enum ksmfs_slot_state state, unsigned long place)
{
	struct ksmfs_region *region = sweep->region;
	struct page *frame = ksmfs_slot_frame(region, slot);

	ksmfs_frame_disown(region, frame);
	ksmfs_slot_set_away(region, slot, state, place);
	ksmfs_frame_free(region->domain, frame, KSMFS_CHARGE);
	sweep->bytes += PAGE_SIZE;
}

/* Whether it is known that a page does not shrink. */
static bool is_hard(struct ksmfs_region *region, const struct ksmfs_slot *slot)
{
	return ksmfs_slot_state(slot) == KSMFS_SLOT_CLEAN &&
	       ksmfs_slot_age(region, slot) == MET;
}

static bool pack(struct sweep *sweep, struct ksmfs_slot *slot)
{
	struct ksmfs_region *region = sweep->region;
	unsigned long place;

	if (!sweep->order->pack)
		return false;
	if (is_hard(region, slot))
		return false;
	place = ksmfs_pack(sweep->packer, region->domain,
			   ksmfs_slot_frame(region, slot));
	if (place == KSMFS_PACK_NEVER &&
	    ksmfs_slot_state(slot) == KSMFS_SLOT_CLEAN)
		ksmfs_slot_set_age(region, slot, MET);
	if (!ksmfs_pack_is_place(place))
		return false;
	give_up(sweep, slot, KSMFS_SLOT_PACKED, place);
	sweep->bytes -= ksmfs_pack_size(place);
	return true;
}

static unsigned long gained(const struct sweep *sweep)
{
	return sweep->bytes / PAGE_SIZE;
}

/* Whether those that are leaving are enough, or as many as go at once. */
static bool is_full(const struct sweep *sweep)
{
	return sweep->nr == BATCH || gained(sweep) + sweep->nr >= sweep->wanted;
}

/* Let a slot go with the next request; it stays locked until then. */
static void leave(struct sweep *sweep, struct ksmfs_slot *slot,
		  unsigned long index, struct page *content)
{
	sweep->frames[sweep->nr] = content;
	sweep->leaving[sweep->nr++] = (struct leaving) {
		.slot = slot,
		.index = index,
	};
}

/* Returns whether the slot is on its way to the swap file. */
static bool take_private(struct sweep *sweep, struct ksmfs_slot *slot,
			 unsigned long index)
{
	struct page *frame = ksmfs_slot_frame(sweep->region, slot);

	/* Bad memory stays. */
	if (PageHWPoison(frame) || is_pinned(frame))
		return false;
	if (pack(sweep, slot) || !sweep->swap)
		return false;
	leave(sweep, slot, index, frame);
	return true;
}

/* Likewise. */
static bool take_packed(struct sweep *sweep, struct ksmfs_slot *slot,
			unsigned long index)
{
	struct ksmfs_region *region = sweep->region;
	struct page *content;

	if (!sweep->swap)
		return false;
	if (sweep->order->pack && ksmfs_slot_age(region, slot) != MET) {
		ksmfs_slot_set_age(region, slot, MET);
		return false;
	}
	/* Not one to wait for: that might be for ourselves. */
	content = ksmfs_frame_alloc(region->domain, KSMFS_NO_CHARGE,
				    KSMFS_FRAME_SHARE);
	if (IS_ERR(content))
		return false;
	if (ksmfs_unpack(region->domain, ksmfs_slot_place(region, slot),
			 content, sweep->packer->out)) {
		ksmfs_frame_free(region->domain, content, KSMFS_NO_CHARGE);
		return false;
	}
	leave(sweep, slot, index, content);
	return true;
}

/* ---- the swap file ---- */

/* A slot's content has been written to a place, or could not be. */
static void arrive(struct sweep *sweep, struct ksmfs_slot *slot,
		   struct page *content, unsigned long place)
{
	struct ksmfs_region *region = sweep->region;
	bool written = place != KSMFS_SWAP_NONE;
	unsigned long packed;

	if (ksmfs_slot_state(slot) == KSMFS_SLOT_PACKED) {
		ksmfs_frame_free(region->domain, content, KSMFS_NO_CHARGE);
		if (!written)
			return;
		packed = ksmfs_slot_place(region, slot);
		sweep->bytes += ksmfs_pack_size(packed);
		ksmfs_slot_set_away(region, slot, KSMFS_SLOT_SWAPPED, place);
		ksmfs_pack_drop(region->domain, packed);
	} else if (written) {
		give_up(sweep, slot, KSMFS_SLOT_SWAPPED, place);
	}
}

static void write_out(struct sweep *sweep)
{
	unsigned long places[BATCH];
	unsigned int i;

	if (!sweep->nr)
		return;
	ksmfs_swap_out(sweep->swap, sweep->frames, sweep->nr, places);
	for (i = 0; i < sweep->nr; i++) {
		struct ksmfs_slot *slot = sweep->leaving[i].slot;

		arrive(sweep, slot, sweep->frames[i], places[i]);
		ksmfs_slot_unlock(sweep->region, slot);
	}
	sweep->nr = 0;
}

/* ---- the hand ---- */

/* Whether the scanner has yet to come, and may find an equal page. */
static bool is_waiting(const struct sweep *sweep, enum ksmfs_slot_state state)
{
	return state == KSMFS_SLOT_HOT && !sweep->order->hot &&
	       READ_ONCE(sweep->region->domain->merge) != KSMFS_MERGE_off;
}

static bool is_eligible(const struct sweep *sweep, enum ksmfs_slot_state state)
{
	if (is_waiting(sweep, state))
		return false;
	return ksmfs_slot_is_private(state) || state == KSMFS_SLOT_PACKED;
}

/* Look at a slot that is not blank. */
static void look(struct sweep *sweep, struct ksmfs_slot *slot,
		 unsigned long index)
{
	struct ksmfs_region *region = sweep->region;
	enum ksmfs_slot_state state = ksmfs_slot_state(slot);
	bool leaves = false;

	if (!is_eligible(sweep, state) || !ksmfs_slot_trylock(region, slot))
		return;
	/* pairs with the one in conform_all() of mode.c */
	smp_mb();
	state = ksmfs_slot_state(slot);
	if (READ_ONCE(region->domain->strict) || !is_eligible(sweep, state))
		goto out;
	if (!sweep->swap && is_hard(region, slot))
		goto out;
	if (state == KSMFS_SLOT_PACKED)
		leaves = take_packed(sweep, slot, index);
	else if (ksmfs_frame_is_mapped(ksmfs_slot_frame(region, slot)))
		spare(sweep, index);
	else
		leaves = take_private(sweep, slot, index);
out:
	if (!leaves)
		ksmfs_slot_unlock(region, slot);
	if (leaves && is_full(sweep))
		write_out(sweep);
}

static unsigned long leaf_of(unsigned long index)
{
	return index >> KSMFS_LEAF_SHIFT;
}

/* The next slot that is not blank, until the hand is where it began. */
static struct ksmfs_slot *advance(struct sweep *sweep)
{
	struct ksmfs_region *region = sweep->region;
	unsigned long *hand = &region->reclaim.hand;
	struct ksmfs_slot *slot = ksmfs_region_find(region, hand, ULONG_MAX);

	lockdep_assert_held(&region->reclaim.lock);
	if (!slot && !sweep->is_round) {
		sweep->is_round = true;
		*hand = 0;
		slot = ksmfs_region_find(region, hand, ULONG_MAX);
	}
	return sweep->is_round && *hand >= sweep->begun ? NULL : slot;
}

unsigned long ksmfs_reclaim(struct ksmfs_region *region,
			    struct ksmfs_packer *packer,
			    const struct ksmfs_reclaim_order *order,
			    unsigned long nr)
{
	struct sweep sweep = {
		.region = region,
		.packer = packer,
		.order = order,
		.swap = order->swap ? READ_ONCE(region->domain->quota->swap) :
				      NULL,
		.wanted = nr,
	};
	unsigned long looks = min(KSMFS_RECLAIM_LOOKS * nr,
				  ksmfs_region_in_use(region));
	struct ksmfs_slot *slot;

	/* Time would tell what shrinks: see docs/threat-model.md, and look(). */
	if (READ_ONCE(region->domain->strict))
		return 0;
	/* Nobody is to lose mappings for nothing. */
	if (!order->pack && !sweep.swap)
		return 0;
	/* Not with slots held, for it may take long. */
	if (order->pack && !ksmfs_pack_begin(region->domain))
		return 0;
	mutex_lock(&region->reclaim.lock);
	sweep.begun = region->reclaim.hand;
	while (looks && gained(&sweep) < nr) {
		if (READ_ONCE(region->dying) || signal_pending(current))
			break;
		slot = advance(&sweep);
		if (!slot)
			break;
		/* Those who wait for a slot do not wait for other leaves, too. */
		if (sweep.nr && leaf_of(region->reclaim.hand) !=
					leaf_of(sweep.leaving[0].index))
			write_out(&sweep);
		/* Holes that are mapped are not among those that were counted. */
		if (ksmfs_slot_state(slot) != KSMFS_SLOT_EMPTY)
			looks--;
		look(&sweep, slot, region->reclaim.hand++);
		cond_resched();
	}
	unmap_run(&sweep);
	write_out(&sweep);
	mutex_unlock(&region->reclaim.lock);
	return gained(&sweep);
}

/* The next region of a mount from an inode number on. */
static struct ksmfs_region *next_region(const struct ksmfs_quota *quota,
					unsigned long ino)
{
	struct ksmfs_region *region;

	while ((region = ksmfs_region_from(ino, XA_PRESENT))) {
		if (region->domain->quota == quota)
			return region;
		ino = region->ino + 1;
		ksmfs_region_put(region);
	}
	return NULL;
}

/**
 * struct census - what a mount has
 * @regions: how many
 * @slots: that are in use, of domains that are not strict
 * @takeable: of these, slots that reclaim may take something from
 */
struct census {
	unsigned long regions;
	unsigned long slots;
	unsigned long takeable;
};

static unsigned long count_takeable(struct ksmfs_region *region)
{
	if (READ_ONCE(region->domain->strict))
		return 0;
	return ksmfs_region_private(region) +
	       atomic_long_read(&region->slots[KSMFS_SLOT_PACKED]);
}

static unsigned long count_slots(struct ksmfs_region *region)
{
	if (READ_ONCE(region->domain->strict))
		return 0;
	return ksmfs_region_in_use(region);
}

static struct census count_all(const struct ksmfs_quota *quota)
{
	struct census census = {};
	struct ksmfs_region *region;
	unsigned long ino = 0;

	while ((region = next_region(quota, ino))) {
		census.regions++;
		census.slots += count_slots(region);
		census.takeable += count_takeable(region);
		ino = region->ino + 1;
		ksmfs_region_put(region);
	}
	return census;
}

unsigned long ksmfs_reclaim_turn(const struct ksmfs_quota *quota)
{
	struct census all = count_all(quota);

	return all.takeable ? all.slots : 0;
}

unsigned long ksmfs_reclaim_mount(struct ksmfs_quota *quota,
				  struct ksmfs_packer *packer,
				  const struct ksmfs_reclaim_order *order,
				  unsigned long nr)
{
	struct census all = count_all(quota);
	struct ksmfs_region *region;
	unsigned long taken = 0;

	for (; all.takeable && all.regions && taken < nr; all.regions--) {
		unsigned long part;

		region = next_region(quota, READ_ONCE(quota->reclaim_next)) ?:
			 next_region(quota, 0);
		if (!region)
			break;
		part = mult_frac(count_takeable(region), nr, all.takeable);
		taken += ksmfs_reclaim(region, packer, order, part + 1);
		WRITE_ONCE(quota->reclaim_next, region->ino + 1);
		ksmfs_region_put(region);
	}
	return taken;
}

void ksmfs_reclaim_compact(const struct ksmfs_quota *quota)
{
	struct ksmfs_region *region;
	unsigned long ino = 0;

	while ((region = next_region(quota, ino))) {
		ksmfs_pack_compact(region->domain);
		ino = region->ino + 1;
		ksmfs_region_put(region);
	}
}
