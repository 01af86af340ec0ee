// SPDX-License-Identifier: GPL-2.0
/*
 * Allocations, and copies from and to user space, that fail on demand: the
 * kernel's fault injection, aimed at one thread by its file fail-nth.
 *
 * That file is read and written by system calls which copy, too.  Read, it
 * tells what was left before the copy; and a copy that it makes fail has used
 * it up, so the next one works.
 */
#include "scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DEBUGFS "/sys/kernel/debug/"

static void tell(const char *file, const char *value)
{
	char path[96];
	int fd;

	snprintf(path, sizeof(path), DEBUGFS "%s", file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		skip("the kernel injects no faults: no %s", path);
	CHECK_EQ(write(fd, value, strlen(value)), strlen(value));
	SYS(close(fd));
}

void inject_setup(void)
{
	/* Those that may wait, single pages, high memory; without a word. */
	tell("failslab/ignore-gfp-wait", "N");
	tell("failslab/verbose", "0");
	tell("fail_page_alloc/ignore-gfp-wait", "N");
	tell("fail_page_alloc/ignore-gfp-highmem", "N");
	tell("fail_page_alloc/min-order", "0");
	tell("fail_page_alloc/verbose", "0");
	tell("fail_usercopy/verbose", "0");
}

int inject_open(int tid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fail-nth", tid);
	return SYS(open(path, O_RDWR | O_CLOEXEC));
}

int inject_open_self(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%ld/fail-nth",
		 syscall(SYS_gettid));
	return SYS(open(path, O_RDWR | O_CLOEXEC));
}

void inject_begin(int fd, unsigned int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", n);

	CHECK_EQ(pwrite(fd, text, length, 0), length);
}

bool inject_end(int fd)
{
	char text[16] = "";
	ssize_t length = pread(fd, text, sizeof(text) - 1, 0);

	CHECK(length > 0 || errno == EFAULT);
	if (pwrite(fd, "0", 1, 0) < 0)
		CHECK_EQ(pwrite(fd, "0", 1, 0), 1);
	return length > 0 && !atoi(text);
}

#define KMEMLEAK DEBUGFS "kmemleak"

static bool kmemleak(const char *command)
{
	int fd = open(KMEMLEAK, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 &&
		  write(fd, command, strlen(command)) == (ssize_t)strlen(command);

	if (fd >= 0)
		close(fd);
	return ok;
}

void inject_forgive_caches(void)
{
	unsigned int leaks = 0, names = 0;
	char line[512];
	FILE *file;

	if (!kmemleak("scan"))
		return;
	sleep(6);		/* what is younger is not told of */
	kmemleak("scan");
	file = fopen(KMEMLEAK, "re");
	CHECK(file);
	while (fgets(line, sizeof(line), file)) {
		leaks += !!strstr(line, "unreferenced object");
		names += !!strstr(line, "__kmem_cache_create+");
	}
	fclose(file);
	say("%u leaks, %u of them names of caches", leaks, names);
	if (leaks == names)
		kmemleak("clear");
}
