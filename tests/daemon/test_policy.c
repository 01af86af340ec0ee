// SPDX-License-Identifier: GPL-2.0
/*
 * The policy: its parts by tables, the whole of it by what may never be, and by
 * how simulated guests fare.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "userspace-tools/daemon/round.h"
#include "userspace-tools/daemon/simulate.h"

#define MIB (1ULL << 20)
#define GIB (1ULL << 30)
#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define TRACES "tests/daemon/traces/"

/* A host of 28 GiB keeps 899 MiB free, of which p percent are free now. */
static struct host_view host_with(unsigned int p)
{
	uint64_t free = 899 * MIB * p / 100;

	return (struct host_view) {
		.total = 28 * GIB,
		.available = free,
		.limit = 28 * GIB,
		.used = 28 * GIB - free,
	};
}

static void defaults(struct policy *policy)
{
	char problem[160] = "";

	assert_true(policy_check(&policy_defaults, problem, sizeof(problem)));
	policy_init(policy, &policy_defaults);
}

static void min_free_slides(void **state)
{
	static const struct {
		uint64_t total, limit, min_free;
	} hosts[] = {
		{ 28 * GIB, 28 * GIB, 899 * MIB },
		{ 128 * GIB, 128 * GIB, 1923 * MIB },
		{ 1024 * GIB, 1024 * GIB, 899 * MIB + 996 * GIB / 100 },
		/* The lesser of the two counts. */
		{ 1024 * GIB, 28 * GIB, 899 * MIB },
		{ 28 * GIB, 1024 * GIB, 899 * MIB },
		/* A small host would be nothing but short. */
		{ 100 * MIB, GIB, 6 * MIB },
		{ 0, 0, 0 },
		{ UINT64_MAX, UINT64_MAX, 899 * MIB + (MOST - 28 * GIB) / 100 },
	};
	struct policy policy;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(hosts); i++) {
		struct host_view host = {
			.total = hosts[i].total,
			.limit = hosts[i].limit,
		};

		defaults(&policy);
		policy_round(&policy, 0, &host, NULL, 0);
		assert_int_equal(policy.min_free, hosts[i].min_free);
	}
}

static void states_follow_what_is_free(void **state)
{
	static const struct {
		unsigned int percent;
		uint64_t stalled;
		enum memory_state state;
		const char *reason;
	} rounds[] = {
		{ 1000, 0, STATE_HIGH, "" },
		{ 100, 0, STATE_HIGH, "" },
		{ 99, 0, STATE_CLEAR,
		  "free 890 MiB is less than 100% of minFree (899 MiB)" },
		{ 399, 0, STATE_CLEAR, "" },
		{ 401, 0, STATE_HIGH,
		  "free 3604 MiB is more than 400% of minFree (899 MiB)" },
		/* Worse at once. */
		{ 31, 0, STATE_HARD,
		  "free 278 MiB is less than 32% of minFree (899 MiB)" },
		{ 40, 0, STATE_HARD, "" },
		{ 16, 0, STATE_HARD, "" },
		{ 15, 0, STATE_LOW,
		  "free 134 MiB is less than 16% of minFree (899 MiB)" },
		/* Better one by one. */
		{ 1000, 0, STATE_HARD,
		  "free 8990 MiB is more than 20% of minFree (899 MiB)" },
		{ 1000, 0, STATE_SOFT,
		  "free 8990 MiB is more than 40% of minFree (899 MiB)" },
		{ 1000, 0, STATE_CLEAR,
		  "free 8990 MiB is more than 80% of minFree (899 MiB)" },
		{ 1000, 0, STATE_HIGH,
		  "free 8990 MiB is more than 400% of minFree (899 MiB)" },
		/* A stall is worse than it looks. */
		{ 1000, 3, STATE_HARD, "3 faults wait for a frame" },
		{ 1000, 1, STATE_HARD, "" },
		{ 10, 1, STATE_LOW,
		  "free 89 MiB is less than 16% of minFree (899 MiB)" },
		{ 1000, 1, STATE_HARD,
		  "free 8990 MiB is more than 20% of minFree (899 MiB)" },
		{ 1000, 0, STATE_SOFT,
		  "free 8990 MiB is more than 40% of minFree (899 MiB)" },
	};
	struct policy policy;
	size_t i;

	(void)state;
	defaults(&policy);
	for (i = 0; i < COUNT(rounds); i++) {
		struct host_view host = host_with(rounds[i].percent);

		host.stalled = rounds[i].stalled;
		policy_round(&policy, i, &host, NULL, 0);
		assert_string_equal(policy_state_name(policy.state),
				    policy_state_name(rounds[i].state));
		assert_string_equal(policy.reason, rounds[i].reason);
		assert_int_equal(policy.scan_fast, policy.state >= STATE_CLEAR);
	}
}

/* Rounds in which the state changes while what is free wavers around @middle. */
static unsigned int changes(const struct policy_config *config,
			    unsigned int middle)
{
	unsigned int i, sum = 0, seed = 1;
	struct policy policy;

	policy_init(&policy, config);
	for (i = 0; i < 1000; i++) {
		enum memory_state before = policy.state;
		struct host_view host;

		seed = seed * 1103515245 + 12345;
		/* By a tenth up and down. */
		host = host_with(middle * (90 + (seed >> 16) % 21) / 100);
		policy_round(&policy, i, &host, NULL, 0);
		/* On the way there it passes through all of them. */
		sum += i > NR_STATES && policy.state != before;
	}
	return sum;
}

static void a_noisy_host_does_not_flap(void **state)
{
	struct policy_config narrow = policy_defaults;
	enum memory_state s;

	(void)state;
	memcpy(narrow.leave_percent, narrow.enter_percent,
	       sizeof(narrow.leave_percent));
	for (s = STATE_CLEAR; s < NR_STATES; s++) {
		unsigned int threshold = policy_defaults.enter_percent[s];

		assert_in_range(changes(&policy_defaults, threshold), 0, 1);
		/* Without hysteresis it would. */
		assert_in_range(changes(&narrow, threshold), 100, 1000);
	}
}

