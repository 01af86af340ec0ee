// SPDX-License-Identifier: GPL-2.0
/*
 * Merging content (a) at three sizes, and memory of real guests, content (b);
 * and scanning (a) again when nothing has changed: CPU time of the threads,
 * frames saved, metadata at rest.
 *
 * Guests have zero pages, so in-tree KSM is told to use them there.  What kept
 * our side from merging two pages at once is of interest there as well.
 */
#include "lib/bench.h"

#include <unistd.h>

#define ROUNDS		3
#define GUESTS_ROUNDS	2	/* KSM takes half a minute for one */
#define KSM_SCANS	3
#define ENOUGH_CPU	200e6	/* nanoseconds worth to divide by */
#define MAX_PASSES	1000

static const size_t sizes[] = { 16384, 32768, 65536 };

struct job {
	enum side side;
	size_t pages;
};

/* How much a counter of ours has grown since it was @before. */
static void number_grown(const char *file, long long before, size_t pages)
{
	number(file, "ksmfs", pages, thread_get(KSMFS, file) - before);
}

/* CPU time of one full scan, from the end of one to the end of a later one. */
static double rescan_ksm(void)
{
	long long begun = thread_get(KSM, "full_scans"), first = 0, scans;
	long long start = 0;

	thread_set(KSM, "run", 1);
	do {
		usleep(1000);
		scans = thread_get(KSM, "full_scans");
		if (!first && scans > begun) {
			first = scans;
			start = thread_cpu(KSM);
		}
	} while (!first || scans < first + KSM_SCANS);
	start = thread_cpu(KSM) - start;
	thread_set(KSM, "run", 0);
	return (double)start / (scans - first);
}

/* The same through the knob that asks for passes, as many as it takes. */
static double rescan_ksmfs(void)
{
	long long passes = 1, cpu;

	for (;;) {
		cpu = -thread_cpu(KSMFS);
		thread_set(KSMFS, "scan", passes);
		while (thread_get(KSMFS, "scan"))
			usleep(1000);
		cpu += thread_cpu(KSMFS);
		if (cpu > ENOUGH_CPU || passes == MAX_PASSES)
			return (double)cpu / passes;
		passes = passes * 4 < MAX_PASSES ? passes * 4 : MAX_PASSES;
	}
}

static void measure_guests(void *arg)
{
	const struct job *job = arg;
	const char *side = side_name(job->side);
	long long collisions = thread_get(KSMFS, "hash_collisions");
	long long races = thread_get(KSMFS, "merge_races");
	struct memory memory;
	struct merged merged;

	thread_flat_out(job->side);
	thread_set(KSM, "use_zero_pages", 1);
	memory = memory_new(job->side, 'b', job->pages);
	merged = thread_merge_all(&memory);
	thread_set(KSM, "use_zero_pages", 0);
	number("merge_cpu_guests_ns", side, job->pages, merged.cpu);
	number("saved_b", side, job->pages, merged.saved);
	if (job->side == KSMFS) {
		number_grown("hash_collisions", collisions, job->pages);
		number_grown("merge_races", races, job->pages);
	}
}

static void measure(void *arg)
{
	const struct job *job = arg;
	const char *side = side_name(job->side);
	struct memory memory;
	struct merged merged;

	thread_flat_out(job->side);
	memory = memory_new(job->side, 'a', job->pages);
	merged = thread_merge_all(&memory);
	number("merge_cpu_ns", side, job->pages, merged.cpu);
	number("saved_a", side, job->pages, merged.saved);
	number("rescan_cpu_ns", side, job->pages,
	       job->side == KSMFS ? rescan_ksmfs() : rescan_ksm());
	if (job->side == KSMFS)
		number("metadata_bytes", side, job->pages,
		       thread_get(KSMFS, "metadata_bytes"));
}

int main(void)
{
	size_t guests = guests_pages();

	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
			for (enum side side = 0; side < SIDES; side++)
				run_alone(measure, &(struct job){
					side, sizes[i] });
	for (int round = 0; round < GUESTS_ROUNDS; round++)
		for (enum side side = 0; side < SIDES; side++)
			run_alone(measure_guests, &(struct job){
				side, guests });
	return 0;
}
