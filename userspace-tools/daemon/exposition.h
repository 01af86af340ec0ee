/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writing metrics, in either of two formats: Prometheus' own text 0.0.4, or
 * OpenMetrics 1.0.0.
 *
 * All samples of a family come in one piece, after its head.
 */
#ifndef KSMFSD_EXPOSITION_H
#define KSMFSD_EXPOSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* METRIC_INFO: always 1, and says something in its labels. */
enum metric_kind { METRIC_GAUGE, METRIC_COUNTER, METRIC_INFO };

/**
 * struct exposition - what has been written
 * @open_metrics: the format; else Prometheus' own
 * @text: what has been written
 * @length: of @text
 * @room: for @text
 * @sample: name of the family's samples
 */
struct exposition {
	bool open_metrics;
	char *text;
	size_t length;
	size_t room;
	char sample[128];
};

void exposition_begin(struct exposition *page, bool open_metrics);

/**
 * exposition_family() - begin a family
 * @page: where to
 * @kind: of its samples
 * @name: of the family; ends with _bytes, _seconds or _ratio if that is its
 *	  unit, and has no _total or _info: those come by @kind
 * @help: a sentence without its stop, and without newlines
 */
void exposition_family(struct exposition *page, enum metric_kind kind,
		       const char *name, const char *help);

/*
 * A sample of the family.  @labels is what exposition_labels() made of them, or
 * an empty string.
 */
void exposition_u64(struct exposition *page, const char *labels,
		    uint64_t value);
void exposition_s64(struct exposition *page, const char *labels,
		    int64_t value);

/* Likewise: @value / 10^@digits; there is at least one of them. */
void exposition_decimal(struct exposition *page, const char *labels,
			uint64_t value, unsigned int digits);

struct label {
	const char *name;
	const char *value;	/* any bytes */
};

/**
 * exposition_labels() - labels as they are written
 * @labels: some, and one without a name at the end
 *
 * Different values stay different.
 *
 * Return: to be freed.
 */
char *exposition_labels(const struct label *labels);

/* Nothing more is to come; @text is to be freed. */
void exposition_end(struct exposition *page);

#endif /* KSMFSD_EXPOSITION_H */
