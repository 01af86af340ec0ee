// SPDX-License-Identifier: GPL-2.0
/*
 * Content that is a function of a number, and numbers that replay.
 *
 * Word k of the page with seed s is a mix of (s, k), so two pages with
 * different seeds differ in every word, and a word in the wrong place, or from
 * the wrong page, is told from the right one.  (In a page that is to shrink the
 * same 16 words come over and over.)
 */
#include "scenario.h"

#include <string.h>

static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

uint64_t rng_next(struct rng *rng)
{
	rng->state += 0x9e3779b97f4a7c15ULL;
	return mix(rng->state);
}

uint64_t rng_below(struct rng *rng, uint64_t limit)
{
	return (unsigned __int128)rng_next(rng) * limit >> 64;
}

uint64_t pattern_word(uint64_t seed, size_t index)
{
	if (seed & SOFT)
		index %= 16;
	return seed ? mix(seed * WORDS + index) | 1 : 0;
}

void pattern(uint64_t seed, void *page)
{
	uint64_t *words = page;

	for (size_t i = 0; i < WORDS; i++)
		words[i] = pattern_word(seed, i);
}

bool page_is(const void *page, uint64_t seed)
{
	const uint64_t *words = page;

	for (size_t i = 0; i < WORDS; i++)
		if (words[i] != pattern_word(seed, i))
			return false;
	return true;
}

void check_page(const char *file, int line, const void *page, uint64_t seed)
{
	const volatile uint64_t *words = page;

	for (size_t i = 0; i < WORDS; i++) {
		uint64_t got = words[i], want = pattern_word(seed, i);

		if (got != want)
			fail(file, line,
			     "content of seed %llu, word %zu at %p: expected %#llx, got %#llx (now %#llx)",
			     (unsigned long long)seed, i, (void *)&words[i],
			     (unsigned long long)want, (unsigned long long)got,
			     (unsigned long long)words[i]);
	}
}

void check_mixture(const char *file, int line, const void *page,
		   const void *contents, size_t count)
{
	const uint8_t *got = page;

	for (size_t c = 0; c < count; c++)
		if (!memcmp(page, (const uint8_t *)contents + c * PAGE, PAGE))
			return;
	for (size_t i = 0; i < PAGE; i++) {
		const uint8_t *known = (const uint8_t *)contents + i;
		bool found = !got[i];

		for (size_t c = 0; c < count && !found; c++)
			found = got[i] == known[c * PAGE];
		if (!found)
			fail(file, line,
			     "byte %zu: %#x was never written there", i,
			     got[i]);
	}
}
