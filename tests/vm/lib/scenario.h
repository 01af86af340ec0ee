/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a scenario of the disposable host is written with.
 *
 * A scenario is one file tests/vm/scenarios/NAME.c with a main().  It runs as
 * root in a throw-away virtual machine, with the module loaded and nothing
 * mounted; it mounts, provokes what its first comment says, compares what it
 * sees with what it knows must be there, and exits 0.  The first check that
 * fails prints file, line, what was expected and what was found, then the
 * module's counters, and ends the scenario with status 1; status 77 means
 * that the machine lacks something, which has been printed.  A line
 *
 *	 * vm: cpus=2 mem=1G timeout=60
 *
 * in that comment asks for a machine other than this default; boot=own asks
 * for a boot that no other scenario shares.
 *
 * Time only bounds loops, it never decides.  The machine is an emulated one,
 * many times slower than the host it runs on: do not write gigabytes.
 *
 * Content is never stored to be compared later when it can be computed: a
 * page's content is a function of a number, its seed (see content.c), and the
 * shadow copy of a file is then an array of seeds.  Random choices come from
 * struct rng, so that a seed replays them; scenarios print the seed.
 */
#ifndef _SCENARIO_H
#define _SCENARIO_H

/* Included before any other header, so that they all show what GNU has. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "../../../include/uapi/ksmfs.h"

#define MNT	"/mnt/ksmfs"
#define PAGE	4096UL
#define WORDS	(PAGE / sizeof(uint64_t))
#define KIB	1024UL
#define MIB	(1024UL * KIB)

/* ---- checks (check.c) ---- */

/* Print where and what, then the counters; end the whole process with 1. */
void fail(const char *file, int line, const char *format, ...)
	__attribute__((noreturn, format(printf, 3, 4)));
void check_equal(const char *file, int line, const char *what,
		 long long got, long long want);
long check_call(const char *file, int line, const char *what, long result);
void check_errno(const char *file, int line, const char *what, long result,
		 int want);

/* One more line of progress. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The machine lacks something: print what, end with 77. */
void skip(const char *format, ...)
	__attribute__((noreturn, format(printf, 1, 2)));

#define FAIL(...)	fail(__FILE__, __LINE__, __VA_ARGS__)
#define CHECK(cond)	((cond) ? (void)0 : FAIL("expected: %s", #cond))
#define CHECK_EQ(got, want)						\
	check_equal(__FILE__, __LINE__, #got, (long long)(got),		\
		    (long long)(want))
