/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Regions: the slots of one file, and who may look at them.
 *
 * Slots lie in leaves of 512, one page each, which cover 2 MiB of guest RAM;
 * leaves lie in an XArray.  A leaf is made when one of its slots is first
 * touched and stays until the region ends, also through truncation: so the
 * address of a slot is good for as long as the region is.  8 bytes for each
 * slot of a touched leaf is what a region costs.
 *
 * A leaf with a restless slot carries an XArray mark, so the scanner passes over
 * the others without looking.  Setting it is safe against clearing it because
 * each side first stores and then looks, with a full barrier between: one who
 * makes a slot HOT stores the state and looks at the mark; the scanner clears
 * the mark and looks at the states.
 *
 * All regions of all mounts are in one more XArray, by inode number, which is
 * never used twice: whoever walks them has to remember no more than that.  It
 * has two marks of its own, with which the scanner notes what is left to do
 * (ksm/scan.c): so who looks for work does not meet regions at rest, and what
 * was noted of a region goes with it.
 *
 * Lifetime: the file system makes a region with its inode.  Others who come
 * across one, on a walk or by a hint in the stable tree, become users for a
 * moment with ksmfs_region_get().  ksmfs_region_del() lets no new user in,
 * waits until the last is gone, and empties the region; so the last close of
 * an unlinked file frees its frames before it returns, and nobody but the file
 * system ever frees a region.  Users never pause.
 *
 * What makes ksmfs_region_get() safe: walkers are RCU readers, and the file
 * system frees the memory of a region by RCU; and a frame is in the stable
 * tree only while its region exists, so a hint may be followed to the region
 * while the shard's lock is held.
 */
#ifndef _KSMFS_COW_REGION_H
#define _KSMFS_COW_REGION_H

#include <ksmfs/env.h>
#include "cow/fetch.h"
#include "cow/slot.h"

struct ksmfs_domain;

#define KSMFS_LEAF_SHIFT 9
#define KSMFS_LEAF_SLOTS BIT(KSMFS_LEAF_SHIFT)

/* Tasks of a region that can give up at the same time: others wait twice. */
#define KSMFS_REGION_GAVE_UP_BITS 3
#define KSMFS_REGION_GAVE_UP BIT(KSMFS_REGION_GAVE_UP_BITS)

/* Marks of regions, for the scanner. */
#define KSMFS_REGION_DUE	XA_MARK_0	/* has slots to be claimed */
#define KSMFS_REGION_OWING	XA_MARK_1	/* the full scan waits for it */

/**
 * struct ksmfs_region_scan - how far the scanner is in a region
 * @next: slot that the next claim begins with
 * @pass: number of the pass
 * @period: in which it began
 * @visited: slots visited in it
 * @claims: pieces that somebody is busy with
 *
 * Under the lock of struct ksmfs_scan.
 */
struct ksmfs_region_scan {
	unsigned long next;
	unsigned long pass;
	unsigned long period;
	unsigned long visited;
	unsigned int claims;
};

/**
 * struct ksmfs_region_reclaim - how far reclaim is in a region
 * @lock: one at a time reclaims; guards @hand
 * @hand: slot to look at next
 */
struct ksmfs_region_reclaim {
	struct mutex lock;
	unsigned long hand;
};

/**
 * struct ksmfs_watched - a slot that nobody has touched yet
 * @index: of the slot
 * @private: it had a frame of its own when it was chosen, or was away
 */
struct ksmfs_watched {
	unsigned long index : BITS_PER_LONG - 1;
	unsigned long private : 1;
};

/**
 * struct ksmfs_region_sample - how much of a region is in use (ksm/sample.c)
 * @watched: the sampler's
 * @room: in @watched, in slots
 * @chosen: slots that were chosen when the period began; 0: none has begun
 * @left: those that are still watched
 * @pages: slots of the region when the period began
 * @periods: completed so far
 * @slow: average part of the region that was touched
 * @fast: likewise
 * @rise: the part that was touched in the running period, if it is more than
 *        chance explains; or 0
 *
 * @periods and the parts are read by anybody.
 */
