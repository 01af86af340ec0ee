/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The policy: from what is known of the host and of its VMs, what each is to
 * have.
 *
 * It does nothing by itself and asks nobody: whoever calls it, the daemon or the
 * simulator, fills in what he has seen, and does what it decides.  It knows no
 * clock but the one it is told.
 *
 * All amounts are in bytes.
 */
#ifndef KSMFSD_POLICY_H
#define KSMFSD_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From plenty to want, as ESXi has them. */
enum memory_state {
	STATE_HIGH,
	STATE_CLEAR,
	STATE_SOFT,
	STATE_HARD,
	STATE_LOW,
	NR_STATES
};

/**
 * struct vm_settings - what an operator wants for a VM
 * @min: it is never ballooned below this
 * @max: nor above this; 0: what it is configured with
 * @reservation: host memory it is never denied
 * @shares: its weight beside the others
 */
struct vm_settings {
	uint64_t min;
	uint64_t max;
	uint64_t reservation;
	unsigned int shares;
};

/**
 * struct policy_config - what an operator can set
 * @min_free_base: memory to be kept free on a host of @min_free_upto
 * @min_free_upto: host memory up to which @min_free_base holds
 * @min_free_percent: of what the host has beyond that
 * @min_free_most: percent of what the host has that is kept free at most
 * @enter_percent: by state: entered when less than so much of what is to be kept
 *                 free is free; that of STATE_HIGH is unused
 * @leave_percent: by state: left for a better one only when more is free
 * @scan_from: state from which on merging is sped up
 * @balloon_from: state from which on balloons are inflated
 * @reclaim_from: state from which on memory is compressed and swapped
 * @limit_from: state from which on VMs above their target have to wait
 * @trim_from: state from which on what a VM does not want is taken from it,
 *             even though nobody else wants it; if somebody does, it is always
 * @idle_tax: percent; 0: shares alone count, 99: idle memory hardly counts
 * @buffer: percent that a VM gets beyond what it wants
 * @step: percent of a VM's memory that its target falls by in a round at most;
 *        it rises by up to four times as much
 * @grace: milliseconds for which a new VM is left alone
 * @idle_rounds: rounds for which a VM has to want less before any is taken; in
 *               want, rounds for which it has to want no more than it has
 * @patience: rounds after which a balloon that does not follow is given up
 */
struct policy_config {
	uint64_t min_free_base;
	uint64_t min_free_upto;
	unsigned int min_free_percent;
	unsigned int min_free_most;
	unsigned int enter_percent[NR_STATES];
	unsigned int leave_percent[NR_STATES];
	enum memory_state scan_from;
	enum memory_state balloon_from;
	enum memory_state reclaim_from;
	enum memory_state limit_from;
	enum memory_state trim_from;
	unsigned int idle_tax;
	unsigned int buffer;
	unsigned int step;
	unsigned int grace;
	unsigned int idle_rounds;
	unsigned int patience;
};

/**
 * struct host_view - what is seen of the host in a round
 * @total: memory it has
 * @available: memory that can be had without reclaiming from VMs
 * @limit: what ksmfs may hold: sum of the mounts' size
 * @used: what it holds
 * @debt: what breaking everything would take more
 * @stalled: faults that wait for a frame
 */
struct host_view {
	uint64_t total;
	uint64_t available;
	uint64_t limit;
	uint64_t used;
	uint64_t debt;
	uint64_t stalled;
};

/**
 * struct guest_stats - what the guest says of itself; it may lie
 * @valid: it has said something that is not old
 * @taken: when that was so, milliseconds, by the clock of policy_round()
 * @total: memory it sees
 * @available: memory it could use without swapping
 * @swap_in: bytes, ever growing
 * @swap_out: bytes, ever growing
 * @major_faults: ever growing
 */
struct guest_stats {
	bool valid;
	uint64_t taken;
	uint64_t total;
	uint64_t available;
	uint64_t swap_in;
	uint64_t swap_out;
	uint64_t major_faults;
};

/**
 * struct vm_view - what is seen of a VM in a round
 * @configured: memory it was started with
 * @priv: with a frame of its own
 * @shared: merged, zero pages included
 * @packed: compressed
 * @swapped: in the swap file
 * @holes: without content: what the module knows to be free
 * @frames: what it costs the host
 * @strict: some of it is in a strict domain: then a limit counts all that it
 *          costs, and nothing is compressed or swapped
 * @active: estimated by the module; @active_known says whether it is
 * @active_known: as of yet
 * @stalls: faults that had to wait, ever growing
 * @fetched: memory that was packed or swapped and was wanted back, ever growing
 * @has_balloon: there is one, and it answers
 * @actual: what the balloon says the guest has; only if @has_balloon
 * @stats: what the guest says
 */
