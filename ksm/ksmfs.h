/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the parts of the module's glue share: the file system around the core.
 */
#ifndef _KSMFS_KSMFS_H
#define _KSMFS_KSMFS_H

#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/workqueue.h>
#include "cow/domain.h"
#include "cow/region.h"
#include <uapi/ksmfs.h>

/**
 * struct ksmfs_sb - one mount
 * @frames: as limited by size=, with break_reserve= and swap=
 * @reserve_percent: of @frames' limit are its reserve; 0: it does not depend on
 *                   the limit
 * @swap_path: as given by swap=, or NULL
 * @inodes: as limited by nr_inodes=
 * @merge: mode that new domains begin with
 * @strict: whether they begin strict
 * @mode: permissions of the root directory
 * @uid: its owner
 * @gid: its group
 * @stalled: faults that wait for a frame
 * @asked: frames that the host has asked for and not got yet
 * @pressure: takes frames from the regions
 * @unshare: gives up shares of strict domains
 * @mounts: link to the other mounts, for pressure.c
 */
struct ksmfs_sb {
	struct ksmfs_quota frames;
	unsigned long reserve_percent;
	char *swap_path;
	struct ksmfs_quota inodes;
	enum ksmfs_merge_mode merge;
	bool strict;
	umode_t mode;
	kuid_t uid;
	kgid_t gid;
	atomic_long_t stalled;
	atomic_long_t asked;
	struct work_struct pressure;
	struct delayed_work unshare;
	struct list_head mounts;
};

/**
 * struct ksmfs_inode - a file or a directory
 * @domain: that it is in; a reference is held
 * @region: of a file; unused in a directory
 * @prealloc_end: slots that fallocate(2), or a write that failed, may have
 *                populated, beyond the end of the file too; under the inode's
 *                lock
 * @inode: what the VFS knows
 */
struct ksmfs_inode {
	struct ksmfs_domain *domain;
	struct ksmfs_region region;
	unsigned long prealloc_end;
	struct inode inode;
};

static inline struct ksmfs_sb *ksmfs_sb(const struct super_block *sb)
{
	return sb->s_fs_info;
}

static inline struct ksmfs_inode *ksmfs_inode(const struct inode *inode)
{
	return container_of(inode, struct ksmfs_inode, inode);
}

/* super.c */
extern struct file_system_type ksmfs_fs_type;

/* swapfile.c */

/**
 * ksmfs_swapfile_open() - open a swap file
 * @fc: what says it
 * @path: of a regular file or block device
 *
 * Context: may sleep; the credentials are those of who mounts.
 * Return: the swap, for ksmfs_swap_free(), or an error pointer, and the reason
 * has been told: -EINVAL if the file will not do, -EBUSY if somebody has it,
 * -ENOMEM, or what open(2) fails with.
 */
struct ksmfs_swap *ksmfs_swapfile_open(struct fs_context *fc, const char *path);

/* inode.c */
extern const struct inode_operations ksmfs_dir_inode_ops;
extern const struct inode_operations ksmfs_file_inode_ops;

/**
 * ksmfs_inode_init_cache() - make the cache that inodes come from
 *
 * Return: 0 or -ENOMEM.
 */
int ksmfs_inode_init_cache(void);

/**
 * ksmfs_inode_destroy_cache() - undo ksmfs_inode_init_cache()
 *
 * Context: may sleep, until all inodes have been freed; there are no mounts.
 */
void ksmfs_inode_destroy_cache(void);

/* The parts of struct super_operations that inode.c has. */
struct inode *ksmfs_inode_alloc(struct super_block *sb);
void ksmfs_inode_free(struct inode *inode);
void ksmfs_inode_evict(struct inode *inode);

/**
 * ksmfs_inode_new_root() - make the root directory of a mount
 * @sb: its mount, with ksmfs_sb() filled in
 *
 * Context: may sleep.
 * Return: the inode or an error pointer.
 */
struct inode *ksmfs_inode_new_root(struct super_block *sb);

/**
 * ksmfs_inode_pages() - number of slots of a region
 * @inode: of a file
 *
 * Context: any; a moment's glance.
 * Return: as @pages of struct ksmfs_region_info.
 */
unsigned long ksmfs_inode_pages(const struct inode *inode);

/**
 * ksmfs_inode_region_info() - the numbers of one region
 * @inode: of a file
 * @info: filled in
 *
 * Context: any.  While the file changes the numbers need not add up.
 */
void ksmfs_inode_region_info(struct inode *inode,
			     struct ksmfs_region_info *info);

/* xattr.c */

/* The words of KSMFS_MERGE_MODES, NULL at the end. */
extern const char *const ksmfs_merge_words[];

/* The extended attributes there are, NULL at the end. */
extern const struct xattr_handler *ksmfs_xattr_handlers[];

/* file.c */
extern const struct file_operations ksmfs_file_ops;

/**
 * ksmfs_file_zero() - zero a part of one page of a file
 * @inode: locked
 * @from: first byte
 * @to: first byte no longer meant, at most to the end of the page of @from
 *
 * Context: may sleep.
 * Return: 0; -ENOSPC or -ENOMEM if the page has no frame of its own and one could
 * not be had; -EIO if its memory is bad, or its content cannot be brought back.
 */
