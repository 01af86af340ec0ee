// SPDX-License-Identifier: GPL-2.0
#include "bench.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define FILE_NAME MNT "/memory"

/* Pages that are mapped; those of zeros do not count. */
static long resident(const struct memory *memory)
{
	FILE *file = fopen("/proc/self/smaps", "re");
	unsigned long start, end;
	bool found = false;
	char line[512];
	long kib;

	CHECK(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			found = start == (uintptr_t)memory->map;
		if (!found || sscanf(line, "Rss: %ld", &kib) != 1)
			continue;
		fclose(file);
		return kib * KIB / PAGE;
	}
	FAIL("smaps does not know the mapping at %p", memory->map);
}

struct memory memory_new(enum side side, char content, size_t pages)
{
	struct memory memory = { .side = side, .pages = pages };

	if (side == KSMFS) {
		memory.map = region_create(FILE_NAME, pages).map;
		SYS(unlink(FILE_NAME));
	} else {
		memory.map = (void *)SYS(mmap(NULL, pages * PAGE,
					      PROT_READ | PROT_WRITE,
					      MAP_PRIVATE | MAP_ANONYMOUS,
					      -1, 0));
		SYS(madvise(memory.map, pages * PAGE, MADV_MERGEABLE));
	}
	content_fill(content, pages, memory.map);
	return memory;
}

/*
 * 6.1 does not count the pages that KSM replaces by the zero page, but they are
 * not resident any more.  Those that it merges are.  Counting them takes the
 * CPU from the thread for as long as merging hundreds of pages does: it is left
 * until no others are merged, and to a quarter of the time.
 */
static long long zero_pages(const struct memory *memory)
{
	static long long count;
	static double next;
	double start = seconds();

	if (start >= next) {
		count = memory->pages - resident(memory);
		next = start + 4 * (seconds() - start);
	}
	return count;
}

long long memory_saved(const struct memory *memory)
{
	static long long merged, zero;
	long long before = merged;

	if (memory->side == KSMFS)
		return memory->pages - thread_get(KSMFS, "frames");
	merged = thread_get(KSM, "pages_sharing");
	if (merged == before && thread_get(KSM, "use_zero_pages"))
		zero = zero_pages(memory);
	return merged + zero;
}