struct vm_view {
	uint64_t configured;
	uint64_t priv;
	uint64_t shared;
	uint64_t packed;
	uint64_t swapped;
	uint64_t holes;
	uint64_t frames;
	bool strict;
	uint64_t active;
	bool active_known;
	uint64_t stalls;
	uint64_t fetched;
	bool has_balloon;
	uint64_t actual;
	struct guest_stats stats;
};

/**
 * struct vm_decision - what is to be done with a VM
 * @wanted: memory it is thought to need
 * @pressure: @wanted / has, in percent, as Hyper-V has it
 * @target: memory it is to have
 * @host_target: host memory that this is to cost at most
 * @move_balloon: tell the balloon so
 * @reclaim: host memory to take from it by compressing and swapping, or 0
 * @limit: private memory, of a strict VM all that it costs, beyond which it has
 *         to wait; or 0
 * @unresponsive: its balloon does not follow, or what it says is not so
 * @reason: a few words for the log, never NULL
 */
struct vm_decision {
	uint64_t wanted;
	unsigned int pressure;
	uint64_t target;
	uint64_t host_target;
	bool move_balloon;
	uint64_t reclaim;
	uint64_t limit;
	bool unresponsive;
	const char *reason;
};

/*
 * What a round works out of a VM.  All of it has been checked: nothing exceeds
 * @configured, whatever the guest said.
 */
struct vm_round {
	uint64_t configured;
	uint64_t reserved;	/* of the host */
	uint64_t lowest;	/* bounds of the target */
	uint64_t highest;
	uint64_t actual;	/* by the balloon's word */
	uint64_t has;		/* by what the module sees, too */
	uint64_t holes;
	uint64_t priv;
	uint64_t frames;
	uint64_t away;		/* packed or swapped */
	uint64_t needs;		/* wanted, and the buffer */
	uint64_t hot;		/* in use, and the buffer */
	uint64_t floor;		/* what ballooning must leave */
	uint64_t step;
	uint64_t low;		/* bounds of its part of the host */
	uint64_t high;
	uint64_t part;
	unsigned int gain;	/* host memory gained by ballooning, percent */
	unsigned int shares;
	bool strict;
	bool young;
	bool waits;		/* for frames, since the round before */
	bool busy;
	bool balloon;		/* there is one */
	bool follows;		/* and it does what it is told */
	bool worth;		/* and the host gains by it */
	bool told;		/* the guest has said what is available */
};

/**
 * struct policy_vm - a VM as the policy knows it
 * @name: for the log
 * @settings: what the operator wants
 * @view: filled in by the caller before each round
 * @decision: filled in by each round
 * @since: when it was first seen, milliseconds; filled in by the caller
 * @memory: the policy's own, all zeros to begin with
 * @round: likewise
 */
struct policy_vm {
	const char *name;
	struct vm_settings settings;
	struct vm_view view;
	struct vm_decision decision;
	uint64_t since;
	struct {
		uint64_t swap_in;
		uint64_t major_faults;
		uint64_t stalls;
		uint64_t fetched;
		uint64_t actual;	/* in the round before */
		uint64_t asked;		/* target the balloon was told last */
		uint64_t moved;		/* when it was last seen to, ms */
		uint64_t had;		/* least it can have had when it spoke */
		uint64_t used;		/* known by what it said; 0: nothing */
		unsigned int rounds_idle;	/* wants less */
		unsigned int rounds_calm;	/* wants no more */
		unsigned int rounds_stuck;
		bool seen;
		bool told;
		bool limited;
	} memory;
	struct vm_round round;
};

/**
 * struct policy - the policy, from round to round
 * @config: may be changed between rounds
 * @state: that the host is in
 * @min_free: memory to be kept free
 * @free: memory that was free in the last round
 * @contended: some VM could use more than there is
 * @scan_fast: merging is to be sped up
 * @reason: why the state changed in the last round, or an empty string
 */
struct policy {
	struct policy_config config;
	enum memory_state state;
	uint64_t min_free;
	uint64_t free;
	bool contended;
	bool scan_fast;
	char reason[160];
};

/* Defaults: ESXi's thresholds and tax, Hyper-V's buffer and grace. */
extern const struct policy_config policy_defaults;

/* "high" to "low". */
const char *policy_state_name(enum memory_state state);

/**
 * policy_init() - begin
 * @policy: memory for it
 * @config: what the operator has set
 */
void policy_init(struct policy *policy, const struct policy_config *config);

/**
 * policy_check() - whether what an operator has set makes sense
 * @config: what he has set
 * @problem: a sentence that says what does not
 * @size: of @problem
 *
 * Return: false if it does not.
 */
bool policy_check(const struct policy_config *config, char *problem,
		  size_t size);

/**
 * policy_round() - decide
 * @policy: the policy
 * @now: milliseconds on a clock that does not go back
 * @host: what is seen of the host
 * @vms: all VMs, with their views filled in
 * @nr: how many
 */
void policy_round(struct policy *policy, uint64_t now,
		  const struct host_view *host, struct policy_vm *vms[],
		  size_t nr);

#endif /* KSMFSD_POLICY_H */
