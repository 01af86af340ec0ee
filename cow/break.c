// SPDX-License-Identifier: GPL-2.0
/*
 * Breaking: copy-on-write out of a shared frame.
 *
 * A slot breaks alone.  Nothing has to know who else shares the frame, so the
 * cost does not depend on their number, and there is no reverse map.
 *
 *   1. copy the shared frame, which nobody can write to, into a new one
 *   2. store the new frame in the slot
 *   3. take the slot out of all page tables
 *   4. give up the share in the old one
 *
 * Between 2 and 3 readers still see the shared frame.  That is right, for the
 * new one has the same content until somebody writes to it, and nobody can:
 * writing needs a writable mapping, and that needs the slot's lock.
 *
 * In a strict domain nobody is shown a shared frame: whoever touches the slot, if
 * only to read, breaks it.  So all that can be seen by a clock is that a page was
 * quiet; and 4 takes as long for the last sharer as for any other.
 *
 * Where the mount is full the last sharer's frame pays for the copy: it goes as
 * that comes.  Then 4 is done at once, or nothing would have been paid; a domain
 * that is strict keeps all its pages in frames that have no other sharer, and
 * must be able to fill its mount.
 */
#include "cow/break.h"
#include "cow/domain.h"
#include "cow/fetch.h"
#include "cow/region.h"
#include "cow/unshare.h"
#include <ksmfs/stats.h>
#include <ksmfs/trace.h>

/* A copy of a shared frame; @replaced as by ksmfs_frame_replace(). */
static struct page *copy(struct ksmfs_domain *domain, struct page *shared,
			 enum ksmfs_charge charge, bool *replaced)
{
	struct page *frame;

	if (PageHWPoison(shared))
		return ERR_PTR(-EHWPOISON);
	frame = ksmfs_frame_replace(domain, charge, shared, replaced);
	if (!IS_ERR(frame))
		copy_highpage(frame, shared);
	return frame;
}

/* Somebody is about to write to a page that was taken for quiet. */
static void unclean(struct ksmfs_region *region, struct ksmfs_slot *slot,
		    unsigned long index)
{
	struct page *frame = ksmfs_slot_frame(region, slot);

	region->domain->ops->forget(region->domain, frame);
	ksmfs_slot_set(region, slot, KSMFS_SLOT_HOT, frame);
	ksmfs_slot_strike(region, slot);
	ksmfs_region_mark(region, index);
}

/* Have a slot that is EMPTY, SHARED or ZERO get a frame of its own. */
static int own(struct ksmfs_region *region, struct ksmfs_slot *slot,
	       unsigned long index, enum ksmfs_charge charge)
{
	enum ksmfs_slot_state state = ksmfs_slot_state(slot);
	struct page *shared = ksmfs_slot_frame(region, slot);
	bool mapped, replaced;
	struct page *frame;

	/* A hole that is filled is no debt that falls due. */
	if (state == KSMFS_SLOT_EMPTY && charge == KSMFS_CHARGE)
		charge = KSMFS_CHARGE_NEW;
	if (shared)
		frame = copy(region->domain, shared, charge, &replaced);
	else
		frame = ksmfs_frame_alloc(region->domain, charge,
					  KSMFS_FRAME_ZERO);
	if (IS_ERR(frame))
		return PTR_ERR(frame);

	mapped = ksmfs_slot_mapped(region, slot);
	ksmfs_frame_own(frame, region, index);
	ksmfs_slot_set(region, slot, KSMFS_SLOT_HOT, frame);
	ksmfs_region_mark(region, index);
	if (mapped)
		ksmfs_region_unmap(region, index, 1, false);
	if (state == KSMFS_SLOT_EMPTY)
		return 0;

	if (shared) {
		if (replaced)
			region->domain->ops->unshare(region->domain, shared);
		else
			ksmfs_unshare(region->domain, shared);
		ksmfs_count(breaks);
	} else {
		ksmfs_count(zero_breaks);
	}
	atomic_long_inc(&region->breaks);
	trace_ksmfs_break(region->ino, index, page_to_pfn(frame));
	return 0;
}

int ksmfs_break(struct ksmfs_region *region, struct ksmfs_slot *slot,
		unsigned long index, enum ksmfs_charge charge)
{
	enum ksmfs_slot_state state = ksmfs_slot_state(slot);
	int err;

	lockdep_assert_held(region);
	if (state == KSMFS_SLOT_CLEAN)
		unclean(region, slot, index);
	if (ksmfs_slot_is_private(state))
		return 0;
	if (ksmfs_slot_is_away(state))
		return ksmfs_fetch(region, slot, index, charge);

	err = own(region, slot, index, charge);
	if (!err && state != KSMFS_SLOT_EMPTY)
		ksmfs_slot_strike(region, slot);
	return err;
}

int ksmfs_break_untouched(struct ksmfs_region *region, struct ksmfs_slot *slot,
			  unsigned long index)
{
	lockdep_assert_held(region);
	return own(region, slot, index, KSMFS_CHARGE);
}

static bool is_at_limit(struct ksmfs_region *region)
{
	unsigned long limit = READ_ONCE(region->limit);
	unsigned long frames;

	if (!limit)
		return false;
	/* There a quiet page that nobody shares has a frame all the same. */
	if (READ_ONCE(region->domain->strict))
		frames = ksmfs_region_frames(region);
	else
		frames = ksmfs_region_private(region);
	return frames >= limit;
}

/* Whether content may not be shown where it is, because others may share it. */
static bool is_hidden(const struct ksmfs_region *region,
		      enum ksmfs_slot_state state)
{
	return ksmfs_slot_is_merged(state) &&
	       READ_ONCE(region->domain->strict);
}

int ksmfs_break_prepare(struct ksmfs_region *region, struct ksmfs_slot *slot,
			unsigned long index, bool write, bool patient)
{
	enum ksmfs_slot_state state = ksmfs_slot_state(slot);

	if (!write && !ksmfs_slot_is_away(state) && !is_hidden(region, state))
		return 0;
	if (patient && !ksmfs_slot_is_private(state) && is_at_limit(region))
		return -EAGAIN;
	return ksmfs_break(region, slot, index, KSMFS_CHARGE);
}

struct page *ksmfs_break_peek(struct ksmfs_region *region,
			      const struct ksmfs_slot *slot)
{
	WARN_ON_ONCE(ksmfs_slot_is_away(ksmfs_slot_state(slot)));
	return ksmfs_slot_frame(region, slot) ?: region->domain->zero;
}

int ksmfs_break_all(struct ksmfs_region *region)
{
	struct ksmfs_slot *slot;
	unsigned long index = 0;
	int bad = 0;

	for (; (slot = ksmfs_region_find(region, &index, ULONG_MAX)); index++) {
		int err = 0;

		cond_resched();
		if (READ_ONCE(region->dying))
			break;
		if (signal_pending(current))
			return -EINTR;
		/* A slot that is locked may be about to break: wait for it. */
		if (!ksmfs_slot_is_merged(ksmfs_slot_state(slot)) &&
		    !ksmfs_slot_is_locked(slot))
			continue;
		ksmfs_slot_lock(region, slot);
		if (ksmfs_slot_is_merged(ksmfs_slot_state(slot)))
			err = ksmfs_break(region, slot, index, KSMFS_CHARGE);
		ksmfs_slot_unlock(region, slot);
		/* To try again does not help, and others need not suffer. */
		if (err == -EHWPOISON)
			bad = err;
		else if (err)
			return err;
	}
	return bad;
}
