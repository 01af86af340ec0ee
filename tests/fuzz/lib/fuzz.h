/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a fuzz target is written with.
 *
 * A target is one file targets/NAME.c that includes the source it tests, so
 * that it sees what is static there.  The rest of the tools is linked to it,
 * but for what this directory has in its place: the log, the files of the
 * kernel, and libuv.
 */
#ifndef _FUZZ_FUZZ_H
#define _FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One input.  libFuzzer calls it over and over; it returns 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What has to be true of the code, whatever the input is. */
#define EXPECT(cond)                                                          \
	do {                                                                  \
		if (!(cond)) {                                                \
			fprintf(stderr, "%s:%d: expected: %s\n", __FILE__,    \
				__LINE__, #cond);                             \
			abort();                                              \
		}                                                             \
	} while (0)

/*
 * The input with a zero at its end, in a piece of memory of just that size, so
 * that who reads on is caught; to be freed.
 */
char *fuzz_text(const uint8_t *data, size_t size);

/* The same as a file, at its beginning; to be closed. */
FILE *fuzz_file(const uint8_t *data, size_t size);

/* Lines that have been logged since the program began. */
extern unsigned long fuzz_logged;

/* What any file of the kernel holds, until it is set anew; or NULL: ENOENT. */
extern const char *fuzz_kernel_text;
/* What was written to such a file last; empty: nothing. */
extern char fuzz_kernel_written[64];

#endif /* _FUZZ_FUZZ_H */
