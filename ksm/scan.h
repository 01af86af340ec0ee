/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSMFS_KSM_SCAN_H
#define _KSMFS_KSM_SCAN_H

#include <ksmfs/env.h>

/**
 * struct ksmfs_scan - the scanner's walk over all regions
 * @lock: guards all below, and struct ksmfs_region_scan of all regions
 * @next: inode number of the region, or that after it, whose turn it is
 * @period: the last one that was begun
 * @restless: slots that needed a visit when it was begun
 * @asked: whole passes that were asked for and are not done
 * @anew: they have yet to begin
 * @lap: a full scan is going on
 */
struct ksmfs_scan {
	struct mutex lock;
	unsigned long next;
	unsigned long period;
	unsigned long restless;
	unsigned int asked;
	bool anew;
	bool lap;
};

/**
 * ksmfs_scan_init() - begin a walk
 * @scan: memory for it
 */
void ksmfs_scan_init(struct ksmfs_scan *scan);

/**
 * ksmfs_scan_work() - visit slots for a while
 * @scan: the walk
 * @period: the present one, more than 0; regions begin one pass in each
 * @nr: slots to visit, at least 1; up to twice as many may be
 *
 * Context: may sleep; any number of callers, who get pieces of their own.
 * Return: what it did, in slots; less than @nr if there is nothing left to be
 * claimed before the next period, or before other callers return.
 */
unsigned int ksmfs_scan_work(struct ksmfs_scan *scan, unsigned long period,
			     unsigned int nr);

/**
 * ksmfs_scan_is_due() - whether there is something to be claimed
 * @scan: the walk
 *
 * Context: any.
 * Return: false if ksmfs_scan_work() would find nothing in this period; a
 * moment's glance.
 */
bool ksmfs_scan_is_due(const struct ksmfs_scan *scan);

/**
 * ksmfs_scan_ask() - ask for whole passes over all regions
 * @scan: the walk
 * @nr: how many, in the place of those asked for before
 *
 * They begin at the beginning, whatever the period, and visit every restless
 * slot.  ksmfs_scan_work() makes them.
 *
 * Context: may sleep.
 */
void ksmfs_scan_ask(struct ksmfs_scan *scan, unsigned int nr);

/**
 * ksmfs_scan_asked() - whole passes still to do
 * @scan: the walk
 *
 * Context: any.
 * Return: how many of those asked for have not been completed.
 */
unsigned int ksmfs_scan_asked(const struct ksmfs_scan *scan);

/**
 * ksmfs_scan_restless() - slots that needed a visit when the period began
 * @scan: the walk
 *
 * Context: any.
 */
unsigned long ksmfs_scan_restless(const struct ksmfs_scan *scan);

/**
 * ksmfs_scan_unmerge() - break every merged and every zero slot there is
 *
 * Context: may sleep; nobody merges meanwhile.
 * Return: as ksmfs_break_all().
 */
int ksmfs_scan_unmerge(void);

#endif /* _KSMFS_KSM_SCAN_H */
