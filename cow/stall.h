/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Stalls: a fault that finds no frame waits for one.
 */
#ifndef _KSMFS_COW_STALL_H
#define _KSMFS_COW_STALL_H

#include <linux/fs.h>
#include "cow/region.h"

/* Whether somebody else may do something about an error, given time. */
static inline bool ksmfs_stall_helps(int err)
{
	return err == -ENOSPC || err == -ENOMEM || err == -EAGAIN;
}

/**
 * ksmfs_stall_prepare() - make a slot ready to be mapped, wait for a frame
 * @inode: of the region; cannot go meanwhile
 * @index: of the slot
 * @write: it is to be mapped writable
 *
 * Tells who waits for it in sysfs, and reclaim, that there is a want.  Waits as
 * stall_millisecs says.
 *
 * Context: may sleep; no slot is held.
 * Return: 0 if the slot was ready a moment ago, or lies beyond the end of the
 * file; -EINTR if the task is being killed; or as ksmfs_break(), when the time
 * is over.
 */
int ksmfs_stall_prepare(struct inode *inode, unsigned long index, bool write);

#endif /* _KSMFS_COW_STALL_H */
