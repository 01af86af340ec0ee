/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Answers for what cannot be a file in a fake tree: inode numbers, statfs(2)
 * and ioctl(2).  Any thread may ask.
 */
#ifndef _KSMFS_FAKE_H
#define _KSMFS_FAKE_H

#include <stdint.h>

#include "sysio.h"

/* Reads the answers from the text of ROOT/ksmfs-answers; forgets the last. */
void fake_load(char *text);

uint64_t fake_inode(const char *path);
int fake_space(const char *mount, struct sysio_space *space);
int fake_mount_info(const char *mount, struct ksmfs_mount_info *info);
int fake_next_region(const char *mount, struct ksmfs_region_info *info);
int fake_shared(const char *mount, struct ksmfs_shared *shared);

int fake_attribute(const char *path, const char *name, char **value);
int fake_set_attribute(const char *root, const char *path, const char *name,
		       const char *value);

/* Adds a line to the file ROOT/ksmfs-calls. */
int fake_call(const char *root, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* _KSMFS_FAKE_H */
