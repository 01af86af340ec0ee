// SPDX-License-Identifier: GPL-2.0
/*
 * What init wants from the kernel: load and unload modules, and tell whether
 * it is still sound.
 */
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "init.h"

#define KMEMLEAK "/sys/kernel/debug/kmemleak"

/* TAINT_OOT_MODULE and TAINT_UNSIGNED_MODULE: any module that is not Debian's */
#define TAINTS_EXPECTED (1UL << 12 | 1UL << 13)

/* Returns 0, or -1 with errno set. */
int kernel_load(const char *module)
{
	char path[128];
	int fd, ret;

	snprintf(path, sizeof(path), "/lib/modules/%s.ko", module);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	ret = syscall(SYS_finit_module, fd, "", 0);
	close(fd);
	return ret;
}

bool kernel_unmount(void)
{
	FILE *mounts = setmntent("/proc/mounts", "re");
	struct mntent *entry;
	bool ok = true;

	if (!mounts)
		die("read", "/proc/mounts");
	while ((entry = getmntent(mounts))) {
		if (strcmp(entry->mnt_type, MODULE) ||
		    !umount2(entry->mnt_dir, 0))
			continue;
		fail("unmount %s: %m", entry->mnt_dir);
		ok = false;
	}
	endmntent(mounts);
	return ok;
}

/* That the module is not loaded is fine: scenarios may unload it. */
bool kernel_unload(void)
{
	double end = now() + PATIENCE;

	while (syscall(SYS_delete_module, MODULE, O_NONBLOCK) &&
	       errno != ENOENT) {
		if (now() > end) {
			fail("unload the module: %m");
			return false;
		}
		usleep(100 * 1000);
	}
	return true;
}

static bool check_taint(void)
{
	char text[32] = "";
	FILE *file = fopen("/proc/sys/kernel/tainted", "re");
	unsigned long taints;

	if (!file || !fgets(text, sizeof(text), file))
		die("read", "/proc/sys/kernel/tainted");
	fclose(file);
	taints = strtoul(text, NULL, 10);
	if (taints & ~TAINTS_EXPECTED)
		fail("the kernel is tainted: %lu", taints);
	return !(taints & ~TAINTS_EXPECTED);
}

/* Writes to a file that only some kernels have; -1 with errno set. */
static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t written;

	if (fd < 0)
		return -1;
	written = write(fd, text, strlen(text));
	close(fd);
	return written < 0 ? -1 : 0;
}

/* Does kmemleak look?  It gives up for good when it has no memory itself. */
static bool looks_for_leaks;

/* What booting leaves behind, and the races it is in, are not ours. */
void kernel_watch(void)
{
	looks_for_leaks = !write_text(KMEMLEAK, "scan");
	write_text(KMEMLEAK, "clear");
	write_text("/sys/kernel/debug/kcsan", "on");
}

/* What is there at the second look was not just about to be linked somewhere. */
bool kernel_check_leaks(void)
{
	char leak[4096];
	FILE *file;
	size_t length;

	if (!looks_for_leaks)
		return true;
	if (write_text(KMEMLEAK, "scan")) {
		fail("have kmemleak look: %m");
		return false;
	}
	sleep(6);
	write_text(KMEMLEAK, "scan");
	file = fopen(KMEMLEAK, "re");
	if (!file)
		die("read", KMEMLEAK);
	length = fread(leak, 1, sizeof(leak) - 1, file);
	fclose(file);
	leak[length] = '\0';
	if (!length)
		return true;
	fputs(leak, output);
	fail("memory has leaked, see the output");
	return false;
}

static int open_log(void)
{
	static int log = -1;

	if (log < 0)
		log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	return log;
}

/*
 * That a cache cannot be made, or a stack for a thread, as a scenario may want it,
 * is told with a trace, too.  To be called for each record.
 */
static bool is_trace_of_refusal(const char *record)
{
	static bool is_told;

	if (strstr(record, "(ksmfs_inode) failed with error") ||
	    strstr(record, "vmalloc error: "))
		is_told = true;
	if (!is_told || !strstr(record, "Call Trace:"))
		return false;
	is_told = false;
	return true;
}

/*
 * A race that KCSAN has seen is ours if one of the two is in the module, or in what
 * it has called, NEAR frames down.  Further down are the kernel's own affairs: its
 * allocator, its scheduler.  To be called for each record of a report:
 *
 *	BUG: KCSAN: data-race in one / other
 *	write to 0xffff... of 8 bytes by task 1 on cpu 0:
 *	 one+0x10/0x20
 *	 caller+0x30/0x40 [ksmfs]
 *	...
 *	read to 0xffff... of 8 bytes by task 2 on cpu 1:
 */
static bool is_our_race(const char *record)
{
	enum { NEAR = 3 };
	static int left;	/* of the frames that are near */

	if (strstr(record, " bytes by ")) {
		left = NEAR;
		return false;
	}
	if (!left || !strstr(record, "+0x")) {
		left = 0;
		return false;
	}
	left--;
	return strstr(record, "[" MODULE "]");
}

/* Splats have one of these words in them; those without set a taint. */
static bool is_splat(const char *record)
{
	static const char *const splats[] = {
		"Call Trace:", "BUG:", "WARNING:", "unreferenced object",
	};

	if (is_trace_of_refusal(record) || strstr(record, "BUG: KCSAN:"))
		return false;
	if (is_our_race(record))
		return true;
	for (size_t i = 0; i < sizeof(splats) / sizeof(*splats); i++)
		if (strstr(record, splats[i]))
			return true;
	return false;
}

/* Reads the log from where the last call left off. */
bool kernel_check_log(void)
{
	int log = open_log();
	char record[8192];
	ssize_t length;
	bool ok = true;

	while ((length = read(log, record, sizeof(record) - 1)) > 0) {
		record[length] = '\0';
		if (!is_splat(record))
			continue;
		fail("kernel log: %.*s", (int)strcspn(record, "\n"), record);
		ok = false;
	}
	if (errno != EAGAIN) {
		fail("read the kernel log: %m");
		ok = false;
	}
	return check_taint() && ok;
}

/* Where everybody is stuck, into the log: traces that are not splats. */
void kernel_show_tasks(void)
{
	int fd = open("/proc/sysrq-trigger", O_WRONLY | O_CLOEXEC);

	kernel_check_log();
	if (fd < 0 || write(fd, "l", 1) < 0 || write(fd, "t", 1) < 0)
		die("write", "/proc/sysrq-trigger");
	close(fd);
	lseek(open_log(), 0, SEEK_END);
}
