// SPDX-License-Identifier: GPL-2.0
/*
 * How many pages are in use, as the sampler estimates it.
 *
 *	[ touched over and over | not touched ]     one unlinked file
 *	0                     active         PAGES
 *
 * A thread touches the first pages of a file, reading or writing, round and
 * round.  The estimate has to find out how many they are, has to follow when
 * they become more within a few periods, and slowly when they become fewer.
 * Meanwhile all content stays as it was.
 *
 * Then writers race the sampler, which takes all their pages out of the page
 * tables several times a second, and the scanner, which merges them.
 *
 * The sampler chooses at random.  What is checked is so far from what chance
 * does that it will not be seen to fail for that.
 *
 * vm: cpus=2 mem=1G timeout=240 clock=instructions
 */
#include "../lib/scenario.h"

#include <stdio.h>
#include <unistd.h>

#define PAGES	8192
#define PERIOD	200		/* milliseconds */
#define MANY	1000		/* pages watched: 5.5 % off for a quarter */

#define WRITERS	4
#define OWN	64		/* pages of each */
#define RACES	10		/* periods, and ten times as many merges */

static struct region file;
static size_t active = PAGES / 8;	/* pages the toucher goes round */
static uint64_t rounds;
static bool stop;

static size_t in_use(void)
{
	return __atomic_load_n(&active, __ATOMIC_RELAXED);
}

/* Every other page is written to: its last word is the round. */
static void touch(size_t index, uint64_t round)
{
	volatile uint64_t *page = (void *)slot(&file, index);

	if (index % 2)
		page[WORDS - 1] = round;
	else if (page[WORDS - 1] != pattern_word(index + 1, WORDS - 1))
		FAIL("page %zu has changed", index);
}

static void *toucher(void *arg)
{
	(void)arg;
	for (uint64_t round = 1; !__atomic_load_n(&stop, __ATOMIC_RELAXED);
	     round++) {
		for (size_t i = 0; i < in_use(); i++)
			touch(i, round);
		__atomic_store_n(&rounds, round, __ATOMIC_RELAXED);
	}
	return NULL;
}

static uint64_t rounds_so_far(void)
{
	return __atomic_load_n(&rounds, __ATOMIC_RELAXED);
}

/* Wait until all that is in use now has been touched, however long that takes. */
static void wait_for_touches(void)
{
	uint64_t until = rounds_so_far() + 2;
	double deadline = seconds() + 100;

	while (rounds_so_far() < until) {
		CHECK(seconds() < deadline);
		usleep(1000);
	}
}

static void check_content(void)
{
	for (size_t i = 0; i < PAGES; i++) {
		uint64_t *page = (void *)slot(&file, i);

		if (i % 2)
			page[WORDS - 1] = pattern_word(i + 1, WORDS - 1);
		CHECK_PAGE(page, i + 1);
	}
}

static struct ksmfs_region_info info_after(unsigned int periods)
{
	struct ksmfs_region_info info = region_info(file.fd);
	uint64_t until = info.periods + periods;
	double deadline = seconds() + 30 + 10 * periods * PERIOD / 1000.0;

	while (info.periods < until) {
		if (seconds() > deadline)
			FAIL("of %u periods %llu have not come", periods,
			     (unsigned long long)(until - info.periods));
		usleep(PERIOD * 1000 / 10);
		info = region_info(file.fd);
	}
	say("%5zu of %d pages: active %llu, slow %llu, fast %llu, period %llu, round %llu",
	    in_use(), PAGES, info.active, info.active_slow, info.active_fast,
	    info.periods, (unsigned long long)rounds_so_far());
	return info;
}

static void check_near(uint64_t estimate, size_t right)
{
	if (estimate < right - right * 15 / 100 ||
	    estimate > right + right * 15 / 100)
		FAIL("%llu is not within 15%% of %zu",
		     (unsigned long long)estimate, right);
}

/* Nothing is known once sampling has been off. */
static void forget(void)
{
	double deadline = seconds() + 10;
	struct ksmfs_region_info info;

	knob_set(KNOB_sample_pages, 0);
	do {
		CHECK(seconds() < deadline);
		usleep(10 * 1000);
		info = region_info(file.fd);
	} while (info.periods);
	CHECK_EQ(info.active, 0);
	CHECK_EQ(info.active_slow, 0);
	CHECK_EQ(info.active_fast, 0);
	usleep(2 * PERIOD * 1000);
	CHECK_EQ(region_info(file.fd).periods, 0);
}

