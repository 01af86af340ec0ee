// SPDX-License-Identifier: GPL-2.0
/*
 * A VM.
 *
 * Which regions are a VM's is told by what its process maps: device and inode
 * number.  Reading that can take long, as it needs a lock of the process that
 * somebody may hold who waits for a frame, and we are the one to find him
 * one.  So a worker does it, when the VM is new and then once in a while.
 *
 * Taking memory takes long, too.  At most one worker takes memory from a VM
 * at a time, and not more at once than it can do soon, for it cannot be
 * stopped.
 *
 * Lifetime: a worker knows its VM by address.  vm_free() of a VM that a worker
 * has to do with only marks it; the worker's end frees it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../maps.h"
#include "../sysio.h"
#include "../text.h"
#include "../tool.h"
#include "log.h"
#include "vm.h"

#define LOCATE_EVERY_MS 60000
#define RECLAIM_MAX (256ULL << 20)

struct vm *vm_new(uv_loop_t *loop, struct guest *guest)
{
	struct vm *vm = xrealloc(NULL, 1, sizeof(*vm));

	*vm = (struct vm){
		.loop = loop,
		.guest = guest,
		.policy.since = uv_now(loop),
	};
	return vm;
}

static void free_if_idle(struct vm *vm)
{
	if (!vm->gone || vm->locating || vm->reclaiming)
		return;
	free(vm->pieces);
	free(vm);
}

void vm_free(struct vm *vm)
{
	vm->guest->kind->free(vm->guest);
	vm->guest = NULL;
	vm->gone = true;
	free_if_idle(vm);
}

/* Looking for the pieces. */
struct location {
	uv_work_t work;
	struct vm *vm;
	int pid;
	struct piece *pieces;
	size_t n_pieces;
};

static bool has_piece(const struct location *location,
		      const struct mapping *map)
{
	for (size_t i = 0; i < location->n_pieces; i++)
		if (location->pieces[i].major == map->major &&
		    location->pieces[i].minor == map->minor &&
		    location->pieces[i].ino == map->ino)
			return true;
	return false;
}

static void locate_work(uv_work_t *work)
{
	struct location *location = work->data;
	struct mapping *maps;
	size_t n_maps;

	if (maps_read(location->pid, &maps, &n_maps))
		return;		/* it has gone: it maps nothing */
	location->pieces = xrealloc(NULL, n_maps + 1,
				    sizeof(*location->pieces));
	for (size_t i = 0; i < n_maps; i++) {
		const struct mapping *map = &maps[i];

		if (!map->ino || map->perms[1] != 'w' ||
		    has_piece(location, map))
			continue;
		location->pieces[location->n_pieces++] = (struct piece){
			map->major, map->minor, map->ino
		};
	}
	maps_free(maps, n_maps);
}

static void located(uv_work_t *work, int status)
{
	struct location *location = work->data;
	struct vm *vm = location->vm;

	(void)status;		/* nobody cancels it */
	vm->locating = false;
	if (location->pid == vm->pid) {
		free(vm->pieces);
		vm->pieces = location->pieces;
		vm->n_pieces = location->n_pieces;
		vm->located = uv_now(vm->loop);
	} else {
		free(location->pieces);
	}
	free(location);
	free_if_idle(vm);
}

/* There is another process where it was: it is another VM. */
static void start_afresh(struct vm *vm)
{
	vm->pid = vm->guest->pid;
	vm->n_pieces = 0;
	vm->located = 0;
	vm->was_on_ksmfs = 0;
	vm->policy = (struct policy_vm){ .since = uv_now(vm->loop) };
}

static void locate(struct vm *vm)
{
	struct location *location;
	uint64_t age;

	if (vm->guest->pid != vm->pid)
		start_afresh(vm);
	age = uv_now(vm->loop) - vm->located;
	if (!vm->pid || vm->locating ||
	    (vm->located && vm->guest->ready && age < LOCATE_EVERY_MS))
		return;
	location = xrealloc(NULL, 1, sizeof(*location));
	*location = (struct location){ .vm = vm, .pid = vm->pid };
	location->work.data = location;
	vm->locating = true;
	uv_queue_work(vm->loop, &location->work, locate_work, located);
}

static struct region *find_region(struct mount *mounts, size_t n_mounts,
				  const struct piece *piece,
				  struct mount **mount)
{
	const struct mapping map = {
		.major = piece->major, .minor = piece->minor,
		.ino = piece->ino,
	};

	*mount = mounts_mount_of(mounts, n_mounts, &map);
	return mounts_region_of(mounts, n_mounts, &map);
}

static struct region *region_of(const struct host *host,
				const struct piece *piece,
				struct mount **mount)
{
	return find_region(host->mounts, host->n_mounts, piece, mount);
}

void vm_regions(const struct vm *vm, struct mount *mounts, size_t n_mounts,
		void (*found)(void *context, const struct mount *mount,
			      const struct region *region),
		void *context)
{
	for (size_t i = 0; i < vm->n_pieces; i++) {
		struct mount *mount;
		const struct region *region;

		region = find_region(mounts, n_mounts, &vm->pieces[i], &mount);
		if (region)
			found(context, mount, region);
	}
}

