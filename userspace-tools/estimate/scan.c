// SPDX-License-Identifier: GPL-2.0
/*
 * Looks at all pages of some VMs.
 *
 * A thread takes the next piece, reads it and computes the values of its pages
 * with no lock held, which is nearly all of the work, and then adds those that
 * the sample may want all at once.  Which of the contents that are new pack, if
 * the sample wants to know, it finds out without the lock again.
 *
 * Locks, none of which is held together with another one:
 *  scan->place   where the next piece is, the counts and the first error
 *  scan->adding  the sample; its @last is read without, too, as it only falls
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "scan.h"
#include "../text.h"
#include "../tool.h"

#define MOST_THREADS 1024

struct scan {
	const struct memory *memories;
	size_t count;
	const struct content_key *key;

	pthread_mutex_t place;
	pthread_cond_t ended;
	size_t running;
	size_t memory;
	size_t span;
	uint64_t page;
	uint64_t data_from;
	uint64_t data_to;
	uint64_t done;
	int error;
	size_t error_memory;
	struct scan_count *counts;

	pthread_mutex_t adding;
	struct sample *sample;
	uint64_t last;
};

/* Pages that one thread reads at once. */
struct piece {
	uint32_t memory;
	uint64_t offset;
	size_t pages;
};

/* A page whose value may be wanted. */
struct candidate {
	uint64_t value;
	size_t page;
};

/* What a thread works with. */
struct bench {
	char *pages;
	enum page_state states[MEMORY_PIECE];
	struct candidate candidates[MEMORY_PIECE];
	size_t n_candidates;
};

size_t scan_default_threads(void)
{
	cpu_set_t set;
	int count;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 1;	/* there are more than fit the set */
	count = CPU_COUNT(&set);
	return count < MOST_THREADS ? count : MOST_THREADS;
}

size_t scan_parse_threads(const char *text)
{
	uint64_t threads;

	if (!text_to_u64(text, &threads) || !threads || threads > MOST_THREADS)
		die(EXIT_USAGE, "--threads takes a number from 1 to %d, not "
		    "'%s'", MOST_THREADS, text);
	return threads;
}

/* Pages from @offset that are not stored at all, of at most @pages. */
static uint64_t count_absent(struct scan *scan, const struct memory *memory,
			     uint64_t offset, uint64_t pages)
{
	uint64_t absent;

	if (offset >= scan->data_to)
		memory_next_data(memory, offset, &scan->data_from,
				 &scan->data_to);
	if (scan->data_from <= offset)
		return 0;
	absent = (scan->data_from - offset) / CONTENT_PAGE;
	return absent < pages ? absent : pages;
}

static void advance(struct scan *scan, uint64_t pages)
{
	const struct memory *memory = &scan->memories[scan->memory];

	scan->page += pages;
	scan->done += pages;
	if (scan->page < memory->spans[scan->span].pages)
		return;
	scan->page = 0;
	scan->data_from = 0;
	scan->data_to = 0;
	if (++scan->span < memory->count)
		return;
	scan->span = 0;
	scan->memory++;
}

/* False if nothing is left to be read. */
static bool next_piece(struct scan *scan, struct piece *piece)
{
	while (!scan->error && scan->memory < scan->count) {
		const struct memory *memory = &scan->memories[scan->memory];
		const struct span *span = &memory->spans[scan->span];
		uint64_t left = span->pages - scan->page;
		uint64_t offset = span->offset + scan->page * CONTENT_PAGE;
		uint64_t absent = count_absent(scan, memory, offset, left);

		if (absent) {
			scan->counts[scan->memory].zero += absent;
			advance(scan, absent);
			continue;
		}
		*piece = (struct piece){
			.memory = scan->memory,
			.offset = offset,
			.pages = left < MEMORY_PIECE ? left : MEMORY_PIECE,
		};
		advance(scan, piece->pages);
		return true;
	}
	return false;
}

static const char *page_at(const struct bench *bench, size_t page)
{
	return bench->pages + page * CONTENT_PAGE;
}

/* Looks at the pages that have been read. */
static struct scan_count look(struct scan *scan, struct bench *bench,
			      size_t pages)
{
	uint64_t last = __atomic_load_n(&scan->last, __ATOMIC_RELAXED);
	struct scan_count found = { 0 };
	uint64_t value;

	bench->n_candidates = 0;
	for (size_t i = 0; i < pages; i++) {
		if (bench->states[i] == PAGE_HOLE)
			found.holes++;
		else if (bench->states[i] == PAGE_UNREAD)
			found.unread++;
		else if (!content_value(page_at(bench, i), scan->key, &value))
			found.zero++;
		else if (value <= last)
			bench->candidates[bench->n_candidates++] =
				(struct candidate){ value, i };
	}
	return found;
}

/* Leaves those of the candidates of which it has to be known if they pack. */
static void add_found(struct scan *scan, struct bench *bench,
		      uint32_t owner)
{
	size_t kept = 0;

	pthread_mutex_lock(&scan->adding);
	for (size_t i = 0; i < bench->n_candidates; i++)
		if (sample_add(scan->sample, bench->candidates[i].value,
			       owner))
			bench->candidates[kept++] = bench->candidates[i];
	__atomic_store_n(&scan->last, scan->sample->last, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&scan->adding);
	bench->n_candidates = kept;
}

