// SPDX-License-Identifier: GPL-2.0
/*
 * Answers for what cannot be a file in a fake tree: inode numbers, statfs(2)
 * and ioctl(2).  They come from a text file, one answer a line; its format is
 * in tests/cli/README.md.
 *
 * Lines are kept sorted by kind, path and inode number, so that each answer
 * is one binary search.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "text.h"
#include "tool.h"

enum kind { INODE, SPACE, DENIED, REGION };

struct answer {
	enum kind kind;
	char *path;
	struct sysio_space space;
	struct ksmfs_region_info info;
};

static struct answer *answers;
static size_t count;

static int compare(const void *left, const void *right)
{
	const struct answer *a = left, *b = right;
	int order;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	order = strcmp(a->path, b->path);
	if (order || a->kind != REGION)
		return order;
	return a->info.ino < b->info.ino ? -1 : a->info.ino > b->info.ino;
}

static bool parse(char *line, struct answer *answer)
{
	struct ksmfs_region_info *i = &answer->info;
	unsigned long long n[12];
	char kind[8], path[4096];
	int got;

	got = sscanf(line, "%7s %4095s %llu %llu %llu %llu %llu %llu %llu %llu "
		     "%llu %llu %llu %llu", kind, path, &n[0], &n[1], &n[2],
		     &n[3], &n[4], &n[5], &n[6], &n[7], &n[8], &n[9], &n[10],
		     &n[11]);
	if (got == 3 && !strcmp(kind, "inode")) {
		answer->kind = INODE;
		i->ino = n[0];
	} else if (got == 4 && !strcmp(kind, "space")) {
		answer->kind = SPACE;
		answer->space = (struct sysio_space){ n[0], n[1] };
	} else if (got == 2 && !strcmp(kind, "denied")) {
		answer->kind = DENIED;
	} else if (got == 14 && !strcmp(kind, "region")) {
		answer->kind = REGION;
		*i = (struct ksmfs_region_info){
			.ino = n[0], .domain = n[1], .pages = n[2],
			.priv = n[3], .shared = n[4], .zero = n[5],
			.holes = n[6], .frames = n[7], .merges = n[8],
			.breaks = n[9], .punched = n[10], .nlink = n[11],
		};
	} else {
		return false;
	}
	text_unescape(path);
	answer->path = xstrdup(path);
	return true;
}

void fake_load(char *text)
{
	size_t room = 0;

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (*line == '#')
			continue;
		if (count == room) {
			room = room ? room * 2 : 64;
			answers = xrealloc(answers, room, sizeof(*answers));
		}
		answers[count] = (struct answer){ 0 };
		if (!parse(line, &answers[count]))
			die(EXIT_USAGE, "ksmfs-answers: not an answer: '%s'; "
			    "see tests/cli/README.md", line);
		count++;
	}
	if (count)
		qsort(answers, count, sizeof(*answers), compare);
}

static const struct answer *find(enum kind kind, const char *path)
{
	struct answer key = { .kind = kind, .path = (char *)path };

	if (!count)
		return NULL;
	return bsearch(&key, answers, count, sizeof(key), compare);
}

uint64_t fake_inode(const char *path)
{
	const struct answer *answer = find(INODE, path);

	return answer ? answer->info.ino : 0;
}

int fake_space(const char *mount, struct sysio_space *space)
{
	const struct answer *answer = find(SPACE, mount);

	if (!answer)
		return -ESTALE;
	*space = answer->space;
	return 0;
}

int fake_next_region(const char *mount, struct ksmfs_region_info *info)
{
	const struct answer key = {
		.kind = REGION, .path = (char *)mount, .info.ino = info->ino,
	};
	size_t low = 0, high = count;

	if (find(DENIED, mount))
		return -EPERM;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&answers[middle], &key) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == count || answers[low].kind != REGION ||
	    strcmp(answers[low].path, mount))
		return -ENOENT;
	*info = answers[low].info;
	return 0;
}
