// SPDX-License-Identifier: GPL-2.0
#include "ksm/budget.h"

/*
 * More than anybody ever has to wait for, short enough that a share of it is
 * no number too large.
 */
#define LONG_TIME (3600ULL * 1000000000)

u64 ksmfs_budget_spend(struct ksmfs_budget *budget, unsigned int percent,
		       u64 now, u64 spent)
{
	s64 most = KSMFS_BUDGET_BURST * percent / 100;
	u64 gone = min(now - budget->filled, LONG_TIME);

	budget->filled = now;
	budget->level = min(budget->level + (s64)(gone * percent / 100), most);
	budget->level -= spent;
	if (budget->level >= 0)
		return 0;
	return ((u64)-budget->level * 100 + percent - 1) / percent;
}
