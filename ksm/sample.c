// SPDX-License-Identifier: GPL-2.0
/*
 * Sampling: see sample.h for what it is about.
 *
 * Choosing: slots are chosen with replacement; one that is chosen twice is
 * just watched twice.  When all slots are to be watched each is, once.  Slots
 * that were never touched have no leaf, or are blank in it: they are watched as
 * they are, and none is made.
 *
 * Touched is what is mapped again; and also what had no frame of its own and
 * has one now, for whoever caused that need not have mapped it.  Having lost
 * its frame is no touch.  What somebody holds is looked at the next time; if
 * that was the last time it counts as not touched, which is rare enough.
 *
 * The other side: the scanner unmaps pages as well, when it merges them, and a
 * touch before that is missed unless somebody has looked in between.  It does
 * so to quiet pages only, and not again and again.
 *
 * Averages: a slow and a fast one follow the periods with gains of 1/16 and
 * 1/4; both begin as plain means, so the first period does not weigh more than
 * those after it.  A period that is above the fast average by more than chance
 * explains is a *rise*: the fast average begins anew there.  A period that has
 * not ended counts by itself once it is a rise, since what was seen can only
 * become more.
 *
 * What is reported as active is the highest of the three.  The highest of
 * several estimates is too high on average, each being so half of the time.
 * That is why the running period, which varies most, has to be a rise.  With
 * 200 pages of a region of which a quarter is active the estimate is too high
 * by 1.6 %, and wrong by more than 15 % once in 100 times (test_sample.c).  If
 * the running period always counted it would be 6 %, and once in 9 times.
 *
 * Invariants: a slot that is watched was in no page table when that began, and
 * nobody has been seen to touch it since.
 *
 * Locks: one slot at a time, by trylock; whoever unmaps a slot holds it.  The
 * list of those watched belongs to the caller of ksmfs_sample_turn(); what is
 * reported are single numbers, each of which is right whenever it is read.
 */
#include "ksm/sample.h"
#include "cow/region.h"
#include <uapi/ksmfs.h>

/* The averages are over so many periods or so. */
#define SLOW 16
#define FAST 4

/* Chance does not explain so many standard errors. */
#define ERRORS 3

/* Parts of a region are fixed-point numbers; this is all of it. */
#define WHOLE BIT(32)

/* Take a slot out of all page tables; it is locked. */
static void unmap(struct ksmfs_region *region, struct ksmfs_slot *slot,
		  unsigned long index)
{
	lockdep_assert_held(region);
	if (!ksmfs_slot_mapped(region, slot))
		return;
	ksmfs_region_unmap(region, index, 1, false);
	if (!ksmfs_slot_is_private(ksmfs_slot_state(slot)))
		ksmfs_slot_set_mapped(region, slot, false);
}

static void watch(struct ksmfs_region *region, unsigned long index)
{
	struct ksmfs_region_sample *sample = &region->sample;
	struct ksmfs_slot *slot = ksmfs_region_find(region, &index, index);
	bool private = false;

	if (slot) {
		if (!ksmfs_slot_trylock(region, slot))
			return;
		unmap(region, slot, index);
		/* What is fetched may have been so for a neighbour's sake. */
		private = ksmfs_slot_is_private(ksmfs_slot_state(slot)) ||
			  ksmfs_slot_is_away(ksmfs_slot_state(slot));
		ksmfs_slot_unlock(region, slot);
	}
	sample->watched[sample->left++] = (struct ksmfs_watched) {
		.index = index,
		.private = private,
	};
}

static bool is_touched(struct ksmfs_region *region,
		       const struct ksmfs_watched *watched)
{
	unsigned long index = watched->index;
	struct ksmfs_slot *slot = ksmfs_region_find(region, &index, index);
	bool touched;

	if (!slot || !ksmfs_slot_trylock(region, slot))
		return false;
	touched = ksmfs_slot_mapped(region, slot) ||
		  (ksmfs_slot_is_private(ksmfs_slot_state(slot)) &&
		   !watched->private);
	ksmfs_slot_unlock(region, slot);
	return touched;
}

/* Cease to watch slots that have been touched. */
static void look(struct ksmfs_region *region)
{
	struct ksmfs_region_sample *sample = &region->sample;
	unsigned int i = 0;

	while (i < sample->left && !READ_ONCE(region->dying)) {
		if (is_touched(region, &sample->watched[i]))
			sample->watched[i] = sample->watched[--sample->left];
		else
			i++;
		cond_resched();
	}
}

