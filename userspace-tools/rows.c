// SPDX-License-Identifier: GPL-2.0
/*
 * The numbers of a VM, to and from JSON.
 */
#include <stdlib.h>

#include "json.h"
#include "rows.h"
#include "tool.h"

#define X(key, heading, percent) #key,
const char *const row_keys[N_ROW_NUMBERS] = { KSMFS_VM_NUMBERS(X) };
#undef X

void row_set(struct row *row, enum row_number id, uint64_t value)
{
	row->known[id] = true;
	row->value[id] = value;
}

struct json_object *row_to_json(const struct row *row)
{
	struct json_object *object = json_object_new_object();

	json_add_name(object, "name", row->name);
	json_add_number(object, "pid", row->pid);
	json_add_name(object, "status", row->status);
	for (size_t i = 0; i < N_ROW_NUMBERS; i++) {
		if (row->known[i])
			json_add_number(object, row_keys[i], row->value[i]);
		else
			json_object_object_add(object, row_keys[i], NULL);
	}
	return object;
}

static bool read_text(struct json_object *object, const char *key, char **text)
{
	struct json_object *found;

	if (!json_object_object_get_ex(object, key, &found) ||
	    !json_object_is_type(found, json_type_string))
		return false;
	*text = xstrdup(json_object_get_string(found));
	return true;
}

/*
 * @known is false for null; the result is false for anything but a number, and
 * for one below 0, of which json-c would make 0.
 */
static bool read_number(struct json_object *object, const char *key,
			bool *known, uint64_t *value)
{
	struct json_object *found;

	if (!json_object_object_get_ex(object, key, &found))
		return false;
	*known = found;
	if (!found)
		return true;
	*value = json_object_get_uint64(found);
	return json_object_is_type(found, json_type_int) &&
	       json_object_get_int64(found) >= 0;
}

bool row_from_json(struct json_object *object, struct row *row)
{
	bool known;

	*row = (struct row){ 0 };
	if (!read_text(object, "name", &row->name) ||
	    !read_number(object, "pid", &known, &row->pid) || !known)
		return false;
	read_text(object, "status", &row->status);
	for (size_t i = 0; i < N_ROW_NUMBERS; i++)
		if (!read_number(object, row_keys[i], &row->known[i],
				 &row->value[i]))
			return false;
	return true;
}

void row_free(struct row *row)
{
	free(row->name);
	free(row->status);
}

struct row *row_list_add(struct row_list *list)
{
	list->rows = xrealloc(list->rows, list->count + 1,
			      sizeof(*list->rows));
	list->rows[list->count] = (struct row){ 0 };
	return &list->rows[list->count++];
}

void row_list_free(struct row_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		row_free(&list->rows[i]);
	free(list->rows);
	*list = (struct row_list){ 0 };
}
