// SPDX-License-Identifier: GPL-2.0
/*
 * The scanner's walk: who visits which slots next.
 *
 * The problem: several threads share the work, regions come and go under
 * them, and one region whose pages change all the time, or that is a thousand
 * times larger than the others, must not keep the others waiting.
 *
 * Passes are made by region.  A region that has restless slots (slot.h) when
 * a period begins is *due*: it begins a pass.  The threads go round the regions
 * that are due and take a *claim* at each, which is a piece of one leaf at the
 * most.  So a region waits for one claim of each other region that is due, and
 * no longer, whatever the others hold.
 *
 * Turns go to regions, not to domains: a domain of a hundred guests has a
 * hundred times the work of one guest beside it, and what matters to either is
 * how long a guest's pages wait.  By domain, those hundred would wait a
 * hundred times longer, and the one would gain little, for it is delayed by
 * one claim of each of the others at the most.
 *
 * A region begins one pass in a period at most, however short its passes are.
 * Pages that change all the time are thus not visited all the time, which
 * would cost their guest more than ever comes of it.  Who calls says how long
 * a period is; this file knows no clock.
 *
 * Structures: ksmfs_region_scan says how far a region's pass is.  Two marks in
 * the XArray of all regions say which are due (DUE: some of its slots have
 * not been claimed) and which the full scan still waits for (OWING).  What
 * looks for them does not meet regions at rest; and they need no lifetime, as
 * a region that ends takes its marks with it.
 *
 * A full scan, or lap, is over when each region that was restless when it
 * began has completed a pass.  A pass is complete when all its slots have been
 * claimed and all claims have been given back.  Passes asked for are laps that
 * begin when the one before is over, with a new pass of every region.
 *
 * Invariants, while the lock is not held:
 *  - OWING implies DUE or claims: a region that is waited for is in a pass;
 *  - no slot is in two claims of one pass;
 *  - at rest neither mark is anywhere, and a period costs one look at each
 *    region.
 *
 * Lock order: ksmfs_scan.lock, and under it the locks of XArrays.  Slots are
 * visited without it.
 *
 * Lifetimes: who has a claim is a user of the region (region.h).  He gives it
 * back soon if the region is about to end.
 */
#include "ksm/scan.h"
#include "cow/pool.h"
#include "cow/break.h"
#include "cow/region.h"
#include "ksm/merge.h"
#include <ksmfs/stats.h>
#include <ksmfs/trace.h>

/**
 * struct claim - slots that one caller visits, and nobody else
 * @region: the caller is a user
 * @first: first slot
 * @last: last slot, inclusive; in the same leaf
 * @pass: number of the region's pass
 * @all: also those that are not due in it
 */
struct claim {
	struct ksmfs_region *region;
	unsigned long first;
	unsigned long last;
	unsigned long pass;
	bool all;
};

void ksmfs_scan_init(struct ksmfs_scan *scan)
{
	memset(scan, 0, sizeof(*scan));
	mutex_init(&scan->lock);
}

/* Whether a region is in a pass. */
static bool is_under_way(struct ksmfs_region *region)
{
	return region->scan.claims ||
	       ksmfs_region_has(region, KSMFS_REGION_DUE);
}

static void begin_pass(struct ksmfs_scan *scan, struct ksmfs_region *region)
{
	lockdep_assert_held(&scan->lock);
	region->scan.next = 0;
	region->scan.pass++;
	region->scan.period = scan->period;
	region->scan.visited = 0;
	ksmfs_region_set(region, KSMFS_REGION_DUE, true);
}

/*
 * Begin the next pass of a region if it is time to.  While passes asked for are
 * made, those are all that there are; but who comes new need not wait for
 * their end.
 */
static void consider(struct ksmfs_scan *scan, struct ksmfs_region *region)
{
	if (scan->asked && region->scan.pass)
		return;
	if (ksmfs_region_restless(region) &&
	    region->scan.period != scan->period)
		begin_pass(scan, region);
}

/* All slots of the pass have been claimed, and the last claim is back. */
static void end_pass(struct ksmfs_scan *scan, struct ksmfs_region *region)
{
	lockdep_assert_held(&scan->lock);
	trace_ksmfs_pass(region->ino, region->scan.pass, region->scan.visited);
	ksmfs_region_set(region, KSMFS_REGION_OWING, false);
	consider(scan, region);
}

/* Look at each region once: count what there is to do, begin passes. */
static void sweep(struct ksmfs_scan *scan)
{
	struct ksmfs_region *region;
	unsigned long restless = 0;
	unsigned long ino = 0;

	lockdep_assert_held(&scan->lock);
	while ((region = ksmfs_region_from(ino, XA_PRESENT))) {
		ino = region->ino + 1;
		restless += ksmfs_region_restless(region);
		if (scan->anew && ksmfs_region_restless(region))
			begin_pass(scan, region);
		else if (!is_under_way(region))
			consider(scan, region);
		if (scan->anew || !scan->lap)
			ksmfs_region_set(region, KSMFS_REGION_OWING,
					 is_under_way(region));
		ksmfs_region_put(region);
		cond_resched();
	}
	WRITE_ONCE(scan->restless, restless);
	WRITE_ONCE(scan->anew, false);
	scan->lap = true;
}

