// SPDX-License-Identifier: GPL-2.0
/*
 * The scanner's walk: region after region, slot after slot, in the order in
 * which they lie in the files, and only to slots that are restless (slot.h).  A
 * batch is a walk's next piece; between two of them nothing is held, so that
 * files can go while the scanner sleeps.
 */
#include "ksm/scan.h"
#include "cow/break.h"
#include "cow/region.h"
#include "ksm/merge.h"
#include <ksmfs/stats.h>
#include <ksmfs/trace.h>

/* Go on in one region; returns how many of @nr slots are still to look at. */
static unsigned int scan_region(struct ksmfs_scan *scan,
				struct ksmfs_region *region, unsigned int nr,
				bool all)
{
	for (; nr && !READ_ONCE(region->dying); nr--) {
		if (!ksmfs_region_find_restless(region, &scan->index))
			break;
		scan->visited += ksmfs_merge_range(region, scan->index,
						   scan->index, scan->pass, all);
		scan->index++;
		cond_resched();
	}
	return nr;
}

static void end_pass(struct ksmfs_scan *scan)
{
	scan->pass++;
	scan->idle = !scan->visited;
	ksmfs_count(full_scans);
	trace_ksmfs_pass(scan->pass, scan->visited);
	scan->ino = 0;
	scan->index = 0;
	scan->visited = 0;
}

bool ksmfs_scan_batch(struct ksmfs_scan *scan, unsigned int nr, bool all)
{
	struct ksmfs_region *region;

	while (nr) {
		region = ksmfs_region_from(scan->ino);
		if (!region) {
			end_pass(scan);
			return true;
		}
		if (region->ino != scan->ino) {
			scan->ino = region->ino;
			scan->index = 0;
		}
		nr = scan_region(scan, region, nr, all);
		if (nr) {
			scan->ino++;
			scan->index = 0;
		}
		ksmfs_region_put(region);
	}
	return false;
}

int ksmfs_scan_unmerge(void)
{
	struct ksmfs_region *region;
	unsigned long ino = 0;
	int err = 0;

	while (!err && (region = ksmfs_region_from(ino))) {
		ino = region->ino + 1;
		err = ksmfs_break_all(region);
		ksmfs_region_put(region);
	}
	return err;
}
