// SPDX-License-Identifier: GPL-2.0
/*
 * The simulated page tables: see guest.h.
 *
 * Lock order: slot, page lock, i_mmap_rwsem, pte.  One thread at a time uses a
 * guest.
 */
#include <sched.h>
#include <stdlib.h>
#include "cow/break.h"
#include "tests/unit/guest.h"

enum outcome {
	RETRY,
	SIGBUS,
};

guest_hook *guest_before_unmap;
guest_hook *guest_before_clean;
guest_hook *guest_before_writable;

static void run_once(guest_hook **hook, struct address_space *mapping,
		     unsigned long index)
{
	guest_hook *run = *hook;

	if (!run)
		return;
	*hook = NULL;
	run(mapping, index);
}

static void lock_i_mmap(struct address_space *mapping, bool write)
{
	might_sleep();
	mutex_acquire(&mapping->dep_map, 0, 0, _RET_IP_);
	if (write)
		pthread_rwlock_wrlock(&mapping->i_mmap_rwsem);
	else
		pthread_rwlock_rdlock(&mapping->i_mmap_rwsem);
}

static void unlock_i_mmap(struct address_space *mapping)
{
	mutex_release(&mapping->dep_map, _RET_IP_);
	pthread_rwlock_unlock(&mapping->i_mmap_rwsem);
}

/* The entry is empty: it takes over a reference. */
static void set_pte(struct pte *pte, struct page *page, bool writable,
		    bool anon)
{
	lockdep_assert_held(&pte->lock);
	shim_page_add_map(page);
	pte->page = page;
	pte->writable = writable;
	pte->anon = anon;
}

static void clear_pte(struct pte *pte)
{
	lockdep_assert_held(&pte->lock);
	if (!pte->page)
		return;
	shim_page_del_map(pte->page);
	put_page(pte->page);
	pte->page = NULL;
}

void unmap_mapping_pages(struct address_space *mapping, unsigned long start,
			 unsigned long nr, bool even_cows)
{
	unsigned long end = nr ? start + nr : ULONG_MAX;
	struct hlist_node *link;
	unsigned long i;

	run_once(&guest_before_unmap, mapping, start);
	lock_i_mmap(mapping, false);
	hlist_for_each(link, &mapping->i_mmap) {
		struct guest *guest = hlist_entry(link, struct guest, link);

		for (i = start; i < min(end, guest->nr); i++) {
			struct pte *pte = &guest->pte[i];

			spin_lock(&pte->lock);
			if (even_cows || !pte->anon)
				clear_pte(pte);
			spin_unlock(&pte->lock);
		}
	}
	unlock_i_mmap(mapping);
}

int folio_mkclean(struct folio *folio)
{
	struct page *page = &folio->page;
	struct address_space *mapping = page->mapping;
	struct hlist_node *link;
	int cleaned = 0;

	if (!shim_page_holds_lock(page))
		shim_die("folio_mkclean: the page is not locked");
	if (!folio_mapped(page_folio(page)))
		return 0;
	run_once(&guest_before_clean, mapping, page->index);
	lock_i_mmap(mapping, false);
	hlist_for_each(link, &mapping->i_mmap) {
		struct guest *guest = hlist_entry(link, struct guest, link);
		struct pte *pte = &guest->pte[page->index];

		if (!guest->shared || page->index >= guest->nr)
			continue;
		spin_lock(&pte->lock);
		if (pte->page == page && pte->writable) {
			pte->writable = false;
			cleaned++;
		}
		spin_unlock(&pte->lock);
	}
	unlock_i_mmap(mapping);
	return cleaned;
}

struct guest *guest_map(struct file *file, unsigned long nr, bool shared)
{
	struct guest *guest = calloc(1, sizeof(*guest) +
					nr * sizeof(guest->pte[0]));
	unsigned long i;

