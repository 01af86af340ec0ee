// SPDX-License-Identifier: GPL-2.0
/*
 * What a VM wants.
 *
 * Two look at it.  The module knows which pages are touched, whoever the guest
 * is, but not whether the guest could do without the others.  The guest knows
 * what it cannot give up without swapping, the idle part included, but may say
 * what it likes.  What a VM wants is the greater of the two; and when it shows
 * that it is short, more than it has, whatever both say.
 *
 * wanted serves to give, to trim and to report; hot, what is in use by the
 * module's word, serves to divide the host when there is not enough for all.
 * What a guest says may save it from its balloon, since one without swap space
 * would have to kill; it does not save it from being packed and swapped.
 */
#include "round.h"

/* What happens to guests that are not short: per round. */
#define SWAP_IN_FEW (1ULL << 20)
#define MAJOR_FAULTS_FEW 100

/* A guest that has less than this part of its memory available is short. */
#define AVAILABLE_FEW 20

/* Who is short wants so many percent of what it has. */
#define SHORT_WANTS 125

#define PRESSURE_MOST 10000

/* Copy what is seen, and make sense of it. */
static void check(const struct policy_config *config, struct policy_vm *vm)
{
	const struct vm_view *view = &vm->view;
	const struct vm_settings *settings = &vm->settings;
	struct vm_round *round = &vm->round;
	uint64_t all = least(view->configured, MOST);
	uint64_t priv = least(view->priv, all);
	uint64_t shared = least(view->shared, all);

	*round = (struct vm_round) {
		.configured = all,
		.holes = least(view->holes, all),
		.priv = priv,
		.frames = least(view->frames, all),
		.away = least(least(view->packed, all) +
			      least(view->swapped, all), all),
		.gain = priv ? priv * 100 / (priv + shared) : 0,
		.actual = view->has_balloon ? least(view->actual, all) : all,
		.highest = settings->max ? least(settings->max, all) : all,
		.step = percent(all, config->step),
		.shares = settings->shares ? settings->shares : 1,
		.told = view->stats.valid,
		.balloon = view->has_balloon,
		.waits = vm->memory.seen && view->stalls > vm->memory.stalls,
	};
	round->lowest = least(greatest(settings->min, settings->reservation),
			      round->highest);
	round->has = greatest(round->actual, all - round->holes);
}

static bool is_short(const struct policy_vm *vm)
{
	const struct guest_stats *stats = &vm->view.stats;
	const struct vm_round *round = &vm->round;

	if (round->waits)
		return true;
	if (!round->told)
		return false;
	if (stats->available < round->has / AVAILABLE_FEW)
		return true;
	return vm->memory.told &&
	       (beyond(stats->swap_in, vm->memory.swap_in) > SWAP_IN_FEW ||
		beyond(stats->major_faults, vm->memory.major_faults) >
		MAJOR_FAULTS_FEW);
}

static void remember(struct policy_vm *vm)
{
	if (!vm->memory.seen)
		vm->memory.asked = vm->round.actual;
	vm->memory.seen = true;
	vm->memory.stalls = vm->view.stalls;
	vm->memory.told = vm->round.told;
	vm->memory.swap_in = vm->view.stats.swap_in;
	vm->memory.major_faults = vm->view.stats.major_faults;
}

/* For how many rounds something has been so, up to @most. */
static void count(unsigned int *rounds, bool so, unsigned int most)
{
	if (!so)
		*rounds = 0;
	else if (*rounds < most)
		++*rounds;
}

void demand_see(const struct policy_config *config, uint64_t now,
		struct policy_vm *vm)
{
	const struct vm_view *view = &vm->view;
	struct vm_round *round = &vm->round;
	uint64_t used = 0, active, wanted, pressure;

	check(config, vm);
	/*
	 * Not total - available: what the kernel took for itself at boot is not
	 * in total, and a guest that may deflate its balloon when it is out of
	 * memory counts that as used.
	 */
	if (round->told)
		used = beyond(round->has, view->stats.available);
	active = view->active_known ? least(view->active, round->configured) : 0;
	wanted = greatest(used, active);
	if (!round->told && !view->active_known)
		wanted = round->has;
	if (is_short(vm)) {
		wanted = greatest(wanted, percent(round->has, SHORT_WANTS));
		active = wanted;
	}
	if (!view->active_known)
		active = wanted;

	pressure = wanted * 100 / greatest(round->has, 1);
	round->busy = pressure > 100;
	round->young = beyond(now, vm->since) < config->grace;
	round->needs = least(greatest(percent(wanted, 100 + config->buffer),
				      round->lowest), round->highest);
	round->hot = least(percent(active, 100 + config->buffer),
			   round->configured);
	if (round->told)
		round->floor = used + used / 8;
	else
		round->floor = view->active_known ? round->hot : round->has;
	round->floor = greatest(round->floor, round->lowest);

	count(&vm->memory.rounds_calm, !round->busy, config->idle_rounds);
	count(&vm->memory.rounds_idle, beyond(round->has, round->needs) >
	      round->configured / TRIFLE, config->idle_rounds);

	vm->decision = (struct vm_decision) {
		.wanted = wanted,
		.pressure = least(pressure, PRESSURE_MOST),
	};
	if (!vm->memory.seen)
		vm->memory.actual = round->actual;
	remember(vm);
	balloon_watch(config, vm);
}
