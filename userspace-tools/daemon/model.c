// SPDX-License-Identifier: GPL-2.0
/*
 * How a guest behaves, as simply as serves to try a policy.
 *
 * It touches what it uses, and what it has touched stays a cost to the host
 * until the balloon takes it or the host swaps it.  The balloon moves at a
 * bounded rate and takes what was never touched first.  If it leaves less than
 * the guest uses, the guest swaps by itself; if it leaves less than it touches, it
 * swaps in without end.  What the host has swapped comes back when it is touched.
 * A guest that finds no frame waits, and has what it has until the next round.
 */
#include "model.h"
#include "round.h"

/* A balloon moves by this part of a guest's memory in a second. */
#define BALLOON_RATE 64

/* So many share a frame that is not private. */
#define SHARERS 10

/* Of what is missing, this part is swapped in again in a second. */
#define SWAP_RATE 8

/* The estimate falls by this part in a second: over 160 s, as the module's. */
#define ESTIMATE_RATE 160

#define PAGE 4096

void model_start(struct model *guest, const struct trace_vm *spec)
{
	*guest = (struct model) {
		.spec = spec,
		.private = 100,
		.has = spec->configured,
		.says = spec->configured,
		.asked = spec->configured,
	};
}

static uint64_t private(const struct model *guest)
{
	return percent(guest->content - guest->away, guest->private);
}

/* What so much memory costs. */
static uint64_t cost(const struct model *guest, uint64_t memory)
{
	uint64_t own = percent(memory, guest->private);

	return own + (memory - own) / SHARERS;
}

uint64_t model_frames(const struct model *guest)
{
	return cost(guest, guest->content - guest->away);
}

static uint64_t toward(uint64_t from, uint64_t to, uint64_t by)
{
	return from < to ? from + least(to - from, by) :
			   from - least(from - to, by);
}

static void move_balloon(struct model *guest, uint64_t seconds)
{
	uint64_t by = guest->spec->configured / BALLOON_RATE * seconds;
	enum trace_balloon kind = guest->spec->balloon;

	if (kind == BALLOON_YES || kind == BALLOON_LIES)
		guest->says = toward(guest->says, guest->asked, by);
	if (kind != BALLOON_YES)
		return;
	guest->has = guest->says;
	guest->content = least(guest->content, guest->has);
	guest->away = least(guest->away, guest->content);
}

/* Get frames for so much memory.  Return: for how much it got them. */
static uint64_t get(struct model *guest, uint64_t memory, uint64_t *free)
{
	uint64_t dearest = greatest(cost(guest, 100), 1);

	if (guest->limit)
		memory = least(memory, beyond(guest->limit, private(guest)));
	if (cost(guest, memory) > *free)
		memory = *free / dearest * 100;
	*free -= least(cost(guest, memory), *free);
	return memory;
}

bool model_run(struct model *guest, uint64_t seconds, uint64_t free)
{
	uint64_t wants, back, touched, got;

	move_balloon(guest, seconds);
	wants = beyond(least(guest->used, guest->has), guest->content);
	touched = least(guest->active, guest->has);
	back = least(beyond(touched, guest->content - guest->away),
		     guest->away);

	got = get(guest, back, &free);
	guest->away -= got;
	guest->brought_back += got;
	back -= got;
	got = get(guest, wants, &free);
	guest->content += got;
	wants -= got;

	guest->swap_in += least(beyond(guest->active, guest->has) / SWAP_RATE *
				seconds, guest->active);
	guest->estimate = greatest(touched, guest->estimate -
				   least(guest->estimate / ESTIMATE_RATE *
					 seconds, guest->estimate));
	/* A page or two of rounding are no want. */
	guest->met = guest->active <= guest->has && back < 2 * PAGE &&
		     (wants < 2 * PAGE ||
		      guest->content - guest->away >= guest->active);
	if (wants < 2 * PAGE && back < 2 * PAGE)
		return true;
	guest->stalls++;
	return false;
}

void model_view(const struct model *guest, struct vm_view *view)
{
	uint64_t resident = guest->content - guest->away;

	*view = (struct vm_view) {
		.configured = guest->spec->configured,
		.priv = private(guest),
		.shared = resident - private(guest),
		.swapped = guest->away,
		.holes = guest->spec->configured - guest->content,
		.frames = model_frames(guest),
		.active = guest->estimate,
		.active_known = true,
		.stalls = guest->stalls,
		.has_balloon = guest->spec->balloon != BALLOON_NO,
		.actual = guest->says,
		.stats = {
			.valid = guest->spec->stats,
			.total = guest->has,
			.available = beyond(guest->has, guest->used),
			.swap_in = guest->swap_in,
			.major_faults = guest->swap_in / PAGE,
		},
	};
}

void model_obey(struct model *guest, const struct vm_decision *decision)
{
	if (decision->move_balloon)
		guest->asked = decision->target;
	/* The module takes private pages only; what is touched comes back. */
	if (guest->private)
		guest->away += least(decision->reclaim * 100 / guest->private,
				     private(guest));
	guest->limit = decision->limit;
}
