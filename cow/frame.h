/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames: physical pages that hold the content of slots.
 *
 * A frame is a plain struct page that belongs to ksmfs alone, is on no LRU
 * list, and is one of two kinds.  What is known of it is kept in the fields
 * of struct page that an owner may use, so a frame costs no further memory:
 *
 *            private frame            shared frame          who may touch it
 *  mapping   of the region            NULL                  [1]
 *  index     of the slot              number of sharers     [1] private,
 *                                                           [2] shared
 *  private   fingerprint, or KSMFS_NO_FINGERPRINT           [1]
 *  lru       link in the stable tree, or unlinked           [2]
 *
 *  [1] the holder of the slot's lock; read by whoever holds [2] as well, since
 *      a frame leaves the stable tree before these change.  Those of a shared
 *      frame do not change until it is freed.
 *  [2] the holder of the lock of the stable tree's shard.
 *
 * Private frames carry mapping and index because the core kernel wants to
 * know whose they are: futexes are keyed by them, and folio_mkclean() finds
 * page table entries through them.  A shared frame is in many places and
 * cannot say.  All mappings of ksmfs files are VM_MIXEDMAP, which keeps
 * mlock(2) from putting lru to a use of its own.
 */
#ifndef _KSMFS_COW_FRAME_H
#define _KSMFS_COW_FRAME_H

#include <ksmfs/env.h>
#include "cow/unshare.h"

struct ksmfs_domain;
struct ksmfs_region;
struct ksmfs_swap;

/* The fingerprint of a frame of which none has been taken yet. */
#define KSMFS_NO_FINGERPRINT 0

/**
 * struct ksmfs_quota - how much of something a mount may hold
 * @used: so much is in use
 * @limit: of @used; changes under the mount's lock, is read without
 * @reserve: of @limit, so much is kept for content that is there already;
 *           changes and is read like @limit
 * @debt: slots whose content has no frame of its own, less the frames that it
 *        does take: what breaking and fetching all of it would take more
 * @packed: frames that packed content takes
 * @swap: the mount's swap file, or NULL; stored once, with release semantics,
 *        and there until the mount's last region has gone
 * @reclaim_next: inode number from which on reclaim goes on
 * @stalled: faults that wait for some of it to come free
 * @unshare: shares in frames that have yet to be given up; of a quota of frames
 *           only, and begun by whoever has one
 */
struct ksmfs_quota {
	atomic_long_t used;
	unsigned long limit;
	unsigned long reserve;
	atomic_long_t debt;
	atomic_long_t packed;
	struct ksmfs_swap *swap;
	unsigned long reclaim_next;
	wait_queue_head_t stalled;
	struct ksmfs_unshare_queue unshare;
};

/**
 * ksmfs_quota_init() - begin to count
 * @quota: memory for it, all zeros
 * @limit: of what may be used
 */
void ksmfs_quota_init(struct ksmfs_quota *quota, unsigned long limit);

/**
 * ksmfs_quota_charge() - take from a quota
 * @quota: which
 * @nr: how many
 * @keep: leave so many
 *
 * Context: any.
 * Return: true, or false if there are not that many left; nothing is taken.
 */
bool ksmfs_quota_charge(struct ksmfs_quota *quota, unsigned long nr,
			unsigned long keep);

/**
 * ksmfs_quota_force() - take from a quota, whether there is any left or not
 * @quota: which
 * @nr: how many
 *
 * Context: any.
 */
void ksmfs_quota_force(struct ksmfs_quota *quota, unsigned long nr);

/**
 * ksmfs_quota_reserve() - what is kept for content that is there already
 * @quota: which
 *
 * Context: any.
 * Return: the reserve, or less if no more could be needed.
 */
unsigned long ksmfs_quota_reserve(struct ksmfs_quota *quota);

/**
 * ksmfs_quota_left() - what is left of a quota
 * @quota: which
 *
 * Context: any.
 * Return: how many, the reserve included.
 */
unsigned long ksmfs_quota_left(struct ksmfs_quota *quota);

/**
 * ksmfs_quota_uncharge() - give back to a quota
 * @quota: which
 * @nr: how many
 *
 * Wakes as many of those who wait for it.
 *
 * Context: any.
 */
void ksmfs_quota_uncharge(struct ksmfs_quota *quota, unsigned long nr);

/**
 * enum ksmfs_charge - who pays for a frame
 * @KSMFS_CHARGE: the quota is charged for a new frame, or gets its due back
 * @KSMFS_CHARGE_NEW: likewise, for content that was not there before: the
 *                    reserve is left alone
 * @KSMFS_NO_CHARGE: the quota stays as it is: a new frame has been charged by
 *                   ksmfs_frame_pay(), or takes over what was paid for
 *                   another one, which goes without giving it back
 */
