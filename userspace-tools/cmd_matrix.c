// SPDX-License-Identifier: GPL-2.0
/*
 * ksmfs matrix: who shares how much with whom.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "matrix.h"
#include "text.h"
#include "tool.h"

enum format { TABLE, JSON, SVG };

static void print_table(const struct matrix *matrix)
{
	int width = matrix_name_width(matrix);

	if (width < (int)strlen("VM"))
		width = strlen("VM");
	printf("     %-*s", width, "VM");
	for (size_t b = 0; b < matrix->count; b++)
		printf(" %7zu", b + 1);
	putchar('\n');
	for (size_t a = 0; a < matrix->count; a++) {
		char *name = text_for_terminal(matrix->vms[a].name);

		printf("%4zu %-*s", a + 1, text_field(name, width), name);
		free(name);
		for (size_t b = 0; b < matrix->count; b++) {
			uint64_t bytes = matrix_bytes(matrix, a, b);

			printf(" %7s", bytes ? text_size(bytes).text : "-");
		}
		putchar('\n');
	}
}

static void print_json(const struct matrix *matrix)
{
	struct json_object *object = json_object_new_object();
	struct json_object *vms = json_object_new_array();
	struct json_object *rows = json_object_new_array();

	for (size_t a = 0; a < matrix->count; a++) {
		struct json_object *vm = json_object_new_object();
		struct json_object *row = json_object_new_array();

		json_add_name(vm, "name", matrix->vms[a].name);
		json_add_number(vm, "pid", matrix->vms[a].pid);
		json_object_array_add(vms, vm);
		for (size_t b = 0; b < matrix->count; b++) {
			uint64_t bytes = matrix_bytes(matrix, a, b);

			json_object_array_add(row,
					      json_object_new_uint64(bytes));
		}
		json_object_array_add(rows, row);
	}
	json_add_number(object, "sampled_one_of", matrix->one_of);
	json_object_object_add(object, "vms", vms);
	json_object_object_add(object, "shared", rows);
	json_print(object);
}

int cmd_matrix(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, JSON },
		{ "svg", no_argument, NULL, SVG },
		{ NULL, 0, NULL, 0 },
	};
	enum format format = TABLE;
	struct matrix matrix;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == '?' || format != TABLE)
			return usage_error("matrix");
		format = option;
	}
	if (optind < argc)
		return usage_error("matrix");

	matrix_load(&matrix);
	if (matrix.one_of > 1)
		fprintf(stderr, "ksmfs: one of %llu frames has been looked at: "
			"the numbers are estimates\n",
			(unsigned long long)matrix.one_of);
	switch (format) {
	case JSON:
		print_json(&matrix);
		break;
	case SVG:
		matrix_print_svg(&matrix);
		break;
	case TABLE:
		print_table(&matrix);
		break;
	}
	matrix_free(&matrix);
	return EXIT_OK;
}
