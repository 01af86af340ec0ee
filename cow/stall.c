// SPDX-License-Identifier: GPL-2.0
/*
 * Stalls.
 *
 * Merged memory is debt: guests may write to all of it at any time, and there
 * may not be that many frames.  The task that writes could be killed, as
 * hugetlbfs does, but frames do come free: balloons take them from other guests,
 * equal pages are merged, cold ones packed and swapped.  So it sleeps, and
 * whoever can do something is told: reclaim, and the daemon that polls
 * /sys/kernel/mm/ksmfs/stalls.
 *
 * It sleeps on the mount's quota, and is woken when somebody gives a frame back.
 * It may have come just too late for that, or it is the host that has no memory,
 * which does not say when it has; so it looks again ten times a second.
 *
 * Nothing is held meanwhile but, if the core kernel insists, the mmap_lock.
 *
 * A limit gives way for good: a daemon that set it and is gone must not stop a
 * guest, and one that is there will set it again.
 *
 * A work item that faults for somebody, as KVM's do for virtual CPUs, cannot be
 * killed, and keeps him from ending.  It waits for a second at most; who has sent
 * it faults himself then.
 */
#include <linux/jiffies.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>
#include "cow/break.h"
#include "cow/stall.h"
#include "ksm/ksmfs.h"
#include <ksmfs/stats.h>

#define LOOK_AGAIN (HZ / 10)

static int try(struct inode *inode, unsigned long index, bool write,
	       bool patient)
{
	struct ksmfs_region *region = &ksmfs_inode(inode)->region;
	struct ksmfs_slot *slot = ksmfs_region_slot(region, index);
	int err = 0;

	if (IS_ERR(slot))
		return PTR_ERR(slot);
	ksmfs_slot_lock(region, slot);
	/* pairs with those in ksmfs_punch_truncated() and conform_all() */
	smp_mb();
	if (index < DIV_ROUND_UP_ULL(i_size_read(inode), PAGE_SIZE))
		err = ksmfs_break_prepare(region, slot, index, write, patient);
	ksmfs_slot_unlock(region, slot);
	return err;
}

static void wait(struct ksmfs_quota *quota, unsigned long end)
{
	unsigned long now = jiffies;
	DEFINE_WAIT(wait);

	prepare_to_wait_exclusive(&quota->stalled, &wait, TASK_KILLABLE);
	if (time_before(now, end))
		schedule_timeout(min_t(unsigned long, end - now, LOOK_AGAIN));
	finish_wait(&quota->stalled, &wait);
}

/* How long to wait, in jiffies. */
static unsigned long patience(void)
{
	unsigned long time;

	time = msecs_to_jiffies(ksmfs_knob_get_stall_millisecs());
	return current->flags & PF_WQ_WORKER ? min_t(unsigned long, time, HZ) :
					       time;
}

static int stall(struct inode *inode, unsigned long index, bool write)
{
	struct ksmfs_quota *quota = &ksmfs_sb(inode->i_sb)->frames;
	unsigned long end;
	int err;

	end = jiffies + patience();
	do {
		wait(quota, end);
		if (fatal_signal_pending(current))
			return -EINTR;
		err = try(inode, index, write, true);
		if (!ksmfs_stall_helps(err))
			return err;
		ksmfs_pressure_kick(inode->i_sb);
	} while (time_before(jiffies, end));

	if (err == -EAGAIN) {
		WRITE_ONCE(ksmfs_inode(inode)->region.limit, 0);
		err = try(inode, index, write, false);
	}
	if (ksmfs_stall_helps(err))
		ksmfs_count(stall_timeouts);
	return err;
}

int ksmfs_stall_prepare(struct inode *inode, unsigned long index, bool write)
{
	int err = try(inode, index, write, true);

	if (!ksmfs_stall_helps(err))
		return err;
	ksmfs_count(stalls);
	ksmfs_count(stalled);
	atomic_long_inc(&ksmfs_inode(inode)->region.stalls);
	atomic_long_inc(&ksmfs_sb(inode->i_sb)->stalled);
	ksmfs_sysfs_notify_stall();
	ksmfs_pressure_kick(inode->i_sb);

	err = stall(inode, index, write);

	atomic_long_dec(&ksmfs_sb(inode->i_sb)->stalled);
	ksmfs_stat_add(KSMFS_STAT_stalled, -1);
	return err;
}
