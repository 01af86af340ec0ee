// SPDX-License-Identifier: GPL-2.0
/*
 * Mount options: the good, the bad, and who may mount at all.
 *
 * A bad one fails with EINVAL, mounts nothing and leaves a line in the kernel
 * log; a good one shows in statfs(2), stat(2) and /proc/mounts.
 *
 * vm: cpus=2 mem=1G timeout=60
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <unistd.h>

static const char *const bad[] = {
	"size", "size=", "size=0", "size=abc", "size=-1", "size=1x",
	"size=1kk", "size=1 ", "size=0x1000x", "size=0%", "size=%",
	"size=18446744073709551616", "size=99999999999999999999999",
	"size=18446744073709551615g", "size=17179869184g",
	"nr_inodes", "nr_inodes=", "nr_inodes=0", "nr_inodes=-1",
	"nr_inodes=5%", "nr_inodes=abc", "nr_inodes=18446744073709551616",
	"mode", "mode=", "mode=8", "mode=abc", "mode=-1",
	"uid", "uid=", "uid=abc", "uid=-1", "uid=4294967295",
	"uid=4294967296",
	"gid", "gid=", "gid=abc", "gid=-1", "gid=4294967295",
	"gid=4294967296",
	"break_reserve", "break_reserve=", "break_reserve=abc",
	"break_reserve=%", "break_reserve=101%", "break_reserve=-1",
	"size=1m,break_reserve=2m", "break_reserve=1028k,size=1m",
	"swap", "swap=", "swap=swap", "swap=/dev/null",
	"merge", "merge=", "merge=SHARE", "merge=some", "merge=share ",
	"nonsense", "nonsense=1", "huge=always", "noswap", "SIZE=1m",
	"size=1m,nonsense", "nonsense,size=1m",
};

static unsigned long kernel_log_lines(void)
{
	int fd = SYS(open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	char record[8192];
	unsigned long lines = 0;
	ssize_t length;

	while ((length = read(fd, record, sizeof(record) - 1)) > 0) {
		record[length] = '\0';
		if (strstr(record, "ksmfs"))
			lines++;
	}
	close(fd);
	return lines;
}

static void check_bad(void)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		unsigned long before = kernel_log_lines();
		int result = mount_try(MNT, bad[i]);

		if (!result)
			FAIL("-o %s: mounted", bad[i]);
		if (errno != EINVAL)
			FAIL("-o %s: expected EINVAL, got %m", bad[i]);
		if (kernel_log_lines() == before)
			FAIL("-o %s: no line in the kernel log", bad[i]);
	}
}

static void check_blocks(const char *options, unsigned long blocks)
{
	struct statfs fs;

	mount_ksmfs(MNT, options);
	SYS(statfs(MNT, &fs));
	if ((unsigned long)fs.f_blocks != blocks)
		FAIL("-o %s: expected %lu blocks, got %lu", options, blocks,
		     (unsigned long)fs.f_blocks);
	umount_ksmfs(MNT);
}

static void check_sizes(void)
{
	struct sysinfo memory;
	unsigned long pages;

	SYS(sysinfo(&memory));
	pages = memory.totalram * memory.mem_unit / PAGE;
	check_blocks("size=1", 1);
	check_blocks("size=4096", 1);
	check_blocks("size=4097", 2);
	check_blocks("size=1k", 1);
	check_blocks("size=1m", MIB / PAGE);
	check_blocks("size=1M", MIB / PAGE);
	check_blocks("size=3g", 3 * KIB * MIB / PAGE);
	check_blocks("size=1t", MIB * MIB / PAGE);
	check_blocks("size=10%", pages * 10 / 100);
	check_blocks("size=1m,size=2m", 2 * MIB / PAGE);
	check_blocks("", pages / 2);
}

static void check_reserve(void)
{
	struct ksmfs_mount_info info;

	mount_ksmfs(MNT, "size=400m");
	info = mount_info(MNT);
	CHECK_EQ(info.size, 400 * MIB / PAGE);
	CHECK_EQ(info.used, 0);
	CHECK_EQ(info.break_reserve, 4 * MIB / PAGE);
	CHECK_EQ(info.swap_pages, 0);
	CHECK_EQ(info.swap_used, 0);
	CHECK_EQ(info.swap_bad, 0);

	/* A part stays that part, and a number that number. */
	SYS(remount_ksmfs(MNT, "size=800m"));
	CHECK_EQ(mount_info(MNT).break_reserve, 8 * MIB / PAGE);
	SYS(remount_ksmfs(MNT, "break_reserve=25%"));
	CHECK_EQ(mount_info(MNT).break_reserve, 200 * MIB / PAGE);
	SYS(remount_ksmfs(MNT, "size=400m"));
	CHECK_EQ(mount_info(MNT).break_reserve, 100 * MIB / PAGE);
	SYS(remount_ksmfs(MNT, "break_reserve=8193"));
	CHECK_EQ(mount_info(MNT).break_reserve, 3);
	SYS(remount_ksmfs(MNT, "size=800m"));
	CHECK_EQ(mount_info(MNT).break_reserve, 3);
	SYS(remount_ksmfs(MNT, "break_reserve=0"));
	CHECK_EQ(mount_info(MNT).break_reserve, 0);

	/* What is refused changes nothing. */
	SYS(remount_ksmfs(MNT, "break_reserve=2m"));
	CHECK_ERRNO(remount_ksmfs(MNT, "size=1m"), EINVAL);
	CHECK_ERRNO(remount_ksmfs(MNT, "break_reserve=801m"), EINVAL);
	CHECK_ERRNO(remount_ksmfs(MNT, "size=900m,swap=/tmp"), EISDIR);
	info = mount_info(MNT);
	CHECK_EQ(info.size, 800 * MIB / PAGE);
	CHECK_EQ(info.break_reserve, 2 * MIB / PAGE);
	umount_ksmfs(MNT);

	mount_ksmfs(MNT, "break_reserve=100%,size=4m");
	CHECK_EQ(mount_info(MNT).break_reserve, 4 * MIB / PAGE);
	umount_ksmfs(MNT);
}

