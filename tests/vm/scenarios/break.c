// SPDX-License-Identifier: GPL-2.0
/*
 * Many break one slot, and its sharers, at the same moment.
 *
 *	slot 0 of file a  <- thread 0, thread 1 (each through its own mapping),
 *	                     child process (through a third), pwrite(2)
 *	slot 1 of file a  <- thread 2
 *	slot 0 of file b  <- thread 3
 *	slot 1 of file b     nobody: must keep its content
 *
 * All of them shared one frame before.  Each writer writes a word of its own,
 * so afterwards every word that was written must be there, in one and the
 * same frame for all mappings of the slot, and nothing else may have changed.
 * Were two frames made for slot 0, one of the writes would be gone.
 *
 * vm: cpus=2 mem=1G timeout=120
 */
#include "../lib/scenario.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES	2
#define ROUNDS	150
#define WRITERS	6
#define STRIDE	64	/* words between the writers' words */

static struct region a, b;
static uint8_t *second;		/* another mapping of file a */

/* Shared with the child. */
static struct {
	pthread_barrier_t start, done;
	uint64_t round;
	bool end;
} *meet;

static size_t word_of(int writer)
{
	return writer * STRIDE;
}

static uint64_t value_of(int writer, uint64_t round)
{
	return 1 + round * WRITERS + writer;
}

static void write_one(int writer)
{
	uint64_t value = value_of(writer, meet->round);
	size_t word = word_of(writer);
	volatile uint64_t *page[] = {
		(void *)slot(&a, 0), (void *)second, (void *)slot(&a, 1),
		(void *)slot(&b, 0), (void *)slot(&a, 0),
	};

	if (writer == WRITERS - 1)
		CHECK_EQ(pwrite(a.fd, &value, sizeof(value),
				word * sizeof(value)), sizeof(value));
	else
		page[writer][word] = value;
}

static void *writer(void *arg)
{
	int number = (intptr_t)arg;

	for (;;) {
		pthread_barrier_wait(&meet->start);
		if (meet->end)
			return NULL;
		write_one(number);
		pthread_barrier_wait(&meet->done);
	}
}

/* The child has its own page tables: the inherited mapping, not yet touched. */
static void child(void *arg)
{
	writer(arg);
}

static void expect(const uint8_t *page, uint64_t seed, const int *writers,
		   size_t count)
{
	uint64_t want[WORDS];

	pattern(seed, want);
	for (size_t i = 0; i < count; i++)
		want[word_of(writers[i])] = value_of(writers[i], meet->round);
	for (size_t i = 0; i < WORDS; i++)
		if (((uint64_t *)page)[i] != want[i])
			FAIL("round %llu, word %zu: expected %#llx, got %#llx",
			     (unsigned long long)meet->round, i,
			     (unsigned long long)want[i],
			     (unsigned long long)((uint64_t *)page)[i]);
}

static void check_round(uint64_t seed)
{
	static const int slot_0[] = { 0, 1, 4, 5 }, slot_1[] = { 2 };
	static const int other_0[] = { 3 };
	uint8_t page[PAGE];

	expect(slot(&a, 0), seed, slot_0, 4);
	expect(second, seed, slot_0, 4);
	CHECK_EQ(pread(a.fd, page, PAGE, 0), PAGE);
	expect(page, seed, slot_0, 4);
	CHECK_EQ(frame_at(slot(&a, 0)), frame_at(second));
	expect(slot(&a, 1), seed, slot_1, 1);
	expect(slot(&b, 0), seed, other_0, 1);
	CHECK_PAGE(slot(&b, 1), seed);
}

int main(void)
{
	pthread_barrierattr_t shared;
	pthread_t threads[WRITERS];
	pid_t pid;

	knob_set(KNOB_sample_pages, 0);	/* it unmaps what is to be looked at */
	mount_ksmfs(MNT, "size=64m");
	a = region_create(MNT "/a", PAGES);
	b = region_create(MNT "/b", PAGES);
	second = (void *)SYS(mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
				  MAP_SHARED, a.fd, 0));
	meet = (void *)SYS(mmap(NULL, sizeof(*meet), PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	pthread_barrierattr_init(&shared);
	pthread_barrierattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&meet->start, &shared, WRITERS + 1);
	pthread_barrier_init(&meet->done, &shared, WRITERS + 1);

	pid = spawn(child, (void *)4);
	for (int i = 0; i < WRITERS; i++)
		if (i != 4)
			threads[i] = thread_start(writer, (void *)(intptr_t)i);

	for (meet->round = 0; meet->round < ROUNDS; meet->round++) {
		uint64_t seed = 1 + meet->round;

		for (size_t i = 0; i < PAGES; i++) {
			pattern(seed, slot(&a, i));
			pattern(seed, slot(&b, i));
		}
		settle();
		CHECK_EQ(stats_read().pages_shared, 1);
		CHECK_EQ(stats_read().pages_sharing, 2 * PAGES - 1);
		/* Read, so that half of the rounds fault on mapped pages. */
		if (meet->round % 2)
			CHECK_PAGE(second, seed);
		pthread_barrier_wait(&meet->start);
		pthread_barrier_wait(&meet->done);
		check_round(seed);
	}
	meet->end = true;
	pthread_barrier_wait(&meet->start);
	reap(pid);
	for (int i = 0; i < WRITERS; i++)
		if (i != 4)
			thread_join(threads[i]);
	settle();
	check_balance();

	SYS(munmap(second, PAGES * PAGE));
	region_close(&a);
	region_close(&b);
	CHECK(stats_read().frames_cached > 0);
	umount_ksmfs(MNT);
	check_empty();
	CHECK_EQ(stats_read().frames_cached, 0);
	return 0;
}
