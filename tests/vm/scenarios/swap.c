// SPDX-License-Identifier: GPL-2.0
/*
 * Swapped pages: what goes to the swap file, what is left there, and every way
 * back.
 *
 * On a disk that nobody else has: content is where it is said to be, comes back
 * byte for byte, and is wiped from the disk once nobody wants it any more: while
 * the mount lives, when enough of it has gathered, and to the last page when it
 * is unmounted.  What shrinks is packed first, and swapped if it is met packed.
 *
 * On a file: one that is full takes no more, and what found no room stays; one
 * that was cut short gives SIGBUS or EIO for the pages behind its end, each time,
 * never zeros, and all others; one whose file system is full takes what there is
 * room for.  Files that will not do are refused.
 *
 * vm: cpus=2 mem=1G timeout=60
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define DISK	"/dev/nvme0n1"
#define DISK_PAGES 4096UL	/* tests/vm/run says so */
#define FILE_PATH "/tmp/swap"
#define SMALL	"/tmp/small"
#define PAGES	512UL
#define PINNED	64UL
#define CHUNK	(64 * PAGE)

static uint64_t hard(size_t index)
{
	return 1 + index;
}

static struct region filled(const char *path, uint64_t (*seed_of)(size_t))
{
	struct region r = region_create(path, PAGES);

	for (size_t i = 0; i < PAGES; i++)
		pattern(seed_of(i), slot(&r, i));
	settle();
	return r;
}

static void swap_all(const struct region *r)
{
	region_reclaim(MNT, r, r->pages, KSMFS_RECLAIM_SWAP);
	region_reclaim(MNT, r, r->pages, KSMFS_RECLAIM_SWAP);
}

static void check_content(const struct region *r, uint64_t (*seed_of)(size_t))
{
	for (size_t i = 0; i < r->pages; i++)
		CHECK_PAGE(slot(r, i), seed_of(i));
}

static void punch(const struct region *r, size_t first, size_t count)
{
	SYS(fallocate(r->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      first * PAGE, count * PAGE));
}

/* ---- the disk ---- */

static uint8_t chunk[CHUNK] __attribute__((aligned(PAGE)));

static void disk_clear(void)
{
	int fd = SYS(open(DISK, O_WRONLY | O_DIRECT | O_CLOEXEC));

	memset(chunk, 0, CHUNK);
	for (size_t at = 0; at < DISK_PAGES * PAGE; at += CHUNK)
		CHECK_EQ(pwrite(fd, chunk, CHUNK, at), CHUNK);
	SYS(close(fd));
}

/* How many of its pages are not all zeros. */
static size_t disk_used(void)
{
	int fd = SYS(open(DISK, O_RDONLY | O_DIRECT | O_CLOEXEC));
	size_t used = 0;

	for (size_t at = 0; at < DISK_PAGES * PAGE; at += CHUNK) {
		CHECK_EQ(pread(fd, chunk, CHUNK, at), CHUNK);
		for (size_t i = 0; i < CHUNK; i += PAGE)
			used += !page_is(chunk + i, 0);
	}
	SYS(close(fd));
	return used;
}

static void mount_disk(void)
{
	disk_clear();
	mount_ksmfs(MNT, "size=16m,swap=" DISK);
	CHECK_EQ(mount_info(MNT).swap_pages, DISK_PAGES);
}

static void unmount_disk(void)
{
	umount_ksmfs(MNT);
	check_empty();
	CHECK_EQ(disk_used(), 0);
}

