/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _INIT_H
#define _INIT_H

#include <stdbool.h>
#include <stdio.h>

#define MODULE "ksmfs"
#define PATIENCE 10 /* seconds for what takes a moment after a scenario */

extern FILE *output; /* for people */

void die(const char *what, const char *on) __attribute__((noreturn));
double now(void);

/*
 * Every scenario has one verdict.  The first reason to fail is kept: what
 * comes later is often its consequence.
 */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

void process_await(const char *name, int timeout, bool *skipped);

/* False: the host is not fit for another scenario.  Why was told to fail(). */
bool process_kill_all(void);
bool kernel_unmount(void);
bool kernel_unload(void);
bool kernel_check_log(void);
bool kernel_check_leaks(void);

int kernel_load(const char *module);
void kernel_watch(void);
void kernel_show_tasks(void);

#endif
