/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The libvirt of this host: which VMs it runs, and talking to them by it.
 *
 * A ksmfsd that is built without libvirt has libvirt_none.c for all of this.
 *
 * Context of everything: the loop's thread.
 */
#ifndef KSMFSD_LIBVIRT_H
#define KSMFSD_LIBVIRT_H

#include <stdbool.h>
#include <uv.h>

struct guest;
struct libvirt;

/* If not, libvirt_open() must not be called. */
extern const bool libvirt_is_built;

/**
 * libvirt_open() - begin to talk to libvirt
 * @loop: the event loop
 * @uri: which
 * @period: seconds in which guests are to give statistics
 * @hands_off: change nothing about VMs
 *
 * Return: the libvirt, to be ended with libvirt_close().
 */
struct libvirt *libvirt_open(uv_loop_t *loop, const char *uri,
			     unsigned int period, bool hands_off);

/* Connects again if it is time, and asks which VMs it runs. */
void libvirt_poll(struct libvirt *libvirt);

/**
 * libvirt_find() - the VMs it runs, as it said last
 * @libvirt: the libvirt
 * @found: called for each
 * @context: for @found
 */
void libvirt_find(const struct libvirt *libvirt,
		  void (*found)(void *context, const char *uuid,
				const char *name),
		  void *context);

/**
 * libvirt_guest_new() - begin to talk to a VM by libvirt
 * @libvirt: what runs it; it must not be closed before the guest is freed
 * @uuid: of the VM, which is also the guest's id
 * @name: of the VM
 *
 * Return: the guest, to be ended by its kind.
 */
struct guest *libvirt_guest_new(struct libvirt *libvirt, const char *uuid,
				const char *name);

/* Ends it, once no worker has to do with it. */
void libvirt_close(struct libvirt *libvirt);

#endif /* KSMFSD_LIBVIRT_H */
