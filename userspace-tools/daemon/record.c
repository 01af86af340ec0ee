// SPDX-License-Identifier: GPL-2.0
/*
 * The numbers of every round, as comma-separated values.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../text.h"
#include "../tool.h"
#include "log.h"
#include "record.h"

static FILE *file;

void record_start(const char *path)
{
	if (file)
		fclose(file);
	file = NULL;
	if (!path)
		return;
	file = fopen(path, "ae");
	if (!file) {
		log_say(LOG_WARNING, "cannot write %s: %s", path,
			strerror(errno));
		return;
	}
	if (ftell(file))
		return;
	fputs("millisecs,state,free,min_free,vm", file);
	for (size_t i = 0; i < N_ROW_NUMBERS; i++)
		fprintf(file, ",%s", row_keys[i]);
	fputc('\n', file);
}

/* In quotes; a quote is written twice. */
static void put_name(const char *name)
{
	char *safe = text_for_terminal(name);

	fputc('"', file);
	for (const char *c = safe; *c; c++) {
		if (*c == '"')
			fputc('"', file);
		fputc(*c, file);
	}
	fputc('"', file);
	free(safe);
}

void record_row(uint64_t now, const struct policy *policy,
		const struct row *row)
{
	if (!file)
		return;
	fprintf(file, "%" PRIu64 ",%s,%" PRIu64 ",%" PRIu64 ",", now,
		policy_state_name(policy->state), policy->free,
		policy->min_free);
	put_name(row->name);
	for (size_t i = 0; i < N_ROW_NUMBERS; i++) {
		fputc(',', file);
		if (row->known[i])
			fprintf(file, "%" PRIu64, row->value[i]);
	}
	fputc('\n', file);
}

void record_flush(void)
{
	if (file && fflush(file)) {
		log_say(LOG_WARNING, "cannot write the record of the rounds "
			"any more: %s", strerror(errno));
		record_start(NULL);
	}
}
