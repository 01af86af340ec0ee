/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A VM: what its QEMU says, what of its memory is on ksmfs, what the policy
 * decides about it, and doing that.
 *
 * Context of everything: the loop's thread.
 */
#ifndef KSMFSD_VM_H
#define KSMFSD_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "../rows.h"
#include "guest.h"
#include "host.h"
#include "policy.h"

/* A mapping of the VM's process: it may be a region. */
struct piece {
	unsigned int major;
	unsigned int minor;
	uint64_t ino;
};

/**
 * struct vm - a VM
 * @next: in the daemon's list
 * @guest: what its QEMU says; it belongs to the VM
 * @policy: for the policy
 * @on_ksmfs: it has regions, so that the policy has to do with it
 * @listed: it is there; used while VMs are looked for
 * @inflations: how often its balloon was told to take memory
 * @deflations: how often to give some back
 * @reclaimed: bytes that were compressed and swapped for the host's sake
 *
 * @loop: the event loop
 * @pid: its process, as of the last round
 * @pieces: what that maps
 * @n_pieces: how many
 * @located: since when, by the loop's clock; 0: not yet
 * @locating: a worker looks for them
 * @reclaiming: a worker takes memory from it
 * @taken: bytes that workers took from it since the log was told
 * @gone: to be freed when no worker has to do with it
 * @was_on_ksmfs: what the log was told last: 0 nothing, 1 yes, -1 no
 * @was_unresponsive: what the log was told last
 * @was_reclaimed: likewise
 * @reclaim_failed: likewise
 * @limit_failed: likewise
 */
struct vm {
	struct vm *next;
	struct guest *guest;
	struct policy_vm policy;
	bool on_ksmfs;
	bool listed;
	uint64_t inflations;
	uint64_t deflations;
	uint64_t reclaimed;

	/* private: */
	uv_loop_t *loop;
	int pid;
	struct piece *pieces;
	size_t n_pieces;
	uint64_t located;
	bool locating;
	bool reclaiming;
	uint64_t taken;
	bool gone;
	int was_on_ksmfs;
	bool was_unresponsive;
	bool was_reclaimed;
	bool reclaim_failed;
	bool limit_failed;
};

/**
 * vm_new() - a VM has come
 * @loop: the event loop
 * @guest: what its QEMU says
 *
 * Return: the VM, to be ended with vm_free().
 */
struct vm *vm_new(uv_loop_t *loop, struct guest *guest);

/**
 * vm_see() - fill in what the policy sees of it
 * @vm: the VM
 * @host: as seen last
 * @settings: what is wanted for it
 */
void vm_see(struct vm *vm, const struct host *host,
	    const struct vm_settings *settings);

/* Does what the policy has decided. */
void vm_act(struct vm *vm, const struct host *host);

/* Takes its limits away, so that it need not wait for anybody. */
void vm_release(struct vm *vm, const struct host *host);

/**
 * vm_regions() - which regions are a VM's
 * @vm: the VM
 * @mounts: with their regions
 * @n_mounts: how many
 * @found: called for each
 * @context: for @found
 */
void vm_regions(const struct vm *vm, struct mount *mounts, size_t n_mounts,
		void (*found)(void *context, const struct mount *mount,
			      const struct region *region),
		void *context);

/* Its numbers; to be freed by row_free(). */
struct row vm_row(const struct vm *vm);

/* It has gone, or the daemon ends. */
void vm_free(struct vm *vm);

#endif /* KSMFSD_VM_H */
