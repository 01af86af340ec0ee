// SPDX-License-Identifier: GPL-2.0
/*
 * Uses that files of guest RAM are not made for: each works or is refused, and
 * content stays what it was.
 *
 *  refused    swapon(2), attributes and quotas, symbolic links, devices,
 *             O_DIRECT, userfaultfd(2), leases of pages that a file has not
 *  works      a loop device on a file, its pages merged under it; a bind mount;
 *             a mount that becomes read-only, in which merging goes on; the
 *             largest size a file may have; a descriptor that is sent away
 *
 * vm: cpus=2 mem=1G timeout=60
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/loop.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/quota.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef UFFD_FEATURE_WP_ASYNC
#define UFFD_FEATURE_WP_ASYNC (1 << 15)
#endif

#define FILE_PATH MNT "/file"
#define BOUND	"/tmp/bound"
#define PAGES	64UL
#define EQUAL	1UL
#define NEW	100UL

static struct region r;

static void check(void)
{
	for (size_t i = 0; i < PAGES; i++)
		CHECK_PAGE(slot(&r, i), EQUAL);
}

static void refused(void)
{
	int flags = FS_IMMUTABLE_FL;

	CHECK_ERRNO(swapon(FILE_PATH, 0), EINVAL);
	CHECK_ERRNO(setxattr(FILE_PATH, "user.name", "x", 1, 0), EOPNOTSUPP);
	CHECK_ERRNO(ioctl(r.fd, FS_IOC_SETFLAGS, &flags), ENOTTY);
	CHECK_ERRNO(symlink("file", MNT "/symlink"), EPERM);
	CHECK_ERRNO(mkfifo(MNT "/fifo", 0600), EPERM);
	CHECK_ERRNO(open(FILE_PATH, O_RDWR | O_DIRECT | O_CLOEXEC), EINVAL);
	CHECK_ERRNO(ioctl(r.fd, FICLONE, r.fd), EOPNOTSUPP);
	CHECK_EQ(syscall(SYS_quotactl_fd, r.fd, QCMD(Q_GETFMT, USRQUOTA), 0,
			 &flags), -1);
	check();
}

static void refuse_userfaults(uint64_t features, uint64_t mode)
{
	struct uffdio_api api = { .api = UFFD_API, .features = features };
	struct uffdio_register range = {
		.range = { (uintptr_t)r.map, PAGES * PAGE },
		.mode = mode,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (fd < 0) {
		say("no userfaultfd(2): %m");
		return;
	}
	if (!ioctl(fd, UFFDIO_API, &api)) {
		CHECK_ERRNO(ioctl(fd, UFFDIO_REGISTER, &range), EINVAL);
	} else {
		CHECK(features);
		say("userfaultfd(2) has not all of %#jx: %m",
		    (uintmax_t)features);
	}
	close(fd);
	check();
}

/* Asynchronous write-protection takes other memory than anonymous, too. */
static void userfaults(void)
{
	refuse_userfaults(0, UFFDIO_REGISTER_MODE_MISSING);
	refuse_userfaults(0, UFFDIO_REGISTER_MODE_WP);
	refuse_userfaults(UFFD_FEATURE_WP_ASYNC, UFFDIO_REGISTER_MODE_WP);
}

/* What goes in and out through the device is the file's, merged or not. */
static void looped(void)
{
	uint8_t page[PAGE] __attribute__((aligned(PAGE)));
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), loop;
	char path[32] = "/dev/loop";
	int number;

	if (control < 0) {
		say("no loop devices");
		return;
	}
	number = SYS(ioctl(control, LOOP_CTL_GET_FREE));
	close(control);
	path[strlen(path)] = '0' + number;
	CHECK(number < 10);
	loop = SYS(open(path, O_RDWR | O_DIRECT | O_CLOEXEC));
	SYS(ioctl(loop, LOOP_SET_FD, r.fd));
	for (size_t i = 0; i < PAGES; i += 2) {
		pattern(NEW, page);
		CHECK_EQ(pwrite(loop, page, PAGE, i * PAGE), PAGE);
	}
	SYS(fsync(loop));
	settle();
	CHECK_EQ(stats_read().pages_shared, 2);
	for (size_t i = 0; i < PAGES; i++) {
		CHECK_EQ(pread(loop, page, PAGE, i * PAGE), PAGE);
		CHECK_PAGE(page, i % 2 ? EQUAL : NEW);
		CHECK_PAGE(slot(&r, i), i % 2 ? EQUAL : NEW);
	}
	SYS(ioctl(loop, LOOP_CLR_FD, 0));
	close(loop);
	for (size_t i = 0; i < PAGES; i += 2)
		pattern(EQUAL, slot(&r, i));
}