struct ksmfs_region_sample {
	struct ksmfs_watched *watched;
	unsigned int room;
	unsigned int chosen;
	unsigned int left;
	unsigned long pages;
	unsigned long periods;
	unsigned long slow;
	unsigned long fast;
	unsigned long rise;
};

/**
 * struct ksmfs_region - the slots of one file
 * @domain: whom it may share frames with; a reference is held
 * @mapping: page tables that map the file
 * @ino: inode number, unlike that of any other region of any mount
 * @leaves: leaves by slot index >> KSMFS_LEAF_SHIFT
 * @dep_map: lockdep's view of all slot locks of the region
 * @users: 1 while the region is alive, and 1 for each user
 * @dying: the region is about to end: no new users, and old ones should leave
 * @idle: the last user is gone
 * @scan: the scanner's own
 * @fetch: how slots that are away are fetched
 * @reclaim: how far reclaim is
 * @limit: private slots it may have before faults wait, or 0
 * @sample: the sampler's own
 * @slots: number of slots in each state but EMPTY
 * @merges: slots merged so far, zero pages included
 * @breaks: slots broken so far, zero pages included
 * @punched: slots punched so far
 * @vain: of these, slots that were merged: no frame was gained
 * @fetched: slots brought back so far because somebody wanted them
 * @stalls: faults that had to wait for a frame so far
 * @gave_up: tasks that waited in vain, and have to be told so when they fault
 *           again; compared, never followed
 */
struct ksmfs_region {
	struct ksmfs_domain *domain;
	struct address_space *mapping;
	unsigned long ino;
	struct xarray leaves;
	struct lockdep_map dep_map;
	refcount_t users;
	bool dying;
	struct completion idle;
	struct ksmfs_region_scan scan;
	struct ksmfs_region_fetch fetch;
	struct ksmfs_region_reclaim reclaim;
	unsigned long limit;
	struct ksmfs_region_sample sample;
	atomic_long_t slots[KSMFS_NR_SLOT_STATES];
	atomic_long_t merges;
	atomic_long_t breaks;
	atomic_long_t punched;
	atomic_long_t vain;
	atomic_long_t fetched;
	atomic_long_t stalls;
	const void *gave_up[KSMFS_REGION_GAVE_UP];
};

/**
 * ksmfs_region_add() - begin a region
 * @region: memory for it
 * @domain: whom it may share frames with; a reference is taken
 * @mapping: page tables that map the file
 * @ino: inode number, never used before on any mount
 *
 * Context: may sleep.
 * Return: 0, or -ENOMEM.
 */
int ksmfs_region_add(struct ksmfs_region *region, struct ksmfs_domain *domain,
		     struct address_space *mapping, unsigned long ino);

/**
 * ksmfs_region_del() - end a region, give all its frames back
 * @region: mapped by nobody
 *
 * Context: may sleep, until no user is left.
 */
void ksmfs_region_del(struct ksmfs_region *region);

/**
 * ksmfs_region_get() - become a user
 * @region: cannot end before this returns
 *
 * Context: any.
 * Return: false if the region is about to end.
 */
bool __must_check ksmfs_region_get(struct ksmfs_region *region);

/**
 * ksmfs_region_put() - cease to be a user
 * @region: or NULL
 *
 * Context: any.
 */
void ksmfs_region_put(struct ksmfs_region *region);

/**
 * ksmfs_region_from() - one step of a walk over regions
 * @ino: where to begin: 0, or 1 more than the number of the last region
 * @mark: that they have; XA_PRESENT for all regions there are
 *
 * Context: any.
 * Return: the first region from there on, of which the caller is a user now;
 * NULL if there is none.
 */
struct ksmfs_region *ksmfs_region_from(unsigned long ino, xa_mark_t mark);

/**
 * ksmfs_region_set() - set or clear a mark of a region
 * @region: which; nothing happens if it is about to end
 * @mark: KSMFS_REGION_DUE or KSMFS_REGION_OWING
 * @on: whether it has the mark from now on
 *
 * Context: any.
 */
