// SPDX-License-Identifier: GPL-2.0
/*
 * The mapper is killed in the middle of stores, breaks and merges, 100 times.
 *
 *	still      X Y Z X Y Z ...      nobody writes: must never change
 *	written    the victim fills it page after page until SIGKILL
 *
 * Whatever the moment, every byte of a written page comes from one of the
 * contents the victim writes to that place; and when the files are gone, so is
 * every frame.
 *
 * vm: cpus=2 mem=1G timeout=120
 */
#include "../lib/scenario.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define KILLS	100
#define PAGES	64
#define CONTENTS 3

static struct region still, written;
static uint8_t contents[CONTENTS][PAGE];
static uint64_t seed = 1;

static uint64_t still_seed(size_t i)
{
	return 1 + i % CONTENTS;
}

/* Fill for ever, reading the other file, so that both are mapped. */
static void victim(void *arg)
{
	struct rng rng = { seed + *(int *)arg };

	for (;;) {
		size_t i = rng_below(&rng, PAGES);

		memcpy(slot(&written, i),
		       contents[rng_below(&rng, CONTENTS)], PAGE);
		CHECK_PAGE(slot(&still, i), still_seed(i));
	}
}

int main(int argc, char **argv)
{
	struct stats before, after;
	struct rng rng;

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	say("seed %llu", (unsigned long long)seed);
	rng.state = seed;
	for (size_t i = 0; i < CONTENTS; i++)
		pattern(1 + i, contents[i]);
	mount_ksmfs(MNT, "size=64m");
	still = region_create(MNT "/still", PAGES);
	written = region_create(MNT "/written", PAGES);
	for (size_t i = 0; i < PAGES; i++)
		pattern(still_seed(i), slot(&still, i));

	before = stats_read();
	scanner_press();
	for (int n = 0; n < KILLS; n++) {
		pid_t pid = spawn(victim, &n);

		usleep(1000 + rng_below(&rng, 50 * 1000));
		SYS(kill(pid, SIGKILL));
		reap_killed(pid, SIGKILL);
		for (size_t i = 0; i < PAGES; i++) {
			CHECK_PAGE(slot(&still, i), still_seed(i));
			CHECK_MIXTURE(slot(&written, i), contents,
				      CONTENTS);
		}
	}
	scanner_relax();
	after = stats_read();
	say("%lld merges, %lld breaks", after.merges - before.merges,
	    after.breaks - before.breaks);
	CHECK(after.merges > before.merges);
	CHECK(after.breaks > before.breaks);

	settle();
	check_balance();
	for (size_t i = 0; i < PAGES; i++)
		CHECK_PAGE(slot(&still, i), still_seed(i));
	region_close(&still);
	region_close(&written);
	SYS(unlink(MNT "/still"));
	SYS(unlink(MNT "/written"));
	check_empty();
	umount_ksmfs(MNT);
	return 0;
}
