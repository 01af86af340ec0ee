// SPDX-License-Identifier: GPL-2.0
/*
 * mmap(2) and the calls about mappings: what they do to merged pages.
 *
 * madvise(2), mincore(2), msync(2), mlock(2), mprotect(2), mremap(2), mappings
 * that are filled or locked at once, and writes through /proc/self/mem: none of them
 * may lose a store, none may let a store reach a shared frame, and none may keep
 * pages from merging, except as long as it must.
 *
 * vm: cpus=2 mem=1G timeout=60
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif
#ifndef MADV_DONTNEED_LOCKED
#define MADV_DONTNEED_LOCKED 24
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

#define PAGES	16
#define EQUAL	1000
#define OTHER	2000
#define DROPS	4000

static struct region r;

static void fill(void)
{
	for (size_t i = 0; i < PAGES; i++)
		pattern(EQUAL, slot(&r, i));
	settle();
	CHECK_EQ(stats_read().pages_sharing, PAGES - 1);
}

static void check(void)
{
	for (size_t i = 0; i < PAGES; i++)
		CHECK_PAGE(slot(&r, i), EQUAL);
}

static void beyond_the_end(void)
{
	struct region s = region_create(MNT "/short", 4);
	uint8_t byte = 1;

	SYS(ftruncate(s.fd, PAGE + 1));
	CHECK(copy_guarded(&byte, slot(&s, 1), 1));
	CHECK(copy_guarded(slot(&s, 1) + PAGE - 1, &byte, 1));
	CHECK(!copy_guarded(&byte, slot(&s, 2), 1));
	CHECK(!copy_guarded(slot(&s, 2), &byte, 1));
	SYS(ftruncate(s.fd, 4 * PAGE));
	CHECK(copy_guarded(slot(&s, 2), &byte, 1));
	region_close(&s);
	SYS(unlink(MNT "/short"));
}

/* Advice drops mappings, not content. */
static void advice(void)
{
	static const int drops[] = {
		MADV_DONTNEED, MADV_COLD, MADV_PAGEOUT, MADV_WILLNEED,
		MADV_RANDOM, MADV_SEQUENTIAL, MADV_NORMAL, MADV_POPULATE_READ,
		MADV_DONTNEED_LOCKED, MADV_MERGEABLE, MADV_UNMERGEABLE,
		MADV_HUGEPAGE, MADV_NOHUGEPAGE,
	};
	struct stats before;

	for (size_t i = 0; i < sizeof(drops) / sizeof(*drops); i++) {
		fill();
		before = stats_read();
		if (madvise(r.map, PAGES * PAGE, drops[i]))
			FAIL("madvise %d: %m", drops[i]);
		check();
		CHECK_EQ(stats_read().pages_sharing, PAGES - 1);
		CHECK_EQ(stats_read().breaks, before.breaks);

		/* Of pages that are private again, too. */
		pattern(OTHER, slot(&r, 3));
		if (madvise(r.map, PAGES * PAGE, drops[i]))
			FAIL("madvise %d: %m", drops[i]);
		CHECK_PAGE(slot(&r, 3), OTHER);
		CHECK_PAGE(slot(&r, 4), EQUAL);
	}
	/* Only private anonymous pages can be given away, or made a huge one. */
	CHECK_ERRNO(madvise(r.map, PAGE, MADV_FREE), EINVAL);
	CHECK_ERRNO(madvise(r.map, PAGES * PAGE, MADV_COLLAPSE), EINVAL);

	/* Asking for writable pages breaks them all. */
	fill();
	before = stats_read();
	SYS(madvise(r.map, PAGES * PAGE, MADV_POPULATE_WRITE));
	CHECK_EQ(stats_read().breaks, before.breaks + PAGES);
	check();
}

/* A shared mapping that is filled at once is filled for reading. */
static void filled(void)
{
	static const int flags[] = { MAP_POPULATE, MAP_LOCKED };

	fill();
	for (size_t i = 0; i < 2 * sizeof(flags) / sizeof(*flags); i++) {
		int rights = i % 2 ? PROT_READ | PROT_WRITE : PROT_READ;
		struct stats before = stats_read();
		uint8_t *map = (void *)SYS(mmap(NULL, PAGES * PAGE, rights,
						MAP_SHARED | flags[i / 2],
						r.fd, 0));
		unsigned char in_core[PAGES];

		SYS(mincore(map, PAGES * PAGE, in_core));
		for (size_t p = 0; p < PAGES; p++) {
			CHECK_EQ(in_core[p], 1);
			CHECK_PAGE(map + p * PAGE, EQUAL);
		}
		CHECK_EQ(stats_read().breaks, before.breaks);
		CHECK_EQ(stats_read().pages_sharing, PAGES - 1);
		SYS(munmap(map, PAGES * PAGE));
	}
}

