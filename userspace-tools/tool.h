/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every verb shares: its signature, the exit statuses, and the ways to
 * fail.  Failing is final: a verb collects everything before it prints or
 * writes anything, so that nothing is ever done by half.
 */
#ifndef _KSMFS_TOOL_H
#define _KSMFS_TOOL_H

#include <stddef.h>

#include "lists.h"

#define X(name, status, meaning) EXIT_##name = status,
enum exit_status { KSMFS_EXITS(X) };
#undef X

/* argv[0] is "ksmfs VERB".  Returns an exit status. */
#define X(verb, args, help) int cmd_##verb(int argc, char **argv);
KSMFS_VERBS(X)
#undef X

/* Prints the usage of everything, from the verb table. */
void usage_print(void);

/* After a wrong command line: says how @verb is used, returns EXIT_USAGE. */
int usage_error(const char *verb);

/* "ksmfs: what failed, on what, what to do" on stderr, and out. */
void die(enum exit_status status, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 2, 3)));

/* Has die() call @restore before it says anything; NULL: nothing. */
void die_after(void (*restore)(void));

/* The argument of --pid; ends the program if it is no process number. */
int parse_pid(const char *text);

/* malloc and friends that end the program when memory runs out. */
void *xrealloc(void *old, size_t count, size_t size);
void *xcalloc(size_t count, size_t size);
char *xstrdup(const char *text);
char *xprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif /* _KSMFS_TOOL_H */
