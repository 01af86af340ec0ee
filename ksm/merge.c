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
 * Each step is taken with a batch of slots before the next one: so the memory
 * that a step needs is on its way while the step is busy with another slot, and
 * slots side by side are unmapped at once, which costs every CPU that runs the
 * guest one interruption instead of one for each page.  All slots of a batch
 * are held, from 1 until it is known what becomes of them; they are got by
 * trylock, so a batch never waits for a slot and cannot be in a deadlock.
 *
 * No step waits for two slots.  When 2 finds a hint, the page at hand is copied
 * into a new shared frame and merged with that; then the slot the hint points
 * to is visited like any other and finds the shared frame, or has changed and
 * does not.  The shared frame is always a new one: so nobody can choose, by
 * having been there first, which physical page others will share (Flip Feng
 * Shui, USENIX Security 2016).
 *
 * Unequal pages with equal samples (hash/fingerprint.h): the one that comes
 * second finds the other one, is not equal, and goes by the fingerprint of its
 * whole content from then on.  Should the other one go away, a third page that
 * is equal to the second would miss it: so in a domain where this has happened
 * a page is looked up by its whole content once more before it becomes CLEAN.
 *
 * In a strict domain a page that is quiet must not be told from one that is
 * merged.  So 3 is done to all of them, and one that is equal to no other becomes
 * the only sharer of a new shared frame; there are no hints.  What is left to be
 * noticed is that a page was quiet (VUsion, SOSP 2017, calls it same behaviour).
 *
 * Why 3 is enough: a write needs a writable page table entry or a reference
 * to the page.  Entries: unmapping removes them all, and new ones need the
 * slot's lock, which is held.  References: get_user_pages_fast() takes one
 * without a lock and then looks at the entry again, and lets go if it has
 * changed; we change the entry and then look at page_count().  So either it
 * sees that the entry has gone, or we see its reference.
 */
#include "ksm/merge.h"
#include "cow/domain.h"
#include "hash/content.h"
#include "hash/fingerprint.h"
#include "ksm/mode.h"
#include "ksm/stable.h"
#include <ksmfs/stats.h>
#include <ksmfs/trace.h>

/* Slots of a batch: what can be held without keeping a guest waiting for long. */
#define BATCH 16

/**
 * struct rules - what may be done with the slots of a batch
 * @merge: mode of the domain
 * @strict: it is strict
 * @seed: of their fingerprints
 */
struct rules {
	enum ksmfs_merge_mode merge;
	bool strict;
	u64 seed;
};

/**
 * struct visit - a private slot under the scanner's eyes
 * @rules: of its batch
 * @region: of the slot
 * @slot: locked
 * @index: of the slot
 * @frame: its private frame
 * @buddy: what a hint led to: to be visited next
 * @buddy_index: likewise
 */
struct visit {
	const struct rules *rules;
	struct ksmfs_region *region;
	struct ksmfs_slot *slot;
	unsigned long index;
	struct page *frame;
	struct ksmfs_region *buddy;
	unsigned long buddy_index;
};

/**
 * struct batch - slots that are visited together, by rising index
 * @rules: read when all are held
 * @nr: how many
 * @visit: one for each
 */
struct batch {
	struct rules rules;
	unsigned int nr;
	struct visit visit[BATCH];
};

static u64 take_fingerprint(const struct visit *v)
{
	return ksmfs_fingerprint_again(v->frame, v->rules->seed,
				       ksmfs_frame_fingerprint(v->frame));
}

/* What is known of the content is true no longer; the slot is HOT then. */
static void set_fingerprint(struct visit *v, u64 fingerprint)
{
	struct ksmfs_domain *domain = v->region->domain;

	if (ksmfs_slot_state(v->slot) != KSMFS_SLOT_HOT) {
		domain->ops->forget(domain, v->frame);
		ksmfs_slot_set(v->region, v->slot, KSMFS_SLOT_HOT, v->frame);
		ksmfs_region_mark(v->region, v->index);
	}
	ksmfs_frame_set_fingerprint(v->frame, fingerprint);
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
	struct folio *folio = page_folio(v->frame);
	int mapped = folio_mapcount(folio);

	if (is_pinned(v, mapped))
		return true;
	smp_rmb(); /* the count of references was read before this: */
	return folio_mapcount(folio) != mapped;
}

