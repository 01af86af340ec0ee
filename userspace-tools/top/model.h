/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What `ksmfs top` shows, made of two readings: the lines of the table, the
 * rates, and what was saved so far.
 */
#ifndef KSMFS_TOP_MODEL_H
#define KSMFS_TOP_MODEL_H

#include "reading.h"
#include "table.h"

#define HISTORY_MOST 1024

/**
 * struct model - begins as all zeros
 * @now: the last reading
 * @before: the one before; only valid if @interval is not 0
 * @interval: milliseconds between the two; 0: there is one only, and no rates
 * @lines: of the table, in no order
 * @n_lines: how many
 * @history: bytes that were saved; reading N is at N % HISTORY_MOST
 * @n_readings: readings so far
 * @processes: kept from one reading to the next
 */
struct model {
	struct reading now;
	struct reading before;
	uint64_t interval;
	struct line *lines;
	size_t n_lines;
	double history[HISTORY_MOST];
	size_t n_readings;
	struct processes processes;
};

/* Reads everything anew.  Nothing changes if no time has passed. */
void model_update(struct model *model);

/* Events a second; false if it is not known. */
bool model_rate(const struct model *model, enum stat_id id, double *rate);

/* CPU time of the scanner, in percent of one CPU; false if it is not known. */
bool model_scanner_cpu(const struct model *model, double *percent);

/* Bytes saved now, and in percent of what there would be without. */
double model_saved(const struct model *model, double *percent);

void model_free(struct model *model);

#endif /* KSMFS_TOP_MODEL_H */
