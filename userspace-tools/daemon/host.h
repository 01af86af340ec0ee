/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host as the daemon sees it: its memory, and the ksmfs mounts with the
 * numbers of their regions.
 *
 * Context of everything: the loop's thread.
 */
#ifndef KSMFSD_HOST_H
#define KSMFSD_HOST_H

#include <stddef.h>

#include "../regions.h"
#include "policy.h"

/**
 * struct host - what was seen last
 * @mounts: the ksmfs mounts, with their regions but without names
 * @n_mounts: how many
 * @view: for the policy
 */
struct host {
	struct mount *mounts;
	size_t n_mounts;
	struct host_view view;
};

/**
 * host_read() - look
 * @host: what was seen before, or all zeros
 * @problem: what went wrong, to be freed; NULL if nothing did
 *
 * Return: 0 or a negative errno; then @host is as it was.
 */
int host_read(struct host *host, char **problem);

void host_free(struct host *host);

#endif /* KSMFSD_HOST_H */