static unsigned long touched(const struct ksmfs_region_sample *sample)
{
	return sample->chosen - sample->left;
}

static unsigned long part_touched(const struct ksmfs_region_sample *sample)
{
	return touched(sample) * WHOLE / sample->chosen;
}

/*
 * Whether more was touched than chance makes of the fast average.  The square
 * of the standard error is touched * left / chosen.
 */
static bool is_rise(const struct ksmfs_region_sample *sample)
{
	long above = touched(sample) - sample->fast * sample->chosen / WHOLE;

	return above > 0 &&
	       above * above * sample->chosen >
		       ERRORS * ERRORS * touched(sample) * sample->left;
}

/* Let an average over @nr periods follow one more. */
static unsigned long follow(unsigned long average, unsigned long now,
			    unsigned long nr)
{
	return average + ((long)now - (long)average) / (long)nr;
}

static void end_period(struct ksmfs_region_sample *sample)
{
	unsigned long now = part_touched(sample);
	unsigned long periods = sample->periods + 1;
	unsigned long fast = is_rise(sample) ? 1 : FAST;

	WRITE_ONCE(sample->slow, follow(sample->slow, now,
					min(periods, SLOW + 0UL)));
	WRITE_ONCE(sample->fast, follow(sample->fast, now,
					min(periods, fast)));
	WRITE_ONCE(sample->rise, 0);
	WRITE_ONCE(sample->periods, periods);
}

/* Have room for so many, and watch none. */
static bool make_room(struct ksmfs_region_sample *sample, unsigned int nr)
{
	size_t size = nr * sizeof(*sample->watched);

	sample->chosen = 0;
	sample->left = 0;
	if (sample->room == nr)
		return true;
	kvfree(sample->watched);
	sample->watched = kvzalloc(size, GFP_KERNEL);
	sample->room = sample->watched ? nr : 0;
	return sample->watched;
}

static void begin_period(struct ksmfs_region *region, unsigned long pages,
			 unsigned int nr)
{
	struct ksmfs_region_sample *sample = &region->sample;
	unsigned int i;

	nr = min(pages, nr + 0UL);
	if (!nr || !make_room(sample, nr))
		return;
	for (i = 0; i < nr && !READ_ONCE(region->dying); i++) {
		watch(region, nr == pages ? i : get_random_u64() % pages);
		cond_resched();
	}
	sample->chosen = sample->left;
}

void ksmfs_sample_look(struct ksmfs_region *region)
{
	struct ksmfs_region_sample *sample = &region->sample;

	look(region);
	/* Of the first period nothing is known before its end. */
	if (sample->periods && is_rise(sample))
		WRITE_ONCE(sample->rise, part_touched(sample));
}

void ksmfs_sample_turn(struct ksmfs_region *region, unsigned long pages,
		       unsigned int nr)
{
	struct ksmfs_region_sample *sample = &region->sample;

	if (sample->pages != pages)
		ksmfs_sample_forget(region);
	sample->pages = pages;
	look(region);
	if (sample->chosen)
		end_period(sample);
	begin_period(region, pages, nr);
}

void ksmfs_sample_forget(struct ksmfs_region *region)
{
	struct ksmfs_region_sample *sample = &region->sample;

	WRITE_ONCE(sample->periods, 0);
	WRITE_ONCE(sample->slow, 0);
	WRITE_ONCE(sample->fast, 0);
	WRITE_ONCE(sample->rise, 0);
	sample->chosen = 0;
	sample->left = 0;
	sample->room = 0;
	kvfree(sample->watched);
	sample->watched = NULL;
}

static u64 pages_of(unsigned long pages, unsigned long part)
{
	return mult_frac(pages, part, WHOLE);
}

void ksmfs_sample_report(const struct ksmfs_region *region,
			 struct ksmfs_region_info *info)
{
	const struct ksmfs_region_sample *sample = &region->sample;
	unsigned long slow = READ_ONCE(sample->slow);
	unsigned long fast = READ_ONCE(sample->fast);
	unsigned long rise = READ_ONCE(sample->rise);

	info->periods = READ_ONCE(sample->periods);
	info->active_slow = pages_of(info->pages, slow);
	info->active_fast = pages_of(info->pages, fast);
	info->active = pages_of(info->pages, max(slow, max(fast, rise)));
}
