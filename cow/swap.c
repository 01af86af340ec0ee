// SPDX-License-Identifier: GPL-2.0
/*
 * Two sets of places and a number say all: what is in neither set is in use, being
 * wiped, or bad.
 *
 * Places are given out in a round: behind those given out last, whoever got them
 * (next fit).  So what goes out together lies together, and so does what was
 * released together later, which makes long runs to wipe.
 *
 * Wiping is put off until a sixteenth of the file waits for it.  Then it is done
 * by somebody who holds nothing; that is, who writes finds clean places as
 * a rule.  If not he wipes himself what he needs.  The end of a mount has little
 * left to wipe, unless a lot was released just before.
 *
 *	wiping		one run at a time, from the released set to the clean one; who
 *			finds neither clean nor released places while he holds it
 *			knows that the file is full
 *	    lock	the sets and numbers; nothing is locked inside, nobody sleeps
 *
 * Nothing else of ours is locked while a file is read, written or wiped.
 */
#include "cow/swap.h"
#include "cow/places.h"
#include <ksmfs/stats.h>

/* So much of a file may wait to be wiped, and so many pages are wiped at once. */
#define RELEASED_PART 16
#define WIPE_PAGES 4096

/**
 * struct ksmfs_swap - the pages of one swap file
 * @lock: guards what follows it up to @wiping
 * @clean: places nobody's content is in
 * @released: places to be wiped
 * @next: place behind the one given out last
 * @bad: places that are not used any more
 * @wiping: held by who wipes
 * @ops: functions of the file
 * @file: what they get
 */
struct ksmfs_swap {
	spinlock_t lock;
	struct ksmfs_places clean;
	struct ksmfs_places released;
	unsigned long next;
	unsigned long bad;
	struct mutex wiping;
	const struct ksmfs_swap_ops *ops;
	void *file;
};

static void destroy(struct ksmfs_swap *swap)
{
	ksmfs_places_destroy(&swap->released);
	ksmfs_places_destroy(&swap->clean);
	kfree(swap);
}

struct ksmfs_swap *ksmfs_swap_new(unsigned long pages,
				  const struct ksmfs_swap_ops *ops, void *file)
{
	struct ksmfs_swap *swap = kzalloc(sizeof(*swap), GFP_KERNEL);

	if (!swap)
		return ERR_PTR(-ENOMEM);
	if (ksmfs_places_init(&swap->clean, pages) ||
	    ksmfs_places_init(&swap->released, pages)) {
		destroy(swap);
		return ERR_PTR(-ENOMEM);
	}
	ksmfs_places_fill(&swap->clean);
	spin_lock_init(&swap->lock);
	mutex_init(&swap->wiping);
	swap->ops = ops;
	swap->file = file;
	return swap;
}

/* An error that will pass, or is of who asks, and says nothing of a place. */
static bool is_passing(int err)
{
	switch (err) {
	case -ENOMEM:
	case -ENOSPC:
	case -EAGAIN:
	case -EINTR:
	case -EACCES:
	case -EPERM:
	case -EFBIG:
		return true;
	default:
		return false;
	}
}

/*
 * Returns false if there was nothing to wipe, or if that cannot be done now.  The
 * last time there is no other: what cannot be wiped is bad.
 */
static bool wipe_run(struct ksmfs_swap *swap, bool last)
{
	unsigned long place = 0, nr, i;
	bool passing;
	int err;

	lockdep_assert_held(&swap->wiping);
	spin_lock(&swap->lock);
	nr = ksmfs_places_take(&swap->released, &place, WIPE_PAGES);
	spin_unlock(&swap->lock);
	if (!nr)
		return false;

	err = swap->ops->wipe(swap->file, place, nr, last);
	passing = is_passing(err) && !last;
	spin_lock(&swap->lock);
	if (err && !passing)
		swap->bad += nr;
	else
		for (i = 0; i < nr; i++)
			ksmfs_places_add(err ? &swap->released : &swap->clean,
					 place + i);
	spin_unlock(&swap->lock);
	return !passing;
}

static void wipe_all(struct ksmfs_swap *swap, bool last)
{
	bool more;

	do {
		cond_resched();
		mutex_lock(&swap->wiping);
		more = wipe_run(swap, last);
		mutex_unlock(&swap->wiping);
	} while (more);
}

void ksmfs_swap_wipe(struct ksmfs_swap *swap)
{
	wipe_all(swap, false);
}

unsigned long ksmfs_swap_free(struct ksmfs_swap *swap)
{
	unsigned long bad;

	if (!swap)
		return 0;
	wipe_all(swap, true);
	WARN_ON_ONCE(ksmfs_swap_count(swap).used);
	swap->ops->close(swap->file);
	bad = swap->bad;
	destroy(swap);
	return bad;
}

