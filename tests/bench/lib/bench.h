/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a benchmark of the disposable host is written with, on top of what
 * scenarios have: ../../vm/lib/scenario.h.
 *
 * A benchmark is a program like a scenario, but what it leaves is not a verdict:
 * it appends lines to the file "numbers", one for each thing and round, and
 * ../report makes medians and ratios of them.  It fails only if what it was to
 * measure did not happen.
 *
 * Both sides are driven by the same code, through files that have the same
 * names in sysfs.
 */
#ifndef _BENCH_H
#define _BENCH_H

#include "../../vm/lib/scenario.h"

enum side {
	KSMFS,		/* a file of ksmfs, mapped shared */
	KSM,		/* private anonymous memory, MADV_MERGEABLE */
	SIDES
};

/*
 * Call fn(arg) in a process and with a mount of its own: what either side knows
 * of memory goes with them.  (alone.c)
 */
void run_alone(void (*fn)(void *arg), void *arg);

/* ---- content (content.c, guests.c) ---- */

/*
 * What is in memory, by the letters of docs/performance.md: the seed of page
 * @index out of @pages, for pattern().  Content (b) has none.
 *
 *  a  three quarters of the pages have one of @pages / 8 contents, in no
 *     order, and one quarter is unique
 *  c  all different
 *  d  all zeros
 *  e  every content twice: the second half is the first one backwards
 */
uint64_t content_seed(char content, size_t pages, size_t index);

/* Write @content, of @pages pages, to memory. */
void content_fill(char content, size_t pages, uint8_t *to);

/* Content (b), memory of real guests: how much there is, and its beginning. */
size_t guests_pages(void);
void guests_read(void *to, size_t pages);

/* ---- memory that is merged (memory.c) ---- */

struct memory {
	enum side side;
	size_t pages;
	uint8_t *map;
};

/* Filled with @content; it goes with the process. */
struct memory memory_new(enum side side, char content, size_t pages);
static inline uint8_t *memory_page(const struct memory *memory, size_t index)
{
	return memory->map + index * PAGE;
}
/* Frames that merging has saved, zero pages included. */
long long memory_saved(const struct memory *memory);

/* ---- the threads that merge (thread.c) ---- */

/* A file of /sys/kernel/mm/ksmfs or /sys/kernel/mm/ksm. */
long long thread_get(enum side side, const char *file);
void thread_set(enum side side, const char *file, long long value);

/*
 * CPU time of the side's threads together, in nanoseconds: to be compared while
 * max_cpu_percent stays the same.
 */
long long thread_cpu(enum side side);

/* Forget what was; work without pauses as soon as "run" is 1. */
void thread_flat_out(enum side side);

/**
 * struct merged - what it took to save all there was to save
 * @saved: frames
 * @cpu: nanoseconds of the thread's CPU time until the last one was saved
 */
struct merged {
	long long saved;
	long long cpu;
};

/* Let the thread run until full scans save nothing more; stop it. */
struct merged thread_merge_all(const struct memory *memory);

/* ---- results (number.c) ---- */

/* Append "NAME SIDE PAGES VALUE" to the file of numbers, and show it. */
void number(const char *name, const char *side, size_t pages, double value);

/* The name of a side in numbers. */
const char *side_name(enum side side);

/* A clock for single accesses, and what its ticks are in nanoseconds. */
static inline uint64_t ticks(void)
{
	return __builtin_ia32_rdtsc();
}
double nanoseconds_per_tick(void);

#endif /* _BENCH_H */
