// SPDX-License-Identifier: GPL-2.0
/*
 * Page faults.
 *
 * There are two ways in which a page gets into a page table:
 *
 * Read-only.  fault() maps it itself while it holds the slot.  So nobody can
 * break, merge or punch the slot between finding the page and mapping it, and
 * the sharers of a frame do not wait for each other.  vmf_insert_page() asks
 * for VM_MIXEDMAP; the entry is an ordinary one, and so get_user_pages(), and
 * with it KVM, vhost and O_DIRECT, take it as any other.
 *
 * Writable.  Only the core kernel can make such an entry, after asking
 * page_mkwrite() and after the slot has been unlocked.  Until it is made the
 * page lock is held, and whoever wants the frame out of its slot waits for
 * that.  A shared page is broken first and the fault is tried again.
 *
 * A write to a private mapping is no write to the file: the page is mapped
 * read-only, and the core kernel copies it on the second try.
 *
 * When there is no frame to be had the task that faults gets SIGBUS, as with
 * hugetlbfs, whether the mount is full or the host is: nobody else suffers.
 */
#include <linux/fs.h>
#include "cow/break.h"
#include "cow/region.h"
#include "ksm/ksmfs.h"

static struct ksmfs_region *region_of(const struct vm_fault *vmf)
{
	return &ksmfs_inode(file_inode(vmf->vma->vm_file))->region;
}

static bool is_beyond_end(const struct vm_fault *vmf)
{
	loff_t size = i_size_read(file_inode(vmf->vma->vm_file));

	return vmf->pgoff >= DIV_ROUND_UP_ULL(size, PAGE_SIZE);
}

/* Lock the slot that a fault is in; NULL if the task has to get SIGBUS. */
static struct ksmfs_slot *lock_slot(struct vm_fault *vmf)
{
	struct ksmfs_region *region = region_of(vmf);
	struct ksmfs_slot *slot;

	if (is_beyond_end(vmf))
		return NULL;
	slot = ksmfs_region_slot(region, vmf->pgoff);
	if (IS_ERR(slot))
		return NULL;
	ksmfs_slot_lock(region, slot);
	smp_mb(); /* pairs with the one in ksmfs_punch_truncated() */
	if (!is_beyond_end(vmf))
		return slot;
	ksmfs_slot_unlock(region, slot);
	return NULL;
}

static vm_fault_t map_read_only(struct vm_fault *vmf, struct ksmfs_slot *slot)
{
	struct ksmfs_region *region = region_of(vmf);

	if (!ksmfs_slot_is_private(ksmfs_slot_state(slot)))
		ksmfs_slot_set_mapped(region, slot, true);
	return vmf_insert_page(vmf->vma, vmf->address,
			       ksmfs_break_peek(region, slot));
}

/* Hand a page to the core kernel, which will call page_mkwrite() for it. */
static vm_fault_t offer_writable(struct vm_fault *vmf, struct ksmfs_slot *slot)
{
	struct ksmfs_region *region = region_of(vmf);

	if (ksmfs_break(region, slot, vmf->pgoff, KSMFS_CHARGE))
		return VM_FAULT_SIGBUS;
	vmf->page = ksmfs_slot_frame(region, slot);
	get_page(vmf->page);
	return 0;
}

static vm_fault_t fault(struct vm_fault *vmf)
{
	struct ksmfs_slot *slot = lock_slot(vmf);
	vm_fault_t ret;

	if (!slot)
		return VM_FAULT_SIGBUS;
	if ((vmf->flags & FAULT_FLAG_WRITE) &&
	    (vmf->vma->vm_flags & VM_SHARED))
		ret = offer_writable(vmf, slot);
	else
		ret = map_read_only(vmf, slot);
	ksmfs_slot_unlock(region_of(vmf), slot);
	return ret;
}

static vm_fault_t page_mkwrite(struct vm_fault *vmf)
{
	struct ksmfs_region *region = region_of(vmf);
	struct ksmfs_slot *slot = lock_slot(vmf);
	vm_fault_t ret = VM_FAULT_NOPAGE;

	if (!slot)
		return VM_FAULT_SIGBUS;
	if (ksmfs_break(region, slot, vmf->pgoff, KSMFS_CHARGE)) {
		ret = VM_FAULT_SIGBUS;
	} else if (ksmfs_slot_frame(region, slot) == vmf->page) {
		lock_page(vmf->page);
		ret = VM_FAULT_LOCKED;
	}
	ksmfs_slot_unlock(region, slot);
	if (ret == VM_FAULT_LOCKED)
		file_update_time(vmf->vma->vm_file);
	return ret;
}

const struct vm_operations_struct ksmfs_vm_ops = {
	.fault = fault,
	.page_mkwrite = page_mkwrite,
};
