// SPDX-License-Identifier: GPL-2.0
/*
 * Whether a balloon does what it says.
 *
 * Its word is what the guest has.  What the guest has given away is a hole in
 * its memory, and holes are counted by the module, which nobody can lie to.  An
 * honest guest has at least as many as its balloon claims: memory that was never
 * touched is a hole, too.  One that has clearly fewer uses what it has given
 * away.
 *
 * A balloon that hardly moves towards what it was told does not follow either,
 * whether it lacks the memory, its driver has stopped, or it does not want to.
 *
 * Either has to go on for some rounds, as a guest may be slow, and what is seen
 * of it is not seen at one moment.  Such a balloon is told its target all the
 * same; once it follows it is believed again.
 */
#include "round.h"

/* Less than this part of a VM's memory is no proof of anything. */
#define LITTLE 64

static uint64_t distance(uint64_t a, uint64_t b)
{
	return a > b ? a - b : b - a;
}

void balloon_watch(const struct policy_config *config, struct policy_vm *vm)
{
	struct vm_round *round = &vm->round;
	uint64_t claimed = round->configured - round->actual;
	uint64_t before = distance(vm->memory.asked, vm->memory.actual);
	uint64_t now = distance(vm->memory.asked, round->actual);
	bool lies = claimed > round->holes + claimed / 8;
	bool asked = before > round->configured / LITTLE;
	unsigned int *stuck = &vm->memory.rounds_stuck;

	if (!round->balloon) {
		*stuck = 0;
	} else if (lies || (asked && now > before - before / 8)) {
		if (*stuck <= config->patience)
			++*stuck;
	} else if (asked) {
		*stuck = 0;
	}
	vm->decision.unresponsive = *stuck > config->patience;
	round->follows = round->balloon && !vm->decision.unresponsive;
	vm->memory.actual = round->actual;
}
