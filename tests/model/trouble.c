// SPDX-License-Identifier: GPL-2.0
/*
 * What goes wrong: limits, memory, the swap file.
 */
#include "tests/model/model.h"
#include "hash/fingerprint.h"
#include <shim/sched.h>

#define MOST (MODEL_PLACES * MODEL_PAGES)	/* pages of all regions */

/* Held by who changes limits: a remount. */
static pthread_mutex_t limits = PTHREAD_MUTEX_INITIALIZER;

/* Refused so far because a region had as many frames as it may. */
static atomic_long_t limited;

long trouble_so_far(void)
{
	return shim_alloc_failures() + stat_of(alloc_failures) +
	       stat_of(swap_errors) + atomic_long_read(&limited);
}

void trouble_limited(const struct place *place)
{
	if (!READ_ONCE(place->limited))
		shim_die("the region at place %ld never had a limit",
			 place - model.place);
	atomic_long_inc(&limited);
}

unsigned long trouble_places(void)
{
	return model.seed % 2 ? WORLD_PLACES : MOST / 2;
}

void trouble_begin(void)
{
	static const unsigned int bits[] = { 64, 3, 0, 8 };

	/* As they are, or few fingerprints, or one. */
	ksmfs_fingerprint_bits = bits[model.seed % ARRAY_SIZE(bits)];
	world.quota.limit = MOST * 3 / 4;
	world.quota.reserve = MOST / 20;
	shim_alloc_fail_one_in(300, model.seed);
	if (model.threads > 1) {
		world.swap.delay = 100;
		shim_sleep_one_in = 20;
	}
}

void trouble_end(void)
{
	world.quota.limit = WORLD_FRAMES;
	world.quota.reserve = 0;
	world.swap.fails_each = 0;
	world.swap.delay = 0;
	shim_sleep_one_in = 0;
	shim_alloc_fail_one_in(0, 0);
}

/* A mount may not be given less than it uses; but hardly more, it may. */
void op_limit(struct actor *actor)
{
	unsigned long more = model_below(actor, model_below(actor, 2) ? 4 : MOST);
	unsigned long reserve = model_below(actor, MOST / 10);
	unsigned long used;

	pthread_mutex_lock(&limits);
	used = atomic_long_read(&world.quota.used);
	WRITE_ONCE(world.quota.limit, max(used, MOST / 3UL) + more);
	WRITE_ONCE(world.quota.reserve, reserve);
	pthread_mutex_unlock(&limits);
}

/* What a daemon says that a region may have; or it takes that back. */
void op_limit_region(struct actor *actor)
{
	struct place *place = model_enter(actor);
	unsigned long pages = model_below(actor, MODEL_PAGES);

	if (!place)
		return;
	WRITE_ONCE(place->limited, true);
	WRITE_ONCE(place->file->region.limit,
		   model_below(actor, 2) ? pages : 0);
	model_leave(place);
}

/*
 * Nothing fails for most of the time, or nothing much would happen.  The few
 * places of a small swap file would soon be bad, so that never fails.  Now and
 * then packed content looks damaged to who unpacks it next.
 */
void op_fail(struct actor *actor)
{
	static const int rates[] = { 0, 0, 0, 1000, 300, 30 };
	static const int swap_rates[] = { 0, 0, 0, 0, 0, 0, 500, 20 };
	int rate = rates[model_below(actor, ARRAY_SIZE(rates))];
	int swap_rate = swap_rates[model_below(actor, ARRAY_SIZE(swap_rates))];

	shim_alloc_fail_one_in(rate, model.seed);
	shim_zs_damage_nth(model_below(actor, 4));
	WRITE_ONCE(world.swap.fails_each,
		   world_places < WORLD_PLACES ? 0 : swap_rate);
}

/* To another memory node. */
void op_migrate(struct actor *actor)
{
	current->node = model_below(actor, MAX_NUMNODES);
}
