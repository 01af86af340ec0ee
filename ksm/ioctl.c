// SPDX-License-Identifier: GPL-2.0
#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/uaccess.h>
#include "ksm/ksmfs.h"

static int put_info(void __user *to, const struct ksmfs_region_info *info)
{
	return copy_to_user(to, info, sizeof(*info)) ? -EFAULT : 0;
}

long ksmfs_ioctl_file(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct ksmfs_region_info info;

	if (cmd != KSMFS_IOC_REGION)
		return -ENOTTY;
	ksmfs_inode_region_info(file_inode(file), &info);
	return put_info((void __user *)arg, &info);
}

/* Numbers of the first region of a mount from an inode number on. */
static bool next_info(const struct super_block *sb, unsigned long ino,
		      struct ksmfs_region_info *info)
{
	struct ksmfs_region *region;
	bool found = false;

	while (!found && (region = ksmfs_region_from(ino, XA_PRESENT))) {
		struct inode *inode = region->mapping->host;

		found = inode->i_sb == sb;
		if (found)
			ksmfs_inode_region_info(inode, info);
		ino = region->ino + 1;
		ksmfs_region_put(region);
	}
	return found;
}

static long ioctl_dir(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct ksmfs_region_info __user *to = (void __user *)arg;
	struct ksmfs_region_info info;
	u64 ino;

	if (cmd != KSMFS_IOC_NEXT_REGION)
		return -ENOTTY;
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (get_user(ino, &to->ino))
		return -EFAULT;
	if (ino == U64_MAX ||
	    !next_info(file_inode(file)->i_sb, ino + 1, &info))
		return -ENOENT;
	return put_info(to, &info);
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
