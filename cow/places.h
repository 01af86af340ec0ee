/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sets of places of a swap file: numbers below a limit that may be 2^28 and more.
 *
 * A bitmap, over which lies another one with a bit for each of its words: is
 * there anything in it?  Over that one lies another, until one word is enough.  So
 * to find the next place takes a look at two words of each level at most, of which
 * there are five for 1 TiB, however full or empty the set is.  A set costs
 * 1/63 more than its bitmap, and all of it when it is made: to swap must not need
 * memory.
 *
 * Of what the kernel has, a plain bitmap has to be searched to its end when it is
 * nearly empty, an IDA and the XArray allocate memory on the way, and sbitmap
 * gives out single bits, in an order that keeps CPUs apart.
 */
#ifndef _KSMFS_COW_PLACES_H
#define _KSMFS_COW_PLACES_H

#include <ksmfs/env.h>

/* Enough for any number of places. */
#define KSMFS_PLACES_LEVELS 11

/**
 * struct ksmfs_places - a set of places
 * @size: all in it are lower than this
 * @nr: how many are in it
 * @levels: of the bitmaps
 * @words: where each level begins, and where the last one ends
 *
 * Whoever has one brings the lock.
 */
struct ksmfs_places {
	unsigned long size;
	unsigned long nr;
	unsigned int levels;
	unsigned long *words[KSMFS_PLACES_LEVELS + 1];
};

/**
 * ksmfs_places_init() - make an empty set
 * @places: the set
 * @size: at least 1
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int ksmfs_places_init(struct ksmfs_places *places, unsigned long size);

/**
 * ksmfs_places_destroy() - undo ksmfs_places_init()
 * @places: the set, or zeros
 */
void ksmfs_places_destroy(struct ksmfs_places *places);

/**
 * ksmfs_places_fill() - put all places into an empty set
 * @places: the set
 */
void ksmfs_places_fill(struct ksmfs_places *places);

/**
 * ksmfs_places_has() - whether a place is in a set
 * @places: the set
 * @place: lower than its size
 */
bool ksmfs_places_has(const struct ksmfs_places *places, unsigned long place);

/**
 * ksmfs_places_add() - put a place into a set
 * @places: the set
 * @place: lower than its size, and not in it
 */
void ksmfs_places_add(struct ksmfs_places *places, unsigned long place);

/**
 * ksmfs_places_take() - take adjacent places out of a set
 * @places: the set
 * @place: where to look first; set to the first place taken.  Behind the last
 *         place the search goes on at 0.
 * @max: at least 1
 *
 * Return: how many, at most @max; 0 if the set is empty.
 */
unsigned long ksmfs_places_take(struct ksmfs_places *places,
				unsigned long *place, unsigned long max);

#endif /* _KSMFS_COW_PLACES_H */
