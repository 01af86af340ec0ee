// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that has gone bad under a private, a merged and a zero page, and while
 * it was free.
 *
 *	a  [ X ]--+
 *	          +-- frame F: bad        who touches it: SIGBUS, or EIO
 *	b  [ X ]--+                       all other pages: as they were
 *	c  [ X ]----- another frame: nobody is merged with F any more
 *
 * The kernel knows nothing of sharers, as these frames are on none of its lists,
 * so it marks the frame, and ksmfs tells who maps it next.  (Who has it mapped
 * and reads on gets the machine check itself.)  The frame is copied nowhere,
 * moved nowhere, and never given out again; a slot that is punched comes back to
 * life with another one.  The pool of free frames is so small here that each of
 * its frames is drawn some time.
 *
 * vm: cpus=2 mem=1G timeout=120 boot=own
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_HWPOISON
#define MADV_HWPOISON 100
#endif
#ifndef MADV_SOFT_OFFLINE
#define MADV_SOFT_OFFLINE 101
#endif

#define PAGES	64UL
#define SHARED	0UL		/* slots: 16 of a, 16 of b, one content */
#define PRIVATE	16UL		/* 16 of each, all different */
#define ZERO	32UL		/* 16 of each, zeros; the others are holes */
#define HOLE	48UL
#define NEW	10000UL		/* seeds of what is stored later */
#define FILL	256UL		/* frames that are taken afterwards */
#define FREE	16UL		/* that go bad in the pool */
#define DRAWS	768UL		/* each is drawn with a chance of 1 in 48 or more */

#define CORRUPT	"/sys/kernel/debug/hwpoison/corrupt-pfn"

static struct region a, b;
static uint64_t shadow[2][PAGES];

static uint64_t *seed_of(const struct region *r, size_t i)
{
	return &shadow[r == &b][i];
}

static void fill(const struct region *r, uint64_t base)
{
	for (size_t i = 0; i < HOLE; i++) {
		*seed_of(r, i) = i < PRIVATE ? 1 : i < ZERO ? base + i : 0;
		pattern(*seed_of(r, i), slot(r, i));
	}
}

/* ---- SIGBUS, and why ---- */

static sigjmp_buf jump;

static void on_sigbus(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	siglongjmp(jump, info->si_code);
}

/* Load or store a byte of a slot, through a fresh mapping; 0, or the si_code. */
static int touch(const struct region *r, size_t i, bool write)
{
	volatile uint8_t *page = (void *)SYS(mmap(NULL, PAGE,
			PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, i * PAGE));
	struct sigaction action = { .sa_sigaction = on_sigbus,
				    .sa_flags = SA_SIGINFO | SA_NODEFER };
	struct sigaction before;
	int code;

	SYS(sigaction(SIGBUS, &action, &before));
	code = sigsetjmp(jump, 0);
	if (!code && write)
		page[1] = 1;	/* not read before */
	else if (!code)
		(void)page[1];
	SYS(sigaction(SIGBUS, &before, NULL));
	SYS(munmap((void *)page, PAGE));
	return code;
}

/* All but the pages from @first on, @count in each of the files. */
static void check_others(size_t first, size_t count)
{
	for (size_t i = 0; i < PAGES; i++) {
		if (i >= first && i < first + count)
			continue;
		CHECK_PAGE(slot(&a, i), *seed_of(&a, i));
		CHECK_PAGE(slot(&b, i), *seed_of(&b, i));
	}
}

static void poison(void *page)
{
	int result = madvise(page, PAGE, MADV_HWPOISON);

	if (result && errno == EINVAL)
		skip("the kernel does not know of bad memory");
	/* The frame is marked, though nobody else could be told. */
	CHECK(!result || errno == EBUSY || errno == EIO);
}

static int punch(const struct region *r, off_t from, off_t length)
{
	return fallocate(r->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			 from, length);
}

static void check_told(const struct region *r, size_t i)
{
	uint8_t page[PAGE];

	CHECK_EQ(touch(r, i, false), BUS_MCEERR_AR);
	CHECK_EQ(touch(r, i, true), BUS_MCEERR_AR);
	CHECK_ERRNO(pread(r->fd, page, PAGE, i * PAGE), EIO);
	CHECK_ERRNO(pwrite(r->fd, page, 1, i * PAGE), EIO);
	CHECK_ERRNO(pwrite(r->fd, page, PAGE, i * PAGE), EIO);
	/* To zero a part of it is to write to it; all of it can go. */
	CHECK_ERRNO(punch(r, i * PAGE + 1, 1), EIO);
	CHECK_ERRNO(ftruncate(r->fd, i * PAGE + 1), EIO);
}

