/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The scanner's pace: as the operator has it, or as fast as it may be.
 */
#ifndef KSMFSD_SCANNER_H
#define KSMFSD_SCANNER_H

#include <stdbool.h>

/**
 * scanner_start() - begin
 * @path: of the file that tells what the knobs were before they were changed
 *
 * If there is one, a predecessor did not live to set them back: that is then
 * left to the first scanner_set().
 */
void scanner_start(const char *path);

/**
 * scanner_set() - set the pace
 * @fast: as fast as max_cpu_percent lets it be; false: as it was before
 *
 * Nothing happens if it is so already.  Failure is logged, once.
 */
void scanner_set(bool fast);

#endif /* KSMFSD_SCANNER_H */
