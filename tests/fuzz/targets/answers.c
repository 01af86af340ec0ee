// SPDX-License-Identifier: GPL-2.0
/*
 * The answers of a fake tree: userspace-tools/fake.c.
 *
 * The input is the file ksmfs-answers.
 */
#include "../../../userspace-tools/fake.c"
#include "../lib/fuzz.h"

/* The lines that are answers; fake_load() ends the program at any other. */
static char *only_answers(const char *text)
{
	char *all = xstrdup(text), *good = xstrdup(""), *line, *rest;

	for (line = strtok_r(all, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		char *copy = xstrdup(line), *longer;
		struct answer answer = { 0 };

		if (*line != '#' && parse(copy, &answer)) {
			longer = xprintf("%s%s\n", good, line);
			free(good);
			good = longer;
			free(answer.path);
		}
		free(copy);
	}
	free(all);
	return good;
}

/* Each region is met, in the order of inode numbers. */
static void walk(const char *mount, size_t regions)
{
	struct ksmfs_region_info info = { 0 };
	uint64_t last = 0;
	size_t met = 0;

	while (!fake_next_region(mount, &info)) {
		EXPECT(info.ino > last);
		last = info.ino;
		EXPECT(++met <= regions);
	}
}

static void ask_all(void)
{
	size_t regions = 0;

	for (size_t i = 0; i < count; i++)
		regions += answers[i].kind == REGION;
	for (size_t i = 0; i < count; i++) {
		struct ksmfs_mount_info mount;
		struct sysio_space space;
		int ret = fake_mount_info(answers[i].path, &mount);

		EXPECT(find(answers[i].kind, answers[i].path) ||
		       answers[i].kind == REGION);
		EXPECT(!ret || ret == -EPERM || ret == -ENOTTY);
		ret = fake_space(answers[i].path, &space);
		EXPECT(!ret || ret == -ESTALE);
		fake_inode(answers[i].path);
		walk(answers[i].path, regions);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *good = only_answers(text);
	char nothing[] = "";

	fake_load(good);
	ask_all();
	fake_load(nothing);
	EXPECT(!count && !answers);
	free(good);
	free(text);
	return 0;
}
