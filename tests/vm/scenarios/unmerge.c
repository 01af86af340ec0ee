// SPDX-License-Identifier: GPL-2.0
/*
 * run=2 gives every merged and every zero slot a frame of its own again.
 *
 *	merged     frames 1        run=2      frames 64
 *	[s s s s] ----------------------> [p][p][p][p]
 *
 * Afterwards nothing is shared and run stays 2.  Where the mount has no room
 * for that, the write fails with ENOSPC, run becomes 0, and whatever was or
 * was not broken, all content is what it was.  Switching run while writers and
 * the scanner race, and many writers of knobs at once, loses nothing either,
 * and the last value written is the one that stays.
 *
 * vm: cpus=2 mem=1G timeout=120
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGES	64
#define CONTENTS 4
#define KNOB_WRITERS 16
#define KNOB_WRITES 150
#define KNOB_READS 10		/* of all statistics: in so many writes, once */
#define SWITCHES 60

static uint8_t contents[CONTENTS][PAGE];
static uint64_t seed = 1;
static bool stop;

static void fill(const struct region *r)
{
	for (size_t i = 0; i < r->pages; i++)
		memcpy(slot(r, i), contents[i % CONTENTS], PAGE);
}

static void check(const struct region *r)
{
	for (size_t i = 0; i < r->pages; i++)
		CHECK_PAGE(slot(r, i), i % CONTENTS);
}

static void whole(void)
{
	struct region r = region_create(MNT "/file", PAGES);
	struct ksmfs_region_info info;

	fill(&r);
	SYS(ftruncate(r.fd, 2 * PAGES * PAGE));		/* and holes */
	settle();
	CHECK_EQ(stats_read().frames, CONTENTS - 1);
	CHECK_EQ(stats_read().ksm_zero_pages, PAGES / CONTENTS);

	knob_set(KNOB_run, 2);
	CHECK_EQ(knob_get(KNOB_run), 2);
	info = region_info(r.fd);
	CHECK_EQ(info.priv, PAGES);
	CHECK_EQ(info.shared, 0);
	CHECK_EQ(info.zero, 0);
	CHECK_EQ(info.holes, PAGES);
	CHECK_EQ(stats_read().frames, PAGES);
	check(&r);
	check_balance();

	/* It stays so, also for pages that become equal now. */
	fill(&r);
	usleep(200 * 1000);
	CHECK_EQ(stats_read().frames, PAGES);
	CHECK_EQ(stats_read().pages_shared, 0);

	knob_set(KNOB_run, 1);
	settle();
	CHECK_EQ(stats_read().frames, CONTENTS - 1);
	check(&r);
	region_close(&r);
	SYS(unlink(MNT "/file"));
}

/* 64 merged slots, 40 frames of room. */
static void full(void)
{
	struct region r = region_create(MNT "/file", PAGES);
	struct stats stats;

	fill(&r);
	settle();
	SYS(remount_ksmfs(MNT, "size=160k"));
	CHECK_EQ(knob_write(KNOB_run, "2", 1), -1);
	CHECK_EQ(errno, ENOSPC);
	CHECK_EQ(knob_get(KNOB_run), 0);
	stats = stats_read();
	CHECK(stats.frames <= 40);
	CHECK(stats.frames >= CONTENTS - 1);
	check_balance();
	check(&r);
	knob_set(KNOB_run, 1);
	settle();
	CHECK_EQ(stats_read().frames, CONTENTS - 1);
	check(&r);
	SYS(remount_ksmfs(MNT, "size=16m"));
	region_close(&r);
	SYS(unlink(MNT "/file"));
}

static void *writer(void *arg)
{
	struct region r;
	uint8_t shadow[PAGES] = { 0 };
	struct rng rng = { seed + (intptr_t)arg };
	char path[32];

	snprintf(path, sizeof(path), MNT "/%zd", (intptr_t)arg);
	r = region_create(path, PAGES);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		size_t i = rng_below(&rng, PAGES);

		CHECK_PAGE(slot(&r, i), shadow[i]);
		shadow[i] = rng_below(&rng, CONTENTS);
		memcpy(slot(&r, i), contents[shadow[i]], PAGE);
	}
	for (size_t i = 0; i < PAGES; i++)
		CHECK_PAGE(slot(&r, i), shadow[i]);
	region_close(&r);
	SYS(unlink(path));
	return NULL;
}

