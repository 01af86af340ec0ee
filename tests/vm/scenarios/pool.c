// SPDX-License-Identifier: GPL-2.0
/*
 * Nobody can tell which physical page others' content will lie in.
 *
 * Two files have the same contents in all slots: they are merged, then one of the
 * files is written to, then both are punched, and so on with other contents.
 *
 *	a  [1][2][3] ...   frames of their own     \
 *	b  [1][2][3] ...   frames of their own     /  merged: frames of the pool
 *	a  [1'][2'][3'] ...                           broken: frames of the pool
 *
 * No merged slot is in a frame that was its own or its sharer's.  What is drawn
 * for merges and breaks is random: it comes from thousands of frames, not from
 * those that were given up last, and those of slots side by side are not side by
 * side.  Bounds are for a pool that is half full of a 64th of memory.
 *
 * vm: cpus=2 mem=1G timeout=120
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGES	256
#define ROUNDS	16
#define MERGES	(PAGES * ROUNDS)
#define NEAR	16	/* frames: what is that close together is side by side */

static struct region a, b;

/* What has been drawn for one purpose, in order. */
struct draws {
	const char *what;
	uint64_t frame[MERGES];
	size_t count;
};

static struct draws merged = { .what = "merging" };
static struct draws broken = { .what = "breaking" };

static int compare(const void *left, const void *right)
{
	uint64_t l = *(const uint64_t *)left, r = *(const uint64_t *)right;

	return l < r ? -1 : l > r;
}

static bool is_one_of(uint64_t frame, const uint64_t *sorted, size_t count)
{
	return bsearch(&frame, sorted, count, sizeof(frame), compare);
}

static void frames_of(const struct region *region, uint64_t frames[PAGES])
{
	for (size_t i = 0; i < PAGES; i++) {
		/* Read: what was merged is in no page table. */
		(void)*(volatile uint8_t *)slot(region, i);
		frames[i] = frame_at(slot(region, i));
		CHECK(frames[i]);
	}
}

static void add(struct draws *draws, const uint64_t frames[PAGES])
{
	for (size_t i = 0; i < PAGES; i++)
		draws->frame[draws->count++] = frames[i];
}

static void punch(const struct region *region)
{
	SYS(fallocate(region->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		      PAGES * PAGE));
}

/*
 * Returns how many of the frames merged into were given up in the round before:
 * all, if the last to come went first; by chance no more than those are of the
 * pool.  They are in @given, sorted, and those of this round are afterwards.
 */
static size_t round_of(uint64_t base, uint64_t given[2 * PAGES])
{
	static uint64_t own_a[PAGES], own_b[PAGES], shared[PAGES];
	size_t again = 0;

	/* Nothing is merged before its frames are known. */
	knob_set(KNOB_run, 0);
	for (size_t i = 0; i < PAGES; i++) {
		pattern(base + i, slot(&a, i));
		pattern(base + i, slot(&b, i));
	}
	frames_of(&a, own_a);
	frames_of(&b, own_b);
	knob_set(KNOB_run, 1);
	settle();
	CHECK_EQ(stats_read().pages_shared, PAGES);
	frames_of(&a, shared);
	for (size_t i = 0; i < PAGES; i++) {
		CHECK(shared[i] != own_a[i]);
		CHECK(shared[i] != own_b[i]);
		again += is_one_of(shared[i], given, 2 * PAGES);
	}
	add(&merged, shared);
	frames_of(&b, own_b);
	for (size_t i = 0; i < PAGES; i++) {
		CHECK_EQ(own_b[i], shared[i]);
		slot(&a, i)[0]++;
	}
	frames_of(&a, own_a);
	add(&broken, own_a);
	for (size_t i = 0; i < PAGES; i++) {
		CHECK(own_a[i] != shared[i]);
		CHECK_PAGE(slot(&b, i), base + i);
		slot(&a, i)[0]--;
		CHECK_PAGE(slot(&a, i), base + i);
	}
	/* These are given up by the punch, one after the other. */
	memcpy(given, own_a, sizeof(own_a));
	memcpy(given + PAGES, shared, sizeof(shared));
	qsort(given, 2 * PAGES, sizeof(*given), compare);
	punch(&a);
	punch(&b);
	return again;
}

/* How many of @frames are met by MERGES draws, each of all of them. */
static double met(double frames)
{
	double missed = frames;

	for (int i = 0; i < MERGES; i++)
		missed -= missed / frames;
	return frames - missed;
}

static void check_spread(struct draws *draws, size_t frames)
{
	size_t close = 0, distinct = 1;

	CHECK_EQ(draws->count, MERGES);
	for (size_t i = 1; i < MERGES; i++) {
		uint64_t x = draws->frame[i - 1], y = draws->frame[i];

		close += (x < y ? y - x : x - y) <= NEAR;
	}
	qsort(draws->frame, MERGES, sizeof(*draws->frame), compare);
	for (size_t i = 1; i < MERGES; i++)
		distinct += draws->frame[i] != draws->frame[i - 1];
	say("%s: %zu frames in %d draws, %zu of them beside the one before",
	    draws->what, distinct, MERGES, close);
	/*
	 * The pool is half full at least, and what is drawn is replaced.  That a
	 * frame lies beside the one before has a chance of 2 * NEAR in its
	 * frames, if they lie close together; allow for three times as many.
	 */
	CHECK(distinct > met(frames / 2.0) * 0.95);
	CHECK(close < 3 * MERGES * 2 * NEAR / (frames / 2));
}

int main(void)
{
	static uint64_t given[2 * PAGES];
	size_t again = 0, frames;

	knob_set(KNOB_sample_pages, 0);	/* it unmaps what is to be looked at */
	mount_ksmfs(MNT, "size=64m");
	/* It begins half full. */
	frames = 2 * stats_read().frames_cached;
	say("a pool of %zu frames", frames);
	CHECK(frames >= MERGES / 2 && frames <= 32768);
	a = region_create(MNT "/a", PAGES);
	b = region_create(MNT "/b", PAGES);
	for (size_t i = 0; i < ROUNDS; i++)
		again += round_of(1 + i * PAGES, given);
	say("%zu of %d merges have a frame given up in the round before", again,
	    MERGES);
	CHECK(again < MERGES * 2 * PAGES / (frames / 2) * 3 / 2);
	check_spread(&merged, frames);
	check_spread(&broken, frames);
	region_close(&a);
	region_close(&b);
	umount_ksmfs(MNT);
	check_empty();
	CHECK_EQ(stats_read().frames_cached, 0);
	return 0;
}
