/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The pool: free frames at hand, of which one is given at random.
 */
#ifndef _KSMFS_COW_POOL_H
#define _KSMFS_COW_POOL_H

#include <ksmfs/env.h>

/* Frames of a pool at most: 128 MiB, and 15 bits of chance. */
#define KSMFS_POOL_FRAMES 32768

/**
 * ksmfs_pool_frames - for tests: frames of a pool at most, from 1 on
 *
 * A pool of few frames is empty most of the time.  Does not change while there
 * are domains.
 */
extern unsigned int ksmfs_pool_frames;

/**
 * ksmfs_pool_begin() - have a pool
 *
 * Who is first makes it and fills half of it, as far as there is memory.
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int __must_check ksmfs_pool_begin(void);

/**
 * ksmfs_pool_end() - undo ksmfs_pool_begin()
 *
 * With the last one the pool ends, and its frames are freed.
 *
 * Context: may sleep; the caller's frames have been given back.
 */
void ksmfs_pool_end(void);

/**
 * ksmfs_pool_put() - give a frame back
 * @frame: mapped by nobody and linked nowhere; the caller's reference goes with
 *         it
 *
 * It is cleared and kept, and if there are too many then, one at random is freed.
 * It is freed at once if somebody else has a reference, or its memory is bad.
 *
 * Context: any but interrupts, between ksmfs_pool_begin() and ksmfs_pool_end().
 */
void ksmfs_pool_put(struct page *frame);

/**
 * ksmfs_pool_get() - take a frame at random
 * @gfp: how hard to try if the pool has none
 *
 * Context: as @gfp has it, between ksmfs_pool_begin() and ksmfs_pool_end().
 * Return: a frame of zeros with one reference; or NULL.
 */
struct page *ksmfs_pool_get(gfp_t gfp);

/**
 * ksmfs_pool_refill() - fill up what is low, by some frames
 *
 * For those whom nobody waits for, to be called every now and then.
 *
 * Context: any but interrupts, between ksmfs_pool_begin() and ksmfs_pool_end();
 * does not wait.
 */
void ksmfs_pool_refill(void);

/**
 * ksmfs_pool_spare() - what ksmfs_pool_shrink() would free
 *
 * Context: any but interrupts; does not wait.
 * Return: how many frames; 0 if that cannot be told just now.
 */
unsigned long ksmfs_pool_spare(void);

/**
 * ksmfs_pool_shrink() - free the frames beyond half of the pool
 *
 * Context: any but interrupts; does not wait.
 * Return: how many frames that were; 0 if somebody else is about it.
 */
unsigned long ksmfs_pool_shrink(void);

#endif /* _KSMFS_COW_POOL_H */
