/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The pages of one swap file: which of its places are taken, and the way there
 * and back.  What a file is, and how it is read and written, ops know.
 *
 * A place holds one page.  At any moment it is exactly one of
 *
 *  clean     nobody's content is in it
 *  in use    it was given to ksmfs_swap_out()'s caller, or is about to be
 *  released  nobody wants what is in it any more, but it is still there
 *  bad       writing to it failed, or wiping it
 *
 *	clean -> in use -> released -> clean
 *	           |           |
 *	           +---> bad <-+
 *
 * Only clean places are given out, so what a place held for one domain cannot
 * come up in another, even if the medium loses a write and says nothing.  Released
 * places are wiped many at once: once there are enough of them, when no clean
 * one is left, and at the end.
 */
#ifndef _KSMFS_COW_SWAP_H
#define _KSMFS_COW_SWAP_H

#include <ksmfs/env.h>

struct ksmfs_swap;

/* The place of what was not written. */
#define KSMFS_SWAP_NONE ULONG_MAX

/* So many pages go out, or come in, at once at most; and in so many runs. */
#define KSMFS_SWAP_BATCH 64
#define KSMFS_SWAP_RUNS 16

/**
 * struct ksmfs_swap_run - one request: frames and the places for them
 * @place: of the first; those of the others follow it
 * @nr: how many frames
 * @frames: which
 * @err: set by whoever carries it out: 0 if all of it was read or written
 */
struct ksmfs_swap_run {
	unsigned long place;
	unsigned int nr;
	int err;
	struct page **frames;
};

/**
 * struct ksmfs_swap_ops - what a swap file can do
 * @write: carry out up to KSMFS_SWAP_RUNS requests of KSMFS_SWAP_BATCH frames
 *         in all, at once; returns when all are over; may sleep
 * @read: likewise
 * @wipe: have these places read as zeros; 0 or a negative errno; may sleep.
 *        @last: nobody waits for it, and it will not be asked again: wait until the
 *        file can be written to
 * @wipe_later: have ksmfs_swap_wipe() called soon, by somebody who holds
 *              nothing; does not sleep
 * @close: the last call; waits until nobody @wipe_later told is about; may sleep
 *
 * -ENOMEM, -ENOSPC (where the file is) and -EAGAIN (it cannot be written to now) say
 * nothing of a place; every other error of @write and @wipe makes it bad.
 */
struct ksmfs_swap_ops {
	void (*write)(void *file, struct ksmfs_swap_run *runs, unsigned int nr);
	void (*read)(void *file, struct ksmfs_swap_run *runs, unsigned int nr);
	int (*wipe)(void *file, unsigned long place, unsigned long nr,
		    bool last);
	void (*wipe_later)(void *file);
	void (*close)(void *file);
};

/**
 * struct ksmfs_swap_numbers - how full a swap file is
 * @pages: places it has
 * @used: of these, places in use or not wiped yet
 * @bad: of these, places that are bad
 */
struct ksmfs_swap_numbers {
	unsigned long pages;
	unsigned long used;
	unsigned long bad;
};

/**
 * ksmfs_swap_new() - begin to use a swap file
 * @pages: places it has, at least 1
 * @ops: its functions
 * @file: what they get; closed by ksmfs_swap_free(), but not if this fails
 *
 * All places are clean: what is in them is no domain's.
 *
 * Context: may sleep.
 * Return: the swap, or ERR_PTR(-ENOMEM).
 */
struct ksmfs_swap *ksmfs_swap_new(unsigned long pages,
				  const struct ksmfs_swap_ops *ops, void *file);

/**
 * ksmfs_swap_free() - end the use of a swap file
 * @swap: no place is in use; or NULL
 *
 * Released places are wiped before the file is closed.
 *
 * Context: may sleep, as long as that takes.
 * Return: how many places are bad, or could not be wiped: content may have stayed
 * there.
 */
unsigned long ksmfs_swap_free(struct ksmfs_swap *swap);

/**
 * ksmfs_swap_out() - write frames
 * @swap: where to
 * @frames: which; nobody changes them meanwhile
 * @nr: how many, from 1 to KSMFS_SWAP_BATCH
 * @places: set to where each of them is now, or to KSMFS_SWAP_NONE for one that
 *          there was no room for, or that could not be written
 *
 * Frames that follow one another here lie together if there is room, so
 * ksmfs_swap_in() can have them back in one request.  A run that cannot be
 * written is counted page by page in swap_errors.
 *
 * Context: may sleep until the I/O is done, and until places are wiped if no
 * clean one is left: so no fault may call it.  The slots of @frames are held.
 * Return: how many were written.
 */
unsigned int ksmfs_swap_out(struct ksmfs_swap *swap, struct page **frames,
			    unsigned int nr, unsigned long *places);

/**
 * ksmfs_swap_in() - read what was written to adjacent places
 * @swap: where from
 * @place: the first; all are in use, and stay so
 * @frames: overwritten; after an error there may be anything in them
 * @nr: how many, from 1 to KSMFS_SWAP_BATCH
 *
 * An error says that one of the pages cannot be read, not which: ask for them
 * one by one.  What is read short is an error.
 *
 * Context: may sleep until the I/O is done.
 * Return: 0; or -EIO, and @nr errors are counted in swap_errors.
 */
int ksmfs_swap_in(struct ksmfs_swap *swap, unsigned long place,
		  struct page **frames, unsigned int nr);

/**
 * ksmfs_swap_release() - say that nobody wants what is in a place any more
 * @swap: whose
 * @place: in use
 *
 * Context: any but interrupts; does not sleep.
 */
void ksmfs_swap_release(struct ksmfs_swap *swap, unsigned long place);

/**
 * ksmfs_swap_wipe() - wipe all released places, if that can be done now
 * @swap: whose
 *
 * Context: may sleep, as long as that takes; no slot is held.
 */
void ksmfs_swap_wipe(struct ksmfs_swap *swap);

/**
 * ksmfs_swap_count() - how full a swap file is
 * @swap: which
 *
 * Context: any but interrupts.
 * Return: its numbers.
 */
struct ksmfs_swap_numbers ksmfs_swap_count(struct ksmfs_swap *swap);

#endif /* _KSMFS_COW_SWAP_H */
