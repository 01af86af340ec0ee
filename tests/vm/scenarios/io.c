// SPDX-License-Identifier: GPL-2.0
/*
 * read(2), write(2), splice(2), fallocate(2) and lseek(2), on any slot.
 *
 *	slot   0       1       2      3      4..
 *	     private  shared  zero   hole   ...          and the end, off a page
 *
 * Each call is made with offsets and lengths on and off page borders, over
 * slots of all kinds, and compared with the same call on an array.
 *
 * vm: cpus=2 mem=1G timeout=90
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGES	32
#define BYTES	(PAGES * PAGE)
#define EQUAL	1000
#define CALLS	2000

static uint64_t seed = 1;
static uint8_t shadow[BYTES], buffer[BYTES];
static off_t size;		/* of the file, kept beside the shadow */

static int create(const char *path, int flags)
{
	return SYS(open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | flags,
			0600));
}

/* Slots of all four kinds, over and over; the shadow has the same. */
static void fill(int fd)
{
	memset(shadow, 0, BYTES);
	SYS(ftruncate(fd, 0));
	for (size_t i = 0; i < PAGES; i++) {
		if (i % 4 == 3)
			continue;
		pattern(i % 4 == 2 ? 0 : i % 4 == 1 ? EQUAL : 1 + i,
			shadow + i * PAGE);
		CHECK_EQ(pwrite(fd, shadow + i * PAGE, PAGE, i * PAGE), PAGE);
	}
	size = BYTES;
	SYS(ftruncate(fd, size));
	settle();
	CHECK_EQ(region_info(fd).priv, PAGES / 4);
	CHECK_EQ(region_info(fd).shared, PAGES / 4);
	CHECK_EQ(region_info(fd).zero, PAGES / 4);
	CHECK_EQ(region_info(fd).holes, PAGES / 4);
}

static void compare(const void *got, off_t offset, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (((uint8_t *)got)[i] != shadow[offset + i])
			FAIL("byte %zu: expected %#x, got %#x",
			     (size_t)offset + i, shadow[offset + i],
			     ((uint8_t *)got)[i]);
}

static void compare_file(int fd)
{
	struct stat st;

	SYS(fstat(fd, &st));
	CHECK_EQ(st.st_size, size);
	CHECK_EQ(pread(fd, buffer, BYTES, 0), size);
	compare(buffer, 0, size);
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Like pread(2) of @length at @offset: what can be had. */
static size_t available(off_t offset, size_t length)
{
	return offset < size ? least(length, size - offset) : 0;
}

/* What has been written at @offset is in @buffer. */
static void written(off_t offset, size_t length)
{
	memcpy(shadow + offset, buffer, length);
	if (offset + (off_t)length > size)
		size = offset + length;
}

static void random_calls(int fd)
{
	struct rng rng = { seed };

	for (int n = 0; n < CALLS; n++) {
		off_t offset = rng_below(&rng, BYTES);
		size_t length = 1 + rng_below(&rng, BYTES - offset);
		size_t half = length / 2;
		struct iovec parts[2] = {
			{ buffer, half }, { buffer + half, length - half },
		};

		if (rng_below(&rng, 2))
			length = 1 + rng_below(&rng, least(length, 5000));
		half = length / 2;
		parts[0].iov_len = half;
		parts[1].iov_base = buffer + half;
		parts[1].iov_len = length - half;
		switch (rng_below(&rng, 6)) {
		case 0:
			CHECK_EQ(pread(fd, buffer, length, offset),
				 available(offset, length));
			compare(buffer, offset, available(offset, length));
			break;
		case 1:
			CHECK_EQ(preadv(fd, parts, 2, offset),
				 available(offset, length));
			compare(buffer, offset, available(offset, length));
			break;
		case 2:
			memset(buffer, rng_next(&rng), length);
			CHECK_EQ(pwrite(fd, buffer, length, offset), length);
			written(offset, length);
			break;
		case 3:
			memset(buffer, n, length);
			CHECK_EQ(pwritev(fd, parts, 2, offset), length);
			written(offset, length);
			break;
		case 4:
			SYS(fallocate(fd, FALLOC_FL_PUNCH_HOLE |
				      FALLOC_FL_KEEP_SIZE, offset, length));
			memset(shadow + offset, 0, length);
			break;
		default:
			if (rng_below(&rng, 4))
				break;
			SYS(ftruncate(fd, offset));
			memset(shadow + offset, 0, BYTES - offset);
			size = offset;
		}
	}
	compare_file(fd);
}

/* Errors of the calls themselves. */
static void bad_calls(int fd)
{
	uint8_t *nowhere = (void *)SYS(mmap(NULL, PAGE, PROT_NONE,
					    MAP_PRIVATE | MAP_ANONYMOUS, -1,
					    0));
	uint8_t byte = 1;

	CHECK_ERRNO(pread(fd, &byte, 1, -1), EINVAL);
	CHECK_ERRNO(pwrite(fd, nowhere, 1, 0), EFAULT);
	CHECK_ERRNO(pread(fd, nowhere, 1, 0), EFAULT);
	CHECK_ERRNO(pwrite(fd, &byte, 1, -1), EINVAL);
	CHECK_ERRNO(ftruncate(fd, INT64_MIN), EINVAL);
	CHECK_ERRNO(fallocate(fd, 0, 0, 0), EINVAL);
	CHECK_ERRNO(fallocate(fd, 0, -1, 1), EINVAL);
	CHECK_ERRNO(fallocate(fd, 0, INT64_MAX - 1, 2), EFBIG);
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 1), EOPNOTSUPP);
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_ZERO_RANGE, 0, PAGE), EOPNOTSUPP);
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_COLLAPSE_RANGE, 0, PAGE),
		    EOPNOTSUPP);
	CHECK_ERRNO(fallocate(fd, FALLOC_FL_INSERT_RANGE, 0, PAGE),
		    EOPNOTSUPP);
	SYS(fsync(fd));
	SYS(fdatasync(fd));
	SYS(munmap(nowhere, PAGE));
	compare_file(fd);
}