/*
 * Wipe until a batch will go out, or nothing is left to be wiped.  Returns false
 * if there is no clean place then.
 */
static bool make_room(struct ksmfs_swap *swap)
{
	unsigned long clean;

	mutex_lock(&swap->wiping);
	do {
		spin_lock(&swap->lock);
		clean = swap->clean.nr;
		spin_unlock(&swap->lock);
	} while (clean < KSMFS_SWAP_BATCH && wipe_run(swap, false));
	mutex_unlock(&swap->wiping);
	return clean;
}

/* Find places for frames; returns how many runs they are, and so *@nr frames. */
static unsigned int take_runs(struct ksmfs_swap *swap, struct page **frames,
			      unsigned int *nr, struct ksmfs_swap_run *runs)
{
	unsigned int n, done = 0;

	spin_lock(&swap->lock);
	for (n = 0; n < KSMFS_SWAP_RUNS && done < *nr; n++) {
		unsigned long place = swap->next;
		unsigned int got;

		got = ksmfs_places_take(&swap->clean, &place, *nr - done);
		if (!got)
			break;
		runs[n] = (struct ksmfs_swap_run) {
			.place = place,
			.nr = got,
			.frames = frames + done,
		};
		swap->next = place + got;
		done += got;
	}
	spin_unlock(&swap->lock);
	*nr = done;
	return n;
}

/* Tell where the frames of a run are now; returns how many. */
static unsigned int note_run(struct ksmfs_swap *swap,
			     const struct ksmfs_swap_run *run,
			     unsigned long *places)
{
	unsigned int i;

	for (i = 0; i < run->nr; i++)
		places[i] = run->err ? KSMFS_SWAP_NONE : run->place + i;
	if (!run->err) {
		ksmfs_stat_add(KSMFS_STAT_swap_outs, run->nr);
		return run->nr;
	}
	ksmfs_stat_add(KSMFS_STAT_swap_errors, run->nr);
	if (is_passing(run->err)) {
		for (i = 0; i < run->nr; i++)
			ksmfs_swap_release(swap, run->place + i);
	} else {
		spin_lock(&swap->lock);
		swap->bad += run->nr;
		spin_unlock(&swap->lock);
	}
	return 0;
}

unsigned int ksmfs_swap_out(struct ksmfs_swap *swap, struct page **frames,
			    unsigned int nr, unsigned long *places)
{
	unsigned int i, done, written = 0;

	for (done = 0; done < nr; ) {
		struct ksmfs_swap_run runs[KSMFS_SWAP_RUNS];
		unsigned int part = nr - done;
		unsigned int n = take_runs(swap, frames + done, &part, runs);

		if (!n) {
			if (make_room(swap))
				continue;
			break;
		}
		swap->ops->write(swap->file, runs, n);
		for (i = 0; i < n; i++) {
			written += note_run(swap, &runs[i], places + done);
			done += runs[i].nr;
		}
	}
	for (; done < nr; done++)
		places[done] = KSMFS_SWAP_NONE;
	return written;
}

int ksmfs_swap_in(struct ksmfs_swap *swap, unsigned long place,
		  struct page **frames, unsigned int nr)
{
	struct ksmfs_swap_run run = {
		.place = place,
		.nr = nr,
		.frames = frames,
	};

	swap->ops->read(swap->file, &run, 1);
	if (!run.err)
		return 0;
	ksmfs_stat_add(KSMFS_STAT_swap_errors, nr);
	return -EIO;
}

void ksmfs_swap_release(struct ksmfs_swap *swap, unsigned long place)
{
	bool many;

	spin_lock(&swap->lock);
	WARN_ON_ONCE(ksmfs_places_has(&swap->clean, place) ||
		     ksmfs_places_has(&swap->released, place));
	ksmfs_places_add(&swap->released, place);
	/* Not each time; but again when it becomes more, if wiping has failed. */
	many = swap->released.nr %
	       (swap->clean.size / RELEASED_PART + 1) == 0;
	spin_unlock(&swap->lock);
	if (many)
		swap->ops->wipe_later(swap->file);
}

struct ksmfs_swap_numbers ksmfs_swap_count(struct ksmfs_swap *swap)
{
	struct ksmfs_swap_numbers numbers = { .pages = swap->clean.size };

	spin_lock(&swap->lock);
	numbers.bad = swap->bad;
	numbers.used = numbers.pages - swap->clean.nr - swap->bad;
	spin_unlock(&swap->lock);
	return numbers;
}