static void settings_have_to_make_sense(void **state)
{
	struct policy_config config = policy_defaults;
	static const struct policy_config *const good = &policy_defaults;
	const struct {
		unsigned int *what;
		unsigned int wrong;
		const char *problem;
	} wrongs[] = {
		{ &config.idle_tax, 100, "idle_tax is 100, but has to be 0 to 99" },
		{ &config.buffer, 1001,
		  "buffer is 1001, but has to be 0 to 1000" },
		{ &config.step, 0, "step is 0, but has to be 1 to 100" },
		{ &config.min_free_percent, 101,
		  "min_free_percent is 101, but has to be 0 to 100" },
		{ &config.min_free_most, 0,
		  "min_free_most is 0, but has to be 1 to 100" },
		{ (unsigned int *)&config.trim_from, 5,
		  "trim_from is 5, but has to be 0 to 4" },
		{ &config.leave_percent[STATE_CLEAR], 10001,
		  "leave_percent of clear is 10001, but has to be 1 to 10000" },
		{ &config.leave_percent[STATE_SOFT], 63,
		  "soft is left at 63%, before it is entered, at 64%" },
		{ &config.enter_percent[STATE_HARD], 64,
		  "hard is left at 40%, before it is entered, at 64%" },
		{ &config.leave_percent[STATE_HARD], 80,
		  "hard is not entered and left at less than soft" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(wrongs); i++) {
		char problem[160] = "";

		config = *good;
		*wrongs[i].what = wrongs[i].wrong;
		assert_false(policy_check(&config, problem, sizeof(problem)));
		assert_string_equal(problem, wrongs[i].problem);
	}
}

/* A guest of 4 GiB that is old, and content as far as it is not described. */
static struct policy_vm vm_of(struct vm_view view)
{
	struct policy_vm vm = {
		.name = "vm",
		.settings.shares = 1000,
		.view = view,
	};

	if (!vm.view.configured)
		vm.view.configured = 4 * GIB;
	if (view.has_balloon && !view.actual)
		vm.view.actual = vm.view.configured;
	return vm;
}

static void demand_is_the_greater_of_both(void **state)
{
	static const struct {
		struct vm_view view;
		uint64_t wanted;
		unsigned int pressure;
	} vms[] = {
		/* Nothing is known: it wants what it has. */
		{ {}, 4 * GIB, 100 },
		{ { .active = GIB, .active_known = true }, GIB, 25 },
		{ { .active = GIB }, 4 * GIB, 100 },
		{ { .active = GIB, .active_known = true,
		    .stats = { .valid = true, .available = GIB } },
		  3 * GIB, 75 },
		{ { .active = 3 * GIB, .active_known = true,
		    .stats = { .valid = true, .available = 2 * GIB } },
		  3 * GIB, 75 },
		/* Ballooned: all that it has not is holes. */
		{ { .has_balloon = true, .actual = 2 * GIB, .holes = 2 * GIB,
		    .stats = { .valid = true, .available = GIB } },
		  GIB, 50 },
		/* It says 2 GiB, but has content of 3 GiB. */
		{ { .has_balloon = true, .actual = 2 * GIB, .holes = GIB,
		    .stats = { .valid = true, .available = GIB } },
		  2 * GIB, 66 },
		/* Hardly anything is available. */
		{ { .stats = { .valid = true, .available = 204 * MIB } },
		  5 * GIB, 125 },
		/* Lies. */
		{ { .stats = { .valid = true, .available = UINT64_MAX } },
		  0, 0 },
		{ { .active = UINT64_MAX, .active_known = true }, 4 * GIB, 100 },
		{ { .has_balloon = true, .actual = UINT64_MAX }, 4 * GIB, 100 },
		{ { .configured = UINT64_MAX, .holes = UINT64_MAX,
		    .has_balloon = true, .actual = 1,
		    .active = UINT64_MAX, .active_known = true }, MOST, 10000 },
	};
	struct host_view host = host_with(1000);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(vms); i++) {
		struct policy_vm vm = vm_of(vms[i].view), *all[] = { &vm };
		struct policy policy;

		defaults(&policy);
		policy_round(&policy, 60000, &host, all, 1);
		assert_int_equal(vm.decision.wanted, vms[i].wanted);
		assert_int_equal(vm.decision.pressure, vms[i].pressure);
	}
}

static void signs_of_distress_raise_demand(void **state)
{
	static const struct {
		struct vm_view before, after;
		bool distress;
	} vms[] = {
		{ { .stalls = 5 }, { .stalls = 5 }, false },
		{ { .stalls = 5 }, { .stalls = 6 }, true },
		{ { .fetched = GIB }, { .fetched = GIB + 64 * MIB }, false },
		{ { .fetched = GIB }, { .fetched = GIB + 64 * MIB + 1 }, true },
		{ { .stats.swap_in = GIB }, { .stats.swap_in = GIB + MIB },
		  false },
		{ { .stats.swap_in = GIB }, { .stats.swap_in = GIB + MIB + 1 },
		  true },
		{ { .stats.major_faults = 7 }, { .stats.major_faults = 107 },
		  false },
		{ { .stats.major_faults = 7 }, { .stats.major_faults = 108 },
		  true },
		/* It was started again, or it lies. */
		{ { .stalls = 5, .stats.swap_in = GIB,
		    .stats.major_faults = GIB }, {}, false },
	};
	struct host_view host = host_with(1000);
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(vms); i++) {
		struct policy_vm vm = vm_of(vms[i].before), *all[] = { &vm };
		struct policy policy;

		defaults(&policy);
		vm.view.stats.valid = true;
		vm.view.stats.available = 3 * GIB;
		policy_round(&policy, 60000, &host, all, 1);
		assert_int_equal(vm.decision.wanted, GIB);

		vm.view = vm_of(vms[i].after).view;
		vm.view.stats.valid = true;
		vm.view.stats.available = 3 * GIB;
		policy_round(&policy, 65000, &host, all, 1);
		assert_int_equal(vm.decision.wanted,
				 vms[i].distress ? 5 * GIB : GIB);
		/* It is over when it is over. */
		policy_round(&policy, 70000, &host, all, 1);
		assert_int_equal(vm.decision.wanted, GIB);
	}
}

