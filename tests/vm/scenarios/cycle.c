// SPDX-License-Identifier: GPL-2.0
/*
 * 50 times: load, mount, merge, break, unmount, unload; nothing stays behind.
 *
 *	insmod -> mount -> rmmod: refused -> umount -> rmmod
 *	                                                 |
 *	                 frames, slab, sysfs, thread: as before
 *
 * Meanwhile somebody reads a statistic again and again, and in each round a file
 * of sysfs stays open beyond the module: it cannot be read then any more.
 *
 * The first rounds warm the kernel's own caches; after that the kernel may not
 * lose three pages a round.
 *
 * vm: cpus=2 mem=1G timeout=180 boot=own
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROUNDS		50
#define WARM		10
#define PAGES		256	/* in each of two files */
#define CONTENTS	8
/* Pages that 40 rounds may be off; each of them fills 512. */
#define NOISE		100

static bool done;
static unsigned long reads;

/*
 * Sum up the numbers behind a word in a file of /proc.  Both words of
 * free_pages() are needed: each CPU keeps thousands of free pages to itself,
 * more or less of them at random, and MemFree does not count those.
 */
static long long sum_of(const char *path, const char *word)
{
	FILE *file = fopen(path, "re");
	char line[256], *found;
	long long sum = 0;

	if (!file)
		FAIL("%s: %m", path);
	while (fgets(line, sizeof(line), file)) {
		found = strstr(line, word);
		if (found)
			sum += strtoll(found + strlen(word), NULL, 10);
	}
	fclose(file);
	CHECK(sum > 0);
	return sum;
}

static long long free_pages(void)
{
	return sum_of("/proc/zoneinfo", " nr_free_pages ") +
	       sum_of("/proc/zoneinfo", " count: ");
}

static long long slab_pages(void)
{
	return sum_of("/proc/meminfo", "Slab: ") * (long long)KIB / PAGE;
}

/* Let the kernel drop what it merely keeps: page cache, dentries, inodes. */
static void drop_caches(void)
{
	int fd = SYS(open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC));

	CHECK_EQ(write(fd, "3", 1), 1);
	close(fd);
}

static void use(void)
{
	struct region file[2];

	SYS(mkdir(MNT "/domain", 0700));
	for (size_t f = 0; f < 2; f++) {
		file[f] = region_create(f ? MNT "/domain/1" : MNT "/domain/0",
					PAGES);
		for (size_t i = 0; i < PAGES; i++)
			pattern(i % CONTENTS, slot(&file[f], i));
	}
	settle();
	CHECK_EQ(stats_read().pages_shared, CONTENTS - 1);
	CHECK_EQ(stats_read().frames, CONTENTS - 1);
	for (size_t i = 0; i < PAGES; i += 2)
		slot(&file[0], i)[0]++;
	for (size_t i = 0; i < PAGES; i++)
		CHECK_PAGE(slot(&file[1], i), i % CONTENTS);
	/* One file is left open and unlinked, one is left behind. */
	SYS(unlink(MNT "/domain/0"));
	CHECK_EQ(module_unload(), -1);
	CHECK(errno == EWOULDBLOCK || errno == EBUSY);
	region_close(&file[0]);
	region_close(&file[1]);
}

/* Opens, reads and closes: it may be gone at any of these. */
static void *reader(void *arg)
{
	while (!__atomic_load_n(&done, __ATOMIC_RELAXED)) {
		char text[32];
		int fd;

		/* Open files are freed a while later: not thousands of them. */
		usleep(1000);
		fd = open(SYSFS "/pages_shared", O_RDONLY | O_CLOEXEC);
		CHECK(fd >= 0 || errno == ENOENT || errno == ENODEV);
		if (fd < 0)
			continue;
		CHECK(read(fd, text, sizeof(text)) > 0 || errno == ENODEV);
		close(fd);
		reads++;
	}
	return arg;
}

static void check_stale(int fd)
{
	char text[32];

	CHECK_ERRNO(pread(fd, text, sizeof(text), 0), ENODEV);
	CHECK_ERRNO(pwrite(fd, "1", 1, 0), ENODEV);
	close(fd);
}

int main(void)
{
	long long free_warm = 0, slab_warm = 0, free_now = 0, slab_now = 0;
	pthread_t thread;
	int knob;

	SYS(module_unload());
	module_check_gone();
	thread = thread_start(reader, NULL);
	for (int round = 1; round <= ROUNDS; round++) {
		module_load("");
		mount_ksmfs(MNT, "size=64m");
		use();
		CHECK_EQ(module_unload(), -1);
		umount_ksmfs(MNT);
		check_empty();
		knob = SYS(open(SYSFS "/run", O_RDWR | O_CLOEXEC));
		module_unload_wait();
		module_check_gone();
		check_stale(knob);
		if (round % 10)
			continue;
		drop_caches();
		free_now = free_pages();
		slab_now = slab_pages();
		if (round == WARM) {
			free_warm = free_now;
			slab_warm = slab_now;
		}
		say("round %d: %lld pages free, %lld in slab", round, free_now,
		    slab_now);
	}
	__atomic_store_n(&done, true, __ATOMIC_RELAXED);
	thread_join(thread);
	CHECK(reads);
	if (free_warm - free_now > NOISE || slab_now - slab_warm > NOISE)
		FAIL("rounds %d to %d: %lld to %lld pages free, %lld to %lld in slab; %d are noise",
		     WARM, ROUNDS, free_warm, free_now, slab_warm, slab_now,
		     NOISE);
	return 0;
}
