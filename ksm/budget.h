/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A budget of CPU time: a bucket that time fills and work empties.
 *
 * What is in it may be spent at once.  More can be spent than is in it, since
 * what a piece of work costs is known only afterwards; that has to be waited
 * for.  So, however large the pieces are, over a time that is long beside one
 * of them no more is spent than the share says.  The bucket is small, lest
 * what was saved in idle hours be spent in one go: it is there for those who
 * were woken too late.
 */
#ifndef _KSMFS_KSM_BUDGET_H
#define _KSMFS_KSM_BUDGET_H

#include <ksmfs/env.h>

/* What the bucket holds: the share of this time, in nanoseconds. */
#define KSMFS_BUDGET_BURST 100000000ULL

/**
 * struct ksmfs_budget - a budget
 * @filled: when it was filled last, in nanoseconds
 * @level: nanoseconds of CPU time in it; negative: to be waited for
 */
struct ksmfs_budget {
	u64 filled;
	s64 level;
};

/**
 * ksmfs_budget_spend() - fill a budget and take from it
 * @budget: all zeros to begin with; the caller keeps others away
 * @percent: share of one CPU that it gets, at least 1
 * @now: nanoseconds on a clock that does not go back
 * @spent: nanoseconds of CPU time that were spent
 *
 * Context: any.
 * Return: nanoseconds to wait before anything is spent again.
 */
u64 ksmfs_budget_spend(struct ksmfs_budget *budget, unsigned int percent,
		       u64 now, u64 spent);

#endif /* _KSMFS_KSM_BUDGET_H */
