// SPDX-License-Identifier: GPL-2.0
/*
 * The headers of a dump of memory: userspace-tools/estimate/elf_dump.c.
 *
 * The input is the first 2 KiB of one of 64 KiB; the rest is zeros.
 */
#include "../../../userspace-tools/estimate/elf_dump.c"
#include "../lib/fuzz.h"

#define SIZE (64 << 10)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *file = fuzz_file(data, size);
	const char *problem;
	struct span *spans;
	uint64_t end = 0;
	size_t count;

	EXPECT(!ftruncate(fileno(file), SIZE));
	spans = elf_dump_spans(fileno(file), SIZE, &count, &problem);
	EXPECT(!spans == !!problem);
	EXPECT(!spans == !count);
	/* All of it is in the file, and nothing is there twice. */
	for (size_t i = 0; spans && i < count; i++) {
		EXPECT(spans[i].pages && spans[i].offset >= end);
		EXPECT(spans[i].offset <= SIZE);
		EXPECT(spans[i].pages <=
		       (SIZE - spans[i].offset) / CONTENT_PAGE);
		end = spans[i].offset + spans[i].pages * CONTENT_PAGE;
	}
	free(spans);
	fclose(file);
	return 0;
}