static void make_file(const char *path, mode_t mode, off_t bytes)
{
	int fd = SYS(open(path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC,
			  0600));

	SYS(fchmod(fd, mode));
	SYS(ftruncate(fd, bytes));
	close(fd);
}

#define OTHER	"/tmp/other"
#define FILE_B	"/tmp/swap-b"
#define DISK	"/dev/nvme0n1"

static void check_swap_refused(void)
{
	CHECK_ERRNO(mount_try(MNT, "swap=/tmp/absent"), ENOENT);
	CHECK_ERRNO(mount_try(MNT, "swap=/tmp"), EISDIR);
	make_file(FILE_B, 0600, MIB - 1);
	CHECK_ERRNO(mount_try(MNT, "swap=" FILE_B), EINVAL);
	make_file(FILE_B, 0640, MIB);
	CHECK_ERRNO(mount_try(MNT, "swap=" FILE_B), EINVAL);
	make_file(FILE_B, 0602, MIB);
	CHECK_ERRNO(mount_try(MNT, "swap=" FILE_B), EINVAL);

	mount_ksmfs(MNT, "size=4m");
	make_file(MNT "/file", 0600, MIB);
	CHECK_ERRNO(mount_try(OTHER, "swap=" MNT "/file"), EINVAL);
	umount_ksmfs(MNT);
}

static void check_swap_file(void)
{
	struct ksmfs_mount_info info;

	make_file(FILE_B, 0600, 2 * MIB + PAGE - 1);
	mount_ksmfs(MNT, "swap=" FILE_B);
	info = mount_info(MNT);
	CHECK_EQ(info.swap_pages, 2 * MIB / PAGE);
	CHECK_EQ(info.swap_used, 0);
	CHECK_EQ(info.swap_bad, 0);
	CHECK_ERRNO(mount_try(OTHER, "swap=" FILE_B), EBUSY);
	/* mount(8) says it again; another is refused. */
	SYS(remount_ksmfs(MNT, "size=5m,swap=" FILE_B));
	CHECK_ERRNO(remount_ksmfs(MNT, "size=6m,swap=" DISK), EBUSY);
	CHECK_EQ(mount_info(MNT).size, 5 * MIB / PAGE);
	umount_ksmfs(MNT);

	/* It is free again, and can be had later. */
	mount_ksmfs(OTHER, "");
	SYS(remount_ksmfs(OTHER, "swap=" FILE_B));
	CHECK_EQ(mount_info(OTHER).swap_pages, 2 * MIB / PAGE);
	umount_ksmfs(OTHER);
}

