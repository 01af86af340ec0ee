/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which process each region belongs to, and which threads are the scanner.
 *
 * To find out, the maps of every process have to be read, which is by far the
 * dearest part of a reading.  So it is done only when something has changed:
 * the regions, the size of the scanner's crew, or when a process that was
 * found is gone; and now and then, for a region may be mapped some time after
 * it was made.
 */
#ifndef KSMFS_TOP_PROCESSES_H
#define KSMFS_TOP_PROCESSES_H

#include <stdbool.h>

#include "../regions.h"

struct place;

/**
 * struct processes - what was found last; begins as all zeros
 * @places: a region each, in the order of the mounts, and its process
 * @n_places: how many
 * @threads: the scanner's
 * @n_threads: how many
 * @crew: the knob that says how many threads the scanner has
 * @age: readings since
 */
struct processes {
	struct place *places;
	size_t n_places;
	int *threads;
	size_t n_threads;
	uint64_t crew;
	unsigned int age;
};

/*
 * Fills in the processes of all regions of @mounts.  Of several that may write
 * to a region a VM is preferred, and the lowest number.  Ends the program if
 * there is no /proc.
 */
void processes_update(struct processes *processes, struct mount *mounts,
		      size_t n_mounts);

/* Clock ticks the scanner has run for; false if nothing is known of it. */
bool processes_scanner_ticks(const struct processes *processes,
			     uint64_t *ticks);

void processes_free(struct processes *processes);

#endif /* KSMFS_TOP_PROCESSES_H */
