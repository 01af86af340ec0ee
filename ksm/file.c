// SPDX-License-Identifier: GPL-2.0
/*
 * System calls on the content of a file.  Mappings are in cow/fault.c.
 *
 * Everything that changes the size of a file or makes holes holds the inode's
 * lock.  Content is written under the slot's lock, so that it is not merged
 * meanwhile; what is read may be merged or broken meanwhile, but not freed.
 */
#include <linux/fs.h>
#include <linux/falloc.h>
#include <linux/pagemap.h>
#include <linux/uio.h>
#include "cow/break.h"
#include "cow/punch.h"
#include "ksm/compat.h"
#include "ksm/ksmfs.h"
#include <ksmfs/stats.h>

static struct ksmfs_region *region_of(struct inode *inode)
{
	return &ksmfs_inode(inode)->region;
}

/* What a system call says of bad memory is what it says of a bad disk. */
static int io_error(int err)
{
	return err == -EHWPOISON ? -EIO : err;
}

/*
 * Make a slot private to change a part of its content.  Bad memory takes none,
 * since it could not be read again.  Returns -EIO for that, or another errno.
 */
static int open_up(struct ksmfs_region *region, struct ksmfs_slot *slot,
		   unsigned long index)
{
	int err = ksmfs_break(region, slot, index, KSMFS_CHARGE);

	if (!err && PageHWPoison(ksmfs_slot_frame(region, slot)))
		err = -EHWPOISON;
	return io_error(err);
}

/*
 * Copy a part of one page.  The slot is held meanwhile, hence page faults are
 * not taken: they may need the same slot.  Returns the number of bytes copied,
 * which is 0 if the source has been paged out again since it was faulted in.
 */
static ssize_t write_part(struct ksmfs_region *region, loff_t pos, size_t len,
			  struct iov_iter *from)
{
	unsigned long index = pos >> PAGE_SHIFT;
	struct ksmfs_slot *slot;
	struct page *frame;
	ssize_t ret;

	slot = ksmfs_region_slot(region, index);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	ksmfs_slot_lock(region, slot);
	ret = open_up(region, slot, index);
	if (!ret) {
		frame = ksmfs_slot_frame(region, slot);
		ret = copy_folio_from_iter_atomic(page_folio(frame),
						  offset_in_page(pos), len,
						  from);
	}
	ksmfs_slot_unlock(region, slot);
	return ret;
}

/* Slots behind the file's end count as such if something is there. */
static void count_slots(struct inode *inode, unsigned long end)
{
	if (end > ksmfs_inode_pages(inode))
		WRITE_ONCE(ksmfs_inode(inode)->prealloc_end, end);
}

static ssize_t write_all(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	loff_t start = iocb->ki_pos;
	ssize_t ret = 0;

	while (iov_iter_count(from)) {
		size_t len = min_t(size_t, iov_iter_count(from),
				   PAGE_SIZE - offset_in_page(iocb->ki_pos));

		/* Part of it may do, as long as there is progress. */
		if (fault_in_iov_iter_readable(from, len) == len)
			ret = -EFAULT;
		else if (fatal_signal_pending(current))
			ret = -EINTR;
		else
			ret = write_part(region_of(inode), iocb->ki_pos, len,
					 from);
		if (ret < 0)
			break;
		/* Though nothing has been copied there may be a frame now. */
		if (!ret)
			count_slots(inode, (iocb->ki_pos >> PAGE_SHIFT) + 1);
		iocb->ki_pos += ret;
		if (iocb->ki_pos > i_size_read(inode))
			i_size_write(inode, iocb->ki_pos);
		ksmfs_pressure_check(inode->i_sb);
		cond_resched();
	}
	return iocb->ki_pos - start ?: ret;
}

static ssize_t write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	ssize_t ret;
	int err;

	inode_lock(inode);
	ret = generic_write_checks(iocb, from);
	if (ret > 0) {
		err = file_modified(iocb->ki_filp);
		ret = err ?: write_all(iocb, from);
	}
	inode_unlock(inode);
	return ret;
}

/*
 * The page that shows a slot's content, with a reference; NULL for zeros, or
 * an error pointer if it cannot be had.
 */
static struct page *get_content(struct ksmfs_region *region,
				unsigned long index)
{
	struct ksmfs_slot *slot = ksmfs_region_find(region, &index, index);
	struct page *page;
	int err = 0;

	if (!slot)
		return NULL;
	ksmfs_slot_lock(region, slot);
	/* A copy of merged content does not break it, whatever the mode. */
	if (ksmfs_slot_is_away(ksmfs_slot_state(slot)))
		err = ksmfs_break(region, slot, index, KSMFS_CHARGE);
	page = err ? ERR_PTR(io_error(err)) : ksmfs_slot_frame(region, slot);
	if (!IS_ERR_OR_NULL(page))
		get_page(page);
	ksmfs_slot_unlock(region, slot);
	return page;
}

