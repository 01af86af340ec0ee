// SPDX-License-Identifier: GPL-2.0
/*
 * Answers for what cannot be a file in a fake tree: inode numbers, statfs(2)
 * and ioctl(2).  They come from a text file, one answer a line; its format is
 * in tests/cli/README.md.
 *
 * Lines are kept sorted by kind, path and inode number, so that each answer
 * is one binary search.
 *
 * A daemon's workers ask, too: the answers are under a lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake.h"
#include "text.h"
#include "tool.h"

enum kind { INODE, SPACE, DENIED, REGION, SHARED, MOUNT, ATTRIBUTE };

struct answer {
	enum kind kind;
	char *path;
	char *name, *value;	/* of an attribute */
	struct sysio_space space;
	struct ksmfs_region_info info;
	struct ksmfs_mount_info mount;
	uint64_t *frames;	/* of shared slots */
	size_t n_frames;
};

#define MOST_IN_A_ROW	(1 << 20)	/* frames of shared slots */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct answer *answers;
static size_t count;

static int compare(const void *left, const void *right)
{
	const struct answer *a = left, *b = right;
	int order;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	order = strcmp(a->path, b->path);
	if (!order && a->kind == ATTRIBUTE)
		return strcmp(a->name, b->name);
	if (order || (a->kind != REGION && a->kind != SHARED))
		return order;
	return a->info.ino < b->info.ino ? -1 : a->info.ino > b->info.ino;
}

/* X(field): a number of a region that may follow the others as FIELD=N. */
#define LATER_NUMBERS(X)                                                      \
	X(packed) X(swapped) X(vain) X(fetched) X(stalls) X(limit) X(periods) \
	X(active) X(active_slow) X(active_fast) X(flags)

