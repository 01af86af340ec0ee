// SPDX-License-Identifier: GPL-2.0
/*
 * All pages have the same fingerprint: merging is still right, and takes no
 * longer for each page however many there are.
 *
 *	fingerprint_bits=64  few    \   what a visit costs,
 *	                 0   few     >  and how often it compares in vain
 *	                 0   many   /
 *
 * Each time random pages of two files are written again and again, with contents
 * that others have or that nobody has, while the scanner visits all of them; the
 * shadow copy of a file is its array of seeds.  What is bounded is counted, not
 * timed: pages compared in vain for each visit, at most 4 by the sample and 4 by
 * the whole, and as many for what a hint leads to.  The scanner's time for a visit
 * is compared with that of fingerprints that work, generously, for a bound
 * that depends on the number of pages would not show in counts of pages only.
 *
 * vm: cpus=2 mem=1G timeout=180 boot=own
 */
#include "../lib/scenario.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FEW		128	/* pages of each of two files */
#define MANY		(4 * FEW)
#define ROUNDS		12
#define COMMON		8	/* contents that many pages have */
#define MAX_EQUAL	4	/* frames of a fingerprint: ksm/stable.h */
#define MAX_RATIO	20	/* of what visits cost */

struct costs {
	double collisions;	/* for each page visited */
	double cpu;		/* nanoseconds of the scanner, likewise */
	long long merges;
};

static struct region file[2];
static uint64_t seeds[2][MANY];
static uint64_t fresh = 1000;

static long long scanner_cpu(void)
{
	int pids[SCANNER_THREADS], count = kthreads_find("ksmfs_scan", pids);
	long long sum = 0;

	CHECK(count > 0);
	while (count--)
		sum += kthread_cpu(pids[count]);
	return sum;
}

static void passes(int count)
{
	double deadline = seconds() + 60;

	knob_set(KNOB_scan, count);
	while (knob_get(KNOB_scan)) {
		if (seconds() > deadline)
			FAIL("%d passes are not done after a minute", count);
		usleep(500);
	}
}

static void write_some(struct rng *rng, size_t pages)
{
	for (size_t i = 0; i < pages; i++) {
		size_t f = rng_below(rng, 2), index = rng_below(rng, pages);
		uint64_t seed = rng_below(rng, 2) ? rng_below(rng, COMMON) :
				fresh++;

		pattern(seed, slot(&file[f], index));
		seeds[f][index] = seed;
	}
}

static void check_all(size_t pages)
{
	for (size_t f = 0; f < 2; f++)
		for (size_t i = 0; i < pages; i++)
			CHECK_PAGE(slot(&file[f], i), seeds[f][i]);
}

static struct costs run(const char *parameters, size_t pages)
{
	struct rng rng = { 42 };
	struct stats before, after;
	struct costs costs;
	long long cpu, visits;

	module_load(parameters);
	knob_set(KNOB_sample_pages, 0);
	mount_ksmfs(MNT, "size=64m");
	memset(seeds, 0, sizeof(seeds));
	file[0] = region_create(MNT "/a", pages);
	file[1] = region_create(MNT "/b", pages);
	before = stats_read();
	cpu = scanner_cpu();
	for (int round = 0; round < ROUNDS; round++) {
		write_some(&rng, pages);
		passes(2);
		check_all(pages);
	}
	/* Equal pages have to be found, and unequal ones not. */
	passes(4);
	after = stats_read();
	cpu = scanner_cpu() - cpu;
	check_all(pages);
	check_balance();
	visits = after.pages_scanned - before.pages_scanned;
	CHECK(visits > 0);
	costs.merges = after.merges - before.merges;
	costs.collisions = (double)(after.hash_collisions -
				    before.hash_collisions) / visits;
	costs.cpu = (double)cpu / visits;
	say("%s, %zu pages: %lld visits, %lld merges, %.2f collisions and %.0f ns for each visit",
	    *parameters ? parameters : "no parameters", 2 * pages, visits,
	    costs.merges, costs.collisions, costs.cpu);
	region_close(&file[0]);
	region_close(&file[1]);
	umount_ksmfs(MNT);
	check_empty();
	module_unload_wait();
	return costs;
}

int main(void)
{
	struct costs normal, few, many;

	module_unload_wait();
	normal = run("", FEW);
	few = run("fingerprint_bits=0", FEW);
	many = run("fingerprint_bits=0", MANY);
	CHECK(normal.collisions < 0.01);
	CHECK(normal.merges > 0);
	CHECK(few.merges > 0 && many.merges > 0);
	/* They do collide, or nothing has been shown. */
	CHECK(few.collisions > 0.5);
	CHECK(few.collisions <= 4 * MAX_EQUAL);
	CHECK(many.collisions <= 4 * MAX_EQUAL);
	CHECK(many.collisions <= 1.5 * few.collisions);
	CHECK(few.cpu < MAX_RATIO * normal.cpu);
	CHECK(many.cpu < MAX_RATIO * normal.cpu);
	return 0;
}
