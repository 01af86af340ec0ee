/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The daemon: rounds of looking, deciding and doing, until it is told to end.
 */
#ifndef KSMFSD_DAEMON_H
#define KSMFSD_DAEMON_H

#include <stdbool.h>

struct config;

/**
 * daemon_run() - run until SIGTERM or SIGINT
 * @config: it now belongs to the daemon
 * @path: where it came from, for SIGHUP; NULL: the default
 * @dry_run: change nothing, print what would be done on stdout
 *
 * Return: 0, or a negative errno if it could not begin; that is logged.
 */
int daemon_run(struct config *config, const char *path, bool dry_run);

#endif /* KSMFSD_DAEMON_H */
