/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The live view: what is shown, and what keys do.
 */
#ifndef KSMFS_TOP_LIVE_H
#define KSMFS_TOP_LIVE_H

#include "table.h"

/* @interval: between two readings, in milliseconds.  Returns when it is quit. */
void live_run(const struct choice *choice, unsigned int interval,
	      bool colour);

#endif /* KSMFS_TOP_LIVE_H */
