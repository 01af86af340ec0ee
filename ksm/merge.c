// SPDX-License-Identifier: GPL-2.0
/*
 * Merging.
 *
 * The problem: content changes under our eyes, for the guests run on.  So the
 * work goes from what is cheap and uncertain to what is certain:
 *
 *   1. Take the fingerprint, while the guest may write.  If it is not that of
 *      the last visit the page is volatile, and nothing more is done.
 *   2. Quiet since the last visit, or never visited: look the fingerprint up.
 *      If no other frame has it, leave a hint for those that come later; and if
 *      that goes on for some visits, write-protect the page, and come no more.
 *   3. Protect the page: unmap it.  From here on the guest that touches it
 *      waits for the slot.  If anybody but the slot still has a reference, he
 *      may write to the page without touching it: leave it alone.
 *   4. Now that nobody can write, compare all bytes, and only then let the slot
 *      have the shared frame in the place of its own.
 *
 * There is no step that needs two slots.  When 2 finds a hint, the page at hand
 * is copied into a new shared frame and merged with that; then the slot the
 * hint points to is visited like any other and finds the shared frame, or has
 * changed and does not.  The shared frame is always a new one: so nobody can
 * choose, by having been there first, which physical page others will share
 * (Flip Feng Shui, USENIX Security 2016).
 *
 * Why 3 is enough: a write needs a writable page table entry or a reference
 * to the page.  Entries: unmapping removes them all, and new ones need the
 * slot's lock or, for one that is just being installed, the page lock; both
 * are held.  References: get_user_pages_fast() takes one without a lock, but
 * looks at the entry again afterwards, and lets go when it has changed; the
 * unmapping flushes the TLB, which waits for such lookups.  So who has a
 * reference after the unmapping had it before, and page_count() tells.
 */
#include "ksm/merge.h"
#include "cow/domain.h"
#include "hash/fingerprint.h"
#include "ksm/stable.h"
#include <ksmfs/stats.h>
#include <ksmfs/trace.h>

/**
 * struct visit - a private slot under the scanner's eyes
 * @region: of the slot
 * @slot: locked
 * @index: of the slot
 * @frame: its private frame
 */
struct visit {
	struct ksmfs_region *region;
	struct ksmfs_slot *slot;
	unsigned long index;
	struct page *frame;
};

static u64 take_fingerprint(const struct visit *v)
{
	return ksmfs_fingerprint(v->frame, v->region->domain->seed);
}

/* Forget what was known of the content; the slot is HOT then. */
static void cool_down_again(struct visit *v)
{
	struct ksmfs_domain *domain = v->region->domain;

	if (ksmfs_slot_state(v->slot) == KSMFS_SLOT_HOT)
		return;
	domain->ops->forget(domain, v->frame);
	ksmfs_slot_set(v->region, v->slot, KSMFS_SLOT_HOT, v->frame);
	ksmfs_region_mark(v->region, v->index);
}

/* Whether others hold the frame than the slot and @mapped page tables. */
static bool is_pinned(const struct visit *v, int mapped)
{
	if (page_count(v->frame) == 1 + mapped)
		return false;
	ksmfs_count(pages_pinned);
	return true;
}

/*
 * The same while the frame is mapped.  Mappings that come and go between the
 * two reads could make up for a pin; a number of them that did not change from
 * before to after cannot, short of going and coming again in between.
 */
static bool is_pinned_beside_mappings(const struct visit *v)
{
	int mapped = page_mapcount(v->frame);

	if (is_pinned(v, mapped))
		return true;
	smp_rmb(); /* the count of references was read before this: */
	return page_mapcount(v->frame) != mapped;
}

/*
 * Keep everybody from writing to the page: see the top of the file.  Returns
 * with the page locked, or false.
 */
static bool __must_check protect(struct visit *v)
{
	/* A glance first: unmapping costs the guest a fault. */
	if (is_pinned_beside_mappings(v) || !trylock_page(v->frame))
		return false;
	ksmfs_region_unmap(v->region, v->index, 1, false);
	if (is_pinned(v, 0)) {
		unlock_page(v->frame);
		return false;
	}
	/* See what was written before put_page(), which is a release. */
	smp_acquire__after_ctrl_dep();
	return true;
}

/*
 * The frame is protected: give it up for what @state says.  Who gets what was
 * paid for it is for @charge to say.
 */
