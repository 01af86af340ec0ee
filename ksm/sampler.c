// SPDX-License-Identifier: GPL-2.0
/*
 * The sampler's thread: when which region is sampled (sample.c says how).
 *
 * The problem: a thousand regions are to be sampled in each period, not all at
 * once, and at no cost but that of the pages that are watched.
 *
 * A period has four *rounds*.  In a round the thread comes to every region
 * once, by rising inode number, and at equal distances: to the last of them at
 * the round's end.  It looks there which pages have been touched; and in each
 * fourth round, which is not the same one for all regions, it ends the period
 * and begins the next.  So the work is even within a round, and from one to
 * another.
 *
 * Knobs and new regions take effect at once: whoever changes something counts
 * calls up and wakes the thread, which works out anew how long it has to wait.
 *
 * Nobody is waited for, and no region used, while the thread sleeps; it may be
 * frozen then.
 */
#include <linux/freezer.h>
#include <linux/kthread.h>
#include <linux/wait.h>
#include "ksm/ksmfs.h"
#include "ksm/sample.h"
#include <ksmfs/stats.h>

#define ROUNDS 4

/* Initial values. */
enum {
#define X(name, lowest, highest, initial, help) INITIAL_##name = initial,
	KSMFS_KNOBS(X)
#undef X
};

static unsigned int sample_pages = INITIAL_sample_pages;
static unsigned int sample_millisecs = INITIAL_sample_millisecs;

static struct task_struct *sampler;
static DECLARE_WAIT_QUEUE_HEAD(resting);
static atomic_t calls;

/**
 * struct walk - where the thread is; its own
 * @round: number of the round
 * @begun: jiffies when it began
 * @next: inode number to go on with; 0: the round is over
 * @done: regions that it has been to in this round
 * @knows: something may be known of some regions
 */
struct walk {
	unsigned long round;
	unsigned long begun;
	unsigned long next;
	unsigned long done;
	bool knows;
};

static void call(void)
{
	/* Who sees the new number sees what was changed before, too. */
	atomic_inc_return_release(&calls);
	wake_up(&resting);
}

/* How long to wait for what comes next, in jiffies. */
static long time_to_wait(const struct walk *walk)
{
	unsigned long length = msecs_to_jiffies(READ_ONCE(sample_millisecs)) /
			       ROUNDS;
	long regions = ksmfs_stat_read(KSMFS_STAT_regions);
	unsigned long due;

	if (!READ_ONCE(sample_pages) || regions <= 0)
		return MAX_SCHEDULE_TIMEOUT;
	if (walk->next && walk->done < regions)
		length = mult_frac(length, walk->done, (unsigned long)regions);
	due = walk->begun + length;
	return time_before(jiffies, due) ? due - jiffies : 0;
}

static void visit(struct ksmfs_region *region, unsigned long round)
{
	struct inode *inode = region->mapping->host;
	unsigned int nr = READ_ONCE(sample_pages);

	if (nr && (region->ino + round) % ROUNDS == 0)
		ksmfs_sample_turn(region, ksmfs_inode_pages(inode), nr);
	else
		ksmfs_sample_look(region);
}

/* Go to the next region, or end the round. */
static void make_step(struct walk *walk)
{
	struct ksmfs_region *region;

	if (!walk->next) {
		walk->round++;
		walk->begun = jiffies;
		walk->done = 0;
	}
	region = ksmfs_region_from(walk->next, XA_PRESENT);
	if (region) {
		visit(region, walk->round);
		walk->next = region->ino + 1;
		walk->done++;
		walk->knows = true;
	} else {
		walk->next = 0;
	}
	ksmfs_region_put(region);
}

static void forget_all(void)
{
	struct ksmfs_region *region;
	unsigned long ino = 0;

	while ((region = ksmfs_region_from(ino, XA_PRESENT))) {
		ksmfs_sample_forget(region);
		ino = region->ino + 1;
		ksmfs_region_put(region);
		cond_resched();
	}
}

/* @seen: calls that the decision to rest took into account */
static void take_rest(struct walk *walk, long wait, int seen)
{
	if (walk->knows && !READ_ONCE(sample_pages)) {
		forget_all();
		walk->knows = false;
	}
	wait_event_freezable_timeout(resting,
				     atomic_read(&calls) != seen ||
				     kthread_should_stop(), wait);
}

static int sampler_main(void *unused)
{
	struct walk walk = { .begun = jiffies };

	set_freezable();
	while (!kthread_should_stop()) {
		int seen = atomic_read_acquire(&calls);
		long wait = time_to_wait(&walk);

		if (wait)
			take_rest(&walk, wait, seen);
		else
			make_step(&walk);
		try_to_freeze();
		cond_resched();
	}
	return 0;
}

unsigned int ksmfs_knob_get_sample_pages(void)
{
	return READ_ONCE(sample_pages);
}

int ksmfs_knob_set_sample_pages(unsigned int value)
{
	WRITE_ONCE(sample_pages, value);
	call();
	return 0;
}

unsigned int ksmfs_knob_get_sample_millisecs(void)
{
	return READ_ONCE(sample_millisecs);
}

int ksmfs_knob_set_sample_millisecs(unsigned int value)
{
	WRITE_ONCE(sample_millisecs, value);
	call();
	return 0;
}

void ksmfs_sampler_wake(void)
{
	call();
}

int ksmfs_sampler_start(void)
{
	sampler = kthread_run(sampler_main, NULL, "ksmfs_sample");
	return PTR_ERR_OR_ZERO(sampler);
}

void ksmfs_sampler_stop(void)
{
	kthread_stop(sampler);
}
