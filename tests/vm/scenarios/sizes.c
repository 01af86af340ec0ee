// SPDX-License-Identifier: GPL-2.0
/*
 * Sizes and offsets up to the largest there are, where arithmetic is tempted
 * to overflow: of files, and of mounts.
 *
 * A file of each size has its last byte written, read, found, punched, cut off
 * and mapped, and nothing before it changes; two equal pages at the ends of
 * one are merged, however far apart they are.  What is too large is refused,
 * and leaves no trace.
 *
 * vm: cpus=2 mem=1G timeout=60
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define TIB	(MIB * MIB)
#define PUNCH	(FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)

static const off_t sizes[] = {
	1, PAGE - 1, PAGE, PAGE + 1, INT_MAX, INT_MAX + 1L, UINT_MAX,
	UINT_MAX + 1L, TIB, TIB + 1, LONG_MAX - PAGE, LONG_MAX - PAGE + 1,
	LONG_MAX - PAGE + 2, LONG_MAX - 1, LONG_MAX,
};

static uint64_t pages_of(off_t size)
{
	return (size - 1) / PAGE + 1;
}

static int byte_at(int fd, off_t at)
{
	uint8_t byte = 0xff;

	CHECK_EQ(pread(fd, &byte, 1, at), 1);
	return byte;
}

static void put_byte(int fd, off_t at, uint8_t byte)
{
	CHECK_EQ(pwrite(fd, &byte, 1, at), 1);
}

static off_t size_of(int fd)
{
	struct stat st;

	SYS(fstat(fd, &st));
	return st.st_size;
}

static void check_empty_file(int fd, off_t size)
{
	struct ksmfs_region_info info = region_info(fd);
	uint8_t byte;

	CHECK_EQ(size_of(fd), size);
	CHECK_EQ(info.pages, pages_of(size));
	CHECK_EQ(info.holes, pages_of(size));
	CHECK_EQ(lseek(fd, 0, SEEK_END), size);
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 0);
	CHECK_ERRNO(lseek(fd, 0, SEEK_DATA), ENXIO);
	CHECK_ERRNO(lseek(fd, size - 1, SEEK_DATA), ENXIO);
	CHECK_EQ(byte_at(fd, size - 1), 0);
	if (size < LONG_MAX)
		CHECK_EQ(pread(fd, &byte, 1, size), 0);
	CHECK_ERRNO(pwrite(fd, &byte, 1, LONG_MAX), EINVAL);
}

/* The last page holds 1 at its beginning, unless that is its end, and 2. */
static void check_last_byte(int fd, off_t size)
{
	off_t last = size - 1, page = last & -PAGE;
	bool has_two = last > page;

	put_byte(fd, page, 1);
	put_byte(fd, last, 2);
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), page);
	CHECK_EQ(lseek(fd, last, SEEK_DATA), last);
	CHECK_EQ(lseek(fd, last, SEEK_HOLE), size);
	CHECK_EQ(region_info(fd).priv, 1);

	SYS(fallocate(fd, PUNCH, last, 1));
	CHECK_EQ(byte_at(fd, last), 0);
	CHECK(!has_two || byte_at(fd, page) == 1);

	put_byte(fd, last, 2);
	SYS(ftruncate(fd, last));
	SYS(ftruncate(fd, size));
	CHECK_EQ(byte_at(fd, last), 0);
	CHECK(!has_two || byte_at(fd, page) == 1);

	put_byte(fd, last, 2);
	SYS(fallocate(fd, PUNCH, 0, size));	/* a part of a page stays */
	CHECK_EQ(byte_at(fd, last), 0);
	CHECK_EQ(byte_at(fd, page), 0);
	SYS(ftruncate(fd, 0));
	SYS(ftruncate(fd, size));
	check_empty_file(fd, size);
}

static void check_mapping(int fd, off_t size)
{
	off_t last = size - 1, page = last & -PAGE;
	uint8_t *map, byte;

	/* A page that ends behind all offsets cannot be mapped. */
	if (page > (off_t)(LONG_MAX - PAGE)) {
		CHECK_ERRNO(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, page),
			    EOVERFLOW);
		return;
	}
	map = (void *)SYS(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			       fd, page));
	CHECK_EQ(map[last - page], 0);
	map[last - page] = 3;
	CHECK_EQ(byte_at(fd, last), 3);
	SYS(munmap(map, PAGE));
	SYS(fallocate(fd, PUNCH, page, size - page));
	if (page > (off_t)(LONG_MAX - 2 * PAGE))
		return;
	map = (void *)SYS(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			       fd, page + PAGE));
	CHECK(!copy_guarded(&byte, map, 1));
	CHECK(!copy_guarded(map, &byte, 1));
	SYS(munmap(map, PAGE));
}

