// SPDX-License-Identifier: GPL-2.0
/*
 * The pool of free frames, for a domain that has nothing but frames.
 *
 * What it draws is nobody else's, and holds zeros, whoever had the frame before.
 */
#include "tests/model/model.h"

#define MARK 0x5a		/* each byte that it writes */
#define MOST 64

static void check_drawn(struct page *frame)
{
	char *content = shim_page_content(frame);

	if (page_count(frame) != 1 || folio_mapped(page_folio(frame)))
		shim_die("frame %lu was drawn, and somebody else has it",
			 page_to_pfn(frame));
	if (memchr_inv(content, 0, PAGE_SIZE))
		shim_die("frame %lu was drawn with somebody's content",
			 page_to_pfn(frame));
	memset(content, MARK, PAGE_SIZE);
}

static void give_up(struct actor *actor, struct page *frame)
{
	if (model_one_in(actor, 2))
		put_page(frame);
	else
		ksmfs_pool_put(frame);
}

/* Have many at once, so that the pool is low. */
void op_draw(struct actor *actor)
{
	unsigned int nr = 1 + model_below(actor, MOST), i;
	struct page *frames[MOST];

	for (i = 0; i < nr; i++) {
		frames[i] = ksmfs_pool_get(GFP_NOWAIT);
		if (!frames[i])
			break;
		check_drawn(frames[i]);
	}
	model_note(actor, i);
	while (i--)
		give_up(actor, frames[i]);
	if (model_one_in(actor, 4))
		ksmfs_pool_refill();
}

/* Then the allocator has to do, and it often has nothing. */
void op_empty_pools(struct actor *actor)
{
	model_pause_all();
	world_empty_pools();
	shim_alloc_fail_one_in(20, model.seed);
	model_note(actor, stat_of(frames_cached));
	model_go_on();
}
