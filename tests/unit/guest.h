/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guests: mappings of files, with simulated page tables.
 *
 * An access goes through the page table entry, whose lock is held for as long
 * as it takes; so who unmaps waits for accesses in flight, as the flush of a
 * TLB does.  What is not mapped, or not writable, faults: guest.c does then
 * what cow/fault.c and the core kernel around it do, in their order.
 */
#ifndef _UNIT_GUEST_H
#define _UNIT_GUEST_H

#include "tests/unit/unit.h"
#include "cow/region.h"

/**
 * struct file - what the file system knows of a region
 * @inode: leads to the region
 * @mapping: page tables that map it
 * @pages: size; truncation changes it
 * @unfinished: a change of its domain's mode failed: what was done under the
 *              last one may remain
 * @region: the region
 * @link: in the list of the world's files
 */
struct file {
	struct inode inode;
	struct address_space mapping;
	unsigned long pages;
	bool unfinished;
	struct ksmfs_region region;
	struct hlist_node link;
};

/**
 * struct pte - page table entry
 * @lock: held while the guest touches the page
 * @page: or NULL; has a reference and a mapcount
 * @writable: a write needs no fault
 * @anon: @page is a private copy
 */
struct pte {
	spinlock_t lock;
	struct page *page;
	bool writable;
	bool anon;
};

/**
 * struct guest - one mapping of a file
 * @file: which
 * @shared: MAP_SHARED, not MAP_PRIVATE
 * @faults: page faults so far
 * @link: in mapping->i_mmap
 * @nr: of entries
 * @pte: entries
 */
struct guest {
	struct file *file;
	bool shared;
	unsigned long faults;
	struct hlist_node link;
	unsigned long nr;
	struct pte pte[];
};

struct guest *guest_map(struct file *file, unsigned long nr, bool shared);
void guest_unmap(struct guest *guest);

/* Read or write @length bytes at @offset of a page; false is SIGBUS. */
bool guest_read(struct guest *guest, unsigned long index, size_t offset,
		void *to, size_t length);
bool guest_write(struct guest *guest, unsigned long index, size_t offset,
		 const void *from, size_t length);

/* get_user_pages(FOLL_WRITE): a page with a reference, or NULL for SIGBUS. */
struct page *guest_pin(struct guest *guest, unsigned long index);

/* madvise(MADV_DONTNEED) of one page: its entry goes, whoever holds the slot. */
void guest_drop(struct guest *guest, unsigned long index);

/*
 * For tests of races that are hard to hit: is called when something is about
 * to be unmapped, write-protected, or made writable, once, and may do what a
 * guest does.
 */
typedef void guest_hook(struct address_space *mapping, unsigned long index);
extern guest_hook *guest_before_unmap;
extern guest_hook *guest_before_clean;
extern guest_hook *guest_before_writable;

/* Write or expect a page full of one byte; dies of SIGBUS. */
void guest_fill(struct guest *guest, unsigned long index, int byte);
void guest_expect(struct guest *guest, unsigned long index, int byte);

/* Bytes that do not shrink, and a page of them. */
void noise(void *to, size_t length, unsigned long seed);
void guest_fill_noise(struct guest *guest, unsigned long index,
		      unsigned long seed);
void guest_expect_noise(struct guest *guest, unsigned long index,
			unsigned long seed);

#endif /* _UNIT_GUEST_H */
