// SPDX-License-Identifier: GPL-2.0
/*
 * Runs while building: fills the lists of the command and of the ABI into the
 * templates of the manual page and of the shell completion.  It copies stdin
 * to stdout; a line that consists of a @NAME@ below is replaced by its list,
 * and @VERSION@ is replaced anywhere.
 */
#include <stdio.h>
#include <string.h>

#include <uapi/ksmfs.h>

#include "lists.h"
#include "top/table.h"

/* A plain '-' would become a hyphen, which no shell understands. */
static void man_verb(const char *verb, const char *args, const char *help)
{
	printf(".TP\n.B ksmfs %s ", verb);
	for (; *args; args++)
		printf(*args == '-' ? "\\-" : "%c", *args);
	printf("\n%s\n", help);
}

static void man_verbs(void)
{
#define X(verb, args, help) man_verb(#verb, args, help);
	KSMFS_VERBS(X)
#undef X
}

static void man_exits(void)
{
#define X(name, status, meaning) printf(".TP\n.B %d\n%s\n", status, meaning);
	KSMFS_EXITS(X)
#undef X
}

static void man_knobs(void)
{
#define X(name, lowest, highest, standard, help)                              \
	printf(".TP\n.B %s\n%s\n(%llu to %llu, at first %llu)\n", #name, help,\
	       lowest##ULL, highest##ULL, standard##ULL);
	KSMFS_KNOBS(X)
#undef X
}

static void man_choices(void)
{
#define WORD(id, word, help) printf(".TP\n.B %s\n%s\n", word, help);
#define X(name, words, standard, help)                                        \
	printf(".TP\n.B %s\n%s\n(at first %s):\n.RS\n", #name, help,         \
	       #standard);                                                    \
	words(WORD)                                                           \
	puts(".RE");
	KSMFS_CHOICES(X)
#undef X
#undef WORD
}

static void man_statistics(void)
{
#define X(name, kind, help) printf(".TP\n.BR %s \" (%s)\"\n%s\n", #name,      \
				   #kind, help);
	KSMFS_STATS(X)
#undef X
}

/* The options are the words of @args that begin with two dashes. */
static void print_options(const char *args)
{
	while ((args = strstr(args, "--"))) {
		int length = strspn(args, "-abcdefghijklmnopqrstuvwxyz");

		printf("%.*s ", length, args);
		args += length;
	}
}

static void completion_verbs(void)
{
	printf("\tlocal verbs='");
#define X(verb, args, help) printf("%s ", #verb);
	KSMFS_VERBS(X)
#undef X
	puts("'");
}

static void completion_words(void)
{
#define X(verb, args, help)                                                   \
	printf("\t%s) words='", #verb);                                       \
	print_options(args);                                                  \
	puts("' ;;");
	KSMFS_VERBS(X)
#undef X
}

static void completion_knobs(void)
{
	printf("\tlocal knobs='");
#define X(name, ...) printf("%s= ", #name);
	KSMFS_KNOBS(X)
	KSMFS_CHOICES(X)
#undef X
	puts("'");
}

static void man_merge_modes(void)
{
#define X(id, word, help) printf(".TP\n.B merge=%s\n%s\n", word, help);
	KSMFS_MERGE_MODES(X)
#undef X
}

static void completion_settings(void)
{
	printf("\tlocal settings='");
#define X(id, word, help) printf("merge=%s ", word);
	KSMFS_MERGE_MODES(X)
#undef X
	puts("strict=on strict=off'");
}

static void man_top_columns(void)
{
#define X(key, heading, kind, rank, letter, help)                             \
	printf(".TP\n.BR %s \" (%s)\"\n%s\n", #key, heading, help);
	KSMFS_TOP_COLUMNS(X)
#undef X
}

static const struct {
	const char *line;
	void (*print)(void);
} lists[] = {
	{ "@MAN_VERBS@\n", man_verbs },
	{ "@MAN_EXITS@\n", man_exits },
	{ "@MAN_KNOBS@\n", man_knobs },
	{ "@MAN_CHOICES@\n", man_choices },
	{ "@MAN_STATISTICS@\n", man_statistics },
	{ "@MAN_MERGE_MODES@\n", man_merge_modes },
	{ "@MAN_TOP_COLUMNS@\n", man_top_columns },
	{ "@COMPLETION_SETTINGS@\n", completion_settings },
	{ "@COMPLETION_VERBS@\n", completion_verbs },
	{ "@COMPLETION_WORDS@\n", completion_words },
	{ "@COMPLETION_KNOBS@\n", completion_knobs },
};

int main(void)
{
	static const char version[] = "@VERSION@";
	char line[1024];

	while (fgets(line, sizeof(line), stdin)) {
		char *at = strstr(line, version);
		size_t i = 0;

		while (i < sizeof(lists) / sizeof(lists[0]) &&
		       strcmp(line, lists[i].line))
			i++;
		if (i < sizeof(lists) / sizeof(lists[0])) {
			lists[i].print();
		} else if (at) {
			printf("%.*s%s%s", (int)(at - line), line,
			       KSMFS_VERSION, at + strlen(version));
		} else {
			fputs(line, stdout);
		}
	}
	return ferror(stdin) || fflush(stdout);
}
