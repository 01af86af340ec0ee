// SPDX-License-Identifier: GPL-2.0
/*
 * The columns of the table.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../text.h"
#include "../tool.h"
#include "table.h"

#define NUMBER_WIDTH 5
#define PID_WIDTH 7
#define NAME_LEAST 10
#define DOMAIN_MOST 16
#define DOMAIN_MOST_NARROW 8
#define NARROW 100

const struct column columns[N_COLUMNS] = {
#define X(key, heading, kind, rank, letter, help)                             \
	{ #key, heading, kind, rank, letter, help },
	KSMFS_TOP_COLUMNS(X)
#undef X
};

enum column_id column_by_key(const char *key)
{
	size_t i = 0;

	while (i < N_COLUMNS && strcmp(columns[i].key, key))
		i++;
	return i;
}

enum column_id column_by_letter(unsigned int letter)
{
	size_t i = 0;

	while (i < N_COLUMNS && (!letter ||
				 (unsigned char)columns[i].letter != letter))
		i++;
	return i;
}

/* ---- choosing lines ---- */

static const char *text_of(const struct line *line, enum column_id id)
{
	return id == COLUMN_domain ? line->domain : line->name;
}

/* Equal ones are told apart, so that lines do not change places for nothing. */
static int compare_identity(const struct line *a, const struct line *b)
{
	double difference = a->value[COLUMN_pid] - b->value[COLUMN_pid];
	int order = strverscmp(a->name, b->name);

	if (!order)
		order = strverscmp(a->domain, b->domain);
	if (!order)
		order = (difference > 0) - (difference < 0);
	return order ? order : (a > b) - (a < b);
}

static int compare(const void *left, const void *right, void *context)
{
	const struct line *a = *(const struct line *const *)left;
	const struct line *b = *(const struct line *const *)right;
	const struct choice *choice = context;
	enum column_id id = choice->sort;
	int order;

	if (columns[id].kind == TEXT)
		order = strverscmp(text_of(a, id), text_of(b, id));
	else if (!a->known[id] || !b->known[id])
		return a->known[id] == b->known[id] ? compare_identity(a, b) :
		       a->known[id] ? -1 : 1;
	else
		order = (a->value[id] < b->value[id]) -
			(a->value[id] > b->value[id]);
	if (!order)
		return compare_identity(a, b);
	return choice->reverse ? -order : order;
}

static bool is_chosen(const struct choice *choice, const struct line *line)
{
	return (!choice->domain || !strcmp(line->domain, choice->domain)) &&
	       (!choice->name || strcasestr(line->name, choice->name));
}

size_t table_choose(const struct choice *choice, const struct line *lines,
		    size_t n_lines, const struct line **shown)
{
	size_t n = 0;

	for (size_t i = 0; i < n_lines; i++)
		if (is_chosen(choice, &lines[i]))
			shown[n++] = &lines[i];
	if (n)
		qsort_r(shown, n, sizeof(*shown), compare, (void *)choice);
	return n;
}

/* ---- writing cells ---- */

/*
 * Scaled by @base until it is below that and there is room for it: four digits
 * and a unit, or, if it is negative, three and the sign.  With one decimal
 * where a digit is left for it, if it has a unit or @decimal is set.
 */
static struct cell scaled(double value, double base, const char *units,
			  bool decimal)
{
	const char *sign = value < 0 ? "-" : "";
	double most = *sign ? 999.5 : 9999.5;
	double size = fabs(value);
	struct cell cell;

	while (size >= fmin(base - 0.5, most) && units[1]) {
		size /= base;
		units++;
		decimal = true;
	}
	if (size >= most)
		snprintf(cell.text, sizeof(cell.text), "%shuge", sign);
	else
		snprintf(cell.text, sizeof(cell.text), "%s%.*f%.1s", sign,
			 decimal && size && size < (*sign ? 9.95 : 99.95),
			 size, *units == ' ' ? "" : units);
	return cell;
}

struct cell cell_size(double bytes)
{
	return scaled(bytes, 1024, " KMGTPE", false);
}

struct cell cell_rate(double rate)
{
	return scaled(rate, 1000, " kMG", true);
}

/* Mostly far below 1, and three digits say enough. */
static struct cell cell_cost(double cost)
{
	struct cell cell;

	if (cost >= 9.9995 || !cost)
		return cell_rate(cost);
	if (cost < 0.0005)
		snprintf(cell.text, sizeof(cell.text), "<.001");
	else
		snprintf(cell.text, sizeof(cell.text), "%.3f", cost);
	return cell;
}

struct cell cell_of(const struct line *line, enum column_id id)
{
	struct cell cell;

	if (!line->known[id])
		return (struct cell){ "-" };
	switch (columns[id].kind) {
	case SIZE:
		return cell_size(line->value[id]);
	case RATE:
		return cell_rate(line->value[id]);
	case COST:
		return cell_cost(line->value[id]);
	default:
		snprintf(cell.text, sizeof(cell.text), "%.0f",
			 line->value[id]);
		return cell;
	}
}

char *cell_text(const struct line *line, enum column_id id)
{
	return text_for_terminal(text_of(line, id));
}

/* ---- choosing columns ---- */

static int width_of(const struct layout *layout)
{
	int width = 0;

	for (size_t i = 0; i < N_COLUMNS; i++)
		if (layout->shown[i])
			width += 1 + layout->width[i];
	return width;
}

static void drop_one(struct layout *layout)
{
	size_t last = COLUMN_name;

	for (size_t i = 0; i < N_COLUMNS; i++)
		if (layout->shown[i] && columns[i].rank > columns[last].rank)
			last = i;
	layout->shown[last] = false;
}

static int bound(int value, int least, int most)
{
	return value < least ? least : value > most ? most : value;
}

void layout_make(struct layout *layout, int width, int domain_width)
{
	int most = !width ? domain_width :
		   width < NARROW ? DOMAIN_MOST_NARROW : DOMAIN_MOST;
	int least = strlen(columns[COLUMN_domain].heading);

	for (size_t i = 0; i < N_COLUMNS; i++) {
		layout->shown[i] = true;
		layout->width[i] = NUMBER_WIDTH;
	}
	layout->width[COLUMN_pid] = PID_WIDTH;
	layout->width[COLUMN_domain] = bound(domain_width, least, most);
	layout->width[COLUMN_name] = NAME_LEAST;
	if (!width)
		return;
	while (width_of(layout) > width && width_of(layout) > 1 + NAME_LEAST)
		drop_one(layout);
	layout->width[COLUMN_name] = width - width_of(layout) + NAME_LEAST;
}
