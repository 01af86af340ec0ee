/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The parts of a round, in their order; policy.c puts them together.
 *
 * Amounts are in bytes and, once demand_see() has seen them, at most MOST.  So
 * sums over VMs and products with percents do not overflow.
 */
#ifndef KSMFSD_ROUND_H
#define KSMFSD_ROUND_H

#include "policy.h"

/* More than a VM or a host has. */
#define MOST (1ULL << 50)

/* Less than this part of a VM's memory is not worth moving a balloon. */
#define TRIFLE 256

/* Growing may be so many times faster than shrinking. */
#define FAST 4

static inline uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t greatest(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* What @a is more than @b by, or 0. */
static inline uint64_t beyond(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

static inline uint64_t percent(uint64_t amount, unsigned int of)
{
	return amount * of / 100;
}

/* Whether memory can be taken from a VM by compressing and swapping. */
static inline bool reclaims(const struct policy *policy,
			    const struct vm_round *round)
{
	return !round->strict && policy->state >= policy->config.reclaim_from;
}

/**
 * states_update() - see how much is free, and what state that is
 * @policy: its state, min_free, free and reason are set
 * @host: what is seen of the host
 */
void states_update(struct policy *policy, const struct host_view *host);

/**
 * states_threshold() - what has to be free for a state to be left
 * @policy: after states_update()
 * @state: not STATE_HIGH, which is not left for a better one
 *
 * Return: bytes.
 */
uint64_t states_threshold(const struct policy *policy, enum memory_state state);

/**
 * demand_see() - check what is seen of a VM, and work out what it wants
 * @config: what the operator has set
 * @now: milliseconds
 * @vm: its view is read; round, memory and some of the decision are set
 */
void demand_see(const struct policy_config *config, uint64_t now,
		struct policy_vm *vm);

/**
 * balloon_watch() - find out whether a VM's balloon does what it says
 * @config: what the operator has set
 * @vm: after its round's amounts have been set
 */
void balloon_watch(const struct policy_config *config, struct policy_vm *vm);

/**
 * balance_divide() - divide the host among the VMs
 * @policy: after states_update()
 * @vms: after demand_see(); each round's low, high and part are set
 * @nr: how many
 *
 * Return: false if somebody could use more than there is.
 */
bool balance_divide(const struct policy *policy, struct policy_vm *vms[],
		    size_t nr);

/**
 * target_set() - decide what is to be done with the VMs
 * @policy: after states_update()
 * @vms: after balance_divide(); their decisions are set
 * @nr: how many
 */
void target_set(const struct policy *policy, struct policy_vm *vms[],
		size_t nr);

#endif /* KSMFSD_ROUND_H */
