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
		}
		answer_free(&answer);
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

/* All of a region's shared slots, some at a time. */
static void read_shared(const struct answer *answer)
{
	enum { ROOM = 16 };
	uint64_t frames[ROOM];
	struct ksmfs_shared shared = {
		.ino = answer->info.ino, .frames = (uintptr_t)frames,
	};
	int ret;

	do {
		uint64_t from = shared.next;

		shared.count = ROOM;
		ret = fake_shared(answer->path, &shared);
		EXPECT(!ret || ret == -EPERM);
		EXPECT(ret || shared.count <= ROOM);
		EXPECT(ret || shared.next > from);
	} while (!ret && shared.next != KSMFS_SHARED_END);
}

/* Whoever asks for it as tools do is told it. */
static void ask_for(const struct answer *answer)
{
	char *value;

	switch (answer->kind) {
	case REGION:
		break;		/* walk() does */
	case SHARED:
		read_shared(answer);
		break;
	case ATTRIBUTE:
		EXPECT(!fake_attribute(answer->path, answer->name, &value));
		free(value);
		break;
	default:
		EXPECT(find(answer->kind, answer->path));
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

		ask_for(&answers[i]);
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
