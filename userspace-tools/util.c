// SPDX-License-Identifier: GPL-2.0
/*
 * The ways to fail, and memory that cannot.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "tool.h"

static void (*before_death)(void);

void die_after(void (*restore)(void))
{
	before_death = restore;
}

void die(enum exit_status status, const char *fmt, ...)
{
	va_list args;

	if (before_death)
		before_death();
	fputs("ksmfs: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	exit(status);
}

int parse_pid(const char *text)
{
	uint64_t pid;

	if (!text_to_u64(text, &pid) || !pid || pid > INT32_MAX)
		die(EXIT_USAGE, "--pid takes a process number, not '%s'",
		    text);
	return pid;
}

void *xrealloc(void *old, size_t count, size_t size)
{
	void *new = reallocarray(old, count, size);

	if (!new && count && size)
		die(EXIT_FAILED, "out of memory");
	return new;
}

void *xcalloc(size_t count, size_t size)
{
	void *new = calloc(count, size);

	if (!new && count && size)
		die(EXIT_FAILED, "out of memory");
	return new;
}

char *xstrdup(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		die(EXIT_FAILED, "out of memory");
	return copy;
}

char *xprintf(const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		die(EXIT_FAILED, "out of memory");
	va_end(args);
	return text;
}