static void check_swap_disk(void)
{
	int fd;

	if (access(DISK, F_OK))
		skip("no disk " DISK);
	mount_ksmfs(MNT, "swap=" DISK);
	CHECK_EQ(mount_info(MNT).swap_pages, 16 * MIB / PAGE);
	CHECK_ERRNO(mount_try(OTHER, "swap=" DISK), EBUSY);
	CHECK_ERRNO(open(DISK, O_RDWR | O_EXCL | O_CLOEXEC), EBUSY);
	umount_ksmfs(MNT);

	fd = SYS(open(DISK, O_RDWR | O_EXCL | O_CLOEXEC));
	CHECK_ERRNO(mount_try(MNT, "swap=" DISK), EBUSY);
	close(fd);
	mount_ksmfs(MNT, "swap=" DISK);
	umount_ksmfs(MNT);
}

static void check_inodes(void)
{
	struct statfs fs;
	char path[64];
	int i;

	mount_ksmfs(MNT, "nr_inodes=10");
	SYS(statfs(MNT, &fs));
	CHECK_EQ(fs.f_files, 10);
	for (i = 0; i < 11; i++) {
		int fd;

		snprintf(path, sizeof(path), MNT "/%d", i);
		fd = open(path, O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0)
			break;
		close(fd);
	}
	CHECK_EQ(errno, ENOSPC);
	CHECK(i == 9 || i == 10);	/* the root may be one of the 10 */
	CHECK_ERRNO(mkdir(path, 0700), ENOSPC);
	SYS(statfs(MNT, &fs));
	CHECK_EQ(fs.f_ffree, 0);
	SYS(unlink(MNT "/0"));
	SYS(mkdir(path, 0700));
	umount_ksmfs(MNT);

	mount_ksmfs(MNT, "nr_inodes=2k");
	SYS(statfs(MNT, &fs));
	CHECK_EQ(fs.f_files, 2048);
	umount_ksmfs(MNT);
}

static void check_root(const char *options, mode_t mode, uid_t uid, gid_t gid)
{
	struct stat st;

	mount_ksmfs(MNT, options);
	SYS(stat(MNT, &st));
	CHECK_EQ(st.st_mode, S_IFDIR | mode);
	CHECK_EQ(st.st_uid, uid);
	CHECK_EQ(st.st_gid, gid);
	umount_ksmfs(MNT);
}

/* What /proc/mounts tells must be accepted as options again. */
static void check_shown(void)
{
	char line[512], dir[128], type[64], options[256];
	bool found = false;
	FILE *file;

	mount_ksmfs(MNT, "size=3m,mode=0750,uid=7,gid=8,nr_inodes=99,"
		    "break_reserve=7%,merge=self,swap=" FILE_B);
	file = fopen("/proc/mounts", "re");
	while (!found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%*s %127s %63s %255s", dir, type,
			       options) == 3 && !strcmp(dir, MNT);
	fclose(file);
	umount_ksmfs(MNT);
	CHECK(found);
	say("%s: %s", type, options);
	CHECK(!strcmp(type, "ksmfs"));
	CHECK(strstr(options, "nr_inodes=99"));
	CHECK(strstr(options, "uid=7"));
	CHECK(strstr(options, "gid=8"));
	CHECK(strstr(options, "750"));
	CHECK(strstr(options, "break_reserve=7%"));
	CHECK(strstr(options, "merge=self"));
	CHECK(strstr(options, "swap=" FILE_B));
	CHECK(!strncmp(options, "rw,", 3));
	/* rw and relatime are the VFS's: the file system gets the others. */
	if (!strncmp(options + 3, "relatime,", 9))
		check_blocks(options + 12, 3 * MIB / PAGE);
	else
		check_blocks(options + 3, 3 * MIB / PAGE);
}

static void mount_unprivileged(void *arg)
{
	(void)arg;
	SYS(unshare(CLONE_NEWUSER | CLONE_NEWNS));
	CHECK_ERRNO(mount_try(MNT, "size=1m"), EPERM);
}

int main(void)
{
	check_bad();
	check_sizes();
	check_reserve();
	check_inodes();
	SYS(mkdir(OTHER, 0700));
	check_swap_refused();
	check_swap_file();
	check_swap_disk();
	check_root("", 01777, 0, 0);
	check_root("mode=0700,uid=1000,gid=100", 0700, 1000, 100);
	check_root("mode=755", 0755, 0, 0);
	check_shown();
	reap(spawn(mount_unprivileged, NULL));
	check_empty();
	return 0;
}
