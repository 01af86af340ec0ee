/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which contents there are, and whose: of all, or of an even sample of them.
 *
 * A sample holds the contents whose value is at most @last, each once for every
 * owner that has it.  Values are hashes, so every content is in the sample with
 * the same chance p = (last + 1) / 2^64, and it is there or not in all owners
 * alike, however often they have it.  What is counted in the sample is divided
 * by p to estimate what there is.
 *
 * All contents are in it at first.  When there are more entries than it may
 * have, @last is halved until there are not: adaptive sampling, by M. Wegman,
 * which P. Flajolet analysed (On adaptive sampling, Computing 43, 1990), and
 * which P. Gibbons keeps for each distinct value (Distinct sampling for highly-
 * accurate answers to distinct values queries, VLDB 2001).  What comes out does
 * not depend on the order in which pages are added, nor on how often.
 *
 * A sketch is a sample of one owner with the smallest values alone, whose number
 * is fixed.  The next larger value minus 1 is @last then, and what was said of p
 * still holds (E. Cohen, H. Kaplan: Summarizing data using bottom-k sketches,
 * PODC 2007).  To compare VMs by what a host has hashed of their pages is from
 * T. Wood et al.: Memory buddies, VEE 2009.
 *
 * While it is open, a sample is a hash table; when it is closed it is a list by
 * value.  It is the caller's to lock.
 */
#ifndef _KSMFS_SAMPLE_H
#define _KSMFS_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* @SAMPLE_TWICE: its owner has it more than once */
#define SAMPLE_KEPT 1
#define SAMPLE_TWICE 2
#define SAMPLE_PACKS 4

/**
 * struct sample_entry - a content that an owner has
 * @value: of the content
 * @owner: a number, from 0
 * @flags: of the above; 0 while the entry is not in use
 */
struct sample_entry {
	uint64_t value;
	uint32_t owner;
	uint32_t flags;
};

/**
 * struct sample - contents
 * @entries: a hash table, or the list
 * @salt: random; where in the table entries go
 * @room: of the table, a power of two
 * @used: how many entries there are
 * @most: how many there may be
 * @last: the largest value that is kept
 * @tried: how many entries there are up to @try_last
 * @try_most: how many of those there may be
 * @try_last: the largest value of those of which it is known whether they pack;
 *	   at most @last
 */
struct sample {
	struct sample_entry *entries;
	uint64_t salt;
	size_t room;
	size_t used;
	size_t most;
	uint64_t last;
	size_t tried;
	size_t try_most;
	uint64_t try_last;
};

/* The most entries for which a sample never takes more bytes than this. */
size_t sample_most(uint64_t bytes);

/*
 * Opens a sample of the values up to @last, of at most @most entries.  Whether
 * contents pack is going to be known of at most @try_most; 0: of none.
 */
void sample_open(struct sample *sample, size_t most, size_t try_most,
		 uint64_t last);

/*
 * Adds a page of an owner.  Returns true if the sample does not know yet whether
 * its content packs, and wants to be told by sample_packs().
 */
bool sample_add(struct sample *sample, uint64_t value, uint32_t owner);

/* The content packs. */
void sample_packs(struct sample *sample, uint64_t value, uint32_t owner);

/* Sorts it by value and then by owner: nothing is added any more. */
void sample_close(struct sample *sample);

/* Leaves only the @most smallest values of a closed sample of one owner. */
void sample_cut(struct sample *sample, size_t most);

/* The chance that a content has to be in a sample with this last value. */
double sample_chance(uint64_t last);

void sample_free(struct sample *sample);

#endif /* _KSMFS_SAMPLE_H */
