// SPDX-License-Identifier: GPL-2.0
/*
 * Bad system calls: ioctls, sizes and offsets, memory that is none, mappings,
 * names.  See ../lib/fuzz.h.
 *
 * vm: cpus=2 mem=1G timeout=120
 */
#include "../lib/fuzz.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define INPUTS		50000UL

/* ---- memory that is no good ---- */

static uint8_t *good, *halfway;
static const void *bad_places[7];

static void make_bad_places(void)
{
	good = (void *)SYS(mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	SYS(mprotect(good + PAGE, PAGE, PROT_NONE));
	halfway = good + PAGE - 8;
	bad_places[0] = NULL;
	bad_places[1] = good + PAGE;
	bad_places[2] = (void *)PAGE;	/* nobody may map that */
	bad_places[3] = (void *)-PAGE;
	bad_places[4] = (void *)0xffff888000000000;
	bad_places[5] = (void *)0x8000000000000000;
	bad_places[6] = (void *)8;
}

/* ---- ioctls ---- */

static const unsigned long requests[] = {
	KSMFS_IOC_REGION, KSMFS_IOC_NEXT_REGION, KSMFS_IOC_RECLAIM,
	KSMFS_IOC_LIMIT, KSMFS_IOC_MOUNT, KSMFS_IOC_SHARED,
};

/* A command that is none, however near to one it is. */
static void bad_ioctl_command(void)
{
	unsigned long request = ANY(requests);
	int fd = below(2) ? fuzz.file.fd : fuzz.top;

	switch (below(5)) {
	case 0:
		request ^= (1UL + below(3)) << _IOC_DIRSHIFT;
		break;
	case 1:
		request ^= (1UL + below((1 << _IOC_SIZEBITS) - 1)) <<
			   _IOC_SIZESHIFT;
		break;
	case 2:
		request = _IOC(below(4), 0xBA, 7 + below(249), below(1 << 14));
		break;
	case 3:
		request ^= 1UL << _IOC_TYPESHIFT;
		break;
	default:	/* of the other kind of file */
		request = fd == fuzz.top ? KSMFS_IOC_REGION :
				      requests[1 + below(5)];
	}
	input_is("ioctl %#lx on a %s", request, fd == fuzz.top ? "directory" :
		 "file");
	REFUSED(ioctl(fd, request, good), ENOTTY);
}

static void bad_ioctl_memory(void)
{
	size_t i = below(sizeof(requests) / sizeof(*requests));
	const void *place = below(4) ? ANY(bad_places) : halfway;

	memset(halfway, 0, 8);
	input_is("ioctl %#lx with memory at %p", requests[i], place);
	REFUSED(ioctl(i ? fuzz.top : fuzz.file.fd, requests[i], place), EFAULT);
}

static uint64_t no_region(void)
{
	return below(2) ? UINT64_MAX - below(1000) :
			  fuzz.before.files[1].ino + 1 + below(1ULL << 62);
}

static void bad_ioctl_content(void)
{
	struct ksmfs_reclaim reclaim = {
		.ino = fuzz.before.files[0].ino, .pages = below(UINT64_MAX),
	};
	struct ksmfs_limit limit = {
		.ino = no_region(), .frames = below(UINT64_MAX),
	};
	struct ksmfs_region_info next = { .ino = no_region() };
	struct ksmfs_shared shared = {
		.ino = fuzz.before.files[0].ino, .next = below(UINT64_MAX),
		.frames = (uintptr_t)good,
	};

	switch (below(7)) {
	case 0:
		reclaim.mode = KSMFS_RECLAIM_SWAP + 1 + below(UINT32_MAX - 2);
		input_is("reclaim, mode %u", reclaim.mode);
		REFUSED(ioctl(fuzz.top, KSMFS_IOC_RECLAIM, &reclaim), EINVAL);
		break;
	case 1:
		reclaim.mode = below(3);
		reclaim.reserved = 1 + below(UINT32_MAX);
		input_is("reclaim, reserved %u", reclaim.reserved);
		REFUSED(ioctl(fuzz.top, KSMFS_IOC_RECLAIM, &reclaim), EINVAL);
		break;
	case 2:
		reclaim.mode = below(3);
		reclaim.ino = below(20) ? no_region() :
					  fuzz.before.files[0].domain;
		input_is("reclaim, inode %llu", reclaim.ino);
		REFUSED(ioctl(fuzz.domain, KSMFS_IOC_RECLAIM, &reclaim),
			ENOENT);
		break;
	case 3:
		input_is("limit, inode %llu", limit.ino);
		REFUSED(ioctl(fuzz.top, KSMFS_IOC_LIMIT, &limit), ENOENT);
		break;
	case 4:
		input_is("shared frames from slot %llu, room for none",
			 shared.next);
		REFUSED(ioctl(fuzz.top, KSMFS_IOC_SHARED, &shared), EINVAL);
		break;
	case 5:
		shared.ino = no_region();
		shared.count = 1 + below(UINT64_MAX);
		input_is("shared frames, inode %llu", shared.ino);
		REFUSED(ioctl(fuzz.top, KSMFS_IOC_SHARED, &shared), ENOENT);
		break;
	default:
		input_is("next region, inode %llu", next.ino);
		REFUSED(ioctl(fuzz.domain, KSMFS_IOC_NEXT_REGION, &next),
			ENOENT);
	}
}

/* ---- sizes and offsets ---- */

/* Where the arithmetic of offsets ends. */
static off_t near_end(void)
{
	return INT64_MAX - (off_t)below(3 * PAGE);
}

static off_t negative(void)
{
	return -1 - (off_t)(below(2) ? below(3 * PAGE) : below(INT64_MAX));
}

static void bad_fallocate(void)
{
	static const int modes[] = {
		FALLOC_FL_COLLAPSE_RANGE, FALLOC_FL_ZERO_RANGE,
		FALLOC_FL_INSERT_RANGE, FALLOC_FL_UNSHARE_RANGE,
		FALLOC_FL_PUNCH_HOLE, FALLOC_FL_NO_HIDE_STALE,
	};
	const int punch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
	int mode = below(2) ? punch : below(2) * FALLOC_FL_KEEP_SIZE;
	off_t at = below(FUZZ_PAGES * PAGE);
	off_t length = 1 + below(FUZZ_PAGES * PAGE);

	switch (below(7)) {
	case 0:
		mode = below(2) ? ANY(modes) : (int)(1 + below(255)) << 8;
		if (below(2))
			mode |= FALLOC_FL_KEEP_SIZE;
		if (mode == punch)
			mode = FALLOC_FL_PUNCH_HOLE;
		input_is("fallocate mode %#x", mode);
		REFUSED(fallocate(fuzz.file.fd, mode, at, length), EOPNOTSUPP,
			EINVAL);
		break;
	case 1:
		input_is("fallocate at a negative offset, mode %d", mode);
		REFUSED(fallocate(fuzz.file.fd, mode, negative(), length),
			EINVAL);
		break;
	case 2:
		input_is("fallocate of a negative length, mode %d", mode);
		REFUSED(fallocate(fuzz.file.fd, mode, at,
				  below(9) ? negative() : 0), EINVAL);
		break;
	case 3:
		at = near_end();
		length = INT64_MAX - at + 1 + below(1ULL << 40);
		input_is("fallocate beyond the end, mode %d", mode);
		REFUSED(fallocate(fuzz.file.fd, mode, at, length), EFBIG);
		break;
	case 4:	/* more than the mount has */
		at = below(INT64_MAX / 2);
		length = 65 * MIB + below(INT64_MAX / 2 - 65 * MIB);
		mode &= FALLOC_FL_KEEP_SIZE;
		input_is("fallocate of %ld bytes at %ld, mode %d", length, at,
			 mode);
		REFUSED(fallocate(fuzz.file.fd, mode, at, length), ENOSPC);
		break;
	case 5:
		input_is("fallocate without the right to write, mode %d", mode);
		REFUSED(fallocate(fuzz.read_only, mode, at, length), EBADF);
		break;
	default:
		input_is("fallocate of a directory, mode %d", mode);
		REFUSED(fallocate(fuzz.top, mode, at, length), EBADF, EISDIR);
	}
}

static void bad_size(void)
{
	switch (below(5)) {
	case 0:
		input_is("ftruncate to a negative size");
		REFUSED(ftruncate(fuzz.file.fd, negative()), EINVAL);
		break;
	case 1:
		input_is("ftruncate without the right to write");
		REFUSED(ftruncate(fuzz.read_only, below(INT64_MAX)), EINVAL);
		break;
	case 2:
		input_is("truncate of a directory");
		REFUSED(truncate(MNT "/a", below(INT64_MAX)), EISDIR);
		break;
	case 3:
		input_is("lseek from an unknown place");
		REFUSED(lseek(fuzz.file.fd, 0, 5 + below(1 << 30)), EINVAL);
		break;
	default:
		input_is("lseek beyond the end, or before the beginning");
		if (below(2))
			REFUSED(lseek(fuzz.file.fd,
				      FUZZ_PAGES * PAGE + below(1ULL << 62),
				      below(2) ? SEEK_DATA : SEEK_HOLE), ENXIO);
		else
			REFUSED(lseek(fuzz.file.fd, negative(),
				      below(2) ? SEEK_SET : SEEK_DATA),
				EINVAL, ENXIO);
	}
}

static void bad_transfer(void)
{
	const void *place = ANY(bad_places);
	/* A page with content that was merged, and one that is a hole. */
	off_t at = below(FUZZ_PAGES) * PAGE;
	struct iovec none = { good, 1 };
	int many = IOV_MAX + 1 + below(INT_MAX);

	switch (below(7)) {
	case 0:
		input_is("read at a negative offset");
		REFUSED(pread(fuzz.file.fd, good, 1, negative()), EINVAL);
		break;
	case 1:
		input_is("write at a negative offset");
		REFUSED(pwrite(fuzz.file.fd, good, 1, negative()), EINVAL);
		break;
	case 2:
		input_is("write at the largest offset");
		REFUSED(pwrite(fuzz.file.fd, good, 1 + below(PAGE), INT64_MAX),
			EFBIG, EINVAL);
		break;
	case 3:
		input_is("read of %ld to %p", at, place);
		REFUSED(pread(fuzz.file.fd, (void *)place, PAGE, at), EFAULT);
		break;
	case 4:
		input_is("write at %ld from %p", at, place);
		REFUSED(pwrite(fuzz.file.fd, place, PAGE, at), EFAULT);
		break;
	case 5:
		input_is("a vector of too many pieces, or of none");
		REFUSED(below(2) ? preadv(fuzz.file.fd, &none, many, 0) :
				   pwritev(fuzz.file.fd, &none, many, 0),
			EINVAL);
		break;
	default:
		input_is("write without the right to, or to a directory");
		REFUSED(pwrite(below(2) ? fuzz.read_only : fuzz.top, good, 1,
			       at), EBADF);
	}
}

/* ---- mappings ---- */

static void bad_mmap(void)
{
	static const int flags[] = { 0x04, 0x08, 0x0c };
	const int both = PROT_READ | PROT_WRITE;

	switch (below(7)) {
	case 0:
		input_is("mmap of nothing");
		REFUSED(mmap(NULL, 0, both, MAP_SHARED, fuzz.file.fd, 0),
			EINVAL);
		break;
	case 1:
		input_is("mmap off a page's beginning");
		REFUSED(mmap(NULL, PAGE, both, MAP_SHARED, fuzz.file.fd,
			     1 + below(PAGE - 1)), EINVAL);
		break;
	case 2:
		input_is("mmap of more than there are addresses");
		REFUSED(mmap(NULL, (1ULL << 47) + below(1ULL << 62), both,
			     MAP_SHARED, fuzz.file.fd, 0), ENOMEM, EOVERFLOW);
		break;
	case 3:	/* by page number, as mmap(2) has a negative offset */
		input_is("mmap beyond the largest offset");
		REFUSED(mmap(NULL, PAGE * (1 + below(64)), both, MAP_SHARED,
			     fuzz.file.fd, negative() & -PAGE),
			EOVERFLOW, EINVAL);
		break;
	case 4:
		input_is("mmap neither shared nor private");
		REFUSED(mmap(NULL, PAGE, both, ANY(flags), fuzz.file.fd, 0),
			EINVAL, EOPNOTSUPP);
		break;
	case 5:
		input_is("mmap without the right to write");
		REFUSED(mmap(NULL, PAGE, both, MAP_SHARED, fuzz.read_only, 0),
			EACCES);
		break;
	default:
		input_is("mmap with flags that are none, or not for us");
		REFUSED(mmap(NULL, PAGE, both, MAP_SHARED_VALIDATE |
			     (below(2) ? MAP_SYNC : 1U << (21 + below(5))),
			     fuzz.file.fd, 0), EOPNOTSUPP);
	}
}

static void bad_mapping_call(void)
{
	uint8_t *page = slot(&fuzz.file, below(FUZZ_PAGES));

	switch (below(6)) {
	case 0:
		input_is("madvise, unknown advice");
		REFUSED(madvise(page, PAGE, 200 + below(1 << 30)), EINVAL);
		break;
	case 1:
		input_is("madvise off a page's beginning");
		REFUSED(madvise(page + 1 + below(PAGE - 1), PAGE,
				MADV_DONTNEED), EINVAL);
		break;
	case 2:
		input_is("madvise MADV_FREE, which is for private memory");
		REFUSED(madvise(page, PAGE, MADV_FREE), EINVAL);
		break;
	case 3:
		input_is("madvise of what is not mapped");
		REFUSED(madvise((void *)PAGE, PAGE, below(5)), ENOMEM);
		break;
	case 4:
		input_is("msync, unknown flags");
		REFUSED(msync(page, PAGE, 8 << below(20)), EINVAL);
		break;
	default:
		input_is("mremap, unknown flags");
		REFUSED(mremap(page, PAGE, PAGE, 8 << below(20)), EINVAL);
	}
}

/* ---- names ---- */

static void bad_name(void)
{
	static char path[400];
	dev_t device = below(1 << 20);

	memset(path, 'n', sizeof(path) - 1);
	memcpy(path, MNT "/", sizeof(MNT));
	switch (below(7)) {
	case 0:
		path[sizeof(MNT) + 256 + below(100)] = '\0';
		input_is("a name that is too long");
		REFUSED(open(path, O_CREAT | O_RDWR, 0600), ENAMETOOLONG);
		break;
	case 1:
		input_is("a device or socket");
		REFUSED(mknod(MNT "/a/x", below(2) ? S_IFCHR : S_IFBLK, device),
			EPERM);
		break;
	case 2:
		input_is("a symbolic link");
		REFUSED(symlink("file", MNT "/a/x"), EPERM);
		break;
	case 3:
		input_is("a link into another domain");
		REFUSED(link(FUZZ_FILE, below(2) ? MNT "/b/x" : MNT "/x"),
			EXDEV);
		break;
	case 4:
		input_is("a rename into another domain");
		REFUSED(rename(FUZZ_FILE, below(2) ? MNT "/b/x" : MNT "/x"),
			EXDEV);
		break;
	case 5:
		input_is("a rename with unknown flags");
		REFUSED(renameat2(AT_FDCWD, FUZZ_FILE, AT_FDCWD, MNT "/a/x",
				  4 << below(20)), EINVAL);
		break;
	default:
		input_is("a name that is taken, or must not be");
		if (below(2))
			REFUSED(open(FUZZ_FILE, O_CREAT | O_EXCL | O_RDWR,
				     0600), EEXIST);
		else
			REFUSED(rmdir(MNT "/a"), ENOTEMPTY);
	}
}

/* ---- the run ---- */

int main(int argc, char **argv)
{
	static const struct fuzz_group groups[] = {
		{ bad_ioctl_command, 10 },
		{ bad_ioctl_memory, 6 },
		{ bad_ioctl_content, 6 },
		{ bad_fallocate, 8 },
		{ bad_size, 5 },
		{ bad_transfer, 6 },
		{ bad_mmap, 5 },
		{ bad_mapping_call, 3 },
		{ bad_name, 1 },
		{},
	};

	fuzz_mount();
	make_bad_places();
	fuzz_run(argc, argv, INPUTS, groups);
	fuzz_umount();
	return 0;
}
