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
 * semantics, when all has been done with one.  It is told by domain, too: or
 * somebody who ends a domain of his own could have others' shares given up, and
 * tell by his clock whether they were the last.
 *
 * Lifetime: a domain that has shares there empties the queue before it ends, and
 * nobody can put anything of it there any more; who has taken shares out of it
 * holds draining until they are given up.
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
	bool is_first;

	atomic_long_inc(&queue->waiting);
	atomic_long_inc(&share->domain->unsharing);
	is_first = llist_add(&share->link, &queue->shares);
	if (is_first)
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
	put(domain->quota, share);
}

void ksmfs_unshare_drain(struct ksmfs_quota *quota)
{
	struct ksmfs_unshare_queue *queue = &quota->unshare;
	struct llist_node *link, *next;

	/* Pairs with the release of who has lowered it. */
	if (!atomic_long_read_acquire(&queue->waiting))
		return;
	mutex_lock(&queue->draining);
	llist_for_each_safe(link, next, llist_del_all(&queue->shares)) {
		struct share *share = llist_entry(link, struct share, link);
		struct ksmfs_domain *domain = share->domain;

		domain->ops->unshare(domain, share->frame);
		ksmfs_pool_refill();
		kfree(share);
		atomic_long_add_return(-1, &domain->unsharing);
		/* From here on the domain may end. */
		atomic_long_add_return(-1, &queue->waiting);
		cond_resched();
	}
	mutex_unlock(&queue->draining);
}

void ksmfs_unshare_settle(struct ksmfs_domain *domain)
{
	/* Pairs with the release of who has lowered it. */
	if (atomic_long_read_acquire(&domain->unsharing))
		ksmfs_unshare_drain(domain->quota);
}
