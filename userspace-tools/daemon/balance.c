// SPDX-License-Identifier: GPL-2.0
/*
 * Who gets how much of the host.
 *
 * After Waldspurger: memory that is in use costs a VM one share per page, idle
 * memory k = 1 / (1 - tax) of them, so that a VM holding P of which A is in use
 * pays
 *
 *	cost(P) = min(P, A) + k * max(0, P - A)
 *
 * and all are to pay the same price per share.  He takes page by page from who
 * pays least; where that ends is the price at which the VMs' parts are what
 * there is to divide:
 *
 *	part(price) = price * shares                       up to A,
 *	              A + (price * shares - A) / k         beyond,
 *
 * within bounds: not below what is reserved for it, nor above what it could use.
 * part() grows with the price, so this is found by bisection.
 *
 * P is what a VM costs the host: of a frame that several map, each pays its
 * part.  And who cannot be made to give anything in the present state, be it
 * that it has no balloon that follows, or that ballooning would yield merged
 * pages only, or that it is strict and not compressed, keeps what it has, so that the others are asked for it.
 */
#include "round.h"

/* Below this percentage ballooning takes what others share, mostly: no gain. */
#define GAIN_LEAST 25

/* Halvings of the price: it is then exact to less than a page. */
#define HALVINGS 64

static void bounds(const struct policy *policy, struct vm_round *round)
{
	uint64_t growth = beyond(round->needs, round->has);
	uint64_t most = round->frames + growth;
	uint64_t yield = 0;

	round->hot = least(round->hot, most + round->away);
	round->high = least(greatest(most, round->hot), round->highest);
	round->low = least(round->reserved, round->high);
	round->worth = round->balloon && round->gain >= GAIN_LEAST;
	if (round->worth && round->follows &&
	    policy->state >= policy->config.balloon_from)
		yield = percent(beyond(round->actual, round->floor),
				round->gain);
	if (round->young)
		round->low = round->frames;
	else if (!reclaims(policy, round))
		round->low = greatest(round->low, beyond(round->frames, yield));
	round->high = greatest(round->high, round->low);
}

static uint64_t part(const struct vm_round *round, double price, double k)
{
	double pays = price * round->shares;

	if (pays > round->hot)
		pays = round->hot + (pays - round->hot) / k;
	/* Compared before it is converted: it may be more than fits. */
	if (pays >= round->high)
		return round->high;
	return greatest(pays, round->low);
}

static uint64_t parts(struct policy_vm *vms[], size_t nr, double price,
		      double k)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < nr; i++) {
		vms[i]->round.part = part(&vms[i]->round, price, k);
		sum += vms[i]->round.part;
	}
	return sum;
}

/* What there is to divide, if as much is to be free as lets all be well. */
static uint64_t capacity(const struct policy *policy, struct policy_vm *vms[],
			 size_t nr)
{
	enum memory_state from = policy->config.balloon_from;
	uint64_t keep = policy->min_free;
	uint64_t sum = least(policy->free, MOST);
	size_t i;

	if (from > STATE_HIGH)
		keep = greatest(keep, states_threshold(policy, from));
	for (i = 0; i < nr; i++)
		sum += vms[i]->round.frames;
	return beyond(sum, keep);
}

bool balance_divide(const struct policy *policy, struct policy_vm *vms[],
		    size_t nr)
{
	double k = 100.0 / (100 - policy->config.idle_tax);
	uint64_t all = capacity(policy, vms, nr);
	double low = 0, high = k * MOST;
	int i;

	for (size_t vm = 0; vm < nr; vm++)
		bounds(policy, &vms[vm]->round);
	if (parts(vms, nr, high, k) <= all)
		return true;
	for (i = 0; i < HALVINGS; i++) {
		double price = (low + high) / 2;

		if (parts(vms, nr, price, k) <= all)
			low = price;
		else
			high = price;
	}
	parts(vms, nr, low, k);
	return false;
}
