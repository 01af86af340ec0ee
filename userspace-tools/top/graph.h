/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What was saved over time, as a small graph of characters.
 */
#ifndef KSMFS_TOP_GRAPH_H
#define KSMFS_TOP_GRAPH_H

#include "model.h"

/* Columns of a graph that are not readings. */
#define GRAPH_MARGIN 7

/**
 * graph_row() - one row of the graph
 * @model: what was saved
 * @row: which; 0 is at the top
 * @height: how many rows there are
 * @width: readings there is room for; the last ones are shown
 * @blocks: with characters of UTF-8, an eighth of a row exactly; else ASCII, a
 *	third
 *
 * The top row begins with what its upper edge stands for; the lower edge of
 * the last row is 0.
 *
 * Return: the row; to be freed.
 */
char *graph_row(const struct model *model, int row, int height, size_t width,
		bool blocks);

#endif /* KSMFS_TOP_GRAPH_H */
