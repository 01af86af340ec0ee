// SPDX-License-Identifier: GPL-2.0
/*
 * ksmfs domain: show what may be merged in the domains, or set it for one.
 *
 * All settings are checked before the first is written.  The kernel changes a
 * domain at once and then undoes what it allowed before; when that fails the new
 * value holds all the same, so it is not set back but has to be set again.
 */
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "regions.h"
#include "sysio.h"
#include "text.h"
#include "tool.h"

/* The values of an attribute, as they are written here and in the kernel. */
static const struct word {
	const char *here;
	const char *kernel;
} merge_words[] = {
#define X(id, word, help) { word, word },
	KSMFS_MERGE_MODES(X)
#undef X
	{ NULL, NULL }
}, strict_words[] = {
	{ "off", "0" },
	{ "on", "1" },
	{ NULL, NULL }
};

static const struct attribute {
	const char *name;
	const char *xattr;
	const struct word *words;
} attributes[] = {
	{ "merge", KSMFS_XATTR_MERGE, merge_words },
	{ "strict", KSMFS_XATTR_STRICT, strict_words },
};

#define N_ATTRIBUTES (sizeof(attributes) / sizeof(attributes[0]))

/* What the kernel says, in our words; its own if it knows others. */
static const char *word_here(const struct word *words, const char *kernel)
{
	for (; words->here; words++)
		if (!strcmp(words->kernel, kernel))
			return words->here;
	return kernel;
}

/* ---- showing ---- */

struct domain_line {
	char *path;
	char *values[N_ATTRIBUTES];	/* as the kernel has them */
};

struct lines {
	struct domain_line *line;
	size_t count;
	size_t room;
};

static void free_line(struct domain_line *line)
{
	free(line->path);
	for (size_t i = 0; i < N_ATTRIBUTES; i++)
		free(line->values[i]);
}

/* 0, -ENODATA if it is no domain's directory, or a negative errno. */
static int add_line(struct lines *lines, const char *path)
{
	struct domain_line line = { xstrdup(path), { NULL } };
	int ret = 0;

	for (size_t i = 0; i < N_ATTRIBUTES && !ret; i++)
		ret = sysio_attribute(path, attributes[i].xattr,
				      &line.values[i]);
	if (ret) {
		free_line(&line);
		return ret;
	}
	if (lines->count == lines->room) {
		lines->room = lines->room ? lines->room * 2 : 16;
		lines->line = xrealloc(lines->line, lines->room,
				       sizeof(line));
	}
	lines->line[lines->count++] = line;
	return 0;
}

static const char *value_of(const struct domain_line *line, size_t i)
{
	return word_here(attributes[i].words, line->values[i]);
}

static void print(const struct lines *lines)
{
	if (lines->count)
		printf("%-7s %-7s %s\n", "MERGE", "STRICT", "DOMAIN");
	for (size_t n = 0; n < lines->count; n++) {
		char *title = text_for_terminal(lines->line[n].path);

		for (size_t i = 0; i < N_ATTRIBUTES; i++)
			printf("%-7s ", value_of(&lines->line[n], i));
		puts(title);
		free(title);
	}
}

static void print_json(const struct lines *lines)
{
	struct json_object *object = json_object_new_object();
	struct json_object *array = json_object_new_array();

	for (size_t n = 0; n < lines->count; n++) {
		struct json_object *domain = json_object_new_object();

		json_add_name(domain, "directory", lines->line[n].path);
		for (size_t i = 0; i < N_ATTRIBUTES; i++)
			json_add_name(domain, attributes[i].name,
				      value_of(&lines->line[n], i));
		json_object_array_add(array, domain);
	}
	json_object_object_add(object, "domains", array);
	json_print(object);
}

struct mount_walk {
	const struct mount *mount;
	struct lines *lines;
	bool found;
	int error;
};

static void visit(void *context, const char *path, int depth, bool is_dir,
		  uint64_t ino)
{
	struct mount_walk *walk = context;
	char *whole;
	int ret;

	(void)ino;
	if (!is_dir || depth > 1 || walk->error)
		return;
	whole = xprintf("%s%s%s", walk->mount->path, *path ? "/" : "", path);
	ret = add_line(walk->lines, whole);
	free(whole);
	if (!ret)
		walk->found = true;
	else if (ret != -ENODATA && ret != -ENOENT)
		walk->error = ret;
}

