/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Traces: what the guests of a simulated host do, and when.
 *
 * Text, a statement per line; # begins a comment.  A SIZE is in bytes, or has a
 * suffix K, M, G or T.
 *
 *  host SIZE                  memory that the host has; required
 *  round SECONDS              how often the policy decides; default 5
 *  until SECONDS              when it ends; required
 *  vm NAME SIZE [KEY=VALUE]...
 *                             a VM and the memory it is started with.  Keys:
 *                             min, max, reservation, shares: see vm_settings;
 *                             start: seconds, default 0;
 *                             balloon: yes, no, lies (gives nothing of what it
 *                             says it has given) or stuck (does not move);
 *                             stats: yes or no
 *  at SECONDS NAME ACTIVE USED [PRIVATE]
 *                             from then on the VM touches ACTIVE and cannot
 *                             give up USED, both SIZEs; of its memory so many
 *                             percent (default 100) equal no other's
 *  other SECONDS SIZE         from then on the rest of the host takes so much
 *  synthetic [KEY=VALUE]...   many VMs at once.  Keys: vms, seed,
 *                             configured: SIZE, the middle of what they have;
 *                             pattern: diurnal (busy at one time of day) or
 *                             bursts (busy for an hour now and then);
 *                             private: percent.  Uses until, which comes first
 */
#ifndef KSMFSD_TRACE_H
#define KSMFSD_TRACE_H

#include <stdio.h>

#include "policy.h"

enum trace_balloon { BALLOON_YES, BALLOON_NO, BALLOON_LIES, BALLOON_STUCK };

/**
 * struct trace_vm - a VM of a trace
 * @name: no two have the same
 * @configured: memory it is started with, bytes
 * @settings: what the operator wants
 * @start: seconds
 * @balloon: what kind it has
 * @stats: it has guest stats
 */
struct trace_vm {
	char name[32];
	uint64_t configured;
	struct vm_settings settings;
	uint64_t start;
	enum trace_balloon balloon;
	bool stats;
};

/**
 * struct trace_event - what happens
 * @second: when
 * @line: in which line of the trace it is
 * @vm: index of the VM it happens to, or TRACE_OTHER
 * @active: bytes it touches from now on
 * @used: bytes it cannot give up from now on, or the rest of the host takes
 * @private: percent of its memory that equals no other's
 */
struct trace_event {
	uint64_t second;
	unsigned int line;
	size_t vm;
	uint64_t active;
	uint64_t used;
	unsigned int private;
};

#define TRACE_OTHER ((size_t)-1)

/**
 * struct trace - a whole trace
 * @host: bytes
 * @round: seconds
 * @until: seconds
 * @vms: its VMs
 * @nr_vms: how many
 * @events: by the time they happen, and by line
 * @nr_events: how many
 */
struct trace {
	uint64_t host;
	uint64_t round;
	uint64_t until;
	struct trace_vm *vms;
	size_t nr_vms;
	struct trace_event *events;
	size_t nr_events;
};

/**
 * trace_read() - read a trace
 * @trace: set, to be given to trace_free() whatever is returned
 * @file: to read from
 * @problem: set to what is wrong, with the number of the line
 * @size: of @problem
 *
 * Return: false if something is wrong.
 */
bool trace_read(struct trace *trace, FILE *file, char *problem, size_t size);

/**
 * trace_free() - free what a trace holds
 * @trace: after trace_read()
 */
void trace_free(struct trace *trace);

#endif /* KSMFSD_TRACE_H */