static void ways_back(void)
{
	uint8_t page[PAGE], want[PAGE], *own;
	struct ksmfs_region_info info;
	struct stats before, stats;
	struct region r;
	struct stat st;

	mount_disk();
	r = filled(MNT "/ways", hard);
	before = stats_read();
	swap_all(&r);
	stats = stats_read();
	info = region_info(r.fd);
	CHECK_EQ(info.swapped, PAGES);
	CHECK_EQ(info.frames, 0);
	CHECK_EQ(stats.pages_swapped, PAGES);
	CHECK_EQ(stats.swap_outs - before.swap_outs, PAGES);
	CHECK_EQ(stats.frames, 0);
	CHECK_EQ(stats.break_debt, PAGES);
	CHECK_EQ(mount_info(MNT).swap_used, PAGES);
	CHECK_EQ(mount_info(MNT).used, 0);
	CHECK_EQ(mount_info(MNT).debt, PAGES);
	CHECK_EQ(disk_used(), PAGES);
	check_balance();
	SYS(fstat(r.fd, &st));
	CHECK_EQ(st.st_blocks, 0);

	/* Backwards, so that none comes early. */
	CHECK_PAGE(slot(&r, 30), hard(30));
	slot(&r, 28)[100] ^= 1;
	slot(&r, 28)[100] ^= 1;
	CHECK_PAGE(slot(&r, 28), hard(28));
	CHECK_EQ(pread(r.fd, page, PAGE, 26 * PAGE), PAGE);
	CHECK_PAGE(page, hard(26));
	pattern(hard(24), want);
	memset(want + 100, 7, 50);
	memset(page, 7, 50);
	CHECK_EQ(pwrite(r.fd, page, 50, 24 * PAGE + 100), 50);
	CHECK(!memcmp(slot(&r, 24), want, PAGE));
	SYS(fallocate(r.fd, 0, 22 * PAGE, PAGE));
	CHECK_PAGE(slot(&r, 22), hard(22));
	pattern(hard(20), want);
	memset(want + 100, 0, 50);
	SYS(fallocate(r.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      20 * PAGE + 100, 50));
	CHECK(!memcmp(slot(&r, 20), want, PAGE));
	own = (void *)SYS(mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE, r.fd, 0));
	CHECK_PAGE(own + 18 * PAGE, hard(18));
	pattern(5, own + 16 * PAGE);
	CHECK_PAGE(own + 16 * PAGE, 5);
	CHECK_PAGE(slot(&r, 16), hard(16));
	SYS(munmap(own, PAGES * PAGE));

	stats = stats_read();
	CHECK_EQ(stats.swap_ins - before.swap_ins, 8);
	CHECK_EQ(stats.prefetches, before.prefetches);
	CHECK_EQ(region_info(r.fd).swapped, PAGES - 8);
	punch(&r, 14, 1);
	CHECK_PAGE(slot(&r, 14), 0);
	CHECK_EQ(region_info(r.fd).swapped, PAGES - 9);
	CHECK_EQ(stats_read().swap_ins - before.swap_ins, 8);

	/* In order: most come early. */
	for (size_t i = 40; i < PAGES; i++)
		CHECK_PAGE(slot(&r, i), hard(i));
	CHECK(stats_read().prefetches - before.prefetches >=
	      (long long)PAGES / 2);
	CHECK_EQ(stats_read().swap_errors, 0);
	settle();
	check_balance();
	region_close(&r);
	unmount_disk();
}

/* Nothing is left of what is not wanted, though the mount lives on. */
static void wiped(void)
{
	double deadline;
	struct region a, b;
	size_t enough;

	mount_disk();
	SYS(mkdir(MNT "/a", 0700));
	SYS(mkdir(MNT "/b", 0700));
	/* As many as are wiped when the last of them is released. */
	enough = mount_info(MNT).swap_pages / 16 + 1;
	a = filled(MNT "/a/file", hard);
	region_reclaim(MNT, &a, enough, KSMFS_RECLAIM_SWAP);
	CHECK_EQ(region_reclaim(MNT, &a, enough, KSMFS_RECLAIM_SWAP), enough);
	CHECK_EQ(disk_used(), enough);
	punch(&a, 0, PAGES);
	deadline = seconds() + 10;
	while (mount_info(MNT).swap_used && seconds() < deadline)
		usleep(10000);
	CHECK_EQ(mount_info(MNT).swap_used, 0);
	CHECK_EQ(disk_used(), 0);

	b = filled(MNT "/b/file", hard);
	swap_all(&b);
	CHECK_EQ(region_info(b.fd).swapped, PAGES);
	check_content(&b, hard);
	region_close(&a);
	region_close(&b);
	unmount_disk();
}

static uint64_t half_soft(size_t index)
{
	return index % 2 ? SOFT + 1 + index : 1 + index;
}

/* The module chooses: pack, then swap what does not shrink, then all. */
static void packed_first(void)
{
	struct region r;

	mount_disk();
	r = filled(MNT "/tiers", half_soft);
	region_reclaim(MNT, &r, PAGES, 0);
	region_reclaim(MNT, &r, PAGES, 0);
	CHECK_EQ(region_info(r.fd).packed, PAGES / 2);
	CHECK_EQ(region_info(r.fd).swapped, PAGES / 2);
	region_reclaim(MNT, &r, PAGES, 0);
	CHECK_EQ(region_info(r.fd).packed, PAGES / 2);
	region_reclaim(MNT, &r, PAGES, 0);
	CHECK_EQ(region_info(r.fd).packed, 0);
	CHECK_EQ(region_info(r.fd).swapped, PAGES);
	CHECK_EQ(stats_read().frames, 0);
	CHECK_EQ(stats_read().frames_packed, 0);
	check_balance();
	check_content(&r, half_soft);
	region_close(&r);
	unmount_disk();
}

