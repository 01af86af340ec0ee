// SPDX-License-Identifier: GPL-2.0
/*
 * The scanner's threads, and the knobs that steer them.
 *
 * The problem: as many threads as the budget is worth share the work, and
 * together obey two limits.  pages_to_scan and sleep_millisecs, KSM's, say how
 * many pages are visited before all of them sleep; max_cpu_percent says how
 * much CPU time they take, whatever a page costs.  The first says how much
 * memory may change before it is noticed, the second what that may cost.
 *
 * A thread makes a *piece*, which is part of a batch, and pays for it with the
 * CPU time that the scheduler says it took.  Then it rests for as long as the
 * budget, the batch or the walk (scan.c: nothing is due before the next
 * period) says, or until a knob says something new.  Passes that are asked for
 * through the knob "scan" know no batches.
 *
 * Structures: pace is what all threads share.  The walk has a lock of its own.
 *
 * Stopping: threads hold gate for reading while they make a piece, and who
 * changes "run" or "scan", or unmerges, holds it for writing.  So once a write
 * of 0 to "run" has returned nothing is merged any more.  No thread ever waits
 * for it, so that they can freeze while somebody unmerges: who cannot have it
 * rests until called.
 *
 * Calls: who has changed something counts calls up and wakes everybody.  A
 * thread reads that number before it looks at anything else, and does not
 * rest once it has changed.
 *
 * Lock order: crew_lock; gate, ksmfs_scan.lock; gate, slot; gate, pace.lock.
 *
 * CPU hotplug: threads are bound to no CPU.  How many there are is decided
 * when max_cpu_percent is written; should CPUs go, some share one.
 */
#include <linux/freezer.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/timekeeping.h>
#include <linux/wait.h>
#include "ksm/advisor.h"
#include "ksm/budget.h"
#include "ksm/ksmfs.h"
#include "ksm/scan.h"
#include <ksmfs/stats.h>

enum {
	RUN_STOP,
	RUN_MERGE,
	RUN_UNMERGE,
};

/* Slots of a piece: all of a leaf, so that its frames can be seen together. */
#define PIECE ((unsigned int)KSMFS_LEAF_SLOTS)

/* The knobs' highest and initial values. */
enum {
#define X(name, lowest, highest, initial, help)                               \
	HIGHEST_##name = highest, INITIAL_##name = initial,
	KSMFS_KNOBS(X)
#undef X
};

#define MAX_THREADS DIV_ROUND_UP(HIGHEST_max_cpu_percent, 100)

static DEFINE_MUTEX(crew_lock);
static struct task_struct *crew[MAX_THREADS];
static unsigned int nr_threads;

static DECLARE_RWSEM(gate);
static DECLARE_WAIT_QUEUE_HEAD(resting);
static atomic_t calls;
static atomic_t idlers;		/* those who rest for want of work */
static struct ksmfs_scan scan;

/* Under gate, held for writing. */
static unsigned int run = INITIAL_run;

/* Under crew_lock. */
static unsigned int max_cpu_percent = INITIAL_max_cpu_percent;

/**
 * struct pace - how fast the threads are together
 * @lock: guards all below
 * @pages_to_scan: knob
 * @sleep_millisecs: knob
 * @advisor_mode: knob
 * @advisor_target_scan_time: knob
 * @advised: period for which pages_to_scan was chosen
 * @left: pages of the batch that no thread has taken yet
 * @begun: jiffies when the batch was begun
 * @resume: jiffies when the next batch may begin
 * @hurry: jiffies until which batches make no pauses
 * @budget: of CPU time
 */
static struct pace {
	spinlock_t lock;
	unsigned int pages_to_scan;
	unsigned int sleep_millisecs;
	unsigned int advisor_mode;
	unsigned int advisor_target_scan_time;
	unsigned long advised;
	unsigned int left;
	unsigned long begun;
	unsigned long resume;
	unsigned long hurry;
	struct ksmfs_budget budget;
} pace = {
	.lock = __SPIN_LOCK_UNLOCKED(pace.lock),
	.hurry = INITIAL_JIFFIES,
	.pages_to_scan = INITIAL_pages_to_scan,
	.sleep_millisecs = INITIAL_sleep_millisecs,
	.advisor_target_scan_time = INITIAL_advisor_target_scan_time,
};

/**
 * struct rest - what a thread does next
 * @ticks: how long it rests, in jiffies; 0 not to rest
 * @idle: or until there is something to do
 */
struct rest {
	long ticks;
	bool idle;
};

static void call_everybody(void)
{
	/* Who sees the new number sees what was changed before, too. */
	atomic_inc_return_release(&calls);
	wake_up(&resting);
}

/* Seconds: a region begins one pass in each at most. */
static unsigned long this_period(void)
{
	return jiffies / HZ;
}

static unsigned long sleep_ticks(void)
{
	return msecs_to_jiffies(pace.sleep_millisecs);
}

/*
 * Take a piece of the batch, or of the next if it is time for that.  Returns
 * how long it is not.
 */
