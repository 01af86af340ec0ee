// SPDX-License-Identifier: GPL-2.0
/*
 * Writing metrics.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../text.h"
#include "../tool.h"
#include "exposition.h"

static const struct {
	const char *suffix;	/* of samples */
	const char *open;
	const char *plain;
} kinds[] = {
	[METRIC_GAUGE] = { "", "gauge", "gauge" },
	[METRIC_COUNTER] = { "_total", "counter", "counter" },
	[METRIC_INFO] = { "_info", "info", "gauge" },
};

void exposition_begin(struct exposition *page, bool open_metrics)
{
	*page = (struct exposition){ .open_metrics = open_metrics };
	page->out = open_memstream(&page->text, &page->length);
	if (!page->out)
		die(EXIT_FAILED, "out of memory");
}

/* For both formats; Prometheus' own does without the one of quotes in help. */
static void put_escaped(FILE *out, const char *text, bool quotes)
{
	for (; *text; text++) {
		if (*text == '\n')
			fputs("\\n", out);
		else if (*text == '\\' || (*text == '"' && quotes))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

static const char *unit_of(const char *name)
{
	static const char *const units[] = { "bytes", "seconds", "ratio" };
	const char *end = strrchr(name, '_');

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(end + 1, units[i]))
			return units[i];
	return NULL;
}

void exposition_family(struct exposition *page, enum metric_kind kind,
		       const char *name, const char *help)
{
	const char *family, *unit = unit_of(name);

	snprintf(page->sample, sizeof(page->sample), "%s%s", name,
		 kinds[kind].suffix);
	family = page->open_metrics ? name : page->sample;
	fprintf(page->out, "# HELP %s ", family);
	put_escaped(page->out, help, page->open_metrics);
	fprintf(page->out, "\n# TYPE %s %s\n", family, page->open_metrics ?
		kinds[kind].open : kinds[kind].plain);
	if (page->open_metrics && unit)
		fprintf(page->out, "# UNIT %s %s\n", family, unit);
}

void exposition_u64(struct exposition *page, const char *labels,
		    uint64_t value)
{
	fprintf(page->out, "%s%s %" PRIu64 "\n", page->sample, labels, value);
}

void exposition_s64(struct exposition *page, const char *labels,
		    int64_t value)
{
	fprintf(page->out, "%s%s %" PRId64 "\n", page->sample, labels, value);
}

void exposition_decimal(struct exposition *page, const char *labels,
			uint64_t value, unsigned int digits)
{
	uint64_t unit = 1;

	for (unsigned int i = 0; i < digits; i++)
		unit *= 10;
	fprintf(page->out, "%s%s %" PRIu64, page->sample, labels, value / unit);
	if (digits)
		fprintf(page->out, ".%0*" PRIu64, (int)digits, value % unit);
	fputc('\n', page->out);
}

static void put_label(FILE *out, const char *name, const char *value)
{
	char *safe = text_for_terminal(value);

	fprintf(out, "%s=\"", name);
	put_escaped(out, safe, true);
	fputc('"', out);
	free(safe);
}

char *exposition_labels(const char *name, ...)
{
	size_t length;
	va_list args;
	char *text;
	FILE *out = open_memstream(&text, &length);

	if (!out)
		die(EXIT_FAILED, "out of memory");
	fputc('{', out);
	va_start(args, name);
	while (name) {
		put_label(out, name, va_arg(args, const char *));
		name = va_arg(args, const char *);
		if (name)
			fputc(',', out);
	}
	va_end(args);
	fputc('}', out);
	if (fclose(out))
		die(EXIT_FAILED, "out of memory");
	return text;
}

void exposition_end(struct exposition *page)
{
	if (page->open_metrics)
		fputs("# EOF\n", page->out);
	if (fclose(page->out))
		die(EXIT_FAILED, "out of memory");
	page->out = NULL;
}
