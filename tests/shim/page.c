// SPDX-License-Identifier: GPL-2.0
/*
 * The arena.  Free pages are found without a lock, and as late as possible
 * after they were freed, so who still uses one meets its poison.
 */
#include <sanitizer/asan_interface.h>
#include <shim/atomic.h>
#include <shim/bug.h>
#include <shim/hash.h>
#include <shim/lockdep.h>
#include <shim/page.h>
#include <shim/sched.h>
#include <shim/wait.h>

#define NR_PAGES 16384
#define FIRST_PFN 0x100
#define POISON 0xaa
#define LOCKED_BIT 0
#define POISONED_BIT 1

static struct page pages[NR_PAGES];
static bool in_use[NR_PAGES];
static const struct task_struct *locked_by[NR_PAGES];
static char contents[NR_PAGES][PAGE_SIZE] __attribute__((aligned(4096)));
static unsigned long cursor;
static atomic_long_t live;

static struct lock_class_key lock_key;
static struct lockdep_map lock_map = { "page lock", &lock_key };
static __thread void *mapped[4];
static __thread int nr_mapped;

void *shim_page_content(const struct page *page)
{
	return contents[page - pages];
}

long shim_page_live(void)
{
	return atomic_long_read(&live);
}

struct page *pfn_to_page(unsigned long pfn)
{
	if (pfn < FIRST_PFN || pfn >= FIRST_PFN + NR_PAGES)
		shim_die("there is no page 0x%lx", pfn);
	return &pages[pfn - FIRST_PFN];
}

unsigned long page_to_pfn(const struct page *page)
{
	return FIRST_PFN + (page - pages);
}

/* What was done with a page before it was freed comes before this. */
static bool take(unsigned long i)
{
	return !READ_ONCE(in_use[i]) &&
	       !__atomic_exchange_n(&in_use[i], true, __ATOMIC_ACQUIRE);
}

static void prepare(struct page *page, bool zero)
{
	char *content = shim_page_content(page);

	ASAN_UNPOISON_MEMORY_REGION(content, PAGE_SIZE);
	/* The flags of a page that was never used are 0. */
	if (page->flags && memchr_inv(content, POISON, PAGE_SIZE))
		shim_die("page 0x%lx was written to while it was free",
			 page_to_pfn(page));
	memset(content, zero ? 0 : POISON, PAGE_SIZE);
	memset(page, POISON, sizeof(*page));
	page->flags = 0;
	page->mapping = NULL;
	page->private = 0;
	page->_mapcount = -1;
	__atomic_store_n(&page->_refcount, 1, __ATOMIC_RELAXED);
}

unsigned long shim_node_pages = NR_PAGES / MAX_NUMNODES;

/* @node: -1 for any */
static struct page *alloc_from(int node, gfp_t gfp)
{
	unsigned long tries;

	if (shim_alloc_fails(gfp))
		return NULL;
	for (tries = 0; tries < NR_PAGES; tries++) {
		unsigned long i = __atomic_fetch_add(&cursor, 1,
						     __ATOMIC_RELAXED);

		i %= NR_PAGES;
		if (node >= 0 && page_to_nid(&pages[i]) != node)
			continue;
		if (!take(i))
			continue;
		prepare(&pages[i], gfp & __GFP_ZERO);
		atomic_long_inc(&live);
		return &pages[i];
	}
	return NULL;
}

struct page *alloc_page(gfp_t gfp)
{
	return alloc_from(-1, gfp);
}

struct page *alloc_pages_node(int node, gfp_t gfp, unsigned int order)
{
	if (order)
		shim_die("%u pages in a row are not to be had", 1 << order);
	return alloc_from(node, gfp);
}

