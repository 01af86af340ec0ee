// SPDX-License-Identifier: GPL-2.0
/*
 * touch MIB ACTIVE-MIB OWNER: take MIB with content of its own, and touch
 * ACTIVE-MIB of it over and over, each page several times a second, until killed.
 * One page in four is written to, the others are read.
 */
#include "work.h"

#include <unistd.h>

#define PACKING	50	/* percent of the pages that can be packed */
#define PAUSE_MICROSECONDS	200000

static void touch_pages(const struct memory *memory, size_t active)
{
	for (size_t i = 0; i < active && i < memory->pages; i++) {
		volatile uint8_t *byte = memory_page(memory, i);

		if (i % 4)
			*byte;
		else
			++*byte;
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
	size_t active = args[1] * (MIB / PAGE), passes;

	for (passes = 1; ; passes++) {
		size_t grown = grow(&memory, args[2]);

		touch_pages(&memory, active);
		if (report_due())
			report("held_mib=%zu wanted_mib=%zu active_mib=%zu passes=%zu",
			       memory.pages / (MIB / PAGE), args[0], args[1],
			       passes);
		if (!grown)
			usleep(PAUSE_MICROSECONDS);
	}
}
