// SPDX-License-Identifier: GPL-2.0
/*
 * What is saved of contents other than (a), and what that takes.  In-tree KSM is
 * told to use zero pages where there are any.
 */
#include "lib/bench.h"

#include <stdio.h>

#define PAGES 16384

struct job {
	enum side side;
	char content;
};

static void measure(void *arg)
{
	const struct job *job = arg;
	const char *side = side_name(job->side);
	struct memory memory;
	struct merged merged;
	char name[32];

	thread_flat_out(job->side);
	memory = memory_new(job->side, job->content, PAGES);
	merged = thread_merge_all(&memory);
	snprintf(name, sizeof(name), "saved_%c", job->content);
	number(name, side, PAGES, merged.saved);
}

int main(void)
{
	thread_set(KSM, "use_zero_pages", 1);
	for (const char *content = "cde"; *content; content++)
		for (enum side side = 0; side < SIDES; side++)
			run_alone(measure, &(struct job){ side, *content });
	return 0;
}
