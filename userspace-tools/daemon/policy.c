// SPDX-License-Identifier: GPL-2.0
/*
 * The policy as a whole: its settings, and what a round consists of.
 */
#include <stdio.h>

#include "round.h"

#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

const struct policy_config policy_defaults = {
	.min_free_base = 899 * MIB,
	.min_free_upto = 28 * GIB,
	.min_free_percent = 1,
	.min_free_most = 6,
	.enter_percent = {
		[STATE_CLEAR] = 100,
		[STATE_SOFT] = 64,
		[STATE_HARD] = 32,
		[STATE_LOW] = 16,
	},
	.leave_percent = {
		[STATE_CLEAR] = 400,
		[STATE_SOFT] = 80,
		[STATE_HARD] = 40,
		[STATE_LOW] = 20,
	},
	.scan_from = STATE_CLEAR,
	.balloon_from = STATE_SOFT,
	.reclaim_from = STATE_HARD,
	.limit_from = STATE_LOW,
	.trim_from = STATE_CLEAR,
	.idle_tax = 75,
	.buffer = 20,
	.step = 5,
	.grace = 30000,
	.idle_rounds = 12,
	.patience = 6,
};

void policy_init(struct policy *policy, const struct policy_config *config)
{
	*policy = (struct policy) { .config = *config };
}

static bool thresholds_fall(const struct policy_config *config, char *problem,
			    size_t size)
{
	const unsigned int *enter = config->enter_percent;
	const unsigned int *leave = config->leave_percent;
	enum memory_state state;

	for (state = STATE_CLEAR; state < NR_STATES; state++) {
		const char *name = policy_state_name(state);

		if (leave[state] < enter[state]) {
			snprintf(problem, size,
				 "%s is left at %u%%, before it is entered, at %u%%",
				 name, leave[state], enter[state]);
			return false;
		}
		if (state == STATE_CLEAR)
			continue;
		if (enter[state] >= enter[state - 1] ||
		    leave[state] >= leave[state - 1]) {
			snprintf(problem, size,
				 "%s is not entered and left at less than %s",
				 name, policy_state_name(state - 1));
			return false;
		}
	}
	return true;
}

bool policy_check(const struct policy_config *config, char *problem,
		  size_t size)
{
	const struct {
		const char *name;
		unsigned int value, lowest, highest;
	} bounds[] = {
		{ "min_free_percent", config->min_free_percent, 0, 100 },
		{ "min_free_most", config->min_free_most, 1, 100 },
		{ "leave_percent of clear",
		  config->leave_percent[STATE_CLEAR], 1, 10000 },
		{ "scan_from", config->scan_from, 0, NR_STATES - 1 },
		{ "balloon_from", config->balloon_from, 0, NR_STATES - 1 },
		{ "reclaim_from", config->reclaim_from, 0, NR_STATES - 1 },
		{ "limit_from", config->limit_from, 0, NR_STATES - 1 },
		{ "trim_from", config->trim_from, 0, NR_STATES - 1 },
		{ "idle_tax", config->idle_tax, 0, 99 },
		{ "buffer", config->buffer, 0, 1000 },
		{ "step", config->step, 1, 100 },
	};
	size_t i;

	for (i = 0; i < sizeof(bounds) / sizeof(*bounds); i++) {
		if (bounds[i].value >= bounds[i].lowest &&
		    bounds[i].value <= bounds[i].highest)
			continue;
		snprintf(problem, size, "%s is %u, but has to be %u to %u",
			 bounds[i].name, bounds[i].value, bounds[i].lowest,
			 bounds[i].highest);
		return false;
	}
	return thresholds_fall(config, problem, size);
}

void policy_round(struct policy *policy, uint64_t now,
		  const struct host_view *host, struct policy_vm *vms[],
		  size_t nr)
{
	size_t i;

	states_update(policy, host);
	policy->scan_fast = policy->state >= policy->config.scan_from;
	for (i = 0; i < nr; i++)
		demand_see(&policy->config, now, vms[i]);
	policy->contended = !balance_divide(policy, vms, nr);
	target_set(policy, vms, nr);
}
