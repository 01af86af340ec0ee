// SPDX-License-Identifier: GPL-2.0
/*
 * What goes wrong: limits, memory, the swap file.
 */
#include "tests/model/model.h"

#define MOST (MODEL_PLACES * MODEL_PAGES)	/* pages of all regions */

/* Held by who changes limits: a remount. */
static pthread_mutex_t limits = PTHREAD_MUTEX_INITIALIZER;

long trouble_so_far(void)
{
	return shim_alloc_failures() + stat_of(alloc_failures) +
	       stat_of(swap_errors);
}

void trouble_begin(void)
{
	world.quota.limit = MOST * 3 / 4;
	world.quota.reserve = MOST / 20;
	shim_alloc_fail_one_in(300, model.seed);
	WRITE_ONCE(world.swap.delay, model.threads > 1 ? 100 : 0);
}

void trouble_end(void)
{
	world.quota.limit = WORLD_FRAMES;
	world.quota.reserve = 0;
	world.swap.fails_each = 0;
	world.swap.delay = 0;
	shim_alloc_fail_one_in(0, 0);
	shim_init_on_free = false;
}

/* A mount may not be given less than it uses. */
void op_limit(struct actor *actor)
{
	unsigned long limit = MOST / 4 + model_below(actor, MOST);
	unsigned long reserve = model_below(actor, MOST / 10);

	pthread_mutex_lock(&limits);
	if (limit >= (unsigned long)atomic_long_read(&world.quota.used)) {
		WRITE_ONCE(world.quota.limit, limit);
		WRITE_ONCE(world.quota.reserve, reserve);
	}
	pthread_mutex_unlock(&limits);
}

/* Nothing fails for most of the time, or nothing much would happen. */
void op_fail(struct actor *actor)
{
	static const int rates[] = { 0, 0, 0, 1000, 300, 30 };
	static const int swap_rates[] = { 0, 0, 0, 0, 0, 0, 500, 20 };
	int rate = rates[model_below(actor, ARRAY_SIZE(rates))];
	int swap_rate = swap_rates[model_below(actor, ARRAY_SIZE(swap_rates))];

	shim_alloc_fail_one_in(rate, model.seed);
	WRITE_ONCE(world.swap.fails_each, swap_rate);
}

/* To another memory node. */
void op_migrate(struct actor *actor)
{
	current->node = model_below(actor, MAX_NUMNODES);
}
