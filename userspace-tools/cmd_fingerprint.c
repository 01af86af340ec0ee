// SPDX-License-Identifier: GPL-2.0
/*
 * ksmfs fingerprint: a small sketch of what is in a VM's memory.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "text.h"
#include "tool.h"
#include "estimate/scan.h"
#include "estimate/sketch.h"

/* Entries while looking: with a few more, halving leaves enough for a sketch. */
#define ENTRIES (SKETCH_MOST * 4)

static struct sketch make_sketch(const struct memory *memory, size_t threads,
				 const struct content_key *key)
{
	struct scan_count count;
	struct sample sample;
	struct sketch sketch;

	sample_open(&sample, ENTRIES, 0, UINT64_MAX);
	scan_run(memory, 1, threads, key, &sample, &count);
	if (count.unread)
		fprintf(stderr, "ksmfs: %s: %llu pages are swapped out or "
			"cannot be read, and are left out\n", memory->title,
			(unsigned long long)count.unread);
	sample_close(&sample);
	sample_cut(&sample, SKETCH_MOST);
	sketch = sketch_of(&sample, content_key_id(key),
			   memory->pages - count.holes - count.unread,
			   count.zero);
	sample_free(&sample);
	return sketch;
}

static void write_sketch(const struct sketch *sketch, const char *path)
{
	FILE *file = path ? fopen(path, "we") : stdout;
	char *title = path ? text_for_terminal(path) : xstrdup("the output");
	unsigned char *bytes;
	size_t length;

	if (!file)
		die(EXIT_FAILED, "%s: %s", title, strerror(errno));
	bytes = sketch_encode(sketch, &length);
	if (fwrite(bytes, 1, length, file) != length ||
	    (path && fclose(file)))
		die(EXIT_FAILED, "cannot write %s: %s", title,
		    strerror(errno));
	free(title);
	free(bytes);
}

int cmd_fingerprint(int argc, char **argv)
{
	static const struct option options[] = {
		{ "pid", required_argument, NULL, 'p' },
		{ "key", required_argument, NULL, 'k' },
		{ "threads", required_argument, NULL, 't' },
		{ NULL, 0, NULL, 0 },
	};
	struct content_key key = { 0 };
	size_t threads = scan_default_threads();
	const char *path = NULL;
	struct memory memory;
	struct sketch sketch;
	int option, pid = 0;

	while ((option = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		switch (option) {
		case 'p':
			pid = parse_pid(optarg);
			break;
		case 'k':
			key = content_read_key(optarg);
			break;
		case 't':
			threads = scan_parse_threads(optarg);
			break;
		case 'o':
			path = optarg;
			break;
		default:
			return usage_error("fingerprint");
		}
	}
	if (argc - optind != !pid)
		return usage_error("fingerprint");
	if (!path && isatty(STDOUT_FILENO))
		die(EXIT_USAGE, "a sketch is not for a terminal: use -o FILE");

	memory = pid ? memory_open_process(pid) :
		memory_open_file(argv[optind]);
	sketch = make_sketch(&memory, threads, &key);
	memory_close(&memory);
	write_sketch(&sketch, path);
	sketch_free(&sketch);
	return EXIT_OK;
}
