// SPDX-License-Identifier: GPL-2.0
/*
 * ksmfs estimate: what merging would save.
 */
#include <getopt.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <uapi/ksmfs.h>

#include "json.h"
#include "text.h"
#include "tool.h"
#include "estimate/saving.h"
#include "estimate/scan.h"

#define MEMORY (1ULL << 30)	/* bytes for the sample, if not told */
#define LEAST_MEMORY (1ULL << 20)
#define SAMPLE (1ULL << 16)	/* entries, if they are not to be many */
#define LEAST_SAMPLE (1ULL << 10)
#define TRIES (1ULL << 14)	/* contents of which it is known if they pack */

struct wanted {
	size_t entries;
	size_t threads;
	bool json;
};

struct estimate {
	struct memory *memories;
	struct scan_count *counts;
	struct vm_saving *vms;
	size_t count;
	uint64_t holes;
	struct saving all;
};

/* What each merge mode saves. */
static const struct mode {
	const char *word;
	const char *help;
	enum { SAVES_SHARE, SAVES_SELF, SAVES_ZERO, SAVES_OFF } what;
} modes[] = {
#define SAVES_share SAVES_SHARE
#define SAVES_self SAVES_SELF
#define SAVES_zero SAVES_ZERO
#define SAVES_off SAVES_OFF
#define X(id, word, help) { word, help, SAVES_##id },
	KSMFS_MERGE_MODES(X)
#undef X
};

#define N_MODES (sizeof(modes) / sizeof(modes[0]))

static struct amount saved_by(const struct mode *mode,
			      const struct saving *saving)
{
	struct amount amount = { 0 };

	if (mode->what == SAVES_SHARE)
		amount = saving->merged;
	else if (mode->what == SAVES_SELF)
		amount = saving->inside;
	if (mode->what != SAVES_OFF)
		amount.pages += saving->zero;
	return amount;
}

static void look_at_all(struct estimate *estimate, const struct wanted *wanted)
{
	const struct content_key key = { 0 };
	size_t count = estimate->count;
	struct sample sample;

	estimate->counts = xrealloc(NULL, count, sizeof(*estimate->counts));
	estimate->vms = xrealloc(NULL, count, sizeof(*estimate->vms));
	sample_open(&sample, wanted->entries, TRIES, UINT64_MAX);
	scan_run(estimate->memories, count, wanted->threads, &key, &sample,
		 estimate->counts);
	sample_close(&sample);
	for (size_t i = 0; i < count; i++) {
		const struct scan_count *found = &estimate->counts[i];

		estimate->vms[i] = (struct vm_saving){
			.pages = estimate->memories[i].pages - found->holes,
			.zero = found->zero,
			.unread = found->unread,
		};
		estimate->holes += found->holes;
	}
	estimate->all = saving_of(&sample, estimate->vms, count);
	sample_free(&sample);
}

static double percent(double pages, double of)
{
	return of > 0 ? pages * 100 / of : 0;
}

static struct text_size size_of(double pages)
{
	return text_size(round(pages) * CONTENT_PAGE);
}

static int widest(const struct estimate *estimate)
{
	int width = strlen("all");

	for (size_t i = 0; i < estimate->count; i++)
		if ((int)text_width(estimate->memories[i].title) > width)
			width = text_width(estimate->memories[i].title);
	return width;
}

/* The error of what is saved, if there may be one, is in points. */
static void print_row(int width, const char *title, uint64_t holes,
		      const struct vm_saving *vm, bool sampled)
{
	double saved = vm->zero + vm->merged.pages;

	printf("%-*s %7s %7s %7s %7s %7s %7s %6.1f%%",
	       text_field(title, width), title,
	       size_of(vm->pages + holes).text, size_of(holes).text,
	       size_of(vm->zero).text, size_of(vm->inside.pages).text,
	       size_of(vm->between.pages).text,
	       size_of(vm->pages - saved).text, percent(saved, vm->pages));
	if (sampled)
		printf(" %6.1f", percent(vm->merged.error, vm->pages));
	putchar('\n');
}

static void print_table(const struct estimate *estimate)
{
	const struct saving *all = &estimate->all;
	const struct vm_saving sum = {
		.pages = all->pages,
		.zero = all->zero,
		.inside = all->inside,
		.between = all->between,
		.merged = all->merged,
	};
	bool sampled = all->chance < 1;
	int width = widest(estimate);

	printf("%-*s %7s %7s %7s %7s %7s %7s %7s%s\n", width, "VM", "SIZE",
	       "HOLES", "ZERO", "INSIDE", "BETWEEN", "LEFT", "SAVED",
	       sampled ? "    +/-" : "");
	for (size_t i = 0; i < estimate->count; i++)
		print_row(width, estimate->memories[i].title,
			  estimate->counts[i].holes, &estimate->vms[i],
			  sampled);
	if (estimate->count > 1)
		print_row(width, "all", estimate->holes, &sum, sampled);
}

/* "1.5G (30.2%)", and the error if there is one. */
static void print_amount(struct amount amount, double of)
{
	printf("%s (%.1f%%)", size_of(amount.pages).text,
	       percent(amount.pages, of));
	if (amount.error > 0)
		printf(" +/- %s (%.1f)", size_of(amount.error).text,
		       percent(amount.error, of));
}

static void print_summary(const struct estimate *estimate)
{
	const struct saving *all = &estimate->all;

	printf("\nof %s, merging saves\n", size_of(all->pages).text);
	for (size_t i = 0; i < N_MODES; i++) {
		printf("  merge=%-6s ", modes[i].word);
		print_amount(saved_by(&modes[i], all), all->pages);
		printf(": %s\n", modes[i].help);
	}
	printf("pages that merge with nothing: ");
	print_amount(all->unique, all->pages);
	printf("\nof these, packing halves:      ");
	print_amount(all->packable, all->unique.pages);
	putchar('\n');
	if (all->unread)
		printf("swapped out or not readable:   %s\n",
		       size_of(all->unread).text);
	if (all->chance < 1)
		printf("estimated from %zu contents, one of %.0f: the truth "
		       "is within +/- 95 times of 100\n", all->contents,
		       1 / all->chance);
}