/* Returns how much was copied, or a negative errno, -EIO for bad memory. */
static ssize_t read_part(struct ksmfs_region *region, loff_t pos, size_t len,
			 struct iov_iter *to)
{
	struct page *page = get_content(region, pos >> PAGE_SHIFT);
	ssize_t copied;
	void *content;

	if (!page)
		return iov_iter_zero(len, to);
	if (IS_ERR(page))
		return PTR_ERR(page);
	if (PageHWPoison(page)) {
		put_page(page);
		return -EIO;
	}

	/* Not copy_page_to_iter(), which would put the frame itself in a pipe. */
	content = kmap_local_page(page);
	copied = copy_to_iter(content + offset_in_page(pos), len, to);
	kunmap_local(content);
	put_page(page);
	return copied;
}

static ssize_t read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct inode *inode = file_inode(iocb->ki_filp);
	loff_t start = iocb->ki_pos;
	ssize_t err = 0;

	while (iov_iter_count(to)) {
		loff_t left = i_size_read(inode) - iocb->ki_pos;
		ssize_t copied;
		size_t len;

		if (left <= 0)
			break;
		len = min_t(loff_t, left,
			    PAGE_SIZE - offset_in_page(iocb->ki_pos));
		len = min(len, iov_iter_count(to));
		copied = read_part(region_of(inode), iocb->ki_pos, len, to);
		if (copied < 0) {
			err = copied;
			break;
		}
		iocb->ki_pos += copied;
		if (copied < len) {
			err = -EFAULT;
			break;
		}
		if (fatal_signal_pending(current)) {
			err = -EINTR;
			break;
		}
		ksmfs_pressure_check(inode->i_sb);
		cond_resched();
	}
	file_accessed(iocb->ki_filp);
	return iocb->ki_pos - start ?: err;
}

/* The next slot from @index on that is a hole, or that is none. */
static unsigned long seek_slot(struct ksmfs_region *region,
			       unsigned long index, unsigned long end,
			       bool hole)
{
	for (; index < end; index++) {
		unsigned long next = index;
		struct ksmfs_slot *slot;

		slot = ksmfs_region_find(region, &next, end - 1);
		if (hole && (!slot || next > index))
			return index;
		if (!slot)
			return end;
		if ((ksmfs_slot_state(slot) == KSMFS_SLOT_EMPTY) == hole)
			return next;
		index = next;
		cond_resched();
	}
	return end;
}

static loff_t seek_content(struct file *file, loff_t pos, bool hole)
{
	struct inode *inode = file_inode(file);
	unsigned long index, end;
	loff_t size, found;

	inode_lock_shared(inode);
	size = i_size_read(inode);
	if (pos < 0 || pos >= size) {
		found = -ENXIO;
		goto out;
	}
	end = DIV_ROUND_UP_ULL(size, PAGE_SIZE);
	index = seek_slot(region_of(inode), pos >> PAGE_SHIFT, end, hole);
	if (index < end)
		found = max((loff_t)index << PAGE_SHIFT, pos);
	else
		found = hole ? size : -ENXIO;	/* a hole is at the end */
	if (found >= 0)
		found = vfs_setpos(file, found, inode->i_sb->s_maxbytes);
out:
	inode_unlock_shared(inode);
	return found;
}

static loff_t llseek(struct file *file, loff_t offset, int whence)
{
	if (whence == SEEK_DATA || whence == SEEK_HOLE)
		return seek_content(file, offset, whence == SEEK_HOLE);
	return generic_file_llseek(file, offset, whence);
}

int ksmfs_file_zero(struct inode *inode, loff_t from, loff_t to)
{
	struct ksmfs_region *region = region_of(inode);
	unsigned long index = from >> PAGE_SHIFT;
	struct ksmfs_slot *slot;
	int err = 0;

	if (from >= to)
		return 0;
	slot = ksmfs_region_find(region, &index, index);
	if (!slot)
		return 0;
	ksmfs_slot_lock(region, slot);
	if (ksmfs_slot_frame(region, slot) ||
	    ksmfs_slot_is_away(ksmfs_slot_state(slot))) {
		err = open_up(region, slot, index);
		if (!err)
			memzero_page(ksmfs_slot_frame(region, slot),
				     offset_in_page(from), to - from);
	}
	ksmfs_slot_unlock(region, slot);
	return err;
}

