/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All numbers there are, read once.
 */
#ifndef KSMFS_TOP_READING_H
#define KSMFS_TOP_READING_H

#include <stdbool.h>

#include "../ask.h"
#include "../counters.h"
#include "../regions.h"
#include "processes.h"

/**
 * struct mount_reading - a mount besides its regions
 * @error: 0, or the negative errno for which nothing is known of the mount
 * @info: its numbers
 */
struct mount_reading {
	int error;
	struct ksmfs_mount_info info;
};

/**
 * struct reading - what was read
 * @millisecs: when, since the host was started
 * @run: the knob of this name
 * @counters: the module's
 * @total: memory of the host, in bytes
 * @available: of that
 * @daemon_error: 0, or a negative errno of ask_vms()
 * @daemon: what ksmfsd says
 * @mounts: with their regions, and the processes of those
 * @mount_readings: one for each
 * @n_mounts: how many
 * @ticks_known: is @ticks?
 * @ticks: clock ticks the scanner has run for
 */
struct reading {
	uint64_t millisecs;
	uint64_t run;
	struct counters counters;
	uint64_t total;
	uint64_t available;
	int daemon_error;
	struct ask daemon;
	struct mount *mounts;
	struct mount_reading *mount_readings;
	size_t n_mounts;
	bool ticks_known;
	uint64_t ticks;
};

/*
 * Ends the program when the module or /proc cannot be read.  A mount that
 * cannot be read, and ksmfsd, may be missing.
 */
void reading_take(struct reading *reading, struct processes *processes);

void reading_free(struct reading *reading);

#endif /* KSMFS_TOP_READING_H */
