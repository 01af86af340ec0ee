// SPDX-License-Identifier: GPL-2.0
/*
 * Pressure: who starts reclaim, and until when it goes on.
 *
 * Three have frames reclaimed.  A mount that is nearly full does so by itself,
 * in a work item of its own, so that mounts do not wait for one another: it
 * begins when less than a 64th is left, beyond what is kept for breaks, and goes
 * on until twice as much is.  When the host is short of memory the kernel calls
 * our shrinker, which gives back at once what the pool can spare, has the scanner
 * hurry for a while, and has each mount give up as many frames as it was asked
 * for.  And whoever has the right to may ask for frames of one region.
 *
 * The shrinker is called from whatever allocates memory, ours included, with
 * slots held.  So it waits for nothing and reclaims nothing itself: others do.
 *
 * What the work item takes: cold pages that the scanner has found to be alone.
 * When a whole turn of the hands has given next to nothing, or a fault waits, it
 * takes any cold page, and has pools give back what they do not need.  When some
 * more turns have given nothing at all it ends, and at once if there is nothing
 * that it may take; faults that wait start it again.
 *
 * Work items that free memory have workers of their own, of whom one is always
 * there: a new one might not be to be had.  They rest while the machine is put to
 * sleep: what would be written to the swap file then, an image of memory that has
 * been taken already knew nothing of.
 */
#include <linux/mm.h>
#include <linux/shrinker.h>
#include <linux/workqueue.h>
#include "cow/pool.h"
#include "ksm/compat.h"
#include "ksm/ksmfs.h"
#include "ksm/reclaim.h"
#include <ksmfs/stats.h>

/* Frames that are reclaimed before it is looked again how many are left. */
#define PIECE 512

/* Turns of the hands that give nothing before there is nothing to be had. */
#define TURNS 4

struct workqueue_struct *ksmfs_pressure_workers;

static unsigned long low_mark(struct ksmfs_quota *quota)
{
	return ksmfs_quota_reserve(quota) + READ_ONCE(quota->limit) / 64;
}

static unsigned long high_mark(struct ksmfs_quota *quota)
{
	return ksmfs_quota_reserve(quota) + READ_ONCE(quota->limit) / 32;
}

static struct ksmfs_reclaim_order automatic_order(void)
{
	unsigned int mode = ksmfs_knob_get_reclaim_mode();

	return (struct ksmfs_reclaim_order) {
		.pack = mode != KSMFS_RECLAIM_MODE_none,
		.swap = mode == KSMFS_RECLAIM_MODE_swap,
		/* Nobody finds out whether they have an equal. */
		.hot = ksmfs_knob_get_run() != 1,
	};
}

/* Frames that a mount has to give up. */
static unsigned long wanted(struct ksmfs_sb *sbi)
{
	unsigned long left = ksmfs_quota_left(&sbi->frames);
	unsigned long high = high_mark(&sbi->frames);

	return max(high > left ? high - left : 0,
		   (unsigned long)atomic_long_read(&sbi->asked));
}

static void give(struct ksmfs_sb *sbi, unsigned long taken)
{
	long asked = atomic_long_read(&sbi->asked);

	if (!asked)
		return;
	ksmfs_pool_shrink();	/* there they went */
	atomic_long_sub(min_t(long, asked, taken), &sbi->asked);
}

static void relieve(struct ksmfs_sb *sbi, struct ksmfs_packer *packer)
{
	struct ksmfs_quota *frames = &sbi->frames;
	unsigned long nr, taken, vain = 0;

	while ((nr = min_t(unsigned long, wanted(sbi), PIECE))) {
		struct ksmfs_reclaim_order order = automatic_order();
		unsigned long turn = ksmfs_reclaim_turn(frames);

		if (!order.pack || !turn)
			break;
		if (vain > turn)
			ksmfs_reclaim_compact(frames);
		order.hot |= vain > turn || atomic_long_read(&sbi->stalled);
		taken = ksmfs_reclaim_mount(frames, packer, &order, nr);
		give(sbi, taken);
		/* Slots that were looked at since enough was found. */
		vain = 4 * taken < nr ? vain + nr * KSMFS_RECLAIM_LOOKS : 0;
		if (!taken && vain > TURNS * turn)
			break;
		cond_resched();
	}
}

