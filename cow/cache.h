/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The cache: free frames kept at hand for those who break.
 */
#ifndef _KSMFS_COW_CACHE_H
#define _KSMFS_COW_CACHE_H

#include <ksmfs/env.h>

/* Frames that are kept for each memory node: 16 MiB. */
#define KSMFS_CACHE_FRAMES 4096

/**
 * ksmfs_cache_put() - keep a frame
 * @frame: mapped by nobody and linked nowhere; the caller's reference goes with
 *         it
 *
 * Context: any but interrupts; does not wait.
 * Return: false if the frame is not kept, and the caller has to free it: there
 * are enough, somebody else has a reference, or the memory is bad.
 */
bool __must_check ksmfs_cache_put(struct page *frame);

/**
 * ksmfs_cache_get() - take a frame
 *
 * It holds what its last owner wrote.  The caller has to overwrite all of it
 * before anybody else can reach it.
 *
 * Context: any but interrupts; does not wait.
 * Return: a frame with one reference, or NULL.
 */
struct page *ksmfs_cache_get(void);

/**
 * ksmfs_cache_drain() - free what is kept
 *
 * Context: any but interrupts.
 * Return: how many frames that were.
 */
unsigned long ksmfs_cache_drain(void);

#endif /* _KSMFS_COW_CACHE_H */