static void switching(void)
{
	struct stats before = stats_read(), after;
	pthread_t writers[3];
	struct rng rng = { seed };

	knob_set(KNOB_sleep_millisecs, 0);
	for (intptr_t i = 0; i < 3; i++)
		writers[i] = thread_start(writer, (void *)i);
	for (int n = 0; n < SWITCHES; n++) {
		long long run = rng_below(&rng, 3);

		knob_set(KNOB_run, run);
		CHECK_EQ(knob_get(KNOB_run), run);
		if (run == 2) {
			/* Writers may break, but nobody merges. */
			CHECK_EQ(stats_read().pages_shared, 0);
			CHECK_EQ(stats_read().ksm_zero_pages, 0);
		}
		usleep(rng_below(&rng, 100 * 1000));
	}
	knob_set(KNOB_run, 1);
	stop = true;
	for (int i = 0; i < 3; i++)
		thread_join(writers[i]);
	after = stats_read();
	say("%lld merges, %lld breaks", after.merges - before.merges,
	    after.breaks - before.breaks);
	CHECK(after.merges > before.merges);
	CHECK(after.breaks > before.breaks);
}

static void *knob_writer(void *arg)
{
	struct rng rng = { seed + 100 + (intptr_t)arg };
	char text[32];

	for (int n = 0; n < KNOB_WRITES; n++) {
		switch (rng_below(&rng, 7)) {
		case 0:
			knob_set(KNOB_run, rng_below(&rng, 3));
			break;
		case 1:
			snprintf(text, sizeof(text), "%d",
				 1 + (int)rng_below(&rng, 5000));
			/* The advisor's, if there is one. */
			if (knob_write(KNOB_pages_to_scan, text,
				       strlen(text)) == -1)
				CHECK_EQ(errno, EINVAL);
			break;
		case 2:
			knob_set(KNOB_sleep_millisecs, rng_below(&rng, 20));
			break;
		case 3:
			knob_set(KNOB_max_cpu_percent, 50 + rng_below(&rng, 400));
			break;
		case 4:
			choice_set(CHOICE_advisor_mode, rng_below(&rng, 3));
			break;
		case 5:
			knob_set(KNOB_advisor_target_scan_time,
				 1 + rng_below(&rng, 10));
			break;
		default:
			if (knob_write(KNOB_scan, "3", 1) == -1)
				CHECK_EQ(errno, EBUSY);
		}
		if (n % KNOB_READS == 0)
			stats_read();
	}
	return NULL;
}

static void knob_writers(void)
{
	struct region r = region_create(MNT "/file", PAGES);
	pthread_t threads[KNOB_WRITERS];

	fill(&r);
	for (intptr_t i = 0; i < KNOB_WRITERS; i++)
		threads[i] = thread_start(knob_writer, (void *)i);
	for (int i = 0; i < KNOB_WRITERS; i++)
		thread_join(threads[i]);
	check(&r);
	choice_set(CHOICE_advisor_mode, ADVISOR_none);
	knob_set(KNOB_max_cpu_percent, 100);
	knob_set(KNOB_pages_to_scan, 77);
	knob_set(KNOB_sleep_millisecs, 5);
	knob_set(KNOB_run, 1);
	CHECK_EQ(knob_get(KNOB_pages_to_scan), 77);
	CHECK_EQ(knob_get(KNOB_sleep_millisecs), 5);
	CHECK_EQ(knob_get(KNOB_run), 1);
	settle();
	CHECK_EQ(stats_read().frames, CONTENTS - 1);
	check(&r);
	check_balance();
	region_close(&r);
	SYS(unlink(MNT "/file"));
}

int main(int argc, char **argv)
{
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	say("seed %llu", (unsigned long long)seed);
	for (size_t i = 0; i < CONTENTS; i++)
		pattern(i, contents[i]);
	mount_ksmfs(MNT, "size=16m");
	whole();
	full();
	switching();
	knob_writers();
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
