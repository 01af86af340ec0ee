// SPDX-License-Identifier: GPL-2.0
/*
 * Threads of the kernel, and what they have done.
 */
#include "scenario.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* False if there is no such file, or no such process any more. */
static bool proc_read(int pid, const char *file, char *text, size_t size)
{
	char path[64];
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = read(fd, text, size - 1);
	close(fd);
	if (length < 0)
		return false;
	text[length] = '\0';
	return true;
}

static bool is_named(int pid, const char *name)
{
	size_t length = strlen(name);
	char text[64];

	return proc_read(pid, "comm", text, sizeof(text)) &&
	       !strncmp(text, name, length) &&
	       (text[length] == '\n' || text[length] == '/');
}

int kthreads_find(const char *name, int pids[SCANNER_THREADS])
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	int count = 0;

	CHECK(proc);
	while ((entry = readdir(proc))) {
		int pid = atoi(entry->d_name);

		if (!pid || !is_named(pid, name))
			continue;
		CHECK(count < SCANNER_THREADS);
		pids[count++] = pid;
	}
	closedir(proc);
	return count;
}

long long kthread_cpu(int pid)
{
	char text[128];

	if (!proc_read(pid, "schedstat", text, sizeof(text)))
		return -1;
	return strtoll(text, NULL, 10);
}
