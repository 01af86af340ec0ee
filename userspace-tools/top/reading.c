// SPDX-License-Identifier: GPL-2.0
/*
 * All numbers there are, read once.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../maps.h"
#include "../tool.h"
#include "reading.h"

#define DAEMON_PATIENCE 1	/* seconds: somebody is looking */

static void __attribute__((noreturn)) fail(const char *path, int error)
{
	die(EXIT_FAILED, "cannot read %s: %s: is /proc mounted?", path,
	    strerror(-error));
}

/* "12345.67 54321.00": seconds, and those of all CPUs idle. */
static uint64_t read_uptime(void)
{
	unsigned long long seconds;
	unsigned int hundredths;
	size_t length;
	char *text;
	int ret = sysio_read("/proc/uptime", &text, &length);

	if (!ret && sscanf(text, "%llu.%2u", &seconds, &hundredths) != 2)
		ret = -EBADMSG;
	if (ret)
		fail("/proc/uptime", ret);
	free(text);
	return seconds * 1000 + hundredths * 10;
}

static void read_mounts(struct reading *reading)
{
	int ret = mounts_find(&reading->mounts, &reading->n_mounts);

	if (ret)
		fail("/proc/self/mountinfo", ret);
	reading->mount_readings = xrealloc(NULL, reading->n_mounts + 1,
					   sizeof(*reading->mount_readings));
	for (size_t i = 0; i < reading->n_mounts; i++) {
		struct mount *mount = &reading->mounts[i];
		struct mount_reading *more = &reading->mount_readings[i];

		more->error = mount_load(mount);
		if (!more->error)
			more->error = sysio_mount_info(&mount->at,
						       &more->info);
	}
}

void reading_take(struct reading *reading, struct processes *processes)
{
	int ret;

	*reading = (struct reading){ .run = knob_read(KNOB_run) };
	reading->millisecs = read_uptime();
	counters_read(&reading->counters);
	ret = meminfo_read(&reading->total, &reading->available);
	if (ret)
		fail("/proc/meminfo", ret);
	read_mounts(reading);
	processes_update(processes, reading->mounts, reading->n_mounts);
	reading->ticks_known = processes_scanner_ticks(processes,
						       &reading->ticks);
	reading->daemon_error = ask_vms(DAEMON_PATIENCE, &reading->daemon);
}

void reading_free(struct reading *reading)
{
	ask_free(&reading->daemon);
	free(reading->mount_readings);
	mounts_free(reading->mounts, reading->n_mounts);
	*reading = (struct reading){ 0 };
}
