// SPDX-License-Identifier: GPL-2.0
#include "cow/places.h"

int ksmfs_places_init(struct ksmfs_places *places, unsigned long size)
{
	unsigned long ends[KSMFS_PLACES_LEVELS], nr = size, total = 0;
	unsigned int level, levels = 0;

	do {
		nr = DIV_ROUND_UP(nr, BITS_PER_LONG);
		total += nr;
		ends[levels++] = total;
	} while (nr > 1);

	places->words[0] = kvcalloc(total, sizeof(long),
				    GFP_KERNEL | __GFP_NOWARN);
	if (!places->words[0])
		return -ENOMEM;
	for (level = 0; level < levels; level++)
		places->words[level + 1] = places->words[0] + ends[level];
	places->levels = levels;
	places->size = size;
	places->nr = 0;
	return 0;
}

void ksmfs_places_destroy(struct ksmfs_places *places)
{
	kvfree(places->words[0]);
}

void ksmfs_places_fill(struct ksmfs_places *places)
{
	unsigned long bits = places->size;
	unsigned int level;

	for (level = 0; level < places->levels; level++) {
		unsigned long *words = places->words[level];
		unsigned long whole = bits / BITS_PER_LONG;

		memset(words, 0xff, whole * sizeof(long));
		if (bits % BITS_PER_LONG)
			words[whole] = BIT(bits % BITS_PER_LONG) - 1;
		bits = DIV_ROUND_UP(bits, BITS_PER_LONG);
	}
	places->nr = places->size;
}

bool ksmfs_places_has(const struct ksmfs_places *places, unsigned long place)
{
	return places->words[0][place / BITS_PER_LONG] &
	       BIT(place % BITS_PER_LONG);
}

void ksmfs_places_add(struct ksmfs_places *places, unsigned long place)
{
	unsigned int level;

	places->nr++;
	for (level = 0; level < places->levels; level++) {
		unsigned long *word =
			&places->words[level][place / BITS_PER_LONG];
		unsigned long old = *word;

		*word |= BIT(place % BITS_PER_LONG);
		if (old)
			return;
		place /= BITS_PER_LONG;
	}
}

static void del(struct ksmfs_places *places, unsigned long place)
{
	unsigned int level;

	places->nr--;
	for (level = 0; level < places->levels; level++) {
		unsigned long *word =
			&places->words[level][place / BITS_PER_LONG];

		*word &= ~BIT(place % BITS_PER_LONG);
		if (*word)
			return;
		place /= BITS_PER_LONG;
	}
}

/* The lowest member from a place on, or size: up until there is one, and down. */
static unsigned long next(const struct ksmfs_places *places, unsigned long from)
{
	unsigned int level;
	unsigned long word;

	for (level = 0; level < places->levels; level++) {
		unsigned long nr = from / BITS_PER_LONG;

		if (nr >= places->words[level + 1] - places->words[level])
			break;
		word = places->words[level][nr] & ~0UL << from % BITS_PER_LONG;
		if (word) {
			from = nr * BITS_PER_LONG + __ffs(word);
			while (level--)
				from = from * BITS_PER_LONG +
				       __ffs(places->words[level][from]);
			return from;
		}
		from = nr + 1;
	}
	return places->size;
}

unsigned long ksmfs_places_take(struct ksmfs_places *places,
				unsigned long *place, unsigned long max)
{
	unsigned long nr = 0, first = next(places, *place);

	if (first == places->size)
		first = next(places, 0);
	if (first == places->size)
		return 0;
	do {
		del(places, first + nr++);
	} while (nr < max && first + nr < places->size &&
		 ksmfs_places_has(places, first + nr));
	*place = first;
	return nr;
}
