// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest loses to the scanner: a program reads its memory, which has been
 * merged, and writes to a tenth of its pages each second.  It makes the same
 * number of steps with the scanner off and on; the time it takes is compared.
 * The scanner's knobs have their defaults, and the machine has a second CPU.
 */
#include "lib/bench.h"

#include <math.h>

#define ROUNDS		6
#define PAGES		16384
#define SHARE		0.1	/* of the pages, each second */
#define SECONDS		4	/* about what a run takes */

struct guest {
	struct memory memory;
	struct rng rng;
	uint64_t sum;
	uint64_t written;
};

/* One step: read a page. */
static void step(struct guest *guest, size_t index)
{
	const uint64_t *words = (uint64_t *)memory_page(&guest->memory, index);

	for (size_t i = 0; i < WORDS; i++)
		guest->sum += words[i];
}

/* Make up to @steps steps in up to @limit ticks; the clock only paces writes. */
static size_t run(struct guest *guest, size_t steps, double limit, double *took)
{
	double per_tick = SHARE * PAGES * nanoseconds_per_tick() / 1e9;
	uint64_t start = ticks();
	size_t i;

	guest->written = 0;
	for (i = 0; i < steps && ticks() - start < limit; i++) {
		uint64_t due = (ticks() - start) * per_tick;

		step(guest, i % PAGES);
		for (; guest->written < due; guest->written++)
			*memory_page(&guest->memory,
				     rng_below(&guest->rng, PAGES)) += 1;
	}
	*took = (ticks() - start) * nanoseconds_per_tick() / 1e9;
	return i;
}

static void measure(void *unused)
{
	struct guest guest = { .rng = { 1 } };
	double took, cpu, visits;
	size_t steps;

	(void)unused;
	thread_flat_out(KSMFS);
	guest.memory = memory_new(KSMFS, 'a', PAGES);
	thread_merge_all(&guest.memory);
	steps = run(&guest, SIZE_MAX, SECONDS * 1e9 / nanoseconds_per_tick(),
		    &took);
	thread_set(KSMFS, "pages_to_scan", 1024);
	thread_set(KSMFS, "sleep_millisecs", 20);
	for (int round = 0; round < ROUNDS; round++) {
		run(&guest, steps, INFINITY, &took);
		number("volatile_s", "off", PAGES, took);

		cpu = thread_cpu(KSMFS);
		visits = thread_get(KSMFS, "pages_scanned");
		thread_set(KSMFS, "run", 1);
		run(&guest, steps, INFINITY, &took);
		thread_set(KSMFS, "run", 0);
		cpu = (thread_cpu(KSMFS) - cpu) / 1e9;
		visits = thread_get(KSMFS, "pages_scanned") - visits;
		number("volatile_s", "on", PAGES, took);
		number("volatile_cpu", "ksmfs", PAGES, cpu / took);
		number("volatile_visits", "ksmfs", PAGES,
		       visits / guest.written);
	}
	CHECK(guest.sum);
}

int main(void)
{
	run_alone(measure, NULL);
	return 0;
}
