// SPDX-License-Identifier: GPL-2.0
/*
 * sample IMAGE: how well a few cache lines stand for a page.
 *
 * Takes some of the 64 lines of each page, at random places, one in each of as
 * many equal parts of the page, the same in all pages.  Two different contents
 * with equal samples collide: who samples has to read their pages in whole.
 * Pages whose sample is all zeros are counted apart.  For each number of lines
 * and each choice of them it prints
 *
 *  zero	pages that have a sample of zeros but are not zero
 *  collide	pages whose sample is that of another content too, all but
 *		those of one byte over and over, and in percent of all pages
 *		that are not zero
 *  contents	that collide
 *  pairs	of unequal pages with equal samples, of a million unequal pairs
 *  largest	how many contents share one sample, and how many pages they have
 *  groups	how many samples are shared by 2, 3-4, 5-8, ... contents
 */
#include "contents.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE	64
#define LINES	(PAGE / LINE)
#define CHOICES	8
#define SIZES	7

static const int numbers_of_lines[] = { 4, 8, 16, 32 };

struct sampled {
	uint64_t sample;
	const struct content *content;
};

struct result {
	size_t zero;
	size_t pages;
	size_t contents;
	double pairs;
	size_t largest;
	size_t largest_pages;
	size_t groups[SIZES];
};

static int compare(const void *a, const void *b)
{
	const struct sampled *x = a, *y = b;

	return (x->sample > y->sample) - (x->sample < y->sample);
}

/* Ascending. */
static void choose_lines(int *lines, int count)
{
	int part = LINES / count;

	for (int i = 0; i < count; i++)
		lines[i] = i * part + random() % part;
}

/* False if it is all zeros. */
static bool take_sample(const uint8_t *page, const int *lines, int count,
			uint64_t *sample)
{
	uint8_t bytes[PAGE];

	for (int i = 0; i < count; i++)
		memcpy(bytes + i * LINE, page + lines[i] * LINE, LINE);
	*sample = XXH3_64bits(bytes, count * LINE);
	return !is_zero(bytes, count * LINE);
}

static bool is_one_byte(const uint8_t *page)
{
	return !memcmp(page, page + 1, PAGE - 1);
}

/* Unequal pairs among so many pages. */
static double unequal_pairs(double pages, double squares)
{
	return (pages * pages - squares) / 2;
}

/* Contents with the same sample. */
static void add_group(struct result *result, const struct sampled *group,
		      size_t count)
{
	double squares = 0;
	size_t pages = 0;
	int size = 0;

	if (count < 2)
		return;
	for (size_t i = 0; i < count; i++) {
		const struct content *content = group[i].content;

		pages += content->pages;
		squares += (double)content->pages * content->pages;
		if (!is_one_byte(content->page))
			result->pages += content->pages;
	}
	while (size < SIZES - 1 && count > 2UL << size)
		size++;
	result->groups[size]++;
	result->contents += count;
	result->pairs += unequal_pairs(pages, squares);
	if (count > result->largest) {
		result->largest = count;
		result->largest_pages = pages;
	}
}

static struct result try_lines(const struct contents *contents,
			       const int *lines, int count)
{
	struct sampled *list = calloc(contents->count, sizeof(*list));
	struct result result = { 0 };
	size_t filled = 0, first = 0;

	if (!list)
		err(1, "cannot list %zu contents", contents->count);
	for (size_t i = 0; i < contents->count; i++) {
		const struct content *content = &contents->list[i];

		list[filled].content = content;
		if (take_sample(content->page, lines, count,
				&list[filled].sample))
			filled++;
		else
			result.zero += content->pages;
	}
	qsort(list, filled, sizeof(*list), compare);
	for (size_t i = 1; i <= filled; i++) {
		if (i < filled && list[i].sample == list[first].sample)
			continue;
		add_group(&result, list + first, i - first);
		first = i;
	}
	free(list);
	return result;
}

static void print_result(const struct contents *contents, int lines,
			 const struct result *result)
{
	double pages = contents->pages - contents->zero, squares = 0;

	for (size_t i = 0; i < contents->count; i++)
		squares += (double)contents->list[i].pages *
			contents->list[i].pages;
	printf("%5d %6zu %8zu %5.2f%% %8zu %7.2f %7zu %6zu  ", lines,
	       result->zero, result->pages, 100 * result->pages / pages,
	       result->contents,
	       1e6 * result->pairs / unequal_pairs(pages, squares),
	       result->largest, result->largest_pages);
	for (int i = 0; i < SIZES; i++)
		printf(" %zu", result->groups[i]);
	printf("\n");
}

int main(int argc, char **argv)
{
	struct contents contents;
	int lines[LINES];

	if (argc != 2)
		errx(2, "usage: sample IMAGE");
	contents = contents_read(argv[1]);
	printf("%zu pages that are not zero, %zu contents\n",
	       contents.pages - contents.zero, contents.count);
	printf("%5s %6s %8s %6s %8s %7s %7s %6s   %s\n", "lines", "zero",
	       "collide", "", "contents", "pairs", "largest", "pages",
	       "groups of 2 -4 -8 -16 -32 -64 more");
	for (size_t i = 0; i < sizeof(numbers_of_lines) / sizeof(int); i++) {
		int count = numbers_of_lines[i];

		for (int choice = 0; choice < CHOICES; choice++) {
			struct result result;

			srandom(choice + 1);
			choose_lines(lines, count);
			result = try_lines(&contents, lines, count);
			print_result(&contents, count, &result);
		}
	}
	return 0;
}
