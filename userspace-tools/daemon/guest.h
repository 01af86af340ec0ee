/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What one QEMU says of itself and of its guest, and its balloon: what all
 * ways to talk to a QEMU have in common.
 *
 * Context of everything: the loop's thread.
 */
#ifndef KSMFSD_GUEST_H
#define KSMFSD_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "policy.h"

struct guest;

#define GUEST_QUIET (-1)	/* a priority: not a word in the log */

/**
 * struct guest_kind - a way to talk to a QEMU
 * @rank: of two guests of the same process the one with the lower is used
 * @poll: connect again if it is time, tell the balloon what it has to be told,
 *	  and ask for the numbers of the next round
 * @is_connected: it is there, even if it cannot be found any more
 * @free: end it, with guest_end(); the balloon stays as it is
 */
struct guest_kind {
	unsigned int rank;
	void (*poll)(struct guest *guest);
	bool (*is_connected)(const struct guest *guest);
	void (*free)(struct guest *guest);
};

/**
 * struct guest - one QEMU and what is known of it
 * @kind: how it is talked to
 * @id: where it was found: the same at each time, and no other guest's
 * @title: what the log calls it: its name, if that is known
 * @pid: its process; 0: not yet known
 * @status: a few words; those of the log when they last changed
 * @ready: it answers
 * @actual: memory the guest has, as the balloon says; 0: not known
 * @stats: what the guest says
 *
 * @hands_off: it is to be looked at only
 * @target: what the balloon has yet to be told, or 0
 * @refused: it did not take what it was told last
 */
struct guest {
	const struct guest_kind *kind;
	char *id;
	char *title;
	int pid;
	char *status;
	bool ready;
	uint64_t actual;
	struct guest_stats stats;

	/* private: to guest.c and the kinds */
	bool hands_off;
	uint64_t target;
	bool refused;
};

/* Whether there is a balloon that says how much the guest has. */
bool guest_has_balloon(const struct guest *guest);

/* The balloon is to be told, at the next poll, what the guest has. */
void guest_set_balloon(struct guest *guest, uint64_t bytes);

/* For the kinds: */

/**
 * guest_begin() - fill in what all have
 * @guest: of that kind
 * @kind: how it is talked to
 * @id: where it was found
 * @title: its name, as far as it is known; it now belongs to the guest
 * @hands_off: change nothing about it
 */
void guest_begin(struct guest *guest, const struct guest_kind *kind,
		 const char *id, char *title, bool hands_off);

/**
 * guest_set_status() - say how it stands
 * @guest: the guest
 * @priority: of the line in the log if that is news, or GUEST_QUIET
 * @fmt: a few words
 */
void guest_set_status(struct guest *guest, int priority, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The balloon was told its target: @error is why it did not take it, or NULL */
void guest_answered(struct guest *guest, const char *error);

/* It answers no more: what it said is void. */
void guest_lost(struct guest *guest);

/**
 * guest_read_time() - when the guest spoke
 * @updated: in whole seconds since 1970, as QEMU has it
 * @period: seconds between its statistics
 * @loop: now, by the loop's clock
 * @taken: by the loop's clock, at the earliest
 *
 * Return: false if it was never, too long ago, or has yet to come.
 */
bool guest_read_time(uint64_t updated, unsigned int period, uint64_t loop,
		     uint64_t *taken);

/* How long statistics count that come every @period seconds. */
uint64_t guest_stale_ms(unsigned int period);

/* Frees what all have and @guest itself. */
void guest_end(struct guest *guest);

#endif /* KSMFSD_GUEST_H */
