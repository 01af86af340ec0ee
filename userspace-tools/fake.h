/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Answers for what cannot be a file in a fake tree: inode numbers, statfs(2)
 * and ioctl(2).
 */
#ifndef _KSMFS_FAKE_H
#define _KSMFS_FAKE_H

#include <stdint.h>

#include "sysio.h"

/* Reads the answers from the text of ROOT/ksmfs-answers. */
void fake_load(char *text);

uint64_t fake_inode(const char *path);
int fake_space(const char *mount, struct sysio_space *space);
int fake_next_region(const char *mount, struct ksmfs_region_info *info);

#endif /* _KSMFS_FAKE_H */