enum ksmfs_charge {
	KSMFS_CHARGE,
	KSMFS_CHARGE_NEW,
	KSMFS_NO_CHARGE,
};

/**
 * ksmfs_frame_pay() - charge a quota for new frames
 * @quota: which
 * @nr: how many
 * @charge: what for
 *
 * If need be once frames that nobody uses any more have been given back.
 *
 * Context: may sleep; slots may be held.
 * Return: false if there are not that many left; nothing is charged.
 */
bool ksmfs_frame_pay(struct ksmfs_quota *quota, unsigned long nr,
		     enum ksmfs_charge charge);

/**
 * enum ksmfs_frame_use - what a frame is wanted for
 * @KSMFS_FRAME_ZERO: it is all zeros
 * @KSMFS_FRAME_COPY: all of it will be overwritten before anybody can reach it;
 *                    it is drawn at random from the pool
 * @KSMFS_FRAME_SHARE: likewise, and it is not worth waiting for
 */
enum ksmfs_frame_use {
	KSMFS_FRAME_ZERO,
	KSMFS_FRAME_COPY,
	KSMFS_FRAME_SHARE,
};

/**
 * ksmfs_frame_alloc() - get a frame
 * @domain: whose quota is charged
 * @charge: who pays
 * @use: what for
 *
 * The frame is neither private nor shared yet.
 *
 * Context: may sleep.
 * Return: the frame, or an error pointer: -ENOSPC if the quota is used up,
 * -ENOMEM if the host has no memory; no task is killed to make some.
 */
struct page *ksmfs_frame_alloc(struct ksmfs_domain *domain,
			       enum ksmfs_charge charge,
			       enum ksmfs_frame_use use);

/**
 * ksmfs_frame_replace() - get a frame for the copy of a shared one
 * @domain: whose quota is charged
 * @charge: who pays
 * @shared: what is to be copied; the caller's slot shares it
 * @replaced: whether the quota was used up, and @shared pays for the new frame,
 *            since it has no other sharer: then the share has to be given up at
 *            once, and not by ksmfs_unshare()
 *
 * Until then one frame more than the quota allows may be in use.
 *
 * Context: may sleep; the slot's lock is held.
 * Return: as ksmfs_frame_alloc() for KSMFS_FRAME_COPY.
 */
struct page *ksmfs_frame_replace(struct ksmfs_domain *domain,
				 enum ksmfs_charge charge, struct page *shared,
				 bool *replaced);

/**
 * ksmfs_frame_free() - give a frame back
 * @domain: whose quota was charged
 * @frame: in no slot, not in the stable tree, mapped by nobody; references
 *         that others hold keep the memory from reuse, not the frame from
 *         being forgotten
 * @charge: whether the quota gets its due back
 *
 * Context: any but interrupts.
 */
void ksmfs_frame_free(struct ksmfs_domain *domain, struct page *frame,
		      enum ksmfs_charge charge);

/**
 * ksmfs_frame_own() - make a new frame the private one of a slot
 * @frame: from ksmfs_frame_alloc()
 * @region: the slot's
 * @index: the slot's
 *
 * Context: the slot's lock is held.
 */
void ksmfs_frame_own(struct page *frame, struct ksmfs_region *region,
		     unsigned long index);

/**
 * ksmfs_frame_disown() - undo ksmfs_frame_own()
 * @region: the slot's
 * @frame: private; leaves the stable tree if it was a hint there
 *
 * Who still has a reference, and is about to mark the page dirty, looks at the
 * mapping under the page lock, to keep it alive: set_page_dirty_lock() does.
 *
 * Context: the slot's lock is held, and no page table maps @frame any more; may
 * sleep.
 */
void ksmfs_frame_disown(struct ksmfs_region *region, struct page *frame);

/* The link of a frame in the stable tree. */
static inline struct hlist_node *ksmfs_frame_link(struct page *frame)
{
	BUILD_BUG_ON(sizeof(struct hlist_node) != sizeof(frame->lru));
	return (struct hlist_node *)&frame->lru;
}

static inline struct page *ksmfs_frame_of_link(struct hlist_node *link)
{
	return list_entry((struct list_head *)link, struct page, lru);
}

static inline u64 ksmfs_frame_fingerprint(const struct page *frame)
{
	return frame->private;
}

static inline void ksmfs_frame_set_fingerprint(struct page *frame, u64 print)
{
	frame->private = print;
}

/* Whether page tables have it. */
static inline bool ksmfs_frame_is_mapped(struct page *frame)
{
	return folio_mapped(page_folio(frame));
}

static inline bool ksmfs_frame_is_shared(const struct page *frame)
{
	return !frame->mapping;
}

#endif /* _KSMFS_COW_FRAME_H */
