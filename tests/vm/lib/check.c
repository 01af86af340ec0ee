// SPDX-License-Identifier: GPL-2.0
/*
 * Checks that print what was expected and what was found, and end the run.
 *
 * They may fail in any thread and in any child, so they leave with _exit():
 * nothing is flushed twice, and no other thread is waited for.
 */
#include "scenario.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fprintf(stderr, "%s:%d: ", base_name(file), line);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	stats_print();
	_exit(1);
}

void check_equal(const char *file, int line, const char *what, long long got,
		 long long want)
{
	if (got != want)
		fail(file, line, "%s: expected %lld (%#llx), got %lld (%#llx)",
		     what, want, want, got, got);
}

long check_call(const char *file, int line, const char *what, long result)
{
	if (result == -1)
		fail(file, line, "%s: %s", what, strerror(errno));
	return result;
}

void check_errno(const char *file, int line, const char *what, long result,
		 int want)
{
	if (result != -1)
		fail(file, line, "%s: expected %s, it succeeded with %ld", what,
		     strerrorname_np(want), result);
	if (errno != want)
		fail(file, line, "%s: expected %s, got %s", what,
		     strerrorname_np(want), strerrorname_np(errno));
}

void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

void skip(const char *format, ...)
{
	va_list args;

	printf("skipped: ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
	_exit(77);
}