/* The pages move to another address; what stays behind is mapped anew. */
static void moved(void)
{
	uint8_t *from = (void *)SYS(mmap(NULL, PAGES * PAGE,
					 PROT_READ | PROT_WRITE, MAP_SHARED,
					 r.fd, 0));
	struct stats before;
	uint8_t *to;

	fill();
	CHECK_PAGE(from, EQUAL);
	before = stats_read();
	/* glibc passes on no address if it is not MREMAP_FIXED. */
	to = (void *)SYS(syscall(SYS_mremap, from, PAGES * PAGE, PAGES * PAGE,
				 MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0));
	for (size_t i = 0; i < PAGES; i++) {
		CHECK_PAGE(to + i * PAGE, EQUAL);
		CHECK_PAGE(from + i * PAGE, EQUAL);
	}
	CHECK_EQ(stats_read().breaks, before.breaks);
	pattern(OTHER, to);
	pattern(OTHER + 1, from + PAGE);
	CHECK_EQ(stats_read().breaks, before.breaks + 2);
	CHECK_PAGE(slot(&r, 0), OTHER);
	CHECK_PAGE(slot(&r, 1), OTHER + 1);
	CHECK_PAGE(slot(&r, 2), EQUAL);
	SYS(munmap(from, PAGES * PAGE));
	SYS(munmap(to, PAGES * PAGE));
}

/* What a debugger does: rights of the mapping are passed over, if they may be. */
static void forced(void)
{
	int mem = SYS(open("/proc/self/mem", O_RDWR | O_CLOEXEC));
	struct stats before;
	uint8_t page[PAGE];

	fill();
	before = stats_read();
	pattern(OTHER, page);
	SYS(mprotect(r.map, PAGES * PAGE, PROT_READ));
	CHECK_EQ(pwrite(mem, page, PAGE, (uintptr_t)slot(&r, 3)), -1);
	check();
	SYS(mprotect(r.map, PAGES * PAGE, PROT_NONE));
	CHECK_EQ(pwrite(mem, page, PAGE, (uintptr_t)slot(&r, 3)), -1);
	CHECK_EQ(pread(mem, page, PAGE, (uintptr_t)slot(&r, 3)), PAGE);
	CHECK_PAGE(page, EQUAL);
	SYS(mprotect(r.map, PAGES * PAGE, PROT_READ | PROT_WRITE));
	check();
	CHECK_EQ(stats_read().breaks, before.breaks);

	pattern(OTHER, page);
	CHECK_EQ(pwrite(mem, page, PAGE, (uintptr_t)slot(&r, 3)), PAGE);
	CHECK_EQ(stats_read().breaks, before.breaks + 1);
	for (size_t i = 0; i < PAGES; i++)
		CHECK_PAGE(slot(&r, i), i == 3 ? OTHER : EQUAL);
	SYS(close(mem));
}

static void sync_and_core(void)
{
	unsigned char in_core[PAGES];

	fill();
	SYS(msync(r.map, PAGES * PAGE, MS_SYNC));
	SYS(msync(r.map, PAGES * PAGE, MS_ASYNC));
	SYS(msync(r.map, PAGES * PAGE, MS_INVALIDATE));
	check();
	SYS(mincore(r.map, PAGES * PAGE, in_core));
	for (size_t i = 0; i < PAGES; i++)
		CHECK_EQ(in_core[i], 1);	/* mapped by check() */
	CHECK_EQ(stats_read().pages_sharing, PAGES - 1);
}

/* Let the kernel give back the pages its per-CPU batches hold. */
static void drain_batches(void)
{
	int fd = SYS(open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC));

	CHECK_EQ(write(fd, "1", 1), 1);
	close(fd);
}

/* Locked pages are guest RAM like any other: they merge, and break. */
static void locked(void)
{
	struct stats before;

	fill();
	SYS(mlock(r.map, PAGES * PAGE));
	for (size_t i = 0; i < PAGES; i++)
		pattern(OTHER, slot(&r, i));
	drain_batches();
	settle();
	drain_batches();
	settle();
	CHECK_EQ(stats_read().pages_shared, 1);
	CHECK_EQ(stats_read().pages_sharing, PAGES - 1);
	for (size_t i = 0; i < PAGES; i++)
		CHECK_PAGE(slot(&r, i), OTHER);
	before = stats_read();
	pattern(EQUAL, slot(&r, 3));
	CHECK_EQ(stats_read().breaks, before.breaks + 1);
	CHECK_PAGE(slot(&r, 3), EQUAL);
	CHECK_PAGE(slot(&r, 4), OTHER);
	SYS(munlock(r.map, PAGES * PAGE));
	SYS(mlockall(MCL_CURRENT | MCL_FUTURE));
	SYS(munlockall());
}

/*
 * Protection that goes and comes back must not make a shared page writable,
 * nor a write-protected one.
 */