static void work(struct work_struct *item)
{
	struct ksmfs_sb *sbi = container_of(item, struct ksmfs_sb, pressure);
	struct ksmfs_packer packer;

	if (ksmfs_knob_get_reclaim_mode() != KSMFS_RECLAIM_MODE_none &&
	    !ksmfs_packer_init(&packer)) {
		relieve(sbi, &packer);
		ksmfs_packer_destroy(&packer);
	}
	/* What could not be had is not owed: the host asks again. */
	atomic_long_set(&sbi->asked, 0);
}

/* ---- mounts ---- */

static LIST_HEAD(mounts);
static DEFINE_SPINLOCK(mounts_lock);	/* guards mounts; innermost */

void ksmfs_pressure_begin(struct ksmfs_sb *sbi)
{
	INIT_WORK(&sbi->pressure, work);
	spin_lock(&mounts_lock);
	list_add(&sbi->mounts, &mounts);
	spin_unlock(&mounts_lock);
}

void ksmfs_pressure_end(struct ksmfs_sb *sbi)
{
	spin_lock(&mounts_lock);
	list_del(&sbi->mounts);
	spin_unlock(&mounts_lock);
	cancel_work_sync(&sbi->pressure);
}

void ksmfs_pressure_kick(struct super_block *sb)
{
	queue_work(ksmfs_pressure_workers, &ksmfs_sb(sb)->pressure);
}

void ksmfs_pressure_check(struct super_block *sb)
{
	struct ksmfs_quota *quota = &ksmfs_sb(sb)->frames;

	if (ksmfs_quota_left(quota) < low_mark(quota))
		ksmfs_pressure_kick(sb);
}

/* ---- the host ---- */

static unsigned long count(struct shrinker *shrinker,
			   struct shrink_control *control)
{
	long nr = ksmfs_pool_spare();

	if (ksmfs_knob_get_reclaim_mode() != KSMFS_RECLAIM_MODE_none)
		nr += ksmfs_stat_read(KSMFS_STAT_pages_unshared);
	return nr > 0 ? nr : SHRINK_EMPTY;
}

/* Have every mount give up its part of @nr frames. */
static void ask_mounts(unsigned long nr)
{
	unsigned long all = max(ksmfs_stat_read(KSMFS_STAT_frames), 1L);
	struct ksmfs_sb *sbi;

	spin_lock(&mounts_lock);
	list_for_each_entry(sbi, &mounts, mounts) {
		unsigned long used = atomic_long_read(&sbi->frames.used);

		atomic_long_add(mult_frac(used, nr, all), &sbi->asked);
		queue_work(ksmfs_pressure_workers, &sbi->pressure);
	}
	spin_unlock(&mounts_lock);
}

static unsigned long scan(struct shrinker *shrinker,
			  struct shrink_control *control)
{
	unsigned long freed = ksmfs_pool_shrink();

	ksmfs_thread_hurry();
	if (freed < control->nr_to_scan)
		ask_mounts(control->nr_to_scan - freed);
	return freed ?: SHRINK_STOP;
}

static struct shrinker *shrinker;

int ksmfs_pressure_init(void)
{
	static const struct shrinker like = {
		.count_objects = count,
		.scan_objects = scan,
		.seeks = DEFAULT_SEEKS,
	};

	ksmfs_pressure_workers = alloc_workqueue("ksmfs", WQ_UNBOUND |
						 WQ_FREEZABLE | WQ_MEM_RECLAIM,
						 0);
	if (!ksmfs_pressure_workers)
		return -ENOMEM;
	shrinker = ksmfs_compat_shrinker("ksmfs", &like);
	if (shrinker)
		return 0;
	destroy_workqueue(ksmfs_pressure_workers);
	return -ENOMEM;
}

void ksmfs_pressure_exit(void)
{
	shrinker_free(shrinker);
	destroy_workqueue(ksmfs_pressure_workers);
}

/* ---- who asks ---- */

long ksmfs_pressure_reclaim(struct ksmfs_region *region, unsigned long nr,
			    unsigned int mode)
{
	struct ksmfs_reclaim_order order = automatic_order();
	struct ksmfs_packer packer;
	unsigned long taken;
	int err;

	if (mode) {
		order.pack = mode == KSMFS_RECLAIM_PACK;
		order.swap = mode == KSMFS_RECLAIM_SWAP;
	}
	err = ksmfs_packer_init(&packer);
	if (err)
		return err;
	taken = ksmfs_reclaim(region, &packer, &order, nr);
	ksmfs_packer_destroy(&packer);
	return taken || !signal_pending(current) ? taken : -EINTR;
}
