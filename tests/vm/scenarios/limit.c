// SPDX-License-Identifier: GPL-2.0
/*
 * The size limit: what a full mount refuses, and to whom.
 *
 *	size=1m: 256 frames
 *	[ file "full": 255 different pages ][ file "merged": 64 slots, 1 frame ]
 *
 * write(2), a fault and fallocate(2) on a full mount fail with ENOSPC, SIGBUS
 * and ENOSPC and take nothing; so does a store to a merged slot, which needs a
 * frame: it hurts only the task that made it.  Reading needs none.  A page
 * removed, or two merged, make room at once.  The limit can be moved by a
 * remount, but not below what is in use.
 *
 * Nothing waits here, is reclaimed or kept in reserve: stall.c and swap.c are
 * about that.
 *
 * vm: cpus=2 mem=1G timeout=60
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define FRAMES	256UL
#define SIZE	"size=1m,break_reserve=0"
#define MERGED	64
#define EQUAL	1000

static void check_df(unsigned long size, unsigned long left)
{
	struct statfs fs;

	SYS(statfs(MNT, &fs));
	CHECK_EQ(fs.f_type, KSMFS_MAGIC);
	CHECK_EQ(fs.f_bsize, PAGE);
	CHECK_EQ(fs.f_blocks, size);
	CHECK_EQ(fs.f_bfree, left);
	CHECK_EQ(fs.f_bavail, left);
}

static int create(const char *path)
{
	return SYS(open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
}

static void check_pages(int fd, size_t first, size_t count)
{
	uint8_t page[PAGE];

	for (size_t i = first; i < first + count; i++) {
		CHECK_EQ(pread(fd, page, PAGE, i * PAGE), PAGE);
		CHECK_PAGE(page, 1 + i);
	}
}

/* Write different pages until ENOSPC; exactly @count must fit. */
static void write_until_full(int fd, size_t first, size_t count)
{
	uint8_t page[PAGE];

	for (size_t i = first; i < first + count; i++) {
		pattern(1 + i, page);
		CHECK_EQ(pwrite(fd, page, PAGE, i * PAGE), PAGE);
	}
	CHECK_ERRNO(pwrite(fd, page, PAGE, (first + count) * PAGE), ENOSPC);
}

/* The three ways to ask for a frame, on a full mount. */
static void refused(void)
{
	struct stats before = stats_read();
	struct region r = region_create(MNT "/refused", 8);
	struct stat st;
	uint8_t byte = 1;

	CHECK(!copy_guarded(slot(&r, 0), &byte, 1));
	CHECK_ERRNO(pwrite(r.fd, &byte, 1, 0), ENOSPC);
	CHECK_ERRNO(fallocate(r.fd, 0, 0, 4 * PAGE), ENOSPC);
	CHECK_ERRNO(fallocate(r.fd, 0, 16 * PAGE, PAGE), ENOSPC);
	SYS(fstat(r.fd, &st));
	CHECK_EQ(st.st_size, 8 * PAGE);
	CHECK_EQ(st.st_blocks, 0);
	CHECK_PAGE(slot(&r, 0), 0);
	CHECK(stats_read().alloc_failures >= before.alloc_failures + 4);
	CHECK_EQ(stats_read().frames, before.frames);
	region_close(&r);
	SYS(unlink(MNT "/refused"));
}

static void fill_by_write(void)
{
	int fd = create(MNT "/full");

	check_df(FRAMES, FRAMES);
	write_until_full(fd, 0, FRAMES);
	check_df(FRAMES, 0);
	refused();
	check_df(FRAMES, 0);
	check_pages(fd, 0, FRAMES);
	SYS(close(fd));
	SYS(unlink(MNT "/full"));
	check_df(FRAMES, FRAMES);
}

static void fill_by_fault(void)
{
	struct region r = region_create(MNT "/full", FRAMES + 1);
	uint8_t page[PAGE];

	for (size_t i = 0; i < FRAMES; i++) {
		pattern(1 + i, page);
		CHECK(copy_guarded(slot(&r, i), page, PAGE));
	}
	CHECK(!copy_guarded(slot(&r, FRAMES), page, PAGE));
	check_df(FRAMES, 0);
	check_pages(r.fd, 0, FRAMES);
	region_close(&r);
	SYS(unlink(MNT "/full"));
}