static void add_mount(struct lines *lines, const struct mount *mount)
{
	struct mount_walk walk = { .mount = mount, .lines = lines };
	struct sysio_space space;
	int ret = sysio_space(&mount->at, &space);

	if (!ret)
		ret = sysio_walk(mount->path, visit, &walk);
	if (!ret)
		ret = walk.error;
	/* Who is not root is told that there are no attributes. */
	if (!ret && !walk.found)
		ret = -EPERM;
	if (ret)
		die(EXIT_FAILED, "cannot show the domains of %s: %s: %s",
		    mount->path, mount_error(ret), mount_advice(ret));
}

static void add_all(struct lines *lines)
{
	struct mount *mounts;
	size_t count;
	int ret = mounts_find(&mounts, &count);

	if (ret)
		die(EXIT_FAILED, "cannot find the mounts: /proc/self/mountinfo:"
		    " %s", strerror(-ret));
	for (size_t i = 0; i < count; i++)
		add_mount(lines, &mounts[i]);
	mounts_free(mounts, count);
}

static const char *advice(int error)
{
	switch (error) {
	case -EPERM:
	case -EACCES:
		return "run ksmfs as root";
	case -ENODATA:
	case -EOPNOTSUPP:
	case -EINVAL:
		return "a domain is the root of a ksmfs mount or a directory "
		       "directly below it; and only root may see it";
	case -ENOSPC:
	case -ENOMEM:
		return "it holds from now on, but some of what was merged "
		       "before still is: free memory, or enlarge the mount, "
		       "and set it again";
	case -EINTR:
		return "it holds from now on, but some of what was merged "
		       "before still is: set it again";
	default:
		return "the kernel log may say more";
	}
}

static void show(const char *dir, bool json)
{
	struct lines lines = { NULL, 0, 0 };
	int ret;

	if (dir) {
		ret = add_line(&lines, dir);
		if (ret)
			die(EXIT_FAILED, "cannot show the domain of %s: %s: %s",
			    dir, strerror(-ret), advice(ret));
	} else {
		add_all(&lines);
	}
	if (json)
		print_json(&lines);
	else
		print(&lines);
	while (lines.count)
		free_line(&lines.line[--lines.count]);
	free(lines.line);
}

/* ---- setting ---- */

struct setting {
	const struct attribute *attribute;
	const struct word *word;
};

/* As "this|that"; to be freed. */
static char *list_words(const struct word *words)
{
	char *text = xstrdup(words->here), *longer;

	while ((++words)->here) {
		longer = xprintf("%s|%s", text, words->here);
		free(text);
		text = longer;
	}
	return text;
}

static struct setting parse(const char *text)
{
	const char *equals = strchr(text, '=');
	size_t length = equals ? (size_t)(equals - text) : strlen(text);
	struct setting setting = { NULL, NULL };

	for (size_t i = 0; i < N_ATTRIBUTES; i++)
		if (strlen(attributes[i].name) == length &&
		    !memcmp(attributes[i].name, text, length))
			setting.attribute = &attributes[i];
	if (!setting.attribute)
		die(EXIT_USAGE, "a domain has no '%.*s', only merge and strict;"
		    " nothing was set", (int)length, text);
	setting.word = setting.attribute->words;
	while (setting.word->here &&
	       strcmp(setting.word->here, equals ? equals + 1 : ""))
		setting.word++;
	if (!setting.word->here)
		die(EXIT_USAGE, "%s takes %s, not '%s'; nothing was set",
		    setting.attribute->name,
		    list_words(setting.attribute->words),
		    equals ? equals + 1 : "");
	return setting;
}

static void set(const char *dir, const struct setting *settings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int ret = sysio_set_attribute(dir, settings[i].attribute->xattr,
					      settings[i].word->kernel);

		if (ret)
			die(EXIT_FAILED, "cannot set %s=%s of %s: %s: %s",
			    settings[i].attribute->name,
			    settings[i].word->here, dir, strerror(-ret),
			    advice(ret));
	}
}

static void parse_and_set(const char *dir, char **texts, size_t count)
{
	struct setting *settings = xrealloc(NULL, count, sizeof(*settings));

	for (size_t i = 0; i < count; i++)
		settings[i] = parse(texts[i]);
	set(dir, settings, count);
	free(settings);
}

int cmd_domain(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	bool json = false;
	int option, rest;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'j')
			return usage_error("domain");
		json = true;
	}
	rest = argc - optind;
	if (json && rest > 1)
		return usage_error("domain");
	if (rest > 1)
		parse_and_set(argv[optind], argv + optind + 1, rest - 1);
	else
		show(rest ? argv[optind] : NULL, json);
	return EXIT_OK;
}
