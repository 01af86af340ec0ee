// SPDX-License-Identifier: GPL-2.0
/*
 * The problem: to give up the last share of a frame is to free it, which takes
 * longer than to give up another.  Who breaks a slot could tell by a clock
 * whether anybody else has that content.
 *
 * So in strict domains the share goes into a queue of its mount, which takes
 * the same steps for each; what is left to do is done by others, a little
 * later.  If there is no memory for that it is done at once: no guest is to
 * fail for it.
 *
 * Each of them stands for a frame that was drawn from the pool, too: who gives
 * them up brings new ones there.
 *
 * The frames in the queue count as used, so who finds the mount full empties
 * the queue before he gives up (cow/frame.c).
 *
 * Who finds nothing waiting, not even with somebody else who is about to give it
 * up, returns at once: the number of shares that wait is lowered, with release
 * semantics, when all has been done with one.  The same is known of each domain,
 * and its end gives up its own shares only: or somebody who ends one could tell by
 * his clock whether those of others were the last.
 *
 * Lifetime: a domain has its shares given up before it ends, and nobody can put
 * any more there; who has taken shares out of the queue holds draining until they
 * are given up, or back there.
 *
 * Lock order: slot, draining, shard of the stable tree.
 */
#include "cow/unshare.h"
#include "cow/domain.h"
#include "cow/pool.h"

/**
 * struct share - a share that waits
 * @link: in the queue
 * @domain: of the frame
 * @frame: shared
 */
struct share {
	struct llist_node link;
	struct ksmfs_domain *domain;
	struct page *frame;
};

void ksmfs_unshare_init(struct ksmfs_unshare_queue *queue)
{
	mutex_init(&queue->draining);
}

static void put(struct ksmfs_quota *quota, struct share *share)
{
	struct ksmfs_unshare_queue *queue = &quota->unshare;

	if (llist_add(&share->link, &queue->shares))
		queue->later(quota);
}

void ksmfs_unshare(struct ksmfs_domain *domain, struct page *frame)
{
	struct share *share = NULL;

	if (READ_ONCE(domain->strict))
		share = kzalloc(sizeof(*share), GFP_NOWAIT | __GFP_NOWARN);
	if (!share) {
		domain->ops->unshare(domain, frame);
		return;
	}
	share->domain = domain;
	share->frame = frame;
	atomic_long_inc(&domain->quota->unshare.waiting);
	atomic_long_inc(&domain->unsharing);
	put(domain->quota, share);
}

static void give_up(struct ksmfs_quota *quota, struct share *share)
{
	struct ksmfs_domain *domain = share->domain;

	domain->ops->unshare(domain, share->frame);
	ksmfs_pool_refill();
	kfree(share);
	atomic_long_add_return(-1, &domain->unsharing);
	/* From here on the domain may end. */
	atomic_long_add_return(-1, &quota->unshare.waiting);
}

/* Give up what waits of a domain, or of all for NULL. */
static void drain(struct ksmfs_quota *quota, const struct ksmfs_domain *domain)
{
	struct ksmfs_unshare_queue *queue = &quota->unshare;
	struct llist_node *link, *next;

	mutex_lock(&queue->draining);
	llist_for_each_safe(link, next, llist_del_all(&queue->shares)) {
		struct share *share = llist_entry(link, struct share, link);

		if (domain && share->domain != domain)
			put(quota, share);
		else
			give_up(quota, share);
		cond_resched();
	}
	mutex_unlock(&queue->draining);
}

void ksmfs_unshare_drain(struct ksmfs_quota *quota)
{
	/* Pairs with the release of who has lowered it. */
	if (atomic_long_read_acquire(&quota->unshare.waiting))
		drain(quota, NULL);
}

void ksmfs_unshare_settle(struct ksmfs_domain *domain)
{
	/* Likewise. */
	if (atomic_long_read_acquire(&domain->unsharing))
		drain(domain->quota, domain);
}