/* Where @frame was there is another one now. */
static void revive(const struct region *r, size_t i, uint64_t frame)
{
	SYS(punch(r, i * PAGE, PAGE));
	CHECK_PAGE(slot(r, i), 0);
	*seed_of(r, i) = NEW + i;
	pattern(NEW + i, slot(r, i));
	CHECK_PAGE(slot(r, i), NEW + i);
	CHECK(frame_at(slot(r, i)) != frame);
}

static void bad_private(void)
{
	uint64_t frame = frame_at(slot(&a, PRIVATE));

	CHECK(frame);
	poison(slot(&a, PRIVATE));
	check_told(&a, PRIVATE);
	check_others(PRIVATE, 1);
	/* It is not packed either, and does not stop the scanner. */
	region_reclaim(MNT, &a, PAGES, KSMFS_RECLAIM_PACK);
	region_reclaim(MNT, &a, PAGES, KSMFS_RECLAIM_PACK);
	settle();
	check_told(&a, PRIVATE);
	revive(&a, PRIVATE, frame);
}

static void bad_shared(void)
{
	struct region c;
	struct stats stats;
	uint64_t frame = frame_at(slot(&a, SHARED));

	CHECK(frame);
	CHECK_EQ(frame_at(slot(&b, SHARED)), frame);
	poison(slot(&b, SHARED));
	for (size_t i = SHARED; i < PRIVATE; i++) {
		check_told(&a, i);
		check_told(&b, i);
		CHECK_ERRNO(fallocate(b.fd, 0, i * PAGE, PAGE), EIO);
	}
	check_others(SHARED, PRIVATE);

	/* Equal pages that come later find one another, not that frame. */
	c = region_create(MNT "/c", PRIVATE);
	for (size_t i = 0; i < PRIVATE; i++)
		pattern(1, slot(&c, i));
	settle();
	for (size_t i = 0; i < PRIVATE; i++) {
		CHECK_PAGE(slot(&c, i), 1);
		CHECK_EQ(frame_at(slot(&c, i)), frame_at(slot(&c, 0)));
	}
	CHECK(frame_at(slot(&c, 0)) != frame);

	/* What cannot be copied stays merged; all that is behind it does not. */
	CHECK_EQ(knob_write(KNOB_run, "2", 1), -1);
	CHECK_EQ(errno, EHWPOISON);
	CHECK_EQ(knob_get(KNOB_run), 0);
	stats = stats_read();
	CHECK_EQ(stats.pages_shared, 1);
	CHECK_EQ(stats.pages_sharing, 2 * PRIVATE - 1);
	CHECK_EQ(stats.ksm_zero_pages, 0);
	knob_set(KNOB_run, 1);
	settle();
	for (size_t i = 0; i < PRIVATE; i++)
		CHECK_PAGE(slot(&c, i), 1);
	check_others(SHARED, PRIVATE);
	region_close(&c);
	SYS(unlink(MNT "/c"));

	for (size_t i = SHARED; i < PRIVATE; i++) {
		revive(&a, i, frame);
		revive(&b, i, frame);
	}
}

/* Zeros and holes show one frame; written, they have their own. */
static void bad_zero(void)
{
	uint64_t frame;
	uint8_t page[PAGE];

	CHECK_PAGE(slot(&a, HOLE), 0);
	frame = frame_at(slot(&a, HOLE));
	CHECK(frame);
	poison(slot(&a, HOLE));
	for (size_t i = ZERO; i < PAGES; i++) {
		CHECK_EQ(touch(&b, i, false), BUS_MCEERR_AR);
		CHECK_EQ(pread(b.fd, page, PAGE, i * PAGE), PAGE);
		CHECK_PAGE(page, 0);
		CHECK_EQ(touch(&b, i, true), 0);
		CHECK_EQ(touch(&b, i, false), 0);
		CHECK(frame_at(slot(&b, i)) != frame);
	}
}

