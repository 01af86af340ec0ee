// SPDX-License-Identifier: GPL-2.0
/*
 * work PROGRAM NUMBER... - something for a guest to do with its memory
 *
 * Prints lines of "key=value" words as it goes, at least one each second unless
 * it waits, so that a slow guest can be told from one that hangs.  The last
 * line is the result.
 */
#include "work.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define ARGS_MAX	4
#define SPARE_KIB	8192	/* that the guest's kernel is left with */
#define CHECK_PAGES	64	/* taken between two looks at what is left */

static const struct program {
	const char *name;
	int args;
	int (*run)(const size_t *args);
	const char *usage;
} programs[] = {
	{ "touch", 3, work_touch, "touch MIB ACTIVE-MIB OWNER" },
	{ "verify", 4, work_verify, "verify MIB OWNER PASSES PACKING-PERCENT" },
	{ "rewrite", 2, work_rewrite, "rewrite MIB OWNER" },
	{ "churn", 3, work_churn, "churn MIB OWNER PACKING-PERCENT" },
};

static double reported;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

void report(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	reported = now();
}

bool report_due(void)
{
	return now() > reported + 1;
}

/* For what is used of the scenarios' library. */
void fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s:%d: ", file, line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

struct memory memory_reserve(size_t mib)
{
	struct memory memory = { .wanted = mib * (MIB / PAGE) };

	memory.base = mmap(NULL, mib * MIB, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (memory.base == MAP_FAILED)
		FAIL("cannot map %zu MiB: %m", mib);
	return memory;
}

static long available_kib(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];
	long kib = -1;

	while (file && kib < 0 && fgets(line, sizeof(line), file))
		sscanf(line, "MemAvailable: %ld kB", &kib);
	if (kib < 0)
		FAIL("/proc/meminfo has no MemAvailable");
	fclose(file);
	return kib;
}

bool memory_can_grow(const struct memory *memory)
{
	if (memory->pages == memory->wanted)
		return false;
	return memory->pages % CHECK_PAGES || available_kib() > SPARE_KIB;
}

void content(size_t owner, size_t version, size_t page, bool packs, void *to)
{
	static const size_t kept = PAGE * 3 / 8;

	pattern(owner << 40 | version << 32 | (page + 1), to);
	if (packs)
		memset((uint8_t *)to + kept, 'k', PAGE - kept);
}

bool content_is(size_t owner, size_t version, size_t page, bool packs,
		const void *got)
{
	static uint64_t want[WORDS];

	content(owner, version, page, packs, want);
	return !memcmp(want, got, PAGE);
}

int main(int argc, char **argv)
{
	size_t args[ARGS_MAX];

	setlinebuf(stdout);
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++) {
		const struct program *program = &programs[i];

		if (argc < 2 || strcmp(argv[1], program->name))
			continue;
		if (argc != program->args + 2)
			FAIL("usage: work %s", program->usage);
		for (int arg = 0; arg < program->args; arg++)
			args[arg] = strtoul(argv[arg + 2], NULL, 10);
		return program->run(args);
	}
	FAIL("usage: work touch|verify|rewrite|churn NUMBER...");
}
