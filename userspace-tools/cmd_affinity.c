// SPDX-License-Identifier: GPL-2.0
/*
 * ksmfs affinity: what VMs would share on one host, from their sketches.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "text.h"
#include "tool.h"
#include "estimate/content.h"
#include "estimate/saving.h"
#include "estimate/sketch.h"

/* @title: its path, fit for a terminal */
struct vm {
	const char *path;
	char *title;
	struct sketch sketch;
};

static void read_sketch(struct vm *vm, const char *path)
{
	/* One more than there can be, to see that there is more. */
	static unsigned char bytes[SKETCH_MOST_BYTES + 1];
	FILE *file = fopen(path, "re");
	const char *problem;
	size_t length;

	vm->path = path;
	vm->title = text_for_terminal(path);
	if (!file)
		die(EXIT_FAILED, "%s: %s", vm->title, strerror(errno));
	length = fread(bytes, 1, sizeof(bytes), file);
	if (ferror(file))
		die(EXIT_FAILED, "%s: %s", vm->title, strerror(errno));
	fclose(file);
	problem = sketch_decode(bytes, length, &vm->sketch);
	if (problem)
		die(EXIT_FAILED, "%s: %s", vm->title, problem);
}

static struct vm *read_sketches(char **paths, size_t count)
{
	struct vm *vms = xrealloc(NULL, count, sizeof(*vms));

	for (size_t i = 0; i < count; i++) {
		read_sketch(&vms[i], paths[i]);
		if (vms[i].sketch.key_id != vms[0].sketch.key_id)
			die(EXIT_FAILED, "%s was made with another key than "
			    "%s: make all with the same --key",
			    vms[i].title, vms[0].title);
	}
	return vms;
}

/* Of the VMs whose numbers are given. */
static struct saving compare(const struct vm *vms, const size_t *which,
			     size_t count)
{
	struct vm_saving *rows = xrealloc(NULL, count, sizeof(*rows));
	uint64_t last = UINT64_MAX;
	struct saving saving;
	struct sample sample;
	size_t most = 1;

	for (size_t i = 0; i < count; i++) {
		const struct sketch *sketch = &vms[which[i]].sketch;

		if (sketch->last < last)
			last = sketch->last;
		most += sketch->count;
	}
	sample_open(&sample, most, 0, last);
	for (size_t i = 0; i < count; i++) {
		const struct sketch *sketch = &vms[which[i]].sketch;

		rows[i] = (struct vm_saving){
			.pages = sketch->pages,
			.zero = sketch->zero,
		};
		for (size_t j = 0; j < sketch->count; j++)
			sample_add(&sample, sketch->values[j], i);
	}
	sample_close(&sample);
	saving = saving_of(&sample, rows, count);
	sample_free(&sample);
	free(rows);
	return saving;
}

static struct saving compare_pair(const struct vm *vms, size_t a, size_t b)
{
	return compare(vms, (size_t[]){ a, b }, 2);
}

static struct saving compare_all(const struct vm *vms, size_t count)
{
	size_t *which = xrealloc(NULL, count, sizeof(*which));
	struct saving saving;

	for (size_t i = 0; i < count; i++)
		which[i] = i;
	saving = compare(vms, which, count);
	free(which);
	return saving;
}

static double percent(double pages, uint64_t of)
{
	return of ? pages * 100 / of : 0;
}

static double mebibytes(double pages)
{
	return pages * CONTENT_PAGE / (1 << 20);
}

static void print_amount(const char *title, struct amount amount,
			 uint64_t pages)
{
	printf("%-8s %10.1f +/- %-8.1f %5.1f%% +/- %.1f\n", title,
	       mebibytes(amount.pages), mebibytes(amount.error),
	       percent(amount.pages, pages), percent(amount.error, pages));
}

static int widest(const struct vm *vms, size_t count)
{
	int width = strlen("VM");

	for (size_t i = 0; i < count; i++)
		if ((int)text_width(vms[i].title) > width)
			width = text_width(vms[i].title);
	return width;
}

static void print_pairs(const struct vm *vms, size_t count)
{
	int width = widest(vms, count);

	printf("%-*s  %-*s %8s  %s\n", width, "VM", width, "VM", "MiB",
	       "shared, if they ran on one host");
	for (size_t a = 0; a < count; a++) {
		for (size_t b = a + 1; b < count; b++) {
			struct saving pair = compare_pair(vms, a, b);

			printf("%-*s  %-*s %8.1f +/- %-7.1f %5.1f%% +/- %.1f\n",
			       text_field(vms[a].title, width), vms[a].title,
			       text_field(vms[b].title, width), vms[b].title,
			       mebibytes(pair.between.pages),
			       mebibytes(pair.between.error),
			       percent(pair.between.pages, pair.pages),
			       percent(pair.between.error, pair.pages));
		}
	}
}

static void print_all(const struct vm *vms, size_t count)
{
	struct saving all = compare_all(vms, count);

	printf("\nall %zu on one host: %.1f MiB\n", count,
	       mebibytes(all.pages));
	print_amount("zero", (struct amount){ all.zero, 0 }, all.pages);
	print_amount("inside", all.inside, all.pages);
	print_amount("between", all.between, all.pages);
	all.merged.pages += all.zero;
	print_amount("saved", all.merged, all.pages);
}

static struct json_object *json_of(const struct saving *saving)
{
	struct json_object *object = json_object_new_object();

	json_add_number(object, "pages", saving->pages);
	json_add_number(object, "zero", saving->zero);
	json_add_number(object, "inside", round(saving->inside.pages));
	json_add_number(object, "inside_error", ceil(saving->inside.error));
	json_add_number(object, "between", round(saving->between.pages));
	json_add_number(object, "between_error", ceil(saving->between.error));
	json_add_number(object, "saved",
			round(saving->zero + saving->merged.pages));
	json_add_number(object, "saved_error", ceil(saving->merged.error));
	return object;
}

static void print_json(const struct vm *vms, size_t count)
{
	struct json_object *object = json_object_new_object();
	struct json_object *pairs = json_object_new_array();
	struct saving saving;

	json_add_number(object, "page_size", CONTENT_PAGE);
	for (size_t a = 0; a < count; a++) {
		for (size_t b = a + 1; b < count; b++) {
			struct json_object *pair;

			saving = compare_pair(vms, a, b);
			pair = json_of(&saving);
			json_add_name(pair, "a", vms[a].path);
			json_add_name(pair, "b", vms[b].path);
			json_object_array_add(pairs, pair);
		}
	}
	saving = compare_all(vms, count);
	json_object_object_add(object, "all", json_of(&saving));
	json_object_object_add(object, "pairs", pairs);
	json_print(object);
}

int cmd_affinity(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	bool json = false;
	size_t count;
	struct vm *vms;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'j')
			return usage_error("affinity");
		json = true;
	}
	if (argc - optind < 2)
		return usage_error("affinity");

	count = argc - optind;
	vms = read_sketches(argv + optind, count);
	if (json) {
		print_json(vms, count);
	} else {
		print_pairs(vms, count);
		print_all(vms, count);
	}
	for (size_t i = 0; i < count; i++) {
		sketch_free(&vms[i].sketch);
		free(vms[i].title);
	}
	free(vms);
	return EXIT_OK;
}
