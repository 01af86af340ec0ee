// SPDX-License-Identifier: GPL-2.0
/*
 * The mounts, their domains and their regions, with names.
 *
 * Nothing here is quadratic: the kernel lists regions by inode number, so
 * names and owners find theirs by binary search, and domains are groups of
 * pointers sorted once.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "maps.h"
#include "regions.h"
#include "text.h"
#include "tool.h"

static void add(struct ksmfs_region_info *sum,
		const struct ksmfs_region_info *info)
{
	sum->pages += info->pages;
	sum->priv += info->priv;
	sum->shared += info->shared;
	sum->zero += info->zero;
	sum->packed += info->packed;
	sum->swapped += info->swapped;
	sum->holes += info->holes;
	sum->frames += info->frames;
	sum->merges += info->merges;
	sum->breaks += info->breaks;
	sum->punched += info->punched;
	sum->vain += info->vain;
	sum->fetched += info->fetched;
	sum->stalls += info->stalls;
	sum->active += info->active;
}

static struct mount *find_mount(struct mount *mounts, size_t count,
				unsigned int major, unsigned int minor)
{
	for (size_t i = 0; i < count; i++)
		if (mounts[i].at.major == major && mounts[i].at.minor == minor)
			return &mounts[i];
	return NULL;
}

int mounts_find(struct mount **mounts, size_t *count)
{
	struct mountinfo *infos;
	struct mount *found, *old;
	size_t n_infos, n = 0;
	int ret = mountinfo_read(0, &infos, &n_infos);

	if (ret)
		return ret;
	found = xrealloc(NULL, n_infos + 1, sizeof(*found));
	for (size_t i = 0; i < n_infos; i++) {
		struct mountinfo *info = &infos[i];

		if (strcmp(info->type, "ksmfs"))
			continue;
		old = find_mount(found, n, info->major, info->minor);
		if (!old) {
			old = &found[n++];
			*old = (struct mount){ 0 };
		} else if (strlen(info->root) >= strlen(old->root)) {
			continue;	/* sees no more than the other */
		}
		free(old->path);
		free(old->root);
		old->path = xstrdup(info->path);
		old->root = xstrdup(info->root);
		old->at = (struct sysio_mount){
			old->path, info->major, info->minor
		};
	}
	mountinfo_free(infos, n_infos);
	*mounts = found;
	*count = n;
	return 0;
}

static int compare_ino(const void *left, const void *right)
{
	const struct region *a = left, *b = right;

	return a->info.ino < b->info.ino ? -1 : a->info.ino > b->info.ino;
}

static struct region *find_region(const struct mount *mount, uint64_t ino)
{
	const struct region key = { .info.ino = ino };

	return bsearch(&key, mount->regions, mount->n_regions, sizeof(key),
		       compare_ino);
}

/* A directory that is a domain, found on the walk. */
struct directory {
	uint64_t ino;
	char *name;
};

struct name_walk {
	struct mount *mount;
	struct directory *directories;
	size_t used;
	size_t room;
};

static void add_directory(struct name_walk *walk, const char *name,
			  uint64_t ino)
{
	if (walk->used == walk->room) {
		walk->room = walk->room ? walk->room * 2 : 16;
		walk->directories = xrealloc(walk->directories, walk->room,
					     sizeof(*walk->directories));
	}
	walk->directories[walk->used++] = (struct directory){
		ino, xstrdup(*name ? name : "/")
	};
}

/* Of several names of a region, the first by the alphabet is shown. */
static void visit(void *context, const char *path, int depth, bool is_dir,
		  uint64_t ino)
{
	struct name_walk *walk = context;
	const char *root = walk->mount->root + 1;	/* without its slash */
	const char *slash = *root && *path ? "/" : "";
	struct region *region;
	char *name;

	if (is_dir) {
		if (depth > 1)
			return;
		name = xprintf("%s%s%s", root, slash, path);
		if (!strchr(name, '/'))
			add_directory(walk, name, ino);
		free(name);
		return;
	}
	region = find_region(walk->mount, ino);
	if (!region)
		return;		/* made after the numbers were read */
	name = xprintf("%s%s%s", root, slash, path);
	if (!region->name || strcmp(name, region->name) < 0) {
		free(region->name);
		region->name = name;
	} else {
		free(name);
	}
}

/* What has no name comes last; vm2 comes before vm10. */
static int compare_names(const char *a, const char *b)
{
	if (!a || !b)
		return !a - !b;
	return strverscmp(a, b);
}

static int compare_regions(const void *left, const void *right)
{
	const struct region *a = *(struct region *const *)left;
	const struct region *b = *(struct region *const *)right;
	int order;

	if (a->info.domain != b->info.domain)
		return a->info.domain < b->info.domain ? -1 : 1;
	order = compare_names(a->name, b->name);
	return order ? order : compare_ino(a, b);
}

static int compare_domains(const void *left, const void *right)
{
	const struct domain *a = left, *b = right;
	int order = compare_names(a->name, b->name);

	if (order)
		return order;
	return a->ino < b->ino ? -1 : a->ino > b->ino;
}

static int compare_directories(const void *left, const void *right)
{
	const struct directory *a = left, *b = right;

	return a->ino < b->ino ? -1 : a->ino > b->ino;
}

static char *domain_name(struct name_walk *walk, uint64_t ino)
{
	struct directory key = { .ino = ino }, *found = NULL;

	if (walk->used)
		found = bsearch(&key, walk->directories, walk->used,
				sizeof(key), compare_directories);
	return found ? xstrdup(found->name) : NULL;
}