static void see_memory(struct vm *vm, const struct host *host)
{
	uint64_t page = sysconf(_SC_PAGESIZE);
	struct vm_view *view = &vm->policy.view;
	struct mount *mount;

	vm->on_ksmfs = false;
	for (size_t i = 0; i < vm->n_pieces; i++) {
		struct region *region = region_of(host, &vm->pieces[i],
						  &mount);
		const struct ksmfs_region_info *info;

		if (!region)
			continue;
		info = &region->info;
		view->configured += info->pages * page;
		view->priv += info->priv * page;
		view->shared += (info->shared + info->zero) * page;
		view->packed += info->packed * page;
		view->swapped += info->swapped * page;
		view->holes += info->holes * page;
		view->frames += info->frames * page;
		view->strict |= info->flags & KSMFS_REGION_STRICT;
		view->active += info->active * page;
		view->active_known = info->periods &&
			(!vm->on_ksmfs || view->active_known);
		view->stalls += info->stalls;
		view->fetched += info->fetched * page;
		vm->on_ksmfs = true;
	}
}

static void tell(struct vm *vm)
{
	int on_ksmfs = vm->on_ksmfs ? 1 : -1;

	if (!vm->located || on_ksmfs == vm->was_on_ksmfs)
		return;
	vm->was_on_ksmfs = on_ksmfs;
	if (vm->on_ksmfs)
		log_say(LOG_NOTICE, "%s: process %d has %s on ksmfs",
			vm->guest->title, vm->guest->pid,
			text_size(vm->policy.view.configured).text);
	else
		log_say(LOG_NOTICE, "%s: process %d has no memory on ksmfs: "
			"it is left alone", vm->guest->title, vm->guest->pid);
}

void vm_see(struct vm *vm, const struct host *host,
	    const struct vm_settings *settings)
{
	struct vm_view *view = &vm->policy.view;
	const struct guest *guest = vm->guest;

	locate(vm);
	*view = (struct vm_view){ 0 };
	see_memory(vm, host);
	tell(vm);
	vm->policy.name = guest->title;
	vm->policy.settings = *settings;
	view->has_balloon = guest_has_balloon(guest);
	view->actual = view->has_balloon ? guest->actual : 0;
	view->stats = guest->stats;
}

/* Taking memory: a part from each region. */
struct part {
	struct sysio_mount mount;
	char *path;
	struct ksmfs_reclaim reclaim;
};

struct reclaim {
	uv_work_t work;
	struct vm *vm;
	struct part *parts;
	size_t n_parts;
	uint64_t taken;
	int error;
};

static void reclaim_work(uv_work_t *work)
{
	struct reclaim *reclaim = work->data;

	for (size_t i = 0; i < reclaim->n_parts; i++) {
		struct part *part = &reclaim->parts[i];
		int ret;

		part->mount.path = part->path;
		ret = sysio_reclaim(&part->mount, &part->reclaim);
		if (!ret)
			reclaim->taken += part->reclaim.pages;
		else if (ret != -ENOENT)	/* a region may go */
			reclaim->error = ret;
	}
}

static void reclaimed(uv_work_t *work, int status)
{
	struct reclaim *reclaim = work->data;
	struct vm *vm = reclaim->vm;

	(void)status;		/* nobody cancels it */
	if (!vm->gone && reclaim->error && !vm->reclaim_failed)
		log_say(LOG_WARNING, "%s: cannot take memory from it: %s",
			vm->guest->title, strerror(-reclaim->error));
	vm->reclaim_failed = reclaim->error;
	vm->taken += reclaim->taken * sysconf(_SC_PAGESIZE);
	vm->reclaimed += reclaim->taken * sysconf(_SC_PAGESIZE);
	vm->reclaiming = false;
	for (size_t i = 0; i < reclaim->n_parts; i++)
		free(reclaim->parts[i].path);
	free(reclaim->parts);
	free(reclaim);
	free_if_idle(vm);
}

/* Of @amount, the part that @of is of @all: no overflow below 2^64 pages. */
static uint64_t share(uint64_t amount, uint64_t of, uint64_t all)
{
	return (unsigned __int128)amount * of / all;
}

/* The log is told when it begins and when it ends, not of every round. */
static void tell_reclaim(struct vm *vm)
{
	bool wanted = vm->policy.decision.reclaim;

	if (wanted == vm->was_reclaimed)
		return;
	vm->was_reclaimed = wanted;
	if (wanted)
		log_say(LOG_INFO, "%s: take memory by compressing and "
			"swapping: %s", vm->guest->title,
			vm->policy.decision.reason);
	else
		log_say(LOG_INFO, "%s: no more is compressed and swapped; it "
			"was %s", vm->guest->title,
			text_size(vm->taken).text);
	vm->taken = 0;
}

