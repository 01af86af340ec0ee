/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One connection to a QEMU machine protocol (QMP) socket.
 *
 * Who is at the other end is not trusted: whatever it does, the worst that
 * happens is that the connection ends, and its owner is told why.
 *
 * Context of everything: the loop's thread.
 */
#ifndef KSMFSD_QMP_H
#define KSMFSD_QMP_H

#include <json-c/json.h>
#include <stdbool.h>
#include <uv.h>

struct qmp;

/**
 * struct qmp_owner - what the owner of a connection is told
 * @connected: the socket is connected; @pid is the process that listens there
 * @ready: commands may be given
 * @event: something happened; @data is an object, or NULL
 * @closed: the connection has ended by itself and must not be used any more
 */
struct qmp_owner {
	void (*connected)(void *owner, int pid);
	void (*ready)(void *owner);
	void (*event)(void *owner, const char *name, struct json_object *data);
	void (*closed)(void *owner, const char *why);
};

/**
 * typedef qmp_answer - the answer to a command
 * @owner: of the connection
 * @value: what it returned, only until this function ends; NULL: it failed
 * @error: why it failed, or NULL
 */
typedef void qmp_answer(void *owner, struct json_object *value,
			const char *error);

/**
 * qmp_open() - begin to connect
 * @loop: the event loop
 * @path: of the socket
 * @calls: what to tell the owner
 * @owner: for @calls and for answers
 *
 * Nothing is called before this returns.
 *
 * Return: the connection.
 */
struct qmp *qmp_open(uv_loop_t *loop, const char *path,
		     const struct qmp_owner *calls, void *owner);

/**
 * qmp_ask() - give a command
 * @qmp: a connection that is ready
 * @command: its name, a constant
 * @arguments: an object, which now belongs to the connection, or NULL
 * @answer: called once, unless the connection ends before
 */
void qmp_ask(struct qmp *qmp, const char *command,
	     struct json_object *arguments, qmp_answer *answer);

/* Whether it is ready and all commands have been answered. */
bool qmp_is_idle(const struct qmp *qmp);

/* Ends it.  Nothing is called any more. */
void qmp_close(struct qmp *qmp);

#endif /* KSMFSD_QMP_H */
