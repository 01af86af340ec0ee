// SPDX-License-Identifier: GPL-2.0
/*
 * Page faults.
 *
 * All page table entries of shared mappings are made here, under the slot's
 * lock.  So nobody can break, merge or punch the slot between the moment a
 * frame is found and the moment it is mapped, nor later make an entry writable
 * that has gone meanwhile; and the sharers of a frame do not wait for one
 * another, since its page lock is not taken.
 *
 *   1. A write: break the slot.
 *   2. vmf_insert_page() makes a read-only entry, if there is none.
 *   3. A write: make that entry writable.
 *
 * 2 makes read-only entries only, because there is a page_mkwrite(): the core
 * kernel then takes the right to write out of vm_page_prot.  It asks for
 * VM_MIXEDMAP; the entry is an ordinary one, and so get_user_pages(), and with
 * it KVM, vhost and O_DIRECT, take it as any other.
 *
 * Between 2 and 3 the entry may go: madvise(MADV_DONTNEED) asks nobody.  Then
 * there is nothing to be made writable, and the task faults again.  What 3
 * finds present is what the slot holds, or 1 would have unmapped it.  A page
 * table may go as well when it is empty, in newer kernels, and 3 makes one again,
 * which does no harm: the mapping stays, for the task that faults holds its
 * mmap_lock.  (Newer kernels know faults with the lock of one mapping only, which
 * would do as well; they do not come here, for there is no map_pages().)
 *
 * A right that is added needs no flush and no notifier: who still has the old
 * entry in his TLB faults, and finds the new one.
 *
 * The core kernel copies entries (fork) and moves them (mremap) with the rights
 * they have, and mprotect() gives the right to write back to entries that are
 * dirty.  Entries are dirty only if they were writable, and who takes the right
 * to write away for the slot's sake unmaps or cleans them all.
 *
 * A write to a private mapping is no write to the file: the page is mapped
 * read-only, and the core kernel copies it on the second try.
 *
 * When there is no frame to be had the task that faults waits for one (stall.c),
 * and then gets SIGBUS, as with hugetlbfs, whether the mount is full or the host
 * is: nobody else suffers.  It waits without the mmap_lock, and so it does for
 * content that comes from the swap file; then the core kernel has it fault
 * again, and the second time the frame is there.  If not, who has waited in vain
 * must not wait as long again: the region remembers who that was.  But who
 * has lost what he had got meanwhile waits once more.  KVM, which has other things
 * for a virtual CPU to do, may ask not to wait at all: it comes back from a
 * thread that can.
 */
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/oom.h>
#include "cow/break.h"
#include "cow/region.h"
#include "cow/stall.h"
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

/*
 * Lock the slot that a fault is in; -EFAULT if there is none, -ENOMEM if there is
 * no memory to make it.
 */
static struct ksmfs_slot *lock_slot(struct vm_fault *vmf)
{
	struct ksmfs_region *region = region_of(vmf);
	struct ksmfs_slot *slot;

	if (is_beyond_end(vmf))
		return ERR_PTR(-EFAULT);
	slot = ksmfs_region_slot(region, vmf->pgoff);
	if (IS_ERR(slot))
		return slot;
	ksmfs_slot_lock(region, slot);
	/* pairs with those in ksmfs_punch_truncated() and conform_all() */
	smp_mb();
	if (!is_beyond_end(vmf))
		return slot;
	ksmfs_slot_unlock(region, slot);
	return ERR_PTR(-EFAULT);
}

/* Make a read-only entry, if there is none. */
static vm_fault_t insert(struct vm_fault *vmf, struct page *frame)
{
	if (unlikely(PageHWPoison(frame)))
		return VM_FAULT_HWPOISON;
	/* The private copies of a task that is killed for its memory have gone. */
	if (!(vmf->vma->vm_flags & VM_SHARED) &&
	    check_stable_address_space(vmf->vma->vm_mm))
		return VM_FAULT_SIGBUS;
	return vmf_insert_page(vmf->vma, vmf->address, frame);
}

static vm_fault_t map_read_only(struct vm_fault *vmf, struct ksmfs_slot *slot)
{
	struct ksmfs_region *region = region_of(vmf);

	if (!ksmfs_slot_is_private(ksmfs_slot_state(slot)))
		ksmfs_slot_set_mapped(region, slot, true);
	return insert(vmf, ksmfs_break_peek(region, slot));
}

/**
 * struct upgrade - the entry that is to be made writable
 * @vma: it is in
 * @frame: it maps
 */
struct upgrade {
	struct vm_area_struct *vma;
	struct page *frame;
};

/* The page table lock is held. */
static int make_writable(pte_t *pte, unsigned long address, void *data)
{
	const struct upgrade *upgrade = data;
	struct vm_area_struct *vma = upgrade->vma;
	pte_t entry = ptep_get(pte);

	/* Of one that is writable the processor may be changing bits. */
	if (!pte_present(entry) || pte_write(entry))
		return 0;
	if (WARN_ON_ONCE(pte_pfn(entry) != page_to_pfn(upgrade->frame)))
		return 0;
	/* What is dirty and read-only may be marked so in another way. */
	entry = pte_mkwrite_novma(pte_mkclean(pte_mkyoung(entry)));
	entry = pte_mkdirty(entry);
	set_pte_at(vma->vm_mm, address, pte, entry);
	update_mmu_cache(vma, address, pte);
	return 0;
}

