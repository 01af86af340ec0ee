/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which memory of a process is guest RAM.
 *
 * /proc/PID/maps does not mark what is guest RAM.  Taken for it is every mapping
 * on ksmfs, and every other one that is writable, not executable and at least
 * 16 MiB large; anonymous ones only when there is nothing else, since every
 * large program has some.
 */
#ifndef _KSMFS_RAM_H
#define _KSMFS_RAM_H

#include <stdbool.h>
#include <stddef.h>

#include "maps.h"

enum backing {
	KSMFS_SHARED, KSMFS_PRIVATE, ANONYMOUS, MEMFD, TMPFS, HUGETLBFS, OTHER,
	N_BACKINGS
};

/* The mounts that a process sees. */
struct ram_sight {
	struct mountinfo *mounts;
	size_t count;
};

enum backing ram_backing(const struct ram_sight *sight,
			 const struct mapping *map);

/* May it be guest RAM, with this backing, if it is not anonymous? */
bool ram_may_be(const struct mapping *map, enum backing backing);

/* The process's name is any bytes. */
typedef void ram_visit(void *context, int pid, const char *process);

/*
 * Visits each process that is a VM, in order of their numbers.  Ends the program
 * if the processes cannot be listed.  Return: how many they were.
 */
size_t ram_each_vm(ram_visit *visit, void *context);

/*
 * The mappings of a process that are guest RAM, for maps_free(); none of them
 * shows what another one shows.  0 or a negative errno.
 */
int ram_find(int pid, struct mapping **maps, size_t *count);

#endif /* _KSMFS_RAM_H */