static void add_amount(struct json_object *object, const char *key,
		       struct amount amount)
{
	char *error = xprintf("%s_error", key);

	json_add_number(object, key, round(amount.pages));
	json_add_number(object, error, ceil(amount.error));
	free(error);
}

static struct json_object *json_of(const char *name, int pid, uint64_t holes,
				   const struct vm_saving *vm)
{
	struct json_object *object = json_object_new_object();

	if (name)
		json_add_name(object, "name", name);
	if (pid)
		json_add_number(object, "pid", pid);
	json_add_number(object, "pages", vm->pages + holes);
	json_add_number(object, "holes", holes);
	json_add_number(object, "unread", vm->unread);
	json_add_number(object, "zero", vm->zero);
	add_amount(object, "inside", vm->inside);
	add_amount(object, "between", vm->between);
	return object;
}

static struct json_object *json_of_all(const struct estimate *estimate)
{
	const struct saving *all = &estimate->all;
	const struct vm_saving sum = {
		.pages = all->pages,
		.zero = all->zero,
		.unread = all->unread,
		.inside = all->inside,
		.between = all->between,
	};
	struct json_object *object = json_of(NULL, 0, estimate->holes, &sum);

	add_amount(object, "unique", all->unique);
	add_amount(object, "packable", all->packable);
	return object;
}

static void print_json(const struct estimate *estimate)
{
	struct json_object *object = json_object_new_object();
	struct json_object *vms = json_object_new_array();
	struct json_object *saved = json_object_new_object();
	struct json_object *sampled;

	json_add_number(object, "page_size", CONTENT_PAGE);
	sampled = json_object_new_boolean(estimate->all.chance < 1);
	json_object_object_add(object, "sampled", sampled);
	json_add_number(object, "contents", estimate->all.contents);
	json_add_number(object, "one_of", round(1 / estimate->all.chance));
	for (size_t i = 0; i < estimate->count; i++) {
		struct json_object *vm = json_of(estimate->memories[i].name,
						 estimate->memories[i].pid,
						 estimate->counts[i].holes,
						 &estimate->vms[i]);

		json_object_array_add(vms, vm);
	}
	json_object_object_add(object, "vms", vms);
	json_object_object_add(object, "all", json_of_all(estimate));
	for (size_t i = 0; i < N_MODES; i++)
		add_amount(saved, modes[i].word,
			   saved_by(&modes[i], &estimate->all));
	json_object_object_add(object, "saved", saved);
	json_print(object);
}

static void add_memory(struct estimate *estimate, struct memory memory)
{
	estimate->memories = xrealloc(estimate->memories, estimate->count + 1,
				      sizeof(*estimate->memories));
	estimate->memories[estimate->count++] = memory;
}

static size_t parse_memory(const char *text)
{
	uint64_t bytes;

	if (!text_to_bytes(text, &bytes) || bytes < LEAST_MEMORY)
		die(EXIT_USAGE, "--memory takes a size of at least 1M, not "
		    "'%s'", text);
	return sample_most(bytes);
}

static size_t parse_sample(const char *text)
{
	uint64_t entries = SAMPLE;

	if (text && (!text_to_u64(text, &entries) || entries < LEAST_SAMPLE ||
		     entries > UINT32_MAX))
		die(EXIT_USAGE, "--sample takes a number of entries, at "
		    "least %llu, not '%s'", LEAST_SAMPLE, text);
	return entries;
}

/* Returns the first argument that is no option, or -1. */
static int parse(int argc, char **argv, struct wanted *wanted,
		 struct estimate *estimate)
{
	static const struct option options[] = {
		{ "pid", required_argument, NULL, 'p' },
		{ "sample", optional_argument, NULL, 's' },
		{ "memory", required_argument, NULL, 'm' },
		{ "threads", required_argument, NULL, 't' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	int option, entries = 0;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'p':
			add_memory(estimate,
				   memory_open_process(parse_pid(optarg)));
			break;
		case 's':
			wanted->entries = parse_sample(optarg);
			entries++;
			break;
		case 'm':
			wanted->entries = parse_memory(optarg);
			entries++;
			break;
		case 't':
			wanted->threads = scan_parse_threads(optarg);
			break;
		case 'j':
			wanted->json = true;
			break;
		default:
			return -1;
		}
	}
	return entries > 1 ? -1 : optind;
}

int cmd_estimate(int argc, char **argv)
{
	struct wanted wanted = {
		.entries = sample_most(MEMORY),
		.threads = scan_default_threads(),
	};
	struct estimate estimate = { 0 };
	int first = parse(argc, argv, &wanted, &estimate);

	if (first < 0)
		return usage_error("estimate");
	for (int i = first; i < argc; i++)
		add_memory(&estimate, memory_open_file(argv[i]));
	if (!estimate.count)
		estimate.memories = memory_open_vms(&estimate.count);
	if (!estimate.count)
		die(EXIT_FAILED, "no VM is running: name a file with the "
		    "memory of one, or a process with --pid");

	look_at_all(&estimate, &wanted);
	if (wanted.json) {
		print_json(&estimate);
	} else {
		print_table(&estimate);
		print_summary(&estimate);
	}
	for (size_t i = 0; i < estimate.count; i++)
		memory_close(&estimate.memories[i]);
	free(estimate.memories);
	free(estimate.counts);
	free(estimate.vms);
	return EXIT_OK;
}
