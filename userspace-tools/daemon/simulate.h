/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The policy over a trace: what it would have done, and how the guests would
 * have fared.
 */
#ifndef KSMFSD_SIMULATE_H
#define KSMFSD_SIMULATE_H

#include "model.h"

/**
 * struct simulated_vm - how a VM fared
 * @policy: as the policy has it, with its last view and decision
 * @guest: the guest
 * @said: its stats at the end of the last round, not yet known
 * @seconds: for which it ran
 * @met: of these, seconds in which it had all that it touched
 */
struct simulated_vm {
	struct policy_vm policy;
	struct model guest;
	struct guest_stats said;
	uint64_t seconds;
	uint64_t met;
};

/**
 * struct simulation - how all fared
 * @trace: what was simulated
 * @vms: one for each of the trace's
 * @rounds: decisions made
 * @seconds: for which VMs ran, together
 * @met: of these, seconds in which one had all that it touched
 * @swap_in: bytes that guests swapped in by themselves
 * @brought_back: bytes that the host swapped in
 * @stalls: rounds in which one waited for a frame
 * @transitions: changes of the host's state
 * @worst: state the host was in
 * @pressure: the highest of any VM in any round, percent
 */
struct simulation {
	struct trace trace;
	struct simulated_vm *vms;
	uint64_t rounds;
	uint64_t seconds;
	uint64_t met;
	uint64_t swap_in;
	uint64_t brought_back;
	uint64_t stalls;
	uint64_t transitions;
	enum memory_state worst;
	unsigned int pressure;
};

/**
 * simulation_run() - run a trace from its beginning to its end
 * @simulation: set, to be given to simulation_free() whatever is returned
 * @file: the trace
 * @config: the policy's settings
 * @csv: for a line per round, headed by their names; or NULL
 * @problem: set to what is wrong with the trace
 * @size: of @problem
 *
 * Return: false if something is wrong.
 */
bool simulation_run(struct simulation *simulation, FILE *file,
		    const struct policy_config *config, FILE *csv,
		    char *problem, size_t size);

/**
 * simulation_find() - find a VM
 * @simulation: after simulation_run()
 * @name: as in the trace
 *
 * Return: NULL if there is none.
 */
const struct simulated_vm *simulation_find(const struct simulation *simulation,
					   const char *name);

/**
 * simulation_free() - free what a simulation holds
 * @simulation: after simulation_run()
 */
void simulation_free(struct simulation *simulation);

/**
 * simulation_print() - print how all fared
 * @simulation: after simulation_run()
 * @file: where to
 * @json: as a JSON object instead of text: the names of the structure's members,
 *        @worst as a word, and met_percent
 */
void simulation_print(const struct simulation *simulation, FILE *file,
		      bool json);

/**
 * simulate() - do all of this
 * @trace: path
 * @config: the policy's settings
 * @csv: path, or NULL
 * @json: how to print
 *
 * What goes wrong is printed to standard error.
 *
 * Return: 0, or 1 if something went wrong.
 */
int simulate(const char *trace, const struct policy_config *config,
	     const char *csv, bool json);

#endif /* KSMFSD_SIMULATE_H */
