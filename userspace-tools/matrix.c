// SPDX-License-Identifier: GPL-2.0
/*
 * Finding who shares how much with whom: the module tells the frames of each
 * region; whose a region is, /proc tells.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "matrix.h"
#include "regions.h"
#include "sharing.h"
#include "text.h"
#include "tool.h"
#include "top/processes.h"

/* Half a gigabyte: all that is shared on hosts with less than 80 GB of it. */
#define ROOM (21UL << 20)

/**
 * struct search - whose the regions are
 * @mounts: all there are
 * @n_mounts: how many
 * @owners: for each mount, for each of its regions: which of @vms
 * @vms: those found so far
 * @n_vms: how many
 */
struct search {
	struct mount *mounts;
	size_t n_mounts;
	uint32_t **owners;
	struct matrix_vm *vms;
	size_t n_vms;
};

uint64_t matrix_bytes(const struct matrix *matrix, size_t a, size_t b)
{
	return matrix->frames[a * matrix->count + b] * sysconf(_SC_PAGESIZE);
}

size_t matrix_name_width(const struct matrix *matrix)
{
	size_t widest = 0;

	for (size_t i = 0; i < matrix->count; i++) {
		char *name = text_for_terminal(matrix->vms[i].name);
		size_t width = text_width(name);

		free(name);
		if (width > widest)
			widest = width;
	}
	return widest;
}

static void load_mounts(struct search *search)
{
	int ret = mounts_find(&search->mounts, &search->n_mounts);

	if (ret)
		die(EXIT_FAILED, "cannot read /proc/self/mountinfo: %s: is "
		    "/proc mounted?", strerror(-ret));
	search->owners = xcalloc(search->n_mounts, sizeof(*search->owners));
	for (size_t m = 0; m < search->n_mounts; m++) {
		struct mount *mount = &search->mounts[m];

		ret = mount_load(mount);
		if (ret)
			die(EXIT_FAILED, "cannot list the regions of %s: %s: "
			    "%s", text_for_terminal(mount->path),
			    mount_error(ret), mount_advice(ret));
	}
}

static uint32_t add_vm(struct search *search, char *name, int pid)
{
	search->vms = xrealloc(search->vms, search->n_vms + 1,
			       sizeof(*search->vms));
	search->vms[search->n_vms] = (struct matrix_vm){
		.name = name, .pid = pid,
	};
	return search->n_vms++;
}

/* Regions of one process are one VM's; who has no process is one of its own. */
static uint32_t vm_of(struct search *search, const struct region *region)
{
	if (!region->pid)
		return add_vm(search, region_label(region), 0);
	for (size_t i = 0; i < search->n_vms; i++)
		if (search->vms[i].pid == region->pid)
			return i;
	return add_vm(search, xprintf("%s %d", region->process, region->pid),
		      region->pid);
}

static void find_vms(struct search *search)
{
	struct processes processes = { 0 };

	processes_update(&processes, search->mounts, search->n_mounts);
	processes_free(&processes);
	for (size_t m = 0; m < search->n_mounts; m++) {
		struct mount *mount = &search->mounts[m];

		search->owners[m] = xcalloc(mount->n_regions,
					    sizeof(**search->owners));
		for (size_t r = 0; r < mount->n_regions; r++)
			search->owners[m][r] = vm_of(search,
						     &mount->regions[r]);
	}
}

static void name_vm(struct matrix_vm *vm, const struct row_list *known)
{
	for (size_t r = 0; r < known->count; r++) {
		if (known->rows[r].pid != (uint64_t)vm->pid)
			continue;
		free(vm->name);
		vm->name = xstrdup(known->rows[r].name);
	}
}

/* ksmfsd knows better names; who does not ask it has those of processes. */
static void name_vms(struct search *search)
{
	struct ask ask;

	if (ask_vms(1, &ask))
		return;
	for (size_t i = 0; i < search->n_vms; i++)
		if (search->vms[i].pid)
			name_vm(&search->vms[i], &ask.vms);
	ask_free(&ask);
}

static void collect_region(const struct mount *mount,
			   const struct region *region, uint32_t owner,
			   uint32_t domain, struct sharing *sharing)
{
	uint64_t frames[8192];
	struct ksmfs_shared request = {
		.ino = region->info.ino,
		.frames = (uintptr_t)frames,
	};

	while (request.next != KSMFS_SHARED_END) {
		int ret;

		request.count = sizeof(frames) / sizeof(*frames);
		ret = sysio_shared(&mount->at, &request);
		if (ret == -ENOENT)
			return;		/* it has just ended */
		if (ret)
			die(EXIT_FAILED, "cannot read which frames regions of "
			    "%s share: %s: %s", text_for_terminal(mount->path),
			    mount_error(ret), mount_advice(ret));
		for (size_t i = 0; i < request.count; i++)
			sharing_add(sharing, owner, domain, frames[i]);
	}
}

/* Frames of two domains differ, so each domain of each mount has a number. */
static void collect(const struct search *search, struct sharing *sharing)
{
	uint32_t domains = 0;

	for (size_t m = 0; m < search->n_mounts; m++) {
		const struct mount *mount = &search->mounts[m];

		for (size_t r = 0; r < mount->n_regions; r++) {
			const struct region *region = &mount->regions[r];

			collect_region(mount, region, search->owners[m][r],
				       domains +
				       (region->domain - mount->domains),
				       sharing);
		}
		domains += mount->n_domains;
	}
}

static int compare_names(const void *left, const void *right)
{
	const struct matrix_vm *a = left, *b = right;
	int order = strverscmp(a->name, b->name);

	if (!order)
		order = a->pid - b->pid;
	return order ? order : (a->place > b->place) - (a->place < b->place);
}

/* Whose the regions are is known by place, so owners follow when VMs are sorted. */
static void sort_vms(struct search *search)
{
	uint32_t *places = xcalloc(search->n_vms, sizeof(*places));

	for (size_t i = 0; i < search->n_vms; i++)
		search->vms[i].place = i;
	if (search->n_vms)
		qsort(search->vms, search->n_vms, sizeof(*search->vms),
		      compare_names);
	for (size_t i = 0; i < search->n_vms; i++)
		places[search->vms[i].place] = i;
	for (size_t m = 0; m < search->n_mounts; m++)
		for (size_t r = 0; r < search->mounts[m].n_regions; r++)
			search->owners[m][r] = places[search->owners[m][r]];
	free(places);
}

void matrix_load(struct matrix *matrix)
{
	struct sharing *sharing = sharing_new(ROOM);
	struct search search = { 0 };

	load_mounts(&search);
	find_vms(&search);
	name_vms(&search);
	sort_vms(&search);
	collect(&search, sharing);
	*matrix = (struct matrix){
		.vms = search.vms,
		.count = search.n_vms,
		.one_of = sharing_one_of(sharing),
		.frames = sharing_matrix(sharing, search.n_vms),
	};
	sharing_free(sharing);
	for (size_t m = 0; m < search.n_mounts; m++)
		free(search.owners[m]);
	free(search.owners);
	mounts_free(search.mounts, search.n_mounts);
}

void matrix_free(struct matrix *matrix)
{
	for (size_t i = 0; i < matrix->count; i++)
		free(matrix->vms[i].name);
	free(matrix->vms);
	free(matrix->frames);
}
