// SPDX-License-Identifier: GPL-2.0
/*
 * Truncate, punch and MADV_REMOVE: first alone, then racing faults and merges.
 *
 *	              100 bytes                           1000 bytes
 *	                |                                    |
 *	before  [XXXXXXXX][XXXXXXXX][XXXXXXXX]       [XXXXXXXXXXXX][XXXXXXXX]
 *	punch       |<---- two pages ---->|          truncate|
 *	after   [XX000000][  hole  ][000XXXXX]       [XXXX00000000]  SIGBUS
 *
 * What was punched or cut off reads as zeros from the moment the call returns;
 * what was not keeps its content; a slot that shared its frame leaves the
 * other sharers alone, also where only a part of the page is cleared.  In the
 * races nobody ever sees a byte that was not written to that place, and a file
 * cut to nothing keeps nothing, whatever faulted meanwhile.
 *
 * vm: cpus=2 mem=1G timeout=180
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EQUAL		1000
#define CONTENTS	4	/* seeds 0 .. 3 in the races */
#define PUNCHERS	4
#define BLOCK		32	/* slots of one puncher */
#define PUNCHES		1500	/* operations of one puncher */
#define CUTS		60
#define CUT_PAGES	32

static uint8_t contents[CONTENTS][PAGE];
static uint64_t seed = 1;

static void punch(int fd, off_t offset, off_t length)
{
	SYS(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset,
		      length));
}

static void fill(const struct region *region, uint64_t with)
{
	for (size_t i = 0; i < region->pages; i++)
		pattern(with, slot(region, i));
}

static void check_all(const struct region *region, uint64_t with)
{
	for (size_t i = 0; i < region->pages; i++)
		CHECK_PAGE(slot(region, i), with);
}

/* Bytes from..to-1 of this page are 0, all others are EQUAL's. */
static void check_part_zero(const uint8_t *page, size_t from, size_t to)
{
	uint8_t want[PAGE];

	pattern(EQUAL, want);
	memset(want + from, 0, to - from);
	for (size_t i = 0; i < PAGE; i++)
		if (page[i] != want[i])
			FAIL("byte %zu, zeroed from %zu to %zu: expected %#x, got %#x",
			     i, from, to, want[i], page[i]);
}

static void punch_alone(struct region *a, struct region *b)
{
	struct ksmfs_region_info info;
	struct stats before;
	uint8_t page[PAGE];

	fill(a, EQUAL);
	fill(b, EQUAL);
	pattern(0, slot(a, 15));
	settle();
	before = stats_read();
	CHECK_EQ(before.pages_sharing, 30);
	CHECK_EQ(before.ksm_zero_pages, 1);

	punch(a->fd, 4 * PAGE, 4 * PAGE);
	CHECK_EQ(stats_read().pages_punched, before.pages_punched + 4);
	CHECK_EQ(stats_read().pages_sharing, before.pages_sharing - 4);
	for (size_t i = 4; i < 8; i++) {
		CHECK_PAGE(slot(a, i), 0);
		CHECK_EQ(pread(a->fd, page, PAGE, i * PAGE), PAGE);
		CHECK_PAGE(page, 0);
	}

	punch(a->fd, 8 * PAGE + 100, 2 * PAGE);
	check_part_zero(slot(a, 8), 100, PAGE);
	CHECK_PAGE(slot(a, 9), 0);
	check_part_zero(slot(a, 10), 0, 100);

	SYS(madvise(slot(a, 12), PAGE, MADV_REMOVE));
	CHECK_PAGE(slot(a, 12), 0);

	punch(a->fd, 15 * PAGE, PAGE);		/* a zero slot */
	punch(a->fd, 15 * PAGE, PAGE);		/* a hole: nothing to do */
	punch(a->fd, 15 * PAGE, 100 * PAGE);	/* and beyond the end */
	CHECK_ERRNO(fallocate(a->fd,
			      FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 0),
		    EINVAL);

	info = region_info(a->fd);
	CHECK_EQ(info.pages, 16);
	CHECK_EQ(info.zero, 0);
	CHECK_EQ(info.holes, 4 + 1 + 1 + 1);
	CHECK_EQ(info.punched, 4 + 1 + 1 + 1);
	CHECK_EQ(stats_read().pages_punched, before.pages_punched + 7);
	/* All of them were merged. */
	CHECK_EQ(info.vain, info.punched);
	CHECK_EQ(stats_read().pages_punched_vain,
		 before.pages_punched_vain + 7);

	for (size_t i = 0; i < 4; i++)
		CHECK_PAGE(slot(a, i), EQUAL);
	check_all(b, EQUAL);
	settle();
	check_balance();
	check_all(b, EQUAL);
}

