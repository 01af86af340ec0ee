// SPDX-License-Identifier: GPL-2.0
/*
 * ksmfs top: what the VMs cost and what is saved, live.
 *
 * top/model.c has the numbers; top/live.c shows them on a terminal, and
 * top/print.c prints them where there is none.
 */
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "text.h"
#include "tool.h"
#include "top/live.h"
#include "top/model.h"
#include "top/print.h"

#define INTERVAL_LEAST 200
#define INTERVAL_MOST 3600000

struct options {
	bool batch;
	bool json;
	bool no_color;
	uint64_t count;		/* 0: without end */
	unsigned int interval;	/* in milliseconds */
	struct choice choice;
};

static enum column_id parse_sort(const char *key)
{
	enum column_id id = column_by_key(key);

	if (id < N_COLUMNS)
		return id;
	fprintf(stderr, "ksmfs top: there is no column '%s' to sort by; there "
		"are:", key);
	for (size_t i = 0; i < N_COLUMNS; i++)
		fprintf(stderr, " %s", columns[i].key);
	fputc('\n', stderr);
	exit(EXIT_USAGE);
}

static unsigned int parse_interval(const char *text)
{
	double millisecs;
	char *end;

	millisecs = 1000 * strtod(text, &end);
	if (!(millisecs >= INTERVAL_LEAST && millisecs <= INTERVAL_MOST) ||
	    end == text || *end)
		die(EXIT_USAGE, "-d takes %g to %d seconds, not '%s'",
		    INTERVAL_LEAST / 1000.0, INTERVAL_MOST / 1000, text);
	return lround(millisecs);
}

static uint64_t parse_count(const char *text)
{
	uint64_t count;

	if (!text_to_u64(text, &count) || !count)
		die(EXIT_USAGE, "-n takes a number from 1, not '%s'", text);
	return count;
}

static bool parse(int argc, char **argv, struct options *options)
{
	static const struct option words[] = {
		{ "batch", no_argument, NULL, 'b' },
		{ "json", no_argument, NULL, 'j' },
		{ "sort", required_argument, NULL, 's' },
		{ "reverse", no_argument, NULL, 'r' },
		{ "domain", required_argument, NULL, 'D' },
		{ "name", required_argument, NULL, 'N' },
		{ "no-color", no_argument, NULL, 'C' },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	while ((option = getopt_long(argc, argv, "n:d:", words, NULL)) != -1) {
		switch (option) {
		case 'b':
			options->batch = true;
			break;
		case 'j':
			options->json = true;
			break;
		case 'n':
			options->count = parse_count(optarg);
			break;
		case 'd':
			options->interval = parse_interval(optarg);
			break;
		case 's':
			options->choice.sort = parse_sort(optarg);
			break;
		case 'r':
			options->choice.reverse = true;
			break;
		case 'D':
			options->choice.domain = *optarg ? optarg : NULL;
			break;
		case 'N':
			options->choice.name = optarg;
			break;
		case 'C':
			options->no_color = true;
			break;
		default:
			return false;
		}
	}
	return optind == argc && !(options->batch && options->json);
}

static void rest(unsigned int millisecs)
{
	const struct timespec time = {
		millisecs / 1000, millisecs % 1000 * 1000000L
	};

	nanosleep(&time, NULL);
}

/* Rates need two readings, so the first is not printed. */
static void run_batch(const struct options *options)
{
	static struct model model;

	model_update(&model);
	for (uint64_t i = 0; !options->count || i < options->count; i++) {
		rest(options->interval);
		model_update(&model);
		if (options->json)
			print_json(&model, &options->choice);
		else
			print_text(&model, &options->choice, !i);
		if (fflush(stdout))
			break;		/* main() says what is wrong */
	}
	model_free(&model);
}

int cmd_top(int argc, char **argv)
{
	struct options options = {
		.interval = 2000, .choice.sort = COLUMN_private,
	};
	const char *no_color = getenv("NO_COLOR");

	if (!parse(argc, argv, &options))
		return usage_error("top");
	if (no_color && *no_color)
		options.no_color = true;
	if (!options.batch && !options.json && !options.count &&
	    !(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)))
		options.count = 1;
	if (options.batch || options.json || options.count)
		run_batch(&options);
	else
		live_run(&options.choice, options.interval, !options.no_color);
	return EXIT_OK;
}
