/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What libvirt.c and libvirt_guest.c share: the connection, and the guests
 * that wait for a worker.
 */
#ifndef KSMFSD_LIBVIRT_LINK_H
#define KSMFSD_LIBVIRT_LINK_H

#include <libvirt/libvirt.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "backoff.h"

#define LIBVIRT_LATE_MS 10000	/* what takes longer is told */

struct libvirt_domain {
	char *uuid;
	char *name;
};

/**
 * struct libvirt - a libvirt
 * @loop: the event loop
 * @uri: which
 * @period: seconds between statistics of guests
 * @hands_off: its VMs are to be looked at only
 * @conn: the connection, or NULL.  While @up, workers that look at guests
 *	  take references to it; while not, it belongs to the worker that
 *	  connects again
 * @up: it answered the last time
 * @problem: what the log was told why it does not answer, or NULL
 * @backoff: when to connect again
 * @listing: a worker asks which VMs there are
 * @asked: since when, by the loop's clock
 * @domains: the VMs, as it said last
 * @n_domains: how many
 * @waiting: guests that are to be looked at, the next one first
 * @looks: workers that look at guests
 * @gone: to be freed when no worker has to do with it
 */
struct libvirt {
	uv_loop_t *loop;
	char *uri;
	unsigned int period;
	bool hands_off;
	virConnectPtr conn;
	bool up;
	char *problem;
	struct backoff backoff;
	bool listing;
	uint64_t asked;
	struct libvirt_domain *domains;
	size_t n_domains;
	struct libvirt_guest *waiting;
	unsigned int looks;
	bool gone;
};

/* Ends it if it has gone and no worker has to do with it. */
void libvirt_free_if_idle(struct libvirt *libvirt);

#endif /* KSMFSD_LIBVIRT_LINK_H */
