// SPDX-License-Identifier: GPL-2.0
#include "contents.h"

#include <err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static int compare(const void *a, const void *b)
{
	const struct content *x = a, *y = b;

	return XXH128_cmp(&x->hash, &y->hash);
}

static const uint8_t *map_file(const char *path, size_t *pages)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat stat;
	void *map;

	if (fd < 0 || fstat(fd, &stat))
		err(1, "cannot open %s", path);
	*pages = stat.st_size / PAGE;
	map = mmap(NULL, *pages * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		err(1, "cannot map %s", path);
	close(fd);
	return map;
}

/* Leave one of those that are equal; the list is sorted. */
static size_t unite(struct content *list, size_t count)
{
	size_t last = 0;

	for (size_t i = 1; i < count; i++)
		if (XXH128_isEqual(list[last].hash, list[i].hash))
			list[last].pages++;
		else
			list[++last] = list[i];
	return count ? last + 1 : 0;
}

struct contents contents_read(const char *path)
{
	struct contents contents = { 0 };
	const uint8_t *map = map_file(path, &contents.pages);
	size_t count = 0;

	contents.list = calloc(contents.pages, sizeof(*contents.list));
	if (!contents.list)
		err(1, "cannot list %zu pages", contents.pages);
	for (size_t i = 0; i < contents.pages; i++) {
		const uint8_t *page = map + i * PAGE;

		if (!is_zero(page, PAGE))
			contents.list[count++] = (struct content){
				.page = page,
				.hash = XXH3_128bits(page, PAGE),
				.pages = 1,
			};
	}
	contents.zero = contents.pages - count;
	qsort(contents.list, count, sizeof(*contents.list), compare);
	contents.count = unite(contents.list, count);
	return contents;
}

bool is_zero(const uint8_t *bytes, size_t count)
{
	static const uint8_t zeros[PAGE];

	return !memcmp(bytes, zeros, count);
}
