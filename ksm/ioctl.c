// SPDX-License-Identifier: GPL-2.0
#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/uaccess.h>
#include "ksm/ksmfs.h"

static int put_info(void __user *to, struct inode *inode)
{
	struct ksmfs_region_info info;

	ksmfs_inode_region_info(inode, &info);
	return copy_to_user(to, &info, sizeof(info)) ? -EFAULT : 0;
}

long ksmfs_ioctl_file(struct file *file, unsigned int cmd, unsigned long arg)
{
	if (cmd != KSMFS_IOC_REGION)
		return -ENOTTY;
	return put_info((void __user *)arg, file_inode(file));
}

/* The file of a mount with the lowest inode number above @ino, or NULL. */
static struct inode *lowest_above(struct super_block *sb, u64 ino)
{
	struct inode *inode, *lowest = NULL;

	lockdep_assert_held(&sb->s_inode_list_lock);
	list_for_each_entry(inode, &sb->s_inodes, i_sb_list) {
		if (S_ISREG(inode->i_mode) && inode->i_ino > ino &&
		    (!lowest || inode->i_ino < lowest->i_ino))
			lowest = inode;
	}
	return lowest;
}

/* The same with a reference; what is about to go is passed over. */
static struct inode *get_lowest_above(struct super_block *sb, u64 ino)
{
	struct inode *inode, *got = NULL;

	spin_lock(&sb->s_inode_list_lock);
	while (!got && (inode = lowest_above(sb, ino))) {
		ino = inode->i_ino;
		got = igrab(inode);
	}
	spin_unlock(&sb->s_inode_list_lock);
	return got;
}

static long ioctl_dir(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct ksmfs_region_info __user *info = (void __user *)arg;
	struct inode *inode;
	u64 ino;
	int err;

	if (cmd != KSMFS_IOC_NEXT_REGION)
		return -ENOTTY;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (get_user(ino, &info->ino))
		return -EFAULT;
	inode = get_lowest_above(file_inode(file)->i_sb, ino);
	if (!inode)
		return -ENOENT;
	err = put_info(info, inode);
	iput(inode);
	return err;
}

/* Names live in the dcache, as libfs.c does it; ours is the ioctl. */
const struct file_operations ksmfs_dir_ops = {
	.open = dcache_dir_open,
	.release = dcache_dir_close,
	.llseek = dcache_dir_lseek,
	.read = generic_read_dir,
	.iterate_shared = dcache_readdir,
	.fsync = noop_fsync,
	.unlocked_ioctl = ioctl_dir,
	.compat_ioctl = compat_ptr_ioctl,
};
