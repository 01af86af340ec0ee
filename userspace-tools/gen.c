// SPDX-License-Identifier: GPL-2.0
/*
 * Runs while building: fills the lists of the command and of the ABI into the
 * templates of the manual pages and of the shells' completion.  It copies stdin
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
	printf(".TP\n.B ksmfs %s%s", verb, *args ? " " : "");
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

static void man_merge_modes(void)
{
#define X(id, word, help) printf(".TP\n.B merge=%s\n%s\n", word, help);
	KSMFS_MERGE_MODES(X)
#undef X
}

static void man_merge_words(void)
{
#define X(id, word, help) printf(".TP\n.B %s\n%s\n", word, help);
	KSMFS_MERGE_MODES(X)
#undef X
}

static void man_knob_ranges(void)
{
#define X(name, lowest, highest, standard, help)                              \
	printf(".TP\n.B %s\n%llu to %llu, at first %llu\n", #name,           \
	       lowest##ULL, highest##ULL, standard##ULL);
	KSMFS_KNOBS(X)
#undef X
#define WORD(id, word, help) "\"" word "\", "
#define X(name, words, standard, help)                                        \
	printf(".TP\n.B %s\n%sat first \"%s\"\n", #name, words(WORD),         \
	       #standard);
	KSMFS_CHOICES(X)
#undef X
#undef WORD
}

/* The next option of a verb, a word of @args with two dashes, or NULL. */
static const char *next_option(const char *args, int *length)
{
	const char *option = strstr(args, "--");

	if (option)
		*length = strspn(option, "-abcdefghijklmnopqrstuvwxyz");
	return option;
}

static void shell_verbs(void)
{
	printf("\tlocal verbs='");
#define X(verb, args, help) printf("%s ", #verb);
	KSMFS_VERBS(X)
#undef X
	puts("'");
}

static void shell_knobs(void)
{
	const char *choice;

	printf("\tlocal knobs='");
#define X(name, ...) printf("%s= ", #name);
	KSMFS_KNOBS(X)
#undef X
#define WORD(id, word, help) printf("%s=%s ", choice, word);
#define X(name, words, ...) choice = #name; words(WORD)
	KSMFS_CHOICES(X)
#undef X
#undef WORD
	puts("'");
}

static void shell_settings(void)
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

/* @quote: how the shell writes a quote within quotes */
static void print_quoted(const char *text, const char *quote)
{
	putchar('\'');
	for (; *text; text++) {
		if (*text == '\'')
			fputs(quote, stdout);
		else
			putchar(*text);
	}
	putchar('\'');
}

static void zsh_verb(const char *verb, const char *help)
{
	printf("\t\t%s:", verb);
	print_quoted(help, "'\\''");
	putchar('\n');
}

static void zsh_verbs(void)
{
#define X(verb, args, help) zsh_verb(#verb, help);
	KSMFS_VERBS(X)
#undef X
}

static void fish_verb(const char *verb, const char *help)
{
	printf("complete -c ksmfs -n __fish_use_subcommand -a %s -d ", verb);
	print_quoted(help, "\\'");
	putchar('\n');
}

static void fish_verbs(void)
{
#define X(verb, args, help) fish_verb(#verb, help);
	KSMFS_VERBS(X)
#undef X
}

/* @name@value may follow the verb. */
static void fish_word(const char *verb, const char *name, const char *value,
		      const char *help)
{
	printf("complete -c ksmfs -n '__fish_seen_subcommand_from %s' "
	       "-a '%s%s' -d ", verb, name, value);
	print_quoted(help, "\\'");
	putchar('\n');
}

static void fish_knobs(const char *verb)
{
	const char *choice;

#define X(name, lowest, highest, standard, help)                              \
	fish_word(verb, #name, "=", help);
	KSMFS_KNOBS(X)
#undef X
#define WORD(id, word, help) fish_word(verb, choice, word, help);
#define X(name, words, ...) choice = #name "="; words(WORD)
	KSMFS_CHOICES(X)
#undef X
#undef WORD
}

static void fish_settings(const char *verb)
{
#define X(id, word, help) fish_word(verb, "merge=", word, help);
	KSMFS_MERGE_MODES(X)
#undef X
	fish_word(verb, "strict=", "on", "no touch tells what is merged");
	fish_word(verb, "strict=", "off", "only merged pages cost a fault");
}

/* fish takes what is behind a '=' for a name, too. */
static void fish_directories(const char *verb)
{
	printf("complete -c ksmfs -n '__fish_seen_subcommand_from %s; "
	       "and not string match -q \"*=*\" -- (commandline -ct)' "
	       "-a '(__fish_complete_directories)'\n", verb);
}

static void fish_files(const char *verb)
{
	printf("complete -c ksmfs -n '__fish_seen_subcommand_from %s' -F\n",
	       verb);
}

/* What the placeholders in a verb's arguments stand for. */
static const struct {
	const char *placeholder;
	const char *kind;
	void (*fish)(const char *verb);
} kinds[] = {
	{ "KNOB=", "knobs", fish_knobs },
	{ "merge=", "settings", fish_settings },
	{ "DIR", "directories", fish_directories },
	{ "FILE", "files", fish_files },
};

#define N_KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void shell_words_of(const char *verb, const char *args)
{
	const char *option = args;
	int length = 0;

	printf("\t\t%s) flags='", verb);
	while ((option = next_option(option + length, &length)))
		printf("%.*s ", length, option);
	printf("' kinds='");
	for (size_t i = 0; i < N_KINDS; i++)
		if (strstr(args, kinds[i].placeholder))
			printf("%s ", kinds[i].kind);
	puts("' ;;");
}

static void shell_words(void)
{
#define X(verb, args, help) shell_words_of(#verb, args);
	KSMFS_VERBS(X)
#undef X
}

static void fish_words_of(const char *verb, const char *args)
{
	const char *option = args;
	int length = 0;

	while ((option = next_option(option + length, &length)))
		printf("complete -c ksmfs -n '__fish_seen_subcommand_from %s' "
		       "-l %.*s\n", verb, length - 2, option + 2);
	for (size_t i = 0; i < N_KINDS; i++)
		if (strstr(args, kinds[i].placeholder))
			kinds[i].fish(verb);
}

static void fish_words(void)
{
#define X(verb, args, help) fish_words_of(#verb, args);
	KSMFS_VERBS(X)
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
	{ "@MAN_MERGE_WORDS@\n", man_merge_words },
	{ "@MAN_KNOB_RANGES@\n", man_knob_ranges },
	{ "@SHELL_VERBS@\n", shell_verbs },
	{ "@SHELL_WORDS@\n", shell_words },
	{ "@SHELL_KNOBS@\n", shell_knobs },
	{ "@SHELL_SETTINGS@\n", shell_settings },
	{ "@ZSH_VERBS@\n", zsh_verbs },
	{ "@FISH_VERBS@\n", fish_verbs },
	{ "@FISH_WORDS@\n", fish_words },
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