static int punch(struct inode *inode, loff_t from, loff_t to)
{
	/* Unsigned, as the last page there can be ends behind all offsets. */
	u64 first = round_up((u64)from, PAGE_SIZE);
	u64 last = round_down((u64)to, PAGE_SIZE);
	int err;

	/* Bytes before the first and behind the last whole page. */
	err = ksmfs_file_zero(inode, from, min_t(u64, first, to));
	if (!err && last >= first)
		err = ksmfs_file_zero(inode, last, to);
	if (!err && last > first)
		ksmfs_punch(region_of(inode), first >> PAGE_SHIFT,
			    (last >> PAGE_SHIFT) - 1);
	return err;
}

/* Make one slot private with a frame that has been charged. */
static int own_slot(struct ksmfs_region *region, unsigned long index,
		    unsigned long *charged)
{
	enum ksmfs_charge charge;
	struct ksmfs_slot *slot;
	int err = 0;

	if (signal_pending(current))
		return -EINTR;
	slot = ksmfs_region_slot(region, index);
	if (IS_ERR(slot))
		return PTR_ERR(slot);
	ksmfs_slot_lock(region, slot);
	if (!ksmfs_slot_is_private(ksmfs_slot_state(slot))) {
		charge = *charged ? KSMFS_NO_CHARGE : KSMFS_CHARGE;
		err = ksmfs_break(region, slot, index, charge);
		if (!err && charge == KSMFS_NO_CHARGE)
			(*charged)--;
	}
	ksmfs_slot_unlock(region, slot);
	return io_error(err);
}

/* How many slots of a range have no frame of their own. */
static unsigned long count_unowned(struct ksmfs_region *region,
				   unsigned long first, unsigned long end)
{
	unsigned long unowned = end - first;
	struct ksmfs_slot *slot;

	for (; (slot = ksmfs_region_find(region, &first, end - 1)); first++) {
		unowned -= ksmfs_slot_is_private(ksmfs_slot_state(slot));
		if (first == end - 1)
			break;
		cond_resched();
	}
	return unowned;
}

/*
 * Give all slots from @first up to @end frames of their own.  They are charged
 * beforehand, so a mount that is too full refuses before anything changes.
 * Faults may own slots meanwhile, and the scanner may merge some, so what was
 * charged may not be needed, or not be enough.
 */
static int preallocate(struct inode *inode, unsigned long first,
		       unsigned long end)
{
	struct ksmfs_region *region = region_of(inode);
	struct ksmfs_quota *quota = &ksmfs_sb(inode->i_sb)->frames;
	unsigned long charged = count_unowned(region, first, end);
	int err = 0;

	if (!ksmfs_frame_pay(quota, charged, KSMFS_CHARGE_NEW)) {
		ksmfs_count(alloc_failures);
		return -ENOSPC;
	}
	/* From now on, since an error may leave some of them. */
	count_slots(inode, end);
	for (; !err && first < end; first++) {
		err = own_slot(region, first, &charged);
		cond_resched();
	}
	ksmfs_quota_uncharge(quota, charged);
	ksmfs_pressure_check(inode->i_sb);
	return err;
}

static int allocate(struct inode *inode, loff_t from, loff_t to,
		    bool keep_size)
{
	int err;

	err = inode_newsize_ok(inode, to);
	if (err)
		return err;
	err = preallocate(inode, from >> PAGE_SHIFT,
			  DIV_ROUND_UP_ULL(to, PAGE_SIZE));
	if (!err && !keep_size && to > i_size_read(inode))
		i_size_write(inode, to);
	return err;
}

static long fallocate(struct file *file, int mode, loff_t offset, loff_t len)
{
	struct inode *inode = file_inode(file);
	long err;

	if (mode & ~(FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE))
		return -EOPNOTSUPP;

	inode_lock(inode);
	err = file_modified(file);
	if (err)
		goto out;
	if (mode & FALLOC_FL_PUNCH_HOLE)
		err = punch(inode, offset, offset + len);
	else
		err = allocate(inode, offset, offset + len,
			       mode & FALLOC_FL_KEEP_SIZE);
out:
	inode_unlock(inode);
	return err;
}

static int mmap(struct file *file, struct vm_area_struct *vma)
{
	file_accessed(file);
	vm_flags_set(vma, VM_MIXEDMAP);	/* frame.h and fault.c say why */
	vma->vm_ops = &ksmfs_vm_ops;
	return 0;
}

const struct file_operations ksmfs_file_ops = {
	.owner = THIS_MODULE,
	.llseek = llseek,
	.read_iter = read_iter,
	.write_iter = write_iter,
	.splice_read = copy_splice_read,
	.splice_write = iter_file_splice_write,
	.mmap = mmap,
	.fsync = noop_fsync,
	.fallocate = fallocate,
	.unlocked_ioctl = ksmfs_ioctl_file,
	.compat_ioctl = compat_ptr_ioctl,
};
