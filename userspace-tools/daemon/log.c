// SPDX-License-Identifier: GPL-2.0
/*
 * What the daemon has to say: lines on stderr.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "../text.h"
#include "../tool.h"
#include "log.h"

static bool to_journal;

void log_start(void)
{
	to_journal = getenv("JOURNAL_STREAM");
	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
}

void log_say(int priority, const char *fmt, ...)
{
	char *line, *safe;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&line, fmt, args) < 0)
		die(EXIT_FAILED, "out of memory");
	va_end(args);
	safe = text_for_terminal(line);
	if (to_journal)
		fprintf(stderr, "<%d>%s\n", priority, safe);
	else
		fprintf(stderr, "ksmfsd: %s\n", safe);
	free(safe);
	free(line);
}
