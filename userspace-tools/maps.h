/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /proc: how much memory there is, and of each process which file systems it
 * sees (mountinfo), and what it has mapped (maps).  Device numbers tie the two together; unlike
 * paths they cannot be ambiguous, unlinked or of another mount namespace.
 */
#ifndef _KSMFS_MAPS_H
#define _KSMFS_MAPS_H

#include <stdbool.h>
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

/* Memory of the host, in bytes.  0 or a negative errno. */
int meminfo_read(uint64_t *total, uint64_t *available);

/* The name of process @pid, which may be any bytes; NULL if it is gone. */
char *process_name(int pid);

/* Is process @pid, whose name that is, a virtual machine? */
bool process_is_vm(int pid, const char *name);

#endif /* _KSMFS_MAPS_H */