/* Nobody comes to this slot any more in this batch. */
static void leave(struct visit *v)
{
	ksmfs_slot_unlock(v->region, v->slot);
	v->slot = NULL;
}

/* A slot that need not be visited as often as it is. */
static void put_off(struct visit *v)
{
	unsigned int age = ksmfs_slot_age(v->region, v->slot);

	if (age < KSMFS_SLOT_MAX_BACKOFF)
		ksmfs_slot_set_age(v->region, v->slot, age + 1);
}

/* Drop the slots that have been left. */
static void close_ranks(struct batch *batch)
{
	unsigned int i, nr = 0;

	for (i = 0; i < batch->nr; i++) {
		if (batch->visit[i].slot)
			batch->visit[nr++] = batch->visit[i];
	}
	batch->nr = nr;
}

#define for_each_visit(v, batch)                                              \
	for ((v) = (batch)->visit; (v) < (batch)->visit + (batch)->nr; (v)++)

/* ---- step 1: who is quiet ---- */

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
	set_fingerprint(v, now);
	if (ksmfs_fingerprint_is_whole(last)) {
		/* It was unmapped to be compared, and changes unseen. */
		ksmfs_slot_strike(v->region, v->slot);
		return false;
	}
	if (last == KSMFS_NO_FINGERPRINT)
		return !ksmfs_slot_age(v->region, v->slot);
	put_off(v);
	return false;
}

static void leave_the_restless(struct batch *batch)
{
	struct visit *v, *end = batch->visit + batch->nr;

	for_each_visit(v, batch) {
		if (v + 1 < end)
			ksmfs_fingerprint_prefetch(v[1].frame, v->rules->seed);
		if (!is_quiet(v))
			leave(v);
	}
	close_ranks(batch);
}

/* ---- step 2: who is not alone ---- */

static bool is_zero(const struct visit *v)
{
	return ksmfs_frame_fingerprint(v->frame) == KSMFS_FINGERPRINT_ZERO;
}

/* Whether the domain's mode allows the page to be merged with equal ones. */
static bool may_share(const struct visit *v)
{
	return v->rules->merge != KSMFS_MERGE_zero || is_zero(v);
}

/* Whether there is a frame that the page could be merged with. */
static bool has_equal(const struct visit *v, u64 fingerprint)
{
	return may_share(v) &&
	       ksmfs_stable_has(v->region->domain, fingerprint, v->frame);
}

/*
 * Write-protect a page that has been quiet for long and is equal to no other,
 * so that its fingerprint need not be taken again.  It stays mapped: readers
 * notice nothing.  Who has a reference might write all the same, so there must
 * be none, for the reasons at the top of the file.  An entry that is just being
 * removed may still be in some processor: then it counts as a reference, or, from
 * 6.2 on, its page table is locked until it is not, and folio_mkclean() waits.
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

/*
 * Whether a page that goes by its sample has an equal one that goes by its
 * whole content; then it does so, too, and finds it at its next visit.
 */
static bool has_equal_in_the_crowd(struct visit *v)
{
	struct ksmfs_domain *domain = v->region->domain;
	u64 whole;

	if (!READ_ONCE(domain->crowded) ||
	    ksmfs_fingerprint_is_whole(ksmfs_frame_fingerprint(v->frame)))
		return false;
	whole = ksmfs_fingerprint_whole(v->frame, v->rules->seed);
	if (!has_equal(v, whole))
		return false;
	set_fingerprint(v, whole);
	return true;
}

/* Where pages are not merged with others, hints would help nobody. */
static bool add_hint(const struct visit *v)
{
	return !may_share(v) ||
	       ksmfs_stable_add_hint(v->region->domain, v->frame);
}

/*
 * A quiet page that is equal to no other grows older.  One of too many that look
 * alike is put off: somebody may have made them so.
 */
static void settle(struct visit *v)
{
	unsigned int age = ksmfs_slot_age(v->region, v->slot);

	switch (ksmfs_slot_state(v->slot)) {
	case KSMFS_SLOT_HOT:
		if (add_hint(v))
			ksmfs_slot_set(v->region, v->slot, KSMFS_SLOT_HINT,
				       v->frame);
		else
			put_off(v);
		break;
	case KSMFS_SLOT_HINT:
		if (age < KSMFS_SLOT_CLEAN_AGE)
			ksmfs_slot_set_age(v->region, v->slot, age + 1);
		else if (!has_equal_in_the_crowd(v))
			make_clean(v);
		break;
	default:
		break;
	}
}