/* Round after round of one guest: what it has, and what it said, and when. */
static void old_words_count_for_a_guest_only(void **state)
{
	static const struct {
		uint64_t actual, available, taken, wanted;
	} rounds[] = {
		{ 4096 * MIB, 3072 * MIB, 0, GIB },
		/* Its balloon takes: it does not use less for that. */
		{ 3584 * MIB, 3072 * MIB, 0, GIB },
		/* Whatever it said on the way. */
		{ 3072 * MIB, 2900 * MIB, 7, GIB },
		/* But if it uses more, it does so for certain. */
		{ 3072 * MIB, 1024 * MIB, 9, 2 * GIB },
		{ 3072 * MIB, 1536 * MIB, 9, 2 * GIB },
		/* What it says at rest is believed. */
		{ 3072 * MIB, 2560 * MIB, 10, GIB / 2 },
		/* Its balloon gives: nor does it use more for that. */
		{ 4096 * MIB, 2560 * MIB, 10, GIB / 2 },
		{ 4096 * MIB, 2560 * MIB, 29, GIB / 2 },
		{ 4096 * MIB, 2560 * MIB, 30, 3 * GIB / 2 },
		/* Short: more than it had then, not than it has been given. */
		{ 2048 * MIB, 2560 * MIB, 30, 3 * GIB / 2 },
		{ 2048 * MIB, 64 * MIB, 50, 5 * GIB / 2 },
		{ 3072 * MIB, 64 * MIB, 50, 5 * GIB / 2 },
		{ 3072 * MIB, 64 * MIB, 60, 15 * GIB / 4 },
	};
	struct policy_vm vm = vm_of((struct vm_view) {
		.has_balloon = true,
		.active_known = true,
		.stats.valid = true,
	});
	struct host_view host = host_with(1000);
	struct policy_vm *all[] = { &vm };
	struct policy policy;
	size_t i;

	(void)state;
	defaults(&policy);
	for (i = 0; i < COUNT(rounds); i++) {
		vm.view.actual = rounds[i].actual;
		vm.view.holes = 4 * GIB - rounds[i].actual;
		vm.view.stats.available = rounds[i].available;
		vm.view.stats.taken = 60000 + rounds[i].taken * 1000;
		policy_round(&policy, 60000 + i * 5000, &host, all, 1);
		assert_int_equal(vm.decision.wanted, rounds[i].wanted);
	}
	/* Who has become silent has said nothing, until it does at rest. */
	vm.view.stats.valid = false;
	policy_round(&policy, 130000, &host, all, 1);
	assert_int_equal(vm.decision.wanted, 0);
	vm.view.active_known = false;
	vm.view.stats.valid = true;
	vm.view.stats.taken = 130000;
	vm.view.actual = 2 * GIB;
	vm.view.holes = 2 * GIB;
	policy_round(&policy, 135000, &host, all, 1);
	assert_int_equal(vm.decision.wanted, 2 * GIB);
	vm.view.stats.taken = 135000;
	vm.view.stats.available = GIB;
	policy_round(&policy, 140000, &host, all, 1);
	assert_int_equal(vm.decision.wanted, GIB);
}

/*
 * Waldspurger's formula, solved by hand: A uses all of its 3 GiB, B nothing of
 * its own, and 4 GiB are to be divided by shares 1:1.  With a tax of 75 % B pays
 * four times as much for a page.
 */
static void the_tax_divides_as_computed(void **state)
{
	static const struct {
		unsigned int tax, shares_of_idle;
		uint64_t busy, idle;
	} taxes[] = {
		{ 0, 1000, 2048 * MIB, 2048 * MIB },
		{ 50, 1000, 2731 * MIB, 1365 * MIB },
		{ 75, 1000, 3072 * MIB, 1024 * MIB },
		{ 75, 4000, 2048 * MIB, 2048 * MIB },
		{ 99, 4000, 3072 * MIB, 1024 * MIB },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(taxes); i++) {
		struct policy_vm busy = vm_of((struct vm_view) {
			.configured = 3 * GIB,
			.priv = 3 * GIB,
			.frames = 3 * GIB,
			.active = 3 * GIB,
			.active_known = true,
		});
		struct policy_vm idle = vm_of((struct vm_view) {
			.configured = 3 * GIB,
			.priv = 3 * GIB,
			.frames = 3 * GIB,
			.active_known = true,
		});
		struct policy_vm *all[] = { &busy, &idle };
		/* 6 GiB and nothing free, and 2 GiB to be kept free. */
		struct host_view host = { .total = 6 * GIB, .limit = 6 * GIB };
		struct policy policy;

		defaults(&policy);
		policy.config.idle_tax = taxes[i].tax;
		policy.config.min_free_base = 2 * GIB;
		policy.config.min_free_most = 50;
		idle.settings.shares = taxes[i].shares_of_idle;
		policy_round(&policy, 60000, &host, all, 2);
		assert_in_range(busy.decision.host_target,
				taxes[i].busy - MIB, taxes[i].busy + MIB);
		assert_in_range(idle.decision.host_target,
				taxes[i].idle - MIB, taxes[i].idle + MIB);
	}
}

/* A host in state soft, and what a guest with 3 GiB available is told. */
static struct vm_decision told(struct policy_config config,
			       struct policy_vm vm, unsigned int rounds)
{
	struct host_view host = host_with(50);
	struct policy_vm *all[] = { &vm };
	struct policy policy;
	unsigned int i;

	policy_init(&policy, &config);
	for (i = 0; i < rounds; i++)
		policy_round(&policy, 60000 + i, &host, all, 1);
	return vm.decision;
}

