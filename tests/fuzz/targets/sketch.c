// SPDX-License-Identifier: GPL-2.0
/*
 * The sketch of a VM: userspace-tools/estimate/sketch.c.
 *
 * The input is one, but for its checksum, which no mutation would get right.
 */
#include "../../../userspace-tools/estimate/sketch.c"
#include "../lib/fuzz.h"

/* What is accepted can be, and is the same again when it has been written. */
static void check(const struct sketch *sketch, const unsigned char *bytes,
		  size_t length)
{
	unsigned char *again;
	size_t length_again;

	EXPECT(sketch->count <= SKETCH_MOST);
	EXPECT(sketch->zero <= sketch->pages);
	EXPECT(sketch->count <= sketch->pages - sketch->zero);
	for (size_t i = 0; i < sketch->count; i++) {
		EXPECT(sketch->values[i] <= sketch->last);
		EXPECT(!i || sketch->values[i] > sketch->values[i - 1]);
	}
	again = sketch_encode(sketch, &length_again);
	EXPECT(length_again == length && !memcmp(again, bytes, length));
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *bytes = xrealloc(NULL, size + 8, 1);
	struct sketch sketch;
	const char *problem;

	memcpy(bytes, data, size);
	put64(bytes + size, XXH64(bytes, size, 0));

	problem = sketch_decode(bytes, size + 8, &sketch);
	EXPECT(problem ? !sketch.values && *problem : !!sketch.values);
	if (!problem)
		check(&sketch, bytes, size + 8);
	sketch_free(&sketch);

	free(bytes);
	return 0;
}