static void prefetch_equals(const struct batch *batch)
{
	u64 fingerprints[BATCH];
	unsigned int i;

	for (i = 0; i < batch->nr; i++)
		fingerprints[i] = ksmfs_frame_fingerprint(batch->visit[i].frame);
	if (batch->nr)
		ksmfs_stable_prefetch(batch->visit->region->domain,
				      fingerprints, batch->nr);
}

static void leave_the_lonely(struct batch *batch)
{
	struct visit *v;

	prefetch_equals(batch);
	for_each_visit(v, batch) {
		if (v->rules->strict || is_zero(v) ||
		    has_equal(v, ksmfs_frame_fingerprint(v->frame)))
			continue;
		settle(v);
		leave(v);
	}
	close_ranks(batch);
}

/* ---- step 3: who can be protected ---- */

/* The page has an equal, but somebody holds it: not now. */
static void leave_pinned(struct visit *v)
{
	/* To one that is CLEAN nobody would come again. */
	if (ksmfs_slot_state(v->slot) == KSMFS_SLOT_CLEAN)
		set_fingerprint(v, ksmfs_frame_fingerprint(v->frame));
	leave(v);
}

/* A glance first, for unmapping costs the guest a fault. */
static void leave_the_pinned(struct batch *batch)
{
	struct visit *v;

	for_each_visit(v, batch) {
		if (is_pinned_beside_mappings(v))
			leave_pinned(v);
	}
	close_ranks(batch);
}

/* Unmap pages side by side at once. */
static void unmap_pages(struct batch *batch)
{
	struct visit *v, *next, *end = batch->visit + batch->nr;

	for (v = batch->visit; v < end; v = next) {
		next = v + 1;
		if (!ksmfs_frame_is_mapped(v->frame))
			continue;
		while (next < end && next->index == next[-1].index + 1)
			next++;
		ksmfs_region_unmap(v->region, v->index, next - v, false);
	}
}

/* Keep everybody from writing to the pages: see the top of the file. */
static void protect(struct batch *batch)
{
	struct visit *v;

	leave_the_pinned(batch);
	unmap_pages(batch);
	for_each_visit(v, batch) {
		if (is_pinned(v, 0))
			leave_pinned(v);
	}
	close_ranks(batch);
	/* See what was written before put_page(), which is a release. */
	smp_acquire__after_ctrl_dep();
}

/* ---- step 4: who is equal ---- */

enum outcome {
	MERGED,		/* the frame was given up */
	ALONE,		/* no other frame has the fingerprint */
	UNEQUAL,	/* one has, of another content */
	NOT_NOW,	/* the page has changed, or there is no memory */
};

/*
 * The frame is protected: give it up for what @state says.  Who gets what was
 * paid for it is for @charge to say.
 */
static void commit(struct visit *v, enum ksmfs_slot_state state,
		   struct page *shared, enum ksmfs_charge charge)
{
	ksmfs_frame_disown(v->region, v->frame);
	ksmfs_slot_set(v->region, v->slot, state, shared);
	ksmfs_frame_free(v->region->domain, v->frame, charge);
	atomic_long_inc(&v->region->merges);
	trace_ksmfs_merge(v->region->ino, v->index,
			  shared ? page_to_pfn(shared) : 0);
}

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

static enum outcome merge_zero(struct visit *v)
{
	if (!ksmfs_content_is_zero(v->frame)) {
		ksmfs_count(merge_races);
		return NOT_NOW;
	}
	commit(v, KSMFS_SLOT_ZERO, NULL, KSMFS_CHARGE);
	ksmfs_count(zero_merges);
	return MERGED;
}

/* Merge with a shared frame whose match counts as the slot's share. */
static enum outcome merge_shared(struct visit *v, struct ksmfs_match *match)
{
	if (!ksmfs_content_equal(v->frame, match->frame))
		return explain_unequal(v);
	commit(v, KSMFS_SLOT_SHARED, match->frame, KSMFS_CHARGE);
	match->frame = NULL;
	ksmfs_count(merges);
	return MERGED;
}

