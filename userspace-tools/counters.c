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

const struct knob knobs[N_KNOBS] = {
#define X(name, lowest, highest, standard, help)                              \
	{ #name, lowest, highest, help },
	KSMFS_KNOBS(X)
#undef X
};

const struct statistic statistics[N_STATS] = {
#define X(name, kind, help) { #name, kind, help },
	KSMFS_STATS(X)
#undef X
};

/* -EBADMSG: the file holds no number. */
static int read_number(const char *name, bool is_signed, uint64_t *value)
{
	char path[128], *text;
	int64_t number = 0;
	size_t length;
	bool good;
	int ret;

	snprintf(path, sizeof(path), SYSFS_DIR "%s", name);
	ret = sysio_read(path, &text, &length);
	if (ret)
		return ret;
	good = length == strlen(text);
	if (length && text[length - 1] == '\n')
		text[length - 1] = '\0';
	if (is_signed) {
		good = good && text_to_s64(text, &number);
		*value = number;
	} else {
		good = good && text_to_u64(text, value);
	}
	free(text);
	return good ? 0 : -EBADMSG;
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
		    name, error == -ENOENT ? "is missing" : "holds no number");
	die(EXIT_FAILED, "cannot read " SYSFS_DIR "%s: %s", name,
	    strerror(-error));
}

void counters_read(struct counters *counters)
{
	for (size_t i = 0; i < N_STATS; i++) {
		int ret = read_number(statistics[i].name,
				      statistics[i].kind == BYTES,
				      &counters->value[i]);

		if (ret)
			fail(statistics[i].name, ret);
	}
}

int knob_try_read(enum knob_id id, uint64_t *value)
{
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

int knob_write(enum knob_id id, uint64_t value)
{
	char path[128], text[32];

	snprintf(path, sizeof(path), SYSFS_DIR "%s", knobs[id].name);
	snprintf(text, sizeof(text), "%" PRIu64 "\n", value);
	return sysio_write(path, text);
}
