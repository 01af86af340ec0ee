// SPDX-License-Identifier: GPL-2.0
/*
 * rewrite MIB OWNER: fill MIB with content that every guest has that runs this,
 * wait for a line on standard input, write content of its own to every page,
 * and check that it is there.  Succeeds if no page was wrong, before and after.
 */
#include "work.h"

#include <stdio.h>
#include <unistd.h>

#define COMMON	0	/* the owner of what all guests have */
#define PACKING	50	/* percent of what is written that can be packed */

static bool packs(size_t owner, size_t page)
{
	return owner != COMMON && page % 100 < PACKING;
}

static void write_all(struct memory *memory, size_t owner)
{
	for (size_t page = 0; page < memory->wanted; page++) {
		if (report_due())
			report("written=%zu pages=%zu", page, memory->wanted);
		while (page == memory->pages && !memory_can_grow(memory))
			sleep(1);
		content(owner, 0, page, packs(owner, page),
			memory_page(memory, page));
		if (page == memory->pages)
			memory->pages++;
	}
}

static size_t check_all(const struct memory *memory, size_t owner)
{
	size_t corrupt = 0;

	for (size_t page = 0; page < memory->pages; page++) {
		if (report_due())
			report("checked=%zu pages=%zu corrupt=%zu", page,
			       memory->pages, corrupt);
		corrupt += !content_is(owner, 0, page, packs(owner, page),
				       memory_page(memory, page));
	}
	return corrupt;
}

int work_rewrite(const size_t *args)
{
	struct memory memory = memory_reserve(args[0]);
	size_t corrupt;

	write_all(&memory, COMMON);
	report("filled=%zu", memory.pages);
	if (getchar() == EOF)
		FAIL("nobody said when to begin");
	corrupt = check_all(&memory, COMMON);
	write_all(&memory, args[1]);
	corrupt += check_all(&memory, args[1]);
	report("rewritten=%zu corrupt=%zu", memory.pages, corrupt);
	return corrupt != 0;
}