/*
 * Have a new shared frame found by those that come later.  If that cannot be, a
 * strict domain has one all the same.
 */
static bool add_shared(const struct visit *v, struct page *shared)
{
	struct ksmfs_domain *domain = v->region->domain;

	if (may_share(v) && ksmfs_stable_add_shared(domain, shared))
		return true;
	if (!v->rules->strict)
		return false;
	ksmfs_stable_add_alone(domain, shared);
	return true;
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

	if (take_fingerprint(v) != fingerprint) {
		ksmfs_count(merge_races);
		return NOT_NOW;
	}
	shared = ksmfs_frame_alloc(domain, KSMFS_NO_CHARGE, KSMFS_FRAME_SHARE);
	if (IS_ERR(shared))
		return NOT_NOW;
	copy_highpage(shared, v->frame);
	ksmfs_frame_set_fingerprint(shared, fingerprint);

	/* The slot's own hint must not count against the room for the frame. */
	domain->ops->forget(domain, v->frame);
	if (!add_shared(v, shared)) {
		set_fingerprint(v, fingerprint);
		ksmfs_frame_free(domain, shared, KSMFS_NO_CHARGE);
		return NOT_NOW;
	}
	commit(v, KSMFS_SLOT_SHARED, shared, KSMFS_NO_CHARGE);
	ksmfs_count(merges);
	return MERGED;
}

/* Whether what a hint leads to is no longer what it was. */
static bool is_stale(const struct visit *v, struct page *hint)
{
	u64 fingerprint = ksmfs_frame_fingerprint(v->frame);

	return ksmfs_fingerprint_again(hint, v->rules->seed, fingerprint) !=
	       fingerprint;
}

/*
 * Follow a hint.  What it leads to may change as we look, so equal is a guess
 * here: one that saves the shared frame that nobody else would share.
 */
static enum outcome merge_hint(struct visit *v, struct ksmfs_match *match)
{
	enum outcome outcome;

	/* Two of 2^64 regions' fingerprints of one page may be the same. */
	if (v->rules->merge == KSMFS_MERGE_self && match->region != v->region)
		return ALONE;
	if (!ksmfs_content_equal(v->frame, match->frame))
		return is_stale(v, match->frame) ? ALONE : explain_unequal(v);
	outcome = promote(v);
	if (outcome == MERGED && ksmfs_region_get(match->region)) {
		v->buddy = match->region;
		v->buddy_index = match->index;
	}
	return outcome;
}

/* Merge with the frames of the page's fingerprint, one after the other. */
static enum outcome merge_equal(struct visit *v)
{
	struct ksmfs_domain *domain = v->region->domain;
	u64 fingerprint = ksmfs_frame_fingerprint(v->frame);
	enum outcome outcome, last = ALONE;
	struct ksmfs_match match;
	unsigned int nth;

	if (!may_share(v))
		return ALONE;
	for (nth = 0; nth < KSMFS_STABLE_MAX_EQUAL; nth++) {
		if (!ksmfs_stable_find(domain, fingerprint, v->frame, nth,
				       &match))
			break;
		if (match.region)
			outcome = merge_hint(v, &match);
		else
			outcome = merge_shared(v, &match);
		ksmfs_stable_put(domain, &match);
		if (outcome == MERGED || outcome == NOT_NOW)
			return outcome;
		if (outcome == UNEQUAL)
			last = UNEQUAL;
	}
	return last;
}

/* A sample did not tell the page from others: go by its whole content. */
static enum outcome merge_whole(struct visit *v)
{
	struct ksmfs_domain *domain = v->region->domain;

	WRITE_ONCE(domain->crowded, true);
	set_fingerprint(v, ksmfs_fingerprint_whole(v->frame, v->rules->seed));
	return merge_equal(v);
}

/* A page that has no equal gets a shared frame, too. */
static void promote_alone(struct visit *v)
{
	enum outcome outcome = ALONE;

	if (has_equal_in_the_crowd(v))
		outcome = merge_equal(v);
	if (outcome == ALONE || outcome == UNEQUAL)
		promote(v);
}