static bool set_later(struct ksmfs_region_info *info, const char *name,
		      uint64_t number)
{
	bool known = false;

#define X(field)                                                              \
	if (!strcmp(name, #field)) {                                          \
		info->field = number;                                         \
		known = true;                                                 \
	}
	LATER_NUMBERS(X)
#undef X
	return known;
}

/* NUMBER... FIELD=N...: false unless there are exactly @wanted numbers. */
static bool parse_numbers(char *words, uint64_t *numbers, size_t wanted,
			  struct ksmfs_region_info *later)
{
	char *word, *value, *rest;
	size_t used = 0;

	for (word = strtok_r(words, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest)) {
		uint64_t number;

		value = later && used == wanted ? strchr(word, '=') : NULL;
		if (value) {
			*value++ = '\0';
			if (!text_to_u64(value, &number) ||
			    !set_later(later, word, number))
				return false;
		} else if (used == wanted ||
			   !text_to_u64(word, &numbers[used++])) {
			return false;
		}
	}
	return used == wanted;
}

static bool parse_region(char *words, struct ksmfs_region_info *info)
{
	uint64_t n[12];

	if (!parse_numbers(words, n, 12, info))
		return false;
	info->ino = n[0];
	info->domain = n[1];
	info->pages = n[2];
	info->priv = n[3];
	info->shared = n[4];
	info->zero = n[5];
	info->holes = n[6];
	info->frames = n[7];
	info->merges = n[8];
	info->breaks = n[9];
	info->punched = n[10];
	info->nlink = n[11];
	return true;
}

/* INO FIRST-LAST...: frames of slots in a row */
static bool parse_shared(char *words, struct answer *answer)
{
	char *word, *rest;

	word = strtok_r(words, " ", &rest);
	if (!word || !text_to_u64(word, (uint64_t *)&answer->info.ino))
		return false;
	while ((word = strtok_r(NULL, " ", &rest))) {
		char *end = strchr(word, '-');
		uint64_t first, last;

		if (!end)
			return false;
		*end++ = '\0';
		if (!text_to_u64(word, &first) || !text_to_u64(end, &last) ||
		    first > last || last - first >= MOST_IN_A_ROW)
			return false;
		answer->frames = xrealloc(answer->frames, answer->n_frames +
					  last - first + 1, sizeof(uint64_t));
		while (first <= last)
			answer->frames[answer->n_frames++] = first++;
	}
	return true;
}

static bool parse_attribute(char *words, struct answer *answer)
{
	char *name = strtok_r(words, " ", &words);
	char *value = strtok_r(NULL, " ", &words);

	if (!value || strtok_r(NULL, " ", &words))
		return false;
	answer->name = xstrdup(name);
	answer->value = xstrdup(value);
	return true;
}

static bool parse(char *line, struct answer *answer)
{
	char *words, *kind = strtok_r(line, " ", &words);
	char *path = strtok_r(NULL, " ", &words);
	uint64_t n[9];

	if (!path)
		return false;
	if (!strcmp(kind, "inode") && parse_numbers(words, n, 1, NULL)) {
		answer->kind = INODE;
		answer->info.ino = n[0];
	} else if (!strcmp(kind, "space") &&
		   parse_numbers(words, n, 2, NULL)) {
		answer->kind = SPACE;
		answer->space = (struct sysio_space){ n[0], n[1] };
	} else if (!strcmp(kind, "denied") &&
		   parse_numbers(words, n, 0, NULL)) {
		answer->kind = DENIED;
	} else if (!strcmp(kind, "region") &&
		   parse_region(words, &answer->info)) {
		answer->kind = REGION;
	} else if (!strcmp(kind, "shared") && parse_shared(words, answer)) {
		answer->kind = SHARED;
	} else if (!strcmp(kind, "attribute") &&
		   parse_attribute(words, answer)) {
		answer->kind = ATTRIBUTE;
	} else if (!strcmp(kind, "mount") &&
		   parse_numbers(words, n, 9, NULL)) {
		answer->kind = MOUNT;
		answer->mount = (struct ksmfs_mount_info){
			.size = n[0], .used = n[1], .reserve = n[2],
			.debt = n[3], .packed = n[4], .swap_pages = n[5],
			.swap_used = n[6], .swap_bad = n[7], .stalled = n[8],
		};
	} else {
		return false;
	}
	answer->path = xstrdup(path);
	text_unescape(answer->path);
	return true;
}

static void answer_free(struct answer *answer)
{
	free(answer->path);
	free(answer->frames);
	free(answer->name);
	free(answer->value);
}

void fake_load(char *text)
{
	size_t room = 0;
	char *whole, *rest;

	pthread_mutex_lock(&lock);
	while (count)
		answer_free(&answers[--count]);
	free(answers);
	answers = NULL;
	for (char *line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		if (*line == '#')
			continue;
		if (count == room) {
			room = room ? room * 2 : 64;
			answers = xrealloc(answers, room, sizeof(*answers));
		}
		answers[count] = (struct answer){ 0 };
		whole = xstrdup(line);
		if (!parse(line, &answers[count]))
			die(EXIT_USAGE, "ksmfs-answers: not an answer: '%s'; "
			    "see tests/cli/README.md", whole);
		free(whole);
		count++;
	}
	if (count)
		qsort(answers, count, sizeof(*answers), compare);
	pthread_mutex_unlock(&lock);
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
	const struct answer *answer;
	uint64_t ino;

	pthread_mutex_lock(&lock);
	answer = find(INODE, path);
	ino = answer ? answer->info.ino : 0;
	pthread_mutex_unlock(&lock);
	return ino;
}

int fake_space(const char *mount, struct sysio_space *space)
{
	const struct answer *answer;

	pthread_mutex_lock(&lock);
	answer = find(SPACE, mount);
	if (answer)
		*space = answer->space;
	pthread_mutex_unlock(&lock);
	return answer ? 0 : -ESTALE;
}

int fake_mount_info(const char *mount, struct ksmfs_mount_info *info)
{
	const struct answer *answer;
	bool denied;

	pthread_mutex_lock(&lock);
	denied = find(DENIED, mount);
	answer = find(MOUNT, mount);
	if (answer)
		*info = answer->mount;
	pthread_mutex_unlock(&lock);
	if (denied)
		return -EPERM;
	return answer ? 0 : -ENOTTY;
}

static int find_next_region(const char *mount,
			    struct ksmfs_region_info *info)
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

int fake_next_region(const char *mount, struct ksmfs_region_info *info)
{
	int ret;

	pthread_mutex_lock(&lock);
	ret = find_next_region(mount, info);
	pthread_mutex_unlock(&lock);
	return ret;
}

static int find_shared(const char *mount, struct ksmfs_shared *shared)
{
	struct answer key = {
		.kind = SHARED, .path = (char *)mount, .info.ino = shared->ino,
	};
	const struct answer *answer = NULL;
	uint64_t *to = (uint64_t *)(uintptr_t)shared->frames;
	uint64_t room = shared->count;

	if (find(DENIED, mount))
		return -EPERM;
	if (count)
		answer = bsearch(&key, answers, count, sizeof(key), compare);
	shared->count = 0;
	while (answer && shared->next < answer->n_frames &&
	       shared->count < room)
		to[shared->count++] = answer->frames[shared->next++];
	if (!answer || shared->next == answer->n_frames)
		shared->next = KSMFS_SHARED_END;
	return 0;
}

int fake_shared(const char *mount, struct ksmfs_shared *shared)
{
	int ret;

	pthread_mutex_lock(&lock);
	ret = find_shared(mount, shared);
	pthread_mutex_unlock(&lock);
	return ret;
}

static const struct answer *find_attribute(const char *path, const char *name)
{
	const struct answer key = {
		.kind = ATTRIBUTE, .path = (char *)path, .name = (char *)name,
	};

	if (!count)
		return NULL;
	return bsearch(&key, answers, count, sizeof(key), compare);
}

int fake_attribute(const char *path, const char *name, char **value)
{
	const struct answer *answer;

	pthread_mutex_lock(&lock);
	answer = find_attribute(path, name);
	if (answer)
		*value = xstrdup(answer->value);
	pthread_mutex_unlock(&lock);
	return answer ? 0 : -ENODATA;
}

int fake_set_attribute(const char *root, const char *path, const char *name,
		       const char *value)
{
	bool denied, known;

	pthread_mutex_lock(&lock);
	denied = find(DENIED, path);
	known = find_attribute(path, name);
	pthread_mutex_unlock(&lock);
	if (denied)
		return -EPERM;
	if (!known)
		return -EINVAL;
	return fake_call(root, "attribute %s %s %s\n", path, name, value);
}

int fake_call(const char *root, const char *fmt, ...)
{
	char *path = xprintf("%s/ksmfs-calls", root);
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	int ret = fd < 0 ? -errno : 0;
	va_list args;

	free(path);
	if (ret)
		return ret;
	va_start(args, fmt);
	if (vdprintf(fd, fmt, args) < 0)
		ret = -errno;
	va_end(args);
	close(fd);
	return ret;
}
