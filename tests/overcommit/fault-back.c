// SPDX-License-Identifier: GPL-2.0
/*
 * fault-back DIR - the time it takes to read a page that is packed, beside the
 * time it takes to write to a page that was never there
 *
 * Of each NEIGHBOURS pages one is measured, in no order, so that none has been
 * brought back together with another one.  Prints "key=value" lines.
 */
#include "../vm/lib/scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define PAGES		16384
#define NEIGHBOURS	16
#define MEASURED	(PAGES / NEIGHBOURS)
#define TABLE		512	/* pages of one page table */
#define LOOKS		4	/* who is untouched in between is cold */
#define KEPT		(PAGE * 3 / 8)	/* bytes that do not pack */

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t p99(uint64_t *times)
{
	qsort(times, MEASURED, sizeof(*times), compare);
	return times[MEASURED * 99 / 100];
}

static void shuffle(size_t *order)
{
	struct rng rng = { 1 };

	for (size_t i = 0; i < MEASURED; i++) {
		size_t j = rng_below(&rng, i + 1);

		order[i] = order[j];
		order[j] = i * NEIGHBOURS;
	}
}

static void content(size_t page, void *to)
{
	pattern(page + 1, to);
	memset((uint8_t *)to + KEPT, 'k', PAGE - KEPT);
}

/* Page tables are there when a page is brought back. */
static void make_tables(const struct region *region)
{
	for (size_t page = 1; page < PAGES; page += TABLE)
		*(volatile uint8_t *)slot(region, page) = 1;
}

static uint64_t time_first_touch(const struct region *region,
				 const size_t *order)
{
	static uint64_t times[MEASURED];

	for (size_t i = 0; i < MEASURED; i++) {
		volatile uint8_t *byte = slot(region, order[i]);
		uint64_t start = now();

		*byte = 1;
		times[i] = now() - start;
	}
	return p99(times);
}

static void pack(const char *dir, int fd)
{
	struct ksmfs_reclaim reclaim = { .mode = KSMFS_RECLAIM_PACK };
	int root = SYS(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	for (int look = 0; look < LOOKS; look++) {
		struct ksmfs_region_info info = region_info(fd);

		reclaim.ino = info.ino;
		reclaim.pages = info.priv;
		if (info.priv)
			SYS(ioctl(root, KSMFS_IOC_RECLAIM, &reclaim));
	}
	close(root);
	CHECK_EQ(region_info(fd).packed, PAGES);
}

static uint64_t time_fault_back(const struct region *region,
				const size_t *order)
{
	static uint64_t times[MEASURED];
	static uint64_t want[WORDS];

	for (size_t i = 0; i < MEASURED; i++) {
		const volatile uint8_t *byte = slot(region, order[i]);
		uint64_t start = now();

		*byte;
		times[i] = now() - start;
		content(order[i], want);
		CHECK(!memcmp(want, slot(region, order[i]), PAGE));
	}
	return p99(times);
}

int main(int argc, char **argv)
{
	static size_t order[MEASURED];
	uint64_t touch, back;
	struct region region;
	char path[128];

	if (argc != 2)
		FAIL("usage: fault-back DIR");
	snprintf(path, sizeof(path), "%s/fault-back", argv[1]);
	region = region_create(path, PAGES);
	shuffle(order);
	make_tables(&region);
	touch = time_first_touch(&region, order);
	for (size_t page = 0; page < PAGES; page++)
		content(page, slot(&region, page));
	pack(argv[1], region.fd);
	back = time_fault_back(&region, order);
	printf("first_touch_p99_ns=%llu\npacked_fault_p99_ns=%llu\n",
	       (unsigned long long)touch, (unsigned long long)back);
	printf("packed_fault_p99_ratio=%.2f\n", (double)back / touch);
	region_close(&region);
	SYS(unlink(path));
	return 0;
}