static void start_reclaim(struct vm *vm, const struct host *host)
{
	uint64_t page = sysconf(_SC_PAGESIZE);
	uint64_t wanted = vm->policy.decision.reclaim;
	uint64_t all = vm->policy.view.priv / page;
	struct reclaim *reclaim;
	struct mount *mount;

	if (vm->reclaiming)
		return;
	tell_reclaim(vm);
	if (!wanted || !all)
		return;
	if (wanted > RECLAIM_MAX)
		wanted = RECLAIM_MAX;
	reclaim = xrealloc(NULL, 1, sizeof(*reclaim));
	*reclaim = (struct reclaim){ .vm = vm };
	reclaim->work.data = reclaim;
	reclaim->parts = xrealloc(NULL, vm->n_pieces, sizeof(*reclaim->parts));
	for (size_t i = 0; i < vm->n_pieces; i++) {
		struct region *region = region_of(host, &vm->pieces[i],
						  &mount);
		uint64_t pages;

		if (!region)
			continue;
		pages = share(wanted / page, region->info.priv, all);
		if (!pages)
			continue;
		reclaim->parts[reclaim->n_parts++] = (struct part){
			.mount = mount->at, .path = xstrdup(mount->path),
			.reclaim = { .ino = region->info.ino, .pages = pages },
		};
	}
	vm->reclaiming = true;
	uv_queue_work(vm->loop, &reclaim->work, reclaim_work, reclaimed);
}

/* @bytes: as the decision has it.  By the size of the regions. */
static void set_limit(struct vm *vm, const struct host *host, uint64_t bytes)
{
	uint64_t page = sysconf(_SC_PAGESIZE);
	uint64_t all = vm->policy.view.configured / page;
	struct mount *mount;
	bool changed = false;
	int ret, error = 0;

	for (size_t i = 0; i < vm->n_pieces; i++) {
		struct region *region = region_of(host, &vm->pieces[i],
						  &mount);
		struct ksmfs_limit limit = { 0 };

		if (!region || !all)
			continue;
		limit.ino = region->info.ino;
		if (bytes)
			limit.frames = share(bytes / page, region->info.pages,
					     all) + 1;
		if (limit.frames == region->info.limit)
			continue;
		changed |= !limit.frames != !region->info.limit;
		ret = sysio_limit(&mount->at, &limit);
		if (ret && ret != -ENOENT)	/* a region may go */
			error = ret;
	}
	if (error && !vm->limit_failed)
		log_say(LOG_WARNING, "%s: cannot set its limit: %s",
			vm->guest->title, strerror(-error));
	else if (changed && !error)
		log_say(LOG_INFO, bytes ? "%s: has to wait beyond %s: %s" :
			"%s: need not wait any more", vm->guest->title,
			text_size(bytes).text, vm->policy.decision.reason);
	vm->limit_failed = error;
}

void vm_act(struct vm *vm, const struct host *host)
{
	const struct vm_decision *decision = &vm->policy.decision;

	if (decision->unresponsive != vm->was_unresponsive)
		log_say(LOG_WARNING, decision->unresponsive ?
			"%s: its balloon does not do what it is told" :
			"%s: its balloon does what it is told again",
			vm->guest->title);
	vm->was_unresponsive = decision->unresponsive;
	if (decision->move_balloon) {
		log_say(LOG_INFO, "%s: balloon from %s to %s: %s",
			vm->guest->title,
			text_size(vm->policy.view.actual).text,
			text_size(decision->target).text, decision->reason);
		guest_set_balloon(vm->guest, decision->target);
		if (decision->target < vm->policy.view.actual)
			vm->inflations++;
		else
			vm->deflations++;
	}
	start_reclaim(vm, host);
	set_limit(vm, host, decision->limit);
}

void vm_release(struct vm *vm, const struct host *host)
{
	if (vm->on_ksmfs)
		set_limit(vm, host, 0);
}

struct row vm_row(const struct vm *vm)
{
	const struct vm_view *view = &vm->policy.view;
	const struct vm_decision *decision = &vm->policy.decision;
	struct row row = {
		.name = xstrdup(vm->guest->title),
		.pid = vm->guest->pid,
		.status = xstrdup(decision->unresponsive ?
				  "the balloon does not follow" :
				  vm->guest->status),
	};

	if (!vm->on_ksmfs)
		return row;
	row_set(&row, ROW_configured, view->configured);
	row_set(&row, ROW_private, view->priv);
	row_set(&row, ROW_shared, view->shared);
	row_set(&row, ROW_packed, view->packed);
	row_set(&row, ROW_swapped, view->swapped);
	if (view->has_balloon) {
		uint64_t granted = view->actual < view->configured ?
				   view->actual : view->configured;

		row_set(&row, ROW_granted, granted);
		row_set(&row, ROW_ballooned, view->configured - granted);
	}
	if (view->active_known)
		row_set(&row, ROW_active, view->active);
	row_set(&row, ROW_wanted, decision->wanted);
	row_set(&row, ROW_pressure, decision->pressure);
	row_set(&row, ROW_target, decision->target);
	return row;
}
