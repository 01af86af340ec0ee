// SPDX-License-Identifier: GPL-2.0
/*
 * The module's counters and knobs, by the names of include/uapi/ksmfs.h.
 */
#include "scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const knob_names[] = {
#define KSMFS_NAME(name, low, high, initial, help) #name,
	KSMFS_KNOBS(KSMFS_NAME)
#undef KSMFS_NAME
};

static void path_of(const char *name, char *path, size_t size)
{
	snprintf(path, size, SYSFS "/%s", name);
}

/* The one decimal number and newline that a file holds; false: no file. */
static bool number_read(const char *name, long long *value)
{
	char path[128], text[64], *end;
	ssize_t length;
	int fd;

	path_of(name, path, sizeof(path));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = SYS(read(fd, text, sizeof(text) - 1));
	close(fd);
	text[length] = '\0';
	*value = strtoll(text, &end, 10);
	if (end == text || *end != '\n' || end[1])
		FAIL("%s: expected a number and a newline, got \"%s\"", path,
		     text);
	return true;
}

static long long number(const char *name)
{
	long long value;

	if (!number_read(name, &value))
		FAIL("cannot read " SYSFS "/%s: %m", name);
	return value;
}

struct stats stats_read(void)
{
	struct stats stats;

#define KSMFS_READ(name, kind, help) stats.name = number(#name);
	KSMFS_STATS(KSMFS_READ)
#undef KSMFS_READ
	return stats;
}

bool stats_same_state(const struct stats *a, const struct stats *b)
{
	return a->pages_shared == b->pages_shared &&
	       a->pages_sharing == b->pages_sharing &&
	       a->pages_unshared == b->pages_unshared &&
	       a->pages_volatile == b->pages_volatile &&
	       a->ksm_zero_pages == b->ksm_zero_pages &&
	       a->frames == b->frames &&
	       a->merges == b->merges && a->zero_merges == b->zero_merges &&
	       a->breaks == b->breaks && a->zero_breaks == b->zero_breaks;
}

void stats_print(void)
{
	long long value;

#define KSMFS_PRINT(name, kind, help)					\
	if (number_read(#name, &value))					\
		fprintf(stderr, "  %-16s %lld\n", #name, value);
	KSMFS_STATS(KSMFS_PRINT)
#undef KSMFS_PRINT
}

const char *knob_name(enum knob knob)
{
	return knob_names[knob];
}

long long knob_get(enum knob knob)
{
	return number(knob_names[knob]);
}

static ssize_t file_write(const char *name, const void *bytes, size_t count)
{
	char path[128];
	ssize_t written;
	int fd, error;

	path_of(name, path, sizeof(path));
	fd = SYS(open(path, O_WRONLY | O_CLOEXEC));
	written = write(fd, bytes, count);
	error = errno;
	close(fd);
	errno = error;
	return written;
}

ssize_t knob_write(enum knob knob, const void *bytes, size_t count)
{
	return file_write(knob_names[knob], bytes, count);
}

void knob_set(enum knob knob, long long value)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "%lld\n", value);

	if (knob_write(knob, text, length) != length)
		FAIL("%s = %lld: %m", knob_names[knob], value);
}

static const struct {
	const char *name;
	const char *const *words;
} choices[] = {
#define KSMFS_WORD(id, word, help) word,
#define KSMFS_CHOICE(name, words, initial, help)			\
	{ #name, (const char *const[]){ words(KSMFS_WORD) NULL } },
	KSMFS_CHOICES(KSMFS_CHOICE)
#undef KSMFS_CHOICE
#undef KSMFS_WORD
};

const char *choice_name(enum choice choice)
{
	return choices[choice].name;
}

const char *const *choice_words(enum choice choice)
{
	return choices[choice].words;
}

/* What the file holds when this word is chosen. */
static void text_with(enum choice choice, int chosen, char *text, size_t size)
{
	size_t length = 0;

	for (int i = 0; choices[choice].words[i]; i++)
		length += snprintf(text + length, size - length,
				   i == chosen ? "%s[%s]" : "%s%s",
				   i ? " " : "", choices[choice].words[i]);
	snprintf(text + length, size - length, "\n");
}

int choice_get(enum choice choice)
{
	char path[128], text[256], want[256];
	ssize_t length;
	int fd;

	path_of(choices[choice].name, path, sizeof(path));
	fd = SYS(open(path, O_RDONLY | O_CLOEXEC));
	length = SYS(read(fd, text, sizeof(text) - 1));
	close(fd);
	text[length] = '\0';
	for (int i = 0; choices[choice].words[i]; i++) {
		text_with(choice, i, want, sizeof(want));
		if (!strcmp(text, want))
			return i;
	}
	FAIL("%s: expected its words, one in brackets, got \"%s\"", path, text);
}

ssize_t choice_write(enum choice choice, const void *bytes, size_t count)
{
	return file_write(choices[choice].name, bytes, count);
}

void choice_set(enum choice choice, int word)
{
	const char *text = choices[choice].words[word];

	if (choice_write(choice, text, strlen(text)) != (ssize_t)strlen(text))
		FAIL("%s = %s: %m", choices[choice].name, text);
}