int ksmfs_file_zero(struct inode *inode, loff_t from, loff_t to);

/* ioctl.c */
extern const struct file_operations ksmfs_dir_ops;
long ksmfs_ioctl_file(struct file *file, unsigned int cmd, unsigned long arg);

/* cow/fault.c */
extern const struct vm_operations_struct ksmfs_vm_ops;

/* thread.c */

/**
 * ksmfs_thread_start() - start the scanner's threads
 *
 * Context: may sleep.
 * Return: 0 or a negative errno of kthread_run().
 */
int ksmfs_thread_start(void);

/**
 * ksmfs_thread_stop() - stop the scanner's threads
 *
 * Context: may sleep, until all have finished the piece they are at.
 */
void ksmfs_thread_stop(void);

/**
 * ksmfs_thread_wake() - tell the scanner that there is a region now
 *
 * Context: any.
 */
void ksmfs_thread_wake(void);

/**
 * ksmfs_thread_hurry() - have the scanner make no pauses for a second
 *
 * Its budget of CPU time holds all the same.
 *
 * Context: any.
 */
void ksmfs_thread_hurry(void);

/* pressure.c */

/* Workers for what frees memory. */
extern struct workqueue_struct *ksmfs_pressure_workers;

/**
 * ksmfs_pressure_init() - be told when the host is short of memory
 *
 * Return: 0 or -ENOMEM.
 */
int ksmfs_pressure_init(void);

/**
 * ksmfs_pressure_exit() - undo ksmfs_pressure_init()
 *
 * Context: may sleep.
 */
void ksmfs_pressure_exit(void);

/**
 * ksmfs_pressure_begin() - a mount begins
 * @sbi: filled in but for what is pressure.c's
 *
 * Context: may sleep.
 */
void ksmfs_pressure_begin(struct ksmfs_sb *sbi);

/**
 * ksmfs_pressure_end() - a mount ends, or never began
 * @sbi: nobody else uses it any more; its inodes may still be there
 *
 * Context: may sleep, until nothing is reclaimed from it any more.
 */
void ksmfs_pressure_end(struct ksmfs_sb *sbi);

/**
 * ksmfs_pressure_kick() - have frames reclaimed
 * @sb: of the mount that wants them
 *
 * Context: any.
 */
void ksmfs_pressure_kick(struct super_block *sb);

/**
 * ksmfs_pressure_check() - have frames reclaimed if few are left
 * @sb: of the mount
 *
 * Context: any.
 */
void ksmfs_pressure_check(struct super_block *sb);

/**
 * ksmfs_pressure_reclaim() - take frames from one region
 * @region: the caller is a user
 * @nr: how many
 * @mode: as in struct ksmfs_reclaim
 *
 * Context: may sleep.
 * Return: how many were taken; -EINTR if a signal came before; -ENOMEM.
 */
long ksmfs_pressure_reclaim(struct ksmfs_region *region, unsigned long nr,
			    unsigned int mode);

/* sampler.c */

/**
 * ksmfs_sampler_start() - start the thread that samples regions
 *
 * Context: may sleep.
 * Return: 0 or a negative errno of kthread_run().
 */
int ksmfs_sampler_start(void);

/**
 * ksmfs_sampler_stop() - stop it
 *
 * Context: may sleep, until it has finished with the region it is at.
 */
void ksmfs_sampler_stop(void);

/**
 * ksmfs_sampler_wake() - tell it that there is a region now
 *
 * Context: any.
 */
void ksmfs_sampler_wake(void);

/* What reclaim_mode says. */
enum ksmfs_reclaim_mode {
#define X(id, name, help) KSMFS_RECLAIM_MODE_##id,
	KSMFS_RECLAIM_MODES(X)
#undef X
};

/*
 * The knobs of KSMFS_KNOBS and KSMFS_CHOICES: get the value, set one in range.
 * That of a choice is the number of the word.  Those of the scanner are in
 * thread.c, those of the sampler in sampler.c, all others in knobs.c.
 */
#define X(name, ...)                                                          \
	unsigned int ksmfs_knob_get_##name(void);                             \
	int ksmfs_knob_set_##name(unsigned int value);
KSMFS_KNOBS(X)
KSMFS_CHOICES(X)
#undef X

/* sysfs.c */

/**
 * ksmfs_sysfs_add() - make /sys/kernel/mm/ksmfs
 *
 * Return: 0 or a negative errno.
 */
int ksmfs_sysfs_add(void);

/**
 * ksmfs_sysfs_notify_stall() - tell those who poll "stalls"
 *
 * Context: may sleep.
 */
void ksmfs_sysfs_notify_stall(void);

/**
 * ksmfs_sysfs_remove() - remove /sys/kernel/mm/ksmfs
 *
 * Context: may sleep, until the last reader is out.
 */
void ksmfs_sysfs_remove(void);

#endif /* _KSMFS_KSMFS_H */