static void truncate_alone(struct region *a, struct region *b)
{
	uint8_t page[PAGE], byte = 1;

	fill(a, EQUAL);
	fill(b, EQUAL);
	settle();
	CHECK_EQ(stats_read().pages_sharing, 31);

	SYS(ftruncate(a->fd, 2 * PAGE + 1000));
	check_part_zero(slot(a, 2), 1000, PAGE);
	CHECK(!copy_guarded(page, slot(a, 3), 1));
	CHECK(!copy_guarded(slot(a, 3), &byte, 1));
	CHECK_EQ(pread(a->fd, page, PAGE, 2 * PAGE), 1000);
	CHECK_EQ(pread(a->fd, page, PAGE, 3 * PAGE), 0);
	CHECK_EQ(region_info(a->fd).pages, 3);
	check_all(b, EQUAL);

	SYS(ftruncate(a->fd, 16 * PAGE));
	CHECK_PAGE(slot(a, 1), EQUAL);
	check_part_zero(slot(a, 2), 1000, PAGE);
	for (size_t i = 3; i < 16; i++)
		CHECK_PAGE(slot(a, i), 0);
	check_all(b, EQUAL);
	settle();
	check_balance();
	check_all(b, EQUAL);
}

/*
 * Each puncher owns a block of one file and knows what is in it.
 */
static struct region punched;

static void *puncher(void *arg)
{
	size_t first = (intptr_t)arg * BLOCK;
	struct rng rng = { seed + first };
	uint8_t shadow[BLOCK] = { 0 };

	for (int n = 0; n < PUNCHES; n++) {
		size_t i = rng_below(&rng, BLOCK);
		size_t count = 1 + rng_below(&rng, BLOCK - i);

		switch (rng_below(&rng, 8)) {
		case 0:
			punch(punched.fd, (first + i) * PAGE, count * PAGE);
			memset(shadow + i, 0, count);
			break;
		case 1:
			SYS(madvise(slot(&punched, first + i), count * PAGE,
				    MADV_REMOVE));
			memset(shadow + i, 0, count);
			break;
		case 2 ... 4:
			shadow[i] = rng_below(&rng, CONTENTS);
			memcpy(slot(&punched, first + i), contents[shadow[i]],
			       PAGE);
			break;
		default:
			CHECK_PAGE(slot(&punched, first + i), shadow[i]);
		}
	}
	for (size_t i = 0; i < BLOCK; i++)
		CHECK_PAGE(slot(&punched, first + i), shadow[i]);
	return NULL;
}

/*
 * Two files are cut and grown again: of one the cutter knows the content while
 * others read it, into the other everybody writes.
 */
static struct region known, wild;
static bool stop;

static void *reader(void *arg)
{
	struct rng rng = { seed + 100 + (intptr_t)arg };
	uint8_t page[PAGE];

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		size_t i = rng_below(&rng, CUT_PAGES);

		if (copy_guarded(page, slot(&known, i), PAGE))
			CHECK_MIXTURE(page, contents, CONTENTS);
		if (copy_guarded(page, slot(&wild, i), PAGE))
			CHECK_MIXTURE(page, contents, CONTENTS);
		copy_guarded(slot(&wild, i), contents[i % CONTENTS], PAGE);
	}
	return NULL;
}