static void bound(void)
{
	uint8_t page[PAGE];
	int fd;

	SYS(mkdir(BOUND, 0700));
	SYS(mount(MNT, BOUND, NULL, MS_BIND, NULL));
	fd = SYS(open(BOUND "/file", O_RDWR | O_CLOEXEC));
	pattern(NEW, page);
	CHECK_EQ(pwrite(fd, page, PAGE, 0), PAGE);
	CHECK_PAGE(slot(&r, 0), NEW);
	close(fd);
	/* One file system: what is in use below one name is so below the other. */
	SYS(umount(BOUND));
	SYS(rmdir(BOUND));
	pattern(EQUAL, slot(&r, 0));
}

/* Writers keep a mount from becoming read-only; the scanner is none. */
static void read_only(void)
{
	int fd;

	CHECK_ERRNO(mount("none", MNT, "ksmfs", MS_REMOUNT | MS_RDONLY, ""),
		    EBUSY);
	check();
	region_close(&r);
	SYS(mount("none", MNT, "ksmfs", MS_REMOUNT | MS_RDONLY, ""));
	CHECK_ERRNO(open(FILE_PATH, O_RDWR | O_CLOEXEC), EROFS);
	CHECK_ERRNO(unlink(FILE_PATH), EROFS);
	fd = SYS(open(FILE_PATH, O_RDONLY | O_CLOEXEC));
	settle();
	CHECK_EQ(region_info(fd).shared, PAGES);
	CHECK_ERRNO(fallocate(fd, 0, 0, PAGE), EBADF);
	close(fd);
	SYS(mount("none", MNT, "ksmfs", MS_REMOUNT, ""));
	r.fd = SYS(open(FILE_PATH, O_RDWR | O_CLOEXEC));
	r.map = (void *)SYS(mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
				 MAP_SHARED, r.fd, 0));
	check();
}

/* The last page that there can be. */
static void largest(void)
{
	off_t last = LLONG_MAX / PAGE * PAGE - PAGE;
	int fd = SYS(open(MNT "/large", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	uint8_t page[PAGE], *map;
	struct stat st;

	SYS(ftruncate(fd, LLONG_MAX));
	pattern(NEW, page);
	CHECK_EQ(pwrite(fd, page, PAGE, last), PAGE);
	CHECK_ERRNO(pwrite(fd, page, 1, LLONG_MAX), EINVAL);
	CHECK_ERRNO(fallocate(fd, 0, last, LLONG_MAX), EFBIG);
	CHECK_ERRNO(ftruncate(fd, -1), EINVAL);
	map = (void *)SYS(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			       fd, last));
	CHECK_PAGE(map, NEW);
	pattern(EQUAL, map);
	settle();
	CHECK_EQ(region_info(fd).shared, 1);
	CHECK_EQ(region_info(fd).holes, region_info(fd).pages - 1);
	CHECK_EQ(lseek(fd, 0, SEEK_DATA), last);
	SYS(fstat(fd, &st));
	CHECK_EQ(st.st_size, LLONG_MAX);
	CHECK(st.st_blocks <= (long)PAGE / 512);
	SYS(munmap(map, PAGE));
	SYS(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		      LLONG_MAX));
	CHECK_EQ(region_info(fd).holes, region_info(fd).pages);
	SYS(ftruncate(fd, 0));
	close(fd);
	SYS(unlink(MNT "/large"));
}

/* The only descriptor of a file is in a socket, then in another process. */
static void sent_away(void)
{
	char space[CMSG_SPACE(sizeof(int))] = { 0 }, byte = 0;
	struct iovec part = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = space, .msg_controllen = sizeof(space),
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&message);
	struct region sent = region_create(MNT "/sent", PAGES);
	int ends[2];

	for (size_t i = 0; i < PAGES; i++)
		pattern(EQUAL, slot(&sent, i));
	SYS(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &sent.fd, sizeof(int));
	SYS(sendmsg(ends[0], &message, 0));
	region_close(&sent);
	SYS(unlink(MNT "/sent"));
	settle();
	CHECK_EQ(stats_read().regions, 2);
	CHECK_EQ(stats_read().pages_sharing, 2 * PAGES - 1);

	CHECK_EQ(recvmsg(ends[1], &message, MSG_CMSG_CLOEXEC), 1);
	memcpy(&sent.fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	for (size_t i = 0; i < PAGES; i++) {
		uint8_t page[PAGE];

		CHECK_EQ(pread(sent.fd, page, PAGE, i * PAGE), PAGE);
		CHECK_PAGE(page, EQUAL);
	}
	close(sent.fd);
	close(ends[0]);
	close(ends[1]);
	CHECK_EQ(stats_read().regions, 1);
}

int main(void)
{
	mount_ksmfs(MNT, "size=16m");
	r = region_create(FILE_PATH, PAGES);
	for (size_t i = 0; i < PAGES; i++)
		pattern(EQUAL, slot(&r, i));
	settle();
	refused();
	userfaults();
	looped();
	bound();
	read_only();
	largest();
	settle();
	sent_away();
	check();
	settle();
	check_balance();
	region_close(&r);
	SYS(unlink(FILE_PATH));
	check_empty();
	umount_ksmfs(MNT);
	return 0;
}
