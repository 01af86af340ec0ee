// SPDX-License-Identifier: GPL-2.0
/*
 * Mounting, and remembering what is mounted for check_balance().
 */
#include "scenario.h"

#include <string.h>
#include <sys/mount.h>

#define MOUNTS 4

static const char *mounted[MOUNTS + 1];

int mount_try(const char *dir, const char *options)
{
	return mount("none", dir, "ksmfs", 0, options);
}

void mount_ksmfs(const char *dir, const char *options)
{
	size_t i = 0;

	if (mount_try(dir, options))
		FAIL("mount -t ksmfs -o %s none %s: %s", options, dir,
		     strerror(errno));
	while (mounted[i])
		i++;
	CHECK(i < MOUNTS);
	mounted[i] = dir;
}

int remount_ksmfs(const char *dir, const char *options)
{
	return mount("none", dir, "ksmfs", MS_REMOUNT, options);
}

void umount_ksmfs(const char *dir)
{
	size_t i = 0;

	if (umount(dir))
		FAIL("umount %s: %s", dir, strerror(errno));
	while (mounted[i] && strcmp(mounted[i], dir))
		i++;
	CHECK(mounted[i]);
	for (; mounted[i]; i++)
		mounted[i] = mounted[i + 1];
}

const char *const *mount_list(void)
{
	return mounted;
}