static void check_fallocate(int fd, off_t size)
{
	struct ksmfs_region_info before = region_info(fd), after;
	off_t page = (size - 1) & -PAGE;

	CHECK_ERRNO(fallocate(fd, 0, 0, LONG_MAX), ENOSPC);
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, LONG_MAX), ENOSPC);
	CHECK_ERRNO(fallocate(fd, 0, LONG_MAX, LONG_MAX), EFBIG);
	CHECK_ERRNO(fallocate(fd, PUNCH, LONG_MAX, 1), EFBIG);
	after = region_info(fd);
	CHECK(!memcmp(&before, &after, sizeof(before)));
	CHECK_EQ(size_of(fd), size);

	SYS(fallocate(fd, FALLOC_FL_KEEP_SIZE, page, size - page));
	CHECK_EQ(region_info(fd).priv, 1);
	CHECK_EQ(region_info(fd).pages, pages_of(size));
}

/* Two equal pages, one at each end. */
static void check_merge(int fd, off_t size)
{
	uint64_t pages = pages_of(size);
	static uint8_t page[PAGE];

	SYS(fallocate(fd, PUNCH, 0, size));
	pattern(7, page);
	CHECK_EQ(pwrite(fd, page, PAGE, 0), PAGE);
	CHECK_EQ(pwrite(fd, page, PAGE, (pages - 1) * PAGE - PAGE), PAGE);
	settle();
	CHECK_EQ(region_info(fd).shared, 2);
	CHECK_EQ(region_info(fd).pages, pages);
	check_balance();
}

static void check_size(off_t size)
{
	int fd = SYS(open(MNT "/file", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
			  0600));

	SYS(ftruncate(fd, size));
	check_empty_file(fd, size);
	check_last_byte(fd, size);
	check_mapping(fd, size);
	check_fallocate(fd, size);
	if (pages_of(size) > 2)
		check_merge(fd, size);
	SYS(unlink(MNT "/file"));
	SYS(close(fd));
	CHECK_EQ(mount_info(MNT).used, 0);
}

static void check_mount(const char *options, uint64_t pages)
{
	struct statvfs fs;

	mount_ksmfs(MNT, options);
	SYS(statvfs(MNT, &fs));
	CHECK_EQ(fs.f_blocks, pages);
	CHECK_EQ(fs.f_bfree, pages);
	CHECK_EQ(fs.f_bavail, pages);	/* what is kept follows what is merged */
	CHECK_EQ(mount_info(MNT).size, pages);
	CHECK_EQ(mount_info(MNT).reserve, 0);
	SYS(close(SYS(open(MNT "/file", O_RDWR | O_CREAT, 0600))));
	umount_ksmfs(MNT);
}

static void check_mounts(void)
{
	const unsigned long most = LONG_MAX - PAGE;
	struct sysinfo memory;
	char options[64];

	SYS(sysinfo(&memory));
	check_mount("size=100%", memory.totalram * memory.mem_unit / PAGE);
	check_mount("size=1", 1);
	snprintf(options, sizeof(options), "size=%lu,break_reserve=%lu", most,
		 most);
	check_mount(options, most / PAGE + 1);
	snprintf(options, sizeof(options), "size=%lu", most + 1);
	CHECK_ERRNO(mount_try(MNT, options), EINVAL);
	CHECK_ERRNO(mount_try(MNT, "size=0"), EINVAL);
	CHECK_ERRNO(mount_try(MNT, "size=101%"), EINVAL);
	snprintf(options, sizeof(options), "nr_inodes=%lu", most + 1);
	CHECK_ERRNO(mount_try(MNT, options), EINVAL);
}

int main(void)
{
	knob_set(KNOB_run, 0);	/* passes are made when they are asked for */
	mount_ksmfs(MNT, "size=1m");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		say("a file of %ld bytes", sizes[i]);
		check_size(sizes[i]);
	}
	umount_ksmfs(MNT);
	check_mounts();
	check_empty();
	return 0;
}
