// SPDX-License-Identifier: GPL-2.0
/*
 * What a user without rights can learn of merging: nothing.
 *
 * Pages of a file are merged.  A process that is not root, but owns the file and
 * has it open, looks before and after by all means there are: stat(2),
 * statfs(2), the ioctl, sysfs, attributes, SEEK_DATA, trace events.  What it sees
 * is the same, or it is told that it may not look; root sees the change.
 *
 * vm: cpus=2 mem=1G timeout=60
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PAGES	512
#define STEP	(16 * MIB / PAGE)
#define RESERVE	100	/* frames: less than merging saves */
#define TRACE	"/sys/kernel/tracing/events/ksmfs/ksmfs_merge/enable"

/* What can be seen without rights. */
struct sight {
	blkcnt_t blocks;
	fsblkcnt_t size, free, available;
	off_t data, hole;
};

static struct region file;
static int answers[2];		/* a pipe */

static void look(struct sight *sight)
{
	struct statfs fs;
	struct stat st;

	memset(sight, 0, sizeof(*sight));
	SYS(stat(MNT "/file", &st));
	SYS(statfs(MNT, &fs));
	sight->blocks = st.st_blocks;
	sight->size = fs.f_blocks;
	sight->free = fs.f_bfree;
	sight->available = fs.f_bavail;
	sight->data = SYS(lseek(file.fd, 0, SEEK_DATA));
	sight->hole = SYS(lseek(file.fd, 0, SEEK_HOLE));
}

static void check_refused(void)
{
	static const char *const names[] = {
#define X(name, kind, help) SYSFS "/" #name,
		KSMFS_STATS(X)
#undef X
	};
	struct ksmfs_region_info info;
	char value[16];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		CHECK_ERRNO(open(names[i], O_RDONLY | O_CLOEXEC), EACCES);
	CHECK_ERRNO(ioctl(file.fd, KSMFS_IOC_REGION, &info), EPERM);
	CHECK_ERRNO(getxattr(MNT, KSMFS_XATTR_MERGE, value, 16), ENODATA);
	CHECK_ERRNO(getxattr(MNT, KSMFS_XATTR_STRICT, value, 16), ENODATA);
	CHECK(open(TRACE, O_RDONLY | O_CLOEXEC) < 0);
}

static void look_as_nobody(void *arg)
{
	struct sight sight;

	(void)arg;
	SYS(setgid(65534));
	SYS(setuid(65534));
	look(&sight);
	check_refused();
	CHECK_EQ(write(answers[1], &sight, sizeof(sight)), sizeof(sight));
}

static struct sight seen_by_nobody(void)
{
	struct sight sight;

	reap(spawn(look_as_nobody, NULL));
	CHECK_EQ(read(answers[0], &sight, sizeof(sight)), sizeof(sight));
	return sight;
}

int main(void)
{
	struct sight before, after, roots;

	knob_set(KNOB_run, 0);
	SYS(pipe2(answers, O_CLOEXEC));
	mount_ksmfs(MNT, "size=64m,mode=755,break_reserve=400k");
	file = region_create(MNT "/file", PAGES);
	SYS(fchown(file.fd, 65534, 65534));
	for (size_t i = 0; i < PAGES; i++)
		pattern(i % 8, slot(&file, i));

	before = seen_by_nobody();
	CHECK_EQ(before.blocks, PAGES * 8);
	CHECK_EQ(before.size, 64 * MIB / PAGE);
	CHECK_EQ(before.free, 3 * STEP);
	CHECK_EQ(before.available, 3 * STEP);
	look(&roots);
	CHECK_EQ(roots.blocks, PAGES * 8);
	CHECK_EQ(roots.free, 4 * STEP - PAGES);
	CHECK_EQ(roots.available, 4 * STEP - PAGES);

	settle();
	after = seen_by_nobody();
	CHECK(!memcmp(&before, &after, sizeof(before)));
	look(&roots);
	CHECK_EQ(roots.blocks, 7 * 8);
	CHECK_EQ(roots.free, 4 * STEP - 7);
	CHECK_EQ(roots.available, 4 * STEP - 7 - RESERVE);

	region_close(&file);
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