static void what_is_taken_is_bounded(void **state)
{
	const struct vm_view view = {
		.priv = 4 * GIB,
		.frames = 4 * GIB,
		.active = GIB,
		.active_known = true,
		.has_balloon = true,
		.stats = { .valid = true, .available = 2 * GIB },
	};
	struct policy_vm vm = vm_of(view);
	uint64_t step = 4 * GIB / 20;

	(void)state;
	/* Not before it has been idle for long. */
	assert_int_equal(told(policy_defaults, vm, 11).target, 4 * GIB);
	assert_false(told(policy_defaults, vm, 11).move_balloon);
	assert_int_equal(told(policy_defaults, vm, 12).target, 4 * GIB - step);
	assert_true(told(policy_defaults, vm, 12).move_balloon);
	/* Neither reclaimed nor limited: the state is soft. */
	assert_int_equal(told(policy_defaults, vm, 12).reclaim, 0);
	assert_int_equal(told(policy_defaults, vm, 12).limit, 0);

	/* Not below what the operator wants. */
	vm.settings.min = 4 * GIB - step / 2;
	assert_int_equal(told(policy_defaults, vm, 12).target,
			 4 * GIB - step / 2);
	vm.settings.min = 0;
	vm.settings.reservation = 4 * GIB - step / 4;
	assert_int_equal(told(policy_defaults, vm, 12).target,
			 4 * GIB - step / 4);
	vm.settings.reservation = 0;
	/* Nor above: but step by step. */
	vm.settings.max = GIB;
	assert_int_equal(told(policy_defaults, vm, 1).target, 4 * GIB - step);
	vm.settings.max = 0;

	/* Not what the guest cannot do without. */
	vm.view.stats.available = 400 * MIB;
	assert_int_equal(told(policy_defaults, vm, 12).target, 4 * GIB);
	/* Not where it would gain nothing. */
	vm = vm_of(view);
	vm.view.priv = GIB / 2;
	vm.view.shared = 7 * GIB / 2;
	vm.view.frames = 7 * GIB / 8;
	vm.view.stats.valid = false;
	assert_int_equal(told(policy_defaults, vm, 12).target, 4 * GIB);
	/* Not from who is new, nor from who has no balloon. */
	vm = vm_of(view);
	vm.since = 40000;
	assert_int_equal(told(policy_defaults, vm, 12).target, 4 * GIB);
	vm = vm_of(view);
	vm.view.has_balloon = false;
	assert_int_equal(told(policy_defaults, vm, 12).target, 4 * GIB);
	assert_int_equal(told(policy_defaults, vm, 12).host_target, 4 * GIB);
}

/*
 * A guest of 4 GiB, of which next to nothing is private, and all of which costs
 * a frame: its quiet pages are shared with nobody.
 */
static struct policy_vm strict_vm(bool has_balloon)
{
	return vm_of((struct vm_view) {
		.priv = 16 * MIB,
		.shared = 4 * GIB - 16 * MIB,
		.frames = 4 * GIB,
		.strict = true,
		.active = GIB,
		.active_known = true,
		.has_balloon = has_balloon,
		.stats = { .valid = has_balloon, .available = 3 * GIB },
	});
}