	assert_non_null(guest);
	guest->file = file;
	guest->shared = shared;
	guest->nr = nr;
	for (i = 0; i < nr; i++)
		spin_lock_init(&guest->pte[i].lock);
	lock_i_mmap(&file->mapping, true);
	hlist_add_head(&guest->link, &file->mapping.i_mmap);
	unlock_i_mmap(&file->mapping);
	return guest;
}

void guest_drop(struct guest *guest, unsigned long index)
{
	spin_lock(&guest->pte[index].lock);
	clear_pte(&guest->pte[index]);
	spin_unlock(&guest->pte[index].lock);
}

void guest_unmap(struct guest *guest)
{
	struct address_space *mapping = &guest->file->mapping;
	unsigned long i;

	for (i = 0; i < guest->nr; i++)
		guest_drop(guest, i);
	lock_i_mmap(mapping, true);
	hlist_del_init(&guest->link);
	unlock_i_mmap(mapping);
	free(guest);
}

/* As in cow/fault.c. */
static struct ksmfs_slot *lock_slot(struct guest *guest, unsigned long index)
{
	struct ksmfs_region *region = &guest->file->region;
	struct ksmfs_slot *slot;

	if (index >= READ_ONCE(guest->file->pages))
		return NULL;
	slot = ksmfs_region_slot(region, index);
	if (IS_ERR(slot))
		return NULL;
	ksmfs_slot_lock(region, slot);
	smp_mb(); /* pairs with the one in ksmfs_punch_truncated() */
	if (index < READ_ONCE(guest->file->pages))
		return slot;
	ksmfs_slot_unlock(region, slot);
	return NULL;
}

/* With vmf_insert_page() */
static enum outcome insert(struct pte *pte, struct page *page)
{
	if (PageHWPoison(page))
		return SIGBUS;
	spin_lock(&pte->lock);
	if (!pte->page) {
		get_page(page);
		set_pte(pte, page, false, false);
	}
	spin_unlock(&pte->lock);
	return RETRY;
}

static enum outcome map_read_only(struct guest *guest, unsigned long index,
				  struct ksmfs_slot *slot)
{
	struct ksmfs_region *region = &guest->file->region;

	if (!ksmfs_slot_is_private(ksmfs_slot_state(slot)))
		ksmfs_slot_set_mapped(region, slot, true);
	return insert(&guest->pte[index], ksmfs_break_peek(region, slot));
}

/* apply_to_page_range(), with make_writable() */
static void make_writable(struct pte *pte)
{
	spin_lock(&pte->lock);
	if (pte->page)
		pte->writable = true;
	spin_unlock(&pte->lock);
}

static enum outcome map_writable(struct guest *guest, unsigned long index,
				 struct ksmfs_slot *slot)
{
	struct ksmfs_region *region = &guest->file->region;
	struct pte *pte = &guest->pte[index];
	enum outcome outcome;

	outcome = insert(pte, ksmfs_slot_frame(region, slot));
	run_once(&guest_before_writable, region->mapping, index);
	sched_yield();	/* the entry may go meanwhile: let it */
	if (outcome == RETRY)
		make_writable(pte);
	return outcome;
}

/* fault() of cow/fault.c */
static enum outcome file_fault(struct guest *guest, unsigned long index,
			       bool write)
{
	struct ksmfs_slot *slot = lock_slot(guest, index);
	enum outcome outcome;

	if (!slot)
		return SIGBUS;
	write &= guest->shared;
	if (ksmfs_break_prepare(&guest->file->region, slot, index, write, false))
		outcome = SIGBUS;
	else if (write)
		outcome = map_writable(guest, index, slot);
	else
		outcome = map_read_only(guest, index, slot);
	ksmfs_slot_unlock(&guest->file->region, slot);
	return outcome;
}

/* wp_page_copy(); the caller's reference to the page is consumed. */
static enum outcome copy_private(struct guest *guest, unsigned long index,
				 struct page *page)
{
	struct pte *pte = &guest->pte[index];
	struct page *copy = alloc_page(GFP_HIGHUSER);

