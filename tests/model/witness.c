// SPDX-License-Identifier: GPL-2.0
/*
 * The last words: where each thread was, and how to get there again.
 *
 * Whatever ends the program early comes by here: a sanitizer by its callback,
 * shim_die() and checks of world.c by SIGABRT, who is told that it takes too
 * long by SIGTERM.
 */
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <stdlib.h>
#include "tests/model/model.h"

static const char *program;
static bool silent = true;

static void speak(void)
{
	unsigned long most = 0;
	unsigned int i;

	if (__atomic_exchange_n(&silent, true, __ATOMIC_SEQ_CST))
		return;
	fprintf(stderr, "seed %llu:\n", model.seed);
	for (i = 0; i < model.threads; i++) {
		const struct actor *actor = &model.actor[i];

		fprintf(stderr, "  thread %u was at operation %lu: %s\n", i,
			READ_ONCE(actor->operation), READ_ONCE(actor->doing));
		most = max(most, READ_ONCE(actor->operation));
	}
	fprintf(stderr, "to replay%s: %s --seed %llu --threads %u --operations %lu\n",
		model.threads > 1 ? ", as far as chance allows" : "", program,
		model.seed, model.threads, most + !model.calm);
}

static void on_signal(int number)
{
	speak();
	signal(number, SIG_DFL);
	raise(number);
}

void witness_begin(const char *name)
{
	program = name;
	silent = false;
	__sanitizer_set_death_callback(speak);
	/* A check that fails is to say so at once: this is no test of cmocka's. */
	setenv("CMOCKA_TEST_ABORT", "1", 1);
	signal(SIGABRT, on_signal);
	signal(SIGTERM, on_signal);
}

void witness_end(void)
{
	silent = true;
}