static void build_domains(struct mount *mount, struct name_walk *walk)
{
	struct domain *domain = NULL;

	if (walk->used)
		qsort(walk->directories, walk->used,
		      sizeof(*walk->directories), compare_directories);
	qsort(mount->grouped, mount->n_regions, sizeof(*mount->grouped),
	      compare_regions);
	for (size_t i = 0; i < mount->n_regions; i++) {
		const struct ksmfs_region_info *info =
			&mount->grouped[i]->info;

		if (!domain || domain->ino != info->domain) {
			domain = &mount->domains[mount->n_domains++];
			*domain = (struct domain){
				.ino = info->domain,
				.name = domain_name(walk, info->domain),
				.regions = &mount->grouped[i],
			};
		}
		domain->count++;
		add(&domain->sum, info);
		add(&mount->sum, info);
	}
	qsort(mount->domains, mount->n_domains, sizeof(*domain),
	      compare_domains);
	for (size_t d = 0; d < mount->n_domains; d++)
		for (size_t r = 0; r < mount->domains[d].count; r++)
			mount->domains[d].regions[r]->domain =
				&mount->domains[d];
}

int mount_load_numbers(struct mount *mount)
{
	struct ksmfs_region_info *infos;
	size_t count;
	int ret;

	ret = sysio_space(&mount->at, &mount->space);
	if (!ret)
		ret = sysio_regions(&mount->at, &infos, &count);
	if (ret)
		return ret;
	mount->regions = xrealloc(NULL, count + 1, sizeof(*mount->regions));
	mount->grouped = xrealloc(NULL, count + 1, sizeof(*mount->grouped));
	mount->domains = xrealloc(NULL, count + 1, sizeof(*mount->domains));
	mount->n_regions = count;
	for (size_t i = 0; i < count; i++) {
		mount->regions[i] = (struct region){ .info = infos[i] };
		mount->grouped[i] = &mount->regions[i];
	}
	free(infos);
	return 0;
}

int mount_load(struct mount *mount)
{
	struct name_walk walk = { .mount = mount };
	int ret = mount_load_numbers(mount);

	if (ret)
		return ret;
	ret = sysio_walk(mount->path, visit, &walk);
	if (!ret)
		build_domains(mount, &walk);
	for (size_t i = 0; i < walk.used; i++)
		free(walk.directories[i].name);
	free(walk.directories);
	return ret;
}

char *domain_label(const struct domain *domain)
{
	if (domain->name)
		return xstrdup(domain->name);
	return xprintf("(no name) inode %" PRIu64, domain->ino);
}

char *region_label(const struct region *region)
{
	const char *why = region->info.nlink ? "no name" : "unlinked";

	if (region->name)
		return xstrdup(region->name);
	if (region->pid)
		return xprintf("(%s) %s %d", why, region->process, region->pid);
	return xprintf("(%s) inode %" PRIu64, why,
		       (uint64_t)region->info.ino);
}

/* Takes @label over. */
static char *title_of(char *label)
{
	char *title = text_for_terminal(label);

	free(label);
	return title;
}

char *domain_title(const struct domain *domain)
{
	return title_of(domain_label(domain));
}

char *region_title(const struct region *region)
{
	return title_of(region_label(region));
}

const char *mount_error(int error)
{
	return error == -ESTALE ? "it is hidden" : strerror(-error);
}

const char *mount_advice(int error)
{
	switch (error) {
	case -EPERM:
	case -EACCES:
		return "run ksmfs as root";
	case -ESTALE:
		return "umount what is mounted over it";
	case -ENOTTY:
		return "module and command are of different versions";
	default:
		return "the kernel log may say more";
	}
}

struct mount *mounts_mount_of(struct mount *mounts, size_t count,
			      const struct mapping *map)
{
	return find_mount(mounts, count, map->major, map->minor);
}

struct region *mounts_region_of(struct mount *mounts, size_t count,
				const struct mapping *map)
{
	struct mount *mount = mounts_mount_of(mounts, count, map);

	return mount && mount->regions ? find_region(mount, map->ino) : NULL;
}

static void find_owned_by(int pid, struct mount *mounts, size_t count)
{
	struct mapping *maps;
	size_t n_maps;

	if (maps_read(pid, &maps, &n_maps))
		return;		/* gone, or none of our business */
	for (size_t i = 0; i < n_maps; i++) {
		struct region *region = mounts_region_of(mounts, count,
							 &maps[i]);

		if (!region || region->name || region->pid)
			continue;
		region->process = process_name(pid);
		if (region->process)
			region->pid = pid;
	}
	maps_free(maps, n_maps);
}

static bool any_unnamed(const struct mount *mounts, size_t count)
{
	for (size_t m = 0; m < count; m++)
		for (size_t r = 0; r < mounts[m].n_regions; r++)
			if (!mounts[m].regions[r].name)
				return true;
	return false;
}

void mounts_find_owners(struct mount *mounts, size_t count)
{
	size_t n_pids;
	int *pids;

	if (!any_unnamed(mounts, count) || sysio_processes(&pids, &n_pids))
		return;
	for (size_t i = 0; i < n_pids; i++)
		find_owned_by(pids[i], mounts, count);
	free(pids);
}

void mounts_free(struct mount *mounts, size_t count)
{
	for (size_t m = 0; m < count; m++) {
		struct mount *mount = &mounts[m];

		for (size_t i = 0; i < mount->n_domains; i++)
			free(mount->domains[i].name);
		for (size_t i = 0; i < mount->n_regions; i++) {
			free(mount->regions[i].name);
			free(mount->regions[i].process);
		}
		free(mount->domains);
		free(mount->regions);
		free(mount->grouped);
		free(mount->path);
		free(mount->root);
	}
	free(mounts);
}