static void what_ballooning_gains_is_what_pages_cost(void **state)
{
	static const struct {
		struct vm_view view;
		unsigned int gain;
	} vms[] = {
		{ {}, 0 },
		{ { .priv = GIB, .frames = GIB }, 100 },
		{ { .priv = GIB, .shared = GIB, .frames = GIB }, 50 },
		/* Shared with nobody. */
		{ { .shared = GIB, .frames = GIB }, 100 },
		{ { .shared = GIB, .frames = GIB / 10 }, 9 },
		/* Packed content has its part of the frames. */
		{ { .priv = GIB, .packed = GIB, .frames = 5 * GIB / 4 }, 62 },
		/* What is swapped has none. */
		{ { .priv = GIB, .swapped = GIB, .frames = GIB }, 100 },
		/* The numbers were read one after the other. */
		{ { .priv = GIB, .frames = 2 * GIB }, 100 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(vms); i++) {
		struct policy_vm vm = vm_of(vms[i].view);

		demand_see(&policy_defaults, 60000, &vm);
		assert_int_equal(vm.round.gain, vms[i].gain);
	}
}

static void strict_guests_give_by_their_balloons(void **state)
{
	uint64_t step = 4 * GIB / 20;

	(void)state;
	assert_int_equal(told(policy_defaults, strict_vm(true), 12).target,
			 4 * GIB - step);
}

/* The states in which others are reclaimed and limited. */
static struct vm_decision told_in_want(bool strict, bool has_balloon)
{
	struct policy_vm vm = strict_vm(has_balloon);
	struct host_view host = host_with(10);
	struct policy_vm *all[] = { &vm };
	struct policy policy;

	vm.view.strict = strict;
	defaults(&policy);
	policy_round(&policy, 60000, &host, all, 1);
	assert_int_equal(policy.state, STATE_LOW);
	return vm.decision;
}

static void strict_guests_can_go_on_in_want(void **state)
{
	struct vm_decision decision = told_in_want(true, true);

	(void)state;
	/* Nothing of it can be packed, and it may touch what it has. */
	assert_true(decision.host_target < 4 * GIB);
	assert_int_equal(decision.reclaim, 0);
	assert_in_range(decision.limit, 4 * GIB + 1, 4 * GIB + 16 * MIB + 1);
	/* Without a balloon it cannot give, and keeps what it has. */
	decision = told_in_want(true, false);
	assert_int_equal(decision.host_target, 4 * GIB);
	assert_int_equal(decision.reclaim, 0);
	/* Others are held to what is private, less what they are to give. */
	decision = told_in_want(false, true);
	assert_true(decision.reclaim > 0);
	assert_int_equal(decision.limit, 1);
}

/* Two of 3 GiB where 3 GiB too much are in use; what the second is to keep. */
static uint64_t kept(const struct policy_config *config, struct policy_vm *vm)
{
	struct policy_vm other = vm_of((struct vm_view) {
		.configured = 3 * GIB,
		.priv = 3 * GIB,
		.frames = 3 * GIB,
		.active_known = true,
	});
	struct policy_vm *all[] = { &other, vm };
	struct host_view host = { .total = 6 * GIB, .limit = 6 * GIB };
	struct policy policy;

	policy_init(&policy, config);
	policy.config.min_free_base = GIB / 2;
	policy.config.min_free_most = 50;
	policy_round(&policy, 60000, &host, all, 2);
	return vm->decision.host_target;
}

static void parts_depend_on_what_is_known(void **state)
{
	struct policy_config config = policy_defaults;
	struct policy_vm vm = vm_of((struct vm_view) {
		.configured = 3 * GIB,
		.priv = 3 * GIB,
		.frames = 3 * GIB,
		.active_known = true,
	});

	(void)state;
	/* Both idle: half of 6 GiB less 512 MiB each. */
	assert_in_range(kept(&config, &vm), 2815 * MIB, 2817 * MIB);
	/* Who may be using it all is not idle. */
	vm.view.active_known = false;
	assert_int_equal(kept(&config, &vm), 3 * GIB);
	/* Nor is who is short, whatever is known. */
	vm.view.active_known = true;
	vm.memory.stalls = vm.view.stalls;
	vm.view.stalls++;
	assert_int_equal(kept(&config, &vm), 3 * GIB);
	/* Nor is who is new. */
	vm.since = 59000;
	assert_int_equal(kept(&config, &vm), 3 * GIB);
	/* Four times as much is to be free when clear is to be left. */
	vm.since = 0;
	config.balloon_from = STATE_CLEAR;
	assert_in_range(kept(&config, &vm), 2047 * MIB, 2049 * MIB);
}

/* The busy are spared while somebody idle has something to give. */
static void the_idle_give_first(void **state)
{
	struct vm_view view = {
		.priv = 3 * GIB,
		.frames = 3 * GIB,
		.holes = GIB,
		.active = 3 * GIB,
		.active_known = true,
		.has_balloon = true,
		.actual = 3 * GIB,
	};
	struct policy_vm busy = vm_of(view), idle = vm_of(view);
	struct policy_vm *all[] = { &busy, &idle };
	struct host_view host = host_with(20);
	struct policy policy;

	(void)state;
	idle.view.active = GIB / 4;
	busy.settings.shares = 300;
	defaults(&policy);
	policy_round(&policy, 60000, &host, all, 2);
	busy.view.stalls++;
	policy_round(&policy, 65000, &host, all, 2);
	assert_int_equal(policy.state, STATE_HARD);
	assert_in_range(busy.decision.pressure, 101, 200);
	assert_true(busy.decision.host_target < 3 * GIB);
	assert_true(busy.decision.target >= 3 * GIB);
	assert_int_equal(busy.decision.reclaim, 0);
	assert_true(idle.decision.target < 3 * GIB);

	/* When it has not, it is their turn. */
	idle.view.priv = GIB / 4;
	idle.view.frames = GIB / 4;
	idle.view.holes = idle.view.configured - GIB / 4;
	idle.view.actual = GIB / 4;
	busy.view.stalls++;
	policy_round(&policy, 70000, &host, all, 2);
	assert_int_equal(idle.decision.reclaim, 0);
	assert_true(busy.decision.reclaim > 0);
}

static uint64_t random64(void)
{
	static uint64_t seed = 88172645463325252ULL;

	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed;
}

/* Now and then an extreme, mostly some number of bits. */
static uint64_t garbage(void)
{
	switch (random64() % 8) {
	case 0: return 0;
	case 1: return UINT64_MAX >> random64() % 2;
	default: return random64() >> random64() % 64;
	}
}

static void fill_with_garbage(struct policy_vm *vm)
{
	uint64_t *words[] = {
		&vm->view.configured, &vm->view.priv, &vm->view.shared,
		&vm->view.packed, &vm->view.swapped, &vm->view.holes,
		&vm->view.frames, &vm->view.active, &vm->view.stalls, &vm->view.fetched,
		&vm->view.actual, &vm->view.stats.total,
		&vm->view.stats.available, &vm->view.stats.swap_in,
		&vm->view.stats.swap_out, &vm->view.stats.major_faults,
		&vm->view.stats.taken,
		&vm->settings.min, &vm->settings.max,
		&vm->settings.reservation, &vm->since,
	};
	size_t i;

	for (i = 0; i < COUNT(words); i++)
		if (random64() % 4 == 0)
			*words[i] = garbage();
	vm->view.strict = random64() % 2;
	vm->view.active_known = random64() % 2;
	vm->view.has_balloon = random64() % 4;
	vm->view.stats.valid = random64() % 4;
	vm->settings.shares = garbage();
}

static struct policy_config random_config(void)
{
	struct policy_config config = policy_defaults;
	char problem[160];

	config.min_free_base = garbage();
	config.min_free_upto = garbage();
	config.scan_from = random64() % NR_STATES;
	config.balloon_from = random64() % NR_STATES;
	config.reclaim_from = random64() % NR_STATES;
	config.limit_from = random64() % NR_STATES;
	config.trim_from = random64() % NR_STATES;
	config.idle_tax = random64() % 100;
	config.buffer = random64() % 1001;
	config.step = 1 + random64() % 100;
	config.grace = garbage();
	config.idle_rounds = random64() % 4;
	config.patience = random64() % 2 ? random64() % 4 : UINT32_MAX;
	assert_true(policy_check(&config, problem, sizeof(problem)));
	return config;
}

static void what_may_never_be(const struct policy *policy,
			      const struct policy_vm *vm)
{
	const struct vm_decision *decision = &vm->decision;
	const struct policy_config *config = &policy->config;
	uint64_t configured = least(vm->view.configured, MOST);
	uint64_t actual = vm->view.has_balloon ?
			  least(vm->view.actual, configured) : configured;
	uint64_t most = vm->settings.max ?
			least(vm->settings.max, configured) : configured;
	uint64_t min = least(greatest(vm->settings.min,
				      vm->settings.reservation), most);
	uint64_t step = configured * config->step / 100;

	assert_non_null(decision->reason);
	assert_true(decision->wanted <= configured * 5 / 4);
	assert_true(decision->pressure <= 10000);
	assert_true(decision->host_target <= configured);
	assert_true(decision->reclaim <= 4 * step);
	if (policy->state < config->reclaim_from || vm->view.strict)
		assert_int_equal(decision->reclaim, 0);
	if (policy->state < config->limit_from &&
	    policy->state < config->reclaim_from)
		assert_int_equal(decision->limit, 0);
	if (!vm->view.has_balloon || vm->round.young) {
		assert_int_equal(decision->target, actual);
		assert_false(decision->move_balloon && !vm->view.has_balloon);
		return;
	}
	assert_true(decision->target >= min);
	assert_true(decision->target <= greatest(most, actual));
	assert_true(decision->target <= greatest(actual + 4 * step, min));
	assert_true(decision->target >= beyond(actual, step));
	/* Unless it has too much, it is left what it cannot give up. */
	if (vm->view.stats.valid && actual <= most && decision->target < actual)
		assert_true(decision->target >=
			    beyond(vm->memory.had, vm->view.stats.available));
	if (vm->view.stats.taken >= vm->memory.moved)
		assert_true(!vm->view.stats.valid || vm->memory.had >= actual);
}

static void garbage_does_no_harm(void **state)
{
	struct policy_vm vms[8] = {}, *all[COUNT(vms)];
	struct host_view host = {};
	struct policy policy;
	uint64_t now = 0;
	size_t i;
	int round;

	(void)state;
	for (i = 0; i < COUNT(vms); i++)
		all[i] = &vms[i];
	for (round = 0; round < 100000; round++) {
		uint64_t frames = 0, low = 0, parts = 0;
		size_t nr = random64() % (COUNT(vms) + 1);

		if (round % 100 == 0) {
			struct policy_config config = random_config();

			policy_init(&policy, &config);
			memset(vms, 0, sizeof(vms));
		}
		host = (struct host_view) {
			garbage(), garbage(), garbage(), garbage(), garbage(),
			random64() % 8 ? 0 : garbage(),
		};
		for (i = 0; i < nr; i++)
			fill_with_garbage(&vms[i]);
		now += garbage() >> 20;
		policy_round(&policy, now, &host, all, nr);
		for (i = 0; i < nr; i++) {
			what_may_never_be(&policy, &vms[i]);
			frames += vms[i].round.frames;
			low += vms[i].round.low;
			parts += vms[i].decision.host_target;
		}
		/* No more is divided than there is, if that is possible. */
		assert_true(parts <= low || parts <= frames + policy.free);
		if (low <= beyond(frames + least(policy.free, MOST),
				  policy.min_free))
			assert_true(parts <= frames + least(policy.free, MOST) -
				    policy.min_free);
	}
}

static void run_text(struct simulation *simulation, const char *text,
		     const struct policy_config *config, FILE *csv)
{
	FILE *file = fmemopen((void *)text, strlen(text), "r");
	char problem[160] = "";

	assert_non_null(file);
	assert_true(simulation_run(simulation, file, config, csv, problem,
				   sizeof(problem)));
	fclose(file);
}

static void run_trace(struct simulation *simulation, const char *path,
		      const struct policy_config *config, FILE *csv)
{
	FILE *file = fopen(path, "r");
	char problem[160] = "";

	assert_non_null(file);
	assert_true(simulation_run(simulation, file, config, csv, problem,
				   sizeof(problem)));
	fclose(file);
}

static unsigned int met(const struct simulation *simulation, const char *name)
{
	const struct simulated_vm *vm = simulation_find(simulation, name);

	assert_non_null(vm);
	return vm->met * 100 / vm->seconds;
}

static void the_tax_serves_the_busy(void **state)
{
	struct policy_config config = policy_defaults;
	struct simulation simulation;

	(void)state;
	run_trace(&simulation, TRACES "tax.trace", &config, NULL);
	assert_in_range(met(&simulation, "busy"), 97, 100);
	assert_in_range(met(&simulation, "idle"), 97, 100);
	simulation_free(&simulation);

	config.idle_tax = 0;
	run_trace(&simulation, TRACES "tax.trace", &config, NULL);
	assert_in_range(met(&simulation, "busy"), 0, 20);
	simulation_free(&simulation);
}

static void shares_divide(void **state)
{
	struct simulation simulation;
	uint64_t many, few;

	(void)state;
	run_trace(&simulation, TRACES "shares.trace", &policy_defaults, NULL);
	many = simulation_find(&simulation, "many")->policy.view.frames;
	few = simulation_find(&simulation, "few")->policy.view.frames;
	assert_in_range(many * 100 / few, 290, 310);
	/* Who waits at its limit gets what it touches, if by swapping. */
	assert_true(simulation.brought_back > 100 * GIB);
	/* All that is not to be kept free is in use. */
	assert_in_range(many + few, 7600 * MIB, 8 * GIB * 94 / 100 + MIB);
	simulation_free(&simulation);
}

/* What the guest has in the line of each time. */
static void read_granted(char *csv, uint64_t granted[], size_t nr,
			 uint64_t round)
{
	char *save, *line = strtok_r(csv, "\n", &save);

	for (; line; line = strtok_r(NULL, "\n", &save)) {
		uint64_t second, value;

		if (sscanf(line, "%" SCNu64 ",%*[^,],%*u,%*u,%*u,%*u,%*u,%"
			   SCNu64, &second, &value) == 2 && second / round < nr)
			granted[second / round] = value;
	}
}

static void memory_is_dynamic(void **state)
{
	struct policy_config config = policy_defaults;
	uint64_t granted[480] = {}, rise = 0;
	struct simulation simulation;
	size_t size, i;
	FILE *csv;
	char *text;

	(void)state;
	config.trim_from = STATE_HIGH;
	csv = open_memstream(&text, &size);
	run_trace(&simulation, TRACES "hog.trace", &config, csv);
	fclose(csv);
	read_granted(text, granted, COUNT(granted), 5);
	free(text);
	/* Trimmed to its minimum, as it wants no more. */
	assert_int_equal(granted[0], 4 * GIB);
	assert_in_range(granted[119], 512 * MIB, 530 * MIB);
	/* More within seconds, and again until it is enough. */
	assert_true(granted[122] > granted[119]);
	for (i = 121; i < 140; i++)
		rise += granted[i] > granted[i - 1];
	assert_in_range(rise, 3, 20);
	assert_true(granted[150] >= 3 * GIB);
	assert_in_range(simulation.swap_in, 1, 20 * GIB);
	assert_in_range(met(&simulation, "guest"), 95, 100);
	/* And back, not before it has been idle for a while. */
	assert_int_equal(granted[245], granted[239]);
	assert_in_range(granted[479], 512 * MIB, 530 * MIB);
	simulation_free(&simulation);
}

/* Down to what it needs, and not on because its words are old. */
static void trimming_ends_where_it_should(void **state)
{
	static const char trace[] =
		"host 64G\nuntil 1200\nvm guest 1G\nat 0 guest 100M 400M\n";
	struct policy_config config = policy_defaults;
	uint64_t granted[240] = {};
	struct simulation simulation;
	size_t size, i;
	FILE *csv;
	char *text;

	(void)state;
	config.trim_from = STATE_HIGH;
	csv = open_memstream(&text, &size);
	run_text(&simulation, trace, &config, csv);
	fclose(csv);
	read_granted(text, granted, COUNT(granted), 5);
	free(text);
	assert_int_equal(granted[0], GIB);
	for (i = 1; i < COUNT(granted); i++)
		assert_in_range(granted[i], 480 * MIB, granted[i - 1]);
	assert_int_equal(granted[239], 480 * MIB);
	simulation_free(&simulation);
}

/* Rounds of 1000 in which the balloon is told to move, once it has settled. */
static unsigned int moves(unsigned int waver)
{
	struct policy_vm vm = vm_of((struct vm_view) {
		.configured = GIB,
		.has_balloon = true,
		.stats.valid = true,
	});
	struct host_view host = host_with(1000);
	struct policy_vm *all[] = { &vm };
	unsigned int i, sum = 0, seed = 1;
	struct policy policy;

	defaults(&policy);
	policy.config.trim_from = STATE_HIGH;
	for (i = 0; i < 1500; i++) {
		uint64_t used = 400 * MIB;

		/* For some rounds more, for some less: up and down by @waver. */
		seed = seed * 1103515245 + 12345;
		used = used * (100 - waver + (seed >> 16) % (2 * waver + 1) *
			       (i / 20 % 2)) / 100;
		vm.view.holes = GIB - vm.view.actual;
		vm.view.stats.available = beyond(vm.view.actual, used);
		vm.view.stats.taken = 60000 + i * 5000;
		policy_round(&policy, 60000 + i * 5000, &host, all, 1);
		if (vm.decision.move_balloon)
			vm.view.actual = vm.decision.target;
		sum += i >= 500 && vm.decision.move_balloon;
	}
	/* It has what it needs, and not much more. */
	assert_in_range(vm.view.actual, 400 * MIB * (100 - waver) / 100,
			400 * MIB * (100 + waver) / 100 * 135 / 100);
	return sum;
}

static void a_wavering_guest_is_left_alone(void **state)
{
	(void)state;
	assert_in_range(moves(5), 0, 1);
	/* More than that is not noise. */
	assert_in_range(moves(20), 20, 1000);
}

/* A balloon of 4 GiB that does not move is told to give up so much. */
static bool found_out(uint64_t asked)
{
	struct policy_vm vm = vm_of((struct vm_view) { .has_balloon = true });

	vm.settings.max = 4 * GIB - asked;
	return told(policy_defaults, vm, 20).unresponsive;
}

static void little_proves_nothing(void **state)
{
	(void)state;
	assert_false(found_out(64 * MIB));
	assert_true(found_out(64 * MIB + 4096));
}

static void what_was_taken_is_given_back(void **state)
{
	static const char trace[] =
		"host 8G\nuntil 3600\nvm a 6G\nvm b 6G\n"
		"at 0 a 5G 5G\nat 300 a 256M 256M\n"
		"at 600 b 5G 5G\nat 1200 b 64M 64M\n"
		"vm c 1G start=1800\nat 1800 c 512M 512M\n"
		"other 2400 6G\nother 2700 0\n";
	struct simulation simulation;
	uint64_t a, b;

	(void)state;
	run_text(&simulation, trace, &policy_defaults, NULL);
	assert_int_not_equal(simulation.worst, STATE_HIGH);
	assert_int_equal(simulation_find(&simulation, "c")->seconds, 1800);
	/* As far as there is memory behind it. */
	a = simulation_find(&simulation, "a")->policy.view.actual;
	b = simulation_find(&simulation, "b")->policy.view.actual;
	assert_in_range(a, 2 * GIB, 4 * GIB);
	assert_in_range(b, 2 * GIB, 4 * GIB);
	assert_in_range(a + b, 5 * GIB, 6 * GIB);
	simulation_free(&simulation);
}

static void liars_are_found_out(void **state)
{
	static const struct {
		const char *name;
		bool unresponsive;
	} vms[] = {
		{ "honest", false }, { "lies", true }, { "stuck", true },
		{ "bare", false }, { "busy", false },
	};
	struct simulation simulation;
	size_t i;

	(void)state;
	run_trace(&simulation, TRACES "liars.trace", &policy_defaults, NULL);
	for (i = 0; i < COUNT(vms); i++) {
		const struct simulated_vm *vm =
			simulation_find(&simulation, vms[i].name);

		assert_int_equal(vm->policy.decision.unresponsive,
				 vms[i].unresponsive);
	}
	/* What it would not give was swapped instead. */
	assert_true(simulation_find(&simulation, "lies")->guest.away > 0);
	assert_in_range(met(&simulation, "busy"), 90, 100);
	simulation_free(&simulation);
}

static void who_follows_again_is_believed(void **state)
{
	struct policy_vm vm = vm_of((struct vm_view) {
		.priv = 4 * GIB,
		.frames = 4 * GIB,
		.active = GIB,
		.active_known = true,
		.has_balloon = true,
		.stats = { .valid = true, .available = 2 * GIB },
	});
	struct host_view host = host_with(50);
	struct policy_vm *all[] = { &vm };
	struct policy policy;
	int i, found = 0;

	(void)state;
	defaults(&policy);
	for (i = 1; i <= 40; i++) {
		policy_round(&policy, 60000 + i, &host, all, 1);
		if (vm.decision.unresponsive && !found)
			found = i;
	}
	/* Idle for 12 rounds, told in the 12th, and watched from the 13th on. */
	assert_int_equal(found, 12 + policy.config.patience + 1);
	assert_true(vm.decision.target < 4 * GIB);

	/* Nothing is expected of it: all it has too much is reclaimed. */
	host = host_with(20);
	policy_round(&policy, 65000, &host, all, 1);
	assert_int_equal(policy.state, STATE_HARD);
	assert_int_equal(vm.decision.reclaim, 4 * GIB - vm.decision.host_target);

	/* It says it follows, but nothing comes of it. */
	vm.view.actual = vm.decision.target;
	policy_round(&policy, 70000, &host, all, 1);
	assert_true(vm.decision.unresponsive);
	/* It does. */
	vm.view.actual = vm.decision.target;
	vm.view.holes = 4 * GIB - vm.view.actual;
	vm.view.priv = vm.view.actual;
	vm.view.frames = vm.view.actual;
	policy_round(&policy, 80000, &host, all, 1);
	assert_false(vm.decision.unresponsive);
}

static void hundreds_of_guests_have_a_good_day(void **state)
{
	struct simulation simulation;

	(void)state;
	run_trace(&simulation, TRACES "day.trace", &policy_defaults, NULL);
	assert_int_equal(simulation.rounds, 5760);
	assert_int_equal(simulation.seconds, 400ULL * 86400);
	assert_in_range(simulation.met * 1000 / simulation.seconds, 999, 1000);
	assert_in_range(simulation.transitions, 1, 10);
	simulation_free(&simulation);
}

static void bursts_are_met(void **state)
{
	struct simulation simulation;

	(void)state;
	/* Memory is taken from who has had his burst as soon as others need it. */
	run_trace(&simulation, TRACES "bursts.trace", &policy_defaults, NULL);
	assert_in_range(simulation.met * 1000 / simulation.seconds, 999, 1000);
	assert_in_range(simulation.transitions, 1, 20);
	simulation_free(&simulation);
}

static void a_simulation_says_what_goes_wrong(void **state)
{
	char csv[] = "/tmp/test_policy.XXXXXX";
	const char *good = TRACES "liars.trace";
	char line[80] = "";
	FILE *file;

	(void)state;
	close(mkstemp(csv));
	assert_int_equal(simulate("/nowhere", &policy_defaults, NULL, true), 1);
	assert_int_equal(simulate(good, &policy_defaults, "/no/where", true),
			 1);
	assert_int_equal(simulate("/dev/zero", &policy_defaults, csv, true), 1);
	assert_int_equal(simulate(good, &policy_defaults, "/dev/full", true),
			 1);
	assert_int_equal(simulate(good, &policy_defaults, csv, true), 0);
	file = fopen(csv, "r");
	assert_non_null(file);
	assert_non_null(fgets(line, sizeof(line), file));
	assert_string_equal(line, "second,state,free,used,other,vms,met,"
			    "granted,wanted,active,pressure\n");
	fclose(file);
	unlink(csv);
}

/* The same again is the same, to the letter. */
static void it_is_deterministic(void **state)
{
	char *text[2];
	size_t size[2];
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct simulation simulation;
		FILE *csv = open_memstream(&text[i], &size[i]);

		run_trace(&simulation, TRACES "liars.trace", &policy_defaults,
			  csv);
		simulation_print(&simulation, csv, true);
		simulation_print(&simulation, csv, false);
		fclose(csv);
		simulation_free(&simulation);
	}
	assert_int_equal(size[0], size[1]);
	assert_string_equal(text[0], text[1]);
	free(text[0]);
	free(text[1]);
}