/* A system call that must succeed; its result. */
#define SYS(call)	check_call(__FILE__, __LINE__, #call, (long)(call))
/* A system call that must fail with this errno. */
#define CHECK_ERRNO(call, want)						\
	check_errno(__FILE__, __LINE__, #call, (long)(call), want)

/* ---- content (content.c) ---- */

struct rng {
	uint64_t state;
};

uint64_t rng_next(struct rng *rng);
/* Uniform in 0 .. limit - 1. */
uint64_t rng_below(struct rng *rng, uint64_t limit);

/* Pages of seeds with this bit shrink to less than a quarter, others do not. */
#define SOFT	(1ULL << 48)

/* Word @index of the page with this seed: never 0 unless the seed is 0. */
uint64_t pattern_word(uint64_t seed, size_t index);
/* Fill a page; seed 0 is the page of zeros. */
void pattern(uint64_t seed, void *page);
bool page_is(const void *page, uint64_t seed);
void check_page(const char *file, int line, const void *page, uint64_t seed);
/*
 * Each byte is 0 or that of one of @count pages of content, at its place: all
 * that can be said of a page that others write, punch or die over.
 */
void check_mixture(const char *file, int line, const void *page,
		   const void *contents, size_t count);

#define CHECK_PAGE(page, seed)	check_page(__FILE__, __LINE__, page, seed)
#define CHECK_MIXTURE(page, contents, count)				\
	check_mixture(__FILE__, __LINE__, page, contents, count)

/* ---- processes and threads (process.c) ---- */

/* Run fn(arg) in a child, which then exits 0 unless a check failed. */
pid_t spawn(void (*fn)(void *arg), void *arg);
/* Wait for a child that must exit 0, or die from this signal. */
void reap(pid_t pid);
void reap_killed(pid_t pid, int signal);

pthread_t thread_start(void *(*fn)(void *arg), void *arg);
void thread_join(pthread_t thread);

/* memcpy() that answers false when it is stopped by SIGBUS. */
bool copy_guarded(void *to, const void *from, size_t bytes);

double seconds(void);

/*
 * The kernel looks for mistakes all the time (see ../linux/kernels): do less, and
 * conclude nothing from how long something takes.
 */
bool kernel_is_slow(void);

/* ---- the module (module.c) ---- */

/* Load one of /lib/modules; 0, or -1 and errno, as finit_module(2). */
int module_try(const char *name, const char *parameters);
/* That is ksmfs. */
void module_load(const char *parameters);
/* 0, or -1 and errno, as delete_module(2). */
int module_unload(void);
/* The reference of the last superblock may go a moment after umount(2). */
void module_unload_wait(void);
/* No file, cache or thread of it is left. */
void module_check_gone(void);

/* ---- mounts (mount.c) ---- */

/* 0, or -1 and errno, as mount(2). */
int mount_try(const char *dir, const char *options);
void mount_ksmfs(const char *dir, const char *options);
int remount_ksmfs(const char *dir, const char *options);
void umount_ksmfs(const char *dir);
/* The directories mount_ksmfs() has mounted, NULL at the end. */
const char *const *mount_list(void);

/* ---- sysfs (sysfs.c) ---- */

struct stats {
#define KSMFS_FIELD(name, kind, help) long long name;
	KSMFS_STATS(KSMFS_FIELD)
#undef KSMFS_FIELD
};

enum knob {
#define KSMFS_ENUM(name, low, high, initial, help) KNOB_##name,
	KSMFS_KNOBS(KSMFS_ENUM)
#undef KSMFS_ENUM
	KNOBS
};

#define SYSFS	"/sys/kernel/mm/ksmfs"

struct stats stats_read(void);

/* Is what pages there are, and in which states, the same? */
bool stats_same_state(const struct stats *a, const struct stats *b);
void stats_print(void);
long long knob_get(enum knob knob);
void knob_set(enum knob knob, long long value);
/* One write(2) of these bytes; its result, or -1 and errno. */
ssize_t knob_write(enum knob knob, const void *bytes, size_t count);
const char *knob_name(enum knob knob);

/*
 * A knob of KSMFS_CHOICES.  It must be one of them, with one word in brackets,
 * and that is what choice_get() returns the number of.
 */
enum choice {
#define KSMFS_ENUM(name, words, initial, help) CHOICE_##name,
	KSMFS_CHOICES(KSMFS_ENUM)
#undef KSMFS_ENUM
	CHOICES
};

enum advisor_mode {
#define KSMFS_ENUM(id, word, help) ADVISOR_##id,
	KSMFS_ADVISOR_MODES(KSMFS_ENUM)
#undef KSMFS_ENUM
};

enum reclaim_mode {
#define KSMFS_ENUM(id, word, help) RECLAIM_##id,
	KSMFS_RECLAIM_MODES(KSMFS_ENUM)
#undef KSMFS_ENUM
};

int choice_get(enum choice choice);
void choice_set(enum choice choice, int word);
const char *choice_name(enum choice choice);
/* The words, NULL at the end. */
const char *const *choice_words(enum choice choice);
ssize_t choice_write(enum choice choice, const void *bytes, size_t count);

/* ---- the scanner (scanner.c) ---- */

/* Ask for passes until two rounds of them change nothing. */
void settle(void);
/* Passes without a pause until scanner_relax(), from a thread of ours. */
void scanner_press(void);
void scanner_relax(void);

#define SCANNER_THREADS	64	/* more than there are */

/*
 * The kernel's threads of this name, or whose name begins with it and a slash;
 * how many there are, and their process numbers.
 */
int kthreads_find(const char *name, int pids[SCANNER_THREADS]);
/* CPU time of a thread, in nanoseconds; -1 if it has ended. */
long long kthread_cpu(int pid);

/* ---- regions (region.c) ---- */

struct region {
	int fd;
	size_t pages;
	uint8_t *map;		/* MAP_SHARED, the whole file */
};

/* Create (it must not exist), size and map a file. */
struct region region_create(const char *path, size_t pages);
/* Unmap and close; the file stays. */
void region_close(struct region *region);
/*
 * Hold all pages of a region, so that none of them can be merged or comes to
 * rest: the scanner has to visit them all in each pass.  Returns what to
 * close() to let them go.
 */
int region_pin(const struct region *region);
static inline uint8_t *slot(const struct region *region, size_t index)
{
	return region->map + index * PAGE;
}

struct ksmfs_region_info region_info(int fd);
/* The frame mapped at this address; 0 when there is none. */
uint64_t frame_at(const void *address);
/* How many frames a region of the mount at @dir gave up. */
long long region_reclaim(const char *dir, const struct region *region,
			 size_t pages, unsigned int mode);
void region_limit(const char *dir, const struct region *region, size_t frames);
struct ksmfs_mount_info mount_info(const char *dir);

/* ---- a file with slots of every kind (kinds.c) ---- */

enum kind {
	KIND_SHARED,
	KIND_ZERO,
	KIND_HOLE,
	KIND_PRIVATE,
	KIND_PACKED,
	KIND_SWAPPED,
	KINDS
};

#define KINDS_RUN	3UL			/* slots of one kind in a row */
#define KINDS_GROUP	(KINDS_RUN * KINDS)	/* then it begins anew */

enum kind kinds_of(size_t index);
/* The seed of slot @index; two files with the same @base are all equal. */
uint64_t kinds_seed(uint64_t base, size_t index);
/*
 * Create such a file, of whole groups, on the mount at MNT, which must have a
 * swap file; nothing may sample.
 */
struct region kinds_create(const char *path, size_t pages, uint64_t base);
/* Compare its content, by loads; that leaves no slot packed or swapped. */
void kinds_check(const struct region *region, uint64_t base);

/* ---- allocations that fail (inject.c) ---- */

/* Skips the scenario where the kernel cannot inject faults. */
void inject_setup(void);
/* What begin and end want: the file of a thread, the kernel's or ours. */
int inject_open(int tid);
int inject_open_self(void);
/*
 * The @n-th allocation, or copy from or to user space, that the thread makes from
 * now on fails; ending, whether there was one.
 */
void inject_begin(int fd, unsigned int n);
bool inject_end(int fd);
/*
 * A cache that cannot be made leaks its name: that is the kernel's mistake.  Unless
 * something else has leaked, have it forgotten.
 */
void inject_forgive_caches(void);

/* ---- sums ---- */

/*
 * The sums the ABI promises, for each region of the mounts and for the module
 * as a whole.  Only when nothing runs: after settle(), with writers stopped.
 */
void check_balance(void);
/* Nothing of the module is left in use: no region, no frame. */
void check_empty(void);

#endif /* _SCENARIO_H */
