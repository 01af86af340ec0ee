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

static long next_region(const struct super_block *sb,
			struct ksmfs_region_info __user *to)
{
	struct ksmfs_region_info info;
	u64 ino;

	if (get_user(ino, &to->ino))
		return -EFAULT;
	if (ino == U64_MAX || !next_info(sb, ino + 1, &info))
		return -ENOENT;
	return put_info(to, &info);
}

/* A region of a mount, of which the caller is a user now; or NULL. */
static struct ksmfs_region *get_region(const struct super_block *sb, u64 ino)
{
	struct ksmfs_region *region = ksmfs_region_from(ino, XA_PRESENT);

	if (region && region->ino == ino && region->mapping->host->i_sb == sb)
		return region;
	ksmfs_region_put(region);
	return NULL;
}

static long reclaim(const struct super_block *sb,
		    struct ksmfs_reclaim __user *to)
{
	struct ksmfs_reclaim request;
	struct ksmfs_region *region;
	long taken;

	if (copy_from_user(&request, to, sizeof(request)))
		return -EFAULT;
	if (request.mode > KSMFS_RECLAIM_SWAP || request.reserved)
		return -EINVAL;
	region = get_region(sb, request.ino);
	if (!region)
		return -ENOENT;
	taken = ksmfs_pressure_reclaim(region,
				       min_t(u64, request.pages, LONG_MAX >> 8),
				       request.mode);
	ksmfs_region_put(region);
	if (taken < 0)
		return taken;
	return put_user(taken, &to->pages);
}

static long limit(const struct super_block *sb,
		  const struct ksmfs_limit __user *from)
{
	struct ksmfs_region *region;
	struct ksmfs_limit request;

	if (copy_from_user(&request, from, sizeof(request)))
		return -EFAULT;
	region = get_region(sb, request.ino);
	if (!region)
		return -ENOENT;
	WRITE_ONCE(region->limit, request.frames);
	ksmfs_region_put(region);
	return 0;
}

static long ioctl_dir(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct super_block *sb = file_inode(file)->i_sb;
	void __user *to = (void __user *)arg;

	switch (cmd) {
	case KSMFS_IOC_NEXT_REGION:
	case KSMFS_IOC_RECLAIM:
	case KSMFS_IOC_LIMIT:
		break;
	default:
		return -ENOTTY;
	}
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;

	switch (cmd) {
	case KSMFS_IOC_NEXT_REGION:
		return next_region(sb, to);
	case KSMFS_IOC_RECLAIM:
		return reclaim(sb, to);
	default:
		return limit(sb, to);
	}
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