/* What is preallocated is there: stores into it take nothing more. */
static void fill_by_fallocate(void)
{
	struct region r = region_create(MNT "/full", FRAMES);
	int fd = create(MNT "/other");

	CHECK_ERRNO(fallocate(r.fd, 0, 0, (FRAMES + 1) * PAGE), ENOSPC);
	check_df(FRAMES, FRAMES);
	knob_set(KNOB_run, 0);
	SYS(fallocate(r.fd, 0, 0, FRAMES * PAGE));
	check_df(FRAMES, 0);
	CHECK_ERRNO(pwrite(fd, "", 1, 0), ENOSPC);
	for (size_t i = 0; i < FRAMES; i++) {
		CHECK_PAGE(slot(&r, i), 0);
		pattern(1 + i, slot(&r, i));
	}
	check_pages(r.fd, 0, FRAMES);
	knob_set(KNOB_run, 1);
	region_close(&r);
	SYS(close(fd));
	SYS(unlink(MNT "/full"));
	SYS(unlink(MNT "/other"));
	check_df(FRAMES, FRAMES);
}

static void store(void *arg)
{
	signal(SIGBUS, SIG_DFL);
	*(volatile uint8_t *)arg = 1;
}

/* Stores to merged slots when no frame is left, and the ways to make room. */
static void breaking(void)
{
	struct region merged = region_create(MNT "/merged", MERGED);
	int full = create(MNT "/full");
	uint8_t byte = 1;

	for (size_t i = 0; i < MERGED; i++)
		pattern(EQUAL, slot(&merged, i));
	settle();
	CHECK_EQ(stats_read().frames, 1);
	write_until_full(full, MERGED, FRAMES - 1);
	check_df(FRAMES, 0);

	reap_killed(spawn(store, slot(&merged, 7)), SIGBUS);
	CHECK_ERRNO(pwrite(merged.fd, &byte, 1, 8 * PAGE), ENOSPC);
	CHECK_ERRNO(fallocate(merged.fd, 0, 9 * PAGE, PAGE), ENOSPC);
	for (size_t i = 0; i < MERGED; i++)
		CHECK_PAGE(slot(&merged, i), EQUAL);
	CHECK_EQ(stats_read().pages_sharing, MERGED - 1);
	check_pages(full, MERGED, FRAMES - 1);

	/* One page less: one store more. */
	SYS(fallocate(full, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      MERGED * PAGE, PAGE));
	check_df(FRAMES, 1);
	reap(spawn(store, slot(&merged, 7)));
	check_df(FRAMES, 0);
	reap_killed(spawn(store, slot(&merged, 8)), SIGBUS);
	CHECK_EQ(slot(&merged, 7)[0], 1);
	CHECK_PAGE(slot(&merged, 8), EQUAL);

	/* Private pages can be stored to on a full mount, and made equal. */
	pattern(EQUAL, slot(&merged, 7));
	settle();
	check_df(FRAMES, 1);
	reap(spawn(store, slot(&merged, 8)));
	CHECK_PAGE(slot(&merged, 7), EQUAL);
	CHECK_EQ(slot(&merged, 8)[0], 1);
	check_df(FRAMES, 0);
	check_pages(full, MERGED + 1, FRAMES - 2);
	settle();
	check_balance();
	region_close(&merged);
	SYS(unlink(MNT "/merged"));
	SYS(close(full));
	SYS(unlink(MNT "/full"));
}

static void remounts(void)
{
	int fd = create(MNT "/file");

	write_until_full(fd, 0, FRAMES);
	CHECK_ERRNO(remount_ksmfs(MNT, "size=1020k"), EBUSY);
	CHECK_ERRNO(remount_ksmfs(MNT, "size=4k"), EBUSY);
	check_df(FRAMES, 0);
	CHECK_ERRNO(remount_ksmfs(MNT, "size=0"), EINVAL);
	CHECK_ERRNO(remount_ksmfs(MNT, "size=2m,nonsense"), EINVAL);
	check_df(FRAMES, 0);
	SYS(remount_ksmfs(MNT, "size=2m"));
	check_df(2 * FRAMES, FRAMES);
	write_until_full(fd, FRAMES, FRAMES);
	SYS(ftruncate(fd, 10 * PAGE));
	SYS(remount_ksmfs(MNT, "size=40k"));
	check_df(10, 0);
	CHECK_ERRNO(pwrite(fd, "", 1, 10 * PAGE), ENOSPC);
	check_pages(fd, 0, 10);
	SYS(close(fd));
}

int main(void)
{
	knob_set(KNOB_stall_millisecs, 0);
	choice_set(CHOICE_reclaim_mode, RECLAIM_none);
	mount_ksmfs(MNT, SIZE);
	fill_by_write();
	fill_by_fault();
	fill_by_fallocate();
	breaking();
	remounts();
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
