/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The module-wide numbers of KSMFS_STATS, one cell for each.
 *
 * Cells are per CPU in the kernel: adding is cheap and never shared, reading
 * sums and is exact whenever nothing moves.
 */
#ifndef _KSMFS_STATS_H
#define _KSMFS_STATS_H

#include <uapi/ksmfs.h>

enum ksmfs_stat {
#define X(name, kind, help) KSMFS_STAT_##name,
	KSMFS_STATS(X)
#undef X
	KSMFS_NR_STATS
};

/**
 * ksmfs_stat_add() - add to a number
 * @stat: which one
 * @n: how much; negative for a gauge that falls
 *
 * Context: any.
 */
void ksmfs_stat_add(enum ksmfs_stat stat, long n);

/**
 * ksmfs_stat_read() - read a number
 * @stat: which one
 *
 * Context: any.
 * Return: the sum over all CPUs; of a gauge never less than 0 in the absence
 * of concurrent changes.
 */
long ksmfs_stat_read(enum ksmfs_stat stat);

#define ksmfs_count(name) ksmfs_stat_add(KSMFS_STAT_##name, 1)

#endif /* _KSMFS_STATS_H */