static void wrong_traces_are_explained(void **state)
{
	static const struct {
		const char *text, *problem;
	} traces[] = {
		{ "\n", "host, until or round is missing or 0" },
		{ "host 1G\nuntil 0\n", "host, until or round is missing or 0" },
		{ "host\n", "line 1: a number is missing" },
		{ "# one\nhost 1X\n",
		  "line 2: \"1X\" is not a number up to 1125899906842624" },
		{ "host -1\n",
		  "line 1: \"-1\" is not a number up to 1125899906842624" },
		{ "host 1025T\n",
		  "line 1: \"1025T\" is not a number up to 1125899906842624" },
		{ "host 99999999999999999999\n",
		  "line 1: \"99999999999999999999\" is not a number up to 1125899906842624" },
		{ "host 1G 2G\n", "line 1: there is more than belongs there" },
		{ "guest a 1G\n", "line 1: \"guest\" is no statement" },
		{ "vm\n", "line 1: a name of up to 31 characters is missing" },
		{ "vm 01234567890123456789012345678901 1G\n",
		  "line 1: a name of up to 31 characters is missing" },
		{ "vm a 1G\nvm a 1G\n", "line 2: there is a VM a already" },
		{ "vm a 1G min\n", "line 1: \"min\" is not KEY=VALUE" },
		{ "vm a 1G most=1G\n", "line 1: \"most\" is no key" },
		{ "vm a 1G balloon=maybe\n",
		  "line 1: \"maybe\" is not among what can be chosen" },
		{ "at 0 a 1G 1G\n", "line 1: no VM of that name comes before" },
		{ "vm a 4G\nat 0 a 2G 1G\n",
		  "line 2: more is active than used" },
		{ "vm a 4G\nat 0 a 1G 1G 101\n",
		  "line 2: \"101\" is not a number up to 100" },
		{ "synthetic\n", "line 1: until has to come before" },
		{ "until 60\nsynthetic vms=5000\n",
		  "line 2: \"5000\" is not a number up to 4096" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(traces); i++) {
		FILE *file = fmemopen((void *)traces[i].text,
				      strlen(traces[i].text), "r");
		struct trace trace;
		char problem[160] = "";

		assert_non_null(file);
		assert_false(trace_read(&trace, file, problem,
					sizeof(problem)));
		assert_string_equal(problem, traces[i].problem);
		trace_free(&trace);
		fclose(file);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(min_free_slides),
		cmocka_unit_test(states_follow_what_is_free),
		cmocka_unit_test(a_noisy_host_does_not_flap),
		cmocka_unit_test(settings_have_to_make_sense),
		cmocka_unit_test(demand_is_the_greater_of_both),
		cmocka_unit_test(signs_of_distress_raise_demand),
		cmocka_unit_test(old_words_count_for_a_guest_only),
		cmocka_unit_test(the_tax_divides_as_computed),
		cmocka_unit_test(what_is_taken_is_bounded),
		cmocka_unit_test(what_ballooning_gains_is_what_pages_cost),
		cmocka_unit_test(strict_guests_give_by_their_balloons),
		cmocka_unit_test(strict_guests_can_go_on_in_want),
		cmocka_unit_test(parts_depend_on_what_is_known),
		cmocka_unit_test(the_idle_give_first),
		cmocka_unit_test(garbage_does_no_harm),
		cmocka_unit_test(the_tax_serves_the_busy),
		cmocka_unit_test(shares_divide),
		cmocka_unit_test(memory_is_dynamic),
		cmocka_unit_test(trimming_ends_where_it_should),
		cmocka_unit_test(a_wavering_guest_is_left_alone),
		cmocka_unit_test(little_proves_nothing),
		cmocka_unit_test(what_was_taken_is_given_back),
		cmocka_unit_test(liars_are_found_out),
		cmocka_unit_test(who_follows_again_is_believed),
		cmocka_unit_test(hundreds_of_guests_have_a_good_day),
		cmocka_unit_test(bursts_are_met),
		cmocka_unit_test(a_simulation_says_what_goes_wrong),
		cmocka_unit_test(it_is_deterministic),
		cmocka_unit_test(wrong_traces_are_explained),
	};

	return cmocka_run_group_tests_name("policy", tests, NULL, NULL);
}