static void append(void)
{
	int fd = create(MNT "/log", O_APPEND);

	CHECK_EQ(write(fd, "one", 3), 3);
	SYS(lseek(fd, 0, SEEK_SET));
	CHECK_EQ(write(fd, "two", 3), 3);
	CHECK_EQ(pread(fd, buffer, 100, 0), 6);
	CHECK(!memcmp(buffer, "onetwo", 6));
	SYS(close(fd));
	SYS(unlink(MNT "/log"));
}

/* Far beyond the end: a file of 1 TiB costs what is in it. */
static void sparse(void)
{
	int fd = create(MNT "/sparse", 0);
	const off_t far = (off_t)MIB * MIB;
	struct stat st;

	CHECK_EQ(pwrite(fd, "x", 1, far), 1);
	SYS(fstat(fd, &st));
	CHECK_EQ(st.st_size, far + 1);
	CHECK_EQ(st.st_blocks, PAGE / 512);
	CHECK_EQ(pread(fd, buffer, 10, far - 5), 6);
	CHECK(!memcmp(buffer, "\0\0\0\0\0x", 6));
	CHECK_EQ(region_info(fd).pages, far / PAGE + 1);
	CHECK_EQ(region_info(fd).holes, far / PAGE);
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), far);
	settle();

	/* As far as it goes. */
	CHECK_EQ(pwrite(fd, "y", 1, INT64_MAX - 1), 1);
	SYS(fstat(fd, &st));
	CHECK_EQ(st.st_size, INT64_MAX);
	CHECK_ERRNO(pwrite(fd, "z", 1, INT64_MAX), EINVAL);
	CHECK_EQ(pread(fd, buffer, 1, INT64_MAX - 1), 1);
	CHECK_EQ(buffer[0], 'y');
	settle();
	check_balance();
	SYS(ftruncate(fd, far));
	CHECK_EQ(region_info(fd).priv, 0);
	SYS(close(fd));
	SYS(unlink(MNT "/sparse"));
}

