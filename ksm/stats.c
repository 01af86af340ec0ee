// SPDX-License-Identifier: GPL-2.0
#include <linux/percpu.h>
#include <ksmfs/stats.h>

static DEFINE_PER_CPU(long [KSMFS_NR_STATS], cells);

void ksmfs_stat_add(enum ksmfs_stat stat, long n)
{
	this_cpu_add(cells[stat], n);
}

long ksmfs_stat_read(enum ksmfs_stat stat)
{
	long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu(cells[stat], cpu);
	return sum;
}
