/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The advisor: how many pages to visit in a batch.
 *
 * KSM's advisor of the same names estimates from the last scan how long the
 * next one will take.  Here the number of pages that need a visit is known,
 * so what has to be done to have visited all of them after a given time can be
 * calculated; and calculated anew each second, for the number changes.
 *
 *  scan-time  visits all restless pages once in the target time
 *  pressure   does so while memory is plentiful, visits all of them once a
 *             second, or as many as the CPU budget allows, when it is short,
 *             and goes evenly from one to the other in between
 *
 * Memory begins to be short when less than a fifth of it is available: below
 * that the ksmtuned daemon has KSM scan faster (KSM_THRES_COEF=20).  It is
 * short when only a tenth is: there the earlyoom daemon begins to kill.
 * Pressure stall information, which would tell more, is not to be had by
 * modules.
 */
#ifndef _KSMFS_KSM_ADVISOR_H
#define _KSMFS_KSM_ADVISOR_H

#include <ksmfs/env.h>
#include <uapi/ksmfs.h>

enum ksmfs_advisor_mode {
#define X(id, name, help) KSMFS_ADVISOR_##id,
	KSMFS_ADVISOR_MODES(X)
#undef X
	KSMFS_NR_ADVISOR_MODES
};

#define KSMFS_ADVISOR_PLENTY_PERCENT	20
#define KSMFS_ADVISOR_SHORT_PERCENT	10

/**
 * struct ksmfs_advisor - what the advice is taken from
 * @mode: any but KSMFS_ADVISOR_none
 * @target: seconds in which all restless pages are to be visited once
 * @interval: milliseconds from batch to batch, at least 1
 * @restless: pages that need a visit
 * @available: memory that is to be had, in pages
 * @total: all memory, in pages
 */
struct ksmfs_advisor {
	enum ksmfs_advisor_mode mode;
	unsigned int target;
	unsigned int interval;
	unsigned long restless;
	unsigned long available;
	unsigned long total;
};

/**
 * ksmfs_advisor_pages() - how many pages to visit in a batch
 * @advisor: what is known
 *
 * Context: any.
 * Return: at least 1, and no more than is restless.
 */
unsigned int ksmfs_advisor_pages(const struct ksmfs_advisor *advisor);

#endif /* _KSMFS_KSM_ADVISOR_H */
