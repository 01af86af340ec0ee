// SPDX-License-Identifier: GPL-2.0
/*
 * How short of memory the host is.
 *
 *   free >= enter[clear]   < enter[clear]  < enter[soft]  < [hard]   < [low]
 *           high ----------> clear --------> soft --------> hard ---> low
 *                <----------       <--------      <--------     <---
 *              > leave[clear]   > leave[soft]    > leave[hard]  > leave[low]
 *
 * Worse is entered at once, over several states if need be: it may be a matter
 * of seconds.  Better is entered one state per round, and only when more is free
 * than it took to leave it, so that a host whose free memory wavers around a
 * threshold stays where it is.
 *
 * A fault that waits for a frame says more than any threshold: then the state
 * is at least hard.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "round.h"

static const char *const names[] = { "high", "clear", "soft", "hard", "low" };

static_assert(sizeof(names) / sizeof(*names) == NR_STATES, "a name for each");

const char *policy_state_name(enum memory_state state)
{
	return (unsigned int)state < NR_STATES ? names[state] : "unknown";
}

static uint64_t min_free(const struct policy_config *config, uint64_t total)
{
	uint64_t most = percent(total, config->min_free_most);
	uint64_t more = percent(beyond(total, config->min_free_upto),
				config->min_free_percent);

	return least(least(config->min_free_base, MOST) + more, most);
}

static bool entered(const struct policy *policy, enum memory_state state)
{
	return policy->free < percent(policy->min_free,
				      policy->config.enter_percent[state]);
}

uint64_t states_threshold(const struct policy *policy, enum memory_state state)
{
	return percent(policy->min_free, policy->config.leave_percent[state]);
}

static void say(struct policy *policy, const char *than, unsigned int of)
{
	snprintf(policy->reason, sizeof(policy->reason),
		 "free %" PRIu64 " MiB is %s than %u%% of minFree (%" PRIu64
		 " MiB)", policy->free >> 20, than, of, policy->min_free >> 20);
}

void states_update(struct policy *policy, const struct host_view *host)
{
	uint64_t limit = least(host->limit, MOST);
	enum memory_state old = policy->state, new = old;

	policy->min_free = min_free(&policy->config, least(host->total, limit));
	policy->free = least(host->available, beyond(limit, host->used));
	policy->reason[0] = '\0';

	while (new < STATE_LOW && entered(policy, new + 1))
		new++;
	if (new == old && old > STATE_HIGH &&
	    policy->free > states_threshold(policy, old))
		new--;

	if (new > old)
		say(policy, "less", policy->config.enter_percent[new]);
	else if (new < old)
		say(policy, "more", policy->config.leave_percent[old]);

	if (host->stalled && new < STATE_HARD) {
		new = STATE_HARD;
		policy->reason[0] = '\0';
		if (old != STATE_HARD)
			snprintf(policy->reason, sizeof(policy->reason),
				 "%" PRIu64 " faults wait for a frame",
				 host->stalled);
	}
	policy->state = new;
}
