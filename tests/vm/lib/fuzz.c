// SPDX-License-Identifier: GPL-2.0
/*
 * A run of bad inputs.
 */
#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVERY		500	/* inputs between two looks at everything */
#define GROWTH		1024L	/* KiB that SUnreclaim may have grown by */

uint64_t below(uint64_t limit)
{
	return rng_below(&fuzz.rng, limit);
}

/* Memory of the kernel that nobody can have back, in KiB. */
static long kernel_memory(void)
{
	FILE *meminfo = fopen("/proc/meminfo", "re");
	char line[128];
	long kib = -1;

	CHECK(meminfo);
	while (fgets(line, sizeof(line), meminfo))
		sscanf(line, "SUnreclaim: %ld", &kib);
	fclose(meminfo);
	CHECK(kib >= 0);
	return kib;
}

static void try_one(const struct fuzz_group *groups)
{
	const struct fuzz_group *group;
	unsigned int all = 0, lot;

	for (group = groups; group->try; group++)
		all += group->weight;
	lot = below(all);
	for (group = groups; lot >= group->weight; group++)
		lot -= group->weight;
	group->try();
}

/* Until so many have been tried. */
static void try_until(const struct fuzz_group *groups, unsigned long end)
{
	unsigned long next = 0;

	while (inputs->tried < end) {
		if (inputs->tried >= next) {
			fuzz_look();
			next = inputs->tried + EVERY;
		}
		try_one(groups);
	}
	fuzz_look();
}

void fuzz_run(int argc, char **argv, unsigned long wanted,
	      const struct fuzz_group *groups)
{
	const char *given = argc > 1 ? argv[1] : getenv("FUZZ_SEED");
	double begin = seconds();
	char json[64];
	long memory;

	fuzz.rng.state = given ? strtoull(given, NULL, 0) : 1;
	if (argc > 2)
		wanted = strtoul(argv[2], NULL, 0);
	say("seed %llu, %lu inputs", (unsigned long long)fuzz.rng.state,
	    wanted);
	inputs_begin();

	try_until(groups, wanted / 10);	/* what is taken once has been taken */
	memory = kernel_memory();
	try_until(groups, wanted);
	memory = kernel_memory() - memory;
	say("%.1f seconds; memory of the kernel grew by %ld KiB",
	    seconds() - begin, memory);
	snprintf(json, sizeof(json), "%s.json", program_invocation_short_name);
	inputs_end(json);
	/* One that looks for mistakes remembers where each allocation was made. */
	CHECK(kernel_is_slow() || memory < GROWTH);
}