static void commit(struct visit *v, enum ksmfs_slot_state state,
		   struct page *shared, enum ksmfs_charge charge)
{
	ksmfs_frame_disown(v->region, v->frame);
	ksmfs_slot_set(v->region, v->slot, state, shared);
	unlock_page(v->frame);
	ksmfs_frame_free(v->region->domain, v->frame, charge);
	atomic_long_inc(&v->region->merges);
	trace_ksmfs_merge(v->region->ino, v->index,
			  shared ? page_to_pfn(shared) : 0);
}

enum outcome {
	MERGED,		/* the slot is SHARED now */
	UNEQUAL,	/* there is no frame of this content */
	NOT_NOW,	/* the page is in use or changing, or there is no memory */
};

/*
 * The protected page is not what its fingerprint promised: find out whether
 * it has changed or two contents have the same fingerprint.
 */
static enum outcome explain_unequal(struct visit *v)
{
	if (take_fingerprint(v) != ksmfs_frame_fingerprint(v->frame)) {
		ksmfs_count(merge_races);
		return NOT_NOW;
	}
	ksmfs_count(hash_collisions);
	return UNEQUAL;
}

static void merge_zero(struct visit *v)
{
	if (!protect(v))
		return;
	if (!ksmfs_fingerprint_is_zero(v->frame)) {
		ksmfs_count(merge_races);
		unlock_page(v->frame);
		return;
	}
	commit(v, KSMFS_SLOT_ZERO, NULL, KSMFS_CHARGE);
	ksmfs_count(zero_merges);
}

/* Merge with a shared frame whose match counts as the slot's share. */
static enum outcome merge_shared(struct visit *v, struct ksmfs_match *match)
{
	enum outcome outcome;

	if (!protect(v))
		return NOT_NOW;
	if (!ksmfs_frame_equal(v->frame, match->frame)) {
		outcome = explain_unequal(v);
		unlock_page(v->frame);
		return outcome;
	}
	commit(v, KSMFS_SLOT_SHARED, match->frame, KSMFS_CHARGE);
	match->frame = NULL;
	ksmfs_count(merges);
	return MERGED;
}

/*
 * Copy the page into a new shared frame and merge with that.  The new frame
 * takes over what was paid for the old one: a full mount can merge, too.
 */
static enum outcome promote(struct visit *v)
{
	struct ksmfs_domain *domain = v->region->domain;
	u64 fingerprint = ksmfs_frame_fingerprint(v->frame);
	struct page *shared;

	shared = ksmfs_frame_alloc(domain, KSMFS_NO_CHARGE, 0);
	if (IS_ERR(shared))
		return NOT_NOW;
	if (!protect(v))
		goto err_free;
	copy_highpage(shared, v->frame);
	if (ksmfs_fingerprint(shared, domain->seed) != fingerprint) {
		ksmfs_count(merge_races);
		goto err_unlock;
	}
	ksmfs_frame_set_fingerprint(shared, fingerprint);

	/* The slot's own hint must not count against the room for the frame. */
	domain->ops->forget(domain, v->frame);
	if (!ksmfs_stable_add_shared(domain, shared))
		goto err_unhinted;
	commit(v, KSMFS_SLOT_SHARED, shared, KSMFS_NO_CHARGE);
	ksmfs_count(merges);
	return MERGED;

err_unhinted:
	cool_down_again(v);
err_unlock:
	unlock_page(v->frame);
err_free:
	ksmfs_frame_free(domain, shared, KSMFS_NO_CHARGE);
	return NOT_NOW;
}

/*
 * Merge a quiet page with the frames of its fingerprint, one after the other.
 * If a hint was followed, @buddy is where it points: to be visited next.
 */
static enum outcome merge_equal(struct visit *v, struct ksmfs_match *buddy)
{
	struct ksmfs_domain *domain = v->region->domain;
	u64 fingerprint = ksmfs_frame_fingerprint(v->frame);
	enum outcome outcome = UNEQUAL;
	struct ksmfs_match match;
	unsigned int nth;

	for (nth = 0; nth < KSMFS_STABLE_MAX_EQUAL; nth++) {
		if (!ksmfs_stable_find(domain, fingerprint, v->frame, nth,
				       &match))
			break;
		if (match.frame) {
			outcome = merge_shared(v, &match);
			ksmfs_stable_put(domain, &match);
		} else {
			outcome = promote(v);
			*buddy = match;
		}
		if (outcome != UNEQUAL)
			break;
	}
	return outcome;
}

/*
 * Write-protect a page that has been quiet for long and is equal to no other,
 * so that its fingerprint need not be taken again.  It stays mapped: readers
 * notice nothing.  Who has a reference might write all the same, so there must
 * be none, for the reasons at the top of the file.
 */
