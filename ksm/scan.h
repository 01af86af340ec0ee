/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSMFS_KSM_SCAN_H
#define _KSMFS_KSM_SCAN_H

#include <ksmfs/env.h>

/**
 * struct ksmfs_scan - where the scanner is
 * @ino: of the region it is in, or that it will begin with
 * @index: of the next slot there
 * @pass: passes completed
 * @visited: slots visited in this pass
 * @idle: there was none to visit in the last pass
 */
struct ksmfs_scan {
	unsigned long ino;
	unsigned long index;
	unsigned long pass;
	unsigned long visited;
	bool idle;
};

/**
 * ksmfs_scan_batch() - go on with a pass for a while
 * @scan: where the scanner is; all zeros to begin with
 * @nr: restless slots to look at, at least 1
 * @all: also at those that are volatile and not due
 *
 * Context: may sleep; one caller at a time for each @scan.
 * Return: true if the pass has ended, early if need be.
 */
bool ksmfs_scan_batch(struct ksmfs_scan *scan, unsigned int nr, bool all);

/**
 * ksmfs_scan_unmerge() - break every merged and every zero slot there is
 *
 * Context: may sleep; nobody merges meanwhile.
 * Return: as ksmfs_break_all().
 */
int ksmfs_scan_unmerge(void);

#endif /* _KSMFS_KSM_SCAN_H */
