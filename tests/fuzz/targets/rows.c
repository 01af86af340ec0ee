// SPDX-License-Identifier: GPL-2.0
/*
 * The daemon's answer about a VM: userspace-tools/rows.c.
 *
 * The input is an object of its list, as JSON.
 */
#include "../../../userspace-tools/rows.c"
#include "../../../userspace-tools/text.h"
#include "../lib/fuzz.h"

/* Bytes that are not UTF-8 do not survive. */
static bool is_same(const char *before, const char *after)
{
	char *text;
	bool same;

	if (!before || !after)
		return before == after;
	text = text_for_json(before);
	same = !strcmp(text, after);
	free(text);
	return same;
}

/* What is a row is the same again after it has been JSON. */
static void check(const struct row *row)
{
	struct json_object *object = row_to_json(row);
	struct row again;

	EXPECT(row_from_json(object, &again));
	EXPECT(is_same(row->status, again.status));
	EXPECT(is_same(row->name, again.name));
	EXPECT(row->pid == again.pid);
	EXPECT(!memcmp(row->known, again.known, sizeof(row->known)));
	for (size_t i = 0; i < N_ROW_NUMBERS; i++)
		EXPECT(!row->known[i] || row->value[i] == again.value[i]);
	row_free(&again);
	json_object_put(object);
}

/* Nothing that is not in the object: no number for one below 0, say. */
static void check_number(struct json_object *object, const char *key,
			 uint64_t value)
{
	struct json_object *found = json_object_object_get(object, key);
	char text[32];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	EXPECT(!strcmp(json_object_to_json_string(found), text));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct json_object *object = json_tokener_parse(text);
	struct row row;

	if (row_from_json(object, &row)) {
		check_number(object, "pid", row.pid);
		for (size_t i = 0; i < N_ROW_NUMBERS; i++)
			if (row.known[i])
				check_number(object, row_keys[i],
					     row.value[i]);
		check(&row);
	}
	row_free(&row);
	json_object_put(object);
	free(text);
	return 0;
}
