/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only place that knows kernel versions.  The code is written with the
 * names of newer kernels; what an older one lacks is made up here.
 */
#ifndef _KSMFS_KSM_COMPAT_H
#define _KSMFS_KSM_COMPAT_H

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0) || \
	LINUX_VERSION_CODE >= KERNEL_VERSION(6, 2, 0)
#error "ksmfs is made for Linux 6.1"
#endif

/* 6.3: what maps user ids of a mount has a type of its own. */
#define mnt_idmap user_namespace
#define nop_mnt_idmap init_user_ns

/* 6.3: flags of a mapping are set by a function. */
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}

/*
 * 6.5: a splice that copies.  The function of that time lets read_iter() fill
 * the pipe, and ours always copies: a frame must never be in a pipe, whose
 * reader could take it out of the mapping (remove_mapping()).
 */
#define copy_splice_read generic_file_splice_read

/* 6.7: times of an inode are set by functions. */
static inline void ksmfs_compat_touch(struct inode *inode)
{
	inode->i_ctime = current_time(inode);
	inode->i_mtime = inode->i_ctime;
}

static inline void simple_inode_init_ts(struct inode *inode)
{
	ksmfs_compat_touch(inode);
	inode->i_atime = inode->i_ctime;
}

#endif /* _KSMFS_KSM_COMPAT_H */
