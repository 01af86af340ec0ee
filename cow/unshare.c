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
 * Lifetime: a domain empties the queue before it ends, and nobody can put
 * anything of it there any more; who has taken shares out of it holds draining
 * until they are given up.
 *
 * Lock order: slot, draining, shard of the stable tree; and slot, lock.
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
	struct hlist_node link;
	struct ksmfs_domain *domain;
	struct page *frame;
};

void ksmfs_unshare_init(struct ksmfs_unshare_queue *queue)
{
	spin_lock_init(&queue->lock);
	mutex_init(&queue->draining);
}

static void put(struct ksmfs_quota *quota, struct share *share)
{
	struct ksmfs_unshare_queue *queue = &quota->unshare;
	bool is_first;

	spin_lock(&queue->lock);
	is_first = !queue->shares.first;
	hlist_add_head(&share->link, &queue->shares);
	spin_unlock(&queue->lock);
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

static struct hlist_node *take_all(struct ksmfs_unshare_queue *queue)
{
	struct hlist_node *first;

	lockdep_assert_held(&queue->draining);
	spin_lock(&queue->lock);
	first = queue->shares.first;
	queue->shares.first = NULL;
	spin_unlock(&queue->lock);
	return first;
}

void ksmfs_unshare_drain(struct ksmfs_quota *quota)
{
	struct ksmfs_unshare_queue *queue = &quota->unshare;
	struct hlist_node *link, *next;

	mutex_lock(&queue->draining);
	for (link = take_all(queue); link; link = next) {
		struct share *share = hlist_entry(link, struct share, link);

		next = link->next;
		share->domain->ops->unshare(share->domain, share->frame);
		ksmfs_pool_refill();
		kfree(share);
		cond_resched();
	}
	mutex_unlock(&queue->draining);
}
