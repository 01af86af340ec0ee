// SPDX-License-Identifier: GPL-2.0
#include "cow/frame.h"
#include "cow/domain.h"
#include "cow/pool.h"
#include "cow/region.h"
#include <ksmfs/stats.h>

/*
 * A host that is out of memory must fail the guest that asks, not kill another:
 * so reclaim is tried hard, but the OOM killer is not called.
 *
 * No memory control group is charged: a frame goes from one guest to another,
 * through the pool, and belongs to all its sharers while it is shared, so it
 * cannot be charged to the right one.  As with hugetlbfs, what limits a mount is
 * its size=.
 */
#define KSMFS_GFP (GFP_HIGHUSER | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

static struct page *get_frame(enum ksmfs_frame_use use)
{
	switch (use) {
	case KSMFS_FRAME_ZERO:
		return alloc_page(KSMFS_GFP | __GFP_ZERO);
	case KSMFS_FRAME_SHARE:
		ksmfs_pool_refill();
		return ksmfs_pool_get(KSMFS_GFP & ~__GFP_DIRECT_RECLAIM);
	default:
		return ksmfs_pool_get(KSMFS_GFP);
	}
}

void ksmfs_quota_init(struct ksmfs_quota *quota, unsigned long limit)
{
	quota->limit = limit;
	init_waitqueue_head(&quota->stalled);
}

bool ksmfs_quota_charge(struct ksmfs_quota *quota, unsigned long nr,
			unsigned long keep)
{
	unsigned long limit = READ_ONCE(quota->limit);
	long used = atomic_long_read(&quota->used);

	/* Not added and taken back: others must not be refused meanwhile. */
	do {
		if (used + nr + keep > limit)
			return false;
	} while (!atomic_long_try_cmpxchg(&quota->used, &used, used + nr));
	return true;
}

void ksmfs_quota_force(struct ksmfs_quota *quota, unsigned long nr)
{
	atomic_long_add(nr, &quota->used);
}

void ksmfs_quota_uncharge(struct ksmfs_quota *quota, unsigned long nr)
{
	atomic_long_sub(nr, &quota->used);
	/* Who begins to wait just now may be missed: he looks again soon. */
	if (nr && waitqueue_active(&quota->stalled))
		wake_up_nr(&quota->stalled, nr);
}

unsigned long ksmfs_quota_reserve(struct ksmfs_quota *quota)
{
	long debt = atomic_long_read(&quota->debt);

	/* To fetch some of a zspool's pages need not make it smaller. */
	debt += atomic_long_read(&quota->packed);
	/* One caught in the middle of a change may be a little below 0. */
	return min_t(unsigned long, READ_ONCE(quota->reserve), max(debt, 0L));
}

unsigned long ksmfs_quota_left(struct ksmfs_quota *quota)
{
	unsigned long used = atomic_long_read(&quota->used);
	unsigned long limit = READ_ONCE(quota->limit);

	return used < limit ? limit - used : 0;
}

/* Whether so many frames can be paid for. */
static bool pay(struct ksmfs_quota *quota, unsigned long nr,
		enum ksmfs_charge charge)
{
	switch (charge) {
	case KSMFS_CHARGE:
		return ksmfs_quota_charge(quota, nr, 0);
	case KSMFS_CHARGE_NEW:
		return ksmfs_quota_charge(quota, nr,
					  ksmfs_quota_reserve(quota));
	default:
		return true;
	}
}

bool ksmfs_frame_pay(struct ksmfs_quota *quota, unsigned long nr,
		     enum ksmfs_charge charge)
{
	if (pay(quota, nr, charge))
		return true;
	ksmfs_unshare_drain(quota);
	return pay(quota, nr, charge);
}

/* Get a frame that has been paid for, or has not, for want of quota. */
static struct page *get_paid(struct ksmfs_domain *domain, bool paid,
			     enum ksmfs_charge charge, enum ksmfs_frame_use use)
{
	struct page *frame;

	if (!paid) {
		ksmfs_count(alloc_failures);
		return ERR_PTR(-ENOSPC);
	}
	frame = get_frame(use);
	if (!frame) {
		if (charge != KSMFS_NO_CHARGE)
			ksmfs_quota_uncharge(domain->quota, 1);
		ksmfs_count(alloc_failures);
		return ERR_PTR(-ENOMEM);
	}
	ksmfs_frame_set_fingerprint(frame, KSMFS_NO_FINGERPRINT);
	INIT_HLIST_NODE(ksmfs_frame_link(frame));
	ksmfs_count(frames);
	return frame;
}

struct page *ksmfs_frame_alloc(struct ksmfs_domain *domain,
			       enum ksmfs_charge charge,
			       enum ksmfs_frame_use use)
{
	return get_paid(domain, ksmfs_frame_pay(domain->quota, 1, charge),
			charge, use);
}

struct page *ksmfs_frame_replace(struct ksmfs_domain *domain,
				 enum ksmfs_charge charge, struct page *shared,
				 bool *replaced)
{
	bool paid = ksmfs_frame_pay(domain->quota, 1, charge);

	*replaced = !paid && domain->ops->seclude(domain, shared);
	if (*replaced)
		ksmfs_quota_force(domain->quota, 1);
	return get_paid(domain, paid || *replaced, charge, KSMFS_FRAME_COPY);
}

void ksmfs_frame_free(struct ksmfs_domain *domain, struct page *frame,
		      enum ksmfs_charge charge)
{
	WARN_ON_ONCE(frame->mapping || !hlist_unhashed(ksmfs_frame_link(frame)));
	ksmfs_stat_add(KSMFS_STAT_frames, -1);
	if (charge != KSMFS_NO_CHARGE)
		ksmfs_quota_uncharge(domain->quota, 1);
	ksmfs_pool_put(frame);
}

void ksmfs_frame_own(struct page *frame, struct ksmfs_region *region,
		     unsigned long index)
{
	lockdep_assert_held(region);
	frame->mapping = region->mapping;
	page_folio(frame)->index = index;
}

void ksmfs_frame_disown(struct ksmfs_region *region, struct page *frame)
{
	lockdep_assert_held(region);
	region->domain->ops->forget(region->domain, frame);
	if (page_count(frame) == 1) {
		frame->mapping = NULL;
	} else {
		lock_page(frame);
		frame->mapping = NULL;
		unlock_page(frame);
	}
	page_folio(frame)->index = 0;
}
