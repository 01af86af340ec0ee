// SPDX-License-Identifier: GPL-2.0
/*
 * A slot loses its content under its lock: whoever got in before is unmapped,
 * and whoever comes later finds a hole.
 *
 * Large ranges are unmapped as a whole before; what is left to do for each
 * slot is then little.
 *
 * Truncation against faults: a fault locks the slot and then looks at the size
 * of the file; truncation sets the size and then looks for slots.  One of them
 * must see what the other did, hence smp_mb() here and in fault.c.
 *
 * Unmapped is not flushed: who takes entries out of page tables forgets the mappings
 * of their frames one by one, and flushes TLBs after the last one.  Until then he
 * holds the frames, and guests may write to them.  So a frame that somebody holds
 * is unmapped again: that waits for his page table lock, and so for the flush, or
 * flushes itself.
 */
#include "cow/punch.h"
#include "cow/domain.h"
#include "cow/fetch.h"
#include "cow/region.h"
#include "cow/unshare.h"
#include <ksmfs/stats.h>
#include <ksmfs/trace.h>

/**
 * struct punched - slots that had content and have none now
 * @slots: how many
 * @vain: of these, slots that were merged: no frame was gained
 */
struct punched {
	unsigned long slots;
	unsigned long vain;
};

/* Whether somebody may still read or write what the slot holds. */
static bool is_seen(struct ksmfs_region *region, const struct ksmfs_slot *slot)
{
	return ksmfs_slot_mapped(region, slot) ||
	       (ksmfs_slot_is_private(ksmfs_slot_state(slot)) &&
		page_count(ksmfs_slot_frame(region, slot)) != 1);
}

static void punch_slot(struct ksmfs_region *region, struct ksmfs_slot *slot,
		       unsigned long index, bool even_cows,
		       struct punched *punched)
{
	enum ksmfs_slot_state state = ksmfs_slot_state(slot);
	struct page *frame = ksmfs_slot_frame(region, slot);
	unsigned long place = 0;

	lockdep_assert_held(region);
	if (ksmfs_slot_is_away(state))
		place = ksmfs_slot_place(region, slot);
	if (is_seen(region, slot))
		ksmfs_region_unmap(region, index, 1, even_cows);
	if (state == KSMFS_SLOT_EMPTY) {
		ksmfs_slot_set_mapped(region, slot, false);
		return;
	}
	punched->slots++;
	punched->vain += ksmfs_slot_is_merged(state);
	ksmfs_slot_set(region, slot, KSMFS_SLOT_EMPTY, NULL);
	if (ksmfs_slot_is_private(state)) {
		ksmfs_frame_disown(region, frame);
		ksmfs_frame_free(region->domain, frame, KSMFS_CHARGE);
	} else if (ksmfs_slot_is_away(state)) {
		ksmfs_fetch_forget(region, state, place);
	} else if (frame) {
		ksmfs_unshare(region->domain, frame);
	}
}

static struct punched punch_slots(struct ksmfs_region *region,
				  unsigned long first, unsigned long last,
				  bool even_cows)
{
	struct ksmfs_slot *slot;
	unsigned long index = first;
	struct punched punched = {};

	while ((slot = ksmfs_region_find(region, &index, last))) {
		ksmfs_slot_lock(region, slot);
		punch_slot(region, slot, index, even_cows, &punched);
		ksmfs_slot_unlock(region, slot);
		if (index++ == last)
			break;
		cond_resched();
	}
	return punched;
}

void ksmfs_punch(struct ksmfs_region *region, unsigned long first,
		 unsigned long last)
{
	struct punched punched;

	if (last != first)
		ksmfs_region_unmap(region, first, last - first + 1, false);
	punched = punch_slots(region, first, last, false);
	ksmfs_stat_add(KSMFS_STAT_pages_punched, punched.slots);
	ksmfs_stat_add(KSMFS_STAT_pages_punched_vain, punched.vain);
	atomic_long_add(punched.slots, &region->punched);
	atomic_long_add(punched.vain, &region->vain);
	trace_ksmfs_punch(region->ino, first, last - first + 1);
}

void ksmfs_punch_truncated(struct ksmfs_region *region, unsigned long first)
{
	smp_mb(); /* pairs with the one in lock_slot() of fault.c */
	ksmfs_region_unmap(region, first, 0, true);
	punch_slots(region, first, ULONG_MAX, true);

	/* Private copies of what the loop took away may have come meanwhile. */
	ksmfs_region_unmap(region, first, 0, true);
}

void ksmfs_punch_all(struct ksmfs_region *region)
{
	punch_slots(region, 0, ULONG_MAX, false);
}
