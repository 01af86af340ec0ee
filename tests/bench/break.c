// SPDX-License-Identifier: GPL-2.0
/*
 * The first write to a shared page: the time each one takes.
 *
 * Content (e) is merged and one of each two sharers is written to, in no
 * order.  Before, all pages are read, so that they are in the page table as in
 * that of a guest which has been running for a while.  "unread" tells what
 * it takes right after merging, where ksmfs has taken the page out of there, and
 * "storm" what it takes in a burst four times as long, for most of which ksmfs
 * has no free frames at hand any more.
 */
#include "lib/bench.h"

#include <stdlib.h>
#include <sys/resource.h>

#define ROUNDS		9
#define MOST_WRITES	16384

static const struct kind {
	const char *p50;
	const char *p99;
	size_t writes;
	bool unread;
} kinds[] = {
	{ "break_p50_ns", "break_p99_ns", 4096, false },
	{ "break_unread_p50_ns", "break_unread_p99_ns", 4096, true },
	{ "break_storm_p50_ns", "break_storm_p99_ns", MOST_WRITES, false },
};

struct job {
	enum side side;
	const struct kind *kind;
};

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Numbers from 0 to @nr - 1 in an order that looks like none. */
static void shuffle(size_t *order, size_t nr)
{
	struct rng rng = { 1 };

	for (size_t i = 0; i < nr; i++) {
		size_t j = rng_below(&rng, i + 1);

		order[i] = order[j];
		order[j] = i;
	}
}

static long faults(void)
{
	struct rusage usage;

	SYS(getrusage(RUSAGE_SELF, &usage));
	return usage.ru_minflt;
}

static void read_all(const struct memory *memory)
{
	for (size_t i = 0; i < memory->pages; i++)
		*(volatile uint8_t *)memory_page(memory, i);
}

static void measure(void *arg)
{
	static uint64_t times[MOST_WRITES];
	static size_t order[MOST_WRITES];
	const struct job *job = arg;
	const struct kind *kind = job->kind;
	const char *side = side_name(job->side);
	size_t nr = kind->writes;
	struct memory memory;
	double rate = nanoseconds_per_tick();
	long before;

	shuffle(order, nr);
	thread_flat_out(job->side);
	memory = memory_new(job->side, 'e', 2 * nr);
	CHECK_EQ(thread_merge_all(&memory).saved, nr);
	if (!kind->unread)
		read_all(&memory);
	before = faults();
	for (size_t i = 0; i < nr; i++) {
		volatile uint8_t *page = memory_page(&memory, order[i]);
		uint64_t start = ticks();

		*page = 1;
		times[i] = ticks() - start;
	}
	CHECK((size_t)(faults() - before) >= nr);
	qsort(times, nr, sizeof(*times), compare);
	number(kind->p50, side, nr, times[nr / 2] * rate);
	number(kind->p99, side, nr, times[nr * 99 / 100] * rate);
}

int main(void)
{
	const struct kind *kind, *end = kinds + sizeof(kinds) / sizeof(*kinds);

	for (int round = 0; round < ROUNDS; round++)
		for (kind = kinds; kind < end; kind++)
			for (enum side side = 0; side < SIDES; side++)
				run_alone(measure, &(struct job){ side, kind });
	return 0;
}
