/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The mounts, their domains and their regions, with names.
 *
 * A region's numbers come from the kernel by inode number; its name from one
 * walk over the directories of its mount.  An unlinked region has no name,
 * but a process that maps it can be found.
 */
#ifndef _KSMFS_REGIONS_H
#define _KSMFS_REGIONS_H

#include <stddef.h>
#include <stdint.h>

#include <uapi/ksmfs.h>

#include "sysio.h"

/**
 * struct region - one region
 * @info: its numbers, from the kernel
 * @name: path below the file system's root; NULL if unlinked or out of sight
 * @domain: its domain
 * @pid: a process that maps it, if one was looked for and found; or 0
 * @process: name of that process; or NULL
 */
struct region {
	struct ksmfs_region_info info;
	char *name;
	struct domain *domain;
	int pid;
	char *process;
};

/**
 * struct domain - one merge domain that has regions
 * @ino: inode number of its directory
 * @name: its directory, "/" for the root domain; NULL if the directory is
 *	gone or out of sight
 * @sum: the sum of its regions' numbers
 * @regions: its regions by name, those without one last
 * @count: how many
 */
struct domain {
	uint64_t ino;
	char *name;
	struct ksmfs_region_info sum;
	struct region **regions;
	size_t count;
};

/**
 * struct mount - one ksmfs mount
 * @at: where it is
 * @path: its mount point
 * @root: what of the file system is there: "/", or less if it is bound
 * @space: its size and what is free, in bytes
 * @sum: the sum of its regions' numbers
 * @domains: the root domain first, then by name
 * @regions: by inode number
 * @grouped: the same by domain, for the domains to point into
 */
struct mount {
	struct sysio_mount at;
	char *path;
	char *root;
	struct sysio_space space;
	struct ksmfs_region_info sum;
	struct domain *domains;
	size_t n_domains;
	struct region *regions;
	struct region **grouped;
	size_t n_regions;
};

/*
 * The ksmfs mounts of /proc/self/mountinfo, each once however often it is
 * bound elsewhere; numbers are not yet filled in.  0 or a negative errno.
 */
int mounts_find(struct mount **mounts, size_t *count);

/*
 * Fills in the numbers of one mount: its space and its regions, not its sums
 * and domains.  0 or a negative errno.
 */
int mount_load_numbers(struct mount *mount);

/* Fills in the numbers and names of one mount.  0 or a negative errno. */
int mount_load(struct mount *mount);

/* Their names, or what stands for one; to be freed. */
char *domain_label(const struct domain *domain);
char *region_label(const struct region *region);

/* The same, fit for a terminal. */
char *domain_title(const struct domain *domain);
char *region_title(const struct region *region);

/* What an error of mount_load() means, and what to do about it. */
const char *mount_error(int error);
const char *mount_advice(int error);

/* Finds who maps the unlinked regions of all mounts. */
void mounts_find_owners(struct mount *mounts, size_t count);

struct mapping;

/* The mount and the region that process memory maps; NULL if it is none. */
struct mount *mounts_mount_of(struct mount *mounts, size_t count,
			      const struct mapping *map);
struct region *mounts_region_of(struct mount *mounts, size_t count,
				const struct mapping *map);

void mounts_free(struct mount *mounts, size_t count);

#endif /* _KSMFS_REGIONS_H */
