/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How many pages of a region are in use: an estimate by statistical sampling
 * (Waldspurger, OSDI 2002, section 5.3).
 *
 * In each period some slots, chosen at random, are taken out of all page
 * tables.  Who touches such a page afterwards faults, and has it mapped again.
 * So the part of them that is mapped at the end of the period is the part of
 * the region that was touched in it, but for chance.  Of n pages that are
 * watched in a region of which the part p is in use, np are seen on average,
 * and the standard error of a single period is sqrt((1 - p) / (np)) of what is
 * in use: with 200 pages 12 % for a quarter, 7 % for half of the region.
 *
 * The touch costs a fault, but no hook: faults know nothing of this.
 *
 * Not seen is a touch by who needs no page table entry: read(2) and write(2),
 * but when they fill a hole or break a page; and by who holds the page by
 * get_user_pages().  Nothing can be done about that, and guests do neither.
 */
#ifndef _KSMFS_KSM_SAMPLE_H
#define _KSMFS_KSM_SAMPLE_H

#include <ksmfs/env.h>

struct ksmfs_region;
struct ksmfs_region_info;

/**
 * ksmfs_sample_look() - see which slots that are watched have been touched
 * @region: the caller is a user
 *
 * To be called a few times in a period, so that a rise is known before its
 * end.  Does nothing if no period has begun.
 *
 * Context: may sleep; never two callers of the functions of this file at once
 * for the same region, except for ksmfs_sample_report().
 */
void ksmfs_sample_look(struct ksmfs_region *region);

/**
 * ksmfs_sample_turn() - end a period, begin the next one
 * @region: the caller is a user
 * @pages: slots of the region
 * @nr: how many of them are to be watched, at least 1; all if there are no more
 *
 * Slots that somebody holds are passed over.  When the size has changed since
 * the last period nothing is known any more.  When there is no memory nothing
 * is watched in the period that begins, and no more is known at its end.
 *
 * Context: as ksmfs_sample_look().
 */
void ksmfs_sample_turn(struct ksmfs_region *region, unsigned long pages,
		       unsigned int nr);

/**
 * ksmfs_sample_forget() - watch no slot any more, and forget all that is known
 * @region: the caller is a user
 *
 * Context: as ksmfs_sample_look().
 */
void ksmfs_sample_forget(struct ksmfs_region *region);

/**
 * ksmfs_sample_report() - what is known of the active pages
 * @region: which
 * @info: periods and active* are set, after pages
 *
 * Context: any.
 */
void ksmfs_sample_report(const struct ksmfs_region *region,
			 struct ksmfs_region_info *info);

#endif /* _KSMFS_KSM_SAMPLE_H */
