// SPDX-License-Identifier: GPL-2.0
/*
 * What the module does behind the guests' backs: scanner, reclaim and sampler.
 */
#include "tests/model/model.h"
#include "cow/break.h"
#include "cow/pool.h"
#include "cow/swap.h"
#include "ksm/advisor.h"
#include "ksm/reclaim.h"
#include "ksm/sample.h"

/* For reading: who merges; for writing: who has nobody merge, as thread.c. */
static pthread_rwlock_t gate = PTHREAD_RWLOCK_INITIALIZER;

/* One at a time samples, as there is one thread that does. */
static pthread_mutex_t sampling = PTHREAD_MUTEX_INITIALIZER;
static unsigned long sample_next;

static atomic_long_t period = { 1 };

/* As many as the advisor says, or any number. */
static unsigned int batch(struct actor *actor)
{
	unsigned long restless = ksmfs_scan_restless(&world.scan);
	struct ksmfs_advisor advisor = {
		.mode = model_below(actor, 2) ? KSMFS_ADVISOR_scan_time :
						KSMFS_ADVISOR_pressure,
		.target = 1 + model_below(actor, 200),
		.interval = 1 + model_below(actor, 1000),
		.restless = restless,
		.available = model_below(actor, 1000),
		.total = 1000,
	};
	unsigned int pages = ksmfs_advisor_pages(&advisor);

	if (!pages || pages > max(restless, 1UL))
		shim_die("the advisor says %u of %lu", pages, restless);
	return model_below(actor, 2) ? pages : 1 + model_below(actor, 100);
}

/* Periods of two threads may differ, as seconds may. */
void op_scan(struct actor *actor)
{
	unsigned int nr = batch(actor), done;

	if (pthread_rwlock_tryrdlock(&gate))
		return;
	done = ksmfs_scan_work(&world.scan, atomic_long_read(&period), nr);
	pthread_rwlock_unlock(&gate);
	model_note(actor, done);
	if (done < nr)
		atomic_long_inc(&period);
}

/* Ask for whole passes, and make at least some of them. */
void op_passes(struct actor *actor)
{
	ksmfs_scan_ask(&world.scan, model_below(actor, 6));
	while (ksmfs_scan_asked(&world.scan) && !model_one_in(actor, 100))
		op_scan(actor);
}

static struct ksmfs_reclaim_order any_order(struct actor *actor)
{
	struct ksmfs_reclaim_order order;

	order.pack = model_below(actor, 3);
	order.swap = model_below(actor, 3);
	order.hot = model_below(actor, 2);
	return order;
}

void op_reclaim(struct actor *actor)
{
	struct ksmfs_reclaim_order order = any_order(actor);
	unsigned long nr = 1 + model_below(actor, MODEL_PAGES / 2);
	struct place *place = model_enter(actor);

	if (!place)
		return;
	current->signal = model_one_in(actor, 20);
	model_note(actor, ksmfs_reclaim(&place->file->region, &actor->packer,
					&order, nr));
	current->signal = false;
	model_leave(place);
}

void op_reclaim_mount(struct actor *actor)
{
	struct ksmfs_reclaim_order order = any_order(actor);
	unsigned long nr = 1 + model_below(actor, MODEL_PAGES / 2);

	model_note(actor, ksmfs_reclaim_mount(&world.quota, &actor->packer,
					      &order, nr));
	model_note(actor, ksmfs_reclaim_turn(&world.quota));
}

static void sample(struct actor *actor, struct ksmfs_region *region)
{
	struct ksmfs_region_info info = { .pages = MODEL_END };

	if (model_one_in(actor, 20))
		ksmfs_sample_forget(region);
	else if (model_one_in(actor, 2))
		ksmfs_sample_look(region);
	else
		ksmfs_sample_turn(region, MODEL_END,
				  1 + model_below(actor, 2 * MODEL_END));
	ksmfs_sample_report(region, &info);
	model_note(actor, info.active);
	if (info.active > MODEL_END)
		shim_die("%llu of %lu pages are active", info.active,
			 MODEL_END);
}

/* One region after the other. */
void op_sample(struct actor *actor)
{
	struct ksmfs_region *region;

	if (pthread_mutex_trylock(&sampling))
		return;
	region = ksmfs_region_from(sample_next, XA_PRESENT);
	sample_next = region ? region->ino + 1 : 0;
	if (region)
		sample(actor, region);
	ksmfs_region_put(region);
	pthread_mutex_unlock(&sampling);
}

static void check_break(struct actor *actor, int err)
{
	model_note(actor, err);
	if (err && err != -ENOSPC && err != -ENOMEM && err != -EINTR)
		shim_die("breaking all: %d", err);
}

void op_break_all(struct actor *actor)
{
	struct place *place = model_enter(actor);

	if (!place)
		return;
	current->signal = model_one_in(actor, 20);
	check_break(actor, ksmfs_break_all(&place->file->region));
	current->signal = false;
	model_leave(place);
}

/* A region that is about to end may keep what it shares, for so long. */
void op_unmerge(struct actor *actor)
{
	if (pthread_rwlock_trywrlock(&gate))
		return;
	check_break(actor, ksmfs_scan_unmerge());
	pthread_rwlock_unlock(&gate);
}

/* What is kept at hand goes back. */
void op_give_back(struct actor *actor)
{
	switch (model_below(actor, 3)) {
	case 0:
		model_note(actor, ksmfs_pool_shrink());
		break;
	case 1:
		ksmfs_reclaim_compact(&world.quota);
		break;
	default:
		ksmfs_swap_wipe(world.quota.swap);
		break;
	}
}
