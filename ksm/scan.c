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

static void look_at(struct ksmfs_scan *scan, struct ksmfs_region *region,
		    struct ksmfs_slot *slot, bool all)
{
	if (!all && !ksmfs_slot_is_due(slot, scan->index, scan->pass)) {
		ksmfs_count(pages_skipped);
		return;
	}
	ksmfs_merge_visit(region, slot, scan->index);
	ksmfs_count(pages_scanned);
	scan->visited++;
}

/* Go on in one region; returns how many of @nr slots are still to look at. */
static unsigned int scan_region(struct ksmfs_scan *scan,
				struct ksmfs_region *region, unsigned int nr,
				bool all)
{
	struct ksmfs_slot *slot;

	for (; nr && !READ_ONCE(region->dying); nr--) {
		slot = ksmfs_region_find_restless(region, &scan->index);
		if (!slot)
			break;
		look_at(scan, region, slot, all);
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
