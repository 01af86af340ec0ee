// SPDX-License-Identifier: GPL-2.0
/*
 * ksmfs tune: show the knobs, or set some of them.
 *
 * All or none: names and ranges are checked against the ABI's list before the
 * first write, and when the kernel still refuses one, those already written
 * get their old values back.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "json.h"
#include "text.h"
#include "tool.h"

struct setting {
	enum knob_id id;
	uint64_t value;
	uint64_t old;
};

/* What can be written, as "0..2" or "this|that"; to be freed. */
static char *range(const struct knob *knob)
{
	char *text, *longer;

	if (!knob->words)
		return xprintf("%" PRIu64 "..%" PRIu64, knob->lowest,
			       knob->highest);
	text = xstrdup(knob->words[0]);
	for (size_t i = 1; knob->words[i]; i++) {
		longer = xprintf("%s|%s", text, knob->words[i]);
		free(text);
		text = longer;
	}
	return text;
}

static void show(void)
{
	uint64_t value[N_KNOBS];

	for (size_t i = 0; i < N_KNOBS; i++)
		value[i] = knob_read(i);
	for (size_t i = 0; i < N_KNOBS; i++) {
		char *values = range(&knobs[i]);

		printf("%s=%s\n    %s  %s\n", knobs[i].name,
		       knob_text(i, value[i]).text, values, knobs[i].help);
		free(values);
	}
}

static void add_value(struct json_object *object, enum knob_id id)
{
	const struct knob *knob = &knobs[id];
	struct json_object *words;

	if (!knob->words) {
		json_add_number(object, "value", knob_read(id));
		json_add_number(object, "lowest", knob->lowest);
		json_add_number(object, "highest", knob->highest);
		return;
	}
	json_add_name(object, "value", knob->words[knob_read(id)]);
	words = json_object_new_array();
	for (size_t i = 0; knob->words[i]; i++)
		json_object_array_add(words,
				      json_object_new_string(knob->words[i]));
	json_object_object_add(object, "words", words);
}

static void show_json(void)
{
	struct json_object *object = json_object_new_object();

	for (size_t i = 0; i < N_KNOBS; i++) {
		struct json_object *knob = json_object_new_object();

		json_object_object_add(object, knobs[i].name, knob);
		add_value(knob, i);
		json_add_name(knob, "help", knobs[i].help);
	}
	json_print(object);
}

static void parse(const char *text, struct setting *setting)
{
	const char *equals = strchr(text, '=');
	size_t length = equals ? (size_t)(equals - text) : strlen(text);
	const struct knob *knob = NULL;

	for (size_t i = 0; i < N_KNOBS && !knob; i++)
		if (strlen(knobs[i].name) == length &&
		    !memcmp(knobs[i].name, text, length))
			knob = &knobs[i];
	if (!knob)
		die(EXIT_USAGE, "there is no knob '%.*s'; 'ksmfs tune' lists "
		    "them; nothing was set", (int)length, text);
	setting->id = knob - knobs;
	if (!equals || !knob_parse(setting->id, equals + 1, &setting->value))
		die(EXIT_USAGE, "%s takes %s, as in %s=%s, not '%s'; nothing "
		    "was set", knob->name, range(knob), knob->name,
		    knob_text(setting->id, knob->lowest).text,
		    equals ? equals + 1 : "");
}

static const char *write_advice(enum knob_id id, int error)
{
	if (error == -EINVAL && id == KNOB_pages_to_scan)
		return "the advisor sets it: 'ksmfs tune advisor_mode=none' "
		       "first";
	switch (error) {
	case -EPERM:
	case -EACCES:
		return "run ksmfs as root";
	case -EBUSY:
		return "run is 2 (unmerged): 'ksmfs tune run=1' first";
	case -ENOMEM:
	case -ENOSPC:
		return "unmerging needs the frames that merging saved: free "
		       "memory, or enlarge the mount";
	default:
		return "the kernel log may say more";
	}
}

/*
 * Undoes @count settings, the last one first.  The last one is what the
 * kernel refused; some refusals leave a knob changed (run=2 does).
 */
static void restore(const struct setting *settings, size_t count)
{
	for (size_t i = count; i--; ) {
		const char *name = knobs[settings[i].id].name;
		struct knob_text old = knob_text(settings[i].id,
						 settings[i].old);
		uint64_t value;
		int ret = knob_try_read(settings[i].id, &value);

		if (!ret && value == settings[i].old)
			continue;
		ret = knob_write(settings[i].id, settings[i].old);
		if (ret)
			fprintf(stderr, "ksmfs: cannot set %s back to %s: %s\n",
				name, old.text, strerror(-ret));
		else
			fprintf(stderr, "ksmfs: %s is %s again\n", name,
				old.text);
	}
}

static void set(struct setting *settings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		settings[i].old = knob_read(settings[i].id);
	for (size_t i = 0; i < count; i++) {
		int ret = knob_write(settings[i].id, settings[i].value);

		if (!ret)
			continue;
		restore(settings, i + 1);
		die(EXIT_FAILED, "cannot set %s=%s: %s: %s",
		    knobs[settings[i].id].name,
		    knob_text(settings[i].id, settings[i].value).text,
		    strerror(-ret), write_advice(settings[i].id, ret));
	}
}

int cmd_tune(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	struct setting *settings;
	bool json = false;
	size_t count;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'j')
			return usage_error("tune");
		json = true;
	}
	count = argc - optind;
	if (json && count)
		return usage_error("tune");
	if (json) {
		show_json();
	} else if (!count) {
		show();
	} else {
		settings = xrealloc(NULL, count, sizeof(*settings));
		for (size_t i = 0; i < count; i++)
			parse(argv[optind + i], &settings[i]);
		set(settings, count);
		free(settings);
	}
	return EXIT_OK;
}
