// SPDX-License-Identifier: GPL-2.0
/*
 * The scanner's pace.
 *
 * Two knobs are changed: advisor_mode, since with an advisor the pace is not
 * ours to set, and sleep_millisecs.  What they were is written to a file
 * before, and the file is removed after they have been set back: whoever
 * finds it knows that they are not as the operator has them, and what they
 * would be.  An operator who changes one of them meanwhile loses that change.
 *
 * sleep_millisecs is set back first, as advisor_mode sets pages_to_scan.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../counters.h"
#include "../tool.h"
#include "log.h"
#include "scanner.h"

static const enum knob_id changed[] = {
	KNOB_sleep_millisecs, KNOB_advisor_mode,
};

#define N_CHANGED (sizeof(changed) / sizeof(changed[0]))

static char *path;
static uint64_t before[N_CHANGED];
static bool is_fast;
static bool failed;

static void fail(const char *what, int error)
{
	if (!failed)
		log_say(LOG_WARNING, "cannot %s: %s", what, strerror(-error));
	failed = true;
}

/* One line NAME=VALUE for each. */
static void print(FILE *file)
{
	for (size_t i = 0; i < N_CHANGED; i++)
		fprintf(file, "%s=%s\n", knobs[changed[i]].name,
			knob_text(changed[i], before[i]).text);
}

static int save(void)
{
	char *new = xprintf("%s.new", path);
	FILE *file = fopen(new, "we");
	int ret = file ? 0 : -errno;

	if (file) {
		print(file);
		if (fclose(file) || rename(new, path))
			ret = -errno;
	}
	free(new);
	return ret;
}

/* False unless each of them is there. */
static bool load(FILE *file)
{
	char name[64], value[64];
	unsigned int found = 0;

	while (fscanf(file, " %63[^=]=%63s", name, value) == 2)
		for (size_t i = 0; i < N_CHANGED; i++)
			if (!strcmp(name, knobs[changed[i]].name) &&
			    knob_parse(changed[i], value, &before[i]))
				found |= 1U << i;
	return found == (1U << N_CHANGED) - 1;
}

void scanner_start(const char *state)
{
	FILE *file = fopen(state, "re");

	path = xstrdup(state);
	if (!file)
		return;
	is_fast = load(file);
	fclose(file);
	if (is_fast)
		log_say(LOG_NOTICE, "the scanner was left fast by a daemon "
			"that did not end by itself");
	else
		log_say(LOG_WARNING, "%s: not a file of ours; it is "
			"overwritten when there is need", state);
}

static int end_fast(void)
{
	int ret = 0;

	for (size_t i = 0; !ret && i < N_CHANGED; i++)
		ret = knob_write(changed[i], before[i]);
	if (!ret && unlink(path) && errno != ENOENT)
		ret = -errno;
	return ret;
}

static int start_fast(void)
{
	/* No sleep, and the first of the words: no advisor. */
	const uint64_t fast[N_CHANGED] = { 0, 0 };
	int ret = 0;

	for (size_t i = 0; !ret && i < N_CHANGED; i++)
		ret = knob_try_read(changed[i], &before[i]);
	if (!ret)
		ret = save();
	if (ret)
		return ret;
	/* Backwards: without an advisor first. */
	for (size_t i = N_CHANGED; !ret && i > 0; i--)
		ret = knob_write(changed[i - 1], fast[i - 1]);
	if (ret)
		end_fast();
	return ret;
}

void scanner_set(bool fast)
{
	int ret;

	if (fast == is_fast)
		return;
	ret = fast ? start_fast() : end_fast();
	if (ret) {
		fail(fast ? "make the scanner fast" :
		     "set the scanner's pace back", ret);
		return;
	}
	failed = false;
	is_fast = fast;
	log_say(LOG_INFO, fast ? "the scanner is made fast" :
		"the scanner has its own pace again");
}
