// SPDX-License-Identifier: GPL-2.0
/*
 * What was saved over time, as a small graph of characters.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../tool.h"
#include "graph.h"

static const char *const block_marks[] = {
	" ", "\u2581", "\u2582", "\u2583", "\u2584", "\u2585", "\u2586",
	"\u2587", "\u2588"
};
static const char *const ascii_marks[] = { " ", ".", ":", "#" };

/* How much of a row whose lower edge is @above rows up is filled: 0 to most. */
static int filled(double value, double highest, int height, int above,
		  int most)
{
	int steps = value > 0 ? value / highest * height * most + 0.5 : 0;

	if (value > 0 && !steps)
		steps = 1;	/* little is not nothing */
	steps -= above * most;
	return steps < 0 ? 0 : steps > most ? most : steps;
}

char *graph_row(const struct model *model, int row, int height, size_t width,
		bool blocks)
{
	const char *const *marks = blocks ? block_marks : ascii_marks;
	int most = blocks ? 8 : 3;
	size_t end = model->n_readings, first;
	double highest = 0;
	char *text, *out;

	if (width > HISTORY_MOST)
		width = HISTORY_MOST;
	first = end > width ? end - width : 0;
	for (size_t i = first; i < end; i++)
		if (model->history[i % HISTORY_MOST] > highest)
			highest = model->history[i % HISTORY_MOST];
	text = xrealloc(NULL, GRAPH_MARGIN + 3 * (end - first) + 1, 1);
	out = text + sprintf(text, "%*s |", GRAPH_MARGIN - 2,
			     row ? "" : cell_size(highest).text);
	for (size_t i = first; i < end; i++) {
		double value = model->history[i % HISTORY_MOST];
		int mark = filled(value, highest, height, height - 1 - row,
				  most);

		out = stpcpy(out, marks[mark]);
	}
	return text;
}
