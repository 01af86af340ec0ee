/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Giving up a slot's share in a shared frame: at once, or some time later.
 */
#ifndef _KSMFS_COW_UNSHARE_H
#define _KSMFS_COW_UNSHARE_H

#include <ksmfs/env.h>

struct ksmfs_domain;
struct ksmfs_quota;

/**
 * struct ksmfs_unshare_queue - shares of a mount that wait to be given up
 * @shares: what waits
 * @waiting: how many shares have not been given up yet
 * @draining: held by who gives them up
 * @later: has ksmfs_unshare_drain() called soon; set by whose quota it is
 */
struct ksmfs_unshare_queue {
	struct llist_head shares;
	atomic_long_t waiting;
	struct mutex draining;
	void (*later)(struct ksmfs_quota *quota);
};

/**
 * ksmfs_unshare_init() - make an empty queue
 * @queue: memory for it, all zeros
 */
void ksmfs_unshare_init(struct ksmfs_unshare_queue *queue);

/**
 * ksmfs_unshare() - a slot no longer shows a shared frame
 * @domain: of the frame
 * @frame: shared; the caller's share goes
 *
 * In a strict domain that is done later, and takes as long for the last share
 * as for any other.
 *
 * Context: any but interrupts.
 */
void ksmfs_unshare(struct ksmfs_domain *domain, struct page *frame);

/**
 * ksmfs_unshare_drain() - give up what waits
 * @quota: of the mount
 *
 * What others have begun to give up has been when this returns.  Who finds that
 * nothing waits takes no lock.
 *
 * Context: may sleep; slots may be held.
 */
void ksmfs_unshare_drain(struct ksmfs_quota *quota);

/**
 * ksmfs_unshare_settle() - give up what waits of one domain
 * @domain: which; nobody puts anything there meanwhile
 *
 * Context: may sleep.
 */
void ksmfs_unshare_settle(struct ksmfs_domain *domain);

#endif /* _KSMFS_COW_UNSHARE_H */
