/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reclaim: cold private pages give up their frames.
 */
#ifndef _KSMFS_KSM_RECLAIM_H
#define _KSMFS_KSM_RECLAIM_H

#include <ksmfs/env.h>
#include "cow/pack.h"
#include "cow/region.h"

/* Slots that are looked at for each frame that is wanted, at most. */
#define KSMFS_RECLAIM_LOOKS 16

/**
 * struct ksmfs_reclaim_order - what may be done
 * @pack: compress what shrinks to half
 * @swap: write to the swap file, if there is one, what is not compressed, and
 *        what has been met compressed before
 * @hot: also pages that the scanner has not found to be alone: they may have an
 *       equal, and to merge them would be better
 */
struct ksmfs_reclaim_order {
	bool pack;
	bool swap;
	bool hot;
};

/**
 * ksmfs_reclaim() - take frames from a region
 * @region: the caller is a user
 * @packer: the caller's own
 * @order: what may be done
 * @nr: frames to take
 *
 * Looks at the region's pages in a circle, at KSMFS_RECLAIM_LOOKS for each frame
 * wanted at most, and at none twice.  Those that have been touched since the last
 * look are spared once more.  Slots that somebody holds are passed by.
 *
 * Context: may sleep, for I/O, too; no slot is held.  Those who reclaim from
 * the same region do so one after the other.
 * Return: frames taken.
 */
unsigned long ksmfs_reclaim(struct ksmfs_region *region,
			    struct ksmfs_packer *packer,
			    const struct ksmfs_reclaim_order *order,
			    unsigned long nr);

/**
 * ksmfs_reclaim_mount() - take frames from all regions of a mount
 * @quota: of the mount
 * @packer: the caller's own
 * @order: what may be done
 * @nr: frames to take; from each region the part that it has of all private
 *      and packed slots
 *
 * Context: as ksmfs_reclaim().
 * Return: frames taken.
 */
unsigned long ksmfs_reclaim_mount(struct ksmfs_quota *quota,
				  struct ksmfs_packer *packer,
				  const struct ksmfs_reclaim_order *order,
				  unsigned long nr);

/**
 * ksmfs_reclaim_turn() - how many slots the hands go over
 * @quota: of the mount
 *
 * Context: any.
 * Return: slots in use of all regions of the mount but those of strict domains;
 * 0 if reclaim may take nothing from any of them.
 */
unsigned long ksmfs_reclaim_turn(const struct ksmfs_quota *quota);

/**
 * ksmfs_reclaim_compact() - have the pools of a mount give back what they can
 * @quota: of the mount
 *
 * Context: may sleep.
 */
void ksmfs_reclaim_compact(const struct ksmfs_quota *quota);

#endif /* _KSMFS_KSM_RECLAIM_H */
