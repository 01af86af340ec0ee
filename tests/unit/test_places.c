// SPDX-License-Identifier: GPL-2.0
/* Sets of places, against arrays of bools. */
#include <stdlib.h>
#include "cow/places.c"
#include "tests/unit/world.h"

/* Around the ends of one, two, three and four levels. */
static const unsigned long sizes[] = {
	1, 2, 63, 64, 65, 128, 4095, 4096, 4097, 262143, 262144, 262145,
};

/* Take one place after the other; all must come, in order, and no more. */
static void take_all(struct ksmfs_places *places, unsigned long step)
{
	unsigned long place = 0, expected;

	for (expected = 0; expected < places->size; expected += step) {
		assert_int_equal(ksmfs_places_take(places, &place, 1), 1);
		assert_int_equal(place, expected);
		assert_false(ksmfs_places_has(places, place));
	}
	assert_int_equal(places->nr, 0);
	assert_int_equal(ksmfs_places_take(places, &place, 1), 0);
}

static void all_sizes_have_their_ends(void **state)
{
	struct ksmfs_places places;
	unsigned long i, place;
	size_t s;

	(void)state;
	for (s = 0; s < ARRAY_SIZE(sizes); s++) {
		assert_int_equal(ksmfs_places_init(&places, sizes[s]), 0);
		place = sizes[s] - 1;
		assert_int_equal(ksmfs_places_take(&places, &place, 1), 0);

		ksmfs_places_fill(&places);
		assert_int_equal(places.nr, sizes[s]);
		take_all(&places, 1);

		ksmfs_places_fill(&places);
		place = 0;
		assert_int_equal(ksmfs_places_take(&places, &place,
						   sizes[s] + 64), sizes[s]);
		assert_int_equal(place, 0);

		for (i = 0; i < sizes[s]; i += 61)
			ksmfs_places_add(&places, i);
		take_all(&places, 61);

		ksmfs_places_add(&places, sizes[s] - 1);
		for (place = sizes[s]; place--; place /= 2)
			assert_int_equal(ksmfs_places_has(&places, place),
					 place == sizes[s] - 1);
		/* The first one does not follow the last one. */
		if (sizes[s] > 1)
			ksmfs_places_add(&places, 0);
		place = sizes[s] - 1;
		assert_int_equal(ksmfs_places_take(&places, &place, 64), 1);
		assert_int_equal(place, sizes[s] - 1);
		assert_int_equal(places.nr, sizes[s] > 1);
		ksmfs_places_destroy(&places);
	}
}

/* What take() must answer, found by looking at every place. */
static unsigned long expect_take(const bool *in, unsigned long size,
				 unsigned long *place, unsigned long max)
{
	unsigned long i, nr = 0, from = *place;

	for (i = 0; i < size; i++) {
		*place = from < size ? (from + i) % size : i;
		if (in[*place])
			break;
	}
	while (i < size && nr < max && *place + nr < size && in[*place + nr])
		nr++;
	return nr;
}

static void runs_are_what_a_search_finds(void **state)
{
	enum { SIZE = 5000 };
	static bool in[SIZE];
	struct ksmfs_places places;
	unsigned long i, place, expected, nr, count = 0;
	int round;

	(void)state;
	srand(1);
	assert_int_equal(ksmfs_places_init(&places, SIZE), 0);
	for (round = 0; round < 20000; round++) {
		/* From nearly empty to nearly full, and back. */
		bool fill = round / 5000 % 2 == 0;

		place = rand() % SIZE;
		for (i = place; fill && i < place + 8 && i < SIZE; i++) {
			if (in[i])
				continue;
			in[i] = true;
			ksmfs_places_add(&places, i);
			count++;
		}
		if (fill && rand() % 4)
			continue;
		place = rand() % (SIZE + 1);
		expected = place;
		nr = expect_take(in, SIZE, &expected, 1 + round % 20);
		assert_int_equal(ksmfs_places_take(&places, &place,
						   1 + round % 20), nr);
		if (nr)
			assert_int_equal(place, expected);
		memset(in + expected, 0, nr);
		count -= nr;
		assert_int_equal(places.nr, count);
	}
	for (i = 0; i < SIZE; i++)
		assert_int_equal(ksmfs_places_has(&places, i), in[i]);
	ksmfs_places_destroy(&places);
}

/* The bits of a set, and no more than a sixtieth for finding them. */
static void a_set_costs_little_more_than_its_bits(void **state)
{
	struct ksmfs_places places;
	unsigned long words;

	(void)state;
	assert_int_equal(ksmfs_places_init(&places, 1UL << 24), 0);
	words = places.words[places.levels] - places.words[0];
	assert_in_range(words, 1UL << 18, (1UL << 18) + (1UL << 18) / 60);
	ksmfs_places_destroy(&places);
}

static void without_memory_there_is_no_set(void **state)
{
	struct ksmfs_places places;

	(void)state;
	shim_alloc_fail_nth(1);
	assert_int_equal(ksmfs_places_init(&places, 1), -ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(all_sizes_have_their_ends),
		world_test(runs_are_what_a_search_finds),
		world_test(a_set_costs_little_more_than_its_bits),
		world_test(without_memory_there_is_no_set),
	};

	return cmocka_run_group_tests_name("places", tests, NULL, NULL);
}