static long take_piece(unsigned int *nr)
{
	long wait = 0;

	spin_lock(&pace.lock);
	if (!pace.left && time_before(jiffies, pace.resume) &&
	    !time_before(jiffies, pace.hurry)) {
		wait = pace.resume - jiffies;
	} else {
		if (!pace.left) {
			pace.left = pace.pages_to_scan;
			pace.begun = jiffies;
		}
		*nr = min(pace.left, PIECE);
		pace.left -= *nr;
		/* For those who come while the last piece is being made. */
		pace.resume = jiffies + sleep_ticks();
	}
	spin_unlock(&pace.lock);
	return wait;
}

/* Under the advisor batches begin at equal distances, a tick at least. */
static unsigned long batch_ticks(void)
{
	return max(sleep_ticks(), 1UL);
}

/* Once in a period, have the advisor choose the size of batches. */
static void advise(unsigned long period)
{
	struct ksmfs_advisor known;

	lockdep_assert_held(&pace.lock);
	if (pace.advisor_mode == KSMFS_ADVISOR_none || pace.advised == period)
		return;
	pace.advised = period;
	known = (struct ksmfs_advisor){
		.mode = pace.advisor_mode,
		.target = pace.advisor_target_scan_time,
		.interval = jiffies_to_msecs(batch_ticks()),
		.restless = ksmfs_scan_restless(&scan),
		.available = si_mem_available(),
		.total = totalram_pages(),
	};
	WRITE_ONCE(pace.pages_to_scan, ksmfs_advisor_pages(&known));
	pace.left = min(pace.left, pace.pages_to_scan);
}

/* A piece of @nr pages has been made, and @done were visited. */
static void finish_piece(unsigned int nr, unsigned int done)
{
	spin_lock(&pace.lock);
	if (done > nr)
		pace.left -= min(pace.left, done - nr);
	else if (done < nr)
		pace.left = 0;	/* there is no more to do in this batch */
	if (pace.advisor_mode == KSMFS_ADVISOR_none)
		pace.resume = jiffies + sleep_ticks();
	else
		pace.resume = pace.begun + batch_ticks();
	advise(this_period());
	spin_unlock(&pace.lock);
}

/*
 * Pay for the CPU time that this thread has used since it last did, which
 * @paid says.  Returns how long to wait until there is more.
 */
static long pay(u64 *paid)
{
	u64 used = current->se.sum_exec_runtime;
	u64 wait;

	spin_lock(&pace.lock);
	wait = ksmfs_budget_spend(&pace.budget, READ_ONCE(max_cpu_percent),
				  ktime_get_ns(), used - *paid);
	spin_unlock(&pace.lock);
	*paid = used;
	return wait ? nsecs_to_jiffies(wait) + 1 : 0;
}

/*
 * Make a piece if it is time to.  When there is nothing to do one thread looks
 * again in the next period, and calls the others if it finds more than it can
 * do in a piece.
 */
static struct rest make_piece(u64 *paid, bool looks_again)
{
	bool asked = ksmfs_scan_asked(&scan);
	struct rest rest = {};
	unsigned int nr = PIECE;
	unsigned int done;

	lockdep_assert_held_read(&gate);
	if (!asked && (run != RUN_MERGE ||
		       ksmfs_stat_read(KSMFS_STAT_regions) <= 0)) {
		rest.ticks = MAX_SCHEDULE_TIMEOUT;
		return rest;
	}
	rest.ticks = pay(paid);
	if (!rest.ticks && !asked)
		rest.ticks = take_piece(&nr);
	if (rest.ticks)
		return rest;

	done = ksmfs_scan_work(&scan, this_period(), nr);
	if (!asked)
		finish_piece(nr, done);
	if (done < nr) {
		rest.ticks = looks_again ? HZ - jiffies % HZ :
					   MAX_SCHEDULE_TIMEOUT;
		rest.idle = true;
	} else if (atomic_read(&idlers) && ksmfs_scan_is_due(&scan)) {
		wake_up(&resting);
	}
	return rest;
}

static bool may_go_on(int seen, bool idle)
{
	return atomic_read(&calls) != seen || kthread_should_stop() ||
	       (idle && ksmfs_scan_is_due(&scan));
}

/* @seen: calls that the decision to rest took into account */
static void take_rest(const struct rest *rest, int seen)
{
	if (rest->idle)
		atomic_inc(&idlers);
	wait_event_freezable_timeout(resting, may_go_on(seen, rest->idle),
				     rest->ticks);
	if (rest->idle)
		atomic_dec(&idlers);
}

static int thread_main(void *is_first)
{
	u64 paid = current->se.sum_exec_runtime;

	set_freezable();
	set_user_nice(current, 5);	/* as ksmd */

	while (!kthread_should_stop()) {
		struct rest rest = { .ticks = MAX_SCHEDULE_TIMEOUT };
		int seen = atomic_read_acquire(&calls);

		if (down_read_trylock(&gate)) {
			rest = make_piece(&paid, is_first);
			up_read(&gate);
		}
		if (rest.ticks)
			take_rest(&rest, seen);
		try_to_freeze();
		cond_resched();
	}
	return 0;
}

unsigned int ksmfs_knob_get_run(void)
{
	return READ_ONCE(run);
}

