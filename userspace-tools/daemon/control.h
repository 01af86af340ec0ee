/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control socket: who may open it can ask what the daemon knows.
 *
 * One line of JSON is asked, {"get":"vms"}; one line of JSON is the answer.
 */
#ifndef KSMFSD_CONTROL_H
#define KSMFSD_CONTROL_H

#include <json-c/json.h>
#include <uv.h>

/* Makes the answer, an object that then belongs to the caller. */
typedef struct json_object *control_report(void *context);

/**
 * control_start() - open the socket
 * @loop: the event loop
 * @path: where; a socket that nobody listens on is replaced
 * @report: makes the answers, on the loop's thread
 * @context: for @report
 *
 * Return: 0, -EADDRINUSE if another daemon listens there, or another negative
 * errno.
 */
int control_start(uv_loop_t *loop, const char *path, control_report *report,
		  void *context);

/* Closes and removes the socket. */
void control_stop(void);

#endif /* KSMFSD_CONTROL_H */
