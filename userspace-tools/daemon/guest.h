/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What one QEMU says of itself and of its guest, and its balloon.
 *
 * Context of everything: the loop's thread.
 */
#ifndef KSMFSD_GUEST_H
#define KSMFSD_GUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "policy.h"

struct qmp;

enum balloon_kind { BALLOON_UNKNOWN, BALLOON_NONE, BALLOON_VIRTIO, BALLOON_HV };

/**
 * struct guest - one QMP socket and what is known through it
 * @path: of the socket
 * @title: what the log calls it: its name, or else its socket's
 * @pid: the process behind the socket; 0: not yet known
 * @status: a few words; those of the log when they last changed
 * @ready: it answers
 * @actual: memory the guest has, as the balloon says; 0: not known
 * @stats: what the guest says
 *
 * @loop: the event loop
 * @period: seconds between its statistics
 * @hands_off: it is to be looked at only
 * @qmp: the connection, or NULL
 * @retry_at: when to connect again, by the loop's clock
 * @backoff: milliseconds that were waited the last time, or 0
 * @ready_since: by the loop's clock
 * @balloon: what kind there is
 * @device: QOM path of it
 * @target: what the balloon has yet to be told, or 0
 * @refused: it did not take what it was told last
 * @lists_left: QOM folders that have yet to be listed
 * @reported_at: when @stats came by an event, by the loop's clock
 */
struct guest {
	char *path;
	char *title;
	int pid;
	char *status;
	bool ready;
	uint64_t actual;
	struct guest_stats stats;

	/* private: */
	uv_loop_t *loop;
	unsigned int period;
	bool hands_off;
	struct qmp *qmp;
	uint64_t retry_at;
	unsigned int backoff;
	uint64_t ready_since;
	enum balloon_kind balloon;
	char *device;
	uint64_t target;
	bool refused;
	unsigned int lists_left;
	uint64_t reported_at;
};

/**
 * guest_new() - begin to talk to a QEMU
 * @loop: the event loop
 * @path: of its socket
 * @period: seconds in which its guest is to give statistics
 * @hands_off: change nothing about it
 *
 * Return: the guest, to be ended with guest_free().
 */
struct guest *guest_new(uv_loop_t *loop, const char *path,
			unsigned int period, bool hands_off);

/*
 * Connects again if it is time, tells the balloon what it has to be told, and
 * asks for the numbers of the next round.
 */
void guest_poll(struct guest *guest);

/* Whether there is a balloon that says how much the guest has. */
bool guest_has_balloon(const struct guest *guest);

/* The balloon is to be told, by the next guest_poll(), what the guest has. */
void guest_set_balloon(struct guest *guest, uint64_t bytes);

/* Ends it; the balloon stays as it is. */
void guest_free(struct guest *guest);

#endif /* KSMFSD_GUEST_H */