int ksmfs_knob_set_run(unsigned int value)
{
	int err = 0;

	down_write(&gate);
	if (value == RUN_UNMERGE && run != RUN_UNMERGE) {
		ksmfs_scan_ask(&scan, 0);
		err = ksmfs_scan_unmerge();
		if (err)
			value = RUN_STOP;
	}
	WRITE_ONCE(run, value);
	up_write(&gate);
	call_everybody();
	return err;
}

unsigned int ksmfs_knob_get_scan(void)
{
	return ksmfs_scan_asked(&scan);
}

int ksmfs_knob_set_scan(unsigned int value)
{
	int err = 0;

	down_write(&gate);
	if (run == RUN_UNMERGE)
		err = -EBUSY;
	else
		ksmfs_scan_ask(&scan, value);
	up_write(&gate);
	call_everybody();
	return err;
}

unsigned int ksmfs_knob_get_pages_to_scan(void)
{
	return READ_ONCE(pace.pages_to_scan);
}

/* A new order ends the batch and the sleep of the old one, and the advice. */
static void reset_pace(void)
{
	lockdep_assert_held(&pace.lock);
	pace.left = 0;
	pace.resume = jiffies;
	pace.advised = 0;
}

/* Set a knob that may be set at any time. */
static int set_pace(unsigned int *knob, unsigned int value)
{
	spin_lock(&pace.lock);
	WRITE_ONCE(*knob, value);
	reset_pace();
	spin_unlock(&pace.lock);
	call_everybody();
	return 0;
}

int ksmfs_knob_set_pages_to_scan(unsigned int value)
{
	int err = 0;

	spin_lock(&pace.lock);
	if (pace.advisor_mode == KSMFS_ADVISOR_none) {
		WRITE_ONCE(pace.pages_to_scan, value);
		reset_pace();
	} else {
		err = -EINVAL;
	}
	spin_unlock(&pace.lock);
	call_everybody();
	return err;
}

unsigned int ksmfs_knob_get_sleep_millisecs(void)
{
	return READ_ONCE(pace.sleep_millisecs);
}

int ksmfs_knob_set_sleep_millisecs(unsigned int value)
{
	return set_pace(&pace.sleep_millisecs, value);
}

unsigned int ksmfs_knob_get_advisor_mode(void)
{
	return READ_ONCE(pace.advisor_mode);
}

int ksmfs_knob_set_advisor_mode(unsigned int value)
{
	spin_lock(&pace.lock);
	if (value == KSMFS_ADVISOR_none && pace.advisor_mode != value)
		WRITE_ONCE(pace.pages_to_scan, INITIAL_pages_to_scan);
	WRITE_ONCE(pace.advisor_mode, value);
	reset_pace();
	spin_unlock(&pace.lock);
	call_everybody();
	return 0;
}

unsigned int ksmfs_knob_get_advisor_target_scan_time(void)
{
	return READ_ONCE(pace.advisor_target_scan_time);
}

int ksmfs_knob_set_advisor_target_scan_time(unsigned int value)
{
	return set_pace(&pace.advisor_target_scan_time, value);
}

static int hire(void)
{
	struct task_struct *task;

	lockdep_assert_held(&crew_lock);
	task = kthread_run(thread_main, nr_threads ? NULL : &crew,
			   "ksmfs_scan/%u", nr_threads);
	if (IS_ERR(task))
		return PTR_ERR(task);
	crew[nr_threads++] = task;
	return 0;
}

/* Returns when those who go have ended. */
static void shrink_to(unsigned int nr)
{
	lockdep_assert_held(&crew_lock);
	while (nr_threads > nr)
		kthread_stop(crew[--nr_threads]);
}

/* Have as many threads as a budget is worth; more only if all can be had. */
static int resize_crew(unsigned int percent)
{
	unsigned int wanted = min(DIV_ROUND_UP(percent, 100),
				  num_online_cpus());
	unsigned int had = nr_threads;
	int err = 0;

	while (nr_threads < wanted && !err)
		err = hire();
	shrink_to(err ? had : wanted);
	return err;
}

unsigned int ksmfs_knob_get_max_cpu_percent(void)
{
	return READ_ONCE(max_cpu_percent);
}

int ksmfs_knob_set_max_cpu_percent(unsigned int value)
{
	int err;

	mutex_lock(&crew_lock);
	err = resize_crew(value);
	if (!err)
		WRITE_ONCE(max_cpu_percent, value);
	mutex_unlock(&crew_lock);
	call_everybody();
	return err;
}

void ksmfs_thread_hurry(void)
{
	spin_lock(&pace.lock);
	pace.hurry = jiffies + HZ;
	spin_unlock(&pace.lock);
	call_everybody();
}

void ksmfs_thread_wake(void)
{
	call_everybody();
}

int ksmfs_thread_start(void)
{
	ksmfs_scan_init(&scan);
	return ksmfs_knob_set_max_cpu_percent(max_cpu_percent);
}

void ksmfs_thread_stop(void)
{
	mutex_lock(&crew_lock);
	shrink_to(0);
	mutex_unlock(&crew_lock);
}
