// SPDX-License-Identifier: GPL-2.0
#include "bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SAMPLE_USECS	2000
#define QUIET_SCANS	4	/* without savings: nothing more will come */

static const struct {
	const char *directory;
	const char *thread;
} names[SIDES] = {
	[KSMFS] = { "/sys/kernel/mm/ksmfs", "ksmfs_scan" },
	[KSM] = { "/sys/kernel/mm/ksm", "ksmd" },
};

static void read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		FAIL("cannot open %s: %m", path);
	length = SYS(read(fd, text, size - 1));
	text[length] = '\0';
	close(fd);
}

long long thread_get(enum side side, const char *file)
{
	char path[128], text[64];

	snprintf(path, sizeof(path), "%s/%s", names[side].directory, file);
	read_text(path, text, sizeof(text));
	return strtoll(text, NULL, 10);
}

void thread_set(enum side side, const char *file, long long value)
{
	char path[128], text[32];
	int length = snprintf(text, sizeof(text), "%lld", value);
	int fd;

	snprintf(path, sizeof(path), "%s/%s", names[side].directory, file);
	fd = SYS(open(path, O_WRONLY | O_CLOEXEC));
	if (write(fd, text, length) != length)
		FAIL("cannot write %s to %s: %m", text, path);
	close(fd);
}

/*
 * Threads of a side.  There are as many as the budget is worth, so they are
 * looked for again when that has changed; ksmd has none, and is one.
 */
struct threads {
	long long budget;
	int count;
	int pids[SCANNER_THREADS];
};

static const struct threads *find_threads(enum side side)
{
	static struct threads all[SIDES];
	struct threads *threads = &all[side];
	long long budget = side == KSMFS ?
		thread_get(side, "max_cpu_percent") : 100;

	if (threads->budget != budget) {
		threads->budget = budget;
		threads->count = kthreads_find(names[side].thread,
					       threads->pids);
	}
	if (!threads->count)
		FAIL("there is no thread %s", names[side].thread);
	return threads;
}

long long thread_cpu(enum side side)
{
	const struct threads *threads = find_threads(side);
	long long sum = 0;

	for (int i = 0; i < threads->count; i++)
		sum += kthread_cpu(threads->pids[i]);
	return sum;
}

void thread_flat_out(enum side side)
{
	/* In-tree KSM still counts pages of processes that have ended. */
	thread_set(side, "run", 2);
	thread_set(side, "run", 0);
	CHECK_EQ(thread_get(side, "pages_sharing"), 0);
	thread_set(side, "sleep_millisecs", 0);
	thread_set(side, "pages_to_scan", 100000);
}

struct merged thread_merge_all(const struct memory *memory)
{
	enum side side = memory->side;
	long long start = thread_cpu(side);
	long long scans = thread_get(side, "full_scans");
	struct merged merged = { 0 };

	thread_set(side, "run", 1);
	while (thread_get(side, "full_scans") - scans <= QUIET_SCANS) {
		long long saved;

		usleep(SAMPLE_USECS);
		saved = memory_saved(memory);
		if (saved <= merged.saved)
			continue;
		merged.saved = saved;
		merged.cpu = thread_cpu(side) - start;
		scans = thread_get(side, "full_scans");
	}
	thread_set(side, "run", 0);
	return merged;
}
