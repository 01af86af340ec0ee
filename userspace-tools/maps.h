/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /proc/PID/mountinfo and /proc/PID/maps: which file systems there are, and
 * what a process has mapped.  Device numbers tie the two together; unlike
 * paths they cannot be ambiguous, unlinked or of another mount namespace.
 */
#ifndef _KSMFS_MAPS_H
#define _KSMFS_MAPS_H

#include <stddef.h>
#include <stdint.h>

struct mountinfo {
	char *path;
	char *root;
	char *type;
	unsigned int major;
	unsigned int minor;
};

/* @offset: in the file */
struct mapping {
	uint64_t start;
	uint64_t bytes;
	uint64_t offset;
	char perms[5];
	unsigned int major;
	unsigned int minor;
	uint64_t ino;
	char *path;
};

/* @pid 0: this process.  0 or a negative errno; to be freed as below. */
int mountinfo_read(int pid, struct mountinfo **mounts, size_t *count);
void mountinfo_free(struct mountinfo *mounts, size_t count);

/* Likewise; any thread may. */
int maps_read(int pid, struct mapping **mappings, size_t *count);
void maps_free(struct mapping *mappings, size_t count);

/* The name of process @pid, fit for a terminal; NULL if it is gone. */
char *process_name(int pid);

#endif /* _KSMFS_MAPS_H */
