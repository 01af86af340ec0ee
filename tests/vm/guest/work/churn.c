// SPDX-License-Identifier: GPL-2.0
/*
 * churn MIB OWNER PACKING-PERCENT: fill MIB, then for ever choose a page at random,
 * compare every byte of it, and now and then write it anew.  Half of what is
 * written is content that all guests write that run this, so that it is merged and
 * broken all the time; of the rest so much can be packed.  Ends when it finds a
 * page that is wrong.
 */
#include "work.h"

#include <stdlib.h>
#include <unistd.h>

#define COMMON		0	/* the owner of what all guests write */
#define COMMON_KINDS	64	/* pages of it that differ */
#define REWRITTEN	4	/* one page in so many that are looked at */
#define BURST		64	/* pages between two pauses: others want the CPU, too */
#define PAUSE_US	50000

/**
 * struct page - what a page holds
 * @common: that of COMMON with the number @kind
 * @kind: or that of the owner with this version
 */
struct page {
	uint8_t common : 1;
	uint8_t kind : 7;
};

static bool packs(const struct page *page, size_t index, size_t packing)
{
	return !page->common && index % 100 < packing;
}

static void renew(struct page *page, struct rng *rng)
{
	page->common = rng_below(rng, 2);
	page->kind = rng_below(rng, COMMON_KINDS);
}

static void write_page(const struct page *page, size_t owner, size_t index,
		       size_t packing, void *to)
{
	if (page->common)
		content(COMMON, 0, page->kind, false, to);
	else
		content(owner, page->kind, index, packs(page, index, packing),
			to);
}

static bool is_right(const struct page *page, size_t owner, size_t index,
		     size_t packing, const void *got)
{
	if (page->common)
		return content_is(COMMON, 0, page->kind, false, got);
	return content_is(owner, page->kind, index,
			  packs(page, index, packing), got);
}

int work_churn(const size_t *args)
{
	size_t owner = args[1], packing = args[2], verified = 0;
	struct memory memory = memory_reserve(args[0]);
	struct page *pages = calloc(memory.wanted, sizeof(*pages));
	struct rng rng = { owner };

	if (!pages)
		FAIL("no memory for %zu page states", memory.wanted);
	for (;;) {
		size_t index = memory.pages;

		if (report_due())
			report("verified=%zu pages=%zu corrupt=0", verified,
			       memory.pages);
		if (memory_can_grow(&memory)) {
			memory.pages++;
			renew(&pages[index], &rng);
			write_page(&pages[index], owner, index, packing,
				   memory_page(&memory, index));
			continue;
		}
		if (!memory.pages) {
			sleep(1);
			continue;
		}
		index = rng_below(&rng, memory.pages);
		if (!is_right(&pages[index], owner, index, packing,
			      memory_page(&memory, index)))
			break;
		if (++verified % BURST == 0)
			usleep(PAUSE_US);
		if (rng_below(&rng, REWRITTEN))
			continue;
		renew(&pages[index], &rng);
		write_page(&pages[index], owner, index, packing,
			   memory_page(&memory, index));
	}
	report("verified=%zu pages=%zu corrupt=1", verified, memory.pages);
	return 1;
}
