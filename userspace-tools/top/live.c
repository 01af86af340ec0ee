// SPDX-License-Identifier: GPL-2.0
/*
 * The live view.
 *
 * It is drawn anew after each reading and each key; ncurses sends the terminal
 * what has changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "../text.h"
#include "../tool.h"
#include "graph.h"
#include "head.h"
#include "live.h"
#include "screen.h"

enum mode { TABLE, HELP, ASK_DOMAIN, ASK_NAME };

/**
 * struct view - what is shown
 * @model: the numbers
 * @mode: what is on the screen
 * @choice: of lines; its texts are to be freed
 * @layout: columns that were shown last
 * @first: the first line of the table on the screen
 * @first_help: likewise of the help
 * @input: what was typed in so far
 * @interval: milliseconds between two readings
 * @next: when the next is due, in milliseconds of the monotonic clock
 * @paused: there is none until that is over
 * @quit: it is over
 */
struct view {
	struct model model;
	enum mode mode;
	struct choice choice;
	struct layout layout;
	int first;
	int first_help;
	char input[256];
	unsigned int interval;
	uint64_t next;
	bool paused;
	bool quit;
};

static const unsigned int intervals[] = {
	200, 500, 1000, 2000, 5000, 10000, 30000, 60000
};

#define N_INTERVALS (sizeof(intervals) / sizeof(intervals[0]))

static const char *const help_keys[] = {
	"q                quit",
	"h ?              this text, and back",
	"space            pause: no more readings, and go on",
	"+ -              longer and shorter time between readings",
	"< >              sort by the column to the left, to the right",
	"a letter         sort by the column that has it below",
	"r                reverse the order",
	"d                only one domain: its name; Tab goes through them",
	"/                only names with this text in them",
	"Esc              all domains and names again",
	"arrows, PgUp, PgDn, Home, End    move in the table",
};

#define N_HELP_KEYS (int)(sizeof(help_keys) / sizeof(help_keys[0]))
#define N_HELP (N_HELP_KEYS + 2 + N_COLUMNS)

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000ULL + time.tv_nsec / 1000000;
}

static int least(int a, int b)
{
	return a < b ? a : b;
}

/* Never below @lowest, even where @highest is. */
static int bound(int value, int lowest, int highest)
{
	value = least(value, highest);
	return value < lowest ? lowest : value;
}

/* Draws a text and frees it. */
static void draw(int y, int x, int width, enum screen_look look, char *text)
{
	screen_text(y, x, width, look, text);
	free(text);
}

/* ---- above the table ---- */

static enum screen_look host_look(const struct reading *reading)
{
	const char *state = head_daemon_text(reading, "state");

	if (!state)
		return LOOK_PLAIN;
	if (!strcmp(state, "high") || !strcmp(state, "clear"))
		return LOOK_GOOD;
	return strcmp(state, "soft") ? LOOK_BAD : LOOK_WARNING;
}

/* ", domain X", and likewise; nothing if @value is NULL. */
static char *filter_text(const char *what, const char *value)
{
	char *safe, *text;

	if (!value)
		return xstrdup("");
	safe = text_for_terminal(value);
	text = xprintf(", %s %s", what, safe);
	free(safe);
	return text;
}

static void draw_title(const struct view *view, int width, size_t shown)
{
	const struct choice *choice = &view->choice;
	char *domain = filter_text("domain", choice->domain);
	char *name = filter_text("name", choice->name);
	char *count = xprintf(" %zu of %zu", shown, view->model.n_lines);
	int left = width - (int)strlen(count);

	draw(0, 0, width, LOOK_BAR,
	     xprintf("ksmfs top: %severy %gs, by %s%s%s%s",
		     view->paused ? "PAUSED, " : "", view->interval / 1000.0,
		     columns[choice->sort].key,
		     choice->reverse ? " reversed" : "", domain, name));
	if (left > 0)
		screen_text(0, left, width - left, LOOK_BAR, count);
	free(count);
	free(domain);
	free(name);
}

