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

/*
 * Who wants back more than this part of what it has in a round was left too
 * little by the host.  Its active pages tell less then: while it waits for some
 * it touches no others.
 */
#define FETCHED_FEW 64

/* Who is short wants so many percent of what it has. */
#define SHORT_WANTS 125

/* What a guest needs wavers by this part: so much is not worth trimming. */
#define WAVERS 8

#define PRESSURE_MOST 10000

/* Copy what is seen, and make sense of it. */
static void check(const struct policy_config *config, struct policy_vm *vm)
{
	const struct vm_view *view = &vm->view;
	const struct vm_settings *settings = &vm->settings;
	struct vm_round *round = &vm->round;
	uint64_t all = least(view->configured, MOST);
	uint64_t priv = least(view->priv, all);
	uint64_t frames = least(view->frames, all);
	uint64_t shown = priv + least(view->shared, all) +
			 least(view->packed, all);

	*round = (struct vm_round) {
		.configured = all,
		.holes = least(view->holes, all),
		.priv = priv,
		.frames = frames,
		.away = least(least(view->packed, all) +
			      least(view->swapped, all), all),
		.gain = shown ? least(frames * 100 / shown, 100) : 0,
		.strict = view->strict,
		.actual = view->has_balloon ? least(view->actual, all) : all,
		.highest = settings->max ? least(settings->max, all) : all,
		.step = percent(all, config->step),
		.reserved = least(settings->reservation, all),
		.shares = settings->shares ? settings->shares : 1,
		.balloon = view->has_balloon,
	};
	round->lowest = least(greatest(settings->min, settings->reservation),
			      round->highest);
	round->has = greatest(round->actual, all - round->holes);
	round->waits = vm->memory.seen &&
		       (view->stalls > vm->memory.stalls ||
			beyond(view->fetched, vm->memory.fetched) >
			round->has / FETCHED_FEW);
}

/* What the guest says, and of when. */
static void hear(uint64_t now, struct policy_vm *vm)
{
	const struct guest_stats *stats = &vm->view.stats;
	struct vm_round *round = &vm->round;
	uint64_t known = 0;

	if (vm->memory.seen && round->actual != vm->memory.actual)
		vm->memory.moved = now;
	if (!stats->valid) {
		vm->memory.had = 0;
	} else if (stats->taken >= vm->memory.moved) {
		vm->memory.had = round->has;
	} else {
		vm->memory.had = least(vm->memory.had, round->has);
		known = least(vm->memory.used, round->configured);
	}
	/*
	 * Not total - available: what the kernel took for itself at boot is not
	 * in total, and a guest that may deflate its balloon when it is out of
	 * memory counts that as used.
	 */
	vm->memory.used = greatest(known, beyond(vm->memory.had,
						 stats->available));
	round->told = vm->memory.had;
}

/* Return: how much has turned out to be too little for it, or 0. */
static uint64_t too_little(const struct policy_vm *vm)
{
	const struct guest_stats *stats = &vm->view.stats;
	const struct vm_round *round = &vm->round;

	if (round->waits)
		return round->has;
	if (!round->told)
		return 0;
	if (vm->memory.told &&
	    (beyond(stats->swap_in, vm->memory.swap_in) > SWAP_IN_FEW ||
	     beyond(stats->major_faults, vm->memory.major_faults) >
	     MAJOR_FAULTS_FEW))
		return round->has;
	return stats->available < vm->memory.had / AVAILABLE_FEW ?
	       vm->memory.had : 0;
}

static void remember(struct policy_vm *vm)
{
	if (!vm->memory.seen)
		vm->memory.asked = vm->round.actual;
	vm->memory.seen = true;
	vm->memory.stalls = vm->view.stalls;
	vm->memory.fetched = vm->view.fetched;
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

/* Who is being trimmed has too much until it has no more than it needs. */
static bool has_too_much(const struct policy_config *config,
			 const struct policy_vm *vm)
{
	const struct vm_round *round = &vm->round;
	uint64_t band = round->configured / TRIFLE;

	if (vm->memory.rounds_idle < config->idle_rounds)
		band = greatest(band, round->needs / WAVERS);
	return beyond(round->has, round->needs) > band;
}

void demand_see(const struct policy_config *config, uint64_t now,
		struct policy_vm *vm)
{
	const struct vm_view *view = &vm->view;
	struct vm_round *round = &vm->round;
	uint64_t active, wanted, pressure, few;

	check(config, vm);
	hear(now, vm);
	active = view->active_known ? least(view->active, round->configured) : 0;
	wanted = greatest(vm->memory.used, active);
	if (!round->told && !view->active_known)
		wanted = round->has;
	few = too_little(vm);
	if (few) {
		wanted = greatest(wanted, percent(few, SHORT_WANTS));
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
		round->floor = vm->memory.used + vm->memory.used / 8;
	else
		round->floor = view->active_known ? round->hot : round->has;
	round->floor = greatest(round->floor, round->lowest);

	count(&vm->memory.rounds_calm, !round->busy, config->idle_rounds);
	count(&vm->memory.rounds_idle, has_too_much(config, vm),
	      config->idle_rounds);

	vm->decision = (struct vm_decision) {
		.wanted = wanted,
		.pressure = least(pressure, PRESSURE_MOST),
	};
	if (!vm->memory.seen)
		vm->memory.actual = round->actual;
	remember(vm);
	balloon_watch(config, vm);
}
