/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A small world: one mount with two domains, files, and the scanner.
 *
 * world_test() of unit.h begins one before a test and ends it afterwards; then
 * everything must have been given back.  Page contents are bytes: a page "is
 * 7" if all its bytes are.
 */
#ifndef _UNIT_WORLD_H
#define _UNIT_WORLD_H

#include "tests/unit/guest.h"
#include "cow/pool.h"
#include "cow/domain.h"
#include "ksm/scan.h"
#include <ksmfs/stats.h>

#define WORLD_FRAMES 8192	/* the mount's limit */
#define WORLD_PLACES 2048	/* of its swap file, at most */

/**
 * struct world_swap - the mount's swap file
 * @fails: to read and to write, for tests to set; as the next ones
 * @fails_each: one of so many requests fails; 0: none
 * @bad: places that cannot be read
 * @delay: so many microseconds a request takes at most
 * @requests: made so far, to read or to write
 * @busy: somebody reads, writes or wipes a place
 */
struct world_swap {
	bool fails;
	unsigned int fails_each;
	bool bad[WORLD_PLACES];
	unsigned int delay;
	atomic_long_t requests;
	bool busy[WORLD_PLACES];
};

struct world {
	struct ksmfs_quota quota;
	struct ksmfs_domain *domain;
	struct ksmfs_domain *other;	/* domain */
	struct ksmfs_scan scan;
	u64 last_ino;
	struct hlist_head files;
	struct world_swap swap;
};

extern struct world world;

/* Places of the swap file of the next world: WORLD_PLACES unless a test says less. */
extern unsigned long world_places;

int world_begin(void **state);
int world_end(void **state);

/*
 * Check all numbers, all frames and all page tables; nothing moves meanwhile.
 * Files may be in other domains than the world's, too.
 */
void world_check(void);

/* Make a file; world_end() deletes it if the test does not. */
struct file *file_new(struct ksmfs_domain *domain, unsigned long pages);
struct file *file_try_new(struct ksmfs_domain *domain, unsigned long pages);
void file_del(struct file *file);	/* unmaps its guests first */

/* Have all free frames of all pools freed: the next ones are the allocator's. */
void world_empty_pools(void);

/* Let the scanner visit every private slot @passes times. */
void world_scan(unsigned int passes);

/*
 * Take frames from a file, by all means there are, or by these alone.  As many
 * as it has, but for pages that are touched meanwhile.
 */
unsigned long world_reclaim(struct file *file, bool pack, bool swap);

/* A slot's state, and its frame's number. */
enum ksmfs_slot_state file_state(struct file *file, unsigned long index);
unsigned long file_pfn(struct file *file, unsigned long index);

#define stat_of(name) ksmfs_stat_read(KSMFS_STAT_##name)

#define assert_state(file, index, state)                                       \
	assert_int_equal(file_state(file, index), KSMFS_SLOT_##state)

/*
 * A file of one slot in each state, at the index that is the state's number,
 * and one more that shares with the SHARED slot; and a guest that has touched
 * all of them but the EMPTY one.
 */
struct scene {
	struct file *file;
	struct guest *guest;
	struct ksmfs_region *region;
};

#define SCENE_PARTNER KSMFS_NR_SLOT_STATES
#define SCENE_PAGES (KSMFS_NR_SLOT_STATES + 1)

struct scene scene_new(struct ksmfs_domain *domain);
struct ksmfs_slot *scene_slot(const struct scene *scene, unsigned long index);

/* The page at an index is this byte. */
int scene_byte(unsigned long index);

/*
 * Do something again and again, with its first allocation failing, with its
 * second, and so on, until it has no more: @failed says whether one did.
 *
 *	world_fail_each(failed, err = something()) {
 *		...
 *	}
 */
#define world_fail_each(failed, statement)                                     \
	for (long nth_ = 1;                                                    \
	     nth_ && (world_empty_pools(), shim_alloc_fail_nth(nth_),          \
		      (statement),                                             \
		      (failed) = shim_alloc_has_failed(),                      \
		      shim_alloc_fail_nth(0), true);                           \
	     nth_ = (failed) ? nth_ + 1 : 0)

#endif /* _UNIT_WORLD_H */
