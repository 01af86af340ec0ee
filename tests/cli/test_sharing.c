// SPDX-License-Identifier: GPL-2.0
/*
 * Who shares with whom, against counting each pair of each frame's sharers; and
 * with too little room, against the exact answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../userspace-tools/sharing.h"

#define OWNERS	7
#define FRAMES	20000	/* of each of two domains */
#define PLENTY	10000000

static uint32_t slots[2][FRAMES][OWNERS];
static uint64_t truth[OWNERS][OWNERS];
static uint64_t state;

static uint64_t below(uint64_t limit)
{
	state = state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (state >> 33) % limit;
}

/*
 * Owners 0..3 have frames of domain 0, and 4..6 of domain 1, which have the same
 * numbers.  Some frames all have, some a pair, some one owner often.
 */
static void make(uint64_t seed)
{
	state = seed;
	memset(slots, 0, sizeof(slots));
	memset(truth, 0, sizeof(truth));
	for (size_t d = 0; d < 2; d++) {
		size_t first = d ? 4 : 0, owners = d ? 3 : 4;

		for (size_t f = 0; f < FRAMES; f++) {
			size_t kind = below(3), a = first + below(owners);

			if (kind == 0)
				for (size_t o = 0; o < owners; o++)
					slots[d][f][first + o] = 1;
			else if (kind == 1)
				slots[d][f][first + below(owners)] = 1;
			else
				slots[d][f][a] = 1 + below(5);
			slots[d][f][a] += 1;
		}
		slots[d][0][first] = 100000;	/* a crowd */
	}
	for (size_t d = 0; d < 2; d++)
		for (size_t f = 0; f < FRAMES; f++)
			for (size_t a = 0; a < OWNERS; a++)
				for (size_t b = 0; b < OWNERS; b++) {
					uint32_t n = slots[d][f][a];

					if (a == b)
						truth[a][b] += n ? n - 1 : 0;
					else if (n && slots[d][f][b])
						truth[a][b]++;
				}
}

static struct sharing *collect(size_t room)
{
	struct sharing *sharing = sharing_new(room);

	for (size_t o = 0; o < OWNERS; o++)
		for (size_t d = 0; d < 2; d++)
			for (size_t f = 0; f < FRAMES; f++)
				for (size_t n = slots[d][f][o]; n; n--)
					sharing_add(sharing, o, d, f + 1);
	return sharing;
}

static void test_nothing(void **unused)
{
	struct sharing *sharing = sharing_new(2);
	uint64_t *matrix = sharing_matrix(sharing, 2);

	(void)unused;
	assert_int_equal(sharing_one_of(sharing), 1);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(matrix[i], 0);
	free(matrix);
	sharing_free(sharing);
}

static void test_exact(void **unused)
{
	(void)unused;
	for (uint64_t seed = 1; seed <= 5; seed++) {
		struct sharing *sharing;
		uint64_t *matrix;

		make(seed);
		sharing = collect(PLENTY);
		matrix = sharing_matrix(sharing, OWNERS);
		assert_int_equal(sharing_one_of(sharing), 1);
		assert_memory_equal(matrix, truth, sizeof(truth));
		free(matrix);
		sharing_free(sharing);
	}
}

/* The crowd takes room for one. */
static void test_crowds_take_no_room(void **unused)
{
	struct sharing *sharing;
	uint64_t *matrix;

	(void)unused;
	make(6);
	sharing = collect(6 * FRAMES);
	matrix = sharing_matrix(sharing, OWNERS);
	assert_int_equal(sharing_one_of(sharing), 1);
	assert_memory_equal(matrix, truth, sizeof(truth));
	free(matrix);
	sharing_free(sharing);
}

/*
 * With room for a part, what is told of pairs is that of a random part of the
 * frames: n frames of one in k are n k with a standard deviation of
 * k sqrt(n (1 - 1/k)); 5 of those are allowed.  Of the crowd nothing can be said.
 */
static void test_estimate(void **unused)
{
	size_t wrong = 0;

	(void)unused;
	make(7);
	for (size_t room = 1000; room < 40000; room *= 2) {
		struct sharing *sharing = collect(room);
		double k = sharing_one_of(sharing);
		uint64_t *matrix = sharing_matrix(sharing, OWNERS);

		assert_true(k > 1);
		for (size_t i = 0; i < OWNERS * OWNERS; i++) {
			double want = truth[i / OWNERS][i % OWNERS];
			double off = matrix[i] - want;

			if (i / OWNERS != i % OWNERS)
				wrong += off * off > 25 * k * want;
		}
		free(matrix);
		sharing_free(sharing);
	}
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_exact),
		cmocka_unit_test(test_crowds_take_no_room),
		cmocka_unit_test(test_estimate),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("sharing", tests, NULL, NULL);
}
