// SPDX-License-Identifier: GPL-2.0
/*
 * verify MIB OWNER PASSES PACKING-PERCENT: fill MIB with content of its own, of
 * which so much can be packed, then compare every byte of every page in random
 * order, PASSES times; one page in eight is written anew each time.  Succeeds if
 * no page was wrong.
 */
#include "work.h"

#include <stdlib.h>
#include <unistd.h>

#define REWRITTEN	8

static struct memory fill(size_t mib, size_t owner, size_t packing)
{
	struct memory memory = memory_reserve(mib);

	while (memory.pages < memory.wanted) {
		if (report_due())
			report("filled=%zu pages=%zu", memory.pages,
			       memory.wanted);
		if (!memory_can_grow(&memory)) {
			sleep(1);
			continue;
		}
		content(owner, 0, memory.pages, memory.pages % 100 < packing,
			memory_page(&memory, memory.pages));
		memory.pages++;
	}
	return memory;
}

static void shuffle(uint32_t *order, size_t nr, struct rng *rng)
{
	for (size_t i = 0; i < nr; i++) {
		size_t j = rng_below(rng, i + 1);

		order[i] = order[j];
		order[j] = i;
	}
}

int work_verify(const size_t *args)
{
	size_t owner = args[1], passes = args[2], packing = args[3];
	struct memory memory = fill(args[0], owner, packing);
	uint32_t *order = calloc(memory.pages, sizeof(*order));
	uint8_t *versions = calloc(memory.pages, sizeof(*versions));
	struct rng rng = { owner };
	size_t verified = 0, corrupt = 0;

	if (!order || !versions)
		FAIL("no memory for %zu page numbers", memory.pages);
	for (size_t pass = 1; pass <= passes; pass++) {
		shuffle(order, memory.pages, &rng);
		for (size_t i = 0; i < memory.pages; i++) {
			size_t page = order[i];
			uint8_t *at = memory_page(&memory, page);
			bool packs = page % 100 < packing;

			if (report_due())
				report("pass=%zu passes=%zu page=%zu pages=%zu corrupt=%zu",
				       pass, passes, i, memory.pages, corrupt);
			corrupt += !content_is(owner, versions[page], page,
					       packs, at);
			verified++;
			if (!rng_below(&rng, REWRITTEN))
				content(owner, ++versions[page], page, packs,
					at);
		}
	}
	report("verified=%zu corrupt=%zu", verified, corrupt);
	return corrupt != 0;
}
