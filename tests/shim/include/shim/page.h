/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages, out of an arena, so that a page has a number and memory of its own.
 *
 * A free page is full of poison, which must still be there when the page is
 * used again, and the address sanitizer guards it meanwhile.
 *
 * Stricter than the kernel: only who locked a page may unlock it.
 * Not proven: page_count() reads with acquire semantics here, the kernel's does
 * not.  It stands for the barrier that has to follow it, which the thread
 * sanitizer does not know.
 */
#ifndef _SHIM_PAGE_H
#define _SHIM_PAGE_H

#include <shim/list.h>
#include <shim/sched.h>
#include <shim/slab.h>

#define PAGE_SHIFT 12
#define PAGE_SIZE (1UL << PAGE_SHIFT)

struct address_space;

struct page {
	unsigned long flags;
	struct list_head lru;
	struct address_space *mapping;
	unsigned long index;
	unsigned long private;
	int _mapcount;	/* page table entries, less 1 */
	int _refcount;
} __attribute__((aligned(64)));

/* All of ours are of one page.  The kernel's page has no index of its own. */
struct folio {
	union {
		struct page page;
		struct {
			char before_index[offsetof(struct page, index)];
			unsigned long index;
		};
	};
};

static inline struct folio *page_folio(const struct page *page)
{
	return (struct folio *)page;
}

struct page *alloc_page(gfp_t gfp);
void get_page(struct page *page);
void put_page(struct page *page);

struct page *pfn_to_page(unsigned long pfn);	/* 0 is no page's number */
unsigned long page_to_pfn(const struct page *page);

/* Of what kzalloc() gave: one address is as good as another. */
static inline unsigned long virt_to_phys(const void *address)
{
	return (unsigned long)address;
}

static inline void *phys_to_virt(unsigned long address)
{
	return (void *)address;
}

static inline int page_count(const struct page *page)
{
	return __atomic_load_n(&page->_refcount, __ATOMIC_ACQUIRE);
}

static inline int folio_mapcount(const struct folio *folio)
{
	return __atomic_load_n(&folio->page._mapcount, __ATOMIC_RELAXED) + 1;
}

static inline bool folio_mapped(const struct folio *folio)
{
	return folio_mapcount(folio) > 0;
}

/* Memory nodes: pages are on all of them, in turns. */
#define MAX_NUMNODES 2
#define NUMA_NO_NODE (-1)

#define for_each_node_state(node, state)                                       \
	for ((node) = 0; (node) < MAX_NUMNODES; (node)++)

/* For tests: how many pages of each there are said to be. */
extern unsigned long shim_node_pages;
#define node_present_pages(node) shim_node_pages

/* Of this node, or none; @order is 0. */
struct page *alloc_pages_node(int node, gfp_t gfp, unsigned int order);

static inline int page_to_nid(const struct page *page)
{
	return page_to_pfn(page) % MAX_NUMNODES;
}

static inline int numa_mem_id(void)
{
	return current->node;
}

/* For tests: memory goes bad. */
void shim_page_poison(struct page *page);
bool PageHWPoison(const struct page *page);

void lock_page(struct page *page);
bool __must_check trylock_page(struct page *page);
void unlock_page(struct page *page);

/* What was mapped last is unmapped first. */
void *kmap_local_page(struct page *page);
void kunmap_local(const void *address);
void copy_highpage(struct page *to, struct page *from);
void clear_highpage(struct page *page);

/* For page tables: an entry comes or goes; the reference is the caller's. */
void shim_page_add_map(struct page *page);
void shim_page_del_map(struct page *page);

/* For page tables: whether this thread holds the lock of a page. */
bool shim_page_holds_lock(const struct page *page);

/* For tests: a page's content, and the number of pages in use. */
void *shim_page_content(const struct page *page);
long shim_page_live(void);

#endif /* _SHIM_PAGE_H */