static void free_page(struct page *page)
{
	char *content = shim_page_content(page);

	bool is_locked = page->flags & BIT(LOCKED_BIT);

	if (is_locked || page->mapping || folio_mapped(page_folio(page)))
		shim_die("page 0x%lx is freed %s", page_to_pfn(page),
			 is_locked ? "while it is locked" :
			 page->mapping ? "while a mapping owns it" :
			 "while it is mapped");
	memset(content, POISON, PAGE_SIZE);
	page->flags = POISON;
	ASAN_POISON_MEMORY_REGION(content, PAGE_SIZE);
	atomic_long_dec(&live);
	__atomic_store_n(&in_use[page - pages], false, __ATOMIC_RELEASE);
}

void get_page(struct page *page)
{
	if (__atomic_fetch_add(&page->_refcount, 1, __ATOMIC_RELAXED) <= 0)
		shim_die("get_page() of page 0x%lx, which is free",
			 page_to_pfn(page));
}

void put_page(struct page *page)
{
	int old = __atomic_fetch_sub(&page->_refcount, 1, __ATOMIC_RELEASE);

	if (old <= 0)
		shim_die("put_page() of page 0x%lx, which is free",
			 page_to_pfn(page));
	if (old == 1 && !__atomic_load_n(&page->_refcount, __ATOMIC_ACQUIRE))
		free_page(page);
}

void shim_page_add_map(struct page *page)
{
	__atomic_fetch_add(&page->_mapcount, 1, __ATOMIC_RELAXED);
}

void shim_page_del_map(struct page *page)
{
	if (__atomic_fetch_sub(&page->_mapcount, 1, __ATOMIC_RELAXED) < 0)
		shim_die("page 0x%lx is mapped less than never",
			 page_to_pfn(page));
}

void shim_page_poison(struct page *page)
{
	page->flags |= BIT(POISONED_BIT);
}

bool PageHWPoison(const struct page *page)
{
	return READ_ONCE(page->flags) & BIT(POISONED_BIT);
}

void lock_page(struct page *page)
{
	mutex_acquire(&lock_map, 0, 0, _RET_IP_);
	wait_on_bit_lock(&page->flags, LOCKED_BIT, TASK_UNINTERRUPTIBLE);
	locked_by[page - pages] = current;
}

bool trylock_page(struct page *page)
{
	if (test_and_set_bit_lock(LOCKED_BIT, &page->flags))
		return false;
	mutex_acquire(&lock_map, 0, 1, _RET_IP_);
	locked_by[page - pages] = current;
	return true;
}

void unlock_page(struct page *page)
{
	mutex_release(&lock_map, _RET_IP_);
	if (!shim_page_holds_lock(page))
		shim_die("page 0x%lx is unlocked by who did not lock it",
			 page_to_pfn(page));
	locked_by[page - pages] = NULL;
	clear_and_wake_up_bit(LOCKED_BIT, &page->flags);
}

bool shim_page_holds_lock(const struct page *page)
{
	return locked_by[page - pages] == current;
}

static void look_at(const struct page *page)
{
	if (PageHWPoison(page))
		shim_die("bad memory of page 0x%lx is read, which ends the host",
			 page_to_pfn(page));
}

void *kmap_local_page(struct page *page)
{
	void *content = shim_page_content(page);

	if (page_count(page) <= 0)
		shim_die("page 0x%lx is mapped by the kernel while free",
			 page_to_pfn(page));
	look_at(page);
	if (nr_mapped == ARRAY_SIZE(mapped))
		shim_die("too many pages are mapped by the kernel");
	mapped[nr_mapped++] = content;
	return content;
}

void kunmap_local(const void *address)
{
	if (!nr_mapped || mapped[nr_mapped - 1] != address)
		shim_die("kunmap_local() out of order");
	nr_mapped--;
}

void copy_highpage(struct page *to, struct page *from)
{
	look_at(from);
	memcpy(shim_page_content(to), shim_page_content(from), PAGE_SIZE);
}

void clear_highpage(struct page *page)
{
	memset(shim_page_content(page), 0, PAGE_SIZE);
}
