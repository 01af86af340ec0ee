/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A libuv without a kernel: what happens, and when, is what the target says.
 *
 * There is one pipe that is read, the one that began to last, and one timer.
 * As in libuv, writes and closes are completed later, by loop_turn(); writes
 * to a pipe that is closed first are cancelled.
 */
#ifndef _FUZZ_LOOP_H
#define _FUZZ_LOOP_H

#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/* A loop at its beginning, with nothing open. */
uv_loop_t *loop_begin(void);

/* A pipe that connects is told how that ended: 0, or an error of libuv. */
void loop_connect(int status);
/* A socket that listens has a client. */
void loop_client(void);
/* The other end says this, or ends with an error such as UV_EOF. */
void loop_say(const char *bytes, size_t count);
void loop_end(int status);

/* Time goes by; the timer goes off if it is due. */
void loop_wait(uint64_t millisecs);
/* Writes and closes are completed. */
void loop_turn(void);

/* Called with each line that is written. */
extern void (*loop_written)(const char *text, size_t length);

/* Handles that are not closed yet. */
extern unsigned int loop_open;

#endif /* _FUZZ_LOOP_H */
