// SPDX-License-Identifier: GPL-2.0
/*
 * Loading and unloading the module, and what it leaves.
 */
#include "scenario.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PATIENCE	20	/* seconds */

int module_try(const char *name, const char *parameters)
{
	char path[64];
	int fd, result;

	snprintf(path, sizeof(path), "/lib/modules/%s.ko", name);
	fd = SYS(open(path, O_RDONLY | O_CLOEXEC));
	result = syscall(SYS_finit_module, fd, parameters, 0);
	close(fd);
	return result;
}

void module_load(const char *parameters)
{
	SYS(module_try("ksmfs", parameters));
}

int module_unload(void)
{
	return syscall(SYS_delete_module, "ksmfs", O_NONBLOCK);
}

void module_unload_wait(void)
{
	double end = seconds() + PATIENCE;

	while (module_unload()) {
		if (errno != EWOULDBLOCK || seconds() > end)
			FAIL("rmmod: %m");
		usleep(10 * 1000);
	}
}

static bool file_mentions(const char *path, const char *word)
{
	FILE *file = fopen(path, "re");
	char line[512];
	bool found = false;

	if (!file)
		FAIL("%s: %m", path);
	while (!found && fgets(line, sizeof(line), file))
		found = strstr(line, word);
	fclose(file);
	return found;
}

/* Is there a task, so a kernel thread, whose name begins like that? */
static bool task_exists(const char *name)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	bool found = false;

	while (!found && (entry = readdir(proc))) {
		char path[300], comm[64] = "";
		FILE *file;

		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		file = fopen(path, "re");
		if (!file)
			continue;
		found = fgets(comm, sizeof(comm), file) &&
			!strncmp(comm, name, strlen(name));
		fclose(file);
	}
	closedir(proc);
	return found;
}

void module_check_gone(void)
{
	double end = seconds() + PATIENCE;

	CHECK_EQ(access(SYSFS, F_OK), -1);
	CHECK(!file_mentions("/proc/slabinfo", "ksmfs_inode"));
	CHECK(!file_mentions("/proc/modules", "ksmfs "));
	CHECK(!file_mentions("/proc/filesystems", "ksmfs"));
	/* One that has ended is seen for a moment. */
	while (task_exists("ksmfs")) {
		CHECK(seconds() < end);
		usleep(10 * 1000);
	}
}