/* Who holds pages keeps their frames; the kernel fetches them for him. */
static void pinned(void)
{
	struct stats before;
	struct region r;
	int pin;

	mount_disk();
	r = region_create(MNT "/pinned", PINNED);
	for (size_t i = 0; i < PINNED; i++)
		pattern(hard(i), slot(&r, i));
	settle();
	swap_all(&r);
	CHECK_EQ(region_info(r.fd).swapped, PINNED);
	pin = region_pin(&r);
	CHECK_EQ(region_info(r.fd).priv, PINNED);
	settle();
	before = stats_read();
	swap_all(&r);
	CHECK_EQ(region_info(r.fd).priv, PINNED);
	CHECK(stats_read().pages_pinned >= before.pages_pinned + (long)PINNED);
	for (size_t i = 0; i < PINNED; i++) {
		uint8_t page[PAGE];

		for (size_t done = 0; done < PAGE; )
			done += SYS(read(pin, page + done, PAGE - done));
		CHECK_PAGE(page, hard(i));
	}
	SYS(close(pin));
	settle();
	swap_all(&r);
	CHECK_EQ(region_info(r.fd).swapped, PINNED);
	check_content(&r, hard);
	region_close(&r);
	unmount_disk();
}

/* ---- a file ---- */

static void file_create(size_t bytes, mode_t mode)
{
	int fd;

	unlink(FILE_PATH);
	fd = SYS(open(FILE_PATH, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode));
	SYS(fchmod(fd, mode));
	SYS(ftruncate(fd, bytes));
	SYS(close(fd));
}

static void refused(void)
{
	file_create(PAGE, 0600);
	CHECK_ERRNO(mount_try(MNT, "swap=" FILE_PATH), EINVAL);
	file_create(MIB, 0644);
	CHECK_ERRNO(mount_try(MNT, "swap=" FILE_PATH), EINVAL);
	SYS(unlink(FILE_PATH));
	CHECK_ERRNO(mount_try(MNT, "swap=" FILE_PATH), ENOENT);
	CHECK_ERRNO(mount_try(MNT, "swap=tmp/swap"), EINVAL);
	CHECK_ERRNO(mount_try(MNT, "swap=/dev/null"), EINVAL);
	CHECK_ERRNO(mount_try(MNT, "swap=/tmp"), EISDIR);

	/* One mount alone. */
	SYS(mkdir("/tmp/swap-other", 0700));
	file_create(MIB, 0600);
	mount_ksmfs(MNT, "swap=" FILE_PATH);
	CHECK_ERRNO(mount_try("/tmp/swap-other", "swap=" FILE_PATH), EBUSY);
	umount_ksmfs(MNT);
	mount_ksmfs(MNT, "swap=" DISK);
	CHECK_ERRNO(mount_try("/tmp/swap-other", "swap=" DISK), EBUSY);

	/* Nor one that is on ksmfs. */
	SYS(truncate(FILE_PATH, MIB));
	close(SYS(open(MNT "/swap", O_RDWR | O_CREAT | O_CLOEXEC, 0600)));
	SYS(truncate(MNT "/swap", MIB));
	CHECK_ERRNO(mount_try("/tmp/swap-other", "swap=" MNT "/swap"), EINVAL);
	umount_ksmfs(MNT);
	SYS(rmdir("/tmp/swap-other"));
	SYS(unlink(FILE_PATH));
	check_empty();
}

static bool is_shown(const char *option)
{
	FILE *mounts = fopen("/proc/mounts", "re");
	char line[512];
	bool found = false;

	CHECK(mounts);
	while (fgets(line, sizeof(line), mounts))
		found |= strstr(line, " ksmfs ") && strstr(line, option);
	fclose(mounts);
	return found;
}

