// SPDX-License-Identifier: GPL-2.0
/*
 * Names, links and attributes: what any file system does, this one does too.
 *
 * A name is not a file: content and frames live as long as the last name, the
 * last descriptor and the last mapping, and go with them.
 *
 * vm: cpus=2 mem=1G timeout=60
 */
#include "../lib/scenario.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define EQUAL	1000

static struct stat stat_of(const char *path)
{
	struct stat st;

	SYS(lstat(path, &st));
	return st;
}

static void create_and_remove(void)
{
	struct region r = region_create(MNT "/file", 4);
	struct stat st = stat_of(MNT "/file");

	CHECK_EQ(st.st_mode, S_IFREG | 0600);
	CHECK_EQ(st.st_size, 4 * PAGE);
	CHECK_EQ(st.st_nlink, 1);
	CHECK_EQ(st.st_blksize, PAGE);
	CHECK_EQ(region_info(r.fd).ino, st.st_ino);
	CHECK_ERRNO(open(MNT "/file", O_CREAT | O_EXCL | O_CLOEXEC, 0600),
		    EEXIST);
	CHECK_ERRNO(mkdir(MNT "/file", 0700), EEXIST);
	CHECK_ERRNO(open(MNT "/none", O_RDONLY | O_CLOEXEC), ENOENT);
	CHECK_ERRNO(unlink(MNT "/none"), ENOENT);
	CHECK_ERRNO(rmdir(MNT "/file"), ENOTDIR);
	CHECK_ERRNO(open(MNT "/file/x", O_RDONLY | O_CLOEXEC), ENOTDIR);

	/* Unlinked, but open and mapped: all of it works on. */
	pattern(EQUAL, slot(&r, 0));
	SYS(unlink(MNT "/file"));
	CHECK_ERRNO(access(MNT "/file", F_OK), ENOENT);
	CHECK_EQ(region_info(r.fd).nlink, 0);
	pattern(EQUAL, slot(&r, 1));
	settle();
	CHECK_EQ(region_info(r.fd).shared, 2);
	SYS(close(r.fd));
	CHECK_PAGE(slot(&r, 0), EQUAL);
	pattern(EQUAL + 1, slot(&r, 0));
	CHECK_PAGE(slot(&r, 1), EQUAL);
	CHECK_EQ(stats_read().frames, 2);
	SYS(munmap(r.map, r.pages * PAGE));
	check_empty();
}

static void links(void)
{
	struct region r = region_create(MNT "/one", 1);

	pattern(EQUAL, slot(&r, 0));
	SYS(link(MNT "/one", MNT "/two"));
	CHECK_EQ(stat_of(MNT "/one").st_nlink, 2);
	CHECK_EQ(stat_of(MNT "/two").st_ino, stat_of(MNT "/one").st_ino);
	CHECK_EQ(region_info(r.fd).nlink, 2);
	CHECK_EQ(stats_read().regions, 1);
	CHECK_EQ(stats_read().frames, 1);
	CHECK_ERRNO(link(MNT "/one", MNT "/two"), EEXIST);
	SYS(unlink(MNT "/one"));
	CHECK_EQ(region_info(r.fd).nlink, 1);
	CHECK_PAGE(slot(&r, 0), EQUAL);
	region_close(&r);
	CHECK_EQ(stats_read().frames, 1);
	SYS(unlink(MNT "/two"));
	check_empty();
}

