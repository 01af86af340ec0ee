// SPDX-License-Identifier: GPL-2.0
/*
 * Eight writers race the scanner, for a minute and a hundred passes.
 *
 *	file 0   w0 w1 w2 w3 w4 w5 w6 w7 w0 w1 ...     slot i belongs to
 *	file 1   w0 w1 w2 w3 w4 w5 w6 w7 w0 w1 ...     writer i mod 8
 *
 * Every page mostly holds one of three contents or zeros, so the scanner, which
 * never pauses, always finds pages to merge, and every store may meet a merge
 * at any of its steps.  Each writer keeps a shadow copy of its slots, compares
 * with it all the time, and everything is compared again at the end, through
 * the writers' mapping, a fresh mapping and read(2).  A store that went to a
 * frame the scanner was just giving up would be missing; a store into a
 * shared frame would show in somebody else's slot.
 *
 * vm: cpus=2 mem=1G timeout=180
 */
#include "../lib/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WRITERS	8
#define FILES	2
#define PAGES	256		/* in each file */
#define SECONDS	60
#define PASSES	100
#define CONTENTS 4		/* seeds 0 .. 3: zeros and three patterns */

static struct region files[FILES];
static uint8_t *shadow;
static uint8_t contents[CONTENTS][PAGE];
static uint64_t seed = 1;
static bool stop;

static uint8_t *shadow_of(size_t file, size_t index)
{
	return shadow + (file * PAGES + index) * PAGE;
}

static void compare(const uint8_t *page, size_t file, size_t index)
{
	const volatile uint64_t *got = (void *)page;
	const uint64_t *want = (void *)shadow_of(file, index);

	for (size_t i = 0; i < WORDS; i++) {
		uint64_t word = got[i];

		if (word != want[i])
			FAIL("file %zu, slot %zu, word %zu: expected %#llx, got %#llx (now %#llx)",
			     file, index, i, (unsigned long long)want[i],
			     (unsigned long long)word,
			     (unsigned long long)got[i]);
	}
}

static void step(struct rng *rng, size_t file, size_t index)
{
	uint8_t *page = slot(&files[file], index);
	uint8_t *copy = shadow_of(file, index);
	uint8_t *content = contents[rng_below(rng, CONTENTS)];
	size_t word = rng_below(rng, WORDS);

	switch (rng_below(rng, 8)) {
	case 0 ... 2:
		memcpy(page, content, PAGE);
		memcpy(copy, content, PAGE);
		break;
	case 3:
		CHECK_EQ(pwrite(files[file].fd, content, PAGE, index * PAGE),
			 PAGE);
		memcpy(copy, content, PAGE);
		break;
	case 4:
		((volatile uint64_t *)page)[word] = word;
		((uint64_t *)copy)[word] = word;
		break;
	case 5:
		/* An atomic read-modify-write, as guests' locks are. */
		__atomic_fetch_add((uint64_t *)page + word, 1,
				   __ATOMIC_SEQ_CST);
		((uint64_t *)copy)[word]++;
		break;
	default:
		compare(page, file, index);
	}
}

static void *writer(void *arg)
{
	size_t number = (intptr_t)arg;
	struct rng rng = { seed * WRITERS + number };

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		step(&rng, rng_below(&rng, FILES),
		     rng_below(&rng, PAGES / WRITERS) * WRITERS + number);
	return NULL;
}

static void compare_all(void)
{
	uint8_t page[PAGE];

	for (size_t f = 0; f < FILES; f++) {
		uint8_t *fresh = (void *)SYS(mmap(NULL, PAGES * PAGE, PROT_READ,
						  MAP_SHARED, files[f].fd, 0));

		for (size_t i = 0; i < PAGES; i++) {
			compare(slot(&files[f], i), f, i);
			compare(fresh + i * PAGE, f, i);
			CHECK_EQ(pread(files[f].fd, page, PAGE, i * PAGE),
				 PAGE);
			compare(page, f, i);
		}
		SYS(munmap(fresh, PAGES * PAGE));
	}
}

int main(int argc, char **argv)
{
	pthread_t threads[WRITERS];
	struct stats before, after;
	long long passes = 0;

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	say("seed %llu", (unsigned long long)seed);
	mount_ksmfs(MNT, "size=64m");
	for (size_t f = 0; f < FILES; f++) {
		char path[32];

		snprintf(path, sizeof(path), MNT "/%zu", f);
		files[f] = region_create(path, PAGES);
	}
	shadow = calloc(FILES * PAGES, PAGE);
	for (size_t i = 0; i < CONTENTS; i++)
		pattern(i, contents[i]);

	before = stats_read();
	scanner_press();
	SYS(nice(10));		/* the scanner is nice, too: let it win */
	for (intptr_t i = 0; i < WRITERS; i++)
		threads[i] = thread_start(writer, (void *)i);
	for (int i = 1; i <= SECONDS / 10 || passes < PASSES; i++) {
		sleep(10);
		after = stats_read();
		passes = after.full_scans - before.full_scans;
		say("%2d s: %lld passes, %lld merges, %lld zero merges, %lld breaks",
		    10 * i, passes, after.merges - before.merges,
		    after.zero_merges - before.zero_merges,
		    after.breaks - before.breaks);
	}
	stop = true;
	for (int i = 0; i < WRITERS; i++)
		thread_join(threads[i]);
	scanner_relax();
	compare_all();

	/* There was a race at all. */
	CHECK(after.merges - before.merges >= 1000);
	CHECK(after.zero_merges - before.zero_merges >= 100);
	CHECK(after.breaks - before.breaks >= 1000);

	settle();
	compare_all();
	check_balance();
	for (size_t f = 0; f < FILES; f++)
		region_close(&files[f]);
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
