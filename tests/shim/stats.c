// SPDX-License-Identifier: GPL-2.0
/*
 * The module-wide numbers.  One cell for each, where the kernel has one for
 * each CPU: not proven is that its sums are right.
 */
#include <ksmfs/env.h>
#include <ksmfs/stats.h>
#include <ksmfs/trace.h>

struct shim_trace shim_trace;

static atomic_long_t cells[KSMFS_NR_STATS];

void ksmfs_stat_add(enum ksmfs_stat stat, long n)
{
	atomic_long_add(n, &cells[stat]);
}

long ksmfs_stat_read(enum ksmfs_stat stat)
{
	return atomic_long_read(&cells[stat]);
}