static void tmpfile_linked(void)
{
	int fd = SYS(open(MNT, O_TMPFILE | O_RDWR | O_CLOEXEC, 0640));
	char path[64];
	struct stat st;

	SYS(fstat(fd, &st));
	CHECK_EQ(st.st_nlink, 0);
	CHECK_EQ(st.st_mode, S_IFREG | 0640);
	CHECK_EQ(write(fd, "hello", 5), 5);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	SYS(linkat(AT_FDCWD, path, AT_FDCWD, MNT "/named", AT_SYMLINK_FOLLOW));
	CHECK_EQ(stat_of(MNT "/named").st_nlink, 1);
	CHECK_EQ(stat_of(MNT "/named").st_size, 5);
	SYS(close(fd));
	CHECK_EQ(stats_read().regions, 1);
	SYS(unlink(MNT "/named"));

	fd = SYS(open(MNT, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK_ERRNO(linkat(AT_FDCWD, path, AT_FDCWD, MNT "/named",
			   AT_SYMLINK_FOLLOW), ENOENT);
	CHECK_EQ(write(fd, "hello", 5), 5);
	CHECK_EQ(stats_read().frames, 1);
	SYS(close(fd));
	check_empty();
}

static void directories(void)
{
	struct ksmfs_region_info info = { 0 };
	int fd;

	SYS(mkdir(MNT "/d", 0750));
	CHECK_EQ(stat_of(MNT "/d").st_mode, S_IFDIR | 0750);
	CHECK_EQ(stat_of(MNT "/d").st_nlink, 2);
	CHECK_EQ(stat_of(MNT).st_nlink, 3);
	SYS(mkdir(MNT "/d/e", 0700));
	SYS(close(SYS(open(MNT "/d/e/f", O_CREAT | O_CLOEXEC, 0600))));
	CHECK_ERRNO(rmdir(MNT "/d"), ENOTEMPTY);
	CHECK_ERRNO(rmdir(MNT "/d/e"), ENOTEMPTY);
	CHECK_ERRNO(unlink(MNT "/d/e"), EISDIR);
	CHECK_ERRNO(rename(MNT "/d", MNT "/d/e/x"), EINVAL);

	fd = SYS(open(MNT "/d", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	CHECK_ERRNO(ioctl(fd, KSMFS_IOC_REGION, &info), ENOTTY);
	SYS(ioctl(fd, KSMFS_IOC_NEXT_REGION, &info));
	CHECK_EQ(info.ino, stat_of(MNT "/d/e/f").st_ino);
	CHECK_EQ(info.domain, stat_of(MNT "/d").st_ino);
	CHECK_ERRNO(ioctl(fd, KSMFS_IOC_NEXT_REGION, &info), ENOENT);
	SYS(close(fd));

	SYS(unlink(MNT "/d/e/f"));
	SYS(rmdir(MNT "/d/e"));
	SYS(rmdir(MNT "/d"));
	CHECK_EQ(stat_of(MNT).st_nlink, 2);
	check_empty();
}

static void next_region_as_nobody(void *arg)
{
	struct ksmfs_region_info info = { 0 };
	int fd = SYS(open(MNT, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	(void)arg;
	SYS(setgid(65534));
	SYS(setuid(65534));
	CHECK_ERRNO(ioctl(fd, KSMFS_IOC_NEXT_REGION, &info), EPERM);
}

static void renames(void)
{
	struct region one = region_create(MNT "/one", 1);
	struct region two = region_create(MNT "/two", 1);
	ino_t ino = stat_of(MNT "/one").st_ino;

	pattern(EQUAL, slot(&one, 0));
	pattern(EQUAL + 1, slot(&two, 0));
	SYS(rename(MNT "/one", MNT "/three"));
	CHECK_ERRNO(access(MNT "/one", F_OK), ENOENT);
	CHECK_EQ(stat_of(MNT "/three").st_ino, ino);
	SYS(rename(MNT "/three", MNT "/two"));
	CHECK_EQ(stat_of(MNT "/two").st_ino, ino);
	CHECK_EQ(region_info(two.fd).nlink, 0);
	CHECK_PAGE(slot(&one, 0), EQUAL);
	CHECK_PAGE(slot(&two, 0), EQUAL + 1);
	CHECK_EQ(stats_read().regions, 2);
	region_close(&two);
	CHECK_EQ(stats_read().regions, 1);
	region_close(&one);
	SYS(unlink(MNT "/two"));
	check_empty();
}

static void check_recent(struct timespec then, struct timespec before)
{
	CHECK(then.tv_sec > before.tv_sec ||
	      (then.tv_sec == before.tv_sec &&
	       then.tv_nsec >= before.tv_nsec));
}

static void attributes(void)
{
	struct timespec past[2] = { { 1000, 1 }, { 2000, 2 } };
	int fd = SYS(open(MNT "/file", O_CREAT | O_RDWR | O_CLOEXEC, 0600));
	struct stat st;
	uint8_t *map;

	SYS(fchmod(fd, 0644));
	SYS(fchown(fd, 7, 8));
	SYS(futimens(fd, past));
	SYS(fstat(fd, &st));
	CHECK_EQ(st.st_mode, S_IFREG | 0644);
	CHECK_EQ(st.st_uid, 7);
	CHECK_EQ(st.st_gid, 8);
	CHECK_EQ(st.st_atim.tv_sec, 1000);
	CHECK_EQ(st.st_mtim.tv_sec, 2000);
	CHECK_EQ(st.st_mtim.tv_nsec, 2);
	CHECK_EQ(write(fd, "x", 1), 1);
	SYS(fstat(fd, &st));
	check_recent(st.st_mtim, (struct timespec){ 2001, 0 });

	SYS(futimens(fd, past));
	SYS(ftruncate(fd, PAGE));
	SYS(fstat(fd, &st));
	check_recent(st.st_mtim, (struct timespec){ 2001, 0 });

	SYS(futimens(fd, past));
	map = (void *)SYS(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
			       fd, 0));
	settle();
	map[1]++;
	SYS(msync(map, PAGE, MS_SYNC));
	SYS(fstat(fd, &st));
	check_recent(st.st_mtim, (struct timespec){ 2001, 0 });
	SYS(munmap(map, PAGE));
	SYS(close(fd));
	SYS(unlink(MNT "/file"));
	check_empty();
}

/* A program runs from here, before and after its pages are merged. */
static void programs(void)
{
	static const char *const names[] = { MNT "/program", MNT "/copy" };
	int status;

	for (int i = 0; i < 2; i++) {
		int from = SYS(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
		int to = SYS(open(names[i], O_CREAT | O_WRONLY | O_CLOEXEC,
				  0700));
		uint8_t page[PAGE];
		ssize_t length;

		while ((length = SYS(read(from, page, PAGE))) > 0)
			CHECK_EQ(write(to, page, length), length);
		close(from);
		close(to);
	}
	for (int i = 0; i < 2; i++) {
		pid_t pid = SYS(fork());

		if (!pid) {
			execl(names[i], "program", "hello", NULL);
			_exit(1);
		}
		SYS(waitpid(pid, &status, 0));
		CHECK(WIFEXITED(status));
		CHECK_EQ(WEXITSTATUS(status), 42);
		settle();
		CHECK(stats_read().pages_sharing > 0);
	}
	for (int i = 0; i < 2; i++)
		SYS(unlink(names[i]));
	check_empty();
}

static void check_statfs(void)
{
	struct statfs fs;

	SYS(statfs(MNT, &fs));
	CHECK_EQ(fs.f_type, KSMFS_MAGIC);
	CHECK_EQ(fs.f_bsize, PAGE);
	CHECK_EQ(fs.f_blocks, 16 * MIB / PAGE);
	CHECK_EQ(fs.f_bfree, fs.f_blocks);
	CHECK_EQ(fs.f_namelen, 255);
}

/* Names that are too long, and a directory of many. */
static void many_names(void)
{
	char name[sizeof(MNT) + 258], path[64];
	struct dirent *entry;
	int count = 0;
	DIR *dir;

	memset(name, 'x', sizeof(name));
	memcpy(name, MNT "/", sizeof(MNT));
	name[sizeof(MNT) + 256] = '\0';
	CHECK_ERRNO(mkdir(name, 0700), ENAMETOOLONG);
	name[sizeof(MNT) + 255] = '\0';
	SYS(mkdir(name, 0700));
	SYS(rmdir(name));

	for (int i = 0; i < 200; i++) {
		snprintf(path, sizeof(path), MNT "/%d", i);
		SYS(close(SYS(open(path, O_CREAT | O_CLOEXEC, 0600))));
	}
	dir = opendir(MNT);
	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	closedir(dir);
	CHECK_EQ(count, 200);
	CHECK_EQ(stats_read().regions, 200);
	check_balance();
	for (int i = 0; i < 200; i++) {
		snprintf(path, sizeof(path), MNT "/%d", i);
		SYS(unlink(path));
	}
	check_empty();
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "hello"))
		return 42;
	mount_ksmfs(MNT, "size=16m");
	check_statfs();
	create_and_remove();
	links();
	tmpfile_linked();
	directories();
	reap(spawn(next_region_as_nobody, NULL));
	renames();
	attributes();
	programs();
	many_names();
	umount_ksmfs(MNT);
	return 0;
}
