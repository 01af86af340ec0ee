// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "arena.h"

#define HUGE_PAGE (2UL << 20)

static struct page *pages;
static char *contents;

static void *map(size_t bytes)
{
	char *start = mmap(NULL, bytes + HUGE_PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (start == MAP_FAILED) {
		perror("native: no memory");
		exit(1);
	}
	start += -(uintptr_t)start % HUGE_PAGE;
	madvise(start, bytes, MADV_HUGEPAGE);
	return start;
}

void arena_make(size_t nr)
{
	pages = map(nr * sizeof(*pages));
	contents = map(nr * PAGE_SIZE);
}

struct page *arena_page(size_t index)
{
	return &pages[index];
}

void *arena_content(size_t index)
{
	return contents + index * PAGE_SIZE;
}

void *kmap_local_page(struct page *page)
{
	return arena_content(page - pages);
}

void kunmap_local(const void *address)
{
	(void)address;
}

/* tests/shim/bug.c would have the sanitizers print the stack. */
void shim_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

/* For the zero page of a domain, which nobody looks at. */
struct page *alloc_page(gfp_t gfp)
{
	(void)gfp;
	return calloc(1, sizeof(struct page));
}

/* Nodes too small for a pool of free frames. */
unsigned long shim_node_pages;

struct page *alloc_pages_node(int node, gfp_t gfp, unsigned int order)
{
	(void)node;
	(void)order;
	return alloc_page(gfp);
}

void clear_highpage(struct page *page)
{
	memset(arena_content(page - pages), 0, PAGE_SIZE);
}

void put_page(struct page *page)
{
	free(page);
}

unsigned long page_to_pfn(const struct page *page)
{
	return page - pages;
}

bool PageHWPoison(const struct page *page)
{
	(void)page;
	return false;
}