void ksmfs_region_set(struct ksmfs_region *region, xa_mark_t mark, bool on);

/* Whether a region has a mark; false if it is about to end. */
bool ksmfs_region_has(struct ksmfs_region *region, xa_mark_t mark);

/* Whether any region has a mark: O(1), and a moment's glance. */
bool ksmfs_region_any(xa_mark_t mark);

/**
 * ksmfs_region_slot() - get a slot, make its leaf if need be
 * @region: which
 * @index: of the slot
 *
 * Context: may sleep.
 * Return: the slot, or ERR_PTR(-ENOMEM).
 */
struct ksmfs_slot *ksmfs_region_slot(struct ksmfs_region *region,
				     unsigned long index);

/**
 * ksmfs_region_find() - next slot that is not blank
 * @region: which
 * @index: where to begin; set to the index of the slot found
 * @last: where to end, inclusive
 *
 * A blank slot is EMPTY, was never mapped, and is not locked.
 *
 * Context: may sleep.
 * Return: the slot, or NULL if there is none.
 */
struct ksmfs_slot *ksmfs_region_find(struct ksmfs_region *region,
				     unsigned long *index, unsigned long last);

/**
 * ksmfs_region_mark() - tell the scanner of a slot that has become HOT
 * @region: which
 * @index: of the slot
 *
 * Context: the slot is locked; may sleep.
 */
void ksmfs_region_mark(struct ksmfs_region *region, unsigned long index);

/**
 * ksmfs_region_find_restless() - next slot that needs the scanner
 * @region: which
 * @index: where to begin; set to the index of the slot found
 *
 * Takes the marks off leaves that need none any more.
 *
 * Context: may sleep; callers may run side by side.
 * Return: the slot, or NULL if there is none.
 */
struct ksmfs_slot *ksmfs_region_find_restless(struct ksmfs_region *region,
					      unsigned long *index);

/**
 * ksmfs_region_restless() - number of slots that need the scanner
 * @region: which
 *
 * Context: any.
 * Return: how many are HOT or HINT, exact while nothing changes; 0 if the
 * domain's mode is off.
 */
unsigned long ksmfs_region_restless(struct ksmfs_region *region);

/**
 * ksmfs_region_unmap() - take slots out of all page tables
 * @region: which
 * @index: first slot
 * @nr: number of slots, 0 for all that follow
 * @even_cows: also private copies that writes to MAP_PRIVATE mappings have
 *             made: for truncation only
 *
 * Guests lose their mappings as well; when this returns no CPU has a stale
 * translation.
 *
 * Context: may sleep.
 */
void ksmfs_region_unmap(struct ksmfs_region *region, unsigned long index,
			unsigned long nr, bool even_cows);

/* The region whose slots a mapping maps; the file system set i_private. */
static inline struct ksmfs_region *
ksmfs_region_of(const struct address_space *mapping)
{
	return mapping->host->i_private;
}

/**
 * ksmfs_region_private() - number of private slots of a region
 * @region: which
 *
 * Context: any.
 */
unsigned long ksmfs_region_private(struct ksmfs_region *region);

/**
 * ksmfs_region_in_use() - number of slots of a region that have content
 * @region: which
 *
 * Context: any.
 * Return: how many are not EMPTY.
 */
unsigned long ksmfs_region_in_use(struct ksmfs_region *region);

/**
 * ksmfs_region_frames() - frames a region stands for
 * @region: which
 *
 * Shared frames cannot be told apart without looking at each slot, so a region
 * is taken to share like the average of its domain, and its packed content to
 * have shrunk like that; what all regions of a domain stand for is what the
 * domain has, but for rounding.
 *
 * Context: any.
 * Return: its private frames and its part of the domain's other ones.
 */
unsigned long ksmfs_region_frames(struct ksmfs_region *region);

#endif /* _KSMFS_COW_REGION_H */
