/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A QEMU with a QMP socket for us.
 *
 * Context of everything: the loop's thread.
 */
#ifndef KSMFSD_QMP_GUEST_H
#define KSMFSD_QMP_GUEST_H

#include <stdbool.h>
#include <uv.h>

struct guest;

/**
 * qmp_guest_new() - begin to talk to a QEMU
 * @loop: the event loop
 * @path: of its socket, which is also the guest's id
 * @period: seconds in which its guest is to give statistics
 * @hands_off: change nothing about it
 *
 * Return: the guest, to be ended by its kind.
 */
struct guest *qmp_guest_new(uv_loop_t *loop, const char *path,
			    unsigned int period, bool hands_off);

#endif /* KSMFSD_QMP_GUEST_H */
