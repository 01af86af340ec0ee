// SPDX-License-Identifier: GPL-2.0
/*
 * The file in which the daemon notes how the scanner's knobs were:
 * userspace-tools/daemon/scanner.c.
 *
 * The input is the file.
 */
#include "../../../userspace-tools/daemon/scanner.c"
#include "../lib/fuzz.h"

/* What is accepted names each knob, and is what is saved, and read again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *file = fuzz_file(data, size);
	uint64_t read[N_CHANGED];

	memset(before, 0xff, sizeof(before));
	if (load(file)) {
		for (size_t i = 0; i < N_CHANGED; i++) {
			const struct knob *knob = &knobs[changed[i]];

			EXPECT(memmem(data, size, knob->name,
				      strlen(knob->name)));
			EXPECT(before[i] >= knob->lowest &&
			       before[i] <= knob->highest);
		}
		memcpy(read, before, sizeof(read));
		fclose(file);
		file = fuzz_file(NULL, 0);
		print(file);
		rewind(file);
		memset(before, 0xff, sizeof(before));
		EXPECT(load(file));
		EXPECT(!memcmp(read, before, sizeof(read)));
	}
	fclose(file);
	return 0;
}
