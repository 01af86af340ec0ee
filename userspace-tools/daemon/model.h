/* SPDX-License-Identifier: GPL-2.0 */
/* A guest as the simulator has it. */
#ifndef KSMFSD_MODEL_H
#define KSMFSD_MODEL_H

#include "trace.h"

/**
 * struct model - a guest, amounts in bytes
 * @spec: what the trace says of it
 * @active: it touches
 * @used: it cannot give up
 * @private: percent of its memory that equals no other's
 * @has: its balloon has left to it
 * @says: its balloon says so
 * @asked: its balloon was told
 * @content: of @has, what it has touched since it got it
 * @away: of @content, what the host has swapped
 * @limit: of private memory, or 0
 * @estimate: of what is active, as the module makes it
 * @swap_in: from the guest's own swap space so far
 * @brought_back: from the host's so far
 * @stalls: rounds in which it had to wait for a frame, so far
 * @met: in the last round it had all that it touched
 */
struct model {
	const struct trace_vm *spec;
	uint64_t active;
	uint64_t used;
	unsigned int private;
	uint64_t has;
	uint64_t says;
	uint64_t asked;
	uint64_t content;
	uint64_t away;
	uint64_t limit;
	uint64_t estimate;
	uint64_t swap_in;
	uint64_t brought_back;
	uint64_t stalls;
	bool met;
};

/**
 * model_start() - a guest that has all its memory and has touched none
 * @guest: to be set
 * @spec: what the trace says of it
 */
void model_start(struct model *guest, const struct trace_vm *spec);

/**
 * model_frames() - what a guest costs the host
 * @guest: the guest
 *
 * Return: bytes.
 */
uint64_t model_frames(const struct model *guest);

/**
 * model_run() - let a guest run
 * @guest: the guest
 * @seconds: for how long
 * @free: bytes the host has left
 *
 * Return: false if it waits for a frame at the end.
 */
bool model_run(struct model *guest, uint64_t seconds, uint64_t free);

/**
 * model_view() - what is seen of a guest
 * @guest: the guest
 * @view: to be set
 */
void model_view(const struct model *guest, struct vm_view *view);

/**
 * model_obey() - do what the policy decided
 * @guest: the guest
 * @decision: what it decided
 */
void model_obey(struct model *guest, const struct vm_decision *decision);

#endif /* KSMFSD_MODEL_H */
