/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Domains: sets of regions that may share frames.
 *
 * A domain owns all that regions share: the stable tree, in which nothing but
 * frames of this domain can be found, and the zero frame, which is what a
 * read of a hole or a zero slot maps.  So two domains have no frame in common
 * by construction.
 *
 * What may be merged is for the domain's mode to say; ksm/mode.c changes it.
 *
 * Lifetime: everything that may lead to a domain holds a reference: its
 * directory, each region and each directory below.  The last one to let go
 * frees it.  The quota belongs to the mount, which outlives its inodes, and so
 * its domains.
 */
#ifndef _KSMFS_COW_DOMAIN_H
#define _KSMFS_COW_DOMAIN_H

#include <ksmfs/env.h>
#include "cow/frame.h"
#include <uapi/ksmfs.h>

struct ksmfs_stable;
struct zs_pool;

/* What may be merged in a domain. */
enum ksmfs_merge_mode {
#define X(id, word, help) KSMFS_MERGE_##id,
	KSMFS_MERGE_MODES(X)
#undef X
	KSMFS_NR_MERGE_MODES
};

/**
 * struct ksmfs_stable_ops - what cow/ asks of the stable tree
 * @new: make an empty tree; an error pointer if there is no memory
 * @destroy: free a tree, which is empty
 * @forget: take a hint out, if it is in; the slot's lock is held
 * @unshare: a slot no longer shows this shared frame, which is freed when it
 *           was the last; called by ksmfs_unshare(), maybe later
 * @seclude: whether a slot's share in a frame is the only one; if so nobody
 *           gets another one from now on
 *
 * The engine depends on cow/, not the other way round; this is how cow/ tells
 * it what it has to know.
 */
struct ksmfs_stable_ops {
	struct ksmfs_stable *(*new)(void);
	void (*destroy)(struct ksmfs_stable *stable);
	void (*forget)(struct ksmfs_domain *domain, struct page *hint);
	void (*unshare)(struct ksmfs_domain *domain, struct page *frame);
	bool (*seclude)(struct ksmfs_domain *domain, struct page *frame);
};

/**
 * struct ksmfs_domain - a set of regions that may share frames
 * @refs: who may lead here
 * @ino: inode number of its directory, of which there are no two alike, in all
 *       mounts together; not 0
 * @seed: of its fingerprints
 * @merge: what may be merged: see ksm/mode.c
 * @strict: no guest can tell by time what is merged: likewise
 * @unsettled: some slots may not be as these two want them; for the caller of
 *             ksmfs_mode_set() alone
 * @zero: a frame of zeros, mapped read-only only, outside of the quota
 * @quota: of the mount
 * @stable: the stable tree
 * @ops: functions of the stable tree
 * @crowded: unequal pages have had equal samples: see hash/fingerprint.h
 * @shared_frames: frames that are shared; those with one sharer need not be in
 *                 the stable tree
 * @shared_slots: slots that map them
 * @unsharing: shares that wait to be given up: see cow/unshare.c
 * @zspool: compressed content; NULL until there is some
 * @packed_frames: that @zspool takes
 * @packed_slots: slots whose content is there
 */
struct ksmfs_domain {
	refcount_t refs;
	u64 ino;
	u64 seed;
	enum ksmfs_merge_mode merge;
	bool strict;
	bool unsettled;
	struct page *zero;
	struct ksmfs_quota *quota;
	struct ksmfs_stable *stable;
	const struct ksmfs_stable_ops *ops;
	bool crowded;
	atomic_long_t shared_frames;
	atomic_long_t shared_slots;
	atomic_long_t unsharing;
	struct zs_pool *zspool;
	atomic_long_t packed_frames;
	atomic_long_t packed_slots;
};

/**
 * ksmfs_domain_new() - make a domain
 * @ino: inode number of its directory
 * @seed: of its fingerprints
 * @quota: of the mount
 * @ops: functions of the stable tree
 *
 * Context: may sleep.
 * Return: the domain with one reference, or ERR_PTR(-ENOMEM).
 */
struct ksmfs_domain *ksmfs_domain_new(u64 ino, u64 seed,
				      struct ksmfs_quota *quota,
				      const struct ksmfs_stable_ops *ops);

/**
 * ksmfs_domain_get() - take a further reference
 * @domain: one is held already
 *
 * Return: @domain.
 */
struct ksmfs_domain *ksmfs_domain_get(struct ksmfs_domain *domain);

/**
 * ksmfs_domain_put() - give a reference back
 * @domain: or NULL
 *
 * Context: may sleep.
 */
void ksmfs_domain_put(struct ksmfs_domain *domain);

#endif /* _KSMFS_COW_DOMAIN_H */