static int draw_mounts(const struct head *head, int y, int width, int room)
{
	int count = least(room, head->n_mounts);

	for (int i = 0; i < count; i++) {
		if (i == count - 1 && count < (int)head->n_mounts)
			draw(y + i, 0, width, LOOK_PLAIN,
			     xprintf("mount   and %zu more: a higher terminal "
				     "shows them", head->n_mounts - i));
		else
			screen_text(y + i, 0, width, LOOK_PLAIN,
				    head->mounts[i]);
	}
	return count > 0 ? count : 0;
}

static int draw_graph(const struct model *model, int y, int width, int height)
{
	for (int row = 0; row < height && width > GRAPH_MARGIN; row++)
		draw(y + row, 0, width, LOOK_GRAPH,
		     graph_row(model, row, height, width - GRAPH_MARGIN,
			       screen_is_unicode()));
	return height;
}

/*
 * Draws from line 1 on as much as there is @room for: what is saved before the
 * scanner, that before the host and the mounts, and the graph last.  Returns
 * the line below.
 */
static int draw_head(const struct model *model, int height, int width,
		     int room)
{
	int for_graph = height >= 20 ? 3 : height >= 14 ? 2 : 1;
	struct head head;
	int y = 1;

	head_make(&head, model);
	if (room >= 3)
		screen_text(y++, 0, width, host_look(&model->now), head.host);
	if (room >= 4)
		y += draw_mounts(&head, y, width,
				 bound(height / 6, 1, room - 3));
	if (room >= 2)
		screen_text(y++, 0, width, LOOK_PLAIN, head.scanner);
	if (room >= 1)
		screen_text(y++, 0, width, LOOK_PLAIN, head.saved);
	y += draw_graph(model, y, width, bound(for_graph, 0, room + 1 - y));
	head_free(&head);
	return y;
}

/* ---- the table ---- */

static int longest_domain(const struct line **shown, size_t count)
{
	size_t longest = 0;

	for (size_t i = 0; i < count; i++) {
		char *text = cell_text(shown[i], COLUMN_domain);
		size_t width = text_width(text);

		free(text);
		if (width > longest)
			longest = width;
	}
	return longest < 1000 ? longest : 1000;
}

static void draw_headings(const struct view *view, int y, int width)
{
	int x = 0;

	screen_text(y, 0, width, LOOK_BAR, "");
	for (size_t i = 0; i < N_COLUMNS; i++) {
		const char *heading = columns[i].heading;
		int its_width = view->layout.width[i];

		if (!view->layout.shown[i])
			continue;
		x++;
		if (columns[i].kind != TEXT)
			x += its_width - (int)strlen(heading);
		screen_text(y, x, strlen(heading), i == view->choice.sort ?
			    LOOK_PLAIN : LOOK_BAR, heading);
		x += columns[i].kind == TEXT ? its_width : (int)strlen(heading);
	}
}

static void draw_line(const struct layout *layout, const struct line *line,
		      int y)
{
	int x = 0;

	for (size_t i = 0; i < N_COLUMNS; i++) {
		int width = layout->width[i];

		if (!layout->shown[i])
			continue;
		x++;
		if (columns[i].kind == TEXT)
			draw(y, x, width, LOOK_PLAIN, cell_text(line, i));
		else
			draw(y, x, width, LOOK_PLAIN,
			     xprintf("%*s", width, cell_of(line, i).text));
		x += width;
	}
}

static void draw_table(struct view *view, int y, int height, int width,
		       const struct line **shown, int count)
{
	layout_make(&view->layout, width, longest_domain(shown, count));
	draw_headings(view, y, width);
	view->first = bound(view->first, 0, count - (height - 1));
	for (int i = 0; i < height - 1 && view->first + i < count; i++)
		draw_line(&view->layout, shown[view->first + i], y + 1 + i);
}

static void draw_bottom(const struct view *view, int y, int width)
{
	char *typed = text_for_terminal(view->input);

	if (view->mode == ASK_DOMAIN)
		draw(y, 0, width, LOOK_BAR, xprintf("domain (Tab: next; empty: "
						    "all): %s_", typed));
	else if (view->mode == ASK_NAME)
		draw(y, 0, width, LOOK_BAR, xprintf("name has (empty: all): "
						    "%s_", typed));
	else
		screen_text(y, 0, width, LOOK_BAR, "h help  q quit  < > sort  "
			    "r reverse  d domain  / name  space pause");
	free(typed);
}

