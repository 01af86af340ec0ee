// SPDX-License-Identifier: GPL-2.0
/*
 * Which contents there are, and whose.
 *
 * The table is probed one entry after the other, and is at most three quarters
 * full.  When it has to be made anew, since it is too small or because values
 * are dropped, the entries that stay are copied, at most three eighths of what
 * the table is then, and the old one is freed before the new one is there.
 * qsort() of the C library may need as much memory as what it sorts, three
 * quarters of the table.  So all of it never takes more than 7/4 of the largest
 * table.
 *
 * A guest may choose the values of its pages, as the key they are made with may be
 * known.  Where an entry goes has to do with a random word of this run, so that
 * no guest can have them all go to one place, where each takes a long way.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "sample.h"
#include "siphash.h"
#include "../tool.h"

#define LEAST_ROOM 1024

static size_t most_in(size_t room)
{
	return room / 4 * 3;
}

size_t sample_most(uint64_t bytes)
{
	uint64_t table = LEAST_ROOM * sizeof(struct sample_entry);

	while (table * 2 <= bytes / 7 * 4)
		table *= 2;
	return most_in(table / sizeof(struct sample_entry));
}

double sample_chance(uint64_t last)
{
	return ((double)last + 1) / 0x1p64;
}

/* Where the entry is, or is to be. */
static struct sample_entry *find(struct sample *sample, uint64_t value,
				 uint32_t owner)
{
	const uint64_t key[2] = { sample->salt, owner };
	size_t mask = sample->room - 1;
	size_t at = siphash(value, key);

	for (;; at++) {
		struct sample_entry *entry = &sample->entries[at & mask];

		if (!entry->flags ||
		    (entry->value == value && entry->owner == owner))
			return entry;
	}
}

static void make_table(struct sample *sample, size_t room)
{
	sample->entries = calloc(room, sizeof(*sample->entries));
	if (!sample->entries)
		die(EXIT_FAILED, "out of memory: use less with --memory");
	sample->room = room;
}

/* Moves the entries up to @last to the front; returns how many. */
static size_t gather(struct sample *sample)
{
	size_t kept = 0;

	for (size_t i = 0; i < sample->room; i++) {
		const struct sample_entry *entry = &sample->entries[i];

		if (entry->flags && entry->value <= sample->last)
			sample->entries[kept++] = *entry;
	}
	return kept;
}

static void rebuild(struct sample *sample, size_t room)
{
	size_t kept = gather(sample);
	struct sample_entry *copy = xrealloc(NULL, kept, sizeof(*copy));

	if (kept)
		memcpy(copy, sample->entries, kept * sizeof(*copy));
	free(sample->entries);
	make_table(sample, room);
	for (size_t i = 0; i < kept; i++)
		*find(sample, copy[i].value, copy[i].owner) = copy[i];
	sample->used = kept;
	free(copy);
}

static void count_tried(struct sample *sample)
{
	sample->tried = 0;
	for (size_t i = 0; i < sample->room; i++)
		sample->tried += sample->entries[i].flags &&
				 sample->entries[i].value <= sample->try_last;
}

static void try_fewer(struct sample *sample)
{
	while (sample->try_most && sample->tried > sample->try_most) {
		sample->try_last /= 2;
		count_tried(sample);
	}
}

/* There is one more entry than there may be. */
static void drop(struct sample *sample)
{
	while (sample->used > sample->most) {
		sample->last /= 2;
		rebuild(sample, sample->room);
	}
	if (sample->try_last > sample->last) {
		sample->try_last = sample->last;
		count_tried(sample);
	}
}

void sample_open(struct sample *sample, size_t most, size_t try_most,
		 uint64_t last)
{
	*sample = (struct sample){
		.most = most,
		.last = last,
		.try_most = try_most,
		.try_last = last,
	};
	if (getrandom(&sample->salt, sizeof(sample->salt), 0) !=
	    sizeof(sample->salt))
		die(EXIT_FAILED, "there are no random numbers: %s",
		    strerror(errno));
	make_table(sample, LEAST_ROOM);
}

bool sample_add(struct sample *sample, uint64_t value, uint32_t owner)
{
	struct sample_entry *entry;
	bool wanted;

	if (value > sample->last)
		return false;
	entry = find(sample, value, owner);
	if (entry->flags) {
		entry->flags |= SAMPLE_TWICE;
		return false;
	}
	*entry = (struct sample_entry){ value, owner, SAMPLE_KEPT };
	wanted = sample->try_most && value <= sample->try_last;
	sample->tried += wanted;
	if (++sample->used > sample->most)
		drop(sample);
	else if (sample->used > most_in(sample->room))
		rebuild(sample, sample->room * 2);
	try_fewer(sample);
	return wanted && value <= sample->try_last;
}

void sample_packs(struct sample *sample, uint64_t value, uint32_t owner)
{
	struct sample_entry *entry = find(sample, value, owner);

	if (entry->flags)	/* not dropped meanwhile */
		entry->flags |= SAMPLE_PACKS;
}

static int compare(const void *left, const void *right)
{
	const struct sample_entry *a = left, *b = right;

	if (a->value != b->value)
		return a->value < b->value ? -1 : 1;
	return a->owner < b->owner ? -1 : a->owner > b->owner;
}

/* Of contents beyond @try_last it is known by chance only. */
static void forget_packing(struct sample *sample)
{
	for (size_t i = 0; i < sample->used; i++)
		if (sample->entries[i].value > sample->try_last)
			sample->entries[i].flags &= ~SAMPLE_PACKS;
}

void sample_close(struct sample *sample)
{
	gather(sample);
	forget_packing(sample);
	if (sample->used)
		qsort(sample->entries, sample->used, sizeof(*sample->entries),
		      compare);
}

void sample_cut(struct sample *sample, size_t most)
{
	if (sample->used <= most)
		return;
	sample->last = sample->entries[most].value - 1;
	sample->used = most;
}

void sample_free(struct sample *sample)
{
	free(sample->entries);
}
