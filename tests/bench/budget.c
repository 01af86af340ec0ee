// SPDX-License-Identifier: GPL-2.0
/*
 * How long merging content (a) takes when the thread may use a tenth of a CPU.
 *
 * Each thread is switched off through its knob "run" whenever it has used more
 * than its share of the time gone by, and on again when it has used less: that
 * holds the budget whatever a page costs at the moment, and is the same for both
 * sides.  The file "curve" gets the frames saved over time, for the plot.
 */
#include "lib/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ROUNDS		3
#define PAGES		16384
#define SHARE		0.1
#define BATCH		64	/* pages: small beside what a tick allows */
#define TICK_USECS	5000
#define POINT_SECONDS	0.05	/* between two points of the curve */

struct job {
	enum side side;
	int round;
};

/* What merging can save: all pages but one of each content. */
static long long duplicates(void)
{
	bool *seen = calloc(2 * PAGES, sizeof(*seen));
	long long count = 0;

	CHECK(seen);
	for (size_t i = 0; i < PAGES; i++) {
		bool *content = &seen[content_seed('a', PAGES, i)];

		count += *content;
		*content = true;
	}
	free(seen);
	return count;
}

static void switch_thread(enum side side, bool on)
{
	if (thread_get(side, "run") != on)
		thread_set(side, "run", on);
}

static void measure(void *arg)
{
	const struct job *job = arg;
	const char *side = side_name(job->side);
	long long all = duplicates(), saved;
	FILE *curve = fopen("curve", "ae");
	double start, now, point = 0, reached = 0;
	struct memory memory;
	double cpu, used;

	CHECK(curve);
	thread_flat_out(job->side);
	thread_set(job->side, "pages_to_scan", BATCH);
	memory = memory_new(job->side, 'a', PAGES);
	start = seconds();
	cpu = thread_cpu(job->side);
	do {
		usleep(TICK_USECS);
		now = seconds() - start;
		used = (thread_cpu(job->side) - cpu) / 1e9;
		switch_thread(job->side, used < SHARE * now);
		saved = memory_saved(&memory);
		if (!reached && saved >= 0.95 * all) {
			reached = now;
			number("time_to_merge_s", side, PAGES, now);
			number("budget_share", side, PAGES, used / now);
		}
		if (now >= point || saved == all) {
			fprintf(curve, "%s %d %.3f %lld\n", side, job->round,
				now, saved);
			point = now + POINT_SECONDS;
		}
	} while (saved < all);
	thread_set(job->side, "run", 0);
	CHECK_EQ(fclose(curve), 0);
}

int main(void)
{
	for (int round = 0; round < ROUNDS; round++)
		for (enum side side = 0; side < SIDES; side++)
			run_alone(measure, &(struct job){ side, round });
	return 0;
}
