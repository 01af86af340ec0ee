// SPDX-License-Identifier: GPL-2.0
/*
 * The few calls between the verbs and json-c.
 */
#include <stdio.h>
#include <stdlib.h>

#include "json.h"
#include "text.h"

void json_add_number(struct json_object *object, const char *key,
		     uint64_t value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

void json_add_name(struct json_object *object, const char *key,
		   const char *name)
{
	char *text = name ? text_for_json(name) : NULL;

	json_object_object_add(object, key,
			       text ? json_object_new_string(text) : NULL);
	free(text);
}

void json_add_fraction(struct json_object *object, const char *key,
		       double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.6g", value);
	json_object_object_add(object, key,
			       json_object_new_double_s(value, text));
}

static void print(struct json_object *object, int flags)
{
	puts(json_object_to_json_string_ext(object, flags |
					    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
}

void json_print(struct json_object *object)
{
	print(object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
}

void json_print_line(struct json_object *object)
{
	print(object, JSON_C_TO_STRING_PLAIN);
}
