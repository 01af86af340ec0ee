// SPDX-License-Identifier: GPL-2.0
/*
 * Too little memory: of the host, and of a mount.
 *
 *  host   A child takes memory until the host is short of it.  The kernel asks
 *         ksmfs, which gives back the frames it has cached and packs pages that
 *         nobody has touched, by itself; nobody is killed, no content changes.
 *  pack   Twice as many pages as the mount may have frames, all different, all of
 *         which shrink: packing alone makes room for them.
 *  swap   The same, most of which do not shrink, and a disk: packing and swapping
 *         make room.  What does not fit otherwise has to wait, but never long.
 *
 * vm: cpus=2 mem=1G timeout=120
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#define DISK	"/dev/nvme0n1"
#define FRAMES	1024UL		/* of a mount that is filled twice over */
#define SIZE	"size=4m"
#define COLD	4096UL		/* pages of the file that the host wants */
#define WANT_FREE "/proc/sys/vm/min_free_kbytes"
#define STEP	(2 * MIB)
#define STEPS	1024		/* more than the machine has */

/* ---- the host ---- */

/* 0 if the kernel does not count them, as a small one may. */
static long long oom_kills(void)
{
	FILE *vmstat = fopen("/proc/vmstat", "re");
	long long kills = 0;
	char line[128];

	CHECK(vmstat);
	while (fgets(line, sizeof(line), vmstat))
		sscanf(line, "oom_kill %lld", &kills);
	fclose(vmstat);
	return kills;
}

static void write_number(const char *path, long long number)
{
	FILE *file = fopen(path, "we");

	CHECK(file);
	fprintf(file, "%lld\n", number);
	CHECK(!fclose(file));
}

static long long read_number(const char *path)
{
	FILE *file = fopen(path, "re");
	long long number;

	CHECK(file);
	CHECK_EQ(fscanf(file, "%lld", &number), 1);
	fclose(file);
	return number;
}

/*
 * Have the kernel want seven eighths of what is free to stay so (a quarter more
 * than it is told), so that there is much left when it begins to ask.
 */
static void want_free(void)
{
	struct sysinfo info;

	SYS(sysinfo(&info));
	write_number(WANT_FREE, info.freeram / KIB * 7 / 10);
}

/* Take memory until pages have been packed for it. */
static void take_memory(void *arg)
{
	long long *packs = arg;
	int steps = 0;

	/* If somebody has to be killed, then not init. */
	write_number("/proc/self/oom_score_adj", 1000);
	for (; stats_read().packs < *packs; steps++) {
		if (steps == STEPS)
			FAIL("the host is never short of memory");
		SYS(mmap(NULL, STEP, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0));
	}
	say("%lld pages are packed when %lu MiB have been taken",
	    stats_read().packs, steps * STEP / MIB);
}

static uint64_t soft(size_t index)
{
	return SOFT + 1 + index;
}

static void check_pages(const struct region *r, uint64_t (*seed_of)(size_t))
{
	uint8_t page[PAGE];

	for (size_t i = 0; i < r->pages; i++) {
		CHECK_EQ(pread(r->fd, page, PAGE, i * PAGE), PAGE);
		CHECK_PAGE(page, seed_of(i));
	}
}

/* Down to what the pool keeps for itself. */
static void wait_for_pool(long long kept)
{
	double deadline = seconds() + 10;

	while (stats_read().frames_cached > kept) {
		if (seconds() > deadline)
			FAIL("frames are free that the host wants");
		usleep(1000);
	}
}

static void host(void)
{
	long long wanted_free = read_number(WANT_FREE), kills = oom_kills();
	struct region r, gone;
	struct stats before, stats;
	long long packs, kept;

	mount_ksmfs(MNT, "size=256m");
	kept = stats_read().frames_cached;
	r = region_create(MNT "/cold", COLD);
	for (size_t i = 0; i < COLD; i++)
		pattern(soft(i), slot(&r, i));
	gone = region_create(MNT "/gone", 512);
	for (size_t i = 0; i < gone.pages; i++)
		pattern(1 + i, slot(&gone, i));
	region_close(&gone);
	SYS(unlink(MNT "/gone"));
	settle();
	/* Nobody touches it. */
	SYS(munmap(r.map, COLD * PAGE));

	before = stats_read();
	CHECK(before.frames_cached > kept);
	CHECK_EQ(before.packs, 0);
	CHECK_EQ(before.frames, COLD);
	packs = 64;
	want_free();
	reap(spawn(take_memory, &packs));
	write_number(WANT_FREE, wanted_free);
	wait_for_pool(kept);
	stats = stats_read();
	CHECK(stats.packs >= packs);
	CHECK(stats.frames + stats.frames_packed < before.frames);
	CHECK_EQ(oom_kills(), kills);
	check_pages(&r, soft);
	SYS(close(r.fd));
	umount_ksmfs(MNT);
	check_empty();
}

/* ---- a mount ---- */

static uint64_t hard(size_t index)
{
	return index % 4 ? 1 + index : SOFT + 1 + index;
}

static uint64_t other_hard(size_t index)
{
	return hard(index + (1 << 20));
}

static uint64_t other_soft(size_t index)
{
	return soft(index + (1 << 20));
}

static void store_all(const struct region *r, uint64_t (*seed_of)(size_t))
{
	for (size_t i = 0; i < r->pages; i++)
		pattern(seed_of(i), slot(r, i));
}

static void load_all(const struct region *r, uint64_t (*seed_of)(size_t))
{
	for (size_t i = 0; i < r->pages; i++)
		CHECK_PAGE(slot(r, i), seed_of(i));
}

static void twice_over(const char *options, uint64_t (*seed_of)(size_t),
		       uint64_t (*other)(size_t))
{
	struct stats before = stats_read(), stats;
	double begin = seconds();
	struct region r;

	mount_ksmfs(MNT, options);
	r = region_create(MNT "/twice", 2 * FRAMES);
	store_all(&r, seed_of);
	load_all(&r, seed_of);
	load_all(&r, seed_of);
	store_all(&r, other);
	load_all(&r, other);
	CHECK_EQ(mount_info(MNT).size, FRAMES);
	CHECK(mount_info(MNT).used <= FRAMES);

	stats = stats_read();
	say("%s: %.1f s, %lld packs, %lld swap_outs, %lld stalls", options,
	    seconds() - begin, stats.packs - before.packs,
	    stats.swap_outs - before.swap_outs, stats.stalls - before.stalls);
	CHECK_EQ(stats.stall_timeouts, before.stall_timeouts);
	CHECK_EQ(stats.swap_errors, 0);
	region_close(&r);
	umount_ksmfs(MNT);
	check_empty();
}

int main(void)
{
	if (access(DISK, F_OK))
		skip("no " DISK);
	host();
	twice_over(SIZE, soft, other_soft);
	twice_over(SIZE ",swap=" DISK, hard, other_hard);
	return 0;
}
