// SPDX-License-Identifier: GPL-2.0
/*
 * Unmounting below the feet of a mapper.
 *
 *	open or mapped  -> umount: EBUSY
 *	still mapped    -> umount -l: the names are gone, the mapping merges,
 *	                   breaks and keeps its content
 *	unmapped        -> everything goes, without another call
 *
 * vm: cpus=2 mem=1G timeout=60
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <unistd.h>

#define PAGES	16
#define EQUAL	1000
#define OTHER	2000

static void check_not_mounted(void)
{
	struct statfs fs;

	SYS(statfs(MNT, &fs));
	CHECK(fs.f_type != KSMFS_MAGIC);
}

/* What goes with the last user goes a little later: by a worker, or RCU. */
static void wait_until_empty(void)
{
	for (double end = seconds() + 20; seconds() < end; usleep(10 * 1000))
		if (!stats_read().regions && !stats_read().frames)
			break;
	check_empty();
}

int main(void)
{
	struct region r;
	struct stats before;

	mount_ksmfs(MNT, "size=16m");
	r = region_create(MNT "/file", PAGES);
	for (size_t i = 0; i < PAGES; i++)
		pattern(EQUAL, slot(&r, i));
	CHECK_ERRNO(umount(MNT), EBUSY);
	SYS(close(r.fd));
	CHECK_ERRNO(umount(MNT), EBUSY);	/* mapped is busy enough */
	r.fd = SYS(open(MNT "/file", O_RDWR | O_CLOEXEC));

	SYS(umount2(MNT, MNT_DETACH));
	check_not_mounted();
	CHECK_EQ(access(MNT "/file", F_OK), -1);

	settle();
	CHECK_EQ(stats_read().pages_shared, 1);
	CHECK_EQ(stats_read().pages_sharing, PAGES - 1);
	CHECK_EQ(region_info(r.fd).shared, PAGES);
	SYS(close(r.fd));

	before = stats_read();
	for (size_t i = 0; i < PAGES; i += 2)
		pattern(OTHER, slot(&r, i));
	for (size_t i = 0; i < PAGES; i++)
		CHECK_PAGE(slot(&r, i), i % 2 ? EQUAL : OTHER);
	CHECK_EQ(stats_read().breaks, before.breaks + PAGES / 2);
	settle();
	CHECK_EQ(stats_read().pages_shared, 2);
	CHECK_EQ(stats_read().frames, 2);
	for (size_t i = 0; i < PAGES; i++)
		CHECK_PAGE(slot(&r, i), i % 2 ? EQUAL : OTHER);

	/* A new mount at the same place is another world. */
	SYS(mount_try(MNT, "size=16m"));
	CHECK_EQ(access(MNT "/file", F_OK), -1);
	SYS(umount(MNT));
	CHECK_PAGE(r.map, OTHER);

	SYS(munmap(r.map, PAGES * PAGE));
	wait_until_empty();
	return 0;
}
