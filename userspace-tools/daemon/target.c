// SPDX-License-Identifier: GPL-2.0
/*
 * From what a VM wants and what part of the host is its own to what is to be
 * done with it.
 *
 *  grow     it needs more than it has, and there is some: at once
 *  take     the host is short and it costs more than its part: by its balloon,
 *           as far as the guest can do without, then by packing and swapping
 *  trim     it has more than it needs, and somebody else could use it; what
 *           nobody else wants is left to it in states better than trim_from
 *  return   there is plenty again: what was taken is given back
 *
 * While the host is short, nothing is taken from who is busy as long as somebody
 * idle can still give.
 */
#include "round.h"

static uint64_t least3(uint64_t a, uint64_t b, uint64_t c)
{
	return least(least(a, b), c);
}

static bool in(const struct policy *policy, enum memory_state from)
{
	return policy->state >= from;
}

static bool excessive(const struct vm_round *round)
{
	return !round->young &&
	       beyond(round->frames, round->part) > round->configured / TRIFLE;
}

static bool can_give(const struct policy *policy, const struct vm_round *round)
{
	return reclaims(policy, round) ||
	       (round->worth && round->follows &&
		round->actual > round->floor);
}

/* Whether somebody who is not busy still has more than its part. */
static bool idle_left(const struct policy *policy, struct policy_vm *vms[],
		      size_t nr)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		const struct vm_round *round = &vms[i]->round;

		if (!round->busy && excessive(round) && can_give(policy, round))
			return true;
	}
	return false;
}

/* Whether it is this one's turn to give. */
static bool may_take(const struct policy *policy, const struct policy_vm *vm,
		     bool idle)
{
	if (!excessive(&vm->round))
		return false;
	if (vm->round.busy)
		return !idle;
	return vm->memory.rounds_calm >= policy->config.idle_rounds ||
	       in(policy, policy->config.reclaim_from);
}

/*
 * By its balloon; who does not follow is told so too, but nothing is expected.
 * Return: what the host gains.
 */
static uint64_t take(struct policy_vm *vm, uint64_t excess)
{
	const struct vm_round *round = &vm->round;
	uint64_t give = 0;

	if (round->worth)
		give = least3(excess * 100 / round->gain,
			      beyond(round->actual, round->floor), round->step);
	if (give) {
		vm->decision.target = round->actual - give;
		vm->decision.reason = round->busy ?
				      "the host is short, and all are busy" :
				      "the host is short, and it is idle";
	}
	return round->follows ? percent(give, round->gain) : 0;
}

/* Whether memory that a VM does not want is worth taking. */
static bool trims(const struct policy *policy)
{
	return policy->contended || in(policy, policy->config.trim_from);
}

static bool may_trim(const struct policy *policy, const struct policy_vm *vm)
{
	return trims(policy) && vm->round.told &&
	       vm->round.actual > vm->round.needs &&
	       vm->memory.rounds_idle >= policy->config.idle_rounds;
}

static void trim(struct policy_vm *vm)
{
	const struct vm_round *round = &vm->round;

	vm->decision.target = round->actual -
			      least(round->actual - round->needs, round->step);
	vm->decision.reason = "it has more than it needs";
}

static void grow(struct policy_vm *vm)
{
	const struct vm_round *round = &vm->round;
	uint64_t room = beyond(round->part, round->frames);

	vm->decision.target = round->actual +
			      least3(round->needs - round->has, room,
				     FAST * round->step);
	vm->decision.reason = room ? "it needs more" :
			      "it needs more, and there is none";
}

/*
 * Who would take more than its part waits for the others to give it.  It does so
 * until the host is out of the states that are reclaimed in: let go sooner, it
 * would take all that was gained, and the host be back at once.
 *
 * Who is strict is not held below what it has.  Whatever it touches after a
 * while is asked for at the limit, its balloon's driver too, though it costs no
 * more once the frame that it had has been given up, which takes a moment.
 */
