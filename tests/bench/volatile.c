// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest loses to the scanner: a program reads its memory, which has been
 * merged, and writes to a tenth of its pages each second, in no order: so each
 * page is written to every ten seconds on average, and none is at rest for good.
 * It makes the same number of steps with the scanner off and on; the time it
 * takes is compared.  The scanner's knobs have their defaults, and the machine
 * has a second CPU.
 *
 * The first minutes, in which all that was merged is broken and the scanner gets
 * to know the pages, are measured as well, but as numbers of their own.
 */
#include "lib/bench.h"

#include <math.h>
#include <stdio.h>

#define ROUNDS		6
#define WARM_UPS	20
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

/* The numbers "@name_s" and so on of one run. */
static void measure_run(struct guest *guest, size_t steps, bool scan,
			const char *name)
{
	double cpu, visits, breaks, took;
	char what[64];

	cpu = thread_cpu(KSMFS);
	visits = thread_get(KSMFS, "pages_scanned");
	breaks = thread_get(KSMFS, "breaks");
	thread_set(KSMFS, "run", scan);
	run(guest, steps, INFINITY, &took);
	thread_set(KSMFS, "run", 0);
	cpu = (thread_cpu(KSMFS) - cpu) / 1e9;
	visits = thread_get(KSMFS, "pages_scanned") - visits;
	breaks = thread_get(KSMFS, "breaks") - breaks;

	snprintf(what, sizeof(what), "%s_s", name);
	number(what, scan ? "on" : "off", PAGES, took);
	if (!scan)
		return;
	snprintf(what, sizeof(what), "%s_cpu", name);
	number(what, "ksmfs", PAGES, cpu / took);
	snprintf(what, sizeof(what), "%s_visits", name);
	number(what, "ksmfs", PAGES, visits / guest->written);
	snprintf(what, sizeof(what), "%s_breaks", name);
	number(what, "ksmfs", PAGES, breaks / guest->written);
}

static void measure(void *unused)
{
	struct guest guest = { .rng = { 1 } };
	double took;
	size_t steps;

	(void)unused;
	thread_flat_out(KSMFS);
	guest.memory = memory_new(KSMFS, 'a', PAGES);
	thread_merge_all(&guest.memory);
	steps = run(&guest, SIZE_MAX, SECONDS * 1e9 / nanoseconds_per_tick(),
		    &took);
	thread_set(KSMFS, "pages_to_scan", 1024);
	thread_set(KSMFS, "sleep_millisecs", 20);
	for (int round = 0; round < WARM_UPS; round++)
		measure_run(&guest, steps, true, "volatile_warm_up");
	for (int round = 0; round < ROUNDS; round++) {
		measure_run(&guest, steps, false, "volatile");
		measure_run(&guest, steps, true, "volatile");
	}
	CHECK(guest.sum);
}

int main(void)
{
	run_alone(measure, NULL);
	return 0;
}
