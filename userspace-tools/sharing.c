// SPDX-License-Identifier: GPL-2.0
/*
 * Who shares with whom.
 *
 * A host of a terabyte has 268 million slots, and a frame may have sharers by the
 * thousand, so neither all slots nor all pairs of each frame's sharers can be
 * looked at one by one.
 *
 * Slots: those of one owner and one frame are counted together.  When there is no
 * room left all the same, only those of frames whose hash ends with one more zero
 * are kept.  So at any time it is known of a random part of all
 * frames, and of all sharers of those; what is counted is then multiplied by how
 * many frames one stands for.  (Wegman's adaptive sampling; Flajolet 1990.)
 *
 * Pairs: most frames have one of few sets of sharers: all guests of one kernel,
 * all of one distribution.  Frames with the same set are counted first, and pairs
 * are made of each set once.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sharing.h"
#include "tool.h"

/* @slots slots of an owner have a frame. */
struct sample {
	uint64_t frame;
	uint64_t slots;
	uint32_t domain;
	uint32_t owner;
};

struct sharing {
	struct sample *samples;
	size_t count;
	size_t room;
	size_t limit;
	unsigned int zeros;	/* that the hash of a frame ends with */
};

/* A set of owners: some of an array of theirs. */
struct set {
	const uint32_t *owners;
	size_t count;
	uint64_t hash;
};

/* David Stafford's mixer 13, as in splitmix64: numbers of frames are dense. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

struct sharing *sharing_new(size_t room)
{
	struct sharing *sharing = xcalloc(1, sizeof(*sharing));

	sharing->limit = room;
	return sharing;
}

uint64_t sharing_one_of(const struct sharing *sharing)
{
	return 1ULL << sharing->zeros;
}

static bool is_kept(const struct sharing *sharing, uint64_t frame)
{
	return !(mix(frame) & (sharing_one_of(sharing) - 1));
}

static int compare_frames(const struct sample *a, const struct sample *b)
{
	if (a->frame != b->frame)
		return a->frame < b->frame ? -1 : 1;
	return a->domain < b->domain ? -1 : a->domain > b->domain;
}

static int compare_samples(const void *left, const void *right)
{
	const struct sample *a = left, *b = right;
	int order = compare_frames(a, b);

	if (order)
		return order;
	return a->owner < b->owner ? -1 : a->owner > b->owner;
}

/* Sort by frame and owner, and count together what is equal. */
static void compact(struct sharing *sharing)
{
	struct sample *to = sharing->samples, *from = to;
	const struct sample *end = to + sharing->count;

	if (!sharing->count)
		return;
	qsort(to, sharing->count, sizeof(*to), compare_samples);
	while (++from < end) {
		if (compare_samples(to, from))
			*++to = *from;
		else
			to->slots += from->slots;
	}
	sharing->count = to + 1 - sharing->samples;
}

static void keep_fewer(struct sharing *sharing)
{
	size_t kept = 0;

	sharing->zeros++;
	for (size_t i = 0; i < sharing->count; i++)
		if (is_kept(sharing, sharing->samples[i].frame))
			sharing->samples[kept++] = sharing->samples[i];
	sharing->count = kept;
}

static void make_room(struct sharing *sharing)
{
	if (sharing->room < sharing->limit) {
		size_t room = sharing->room ? 2 * sharing->room : 4096;

		sharing->room = room < sharing->limit ? room : sharing->limit;
		sharing->samples = xrealloc(sharing->samples, sharing->room,
					    sizeof(*sharing->samples));
		return;
	}
	compact(sharing);
	/* A quarter at least, or else sorting would take all of the time. */
	while (sharing->count > sharing->limit / 4 * 3 && sharing->zeros < 63)
		keep_fewer(sharing);
}

void sharing_add(struct sharing *sharing, uint32_t owner, uint32_t domain,
		 uint64_t frame)
{
	if (!is_kept(sharing, frame))
		return;
	if (sharing->count == sharing->room)
		make_room(sharing);
	sharing->samples[sharing->count++] = (struct sample){
		.frame = frame, .slots = 1, .domain = domain, .owner = owner,
	};
}

static int compare_sets(const void *left, const void *right)
{
	const struct set *a = left, *b = right;

	if (a->hash != b->hash)
		return a->hash < b->hash ? -1 : 1;
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	return memcmp(a->owners, b->owners, a->count * sizeof(*a->owners));
}

static void add_pairs(uint64_t *matrix, size_t owners, const struct set *set,
		      uint64_t frames)
{
	for (size_t i = 0; i < set->count; i++) {
		uint64_t *row = matrix + set->owners[i] * owners;

		for (size_t j = 0; j < set->count; j++)
			if (j != i)
				row[set->owners[j]] += frames;
	}
}

/*
 * The sets of owners of all frames, and what each owner has more than once.
 * @names is where the owners of the sets are noted.
 */
static size_t make_sets(const struct sharing *sharing, size_t owners,
			uint32_t *names, struct set *sets, uint64_t *matrix)
{
	size_t n_sets = 0;

	for (size_t i = 0, next; i < sharing->count; i = next) {
		const struct sample *first = &sharing->samples[i];
		struct set *set = &sets[n_sets++];

		*set = (struct set){ .owners = names };
		for (next = i; next < sharing->count; next++) {
			const struct sample *sample = &sharing->samples[next];

			if (compare_frames(first, sample))
				break;
			*names++ = sample->owner;
			set->count++;
			set->hash = mix(set->hash + 1 + sample->owner);
			matrix[sample->owner * (owners + 1)] +=
				(sample->slots - 1) * sharing_one_of(sharing);
		}
	}
	return n_sets;
}

uint64_t *sharing_matrix(struct sharing *sharing, size_t owners)
{
	uint64_t *matrix = xcalloc(owners * owners, sizeof(*matrix));
	struct set *sets;
	uint32_t *names;
	size_t n_sets;

	compact(sharing);
	sets = xcalloc(sharing->count, sizeof(*sets));
	names = xcalloc(sharing->count, sizeof(*names));
	n_sets = make_sets(sharing, owners, names, sets, matrix);
	qsort(sets, n_sets, sizeof(*sets), compare_sets);
	for (size_t i = 0, next; i < n_sets; i = next) {
		for (next = i + 1; next < n_sets; next++)
			if (compare_sets(&sets[i], &sets[next]))
				break;
		add_pairs(matrix, owners, &sets[i],
			  (next - i) * sharing_one_of(sharing));
	}
	free(sets);
	free(names);
	return matrix;
}

void sharing_free(struct sharing *sharing)
{
	free(sharing->samples);
	free(sharing);
}
