/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The numbers of every round, as lines of comma-separated values: those of
 * struct row for each VM, with the time, the host's state and free memory.
 */
#ifndef KSMFSD_RECORD_H
#define KSMFSD_RECORD_H

#include "../rows.h"
#include "policy.h"

/**
 * record_start() - begin to write to a file, and end to write to another
 * @path: it is made, or continued; NULL: none
 *
 * Failure is logged.
 */
void record_start(const char *path);

/**
 * record_row() - add a line, if a file is written
 * @now: milliseconds since 1970
 * @policy: after a round
 * @row: a VM
 */
void record_row(uint64_t now, const struct policy *policy,
		const struct row *row);

/* After the last line of a round: to the disk with them. */
void record_flush(void);

#endif /* KSMFSD_RECORD_H */
