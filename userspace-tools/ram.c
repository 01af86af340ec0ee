// SPDX-License-Identifier: GPL-2.0
/*
 * Which memory of a process is guest RAM.
 */
#include <stdlib.h>
#include <string.h>

#include "ram.h"
#include "sysio.h"
#include "text.h"
#include "tool.h"

#define MIN_RAM (16ULL << 20)

static const char *file_system(const struct ram_sight *sight,
			       const struct mapping *map)
{
	for (size_t i = 0; i < sight->count; i++)
		if (sight->mounts[i].major == map->major &&
		    sight->mounts[i].minor == map->minor)
			return sight->mounts[i].type;
	return "";
}

enum backing ram_backing(const struct ram_sight *sight,
			 const struct mapping *map)
{
	const char *type = file_system(sight, map);

	if (!map->ino)
		return ANONYMOUS;
	if (!strcmp(type, "ksmfs"))
		return map->perms[3] == 's' ? KSMFS_SHARED : KSMFS_PRIVATE;
	if (text_starts_with(map->path, "/memfd:"))
		return MEMFD;
	if (!strcmp(type, "hugetlbfs") ||
	    text_starts_with(map->path, "/anon_hugepage"))
		return HUGETLBFS;
	if (!strcmp(type, "tmpfs"))
		return TMPFS;
	if (text_starts_with(map->path, "/dev/zero") ||
	    text_starts_with(map->path, "/SYSV"))
		return ANONYMOUS;
	return OTHER;
}

bool ram_may_be(const struct mapping *map, enum backing backing)
{
	if (map->perms[1] != 'w' || map->perms[2] == 'x')
		return false;
	return map->bytes >= MIN_RAM || backing == KSMFS_SHARED ||
	       backing == KSMFS_PRIVATE;
}

/* Do both show the same part of the same file? */
static bool overlap(const struct mapping *a, const struct mapping *b)
{
	return a->ino && a->ino == b->ino && a->major == b->major &&
	       a->minor == b->minor && a->offset < b->offset + b->bytes &&
	       b->offset < a->offset + a->bytes;
}

static bool is_shown(const struct mapping *maps, size_t count,
		     const struct mapping *map)
{
	for (size_t i = 0; i < count; i++)
		if (overlap(&maps[i], map))
			return true;
	return false;
}

/* Moves the mappings of RAM to the front, frees the others; returns how many. */
static size_t pick(struct mapping *maps, size_t count,
		   const struct ram_sight *sight, bool anonymous)
{
	size_t picked = 0;

	for (size_t i = 0; i < count; i++) {
		enum backing backing = ram_backing(sight, &maps[i]);
		bool is_anonymous = backing == ANONYMOUS;

		if (ram_may_be(&maps[i], backing) &&
		    is_anonymous == anonymous &&
		    !is_shown(maps, picked, &maps[i]))
			maps[picked++] = maps[i];
		else
			free(maps[i].path);
	}
	return picked;
}

static bool has_more_than_anonymous(const struct mapping *maps, size_t count,
				    const struct ram_sight *sight)
{
	for (size_t i = 0; i < count; i++) {
		enum backing backing = ram_backing(sight, &maps[i]);

		if (backing != ANONYMOUS && ram_may_be(&maps[i], backing))
			return true;
	}
	return false;
}

int ram_find(int pid, struct mapping **maps, size_t *count)
{
	struct ram_sight sight = { 0 };
	int ret = maps_read(pid, maps, count);

	if (ret)
		return ret;
	ret = mountinfo_read(pid, &sight.mounts, &sight.count);
	if (ret) {
		maps_free(*maps, *count);
		return ret;
	}
	*count = pick(*maps, *count, &sight,
		      !has_more_than_anonymous(*maps, *count, &sight));
	mountinfo_free(sight.mounts, sight.count);
	return 0;
}

size_t ram_each_vm(ram_visit *visit, void *context)
{
	size_t n_pids, n_vms = 0;
	int *pids;
	int ret = sysio_processes(&pids, &n_pids);

	if (ret)
		die(EXIT_FAILED, "cannot list /proc: %s: is it mounted?",
		    strerror(-ret));
	for (size_t i = 0; i < n_pids; i++) {
		char *process = process_name(pids[i]);

		if (process && process_is_vm(pids[i], process)) {
			visit(context, pids[i], process);
			n_vms++;
		}
		free(process);
	}
	free(pids);
	return n_vms;
}