static void protection(void)
{
	struct stats before;

	fill();
	check();
	before = stats_read();
	SYS(mprotect(r.map, PAGES * PAGE, PROT_NONE));
	SYS(mprotect(r.map, PAGES * PAGE, PROT_READ));
	check();
	SYS(mprotect(r.map, PAGES * PAGE, PROT_READ | PROT_WRITE));
	check();
	CHECK_EQ(stats_read().breaks, before.breaks);
	pattern(OTHER, slot(&r, 0));
	CHECK_EQ(stats_read().breaks, before.breaks + 1);
	for (size_t i = 1; i < PAGES; i++)
		CHECK_PAGE(slot(&r, i), EQUAL);

	/* Quiet, so perhaps write-protected: a store must be noticed. */
	settle();
	SYS(mprotect(r.map, PAGES * PAGE, PROT_READ));
	SYS(mprotect(r.map, PAGES * PAGE, PROT_READ | PROT_WRITE));
	pattern(EQUAL, slot(&r, 0));
	settle();
	CHECK_EQ(stats_read().pages_sharing, PAGES - 1);
	check();
}

/* A file opened read-only cannot be mapped for writing. */
static void rights(void)
{
	int fd = SYS(open(MNT "/file", O_RDONLY | O_CLOEXEC));

	CHECK_EQ((long)mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, fd, 0), -1);
	CHECK_EQ(errno, EACCES);
	CHECK_ERRNO(pwrite(fd, "x", 1, 0), EBADF);
	CHECK_ERRNO(ftruncate(fd, 0), EINVAL);
	CHECK_ERRNO(fallocate(fd, 0, 0, PAGE), EBADF);
	SYS(close(fd));
}

static long faults(void)
{
	struct rusage usage;

	SYS(getrusage(RUSAGE_SELF, &usage));
	return usage.ru_minflt;
}

/* A store takes one fault, be the page mapped read-only or not at all. */
static void one_fault(void)
{
	volatile uint8_t *unread = slot(&r, 3);
	volatile uint8_t *shared = slot(&r, 2), *clean = slot(&r, 1);
	long before;

	fill();
	before = faults();
	*unread = 1;
	CHECK_EQ(faults() - before, 1);
	for (size_t i = 0; i < PAGES; i++)
		pattern(OTHER + i, slot(&r, i));
	settle();
	for (size_t i = 0; i < PAGES; i += 2)
		pattern(EQUAL, slot(&r, i));
	settle();
	CHECK_EQ(stats_read().pages_sharing, PAGES / 2 - 1);
	for (size_t i = 0; i < PAGES; i++)
		CHECK_PAGE(slot(&r, i), i % 2 ? OTHER + i : EQUAL);
	before = faults();
	*shared = 1;
	CHECK_EQ(faults() - before, 1);
	*clean = 1;
	CHECK(faults() - before <= 2);
	*shared = 2;
	*clean = 2;
	CHECK(faults() - before <= 2);
}

static bool dropped_enough;

static void *drop(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&dropped_enough, __ATOMIC_RELAXED))
		SYS(madvise(r.map, PAGES * PAGE, MADV_DONTNEED));
	return NULL;
}

/* Entries go, at any moment, in the midst of faults that make them. */
static void dropped(void)
{
	uint64_t shadow[PAGES] = { 0 };
	struct stats before = stats_read();
	pthread_t thread;

	fill();
	scanner_press();
	thread = thread_start(drop, NULL);
	for (uint64_t n = 0; n < DROPS; n++) {
		size_t i = n * 7 % PAGES;

		shadow[i] = n % 5 ? EQUAL : OTHER + n;
		pattern(shadow[i], slot(&r, i));
		CHECK_PAGE(slot(&r, i), shadow[i]);
	}
	__atomic_store_n(&dropped_enough, true, __ATOMIC_RELAXED);
	thread_join(thread);
	scanner_relax();
	for (size_t i = 0; i < PAGES; i++)
		CHECK_PAGE(slot(&r, i), shadow[i]);
	CHECK(stats_read().breaks > before.breaks);
}

/* The same slots mapped twice, at another offset, the second time. */
static void aliases(void)
{
	uint8_t *half = (void *)SYS(mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE,
					 MAP_SHARED, r.fd, 8 * PAGE));

	fill();
	CHECK_PAGE(half, EQUAL);
	pattern(OTHER, slot(&r, 8));
	CHECK_PAGE(half, OTHER);
	CHECK_EQ(frame_at(half), frame_at(slot(&r, 8)));
	pattern(OTHER + 1, half + PAGE);
	CHECK_PAGE(slot(&r, 9), OTHER + 1);
	settle();
	pattern(OTHER + 2, half);
	CHECK_PAGE(slot(&r, 8), OTHER + 2);
	CHECK_PAGE(slot(&r, 10), EQUAL);
	SYS(munmap(half, 8 * PAGE));
}

int main(void)
{
	knob_set(KNOB_sample_pages, 0);	/* it unmaps what is to be looked at */
	mount_ksmfs(MNT, "size=16m");
	r = region_create(MNT "/file", PAGES);
	beyond_the_end();
	advice();
	filled();
	moved();
	forced();
	sync_and_core();
	locked();
	protection();
	rights();
	aliases();
	one_fault();
	dropped();
	settle();
	check_balance();
	region_close(&r);
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
