// SPDX-License-Identifier: GPL-2.0
/*
 * The scanner's thread and the knobs that steer it.
 *
 * The thread makes a batch, sleeps, makes the next one.  Passes that are asked
 * for through the knob "scan" are made without sleeping.
 *
 * thread_lock serialises batches, changes of "run", and unmerging; so once a
 * write of 0 to "run" has returned nothing is merged any more.  Lock order:
 * thread_lock, slot.
 */
#include <linux/freezer.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <linux/wait.h>
#include "ksm/ksmfs.h"
#include "ksm/scan.h"
#include <ksmfs/stats.h>

enum {
	RUN_STOP,
	RUN_MERGE,
	RUN_UNMERGE,
};

/* Slots looked at before thread_lock is let go. */
#define PIECE 1024U

/* What a host at rest is worth: a look at each region, five times a second. */
#define IDLE_TICKS ((long)HZ / 5)

static struct task_struct *thread;
static DEFINE_MUTEX(thread_lock);
static DECLARE_WAIT_QUEUE_HEAD(thread_wait);
static struct ksmfs_scan scan_position;

/* The knobs, with their initial values. */
static struct {
#define X(name, ...) unsigned int name;
	KSMFS_KNOBS(X)
#undef X
} knobs = {
#define X(name, lowest, highest, initial, help) .name = initial,
	KSMFS_KNOBS(X)
#undef X
};

#define X(name, ...)                                                          \
unsigned int ksmfs_thread_get_##name(void)                                    \
{                                                                             \
	return READ_ONCE(knobs.name);                                         \
}
KSMFS_KNOBS(X)
#undef X

static bool has_work(void)
{
	return READ_ONCE(knobs.scan) ||
	       (READ_ONCE(knobs.run) == RUN_MERGE &&
		ksmfs_stat_read(KSMFS_STAT_regions) > 0);
}

/*
 * Make a piece of a batch, small enough that nobody waits long for the lock.
 * Returns whether a pass has ended.
 */
static bool make_piece(unsigned int nr)
{
	bool ended = false;
	bool asked;

	mutex_lock(&thread_lock);
	asked = knobs.scan;
	if (has_work())
		ended = ksmfs_scan_batch(&scan_position, nr, asked);
	if (ended && asked)
		WRITE_ONCE(knobs.scan, knobs.scan - 1);
	mutex_unlock(&thread_lock);
	return ended;
}

/* Make a batch; returns whether a pass has ended, and the batch with it. */
static bool make_batch(void)
{
	unsigned int left = READ_ONCE(knobs.pages_to_scan);
	unsigned int nr;

	for (; left && !kthread_should_stop(); left -= nr) {
		nr = min(left, PIECE);
		if (make_piece(nr))
			return true;
		try_to_freeze();
	}
	return false;
}

/*
 * Sleep until it is time for the next batch, or a knob says something new.  A
 * thread that is not to sleep must not spin: between two passes it sleeps a tick
 * at least, and for longer when all pages are known to be unchanged.
 */
static void pause_scanning(bool pass_ended)
{
	unsigned int msecs = READ_ONCE(knobs.sleep_millisecs);
	long timeout = msecs_to_jiffies(msecs);

	if (pass_ended)
		timeout = max(timeout, scan_position.idle ? IDLE_TICKS : 1L);
	wait_event_freezable_timeout(thread_wait,
				     READ_ONCE(knobs.sleep_millisecs) != msecs ||
				     READ_ONCE(knobs.scan) ||
				     kthread_should_stop(), timeout);
}

static int thread_main(void *unused)
{
	bool pass_ended;

	set_freezable();
	set_user_nice(current, 5);	/* as ksmd */

	while (!kthread_should_stop()) {
		pass_ended = make_batch();
		if (!has_work())
			wait_event_freezable(thread_wait, has_work() ||
					     kthread_should_stop());
		else if (!READ_ONCE(knobs.scan))
			pause_scanning(pass_ended);
	}
	return 0;
}

int ksmfs_thread_set_run(unsigned int value)
{
	int err = 0;

	mutex_lock(&thread_lock);
	if (value == RUN_UNMERGE && knobs.run != RUN_UNMERGE) {
		WRITE_ONCE(knobs.scan, 0);
		err = ksmfs_scan_unmerge();
		if (err)
			value = RUN_STOP;
	}
	WRITE_ONCE(knobs.run, value);
	mutex_unlock(&thread_lock);
	wake_up(&thread_wait);
	return err;
}

int ksmfs_thread_set_scan(unsigned int value)
{
	int err = 0;

	mutex_lock(&thread_lock);
	if (knobs.run == RUN_UNMERGE) {
		err = -EBUSY;
	} else {
		/* Whole passes are asked for: begin at the beginning. */
		scan_position.ino = 0;
		scan_position.index = 0;
		WRITE_ONCE(knobs.scan, value);
	}
	mutex_unlock(&thread_lock);
	wake_up(&thread_wait);
	return err;
}

int ksmfs_thread_set_pages_to_scan(unsigned int value)
{
	WRITE_ONCE(knobs.pages_to_scan, value);
	return 0;
}

int ksmfs_thread_set_sleep_millisecs(unsigned int value)
{
	WRITE_ONCE(knobs.sleep_millisecs, value);
	wake_up(&thread_wait);
	return 0;
}

void ksmfs_thread_wake(void)
{
	wake_up(&thread_wait);
}

int ksmfs_thread_start(void)
{
	thread = kthread_run(thread_main, NULL, "ksmfs_scan");
	return PTR_ERR_OR_ZERO(thread);
}

void ksmfs_thread_stop(void)
{
	kthread_stop(thread);
}
