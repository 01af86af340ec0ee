// SPDX-License-Identifier: GPL-2.0
/*
 * The first write to a shared page: the time each one takes.
 *
 * Content (e) is merged and one of each two sharers is written to, in no
 * order.  Before, all pages are read, so that they are in the page table as in
 * that of a guest which has been running for a while.  "unread" tells what
 * it takes right after merging, where ksmfs has taken the page out of there.
 */
#include "lib/bench.h"

#include <stdlib.h>
#include <sys/resource.h>

#define ROUNDS	5
#define PAGES	8192
#define WRITES	(PAGES / 2)

struct job {
	enum side side;
	bool unread;
};

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Numbers from 0 to WRITES - 1 in an order that looks like none. */
static void shuffle(size_t *order)
{
	struct rng rng = { 1 };

	for (size_t i = 0; i < WRITES; i++) {
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
	static uint64_t times[WRITES];
	static size_t order[WRITES];
	const struct job *job = arg;
	const char *side = side_name(job->side);
	struct memory memory;
	double rate = nanoseconds_per_tick();
	long before;

	shuffle(order);
	thread_flat_out(job->side);
	memory = memory_new(job->side, 'e', PAGES);
	CHECK_EQ(thread_merge_all(&memory).saved, PAGES / 2);
	if (!job->unread)
		read_all(&memory);
	before = faults();
	for (size_t i = 0; i < WRITES; i++) {
		volatile uint8_t *page = memory_page(&memory, order[i]);
		uint64_t start = ticks();

		*page = 1;
		times[i] = ticks() - start;
	}
	CHECK(faults() - before >= WRITES);
	qsort(times, WRITES, sizeof(*times), compare);
	number(job->unread ? "break_unread_p50_ns" : "break_p50_ns", side,
	       WRITES, times[WRITES / 2] * rate);
	number(job->unread ? "break_unread_p99_ns" : "break_p99_ns", side,
	       WRITES, times[WRITES * 99 / 100] * rate);
}

int main(void)
{
	for (int round = 0; round < ROUNDS; round++)
		for (int unread = 0; unread < 2; unread++)
			for (enum side side = 0; side < SIDES; side++)
				run_alone(measure, &(struct job){
					side, unread });
	return 0;
}
