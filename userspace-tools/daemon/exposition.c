// SPDX-License-Identifier: GPL-2.0
/*
 * Writing metrics.
 */
#include <inttypes.h>
#include <stdio.h>
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
}

static void put_bytes(struct exposition *page, const char *bytes, size_t count)
{
	if (page->room - page->length < count) {
		page->room = 2 * (page->room + count);
		page->text = xrealloc(page->text, page->room, 1);
	}
	memcpy(page->text + page->length, bytes, count);
	page->length += count;
}

static void put(struct exposition *page, const char *text)
{
	put_bytes(page, text, strlen(text));
}

/* Prometheus' own text does without the escape of quotes in help. */
static void put_escaped(struct exposition *page, const char *text, bool quotes)
{
	for (; *text; text++) {
		if (*text == '\\' || (*text == '"' && quotes))
			put(page, "\\");
		put_bytes(page, text, 1);
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

static void put_line(struct exposition *page, const char *keyword,
		     const char *family, const char *what)
{
	put(page, keyword);
	put(page, family);
	put(page, " ");
	put(page, what);
	put(page, "\n");
}

void exposition_family(struct exposition *page, enum metric_kind kind,
		       const char *name, const char *help)
{
	const char *family, *unit = unit_of(name);

	snprintf(page->sample, sizeof(page->sample), "%s%s", name,
		 kinds[kind].suffix);
	family = page->open_metrics ? name : page->sample;
	put(page, "# HELP ");
	put(page, family);
	put(page, " ");
	put_escaped(page, help, page->open_metrics);
	put(page, "\n");
	put_line(page, "# TYPE ", family, page->open_metrics ?
		 kinds[kind].open : kinds[kind].plain);
	if (page->open_metrics && unit)
		put_line(page, "# UNIT ", family, unit);
}

static void put_sample(struct exposition *page, const char *labels,
		       const char *value)
{
	put(page, page->sample);
	put_line(page, labels, "", value);
}

void exposition_u64(struct exposition *page, const char *labels,
		    uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	put_sample(page, labels, text);
}

void exposition_s64(struct exposition *page, const char *labels,
		    int64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRId64, value);
	put_sample(page, labels, text);
}

void exposition_decimal(struct exposition *page, const char *labels,
			uint64_t value, unsigned int digits)
{
	uint64_t unit = 1;
	char text[48];

	for (unsigned int i = 0; i < digits; i++)
		unit *= 10;
	snprintf(text, sizeof(text), "%" PRIu64 ".%0*" PRIu64, value / unit,
		 (int)digits, value % unit);
	put_sample(page, labels, text);
}

/* Text for a terminal has no newline, which would have to be escaped. */
static void put_label(struct exposition *page, const struct label *label)
{
	char *safe = text_for_terminal(label->value);

	put(page, label->name);
	put(page, "=\"");
	put_escaped(page, safe, true);
	put(page, "\"");
	free(safe);
}

char *exposition_labels(const struct label *labels)
{
	struct exposition page = { 0 };

	put(&page, "{");
	for (; labels->name; labels++) {
		put_label(&page, labels);
		if (labels[1].name)
			put(&page, ",");
	}
	put_bytes(&page, "}", sizeof("}"));
	return page.text;
}

void exposition_end(struct exposition *page)
{
	if (page->open_metrics)
		put(page, "# EOF\n");
}
