// SPDX-License-Identifier: GPL-2.0
/*
 * Modes: what may be merged in a domain, and how that is changed while guests
 * run.
 *
 * The problem: the scanner has its hands full of slots when the mode changes,
 * and the stable tree is full of frames that were filed under the old one.
 *
 * The new mode is stored first, and then every slot that has content is looked
 * at.  The scanner locks slots first and then reads the mode, and so do faults,
 * which have to know whether merged content may be shown, and reclaim, which
 * leaves strict domains alone.  Full barriers on
 * both sides make one of them see the other: either they have read the new
 * mode, or we find the slot locked, wait, and see what was done.
 *
 * What is done with a slot depends on the mode that holds now and on what the
 * slot holds, not on the mode that held before; so the walk may end in the
 * middle for want of frames, and be repeated.
 *
 *   private  its fingerprint may be of another seed, and its hint in the wrong
 *            place: both are forgotten, and the scanner comes again.
 *   shared   broken, if others may share it than the mode allows, and if
 *            nobody else does: so it is looked up anew.  What the mode allows
 *            stays, though it may be filed where nobody will look any more: no
 *            guest is to want for frames because its host allows more.
 *            In a strict domain it is taken out of page tables.
 *   zero     broken if nothing is to be merged, or the domain is strict.
 *
 * That is no strike against the page, for nobody has touched it.  In a strict
 * domain the pages that are broken are those that nobody shares: they must not
 * be slower to be taken again than the others, or a clock would tell them.  And
 * a mode that is set once more changes nothing, unless the walk had to end.
 *
 * In mode self the seed of a region is that of the domain, xored with a number
 * that no other region has; so a frame that is filed under it is the region's,
 * but for a chance of 1 to 2^64 for each pair of equal pages.
 *
 * Lock order: the directory's inode lock makes one caller out of many; slots.
 */
#include "ksm/mode.h"
#include "cow/break.h"
#include "cow/region.h"
#include "hash/fingerprint.h"
#include "ksm/stable.h"

/* Odd, so that no two inode numbers give the same product. */
#define SPREAD 0x9e3779b97f4a7c15ULL

u64 ksmfs_mode_seed(const struct ksmfs_region *region,
		    enum ksmfs_merge_mode merge)
{
	u64 seed = region->domain->seed;

	return merge == KSMFS_MERGE_self ? seed ^ region->ino * SPREAD : seed;
}

/* Whether a shared frame is filed under the region's own seed. */
static bool is_own(const struct ksmfs_region *region, struct page *frame)
{
	u64 fingerprint = ksmfs_frame_fingerprint(frame);
	u64 seed = ksmfs_mode_seed(region, KSMFS_MERGE_self);

	return ksmfs_fingerprint_again(frame, seed, fingerprint) == fingerprint;
}

/* Whether the mode allows that a frame is shared by those who may share it. */
static bool is_allowed(const struct ksmfs_region *region, struct page *frame)
{
	switch (region->domain->merge) {
	case KSMFS_MERGE_share:
		return true;
	case KSMFS_MERGE_self:
		return is_own(region, frame);
	case KSMFS_MERGE_zero:
		return ksmfs_frame_fingerprint(frame) == KSMFS_FINGERPRINT_ZERO;
	default:
		return false;
	}
}

static bool may_stay(const struct ksmfs_region *region,
		     enum ksmfs_slot_state state, struct page *frame)
{
	if (state == KSMFS_SLOT_ZERO)
		return region->domain->merge != KSMFS_MERGE_off &&
		       !region->domain->strict;
	if (PageHWPoison(frame))	/* nobody can read it, so we do not */
		return true;
	return is_allowed(region, frame) &&
	       ksmfs_stable_sharers(region->domain, frame) > 1;
}

/* Forget what the scanner knows of a private page. */
static void begin_anew(struct ksmfs_region *region, struct ksmfs_slot *slot,
		       unsigned long index, struct page *frame)
{
	region->domain->ops->forget(region->domain, frame);
	ksmfs_frame_set_fingerprint(frame, KSMFS_NO_FINGERPRINT);
	if (ksmfs_slot_state(slot) == KSMFS_SLOT_HOT)
		return;
	ksmfs_slot_set(region, slot, KSMFS_SLOT_HOT, frame);
	ksmfs_region_mark(region, index);
}

/* Who touches merged content has to fault first. */
static void hide(struct ksmfs_region *region, struct ksmfs_slot *slot,
		 unsigned long index)
{
	if (!ksmfs_slot_mapped(region, slot))
		return;
	ksmfs_region_unmap(region, index, 1, false);
	ksmfs_slot_set_mapped(region, slot, false);
}

/* Have a slot be as the domain's mode wants it. */
static int conform(struct ksmfs_region *region, struct ksmfs_slot *slot,
		   unsigned long index)
{
	enum ksmfs_slot_state state = ksmfs_slot_state(slot);
	struct page *frame = ksmfs_slot_frame(region, slot);

	if (ksmfs_slot_is_private(state))
		begin_anew(region, slot, index, frame);
	if (!ksmfs_slot_is_merged(state))
		return 0;
	if (may_stay(region, state, frame)) {
		if (region->domain->strict)
			hide(region, slot, index);
		return 0;
	}
	return ksmfs_break_untouched(region, slot, index);
}

static int conform_region(struct ksmfs_region *region)
{
	struct ksmfs_slot *slot;
	unsigned long index = 0;
	int err = 0;

	for (; (slot = ksmfs_region_find(region, &index, ULONG_MAX)); index++) {
		if (READ_ONCE(region->dying))
			break;
		if (signal_pending(current))
			return -EINTR;
		ksmfs_slot_lock(region, slot);
		err = conform(region, slot, index);
		ksmfs_slot_unlock(region, slot);
		if (err)
			break;
		cond_resched();
	}
	return err;
}

static int conform_all(const struct ksmfs_domain *domain)
{
	struct ksmfs_region *region;
	unsigned long ino = 0;
	int err = 0;

	/*
	 * Pairs with those in read_rules() of merge.c, lock_slot() of fault.c,
	 * and look() of reclaim.c.
	 */
	smp_mb();
	while (!err && (region = ksmfs_region_from(ino, XA_PRESENT))) {
		ino = region->ino + 1;
		if (region->domain == domain)
			err = conform_region(region);
		ksmfs_region_put(region);
	}
	return err;
}

int ksmfs_mode_set(struct ksmfs_domain *domain, enum ksmfs_merge_mode merge,
		   bool strict)
{
	int err;

	if (domain->merge == merge && domain->strict == strict &&
	    !domain->unsettled)
		return 0;
	domain->unsettled = true;
	WRITE_ONCE(domain->merge, merge);
	WRITE_ONCE(domain->strict, strict);
	err = conform_all(domain);
	domain->unsettled = err;
	return err;
}
