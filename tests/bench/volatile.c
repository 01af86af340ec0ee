// SPDX-License-Identifier: GPL-2.0
/*
 * What a guest loses to the scanner: a program reads its memory, which has been
 * merged, and writes to a tenth of its pages each second.  It makes the same
 * number of steps with the scanner off and on; the time it takes is compared.
 * The scanner's knobs have their defaults, and the machine has a second CPU.
 */
#include "lib/bench.h"

#define ROUNDS		6
#define PAGES		16384
#define SHARE		0.1	/* of the pages, each second */
#define SECONDS		4	/* about what a run takes */

struct guest {
	struct memory memory;
	struct rng rng;
	uint64_t sum;
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
	uint64_t start = ticks(), written = 0;
	size_t i;

	for (i = 0; i < steps && ticks() - start < limit; i++) {
		uint64_t due = (ticks() - start) * per_tick;

		step(guest, i % PAGES);
		for (; written < due; written++)
			*memory_page(&guest->memory,
				     rng_below(&guest->rng, PAGES)) += 1;
	}
	*took = (ticks() - start) * nanoseconds_per_tick() / 1e9;
	return i;
}

static void measure(void *unused)
{
	struct guest guest = { .rng = { 1 } };
	long long cpu;
	size_t steps;
	double took;

	(void)unused;
	thread_flat_out(KSMFS);
	guest.memory = memory_new(KSMFS, 'a', PAGES);
	thread_merge_all(&guest.memory);
	steps = run(&guest, SIZE_MAX, SECONDS * 1e9 / nanoseconds_per_tick(),
		    &took);
	thread_set(KSMFS, "pages_to_scan", 1024);
	thread_set(KSMFS, "sleep_millisecs", 20);
	for (int round = 0; round < 2 * ROUNDS; round++) {
		bool on = round % 2;

		thread_set(KSMFS, "run", on);
		cpu = thread_cpu(KSMFS);
		run(&guest, steps, 1e300, &took);
		number("volatile_s", on ? "on" : "off", PAGES, took);
		if (on)
			number("volatile_cpu", "ksmfs", PAGES,
			       (thread_cpu(KSMFS) - cpu) / 1e9 / took);
	}
	CHECK(guest.sum);
}

int main(void)
{
	run_alone(measure, NULL);
	return 0;
}
