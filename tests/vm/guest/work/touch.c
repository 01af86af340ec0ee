// SPDX-License-Identifier: GPL-2.0
/*
 * touch MIB ACTIVE-MIB OWNER: take MIB with content of its own, and touch
 * ACTIVE-MIB of it over and over, each page several times a second, until killed.
 * One page in four is written to, the others are read.
 *
 * A touch that takes long had to wait for the host.  Under emulation the way to the
 * host and back alone takes five times as long as that, and a touch without it a
 * hundredth.
 */
#include "work.h"

#include <time.h>
#include <unistd.h>

#define PACKING	50	/* percent of the pages that can be packed */
#define PAUSE_MICROSECONDS	200000
#define LONG_NANOSECONDS	100000

/* Touches since the last report. */
struct touches {
	size_t all;
	size_t slow;
};

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void touch_page(volatile uint8_t *byte, bool write)
{
	if (write)
		++*byte;
	else
		*byte;
}

static void touch_pages(const struct memory *memory, size_t active,
			struct touches *touches)
{
	int64_t start = now(), end;

	for (size_t i = 0; i < active && i < memory->pages; i++) {
		touch_page(memory_page(memory, i), i % 4 == 0);
		end = now();
		touches->slow += end - start > LONG_NANOSECONDS;
		touches->all++;
		start = end;
	}
}

/* A MiB at most, so that what is there already does not grow cold. */
static size_t grow(struct memory *memory, size_t owner)
{
	size_t before = memory->pages;

	while (memory->pages - before < MIB / PAGE && memory_can_grow(memory)) {
		content(owner, 0, memory->pages, memory->pages % 100 < PACKING,
			memory_page(memory, memory->pages));
		memory->pages++;
	}
	return memory->pages - before;
}

int work_touch(const size_t *args)
{
	struct memory memory = memory_reserve(args[0]);
	size_t active = args[1] * (MIB / PAGE);
	struct touches touches = { 0 };

	for (;;) {
		size_t grown = grow(&memory, args[2]);

		touch_pages(&memory, active, &touches);
		if (report_due()) {
			report("held_mib=%zu wanted_mib=%zu touches=%zu slow=%zu",
			       memory.pages / (MIB / PAGE), args[0],
			       touches.all, touches.slow);
			touches = (struct touches) { 0 };
		}
		if (!grown)
			usleep(PAUSE_MICROSECONDS);
	}
}
