// SPDX-License-Identifier: GPL-2.0
/*
 * ksmfs scan: ask the scanner for passes.
 *
 * A page merges only after several visits have found it unchanged, so one
 * pass without a merge proves nothing: --wait goes on until there were at
 * least MIN_PASSES and the last QUIET_PASSES of them changed nothing.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "counters.h"
#include "json.h"
#include "sysio.h"
#include "text.h"
#include "tool.h"

#define MIN_PASSES	3
#define QUIET_PASSES	2
#define DEFAULT_TIMEOUT	60
#define MAX_TIMEOUT	1000000

struct scan {
	uint64_t timeout;
	double deadline;
	uint64_t passes;
	bool settled;
	struct counters before;
	struct counters now;
};

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static void ask_for_pass(void)
{
	int ret = knob_write(KNOB_scan, 1);

	if (ret == -EBUSY)
		die(EXIT_FAILED, "no pass while run is 2 (unmerged): "
		    "'ksmfs tune run=1' first");
	if (ret == -ENOENT)
		knob_read(KNOB_scan);	/* says what is missing */
	if (ret)
		die(EXIT_FAILED, "cannot ask for a pass: " SYSFS_DIR "scan: "
		    "%s%s", strerror(-ret), ret == -EPERM || ret == -EACCES ?
		    ": run ksmfs as root" : "");
}

/* Looks often at first, for small tests, and then ever more seldom. */
static bool wait_for_pass(const struct scan *scan)
{
	struct timespec pause = { .tv_nsec = 1000000 };

	while (knob_read(KNOB_scan)) {
		if (seconds() >= scan->deadline)
			return false;
		nanosleep(&pause, NULL);
		if (pause.tv_nsec < 128000000)
			pause.tv_nsec *= 2;
	}
	return true;
}

static bool same(const struct counters *a, const struct counters *b)
{
	static const enum stat_id ids[] = {
		STAT_merges, STAT_zero_merges, STAT_pages_sharing,
		STAT_ksm_zero_pages,
	};

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (a->value[ids[i]] != b->value[ids[i]])
			return false;
	return true;
}

static uint64_t gained(const struct scan *scan, enum stat_id id)
{
	return scan->now.value[id] - scan->before.value[id];
}

static struct text_size saved(const struct scan *scan)
{
	const uint64_t *value = scan->now.value;

	return text_size(((double)value[STAT_pages_sharing] +
			  value[STAT_ksm_zero_pages]) * sysconf(_SC_PAGESIZE));
}

/* Returns true when it settled, false when the time was up. */
static bool settle(struct scan *scan)
{
	bool talk = isatty(STDERR_FILENO);
	struct counters last;
	int quiet = 0;

	counters_read(&scan->before);
	scan->now = scan->before;
	scan->deadline = seconds() + scan->timeout;
	do {
		last = scan->now;
		ask_for_pass();
		if (!wait_for_pass(scan) || seconds() >= scan->deadline)
			break;
		counters_read(&scan->now);
		scan->passes++;
		quiet = same(&scan->now, &last) ? quiet + 1 : 0;
		if (talk)
			fprintf(stderr, "\rpass %" PRIu64 ": %" PRIu64
				" pages merged, %s saved   ", scan->passes,
				gained(scan, STAT_merges) +
				gained(scan, STAT_zero_merges),
				saved(scan).text);
	} while (scan->passes < MIN_PASSES || quiet < QUIET_PASSES);
	if (talk)
		fputc('\n', stderr);
	return scan->passes >= MIN_PASSES && quiet >= QUIET_PASSES;
}

static void print_json(const struct scan *scan)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, "settled",
			       json_object_new_boolean(scan->settled));
	json_add_number(object, "passes", scan->passes);
	json_add_number(object, "merges", gained(scan, STAT_merges));
	json_add_number(object, "zero_merges", gained(scan, STAT_zero_merges));
	json_add_number(object, "breaks", gained(scan, STAT_breaks));
	json_add_number(object, "zero_breaks", gained(scan, STAT_zero_breaks));
	json_add_number(object, "pages_shared",
			scan->now.value[STAT_pages_shared]);
	json_add_number(object, "pages_sharing",
			scan->now.value[STAT_pages_sharing]);
	json_add_number(object, "ksm_zero_pages",
			scan->now.value[STAT_ksm_zero_pages]);
	json_add_number(object, "frames", scan->now.value[STAT_frames]);
	json_print(object);
}

static void print(const struct scan *scan)
{
	printf("%s after %" PRIu64 " passes: %" PRIu64 " pages merged, %"
	       PRIu64 " zero pages freed; %s saved in total\n",
	       scan->settled ? "settled" : "not settled", scan->passes,
	       gained(scan, STAT_merges), gained(scan, STAT_zero_merges),
	       saved(scan).text);
}

int cmd_scan(int argc, char **argv)
{
	static const struct option options[] = {
		{ "wait", no_argument, NULL, 'w' },
		{ "timeout", required_argument, NULL, 't' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	struct scan scan = { .timeout = DEFAULT_TIMEOUT };
	bool wait = false, json = false, needs_wait = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'w':
			wait = true;
			break;
		case 't':
			if (!text_to_u64(optarg, &scan.timeout) ||
			    scan.timeout > MAX_TIMEOUT)
				die(EXIT_USAGE, "--timeout takes seconds, "
				    "at most %d, not '%s'", MAX_TIMEOUT,
				    optarg);
			needs_wait = true;
			break;
		case 'j':
			json = true;
			needs_wait = true;
			break;
		default:
			return usage_error("scan");
		}
	}
	if (optind < argc || (needs_wait && !wait))
		return usage_error("scan");
	if (!wait) {
		ask_for_pass();
		return EXIT_OK;
	}

	scan.settled = settle(&scan);
	if (json)
		print_json(&scan);
	else
		print(&scan);
	if (scan.settled)
		return EXIT_OK;
	fprintf(stderr, "ksmfs: not settled after %" PRIu64 " s: the guests "
		"are writing, or it takes longer; see --timeout\n",
		scan.timeout);
	return EXIT_UNSETTLED;
}