static void seek(void)
{
	int fd = create(MNT "/seek", 0);

	/* hole, two pages of data, hole, a page and a bit, the end */
	pattern(1, buffer);
	CHECK_EQ(pwrite(fd, buffer, PAGE, 2 * PAGE), PAGE);
	CHECK_EQ(pwrite(fd, buffer, PAGE, 3 * PAGE), PAGE);
	CHECK_EQ(pwrite(fd, buffer, PAGE, 6 * PAGE), PAGE);
	CHECK_EQ(pwrite(fd, buffer, 100, 7 * PAGE), 100);
	settle();		/* merged pages are data, too */
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), 2 * PAGE);
	CHECK_EQ(lseek(fd, 0, SEEK_HOLE), 0);
	CHECK_EQ(lseek(fd, 2 * PAGE + 5, SEEK_DATA), 2 * PAGE + 5);
	CHECK_EQ(lseek(fd, 2 * PAGE + 5, SEEK_HOLE), 4 * PAGE);
	CHECK_EQ(lseek(fd, 4 * PAGE + 5, SEEK_HOLE), 4 * PAGE + 5);
	CHECK_EQ(lseek(fd, 4 * PAGE + 5, SEEK_DATA), 6 * PAGE);
	CHECK_EQ(lseek(fd, 6 * PAGE, SEEK_HOLE), 7 * PAGE + 100);
	CHECK_ERRNO(lseek(fd, 7 * PAGE + 100, SEEK_DATA), ENXIO);
	CHECK_ERRNO(lseek(fd, 7 * PAGE + 100, SEEK_HOLE), ENXIO);
	CHECK_ERRNO(lseek(fd, -1, SEEK_DATA), ENXIO);
	CHECK_EQ(lseek(fd, -100, SEEK_END), 7 * PAGE);
	SYS(ftruncate(fd, 10 * PAGE));
	CHECK_ERRNO(lseek(fd, 8 * PAGE, SEEK_DATA), ENXIO);
	CHECK_EQ(lseek(fd, 8 * PAGE, SEEK_HOLE), 8 * PAGE);
	SYS(close(fd));
	SYS(unlink(MNT "/seek"));
}

static void preallocate(void)
{
	int fd = create(MNT "/file", 0);
	struct stat st;

	knob_set(KNOB_run, 0);	/* which would free the zeros again */
	SYS(fallocate(fd, 0, PAGE + 10, PAGE));
	SYS(fstat(fd, &st));
	CHECK_EQ(st.st_size, 2 * PAGE + 10);
	CHECK_EQ(st.st_blocks, 2 * PAGE / 512);
	CHECK_EQ(region_info(fd).priv, 2);
	CHECK_EQ(region_info(fd).holes, 1);

	SYS(fallocate(fd, FALLOC_FL_KEEP_SIZE, 4 * PAGE, 2 * PAGE));
	SYS(fstat(fd, &st));
	CHECK_EQ(st.st_size, 2 * PAGE + 10);
	CHECK_EQ(st.st_blocks, 4 * PAGE / 512);
	CHECK_EQ(region_info(fd).priv, 4);
	check_balance();
	CHECK_EQ(pread(fd, buffer, BYTES, 0), 2 * PAGE + 10);
	CHECK_PAGE(buffer, 0);
	CHECK_PAGE(buffer + PAGE, 0);

	/* Grown to there they are zeros; a truncate takes them away. */
	SYS(ftruncate(fd, 6 * PAGE));
	CHECK_EQ(pread(fd, buffer, BYTES, 0), 6 * PAGE);
	CHECK_PAGE(buffer + 4 * PAGE, 0);
	SYS(ftruncate(fd, 3 * PAGE));
	CHECK_EQ(region_info(fd).priv, 2);
	CHECK_EQ(region_info(fd).pages, 3);
	settle();
	CHECK_EQ(region_info(fd).zero, 2);
	SYS(fallocate(fd, 0, 0, 3 * PAGE));
	CHECK_EQ(region_info(fd).priv, 3);
	SYS(close(fd));
	SYS(unlink(MNT "/file"));
	knob_set(KNOB_run, 1);
}