static void check_cut(const uint8_t *shadow, off_t size)
{
	for (size_t i = 0; i < CUT_PAGES; i++) {
		const uint8_t *got = slot(&known, i);
		off_t left = size - (off_t)(i * PAGE);

		if (left >= (off_t)PAGE) {
			CHECK_PAGE(got, shadow[i]);
		} else if (left <= 0) {
			CHECK_PAGE(got, 0);
		} else {
			CHECK(!memcmp(got, contents[shadow[i]], left));
			CHECK(!memcmp(got + left, contents[0], PAGE - left));
		}
	}
}

static void *cutter(void *arg)
{
	struct rng rng = { seed + 200 };
	uint8_t shadow[CUT_PAGES];

	for (int n = 0; n < CUTS; n++) {
		off_t size = rng_below(&rng, CUT_PAGES * PAGE + 1);

		for (size_t i = 0; i < CUT_PAGES; i++) {
			shadow[i] = rng_below(&rng, CONTENTS);
			memcpy(slot(&known, i), contents[shadow[i]], PAGE);
		}
		SYS(ftruncate(known.fd, size));
		SYS(ftruncate(wild.fd, size));
		SYS(ftruncate(known.fd, CUT_PAGES * PAGE));
		SYS(ftruncate(wild.fd, CUT_PAGES * PAGE));
		check_cut(shadow, size);
	}
	return arg;
}

static void check_nothing_left(int fd)
{
	struct ksmfs_region_info info;

	SYS(ftruncate(fd, 0));
	info = region_info(fd);
	CHECK_EQ(info.pages, 0);
	CHECK_EQ(info.priv, 0);
	CHECK_EQ(info.shared, 0);
	CHECK_EQ(info.zero, 0);
	CHECK_EQ(info.holes, 0);
}

static void race(void)
{
	pthread_t punchers[PUNCHERS], readers[2], cut;
	struct stats before = stats_read(), after;

	scanner_press();
	for (intptr_t i = 0; i < 2; i++)
		readers[i] = thread_start(reader, (void *)i);
	cut = thread_start(cutter, NULL);
	for (intptr_t i = 0; i < PUNCHERS; i++)
		punchers[i] = thread_start(puncher, (void *)i);
	for (int i = 0; i < PUNCHERS; i++)
		thread_join(punchers[i]);
	thread_join(cut);
	stop = true;
	for (int i = 0; i < 2; i++)
		thread_join(readers[i]);
	scanner_relax();

	after = stats_read();
	say("%lld merges, %lld breaks, %lld punched",
	    after.merges - before.merges, after.breaks - before.breaks,
	    after.pages_punched - before.pages_punched);
	CHECK(after.merges > before.merges);
	CHECK(after.breaks > before.breaks);
	CHECK(after.pages_punched > before.pages_punched);
	check_nothing_left(known.fd);
	check_nothing_left(wild.fd);
	check_nothing_left(punched.fd);
}

int main(int argc, char **argv)
{
	struct region a, b;

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	say("seed %llu", (unsigned long long)seed);
	for (size_t i = 0; i < CONTENTS; i++)
		pattern(i, contents[i]);
	mount_ksmfs(MNT, "size=64m");
	a = region_create(MNT "/a", 16);
	b = region_create(MNT "/b", 16);
	punch_alone(&a, &b);
	truncate_alone(&a, &b);
	region_close(&a);
	region_close(&b);
	SYS(unlink(MNT "/a"));
	SYS(unlink(MNT "/b"));
	check_empty();

	punched = region_create(MNT "/punched", PUNCHERS * BLOCK);
	known = region_create(MNT "/known", CUT_PAGES);
	wild = region_create(MNT "/wild", CUT_PAGES);
	race();
	CHECK_EQ(stats_read().frames, 0);
	check_balance();
	region_close(&punched);
	region_close(&known);
	region_close(&wild);
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
