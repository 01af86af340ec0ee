// SPDX-License-Identifier: GPL-2.0
/*
 * Everything that can be read is read, all the time, while pages merge and break.
 *
 *	4 readers   all statistics, smaps, numa_maps, pagemap, statfs, the walk
 *	            over regions, mincore
 *	2 writers   few contents, over and over
 *
 * Nobody waits for long, no counter is ever below zero, and no number is one that
 * only the kernel should know.  At rest the kernel's own accounts agree: what is
 * mapped is counted once for each mapping, and not as shared memory of tmpfs.
 *
 * vm: cpus=2 mem=1G timeout=60
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/statfs.h>
#include <unistd.h>

#define READERS	4
#define WRITERS	2
#define PAGES	64UL
#define SECONDS	10

static struct region r[WRITERS];
static bool done;
static long rounds;

static void *writer(void *arg)
{
	size_t number = (size_t)arg;
	uint64_t shadow[PAGES] = { 0 };
	struct rng rng = { number };

	while (!__atomic_load_n(&done, __ATOMIC_RELAXED)) {
		size_t i = rng_below(&rng, PAGES);

		CHECK_PAGE(slot(&r[number], i), shadow[i]);
		shadow[i] = rng_below(&rng, 3);
		pattern(shadow[i], slot(&r[number], i));
	}
	for (size_t i = 0; i < PAGES; i++)
		CHECK_PAGE(slot(&r[number], i), shadow[i]);
	return NULL;
}

static void check_stats(void)
{
	struct stats stats = stats_read();

	/* Neither below zero nor an address, which would be negative here. */
#define KSMFS_CHECK(name, kind, help)					\
	if (strcmp(#kind, "BYTES"))					\
		CHECK(stats.name >= 0);
	KSMFS_STATS(KSMFS_CHECK)
#undef KSMFS_CHECK
}

static void read_through(const char *path)
{
	static __thread char text[64 * KIB];
	int fd = SYS(open(path, O_RDONLY | O_CLOEXEC));

	while (SYS(read(fd, text, sizeof(text))) > 0)
		;
	close(fd);
}

static void walk(void)
{
	struct ksmfs_region_info info = { 0 };
	int fd = SYS(open(MNT, O_RDONLY | O_DIRECTORY | O_CLOEXEC)), found = 0;

	while (!ioctl(fd, KSMFS_IOC_NEXT_REGION, &info)) {
		CHECK_EQ(info.pages, PAGES);
		CHECK(info.priv <= PAGES && info.shared <= PAGES);
		found++;
	}
	CHECK_EQ(found, WRITERS);
	close(fd);
}

static void *reader(void *arg)
{
	unsigned char in_core[PAGES];
	struct statfs fs;

	while (!__atomic_load_n(&done, __ATOMIC_RELAXED)) {
		check_stats();
		read_through("/proc/self/smaps");
		read_through("/proc/self/smaps_rollup");
		read_through("/proc/self/numa_maps");
		for (size_t i = 0; i < PAGES; i++)
			frame_at(slot(&r[0], i));
		walk();
		SYS(statfs(MNT, &fs));
		CHECK(fs.f_bfree <= fs.f_blocks);
		SYS(mincore(r[0].map, PAGES * PAGE, in_core));
		__atomic_fetch_add(&rounds, 1, __ATOMIC_RELAXED);
	}
	return arg;
}

/* A number of KiB behind a word: below a mapping in smaps, or anywhere. */
static long long kib(const char *path, const void *mapping, const char *word)
{
	FILE *file = fopen(path, "re");
	bool here = !mapping;
	char line[512], begin[32];
	long long found = -1;

	if (!file)
		FAIL("%s: %m", path);
	snprintf(begin, sizeof(begin), "%lx-", (unsigned long)mapping);
	while (found < 0 && fgets(line, sizeof(line), file)) {
		here |= mapping && !strncmp(line, begin, strlen(begin));
		if (here && !strncmp(line, word, strlen(word)))
			found = strtoll(line + strlen(word), NULL, 10);
	}
	fclose(file);
	CHECK(found >= 0);
	return found;
}

static void accounts(void)
{
	long long shmem = kib("/proc/meminfo", NULL, "Shmem:");

	for (size_t i = 0; i < PAGES; i++)
		pattern(1, slot(&r[0], i));
	settle();
	for (size_t i = 0; i < PAGES; i++)
		CHECK_PAGE(slot(&r[0], i), 1);
	CHECK_EQ(stats_read().pages_shared, 1);
	CHECK_EQ(kib("/proc/self/smaps", r[0].map, "Rss:"), PAGES * PAGE / KIB);
	CHECK_EQ(kib("/proc/self/smaps", r[0].map, "Anonymous:"), 0);
	CHECK_EQ(kib("/proc/meminfo", NULL, "Shmem:"), shmem);
}

int main(void)
{
	pthread_t thread[READERS + WRITERS];
	long long merges;

	knob_set(KNOB_sample_pages, 0);
	mount_ksmfs(MNT, "size=16m");
	r[0] = region_create(MNT "/0", PAGES);
	r[1] = region_create(MNT "/1", PAGES);
	merges = stats_read().merges;
	scanner_press();
	for (size_t i = 0; i < WRITERS; i++)
		thread[i] = thread_start(writer, (void *)i);
	for (size_t i = WRITERS; i < WRITERS + READERS; i++)
		thread[i] = thread_start(reader, NULL);
	sleep(SECONDS);
	__atomic_store_n(&done, true, __ATOMIC_RELAXED);
	for (size_t i = 0; i < WRITERS + READERS; i++)
		thread_join(thread[i]);
	scanner_relax();
	say("%ld rounds of reading, %lld merges", rounds,
	    stats_read().merges - merges);
	CHECK(rounds > READERS);
	CHECK(stats_read().merges > merges);
	for (size_t i = 0; i < PAGES; i++)
		pattern(0, slot(&r[1], i));
	accounts();
	check_balance();
	for (size_t i = 0; i < WRITERS; i++)
		region_close(&r[i]);
	SYS(unlink(MNT "/0"));
	SYS(unlink(MNT "/1"));
	check_empty();
	umount_ksmfs(MNT);
	return 0;
}