static void limit(const struct policy *policy, struct policy_vm *vm,
		  uint64_t excess)
{
	const struct vm_round *round = &vm->round;
	uint64_t room = beyond(round->part, round->frames);

	vm->memory.limited = in(policy, policy->config.limit_from) ||
			     (vm->memory.limited &&
			      in(policy, policy->config.reclaim_from));
	if (!vm->memory.limited || round->part >= greatest(round->high,
							   round->frames))
		return;
	/* Otherwise private memory is limited; and 0 would be no limit. */
	vm->decision.limit = round->strict ?
			     greatest(round->frames, round->part) +
			     round->configured / TRIFLE + 1 :
			     greatest(beyond(round->priv + room, excess), 1);
}

/*
 * What packing and swapping are to do.  Who waits at its limit has to make room
 * for what it touches out of its own: nobody else will.
 */
static void reclaim(const struct policy *policy, struct policy_vm *vm,
		    uint64_t excess)
{
	const struct vm_round *round = &vm->round;

	if (!reclaims(policy, round))
		return;
	if (vm->decision.limit && round->waits)
		excess += round->step;
	vm->decision.reclaim = least3(excess, round->priv, FAST * round->step);
}

static void decide(const struct policy *policy, struct policy_vm *vm, bool idle)
{
	const struct vm_round *round = &vm->round;
	bool turn = in(policy, policy->config.balloon_from) &&
		    may_take(policy, vm, idle);
	uint64_t excess = turn ? round->frames - round->part : 0;
	uint64_t gained = 0;

	vm->decision.target = round->actual;
	vm->decision.host_target = round->part;
	vm->decision.reason = "it has what it needs";
	if (round->young) {
		vm->decision.reason = "it is new";
		return;
	}
	if (turn)
		gained = take(vm, excess);
	if (vm->decision.target == round->actual) {
		if (round->needs > round->has)
			grow(vm);
		else if (may_trim(policy, vm))
			trim(vm);
	}
	limit(policy, vm, excess);
	reclaim(policy, vm, beyond(excess, gained));
}

/* Whether it could be given back what was taken from it. */
static bool returnable(const struct policy_vm *vm)
{
	const struct vm_round *round = &vm->round;

	return round->balloon && !round->young &&
	       vm->decision.target == round->actual &&
	       round->actual < round->highest;
}

/*
 * What is free beyond the threshold of the state in which it would be trimmed
 * again.  What VMs have and have not touched yet is not free.
 */
static void give_back(const struct policy *policy, struct policy_vm *vms[],
		      size_t nr)
{
	uint64_t keep = states_threshold(policy, policy->config.trim_from);
	uint64_t shares = 0, spare;
	size_t i;

	for (i = 0; i < nr; i++) {
		const struct vm_round *round = &vms[i]->round;

		keep += beyond(greatest(vms[i]->decision.target, round->actual),
			       round->configured - round->holes);
		if (returnable(vms[i]))
			shares += round->shares;
	}
	spare = beyond(least(policy->free, MOST), keep);
	for (i = 0; i < nr; i++) {
		const struct vm_round *round = &vms[i]->round;
		double gift;

		if (!returnable(vms[i]))
			continue;
		gift = (double)spare * round->shares / shares;
		vms[i]->decision.target += least3(gift, FAST * round->step,
						  round->highest -
						  round->actual);
		vms[i]->decision.reason = "there is plenty";
	}
}

/* Down to its maximum step by step, up to its minimum at once. */
static void tell(struct policy_vm *vm)
{
	const struct vm_round *round = &vm->round;
	uint64_t *target = &vm->decision.target;
	uint64_t asked = vm->memory.asked;

	if (!round->balloon || round->young) {
		*target = round->actual;
		return;
	}
	*target = least(*target, greatest(round->highest,
					  beyond(round->actual, round->step)));
	*target = greatest(*target, round->lowest);
	if (beyond(*target, asked) + beyond(asked, *target) <=
	    round->configured / TRIFLE)
		return;
	vm->decision.move_balloon = true;
	vm->memory.asked = *target;
}

void target_set(const struct policy *policy, struct policy_vm *vms[],
		size_t nr)
{
	bool idle = idle_left(policy, vms, nr);
	size_t i;

	for (i = 0; i < nr; i++)
		decide(policy, vms[i], idle);
	if (!trims(policy))
		give_back(policy, vms, nr);
	for (i = 0; i < nr; i++)
		tell(vms[i]);
}
