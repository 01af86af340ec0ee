/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One page for clients of the network: /metrics, in two formats.
 *
 * A ksmfsd that is built without libmicrohttpd has http_none.c for all of this.
 *
 * Context of everything: the loop's thread.
 */
#ifndef KSMFSD_HTTP_H
#define KSMFSD_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

/* If not, http_start() must not be called. */
extern const bool http_is_built;

/* Somebody waits for the page: call http_answer() soon, but not from here. */
typedef void http_ask(void *context);

/* Makes the page in a format, to be freed. */
typedef char *http_make(void *context, bool open_metrics, size_t *length);

/**
 * http_start() - listen
 * @loop: the event loop
 * @address: where, as address_parse() reads it
 * @ask: called for each client that has asked for the page
 * @context: for @ask
 *
 * Return: 0 or a negative errno.
 */
int http_start(uv_loop_t *loop, const char *address, http_ask *ask,
	       void *context);

/**
 * http_answer() - give the page to all that wait for it
 * @make: called for each format that somebody wants
 * @context: for @make
 */
void http_answer(http_make *make, void *context);

/* Listens no more, and hangs up on all clients. */
void http_stop(void);

#endif /* KSMFSD_HTTP_H */