static vm_fault_t map_writable(struct vm_fault *vmf, struct ksmfs_slot *slot)
{
	struct upgrade upgrade = {
		.vma = vmf->vma,
		.frame = ksmfs_slot_frame(region_of(vmf), slot),
	};
	vm_fault_t ret = insert(vmf, upgrade.frame);

	if (ret == VM_FAULT_NOPAGE)
		apply_to_page_range(upgrade.vma->vm_mm, vmf->address, PAGE_SIZE,
				    make_writable, &upgrade);
	return ret;
}

/* Whether the mmap_lock may be let go, and the fault be taken once more. */
static bool may_retry(const struct vm_fault *vmf)
{
	return fault_flag_allow_retry_first(vmf->flags);
}

/* Where it is noted that this task has waited in vain. */
static const void **gave_up(struct ksmfs_region *region)
{
	return &region->gave_up[hash_ptr(current, KSMFS_REGION_GAVE_UP_BITS)];
}

/* Whether the task has waited in vain, before it faulted again; said once. */
static bool has_waited(struct ksmfs_region *region)
{
	return READ_ONCE(*gave_up(region)) == current &&
	       cmpxchg(gave_up(region), current, NULL) == current;
}

/*
 * Make the slot ready without the mmap_lock, unless nobody wants to wait: then
 * it stays held.
 */
static vm_fault_t prepare_and_retry(struct vm_fault *vmf, bool write)
{
	struct ksmfs_region *region = region_of(vmf);
	struct file *file;
	int err;

	if (vmf->flags & FAULT_FLAG_RETRY_NOWAIT)
		return VM_FAULT_RETRY;
	file = get_file(vmf->vma->vm_file);
	release_fault_lock(vmf);
	err = ksmfs_stall_prepare(file_inode(file), vmf->pgoff, write);
	if (ksmfs_stall_helps(err))
		WRITE_ONCE(*gave_up(region), current);
	else
		has_waited(region);
	fput(file);
	return VM_FAULT_RETRY;
}

/* Returns 0 if it is worth another try. */
static vm_fault_t handle_error(struct vm_fault *vmf, bool write, int err)
{
	if (ksmfs_stall_helps(err)) {
		/* As page_mkwrite() it could not be said to retry. */
		if (vmf->flags & FAULT_FLAG_MKWRITE) {
			ksmfs_pressure_kick(file_inode(vmf->vma->vm_file)->i_sb);
			ksmfs_region_unmap(region_of(vmf), vmf->pgoff, 1,
					   false);
			return VM_FAULT_NOPAGE;
		}
		if (may_retry(vmf))
			return prepare_and_retry(vmf, write);
		if (has_waited(region_of(vmf)))
			return VM_FAULT_SIGBUS;
		err = ksmfs_stall_prepare(file_inode(vmf->vma->vm_file),
					  vmf->pgoff, write);
	}
	if (!err)
		return 0;
	return err == -EHWPOISON ? VM_FAULT_HWPOISON : VM_FAULT_SIGBUS;
}

/* Returns 0 if it is worth another try. */
static vm_fault_t try(struct vm_fault *vmf, bool write)
{
	struct ksmfs_region *region = region_of(vmf);
	struct ksmfs_slot *slot = lock_slot(vmf);
	vm_fault_t ret = 0;
	int err;

	if (IS_ERR(slot))
		return handle_error(vmf, write, PTR_ERR(slot));
	if (may_retry(vmf) &&
	    ksmfs_slot_state(slot) == KSMFS_SLOT_SWAPPED) {
		ksmfs_slot_unlock(region, slot);
		return prepare_and_retry(vmf, write);
	}
	err = ksmfs_break_prepare(region, slot, vmf->pgoff, write, true);
	if (!err) {
		has_waited(region);	/* no longer in vain */
		ret = write ? map_writable(vmf, slot) :
			      map_read_only(vmf, slot);
	}
	ksmfs_slot_unlock(region, slot);
	return err ? handle_error(vmf, write, err) : ret;
}

static vm_fault_t fault(struct vm_fault *vmf)
{
	bool write = (vmf->flags & FAULT_FLAG_WRITE) &&
		     (vmf->vma->vm_flags & VM_SHARED);
	vm_fault_t ret;

	do {
		ret = try(vmf, write);
	} while (!ret);
	if (ret != VM_FAULT_NOPAGE)
		return ret;
	if (write) {
		/* Without the inode's lock, as all file systems do in faults. */
		data_race(file_update_time(vmf->vma->vm_file));
	}
	ksmfs_pressure_check(file_inode(vmf->vma->vm_file)->i_sb);
	return ret;
}

/* The same, whether there is no entry or one that is read-only. */
const struct vm_operations_struct ksmfs_vm_ops = {
	.fault = fault,
	.page_mkwrite = fault,
};
