// SPDX-License-Identifier: GPL-2.0
/*
 * A fresh file is merged soon, though another one keeps the scanner busy.
 *
 *	large  [ 16384 pages, all different: one pass is 16384 visits ]
 *	small  [ 64 pages, all equal ], which comes when that pass has begun
 *
 * With so little CPU time that the pass takes a minute, the small one takes
 * its turn after a few hundred visits.  A scanner that finished one file
 * before it went to the next would visit the rest of the large one first.
 *
 * vm: cpus=2 mem=1G timeout=240
 */
#include "../lib/scenario.h"

#include <stdio.h>
#include <unistd.h>

#define LARGE	16384
#define SMALL	64
#define TIMES	3

/* Visits until a new file is merged. */
static long long visits_to_merge(int number)
{
	struct stats before = stats_read(), now;
	struct region small;
	char path[64];

	snprintf(path, sizeof(path), MNT "/%d", number);
	small = region_create(path, SMALL);
	for (size_t i = 0; i < SMALL; i++)
		pattern(LARGE + number, slot(&small, i));
	do {
		usleep(10 * 1000);
		now = stats_read();
		/* Else it would prove nothing. */
		CHECK_EQ(now.full_scans, before.full_scans);
	} while (now.pages_sharing < before.pages_sharing + SMALL - 1);
	CHECK_EQ(region_info(small.fd).shared, SMALL);
	region_close(&small);
	return now.pages_scanned - before.pages_scanned;
}

int main(void)
{
	struct region large;

	knob_set(KNOB_run, 0);
	knob_set(KNOB_max_cpu_percent, 1);
	mount_ksmfs(MNT, "size=128m");
	large = region_create(MNT "/large", LARGE);
	for (size_t i = 0; i < LARGE; i++)
		pattern(i + 1, slot(&large, i));
	knob_set(KNOB_run, 1);
	while (!stats_read().pages_scanned)
		usleep(10 * 1000);

	for (int i = 1; i <= TIMES; i++) {
		long long visits = visits_to_merge(i);

		say("small file %d: merged after %lld visits", i, visits);
		CHECK(visits < LARGE / 4);
	}
	CHECK(stats_read().pages_scanned < LARGE);

	knob_set(KNOB_max_cpu_percent, 100);
	settle();
	check_balance();
	region_close(&large);
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
