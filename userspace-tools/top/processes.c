// SPDX-License-Identifier: GPL-2.0
/*
 * Which process each region belongs to, and which threads are the scanner.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../counters.h"
#include "../maps.h"
#include "../tool.h"
#include "processes.h"

#define READINGS_MOST 10
#define KTHREADD 2

struct place {
	unsigned int major;
	unsigned int minor;
	uint64_t ino;
	int pid;
	char *process;
};

void processes_free(struct processes *processes)
{
	for (size_t i = 0; i < processes->n_places; i++)
		free(processes->places[i].process);
	free(processes->places);
	free(processes->threads);
	*processes = (struct processes){ 0 };
}

/* ---- is what was found still so? ---- */

static int compare_pids(const void *left, const void *right)
{
	int a = *(const int *)left, b = *(const int *)right;

	return a < b ? -1 : a > b;
}

static bool all_alive(const struct processes *processes, const int *pids,
		      size_t n_pids)
{
	for (size_t i = 0; i < processes->n_threads; i++)
		if (!bsearch(&processes->threads[i], pids, n_pids,
			     sizeof(*pids), compare_pids))
			return false;
	for (size_t i = 0; i < processes->n_places; i++)
		if (processes->places[i].pid &&
		    !bsearch(&processes->places[i].pid, pids, n_pids,
			     sizeof(*pids), compare_pids))
			return false;
	return true;
}

static bool is_place_of(const struct place *place, const struct mount *mount,
			const struct region *region)
{
	return place->major == mount->at.major &&
	       place->minor == mount->at.minor &&
	       place->ino == region->info.ino;
}

static bool same_regions(const struct processes *processes,
			 const struct mount *mounts, size_t n_mounts)
{
	size_t n = 0;

	for (size_t m = 0; m < n_mounts; m++)
		for (size_t r = 0; r < mounts[m].n_regions; r++, n++)
			if (n == processes->n_places ||
			    !is_place_of(&processes->places[n], &mounts[m],
					 &mounts[m].regions[r]))
				return false;
	return n == processes->n_places;
}

/* ---- finding out ---- */

/* Of /proc/PID/stat: who made the process, and what it has run for. */
static bool read_stat(int pid, int *parent, uint64_t *ticks)
{
	uint64_t user, kernel;
	char path[32], *text;
	const char *rest;
	size_t length;
	bool good;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if (sysio_read(path, &text, &length))
		return false;
	rest = strrchr(text, ')');	/* a name may hold anything */
	good = rest &&
	       sscanf(rest + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %"
		      SCNu64 " %" SCNu64, parent, &user, &kernel) == 3;
	free(text);
	if (good)
		*ticks = user + kernel;
	return good;
}

static bool is_scanner(int pid, const char *name)
{
	static const char start[] = "ksmfs_scan/";
	uint64_t ticks;
	int parent;

	return !strncmp(name, start, strlen(start)) &&
	       read_stat(pid, &parent, &ticks) && parent == KTHREADD;
}

static void give(struct region *region, int pid, const char *name)
{
	if (region->pid && (process_is_vm(region->pid, region->process) ||
			    !process_is_vm(pid, name)))
		return;
	free(region->process);
	region->process = xstrdup(name);
	region->pid = pid;
}

static void look_at(int pid, const char *name, struct mount *mounts,
		    size_t n_mounts)
{
	struct mapping *maps;
	size_t n_maps;

	if (maps_read(pid, &maps, &n_maps))
		return;		/* gone, or none of our business */
	for (size_t i = 0; i < n_maps; i++) {
		struct region *region = mounts_region_of(mounts, n_mounts,
							 &maps[i]);

		if (region && region->pid != pid && maps[i].perms[1] == 'w')
			give(region, pid, name);
	}
	maps_free(maps, n_maps);
}

static void add_thread(struct processes *processes, int pid)
{
	processes->threads = xrealloc(processes->threads,
				      processes->n_threads + 1,
				      sizeof(*processes->threads));
	processes->threads[processes->n_threads++] = pid;
}

static void find_out(struct processes *processes, const int *pids,
		     size_t n_pids, struct mount *mounts, size_t n_mounts)
{
	for (size_t i = 0; i < n_pids; i++) {
		char *name = process_name(pids[i]);

		if (name && is_scanner(pids[i], name))
			add_thread(processes, pids[i]);
		else if (name)
			look_at(pids[i], name, mounts, n_mounts);
		free(name);
	}
}

static void remember(struct processes *processes, const struct mount *mounts,
		     size_t n_mounts)
{
	size_t n = 0;

	for (size_t m = 0; m < n_mounts; m++)
		n += mounts[m].n_regions;
	processes->places = xrealloc(NULL, n + 1, sizeof(struct place));
	for (size_t m = 0; m < n_mounts; m++) {
		for (size_t r = 0; r < mounts[m].n_regions; r++) {
			const struct region *region = &mounts[m].regions[r];
			const char *process = region->process;

			processes->places[processes->n_places++] =
				(struct place){
					mounts[m].at.major, mounts[m].at.minor,
					region->info.ino, region->pid,
					process ? xstrdup(process) : NULL,
				};
		}
	}
}

static void recall(const struct processes *processes, struct mount *mounts,
		   size_t n_mounts)
{
	const struct place *place = processes->places;

	for (size_t m = 0; m < n_mounts; m++) {
		for (size_t r = 0; r < mounts[m].n_regions; r++, place++) {
			struct region *region = &mounts[m].regions[r];

			region->pid = place->pid;
			if (place->process)
				region->process = xstrdup(place->process);
		}
	}
}

void processes_update(struct processes *processes, struct mount *mounts,
		      size_t n_mounts)
{
	uint64_t crew = knob_read(KNOB_max_cpu_percent);
	size_t n_pids;
	int *pids;
	int ret = sysio_processes(&pids, &n_pids);

	if (ret)
		die(EXIT_FAILED, "cannot read /proc: %s: is it mounted?",
		    strerror(-ret));
	if (processes->age && processes->age < READINGS_MOST &&
	    processes->crew == crew &&
	    same_regions(processes, mounts, n_mounts) &&
	    all_alive(processes, pids, n_pids)) {
		recall(processes, mounts, n_mounts);
	} else {
		processes_free(processes);
		find_out(processes, pids, n_pids, mounts, n_mounts);
		remember(processes, mounts, n_mounts);
		processes->crew = crew;
	}
	processes->age++;
	free(pids);
}

bool processes_scanner_ticks(const struct processes *processes,
			     uint64_t *ticks)
{
	uint64_t its_own;
	int parent;

	*ticks = 0;
	for (size_t i = 0; i < processes->n_threads; i++) {
		if (!read_stat(processes->threads[i], &parent, &its_own))
			return false;
		*ticks += its_own;
	}
	return processes->n_threads;
}
