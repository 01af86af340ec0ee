// SPDX-License-Identifier: GPL-2.0
/*
 * Making the scanner finish, and making it run without a pause.
 *
 * Both go through the "scan" knob: its passes visit every page and do not
 * sleep, whatever the other knobs say.
 */
#include "scenario.h"

#include <unistd.h>

#define PASSES		4	/* in one round */
#define ROUNDS		32	/* more than any page needs to come to rest */
#define ROUND_SECONDS	60

static void make_passes(void)
{
	int patience = ROUND_SECONDS * (kernel_is_slow() ? 10 : 1);
	double deadline = seconds() + patience;

	knob_set(KNOB_scan, PASSES);
	while (knob_get(KNOB_scan)) {
		if (seconds() > deadline)
			FAIL("%d passes are not done after %d seconds", PASSES,
			     patience);
		usleep(500);
	}
}

void settle(void)
{
	struct stats now = stats_read(), before;
	int quiet = 0;

	for (int round = 0; round < ROUNDS && quiet < 2; round++) {
		before = now;
		make_passes();
		now = stats_read();
		quiet = stats_same_state(&before, &now) ? quiet + 1 : 0;
	}
	if (quiet < 2)
		FAIL("pages still change state after %d passes",
		     ROUNDS * PASSES);
}

static pthread_t presser;
static bool pressing;

static void *press(void *arg)
{
	while (__atomic_load_n(&pressing, __ATOMIC_RELAXED)) {
		knob_set(KNOB_scan, 1000);
		usleep(50 * 1000);
	}
	return arg;
}

void scanner_press(void)
{
	knob_set(KNOB_run, 1);
	knob_set(KNOB_sleep_millisecs, 0);
	pressing = true;
	presser = thread_start(press, NULL);
}

void scanner_relax(void)
{
	__atomic_store_n(&pressing, false, __ATOMIC_RELAXED);
	thread_join(presser);
	knob_set(KNOB_sleep_millisecs, 20);
	knob_set(KNOB_scan, 0);
}
