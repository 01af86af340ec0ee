// SPDX-License-Identifier: GPL-2.0
/*
 * The files of /sys/kernel/mm/ksmfs: knobs and statistics.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "sysio.h"
#include "text.h"
#include "tool.h"

#define WORD(id, word, help) word,
#define X(name, words, standard, help)                                        \
	static const char *const words_of_##name[] = { words(WORD) NULL };
KSMFS_CHOICES(X)
#undef X
#undef WORD

const struct knob knobs[N_KNOBS] = {
#define X(name, lowest, highest, standard, help)                              \
	{ #name, lowest, highest, NULL, help },
	KSMFS_KNOBS(X)
#undef X
#define X(name, words, standard, help)                                        \
	{ #name, 0, sizeof(words_of_##name) / sizeof(char *) - 2,             \
	  words_of_##name, help },
	KSMFS_CHOICES(X)
#undef X
};

const struct statistic statistics[N_STATS] = {
#define X(name, kind, help) { #name, kind, help },
	KSMFS_STATS(X)
#undef X
};

/* The one line of a file, to be freed; -EBADMSG if it holds something else. */
static int read_line(const char *name, char **line)
{
	char path[128], *text;
	size_t length;
	int ret;

	snprintf(path, sizeof(path), SYSFS_DIR "%s", name);
	ret = sysio_read(path, &text, &length);
	if (ret)
		return ret;
	if (length != strlen(text)) {
		free(text);
		return -EBADMSG;
	}
	if (length && text[length - 1] == '\n')
		text[length - 1] = '\0';
	*line = text;
	return 0;
}

/* -EBADMSG: the file holds no number. */
static int read_number(const char *name, bool is_signed, uint64_t *value)
{
	int64_t number = 0;
	bool good;
	char *text;
	int ret;

	ret = read_line(name, &text);
	if (ret)
		return ret;
	if (is_signed) {
		good = text_to_s64(text, &number);
		*value = number;
	} else {
		good = text_to_u64(text, value);
	}
	free(text);
	return good ? 0 : -EBADMSG;
}

/* -EBADMSG: none of the words is in brackets. */
static int read_choice(const struct knob *knob, uint64_t *value)
{
	char *line, *word;
	int ret;

	ret = read_line(knob->name, &line);
	if (ret)
		return ret;
	word = strchr(line, '[');
	ret = -EBADMSG;
	for (size_t i = 0; word && knob->words[i]; i++) {
		size_t length = strlen(knob->words[i]);

		if (strncmp(word + 1, knob->words[i], length) ||
		    word[1 + length] != ']')
			continue;
		*value = i;
		ret = 0;
	}
	free(line);
	return ret;
}

static void fail(const char *name, int error)
{
	uint64_t run;

	if (error == -ENOENT && knob_try_read(KNOB_run, &run) == -ENOENT)
		die(EXIT_NO_MODULE, SYSFS_DIR " is missing: the module is not "
		    "loaded; as root, run: modprobe ksmfs");
	if (error == -ENOENT || error == -EBADMSG)
		die(EXIT_NO_MODULE, SYSFS_DIR "%s %s: module and command are "
		    "of different versions; install both from the same release",
		    name, error == -ENOENT ? "is missing" :
		    "holds something unknown");
	die(EXIT_FAILED, "cannot read " SYSFS_DIR "%s: %s%s", name,
	    strerror(-error), error == -EACCES ? ": run ksmfs as root" : "");
}

/* @failed: which one it is that cannot be read. */
static int read_all(struct counters *counters, size_t *failed)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < N_STATS; i++) {
		*failed = i;
		ret = read_number(statistics[i].name,
				  statistics[i].kind == BYTES,
				  &counters->value[i]);
	}
	return ret;
}

void counters_read(struct counters *counters)
{
	size_t failed;
	int ret = read_all(counters, &failed);

	if (ret)
		fail(statistics[failed].name, ret);
}

int counters_try_read(struct counters *counters)
{
	size_t failed;

	return read_all(counters, &failed);
}

double counters_frames(const struct counters *counters)
{
	const uint64_t *value = counters->value;

	return (double)value[STAT_frames] + value[STAT_frames_packed];
}

double counters_saved(const struct counters *counters)
{
	const uint64_t *value = counters->value;

	return (double)value[STAT_pages_sharing] + value[STAT_ksm_zero_pages] +
	       value[STAT_pages_packed] - value[STAT_frames_packed] +
	       value[STAT_pages_swapped];
}

const char *run_text(uint64_t run)
{
	static const char *const texts[] = { "stopped", "scanning", "unmerged" };

	return run < 3 ? texts[run] : "unknown";
}

int knob_try_read(enum knob_id id, uint64_t *value)
{
	if (knobs[id].words)
		return read_choice(&knobs[id], value);
	return read_number(knobs[id].name, false, value);
}

uint64_t knob_read(enum knob_id id)
{
	uint64_t value = 0;
	int ret = knob_try_read(id, &value);

	if (ret)
		fail(knobs[id].name, ret);
	return value;
}

struct knob_text knob_text(enum knob_id id, uint64_t value)
{
	struct knob_text text;

	if (knobs[id].words)
		snprintf(text.text, sizeof(text.text), "%s",
			 knobs[id].words[value]);
	else
		snprintf(text.text, sizeof(text.text), "%" PRIu64, value);
	return text;
}

bool knob_parse(enum knob_id id, const char *text, uint64_t *value)
{
	const struct knob *knob = &knobs[id];
	uint64_t number;

	if (!knob->words) {
		if (!text_to_u64(text, &number) || number < knob->lowest ||
		    number > knob->highest)
			return false;
		*value = number;
		return true;
	}
	for (size_t i = 0; knob->words[i]; i++) {
		if (strcmp(knob->words[i], text))
			continue;
		*value = i;
		return true;
	}
	return false;
}

int knob_write(enum knob_id id, uint64_t value)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), SYSFS_DIR "%s", knobs[id].name);
	snprintf(text, sizeof(text), "%s\n", knob_text(id, value).text);
	return sysio_write(path, text);
}
