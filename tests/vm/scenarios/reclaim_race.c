// SPDX-License-Identifier: GPL-2.0
/*
 * Everybody at once on a mount that is nearly full.
 *
 *	reclaim_race [SEED [SECONDS]], and longer until all of it has happened
 *
 *	2 threads   load, store, read(2), write(2), punch at random pages of a file
 *	            of their own, which only they change; a third of its pages
 *	            shrink, some are equal to others
 *	1 thread    takes frames from either, in each mode, and checks the sums
 *	the kernel  scans flat out, samples, reclaims by itself, swaps to a disk
 *
 * The files together are a half larger than the mount.  Each page keeps its seed in
 * a shadow copy, so whatever comes back must be right to the byte; and at the end
 * nothing of the module is left.
 *
 * vm: cpus=2 mem=1G timeout=120
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DISK	"/dev/nvme0n1"
#define WRITERS	2
#define PAGES	1536UL		/* of one file; the mount holds 2048 */
#define EQUALS	8		/* contents that pages have in common */

struct writer {
	struct region region;
	struct rng rng;
	uint64_t seeds[PAGES];
	uint64_t next;		/* a seed that was never used */
	unsigned long steps;
};

static struct writer writers[WRITERS];
static uint64_t seed = 1;
static double length = 20;
static bool ended;

static bool is_over(void)
{
	return __atomic_load_n(&ended, __ATOMIC_RELAXED);
}

static uint64_t choose_seed(struct writer *w)
{
	switch (rng_below(&w->rng, 8)) {
	case 0:
		return 0;
	case 1:
		return (1ULL << 32) + rng_below(&w->rng, EQUALS);
	case 2:
	case 3:
	case 4:
		return SOFT + w->next++;
	default:
		return w->next++;
	}
}

static void step(struct writer *w)
{
	size_t i = rng_below(&w->rng, PAGES);
	uint8_t page[PAGE];

	switch (rng_below(&w->rng, 16)) {
	case 0 ... 5:
		CHECK_PAGE(slot(&w->region, i), w->seeds[i]);
		break;
	case 6 ... 8:
		CHECK_EQ(pread(w->region.fd, page, PAGE, i * PAGE), PAGE);
		CHECK_PAGE(page, w->seeds[i]);
		break;
	case 9 ... 13:
		w->seeds[i] = choose_seed(w);
		pattern(w->seeds[i], slot(&w->region, i));
		break;
	case 14:
		pattern(w->next, page);
		/* It does not wait for frames; nothing changes then. */
		if (pwrite(w->region.fd, page, PAGE, i * PAGE) == PAGE)
			w->seeds[i] = w->next++;
		else
			CHECK_EQ(errno, ENOSPC);
		break;
	case 15:
		SYS(fallocate(w->region.fd,
			      FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			      i * PAGE, PAGE));
		w->seeds[i] = 0;
		break;
	}
}

static void *writer(void *arg)
{
	struct writer *w = arg;

	for (; !is_over(); w->steps++)
		step(w);
	return NULL;
}

static void *reclaimer(void *arg)
{
	struct rng rng = { seed + WRITERS };

	while (!is_over()) {
		struct writer *w = &writers[rng_below(&rng, WRITERS)];

		region_reclaim(MNT, &w->region, 1 + rng_below(&rng, 256),
			       rng_below(&rng, KSMFS_RECLAIM_SWAP + 1));
		usleep(rng_below(&rng, 20000));
	}
	return arg;
}

static void compare_all(void)
{
	for (struct writer *w = writers; w < writers + WRITERS; w++)
		for (size_t i = 0; i < PAGES; i++)
			CHECK_PAGE(slot(&w->region, i), w->seeds[i]);
}

static bool all_happened(void)
{
	struct stats stats = stats_read();

	return stats.packs && stats.unpacks && stats.swap_outs &&
	       stats.swap_ins && stats.merges && stats.zero_merges &&
	       stats.breaks;
}

int main(int argc, char **argv)
{
	static const char *const paths[WRITERS] = { MNT "/a", MNT "/b" };
	pthread_t threads[WRITERS + 1];
	struct stats stats;
	double end, deadline;

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	if (argc > 2)
		length = strtod(argv[2], NULL);
	if (access(DISK, F_OK))
		skip("no " DISK);
	say("seed %llu, %.0f s", (unsigned long long)seed, length);
	mount_ksmfs(MNT, "size=8m,swap=" DISK);
	knob_set(KNOB_sample_millisecs, 200);
	knob_set(KNOB_stall_millisecs, 60000);
	for (int i = 0; i < WRITERS; i++) {
		writers[i].region = region_create(paths[i], PAGES);
		writers[i].rng.state = seed + i;
		writers[i].next = 1 + i * (1ULL << 40);
	}

	scanner_press();
	for (int i = 0; i < WRITERS; i++)
		threads[i] = thread_start(writer, &writers[i]);
	threads[WRITERS] = thread_start(reclaimer, NULL);
	end = seconds() + length;
	deadline = end + length * (kernel_is_slow() ? 12 : 3);
	while (seconds() < end || (!all_happened() && seconds() < deadline)) {
		stats = stats_read();
		say("%lu + %lu steps, %lld merges, %lld stalls",
		    writers[0].steps, writers[1].steps, stats.merges,
		    stats.stalls);
		say("%lld packs, %lld unpacks, %lld out, %lld in",
		    stats.packs, stats.unpacks, stats.swap_outs,
		    stats.swap_ins);
		sleep(5);
	}
	__atomic_store_n(&ended, true, __ATOMIC_RELAXED);
	for (int i = 0; i <= WRITERS; i++)
		thread_join(threads[i]);
	scanner_relax();

	CHECK(all_happened());
	stats = stats_read();
	CHECK_EQ(stats.swap_errors, 0);
	CHECK_EQ(stats.stall_timeouts, 0);
	compare_all();
	compare_all();
	choice_set(CHOICE_reclaim_mode, RECLAIM_none);
	settle();
	check_balance();
	for (int i = 0; i < WRITERS; i++)
		region_close(&writers[i].region);
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