static void try_packing(struct scan *scan, struct bench *bench, uint32_t owner)
{
	size_t kept = 0;

	for (size_t i = 0; i < bench->n_candidates; i++)
		if (content_packs(page_at(bench, bench->candidates[i].page)))
			bench->candidates[kept++] = bench->candidates[i];
	if (!kept)
		return;
	pthread_mutex_lock(&scan->adding);
	for (size_t i = 0; i < kept; i++)
		sample_packs(scan->sample, bench->candidates[i].value, owner);
	pthread_mutex_unlock(&scan->adding);
}

static void *work(void *context)
{
	struct scan *scan = context;
	struct scan_count found = { 0 };
	struct bench bench = { 0 };
	struct piece piece = { 0 };
	int error = 0;

	if (posix_memalign((void **)&bench.pages, CONTENT_PAGE,
			   MEMORY_PIECE * CONTENT_PAGE))
		error = -ENOMEM;
	for (;;) {
		pthread_mutex_lock(&scan->place);
		scan->counts[piece.memory].holes += found.holes;
		scan->counts[piece.memory].zero += found.zero;
		scan->counts[piece.memory].unread += found.unread;
		if (error && !scan->error) {
			scan->error = error;
			scan->error_memory = piece.memory;
		}
		if (!next_piece(scan, &piece))
			break;
		pthread_mutex_unlock(&scan->place);

		found = (struct scan_count){ 0 };
		error = memory_read(&scan->memories[piece.memory],
				    piece.offset, piece.pages, bench.pages,
				    bench.states);
		if (error)
			continue;
		found = look(scan, &bench, piece.pages);
		add_found(scan, &bench, piece.memory);
		try_packing(scan, &bench, piece.memory);
	}
	scan->running--;
	pthread_cond_signal(&scan->ended);
	pthread_mutex_unlock(&scan->place);
	free(bench.pages);
	return NULL;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static void show_progress(uint64_t done, uint64_t all, uint64_t ms)
{
	double bytes = (double)done * CONTENT_PAGE;
	int length = all ? done * 30 / all : 30;

	fprintf(stderr, "\r[%-30.*s] %3d%%  %s of %s, %s/s\033[K", length,
		"##############################",
		all ? (int)(done * 100 / all) : 100, text_size(bytes).text,
		text_size((double)all * CONTENT_PAGE).text,
		text_size(ms ? bytes * 1000 / ms : 0).text);
}

/* Waits for a thread to end, or for a fifth of a second. */
static void wait_for_thread(struct scan *scan)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += (until.tv_nsec + 200000000) / 1000000000;
	until.tv_nsec = (until.tv_nsec + 200000000) % 1000000000;
	pthread_cond_timedwait(&scan->ended, &scan->place, &until);
}

/* The last that is shown is how it ended, even if there was nothing to wait for. */
static void wait_for_threads(struct scan *scan, uint64_t all)
{
	bool show = isatty(STDERR_FILENO), more;
	uint64_t begun = now_ms(), done;

	do {
		pthread_mutex_lock(&scan->place);
		if (scan->running)
			wait_for_thread(scan);
		more = scan->running;
		done = scan->done;
		pthread_mutex_unlock(&scan->place);
		if (show)
			show_progress(done, all, now_ms() - begun);
	} while (more);
	if (show)
		fputs("\r\033[K", stderr);
}

static pthread_t *start_threads(struct scan *scan, size_t threads)
{
	pthread_t *started = xrealloc(NULL, threads, sizeof(*started));

	scan->running = threads;
	for (size_t i = 0; i < threads; i++) {
		int ret = pthread_create(&started[i], NULL, work, scan);

		if (ret)
			die(EXIT_FAILED, "cannot start %zu threads: %s: use "
			    "less with --threads", threads, strerror(ret));
	}
	return started;
}

static void __attribute__((noreturn)) complain(const struct scan *scan)
{
	const char *title = scan->memories[scan->error_memory].title;

	switch (scan->error) {
	case -ENOMEM:
		die(EXIT_FAILED, "out of memory: use less --threads");
	case -ENODATA:
		die(EXIT_FAILED, "%s: it became shorter while it was read",
		    title);
	case -ESRCH:
		die(EXIT_FAILED, "%s: it ended while it was read", title);
	default:
		die(EXIT_FAILED, "%s: %s", title, strerror(-scan->error));
	}
}

/* All threads have ended. */
static void check_all(struct scan *scan)
{
	for (size_t i = 0; i < scan->count && !scan->error; i++) {
		scan->error = memory_check(&scan->memories[i]);
		scan->error_memory = i;
	}
}

void scan_run(const struct memory *memories, size_t count, size_t threads,
	      const struct content_key *key, struct sample *sample,
	      struct scan_count *counts)
{
	struct scan scan = {
		.memories = memories,
		.count = count,
		.key = key,
		.place = PTHREAD_MUTEX_INITIALIZER,
		.ended = PTHREAD_COND_INITIALIZER,
		.counts = counts,
		.adding = PTHREAD_MUTEX_INITIALIZER,
		.sample = sample,
		.last = sample->last,
	};
	pthread_t *started;
	uint64_t all = 0;

	memset(counts, 0, count * sizeof(*counts));
	for (size_t i = 0; i < count; i++)
		all += memories[i].pages;
	started = start_threads(&scan, threads);
	wait_for_threads(&scan, all);
	for (size_t i = 0; i < threads; i++)
		pthread_join(started[i], NULL);
	free(started);
	check_all(&scan);
	if (scan.error)
		complain(&scan);
}
