/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The numbers of the module and of the daemon, for Prometheus.
 *
 * Context of everything: the loop's thread.
 */
#ifndef KSMFSD_METRICS_H
#define KSMFSD_METRICS_H

#include <uv.h>

#include "policy.h"
#include "vm.h"

/* More regions than that are not told of one by one. */
#define METRICS_REGIONS_MAX 2000

/**
 * struct metrics_view - what the daemon tells of itself
 * @policy: after the last round
 * @vms: all there are
 * @stuck: the last round could not look at the host
 * @rounds: so far
 * @round_ns: that they took together
 * @last_round: when it began, milliseconds since 1970; 0: none yet
 * @state_changes: so far
 */
struct metrics_view {
	const struct policy *policy;
	const struct vm *vms;
	bool stuck;
	uint64_t rounds;
	uint64_t round_ns;
	uint64_t last_round;
	uint64_t state_changes;
};

typedef void metrics_look(void *context, struct metrics_view *view);

/**
 * metrics_start() - begin to serve
 * @loop: the event loop
 * @address: where, as address_parse() reads it
 * @look: fills in the view
 * @context: for @look
 *
 * Return: 0 or a negative errno.
 */
int metrics_start(uv_loop_t *loop, const char *address, metrics_look *look,
		  void *context);

/* A worker may still be reading; it ends by itself. */
void metrics_stop(void);

#endif /* KSMFSD_METRICS_H */
