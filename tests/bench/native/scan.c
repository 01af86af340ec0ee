// SPDX-License-Identifier: GPL-2.0
/*
 * scan MIB: how fast the core takes fingerprints and looks them up, beside
 * plain reading of the same memory; with one thread and with two.
 *
 * The fingerprints of all pages, which are all different, are in the stable
 * tree, as those of a guest are that is scanned again.  The core is built with
 * optimisation over tests/shim, but for the pages themselves.  The shims' locks
 * check their order, which makes a lookup slower than in the kernel.
 *
 * Times are CPU times of threads, that of the slower one of two, so that others
 * who use the machine do harm only through the caches and the memory bus.
 * Prints "native_bytes_s WHAT PAGES VALUE" for each round.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <xxhash.h>
#include "arena.h"
#include "cow/domain.h"
#include "hash/fingerprint.h"
#include "ksm/stable.h"

#define ROUNDS		7
#define SEED		0x123456789abcdef
#define MAX_THREADS	2
#define BATCH		16

struct part {
	void (*fn)(struct part *part);
	size_t first;
	size_t end;
	u64 result;
	double seconds;
};

static struct ksmfs_quota quota = { .limit = -1UL };
static struct ksmfs_domain *domain;

/* CPU time of this thread. */
static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* Random numbers, other ones for each page. */
static void fill(size_t index)
{
	u64 *words = arena_content(index), x = (index + 1) * SEED;
	size_t i;

	for (i = 0; i < PAGE_SIZE / sizeof(*words); i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		words[i] = x;
	}
}

static void enter(size_t index)
{
	struct page *frame = arena_page(index);

	fill(index);
	INIT_HLIST_NODE(ksmfs_frame_link(frame));
	ksmfs_frame_set_fingerprint(frame, ksmfs_fingerprint(frame, SEED));
	if (!ksmfs_stable_add_hint(domain, frame)) {
		fprintf(stderr, "native: page %zu is equal to another\n",
			index);
		exit(1);
	}
}

static void read_part(struct part *part)
{
	const u64 *word = arena_content(part->first);
	const u64 *end = arena_content(part->end);

	for (; word < end; word++)
		part->result += *word;
}

static void hash_part(struct part *part)
{
	size_t i;

	for (i = part->first; i < part->end; i++) {
		struct page *frame = arena_page(i);

		if (i + 1 < part->end)
			ksmfs_fingerprint_prefetch(arena_page(i + 1), SEED);
		part->result += ksmfs_fingerprint(frame, SEED) !=
				ksmfs_frame_fingerprint(frame);
	}
}

static void hash_whole_part(struct part *part)
{
	size_t i;

	for (i = part->first; i < part->end; i++)
		part->result += !ksmfs_fingerprint_whole(arena_page(i), SEED);
}

/* What vector instructions make of whole pages; the kernel has no XXH3. */
static void hash_vector_part(struct part *part)
{
	size_t i;

	for (i = part->first; i < part->end; i++)
		part->result += !XXH3_64bits_withSeed(arena_content(i),
						      PAGE_SIZE, SEED);
}

/* Pages in an order in which hardly two lie side by side; @nr is a power of 2. */
static size_t scatter(size_t i, size_t nr)
{
	return i * 0x9e3779b1 % nr;
}

/* As ksm/merge.c does it: in batches, and prefetching. */
static void scan_batch(struct part *part, struct page *const *frames, size_t nr)
{
	u64 fingerprints[BATCH] = {};
	size_t i;

	for (i = 0; i < nr; i++) {
		if (i + 1 < nr)
			ksmfs_fingerprint_prefetch(frames[i + 1], SEED);
		fingerprints[i] = ksmfs_fingerprint(frames[i], SEED);
		part->result += fingerprints[i] !=
				ksmfs_frame_fingerprint(frames[i]);
	}
	ksmfs_stable_prefetch(domain, fingerprints, nr);
	for (i = 0; i < nr; i++)
		part->result += ksmfs_stable_has(domain, fingerprints[i],
						 frames[i]);
}

static void scan_part(struct part *part)
{
	struct page *frames[BATCH];
	size_t i, nr;

	for (i = part->first; i < part->end;) {
		for (nr = 0; nr < BATCH && i < part->end; nr++, i++)
			frames[nr] = arena_page(i);
		scan_batch(part, frames, nr);
	}
}

static void scan_scattered_part(struct part *part)
{
	struct page *frames[BATCH];
	size_t i, nr;

	for (i = part->first; i < part->end;) {
		for (nr = 0; nr < BATCH && i < part->end; nr++, i++)
			frames[nr] = arena_page(scatter(i, part->end));
		scan_batch(part, frames, nr);
	}
}

static void *run_part(void *arg)
{
	struct part *part = arg;
	double start = seconds();

	part->fn(part);
	part->seconds = seconds() - start;
	return NULL;
}

/* Returns the sum of the results. */
static u64 measure(const char *what, void (*fn)(struct part *part), size_t nr,
		   size_t threads)
{
	pthread_t thread[MAX_THREADS];
	struct part part[MAX_THREADS];
	double longest = 0;
	u64 result = 0;
	size_t i;

	for (i = 0; i < threads; i++) {
		part[i] = (struct part){ .fn = fn, .first = nr * i / threads,
					 .end = nr * (i + 1) / threads };
		if (pthread_create(&thread[i], NULL, run_part, &part[i])) {
			perror("native: no thread");
			exit(1);
		}
	}
	for (i = 0; i < threads; i++) {
		pthread_join(thread[i], NULL);
		result += part[i].result;
		if (part[i].seconds > longest)
			longest = part[i].seconds;
	}
	printf("native_bytes_s %s %zu %.6g\n", what, nr,
	       nr * PAGE_SIZE / longest);
	fflush(stdout);
	return result;
}

int main(int argc, char **argv)
{
	size_t nr = argc > 1 ? strtoul(argv[1], NULL, 10) << 8 : 0;
	u64 sum;
	size_t i;
	int round;

	if (!nr) {
		fprintf(stderr, "usage: scan MIB\n");
		return 2;
	}
	arena_make(nr);
	domain = ksmfs_domain_new(1, SEED, &quota, &ksmfs_stable_ops);
	if (IS_ERR(domain)) {
		fprintf(stderr, "native: no memory\n");
		return 1;
	}
	for (i = 0; i < nr; i++)
		enter(i);

	sum = measure("warm-up", read_part, nr, 1);
	for (round = 0; round < ROUNDS; round++) {
		if (measure("read", read_part, nr, 1) != sum ||
		    measure("read2", read_part, nr, 2) != sum ||
		    measure("hash", hash_part, nr, 1) ||
		    measure("hash-whole", hash_whole_part, nr, 1) ||
		    measure("hash-vector", hash_vector_part, nr, 1) ||
		    measure("scan", scan_part, nr, 1) ||
		    measure("scattered", scan_scattered_part, nr, 1) ||
		    measure("scan2", scan_part, nr, 2)) {
			fprintf(stderr, "native: the memory has changed\n");
			return 1;
		}
	}
	return 0;
}