	if (!copy) {
		put_page(page);
		return SIGBUS;
	}
	copy_highpage(copy, page);
	spin_lock(&pte->lock);
	if (pte->page == page) {
		clear_pte(pte);
		get_page(copy);
		set_pte(pte, copy, true, true);
	}
	spin_unlock(&pte->lock);
	put_page(copy);
	put_page(page);
	return RETRY;
}

/* handle_pte_fault() */
static enum outcome fault(struct guest *guest, unsigned long index, bool write)
{
	struct pte *pte = &guest->pte[index];
	enum outcome outcome = RETRY;
	struct page *page;

	guest->faults++;
	spin_lock(&pte->lock);
	page = pte->page;
	if (page)
		get_page(page);
	spin_unlock(&pte->lock);

	if (page && write && !guest->shared)
		return copy_private(guest, index, page);
	if (!page || write)
		outcome = file_fault(guest, index, write);
	if (page)
		put_page(page);
	return outcome;
}

/* Get the page that an access reaches, with its entry locked. */
static struct page *reach(struct guest *guest, unsigned long index, bool write)
{
	struct pte *pte = &guest->pte[index];

	for (;;) {
		spin_lock(&pte->lock);
		if (pte->page && (!write || pte->writable))
			return pte->page;
		spin_unlock(&pte->lock);
		if (fault(guest, index, write) == SIGBUS)
			return NULL;
	}
}

bool guest_read(struct guest *guest, unsigned long index, size_t offset,
		void *to, size_t length)
{
	struct page *page = reach(guest, index, false);

	if (!page)
		return false;
	memcpy(to, (char *)shim_page_content(page) + offset, length);
	spin_unlock(&guest->pte[index].lock);
	return true;
}

bool guest_write(struct guest *guest, unsigned long index, size_t offset,
		 const void *from, size_t length)
{
	struct page *page = reach(guest, index, true);

	if (!page)
		return false;
	memcpy((char *)shim_page_content(page) + offset, from, length);
	spin_unlock(&guest->pte[index].lock);
	return true;
}

struct page *guest_pin(struct guest *guest, unsigned long index)
{
	struct page *page = reach(guest, index, true);

	if (!page)
		return NULL;
	get_page(page);
	spin_unlock(&guest->pte[index].lock);
	return page;
}

void guest_fill(struct guest *guest, unsigned long index, int byte)
{
	char content[PAGE_SIZE];

	memset(content, byte, sizeof(content));
	assert_true(guest_write(guest, index, 0, content, sizeof(content)));
}

void guest_expect(struct guest *guest, unsigned long index, int byte)
{
	char content[PAGE_SIZE];

	assert_true(guest_read(guest, index, 0, content, sizeof(content)));
	if (memchr_inv(content, byte, sizeof(content)))
		fail_msg("page %lu is not all 0x%02x", index, byte);
}

void noise(void *to, size_t length, unsigned long seed)
{
	unsigned long random = (seed + 1) * 0x9e3779b97f4a7c15UL;
	unsigned char *bytes = to;

	while (length--) {
		/* Marsaglia's xorshift */
		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		*bytes++ = random >> 32;
	}
}

void guest_fill_noise(struct guest *guest, unsigned long index,
		      unsigned long seed)
{
	char content[PAGE_SIZE];

	noise(content, sizeof(content), seed);
	assert_true(guest_write(guest, index, 0, content, sizeof(content)));
}

void guest_expect_noise(struct guest *guest, unsigned long index,
			unsigned long seed)
{
	char content[PAGE_SIZE], expected[PAGE_SIZE];

	noise(expected, sizeof(expected), seed);
	assert_true(guest_read(guest, index, 0, content, sizeof(content)));
	assert_memory_equal(content, expected, sizeof(content));
}
