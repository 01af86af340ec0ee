// SPDX-License-Identifier: GPL-2.0
/*
 * A thousand files whose pages are all known to be unchanged cost next to
 * nothing: no page is visited, and the scanner takes hardly any CPU time.
 *
 * vm: cpus=2 mem=1G timeout=120 clock=instructions
 */
#include "../lib/scenario.h"

#include <stdio.h>
#include <unistd.h>

#define FILES	1000
#define SECONDS	10

int main(void)
{
	struct stats before, after;
	int pids[SCANNER_THREADS];
	long long cpu;
	double share;

	mount_ksmfs(MNT, "size=64m");
	for (int f = 0; f < FILES; f++) {
		struct region r;
		char path[64];

		snprintf(path, sizeof(path), MNT "/%d", f);
		r = region_create(path, 2);
		pattern(1, slot(&r, 0));
		pattern(2 + f, slot(&r, 1));
		region_close(&r);
	}
	settle();
	CHECK_EQ(stats_read().regions, FILES);

	CHECK_EQ(kthreads_find("ksmfs_scan", pids), 1);
	before = stats_read();
	cpu = kthread_cpu(pids[0]);
	sleep(SECONDS);
	share = (kthread_cpu(pids[0]) - cpu) / 1e7 / SECONDS;
	after = stats_read();
	say("%d files at rest: %.3f%% of a CPU", FILES, share);
	CHECK_EQ(after.pages_scanned, before.pages_scanned);
	/* It did look. */
	CHECK(after.full_scans > before.full_scans);
	CHECK(kernel_is_slow() || share < 2);

	check_balance();
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
