/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The stable tree: the frames of a domain by fingerprint.
 *
 * It holds frames of two kinds, as KSM's stable and unstable trees do:
 *
 *  shared  read-only.  Content and fingerprint are exact as long as it is in.
 *  hint    private to some slot and writable, so it may be stale: it says
 *          where a page with this content may be found, and no more.
 *
 * "Tree" is KSM's word.  What measures best with 64-bit keys is a hash table;
 * stable.c has its form.
 */
#ifndef _KSMFS_KSM_STABLE_H
#define _KSMFS_KSM_STABLE_H

#include <ksmfs/env.h>
#include "cow/domain.h"
#include "cow/region.h"

/*
 * Frames of one fingerprint that the tree takes.  Two are one more than chance
 * will ever need; the bound is what keeps the time for each page bounded
 * should somebody find out how to make fingerprints collide.
 */
#define KSMFS_STABLE_MAX_EQUAL 4

/**
 * struct ksmfs_match - a frame found in the stable tree
 * @frame: shared: it will not go before ksmfs_stable_put(), counting one sharer
 *         more; a hint: a reference is held
 * @region: where the hint points, and the finder is a user of it; NULL if the
 *          frame is shared
 * @index: likewise
 */
struct ksmfs_match {
	struct page *frame;
	struct ksmfs_region *region;
	unsigned long index;
};

/* What domains need to know of the stable tree: see struct ksmfs_stable_ops. */
extern const struct ksmfs_stable_ops ksmfs_stable_ops;

/**
 * ksmfs_stable_find() - look up a fingerprint
 * @domain: whose frames are meant
 * @fingerprint: of the content sought
 * @self: this frame is not meant
 * @nth: which of several matches, from 0
 * @match: filled in if there is one
 *
 * Shared frames come before hints.
 *
 * Context: any.
 * Return: whether there is an @nth match; it must be given back with
 * ksmfs_stable_put().
 */
bool ksmfs_stable_find(struct ksmfs_domain *domain, u64 fingerprint,
		       const struct page *self, unsigned int nth,
		       struct ksmfs_match *match);

/**
 * ksmfs_stable_has() - whether ksmfs_stable_find() would find anything
 * @domain: whose frames are meant
 * @fingerprint: of the content sought
 * @self: this frame is not meant
 *
 * Context: any.
 * Return: whether there was a match a moment ago.
 */
bool ksmfs_stable_has(struct ksmfs_domain *domain, u64 fingerprint,
		      const struct page *self);

/**
 * ksmfs_stable_prefetch() - begin lookups that will come soon
 * @domain: whose frames are meant
 * @fingerprints: of the contents sought
 * @nr: how many
 *
 * Context: any.
 */
void ksmfs_stable_prefetch(struct ksmfs_domain *domain, const u64 *fingerprints,
			   unsigned int nr);

/**
 * ksmfs_stable_put() - give a match back
 * @domain: whose frames were meant
 * @match: from ksmfs_stable_find(), or empty; a sharer that was made of it is
 *         not given back, then @match->frame has been set to NULL
 *
 * Context: any.
 */
void ksmfs_stable_put(struct ksmfs_domain *domain, struct ksmfs_match *match);

/**
 * ksmfs_stable_add_hint() - put a private frame in as a hint
 * @domain: of the frame
 * @frame: its fingerprint is set and it is not in the tree
 *
 * Context: may sleep; the slot's lock is held.
 * Return: false if the tree has enough frames of this fingerprint.
 */
bool ksmfs_stable_add_hint(struct ksmfs_domain *domain, struct page *frame);

/**
 * ksmfs_stable_add_shared() - put a new shared frame in, with one sharer
 * @domain: of the frame
 * @frame: its fingerprint is set and it is no slot's own
 *
 * Context: may sleep.
 * Return: false if the tree has enough frames of this fingerprint.
 */
bool ksmfs_stable_add_shared(struct ksmfs_domain *domain, struct page *frame);

/**
 * ksmfs_stable_add_alone() - begin a shared frame that nobody can find
 * @domain: of the frame
 * @frame: its fingerprint is set and it is no slot's own; it has one sharer,
 *         and never more
 *
 * Context: any.
 */
void ksmfs_stable_add_alone(struct ksmfs_domain *domain, struct page *frame);

/**
 * ksmfs_stable_sharers() - how many share a frame
 * @domain: of the frame
 * @frame: shared
 *
 * Context: any; a slot that holds the frame is locked.
 * Return: the number of its sharers a moment ago.
 */
unsigned long ksmfs_stable_sharers(struct ksmfs_domain *domain,
				   const struct page *frame);

#endif /* _KSMFS_KSM_STABLE_H */
