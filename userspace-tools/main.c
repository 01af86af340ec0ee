// SPDX-License-Identifier: GPL-2.0
/*
 * ksmfs: look at, tune and check a host whose guest RAM is on ksmfs.
 *
 * This file is the table of contents; each verb is in its cmd_VERB.c.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sysio.h"
#include "tool.h"

static const struct verb {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *args;
	const char *help;
} verbs[] = {
#define X(verb, args, help) { #verb, cmd_##verb, args, help },
	KSMFS_VERBS(X)
#undef X
};

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < N_VERBS; i++)
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

void usage_print(void)
{
	puts("usage: ksmfs [--root DIR] [VERB [ARGUMENT...]]\n\nverbs:");
	for (size_t i = 0; i < N_VERBS; i++)
		printf("  ksmfs %s%s%s\n          %s\n", verbs[i].name,
		       *verbs[i].args ? " " : "", verbs[i].args,
		       verbs[i].help);
	puts("\n--root DIR reads the files of /sys and /proc below DIR "
	     "instead: for tests.\n\nexit status:");
#define X(name, status, meaning) printf("  %d  %s\n", status, meaning);
	KSMFS_EXITS(X)
#undef X
}

int usage_error(const char *verb)
{
	const struct verb *v = verb_find(verb);

	fprintf(stderr, "usage: ksmfs %s%s%s\n", v->name, *v->args ? " " : "",
		v->args);
	return EXIT_USAGE;
}

/* A full disk or a closed pipe shows only when the last byte is out. */
static int finish(int status)
{
	int failed = ferror(stdout);

	errno = 0;
	if (fclose(stdout) || failed)
		die(EXIT_FAILED, "cannot write the output: %s",
		    errno ? strerror(errno) : "some of it is lost");
	return status;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "root", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	static char *default_verb[] = { "stat", NULL };
	static char name[32];
	const struct verb *verb;
	int option;

	argv[0] = "ksmfs";
	while ((option = getopt_long(argc, argv, "+hV", options, NULL)) != -1) {
		switch (option) {
		case 'r':
			sysio_set_root(optarg);
			break;
		case 'h':
			return finish(cmd_help(1, NULL));
		case 'V':
			return finish(cmd_version(1, NULL));
		default:
			fputs("see: ksmfs help\n", stderr);
			return EXIT_USAGE;
		}
	}
	argc -= optind;
	argv += optind;
	if (!argc) {
		argc = 1;
		argv = default_verb;
	}

	verb = verb_find(argv[0]);
	if (!verb) {
		fprintf(stderr, "ksmfs: there is no verb '%s'; "
			"see: ksmfs help\n", argv[0]);
		return EXIT_USAGE;
	}
	snprintf(name, sizeof(name), "ksmfs %s", verb->name);
	argv[0] = name;	/* for the messages of getopt */
	optind = 0;	/* the verb's own options start afresh */
	return finish(verb->run(argc, argv));
}
