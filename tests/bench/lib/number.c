// SPDX-License-Identifier: GPL-2.0
#include "bench.h"

#include <stdio.h>
#include <unistd.h>

const char *side_name(enum side side)
{
	return side == KSMFS ? "ksmfs" : "ksm";
}

void number(const char *name, const char *side, size_t pages, double value)
{
	FILE *file = fopen("numbers", "ae");

	CHECK(file);
	fprintf(file, "%s %s %zu %.6g\n", name, side, pages, value);
	CHECK_EQ(fclose(file), 0);
	say("%-16s %-5s %7zu pages %16.6g", name, side, pages, value);
}

double nanoseconds_per_tick(void)
{
	static double rate;

	if (!rate) {
		double start = seconds();
		uint64_t before = ticks();

		usleep(200 * 1000);
		rate = (seconds() - start) * 1e9 / (ticks() - before);
	}
	return rate;
}
