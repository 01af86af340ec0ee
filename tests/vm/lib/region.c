// SPDX-License-Identifier: GPL-2.0
/*
 * Files of the mount, the frames behind them, and the sums that must hold.
 */
#include "scenario.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

struct region region_create(const char *path, size_t pages)
{
	struct region region = { .pages = pages };

	region.fd = SYS(open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
			     0600));
	SYS(ftruncate(region.fd, pages * PAGE));
	region.map = (void *)SYS(mmap(NULL, pages * PAGE,
				      PROT_READ | PROT_WRITE, MAP_SHARED,
				      region.fd, 0));
	return region;
}

void region_close(struct region *region)
{
	SYS(munmap(region->map, region->pages * PAGE));
	SYS(close(region->fd));
}

int region_pin(const struct region *region)
{
	size_t bytes = region->pages * PAGE, done = 0;
	int ends[2];

	SYS(pipe2(ends, O_CLOEXEC));
	SYS(fcntl(ends[1], F_SETPIPE_SZ, bytes));
	while (done < bytes) {
		struct iovec rest = { region->map + done, bytes - done };

		done += SYS(vmsplice(ends[1], &rest, 1, 0));
	}
	SYS(close(ends[1]));
	return ends[0];
}

struct ksmfs_region_info region_info(int fd)
{
	struct ksmfs_region_info info;

	memset(&info, 0xff, sizeof(info));
	SYS(ioctl(fd, KSMFS_IOC_REGION, &info));
	return info;
}

/* One request to the mount at @dir. */
static void ask(const char *dir, unsigned long request, void *arg)
{
	int fd = SYS(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	SYS(ioctl(fd, request, arg));
	close(fd);
}

long long region_reclaim(const char *dir, const struct region *region,
			 size_t pages, unsigned int mode)
{
	struct ksmfs_reclaim reclaim = {
		.ino = region_info(region->fd).ino,
		.pages = pages,
		.mode = mode,
	};

	ask(dir, KSMFS_IOC_RECLAIM, &reclaim);
	return reclaim.pages;
}

void region_limit(const char *dir, const struct region *region, size_t frames)
{
	struct ksmfs_limit limit = {
		.ino = region_info(region->fd).ino,
		.frames = frames,
	};

	ask(dir, KSMFS_IOC_LIMIT, &limit);
	CHECK_EQ(region_info(region->fd).limit, frames);
}

struct ksmfs_mount_info mount_info(const char *dir)
{
	struct ksmfs_mount_info info;

	memset(&info, 0xff, sizeof(info));
	ask(dir, KSMFS_IOC_MOUNT, &info);
	return info;
}

uint64_t frame_at(const void *address)
{
	static const uint64_t present = 1ULL << 63, number = (1ULL << 55) - 1;
	uint64_t entry;
	int fd = SYS(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));

	CHECK_EQ(pread(fd, &entry, sizeof(entry),
		       (uintptr_t)address / PAGE * sizeof(entry)),
		 sizeof(entry));
	close(fd);
	if (!(entry & present))
		return 0;
	CHECK(entry & number);	/* 0: the kernel hides frame numbers from us */
	return entry & number;
}

/* Add the regions of one mount to the sums. */
static void add_regions(const char *dir, struct ksmfs_region_info *sum)
{
	struct ksmfs_region_info info = { 0 };
	int fd = SYS(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));

	while (!ioctl(fd, KSMFS_IOC_NEXT_REGION, &info)) {
		if (info.holes + info.zero + info.priv + info.shared +
			    info.packed + info.swapped != info.pages)
			FAIL("%s, %llu: %llu + %llu + %llu + %llu + %llu + %llu slots of %llu",
			     dir, info.ino, info.holes, info.zero, info.priv,
			     info.shared, info.packed, info.swapped,
			     info.pages);
		CHECK(!(info.flags & ~KSMFS_REGION_STRICT));
		sum->ino++;
		sum->priv += info.priv;
		sum->shared += info.shared;
		sum->zero += info.zero;
		sum->packed += info.packed;
		sum->swapped += info.swapped;
	}
	CHECK_EQ(errno, ENOENT);
	close(fd);
}

/*
 * Numbers are read one by one, and what strict domains have given up is freed a
 * little later: they are of one moment if nothing has changed meanwhile.
 */
void check_balance(void)
{
	struct stats stats, after = stats_read();
	struct ksmfs_region_info sum;
	int patience = 100;

	do {
		stats = after;
		sum = (struct ksmfs_region_info){ 0 };
		for (const char *const *dir = mount_list(); *dir; dir++)
			add_regions(*dir, &sum);
		after = stats_read();
	} while (!stats_same_state(&stats, &after) && --patience);
	CHECK_EQ(stats.regions, sum.ino);
	CHECK_EQ(stats.ksm_zero_pages, sum.zero);
	CHECK_EQ(stats.pages_shared + stats.pages_sharing, sum.shared);
	CHECK_EQ(stats.pages_unshared + stats.pages_volatile, sum.priv);
	CHECK_EQ(stats.pages_packed, sum.packed);
	CHECK_EQ(stats.pages_swapped, sum.swapped);
	CHECK_EQ(stats.frames, stats.pages_shared + sum.priv);
}

void check_empty(void)
{
	struct stats stats = stats_read();

	CHECK_EQ(stats.regions, 0);
	CHECK_EQ(stats.frames, 0);
	CHECK_EQ(stats.pages_shared, 0);
	CHECK_EQ(stats.pages_sharing, 0);
	CHECK_EQ(stats.pages_unshared, 0);
	CHECK_EQ(stats.pages_volatile, 0);
	CHECK_EQ(stats.ksm_zero_pages, 0);
	CHECK_EQ(stats.pages_packed, 0);
	CHECK_EQ(stats.frames_packed, 0);
	CHECK_EQ(stats.pages_swapped, 0);
	CHECK_EQ(stats.break_debt, 0);
	CHECK_EQ(stats.stalled, 0);
}
