// SPDX-License-Identifier: GPL-2.0
/*
 * A reading as text, and as JSON.
 */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../json.h"
#include "../text.h"
#include "../tool.h"
#include "head.h"
#include "print.h"

/* The lines of the table to show, to be freed. */
static const struct line **choose(const struct model *model,
				  const struct choice *choice, size_t *count)
{
	const struct line **shown = xrealloc(NULL, model->n_lines + 1,
					     sizeof(*shown));

	*count = table_choose(choice, model->lines, model->n_lines, shown);
	return shown;
}

/* ---- text ---- */

static void print_head(const struct model *model)
{
	struct head head;

	head_make(&head, model);
	puts(head.host);
	for (size_t i = 0; i < head.n_mounts; i++)
		puts(head.mounts[i]);
	puts(head.scanner);
	puts(head.saved);
	head_free(&head);
}

/* Blanks as \040: only the last column, the name, may have some. */
static char *domain_word(const struct line *line)
{
	char *text = cell_text(line, COLUMN_domain);
	char *word = xrealloc(NULL, 4 * strlen(text) + 1, 1);
	char *out = word;

	for (const char *c = text; *c; c++) {
		if (*c == ' ')
			out = stpcpy(out, "\\040");
		else
			*out++ = *c;
	}
	*out = '\0';
	free(text);
	return word;
}

static char *print_cell(const struct line *line, enum column_id id)
{
	if (id == COLUMN_domain)
		return domain_word(line);
	if (id == COLUMN_name)
		return cell_text(line, id);
	return xstrdup(cell_of(line, id).text);
}

/* @line NULL: the headings, which are the keys in capitals. */
static void print_line(const struct layout *layout, const struct line *line)
{
	for (size_t i = 0; i < N_COLUMNS; i++) {
		char *text = line ? print_cell(line, i) :
				    xstrdup(columns[i].key);
		int width = layout->width[i];

		for (char *c = text; !line && *c; c++)
			*c = toupper(*c);
		if (i == COLUMN_name)
			width = 0;
		else if (columns[i].kind == TEXT)
			width = -text_field(text, width);
		printf("%s%*s", i ? " " : "", width, text);
		free(text);
	}
	putchar('\n');
}

/* Keys are wider than headings. */
static void make_layout(struct layout *layout, const struct line **shown,
			size_t count)
{
	int domain_width = 0;

	for (size_t i = 0; i < count; i++) {
		char *word = domain_word(shown[i]);
		int width = text_width(word);

		free(word);
		if (width > domain_width)
			domain_width = width;
	}
	layout_make(layout, 0, domain_width);
	for (size_t i = 0; i < N_COLUMNS; i++)
		if (layout->width[i] < (int)strlen(columns[i].key))
			layout->width[i] = strlen(columns[i].key);
}

void print_text(const struct model *model, const struct choice *choice,
		bool first)
{
	struct layout layout;
	size_t count;
	const struct line **shown = choose(model, choice, &count);

	if (!first)
		putchar('\n');
	print_head(model);
	make_layout(&layout, shown, count);
	print_line(&layout, NULL);
	for (size_t i = 0; i < count; i++)
		print_line(&layout, shown[i]);
	free(shown);
}

/* ---- JSON ---- */

static void add_null(struct json_object *object, const char *key)
{
	json_object_object_add(object, key, NULL);
}

static void add_daemon_number(struct json_object *object,
			      const struct reading *reading, const char *key)
{
	uint64_t number;

	if (head_daemon_number(reading, key, &number))
		json_add_number(object, key, number);
	else
		add_null(object, key);
}

static struct json_object *json_host(const struct reading *reading)
{
	struct json_object *object = json_object_new_object();

	json_add_number(object, "total", reading->total);
	json_add_number(object, "available", reading->available);
	json_add_name(object, "state", head_daemon_text(reading, "state"));
	add_daemon_number(object, reading, "free");
	add_daemon_number(object, reading, "min_free");
	return object;
}

static struct json_object *json_mount(const struct mount *mount,
				      const struct mount_reading *more)
{
	struct json_object *object = json_object_new_object();
	const struct ksmfs_mount_info *info = &more->info;
	uint64_t page = sysconf(_SC_PAGESIZE);

	json_add_name(object, "mount", mount->path);
	json_add_name(object, "problem",
		      more->error ? mount_error(more->error) : NULL);
	if (more->error)
		return object;
	json_add_number(object, "size", info->size * page);
	json_add_number(object, "used", info->used * page);
	json_add_number(object, "reserve", info->reserve * page);
	json_add_number(object, "packed", info->packed * page);
	json_add_number(object, "swapped", info->swap_used * page);
	json_add_number(object, "swap", info->swap_pages * page);
	json_add_number(object, "stalled", info->stalled);
	return object;
}

static void add_rate(struct json_object *object, const char *key,
		     const struct model *model, enum stat_id id)
{
	double rate;

	if (model_rate(model, id, &rate))
		json_add_fraction(object, key, rate);
	else
		add_null(object, key);
}

static struct json_object *json_scanner(const struct model *model)
{
	struct json_object *object = json_object_new_object();
	double percent;

	json_add_number(object, "run", model->now.run);
	if (model_scanner_cpu(model, &percent))
		json_add_fraction(object, "cpu_percent", percent);
	else
		add_null(object, "cpu_percent");
	add_rate(object, "pages_scanned", model, STAT_pages_scanned);
	add_rate(object, "merges", model, STAT_merges);
	add_rate(object, "zero_merges", model, STAT_zero_merges);
	add_rate(object, "breaks", model, STAT_breaks);
	add_rate(object, "zero_breaks", model, STAT_zero_breaks);
	return object;
}

/* A size may be below 0: merged alone, a region saves less than nothing. */
static void add_whole(struct json_object *object, const char *key,
		      double value)
{
	json_object_object_add(object, key, json_object_new_int64(value));
}

static struct json_object *json_line(const struct line *line)
{
	struct json_object *object = json_object_new_object();

	json_add_name(object, "name", line->name);
	json_add_name(object, "domain", line->domain);
	json_add_name(object, "mount", line->mount);
	for (size_t i = 0; i < N_COLUMNS; i++) {
		if (columns[i].kind == TEXT)
			continue;
		if (!line->known[i])
			add_null(object, columns[i].key);
		else if (columns[i].kind == RATE || columns[i].kind == COST)
			json_add_fraction(object, columns[i].key,
					  line->value[i]);
		else
			add_whole(object, columns[i].key, line->value[i]);
	}
	return object;
}

void print_json(const struct model *model, const struct choice *choice)
{
	struct json_object *object = json_object_new_object();
	struct json_object *mounts = json_object_new_array();
	struct json_object *vms = json_object_new_array();
	const struct reading *now = &model->now;
	double percent;
	size_t count;
	const struct line **shown = choose(model, choice, &count);

	json_add_number(object, "uptime_millisecs", now->millisecs);
	json_add_number(object, "interval_millisecs", model->interval);
	json_object_object_add(object, "host", json_host(now));
	for (size_t i = 0; i < now->n_mounts; i++)
		json_object_array_add(mounts,
				      json_mount(&now->mounts[i],
						 &now->mount_readings[i]));
	json_object_object_add(object, "mounts", mounts);
	json_object_object_add(object, "scanner", json_scanner(model));
	add_whole(object, "saved", model_saved(model, &percent));
	for (size_t i = 0; i < count; i++)
		json_object_array_add(vms, json_line(shown[i]));
	json_object_object_add(object, "vms", vms);
	json_print_line(object);
	free(shown);
}