static void merge(struct visit *v)
{
	bool strict = v->rules->strict;
	u64 fingerprint = ksmfs_frame_fingerprint(v->frame);
	enum outcome outcome;

	outcome = is_zero(v) && !strict ? merge_zero(v) : merge_equal(v);
	if (outcome == UNEQUAL && !ksmfs_fingerprint_is_whole(fingerprint))
		outcome = merge_whole(v);
	if (outcome == MERGED || outcome == NOT_NOW)
		return;
	if (strict)
		promote_alone(v);
	else
		settle(v);
}

/*
 * Read the domain's mode.  Who changes it then waits for those slots that
 * somebody holds, and looks at what became of them.
 */
static void read_rules(struct batch *batch)
{
	struct ksmfs_region *region = batch->visit->region;

	smp_mb(); /* pairs with the one in conform_all() of mode.c */
	batch->rules.merge = READ_ONCE(region->domain->merge);
	batch->rules.strict = READ_ONCE(region->domain->strict);
	batch->rules.seed = ksmfs_mode_seed(region, batch->rules.merge);
}

static void leave_all(struct batch *batch)
{
	struct visit *v;

	for_each_visit(v, batch)
		leave(v);
	batch->nr = 0;
}

/* Take a batch through all steps; no slot is held when this returns. */
static void visit_all(struct batch *batch)
{
	struct visit *v;

	/* cppcheck-suppress ctuuninitvar; of an empty one there is only nr */
	if (!batch->nr)
		return;
	read_rules(batch);
	if (batch->rules.merge == KSMFS_MERGE_off)
		leave_all(batch);
	leave_the_restless(batch);
	leave_the_lonely(batch);
	protect(batch);
	for_each_visit(v, batch) {
		merge(v);
		leave(v);
	}
}

/* ---- who is visited ---- */

/* Take a slot into a batch that has room, unless it is not there to be had. */
static void join(struct batch *batch, struct ksmfs_region *region,
		 struct ksmfs_slot *slot, unsigned long index)
{
	struct page *frame;

	if (!ksmfs_slot_trylock(region, slot))
		return;
	if (!ksmfs_slot_is_private(ksmfs_slot_state(slot)))
		goto out;
	frame = ksmfs_slot_frame(region, slot);
	if (PageHWPoison(frame))	/* reading it may end the host */
		goto out;
	batch->visit[batch->nr++] = (struct visit) {
		.rules = &batch->rules,
		.region = region,
		.slot = slot,
		.index = index,
		.frame = frame,
	};
	return;
out:
	ksmfs_slot_unlock(region, slot);
}

/* Visit what a hint led to; where that leads to in turn has been visited. */
static noinline_for_stack void visit_buddy(const struct visit *v)
{
	struct ksmfs_slot *slot = ksmfs_region_slot(v->buddy, v->buddy_index);
	struct batch single;

	single.nr = 0;
	if (!IS_ERR(slot))
		join(&single, v->buddy, slot, v->buddy_index);
	visit_all(&single);
	if (single.nr)
		ksmfs_region_put(single.visit->buddy);
	ksmfs_region_put(v->buddy);
}

static void visit_buddies(const struct batch *batch)
{
	const struct visit *v;

	for_each_visit(v, batch) {
		if (v->buddy)
			visit_buddy(v);
	}
}

static bool is_to_be_visited(const struct ksmfs_slot *slot,
			     unsigned long index, unsigned long pass, bool all)
{
	if (!ksmfs_slot_is_restless(ksmfs_slot_state(slot)))
		return false;
	if (all || ksmfs_slot_is_due(slot, index, pass))
		return true;
	ksmfs_count(pages_skipped);
	return false;
}

unsigned int ksmfs_merge_range(struct ksmfs_region *region,
			       unsigned long first, unsigned long last,
			       unsigned long pass, bool all)
{
	struct ksmfs_slot *slot = ksmfs_region_slot(region, first);
	unsigned long index = first;
	unsigned int visited = 0;
	struct batch batch;

	if (IS_ERR(slot))
		return 0;
	while (index <= last && !READ_ONCE(region->dying)) {
		for (batch.nr = 0; index <= last && batch.nr < BATCH;
		     index++, slot++) {
			if (!is_to_be_visited(slot, index, pass, all))
				continue;
			join(&batch, region, slot, index);
			visited++;
		}
		visit_all(&batch);
		visit_buddies(&batch);
		cond_resched();
	}
	ksmfs_stat_add(KSMFS_STAT_pages_scanned, visited);
	return visited;
}