static void make_clean(struct visit *v)
{
	if (is_pinned_beside_mappings(v) || !trylock_page(v->frame))
		return;
	folio_mkclean(page_folio(v->frame));
	if (!is_pinned_beside_mappings(v)) {
		smp_acquire__after_ctrl_dep();
		if (take_fingerprint(v) == ksmfs_frame_fingerprint(v->frame))
			ksmfs_slot_set(v->region, v->slot, KSMFS_SLOT_CLEAN,
				       v->frame);
	}
	unlock_page(v->frame);
}

/* A quiet page that is equal to no other grows older. */
static void settle(struct visit *v)
{
	unsigned int age = ksmfs_slot_age(v->region, v->slot);

	switch (ksmfs_slot_state(v->slot)) {
	case KSMFS_SLOT_HOT:
		if (ksmfs_stable_add_hint(v->region->domain, v->frame))
			ksmfs_slot_set(v->region, v->slot, KSMFS_SLOT_HINT,
				       v->frame);
		break;
	case KSMFS_SLOT_HINT:
		if (age < KSMFS_SLOT_CLEAN_AGE)
			ksmfs_slot_set_age(v->region, v->slot, age + 1);
		else
			make_clean(v);
		break;
	default:
		break;
	}
}

static void visit_quiet(struct visit *v, struct ksmfs_match *buddy)
{
	if (ksmfs_fingerprint_is_zero(v->frame))
		merge_zero(v);
	else if (merge_equal(v, buddy) == UNEQUAL)
		settle(v);
}

static void visit_changed(struct visit *v)
{
	ksmfs_slot_set_age(v->region, v->slot,
			   ksmfs_slot_age(v->region, v->slot) + 1);
}

/*
 * Whether a page has not changed since the last visit.  What has never been
 * visited and never proved restless gets the benefit of the doubt: content that
 * is written once is the rule in guests, and is merged at the first visit then.
 * Brings the frame's fingerprint up to date.
 */
static bool is_quiet(struct visit *v)
{
	u64 last = ksmfs_frame_fingerprint(v->frame);
	u64 now;

	if (ksmfs_slot_state(v->slot) == KSMFS_SLOT_CLEAN)
		return true;
	now = take_fingerprint(v);
	if (now == last)
		return true;
	cool_down_again(v);
	ksmfs_frame_set_fingerprint(v->frame, now);
	return last == KSMFS_NO_FINGERPRINT &&
	       !ksmfs_slot_age(v->region, v->slot);
}

/* Visit a slot; what a hint led to is left in @buddy. */
static void visit(struct ksmfs_region *region, struct ksmfs_slot *slot,
		  unsigned long index, struct ksmfs_match *buddy)
{
	struct visit v = { .region = region, .slot = slot, .index = index };

	if (!ksmfs_slot_trylock(region, slot))
		return;
	if (!ksmfs_slot_is_private(ksmfs_slot_state(slot)))
		goto out;

	v.frame = ksmfs_slot_frame(region, slot);
	if (is_quiet(&v))
		visit_quiet(&v, buddy);
	else
		visit_changed(&v);
out:
	ksmfs_slot_unlock(region, slot);
}

/* Visit a slot, and then what a hint led to. */
static void visit_both(struct ksmfs_region *region, struct ksmfs_slot *slot,
		       unsigned long index)
{
	struct ksmfs_match buddy = {}, none = {};

	visit(region, slot, index, &buddy);
	if (!buddy.region)
		return;
	slot = ksmfs_region_slot(buddy.region, buddy.index);
	if (!IS_ERR(slot))
		visit(buddy.region, slot, buddy.index, &none);
	ksmfs_region_put(none.region);
	ksmfs_region_put(buddy.region);
}

unsigned int ksmfs_merge_range(struct ksmfs_region *region,
			       unsigned long first, unsigned long last,
			       unsigned long pass, bool all)
{
	unsigned int visited = 0;
	struct ksmfs_slot *slot;
	unsigned long index;

	for (index = first; !READ_ONCE(region->dying); index++) {
		slot = ksmfs_region_find_restless(region, &index);
		if (!slot || index > last)
			break;
		if (!all && !ksmfs_slot_is_due(slot, index, pass)) {
			ksmfs_count(pages_skipped);
			continue;
		}
		visit_both(region, slot, index);
		ksmfs_count(pages_scanned);
		visited++;
	}
	return visited;
}