/* Through pipes, in both directions, with offsets off the page. */
static void splices(int fd)
{
	int to = create(MNT "/to", 0), memory = SYS(memfd_create("x", 0));
	int ends[2], copy[2];
	off_t from = 0;

	/* file -> file, file -> tmpfs, tmpfs -> file */
	while (from < size)
		CHECK(SYS(sendfile(to, fd, &from, 10000)) > 0);
	compare_file(to);
	from = 0;
	while (from < size)
		CHECK(SYS(sendfile(memory, fd, &from, 10000)) > 0);
	CHECK_EQ(pread(memory, buffer, BYTES, 0), size);
	compare(buffer, 0, size);
	SYS(ftruncate(to, 0));
	SYS(lseek(to, 0, SEEK_SET));
	from = 0;
	while (from < size)
		CHECK(SYS(sendfile(to, memory, &from, 10000)) > 0);
	compare_file(to);

	/* file -> pipe -tee-> pipe, both read */
	SYS(pipe(ends));
	SYS(pipe(copy));
	for (off_t offset = 100; offset + 8000 < size; offset += 7000) {
		from = offset;
		for (ssize_t got = 0; got < 8000;)
			got += SYS(splice(fd, &from, ends[1], NULL, 8000 - got,
					  0));
		CHECK_EQ(tee(ends[0], copy[1], 8000, 0), 8000);
		CHECK_EQ(read(ends[0], buffer, 8000), 8000);
		compare(buffer, offset, 8000);
		CHECK_EQ(read(copy[0], buffer, 8000), 8000);
		compare(buffer, offset, 8000);
	}

	/* pipe -> file, over merged slots */
	for (off_t offset = 50; offset + 6000 < size; offset += 9000) {
		off_t at = offset;

		memset(buffer, offset, 6000);
		CHECK_EQ(write(ends[1], buffer, 6000), 6000);
		for (ssize_t put = 0; put < 6000;)
			put += SYS(splice(ends[0], NULL, fd, &at, 6000 - put,
					  0));
		written(offset, 6000);
	}
	compare_file(fd);

	/* copy_file_range(2) inside the file system */
	for (loff_t in = 0, out = 0; in < size;)
		CHECK(SYS(copy_file_range(fd, &in, to, &out, BYTES, 0)) > 0);
	compare_file(to);
	for (int i = 0; i < 2; i++) {
		SYS(close(ends[i]));
		SYS(close(copy[i]));
	}
	SYS(close(memory));
	SYS(close(to));
	SYS(unlink(MNT "/to"));
}

/* Source and target of one call are the same pages. */
static void onto_itself(int fd)
{
	uint8_t *map = (void *)SYS(mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
					MAP_SHARED, fd, 0));

	CHECK_EQ(size, BYTES);
	for (int fresh = 0; fresh < 2; fresh++) {
		if (fresh) {	/* nothing mapped: the copy itself faults */
			SYS(munmap(map, BYTES));
			map = (void *)SYS(mmap(NULL, BYTES,
					       PROT_READ | PROT_WRITE,
					       MAP_SHARED, fd, 0));
		}
		CHECK_EQ(pwrite(fd, map, BYTES, 0), BYTES);
		compare_file(fd);
		CHECK_EQ(pread(fd, map, BYTES, 0), BYTES);
		compare_file(fd);
		CHECK_EQ(pwrite(fd, map + 5 * PAGE, PAGE, 100), PAGE);
		memcpy(shadow + 100, shadow + 5 * PAGE, PAGE);
		compare_file(fd);
		settle();
	}
	SYS(munmap(map, BYTES));
}

int main(int argc, char **argv)
{
	int fd;

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	say("seed %llu", (unsigned long long)seed);
	mount_ksmfs(MNT, "size=16m");
	fd = create(MNT "/file", 0);
	fill(fd);
	compare_file(fd);
	bad_calls(fd);
	splices(fd);
	fill(fd);
	onto_itself(fd);
	random_calls(fd);
	settle();
	compare_file(fd);
	check_balance();
	SYS(close(fd));
	SYS(unlink(MNT "/file"));
	append();
	sparse();
	seek();
	preallocate();
	check_empty();
	umount_ksmfs(MNT);
	return 0;
}
