/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tasks and sleep.  A task is a thread.
 *
 * Not proven: that what takes long lets others run often enough, or that it
 * ends soon after a signal: tests say themselves when one is pending.
 */
#ifndef _SHIM_SCHED_H
#define _SHIM_SCHED_H

#include <stdbool.h>

#define TASK_UNINTERRUPTIBLE 2

struct task_struct {
	bool signal;	/* one is pending; for tests to set */
	int atomic;	/* spinlocks and RCU read sides it is in */
	int node;	/* memory node it runs on; for tests to set */
	unsigned int rests;	/* times it might have slept */
};

extern __thread struct task_struct shim_task;
#define current (&shim_task)

static inline bool signal_pending(const struct task_struct *task)
{
	return task->signal;
}

/*
 * For tests of races: whoever may sleep does so one time in so many, if this is
 * not 0, and lets others run where they otherwise seldom would.
 */
extern unsigned int shim_sleep_one_in;

/* Dies in atomic context.  All that may sleep calls it, whether it does. */
void might_sleep(void);

static inline void cond_resched(void)
{
	might_sleep();
}

#endif /* _SHIM_SCHED_H */