static void draw_all(struct view *view, int height, int width)
{
	const struct model *model = &view->model;
	const struct line **shown = xrealloc(NULL, model->n_lines + 1,
					     sizeof(*shown));
	size_t count = table_choose(&view->choice, model->lines,
				    model->n_lines, shown);
	int bottom = view->mode != TABLE || height >= 8;
	int y;

	draw_title(view, width, count);
	y = draw_head(model, height, width, height - 1 - bottom - 4);
	draw_table(view, y, height - bottom - y, width, shown, count);
	if (bottom)
		draw_bottom(view, height - 1, width);
	free(shown);
}

/* ---- the help ---- */

static char *help_line(int i)
{
	const struct column *column;

	if (i < N_HELP_KEYS)
		return xstrdup(help_keys[i]);
	i -= N_HELP_KEYS;
	if (i < 2)
		return xstrdup(i ? "  column key        what it is, of each VM" :
				   "");
	column = &columns[i - 2];
	return xprintf("%c %-6s %-10s %s", column->letter ? column->letter :
		       ' ', column->heading, column->key, column->help);
}

static void draw_help(struct view *view, int height, int width)
{
	int rows = height - 1;

	view->first_help = bound(view->first_help, 0, N_HELP - rows);
	screen_text(0, 0, width, LOOK_BAR, rows < N_HELP ?
		    "ksmfs top: help (Up, Down: more; h: back)" :
		    "ksmfs top: help (h: back)");
	for (int i = 0; i < rows && view->first_help + i < N_HELP; i++)
		draw(1 + i, 0, width, LOOK_PLAIN,
		     help_line(view->first_help + i));
}

static void show(struct view *view)
{
	int height, width;

	screen_size(&height, &width);
	screen_begin();
	if (view->mode == HELP)
		draw_help(view, height, width);
	else
		draw_all(view, height, width);
	screen_show();
}

/* ---- keys ---- */

/* True if it was a key to move with. */
static bool move(int *first, unsigned int key)
{
	int height, width;

	screen_size(&height, &width);
	switch (key) {
	case SCREEN_UP:
		--*first;
		break;
	case SCREEN_DOWN:
		++*first;
		break;
	case SCREEN_PAGE_UP:
		*first -= height / 2;
		break;
	case SCREEN_PAGE_DOWN:
		*first += height / 2;
		break;
	case SCREEN_HOME:
		*first = 0;
		break;
	case SCREEN_END:
		*first = INT32_MAX / 2;	/* bounded when it is drawn */
		break;
	default:
		return false;
	}
	return true;
}

static void sort_by(struct view *view, enum column_id id)
{
	view->choice.sort = id;
	view->first = 0;
}

/* To the next column that is shown, @step 1 or -1. */
static void sort_beside(struct view *view, int step)
{
	int id = view->choice.sort;

	do {
		id += step;
		if (id < 0 || id >= N_COLUMNS)
			return;
	} while (!view->layout.shown[id]);
	sort_by(view, id);
}

/* To the next longer interval, @step 1, or shorter one, -1. */
static void change_interval(struct view *view, int step)
{
	unsigned int new = view->interval;

	for (size_t i = 0; i < N_INTERVALS; i++) {
		size_t at = step > 0 ? N_INTERVALS - 1 - i : i;

		if (step > 0 ? intervals[at] > view->interval :
			       intervals[at] < view->interval)
			new = intervals[at];
	}
	view->interval = new;
	view->next = now() + new;
}

static void set_text(const char **text, const char *value)
{
	free((char *)*text);
	*text = value && *value ? xstrdup(value) : NULL;
}

static void ask(struct view *view, enum mode mode, const char *old)
{
	view->mode = mode;
	snprintf(view->input, sizeof(view->input), "%s", old ? old : "");
}

