// SPDX-License-Identifier: GPL-2.0
/*
 * The scanner's threads take the share of CPU time that max_cpu_percent says,
 * to a fifth, and there are as many as that is worth; all of it live.
 *
 * All pages are held, so there is always something to visit.  Passes asked
 * for know no pauses: nothing but the budget holds the threads back.
 *
 * vm: cpus=2 mem=1G timeout=240 clock=instructions
 */
#include "../lib/scenario.h"

#include <unistd.h>

#define PAGES	8192
#define SECONDS	10

struct usage {
	double at;
	int threads;
	int pids[SCANNER_THREADS];
	long long cpu[SCANNER_THREADS];
};

static struct usage usage_now(void)
{
	struct usage usage = { .at = seconds() };

	usage.threads = kthreads_find("ksmfs_scan", usage.pids);
	for (int i = 0; i < usage.threads; i++)
		usage.cpu[i] = kthread_cpu(usage.pids[i]);
	return usage;
}

/*
 * Knobs are live: as soon as the write returns there are that many.  A thread
 * that has ended is seen in /proc for a moment longer.
 */
static void check_threads(int percent, int threads)
{
	knob_set(KNOB_max_cpu_percent, percent);
	CHECK(usage_now().threads >= threads);
	while (usage_now().threads > threads)
		usleep(1000);
}

static void check_share(int percent, int threads)
{
	struct usage before, after;
	double share = 0;

	check_threads(percent, threads);
	sleep(1);	/* what was saved or owed with another share */
	before = usage_now();
	for (int i = 0; i < SECONDS; i++) {
		knob_set(KNOB_scan, 1000);
		sleep(1);
	}
	after = usage_now();
	CHECK_EQ(after.threads, threads);
	for (int i = 0; i < threads; i++) {
		long long cpu = after.cpu[i] - before.cpu[i];

		CHECK_EQ(after.pids[i], before.pids[i]);
		/* Nobody is there for nothing. */
		CHECK(cpu > 0);
		share += cpu / 1e7 / (after.at - before.at);
	}
	say("%d%%: %d threads took %.1f%%", percent, threads, share);
	if (share < 0.8 * percent || share > 1.2 * percent)
		FAIL("expected %d%% of a CPU, took %.1f%%", percent, share);
}

int main(void)
{
	struct region r;
	int pin;

	mount_ksmfs(MNT, "size=64m");
	r = region_create(MNT "/file", PAGES);
	for (size_t i = 0; i < PAGES; i++)
		pattern(i + 1, slot(&r, i));
	pin = region_pin(&r);

	knob_set(KNOB_scan, 1000);
	check_threads(1, 1);
	check_threads(100, 1);
	check_threads(101, 2);
	check_threads(6400, 2);	/* no more than CPUs */
	check_share(10, 1);
	check_share(50, 1);
	check_share(150, 2);
	knob_set(KNOB_scan, 0);
	knob_set(KNOB_max_cpu_percent, 100);

	CHECK_EQ(stats_read().pages_volatile + stats_read().pages_unshared,
		 PAGES);
	close(pin);
	settle();
	for (size_t i = 0; i < PAGES; i++)
		CHECK_PAGE(slot(&r, i), i + 1);
	check_balance();
	region_close(&r);
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