static void known_sets_are_found(void)
{
	static const size_t known[] = { PAGES / 8, PAGES / 4, PAGES / 2, PAGES };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		forget();
		active = known[i];
		knob_set(KNOB_sample_pages, MANY);
		check_near(info_after(12).active, known[i]);
	}
	/* As many as by default: one reading of active may be off by chance. */
	forget();
	active = PAGES / 4;
	knob_set(KNOB_sample_pages, 200);
	check_near(info_after(20).active_slow, PAGES / 4);
}

static void a_rise_and_a_fall_are_followed(void)
{
	struct ksmfs_region_info info;

	forget();
	active = PAGES / 8;
	knob_set(KNOB_sample_pages, MANY);
	info_after(12);
	active = PAGES / 2;
	wait_for_touches();
	/* The period that was running may have seen it in part only. */
	check_near(info_after(2).active, PAGES / 2);
	check_near(info_after(12).active, PAGES / 2);
	active = PAGES / 8;
	info = info_after(6);
	CHECK_EQ(info.active, info.active_slow);
	CHECK(info.active > PAGES / 5);
	CHECK(info.active_fast < info.active_slow);
	check_near(info_after(50).active, PAGES / 8);
}

static uint64_t seeds[WRITERS][OWN];

static void *writer(void *arg)
{
	size_t number = (intptr_t)arg;
	struct rng rng = { number };

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		size_t own = rng_below(&rng, OWN);
		uint8_t *page = slot(&file, own * WRITERS + number);
		uint64_t *seed = &seeds[number][own];

		CHECK_PAGE(page, *seed);
		if (rng_below(&rng, 2)) {
			/* Few contents: pages are often equal, and merged. */
			*seed = rng_below(&rng, 4);
			pattern(*seed, page);
		}
	}
	return NULL;
}

static void writers_lose_nothing(void)
{
	pthread_t threads[WRITERS];
	double deadline = seconds() + 100;
	struct stats before, after;
	uint64_t periods;

	file = region_create(MNT "/written", WRITERS * OWN);
	knob_set(KNOB_sample_pages, 65536);
	knob_set(KNOB_sample_millisecs, 100);
	before = stats_read();
	stop = false;
	scanner_press();
	for (intptr_t i = 0; i < WRITERS; i++)
		threads[i] = thread_start(writer, (void *)i);
	do {
		CHECK(seconds() < deadline);
		sleep(1);
		after = stats_read();
		periods = region_info(file.fd).periods;
	} while (periods < RACES || after.merges - before.merges < 10 * RACES);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < WRITERS; i++)
		thread_join(threads[i]);
	scanner_relax();
	say("writers: %llu periods, %lld merges, %lld breaks",
	    (unsigned long long)periods, after.merges - before.merges,
	    after.breaks - before.breaks);
	for (size_t i = 0; i < WRITERS * OWN; i++)
		CHECK_PAGE(slot(&file, i), seeds[i % WRITERS][i / WRITERS]);
	region_close(&file);
	SYS(unlink(MNT "/written"));
}

int main(void)
{
	int pids[SCANNER_THREADS];
	pthread_t thread;
	long long cpu;
	double start;

	mount_ksmfs(MNT, "size=64m");
	knob_set(KNOB_sample_millisecs, PERIOD);
	file = region_create(MNT "/file", PAGES);
	SYS(unlink(MNT "/file"));
	for (size_t i = 0; i < PAGES; i++)
		pattern(i + 1, slot(&file, i));
	CHECK_EQ(kthreads_find("ksmfs_sample", pids), 1);
	cpu = kthread_cpu(pids[0]);
	start = seconds();

	thread = thread_start(toucher, NULL);
	known_sets_are_found();
	a_rise_and_a_fall_are_followed();
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	thread_join(thread);
	say("the sampler took %.2f%% of a CPU",
	    (kthread_cpu(pids[0]) - cpu) / 1e7 / (seconds() - start));
	check_content();
	region_close(&file);

	writers_lose_nothing();
	check_balance();
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