static void end_lap(struct ksmfs_scan *scan)
{
	ksmfs_count(full_scans);
	scan->lap = false;
	if (!scan->asked)
		return;
	WRITE_ONCE(scan->asked, scan->asked - 1);
	WRITE_ONCE(scan->anew, scan->asked);
}

/* See whether it is time for a sweep, or a lap is over. */
static void turn_over(struct ksmfs_scan *scan, unsigned long period)
{
	bool is_new = (long)(period - scan->period) > 0;

	lockdep_assert_held(&scan->lock);
	if (is_new)
		scan->period = period;
	if (scan->anew || is_new)
		sweep(scan);
	if (scan->lap && !ksmfs_region_any(KSMFS_REGION_OWING))
		end_lap(scan);
}

/* Go on to the next slot to be claimed; if there is none the region is done. */
static bool find_next(struct ksmfs_region *region)
{
	if (ksmfs_region_find_restless(region, &region->scan.next))
		return true;
	ksmfs_region_set(region, KSMFS_REGION_DUE, false);
	return false;
}

/*
 * One step round the regions that are due.  Returns false if there was nothing
 * to claim in the region whose turn it was.
 */
static bool claim_next(struct ksmfs_scan *scan, unsigned int nr,
		       struct claim *claim)
{
	struct ksmfs_region *region;

	lockdep_assert_held(&scan->lock);
	region = ksmfs_region_from(scan->next, KSMFS_REGION_DUE);
	if (!region)
		region = ksmfs_region_from(0, KSMFS_REGION_DUE);
	if (!region)
		return false;

	scan->next = region->ino + 1;
	if (!find_next(region)) {
		if (!region->scan.claims)
			end_pass(scan, region);
		ksmfs_region_put(region);
		return false;
	}
	claim->region = region;
	claim->first = region->scan.next;
	claim->last = min(claim->first | (KSMFS_LEAF_SLOTS - 1),
			  claim->first + nr - 1);
	claim->pass = region->scan.pass;
	claim->all = scan->asked;
	region->scan.claims++;
	region->scan.next = claim->last + 1;
	find_next(region);
	return true;
}

static void give_back(struct ksmfs_scan *scan, const struct claim *claim,
		      unsigned int visited)
{
	struct ksmfs_region *region = claim->region;

	mutex_lock(&scan->lock);
	region->scan.visited += visited;
	region->scan.claims--;
	if (!is_under_way(region))
		end_pass(scan, region);
	mutex_unlock(&scan->lock);
	ksmfs_region_put(region);
}

unsigned int ksmfs_scan_work(struct ksmfs_scan *scan, unsigned long period,
			     unsigned int nr)
{
	unsigned int done = 0, visited;
	struct claim claim;
	bool claimed;
	bool is_due;

	while (done < nr) {
		mutex_lock(&scan->lock);
		turn_over(scan, period);
		is_due = ksmfs_scan_is_due(scan);
		claimed = claim_next(scan, nr, &claim);
		mutex_unlock(&scan->lock);
		if (!is_due)
			break;

		visited = 0;
		if (claimed) {
			visited = ksmfs_merge_range(claim.region, claim.first,
						    claim.last, claim.pass,
						    claim.all);
			ksmfs_pool_refill();
			give_back(scan, &claim, visited);
		}
		/* Looking counts, too, or there might be no end to it. */
		done += visited ?: 1;
		cond_resched();
	}
	return done;
}

bool ksmfs_scan_is_due(const struct ksmfs_scan *scan)
{
	return READ_ONCE(scan->anew) || ksmfs_region_any(KSMFS_REGION_DUE);
}

void ksmfs_scan_ask(struct ksmfs_scan *scan, unsigned int nr)
{
	mutex_lock(&scan->lock);
	WRITE_ONCE(scan->asked, nr);
	WRITE_ONCE(scan->anew, nr);
	mutex_unlock(&scan->lock);
}

unsigned int ksmfs_scan_asked(const struct ksmfs_scan *scan)
{
	return READ_ONCE(scan->asked);
}

unsigned long ksmfs_scan_restless(const struct ksmfs_scan *scan)
{
	return READ_ONCE(scan->restless);
}

int ksmfs_scan_unmerge(void)
{
	struct ksmfs_region *region;
	unsigned long ino = 0;
	int bad = 0;

	while ((region = ksmfs_region_from(ino, XA_PRESENT))) {
		int err = ksmfs_break_all(region);

		ino = region->ino + 1;
		ksmfs_region_put(region);
		if (err == -EHWPOISON)
			bad = err;
		else if (err)
			return err;
		cond_resched();
	}
	return bad;
}
