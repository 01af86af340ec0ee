// SPDX-License-Identifier: GPL-2.0
/*
 * /proc/PID/mountinfo, maps and comm: userspace-tools/maps.c.
 *
 * The input is the text of any of them.
 */
#include "../../../userspace-tools/maps.c"
#include "../lib/fuzz.h"

static void read_mounts(size_t lines)
{
	struct mountinfo *mounts;
	size_t count;

	EXPECT(!mountinfo_read(0, &mounts, &count));
	EXPECT(count <= lines);
	for (size_t i = 0; i < count; i++) {
		EXPECT(*mounts[i].path && *mounts[i].root);
		EXPECT(!strchr(mounts[i].type, ' '));
	}
	mountinfo_free(mounts, count);
}

static void read_maps(size_t lines)
{
	struct mapping *maps;
	size_t count;

	EXPECT(!maps_read(1, &maps, &count));
	EXPECT(count <= lines);
	for (size_t i = 0; i < count; i++) {
		EXPECT(strlen(maps[i].perms) == 4);
		EXPECT(maps[i].bytes);
		EXPECT(maps[i].path);
	}
	maps_free(maps, count);
}

/* A name is all but the line break that the kernel adds: it may have others. */
static void read_name(const char *text)
{
	char *name = process_name(1);
	size_t length = strlen(name);

	EXPECT(!strncmp(name, text, length));
	EXPECT(!text[length] || !strcmp(text + length, "\n"));
	free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	size_t lines = count_lines(text) + 1;

	fuzz_kernel_text = text;
	read_mounts(lines);
	read_maps(lines);
	read_name(text);
	fuzz_kernel_text = NULL;
	free(text);
	return 0;
}
