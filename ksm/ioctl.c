// SPDX-License-Identifier: GPL-2.0
#include <linux/capability.h>
#include <linux/compat.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "cow/swap.h"
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
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
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

static long next_region(struct super_block *sb, void __user *arg)
{
	struct ksmfs_region_info __user *to = arg;
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

static long reclaim(struct super_block *sb, void __user *arg)
{
	struct ksmfs_reclaim __user *to = arg;
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

static long limit(struct super_block *sb, void __user *arg)
{
	struct ksmfs_region *region;
	struct ksmfs_limit request;

	if (copy_from_user(&request, arg, sizeof(request)))
		return -EFAULT;
	region = get_region(sb, request.ino);
	if (!region)
		return -ENOENT;
	WRITE_ONCE(region->limit, request.frames);
	ksmfs_region_put(region);
	return 0;
}

static long mount_info(struct super_block *sb, void __user *arg)
{
	struct ksmfs_sb *sbi = ksmfs_sb(sb);
	struct ksmfs_quota *frames = &sbi->frames;
	/* Pairs with the release in set_swap(): a remount may store it. */
	struct ksmfs_swap *swap = smp_load_acquire(&frames->swap);
	struct ksmfs_mount_info info = {
		.size = READ_ONCE(frames->limit),
		.used = atomic_long_read(&frames->used),
		.break_reserve = READ_ONCE(frames->reserve),
		.reserve = ksmfs_quota_reserve(frames),
		.debt = max(atomic_long_read(&frames->debt), 0L),
		.packed = atomic_long_read(&frames->packed),
		.stalled = atomic_long_read(&sbi->stalled),
	};

	if (swap) {
		struct ksmfs_swap_numbers numbers = ksmfs_swap_count(swap);

		info.swap_pages = numbers.pages;
		info.swap_used = numbers.used;
		info.swap_bad = numbers.bad;
	}
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

/*
 * Frames of the shared slots of the first leaf that has slots from @next on.
 * Returns how many; @next is set to where to go on.
 */
static unsigned int shared_of_leaf(struct ksmfs_region *region, u64 *next,
				   u64 *frames, unsigned int room)
{
	unsigned long index = *next, last = ULONG_MAX;
	struct ksmfs_slot *slot;
	unsigned int n = 0;

	while ((slot = ksmfs_region_find(region, &index, last))) {
		unsigned long frame = ksmfs_slot_glance(slot);

		last = index | (KSMFS_LEAF_SLOTS - 1);
		if (frame && n == room) {
			*next = index;
			return n;
		}
		if (frame)
			frames[n++] = frame;
		if (index++ == last)
			break;
	}
	*next = last == ULONG_MAX ? KSMFS_SHARED_END : last + 1;
	return n;
}

/*
 * Users of a region never pause, and memory of user space may pause us: so we
 * are a user for one leaf at a time.
 */
static long shared_copy(const struct super_block *sb,
			struct ksmfs_shared *request, u64 *frames)
{
	u64 __user *to = u64_to_user_ptr(request->frames);
	u64 room = request->count;

	do {
		struct ksmfs_region *region = get_region(sb, request->ino);
		unsigned int n;

		if (!region)
			return -ENOENT;
		n = shared_of_leaf(region, &request->next, frames,
				   min_t(u64, room, KSMFS_LEAF_SLOTS));
		ksmfs_region_put(region);
		if (copy_to_user(to, frames, n * sizeof(*frames)))
			return -EFAULT;
		to += n;
		room -= n;
		cond_resched();
	} while (room && request->next != KSMFS_SHARED_END &&
		 !signal_pending(current));
	request->count -= room;
	return 0;
}

static long shared(struct super_block *sb, void __user *arg)
{
	struct ksmfs_shared request;
	u64 *frames;
	long err;

	if (copy_from_user(&request, arg, sizeof(request)))
		return -EFAULT;
	if (!request.count)
		return -EINVAL;
	frames = kmalloc_array(KSMFS_LEAF_SLOTS, sizeof(*frames), GFP_KERNEL);
	if (!frames)
		return -ENOMEM;
	err = shared_copy(sb, &request, frames);
	kfree(frames);
	if (!err && copy_to_user(arg, &request, sizeof(request)))
		err = -EFAULT;
	return err;
}

static long ioctl_dir(struct file *file, unsigned int cmd, unsigned long arg)
{
	long (*answer)(struct super_block *sb, void __user *arg);

	switch (cmd) {
	case KSMFS_IOC_NEXT_REGION:
		answer = next_region;
		break;
	case KSMFS_IOC_RECLAIM:
		answer = reclaim;
		break;
	case KSMFS_IOC_LIMIT:
		answer = limit;
		break;
	case KSMFS_IOC_MOUNT:
		answer = mount_info;
		break;
	case KSMFS_IOC_SHARED:
		answer = shared;
		break;
	default:
		return -ENOTTY;
	}
	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	return answer(file_inode(file)->i_sb, (void __user *)arg);
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