/* Given by a remount; and then it is full. */
static void full(void)
{
	struct region r;

	file_create(MIB, 0600);
	mount_ksmfs(MNT, "size=16m");
	r = filled(MNT "/full", hard);
	swap_all(&r);
	CHECK_EQ(region_info(r.fd).swapped, 0);
	CHECK(!is_shown("swap="));
	SYS(remount_ksmfs(MNT, "swap=" FILE_PATH));
	SYS(remount_ksmfs(MNT, "swap=" FILE_PATH));
	CHECK(is_shown("swap=" FILE_PATH));
	CHECK_ERRNO(remount_ksmfs(MNT, "swap=" DISK), EBUSY);
	CHECK_EQ(mount_info(MNT).swap_pages, MIB / PAGE);

	swap_all(&r);
	swap_all(&r);
	CHECK_EQ(region_info(r.fd).swapped, MIB / PAGE);
	CHECK_EQ(region_info(r.fd).priv, PAGES - MIB / PAGE);
	CHECK_EQ(mount_info(MNT).swap_used, MIB / PAGE);
	CHECK_EQ(mount_info(MNT).swap_bad, 0);
	CHECK_EQ(stats_read().swap_errors, 0);
	check_content(&r, hard);
	CHECK_EQ(region_info(r.fd).swapped, 0);

	/* All places are wiped and used again. */
	swap_all(&r);
	CHECK_EQ(region_info(r.fd).swapped, MIB / PAGE);
	check_content(&r, hard);
	region_close(&r);
	umount_ksmfs(MNT);
	check_empty();
	SYS(unlink(FILE_PATH));
}

/* The file loses its second half: so do those who had something there. */
static void cut_short(void)
{
	size_t lost = 0, lost_in_reads = 0;
	struct region r;
	uint8_t page[PAGE], byte = 1;

	file_create(4 * MIB, 0600);
	mount_ksmfs(MNT, "size=16m,swap=" FILE_PATH);
	r = filled(MNT "/cut", hard);
	swap_all(&r);
	CHECK_EQ(region_info(r.fd).swapped, PAGES);
	SYS(truncate(FILE_PATH, PAGES / 2 * PAGE));

	for (size_t i = 0; i < PAGES; i++) {
		if (copy_guarded(page, slot(&r, i), PAGE)) {
			CHECK_PAGE(page, hard(i));
			continue;
		}
		lost++;
		CHECK(!copy_guarded(slot(&r, i), &byte, 1));
		CHECK_ERRNO(pread(r.fd, page, PAGE, i * PAGE), EIO);
		CHECK_ERRNO(pwrite(r.fd, &byte, 1, i * PAGE), EIO);
		lost_in_reads++;
	}
	CHECK_EQ(lost, PAGES / 2);
	CHECK_EQ(region_info(r.fd).swapped, lost);
	CHECK(stats_read().swap_errors >= (long long)(lost + lost_in_reads));
	CHECK_EQ(stats_read().stall_timeouts, 0);

	/* A guest that writes them anew gets rid of it. */
	punch(&r, 0, PAGES);
	for (size_t i = 0; i < PAGES; i++)
		pattern(hard(i + 1), slot(&r, i));
	for (size_t i = 0; i < PAGES; i++)
		CHECK_PAGE(slot(&r, i), hard(i + 1));
	region_close(&r);
	umount_ksmfs(MNT);
	check_empty();
	SYS(unlink(FILE_PATH));
}

/* The file has holes, and its file system no room to fill them all. */
static void no_room(void)
{
	struct region r;

	SYS(mkdir(SMALL, 0700));
	/* Not as many pages as some requests make. */
	SYS(mount("none", SMALL, "tmpfs", 0, "size=1020k"));
	close(SYS(open(SMALL "/swap", O_RDWR | O_CREAT | O_CLOEXEC, 0600)));
	SYS(truncate(SMALL "/swap", 4 * MIB));
	mount_ksmfs(MNT, "size=16m,swap=" SMALL "/swap");
	r = filled(MNT "/no-room", hard);
	for (int round = 0; round < 3; round++) {
		swap_all(&r);
		CHECK(region_info(r.fd).swapped >= MIB / PAGE / 2);
		CHECK(region_info(r.fd).swapped < MIB / PAGE);
		CHECK_EQ(region_info(r.fd).swapped + region_info(r.fd).priv,
			 PAGES);
		CHECK_EQ(mount_info(MNT).swap_bad, 0);
		CHECK(stats_read().swap_errors > 0);
		check_content(&r, hard);
		settle();
	}
	region_close(&r);
	umount_ksmfs(MNT);
	check_empty();
	SYS(umount(SMALL));
	SYS(rmdir(SMALL));
}

int main(void)
{
	if (access(DISK, F_OK))
		skip("no " DISK);
	knob_set(KNOB_sample_pages, 0);
	ways_back();
	wiped();
	packed_first();
	pinned();
	refused();
	full();
	cut_short();
	no_room();
	return 0;
}