static void table_key(struct view *view, unsigned int key)
{
	enum column_id id = column_by_letter(key);

	if (id < N_COLUMNS) {
		sort_by(view, id);
		return;
	}
	if (move(&view->first, key))
		return;
	switch (key) {
	case 'q':
		view->quit = true;
		break;
	case 'h':
	case '?':
	case SCREEN_HELP:
		view->mode = HELP;
		view->first_help = 0;
		break;
	case ' ':
		view->paused = !view->paused;
		view->next = now();
		break;
	case '+':
		change_interval(view, 1);
		break;
	case '-':
		change_interval(view, -1);
		break;
	case '<':
		sort_beside(view, -1);
		break;
	case '>':
		sort_beside(view, 1);
		break;
	case 'r':
		view->choice.reverse = !view->choice.reverse;
		break;
	case 'd':
		ask(view, ASK_DOMAIN, view->choice.domain);
		break;
	case '/':
		ask(view, ASK_NAME, view->choice.name);
		break;
	case SCREEN_ESCAPE:
		set_text(&view->choice.domain, NULL);
		set_text(&view->choice.name, NULL);
		break;
	}
}

static void help_key(struct view *view, unsigned int key)
{
	if (move(&view->first_help, key))
		return;
	switch (key) {
	case 'q':
	case 'h':
	case '?':
	case SCREEN_HELP:
	case SCREEN_ESCAPE:
		view->mode = TABLE;
	}
}

/* The domain after the one that was typed in; after the last the first. */
static void next_domain(struct view *view)
{
	const char *next = NULL, *first = NULL;

	for (size_t i = 0; i < view->model.n_lines; i++) {
		const char *domain = view->model.lines[i].domain;

		if (!first || strverscmp(domain, first) < 0)
			first = domain;
		if (strverscmp(domain, view->input) > 0 &&
		    (!next || strverscmp(domain, next) < 0))
			next = domain;
	}
	if (next || first)
		snprintf(view->input, sizeof(view->input), "%s",
			 next ? next : first);
}

static void erase_last(char *text)
{
	size_t length = strlen(text);

	while (length && (text[length - 1] & 0xc0) == 0x80)
		length--;	/* the rest of a character of UTF-8 */
	if (length)
		length--;
	text[length] = '\0';
}

static void add_character(struct view *view, unsigned int key)
{
	size_t used = strlen(view->input);
	mbstate_t state = { 0 };
	char bytes[16];
	size_t length;

	if (key < ' ' || key >= SCREEN_NOTHING)
		return;
	length = wcrtomb(bytes, key, &state);
	if (length == (size_t)-1 || used + length >= sizeof(view->input))
		return;
	memcpy(view->input + used, bytes, length);
	view->input[used + length] = '\0';
}

static void input_key(struct view *view, unsigned int key)
{
	switch (key) {
	case SCREEN_ENTER:
		set_text(view->mode == ASK_DOMAIN ? &view->choice.domain :
						    &view->choice.name,
			 view->input);
		view->first = 0;
		view->mode = TABLE;
		break;
	case SCREEN_ESCAPE:
		view->mode = TABLE;
		break;
	case SCREEN_BACKSPACE:
		erase_last(view->input);
		break;
	case '\t':
		if (view->mode == ASK_DOMAIN)
			next_domain(view);
		break;
	default:
		add_character(view, key);
	}
}

static void handle(struct view *view, unsigned int key)
{
	switch (view->mode) {
	case TABLE:
		table_key(view, key);
		break;
	case HELP:
		help_key(view, key);
		break;
	default:
		input_key(view, key);
	}
}

/* Milliseconds until the next reading; below 0: there is none. */
static int time_left(const struct view *view)
{
	uint64_t at = now();

	if (view->paused)
		return -1;
	return view->next > at ? view->next - at : 0;
}

void live_run(const struct choice *choice, unsigned int interval, bool colour)
{
	static struct view view;
	int left = interval;

	view.interval = interval;
	view.choice = *choice;
	view.choice.domain = NULL;
	view.choice.name = NULL;
	set_text(&view.choice.domain, choice->domain);
	set_text(&view.choice.name, choice->name);
	model_update(&view.model);	/* may fail, best before the screen is */
	screen_open(colour);
	view.next = now() + interval;
	while (!view.quit) {
		if (!left) {
			model_update(&view.model);
			view.next = now() + view.interval;
		}
		show(&view);
		handle(&view, screen_wait(time_left(&view)));
		left = time_left(&view);
	}
	screen_close();
	set_text(&view.choice.domain, NULL);
	set_text(&view.choice.name, NULL);
	model_free(&view.model);
}