/* Pages that may go bad soon are not moved, and not hurt. */
static void soft_offline(void)
{
	for (size_t i = 0; i < PAGES; i += 8) {
		uint64_t frame;

		CHECK_PAGE(slot(&a, i), *seed_of(&a, i));
		frame = frame_at(slot(&a, i));
		CHECK(madvise(slot(&a, i), PAGE, MADV_SOFT_OFFLINE) == -1);
		CHECK(errno == EIO || errno == EBUSY || errno == EINVAL);
		CHECK_EQ(frame_at(slot(&a, i)), frame);
		CHECK_EQ(touch(&a, i, false), 0);
	}
	check_others(PAGES, 0);
}

/* Take a lot of frames: those that are bad are not among them. */
static void check_not_given_out(const uint64_t *bad, size_t count)
{
	struct region r = region_create(MNT "/fill", FILL);

	for (size_t i = 0; i < FILL; i++) {
		uint64_t frame;

		slot(&r, i)[0] = 1;
		frame = frame_at(slot(&r, i));
		for (size_t k = 0; k < count; k++)
			CHECK(frame != bad[k]);
	}
	region_close(&r);
	SYS(unlink(MNT "/fill"));
}

static void write_text(const char *path, const char *text)
{
	int fd = SYS(open(path, O_WRONLY | O_CLOEXEC));

	/* It tells that it could do no more than mark the frame. */
	CHECK(write(fd, text, strlen(text)) > 0 || errno == EBUSY ||
	      errno == EIO);
	SYS(close(fd));
}

static void check_not_drawn(const struct region *r, const uint64_t *bad)
{
	for (size_t i = 0; i < DRAWS; i++) {
		slot(r, i)[0]++;
		for (size_t k = 0; k < FREE; k++)
			CHECK(frame_at(slot(r, i)) != bad[k]);
	}
}

/* Frames that are in the pool: who breaks draws from there. */
static void bad_free(void)
{
	struct region r;
	uint64_t bad[FREE];
	size_t kept = 0;

	if (access(CORRUPT, F_OK)) {
		say("no free frames go bad: no " CORRUPT);
		return;
	}
	r = region_create(MNT "/merged", DRAWS);
	for (size_t i = 0; i < DRAWS; i++)
		pattern(1, slot(&r, i));
	settle();
	knob_set(KNOB_run, 0);
	/*
	 * Down to half, so that all that comes now is kept.  When the kernel
	 * reclaims memory meanwhile, it is down to half again, of any frames.
	 */
	write_text("/proc/sys/vm/drop_caches", "2");
	for (size_t i = 0; i < FREE; i++) {
		long long cached = stats_read().frames_cached;
		char text[32];

		CHECK_PAGE(slot(&a, PRIVATE + i), *seed_of(&a, PRIVATE + i));
		bad[i] = frame_at(slot(&a, PRIVATE + i));
		CHECK(bad[i]);
		SYS(punch(&a, (PRIVATE + i) * PAGE, PAGE));
		kept += stats_read().frames_cached == cached + 1;
		snprintf(text, sizeof(text), "%#llx", (long long)bad[i]);
		write_text(CORRUPT, text);
	}
	CHECK(kept > FREE / 2);
	check_not_drawn(&r, bad);
	for (size_t i = 0; i < FREE; i++)
		CHECK_PAGE(slot(&a, PRIVATE + i), 0);
	region_close(&r);
	SYS(unlink(MNT "/merged"));
	knob_set(KNOB_run, 1);
}

int main(void)
{
	uint64_t bad[3];

	module_unload_wait();
	module_load("pool_frames=64");
	knob_set(KNOB_sample_pages, 0);
	mount_ksmfs(MNT, "size=64m");
	a = region_create(MNT "/a", PAGES);
	b = region_create(MNT "/b", PAGES);
	fill(&a, 100);
	fill(&b, 200);
	settle();
	check_others(PAGES, 0);
	soft_offline();
	bad[0] = frame_at(slot(&a, PRIVATE));
	bad[1] = frame_at(slot(&a, SHARED));
	bad[2] = frame_at(slot(&a, HOLE));
	bad_private();
	bad_shared();
	bad_free();
	bad_zero();
	check_not_given_out(bad, 3);
	region_close(&a);
	region_close(&b);
	SYS(unlink(MNT "/a"));
	SYS(unlink(MNT "/b"));
	check_empty();
	umount_ksmfs(MNT);
	return 0;
}
