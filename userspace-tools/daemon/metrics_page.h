/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The page that metrics are served on.
 */
#ifndef KSMFSD_METRICS_PAGE_H
#define KSMFSD_METRICS_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct metrics_view;
struct sample;

/**
 * struct scrapes - what serving metrics has taken
 * @samples: read so far
 * @read_ns: that workers took for them
 * @page_ns: that the loop's thread took to make pages of them
 */
struct scrapes {
	uint64_t samples;
	uint64_t read_ns;
	uint64_t page_ns;
};

/**
 * metrics_page() - make the page
 * @sample: what the module tells
 * @view: what the daemon tells
 * @scrapes: what serving has taken
 * @open_metrics: in that format; else in Prometheus' own
 * @length: set to that of the page
 *
 * Return: to be freed.
 */
char *metrics_page(const struct sample *sample,
		   const struct metrics_view *view,
		   const struct scrapes *scrapes, bool open_metrics,
		   size_t *length);

#endif /* KSMFSD_METRICS_PAGE_H */
