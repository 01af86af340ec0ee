/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What ksmfsd says of the host and of its VMs.
 */
#ifndef _KSMFS_ASK_H
#define _KSMFS_ASK_H

#include "json.h"
#include "rows.h"

/**
 * struct ask - an answer of ksmfsd
 * @object: all of it
 * @vms: what it says of each VM
 */
struct ask {
	struct json_object *object;
	struct row_list vms;
};

/**
 * ask_vms() - have ksmfsd say what it knows
 * @patience: how many seconds to wait for it
 * @ask: what it says; empty unless 0 is returned; ask_free() when done
 *
 * Return: 0, -ENOENT if it does not run, -EBADMSG if it says something
 * unknown, -EAGAIN if it says nothing, or another negative errno.
 */
int ask_vms(unsigned int patience, struct ask *ask);

/* What an error of ask_vms() means, and what to do about it. */
const char *ask_error(int error);
const char *ask_advice(int error);

void ask_free(struct ask *ask);

#endif /* _KSMFS_ASK_H */
