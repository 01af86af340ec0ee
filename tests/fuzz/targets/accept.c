// SPDX-License-Identifier: GPL-2.0
/*
 * What a client of metrics accepts: userspace-tools/daemon/accept.c.
 *
 * The input is the header.
 */
#include "../../../userspace-tools/daemon/accept.c"
#include "../lib/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *more;
	bool open = accepts_open_metrics(text);

	EXPECT(!open || strcasestr(text, "application/openmetrics-text"));
	/* The best of it cannot be outdone by what is liked as much. */
	more = xprintf("%s,application/openmetrics-text", text);
	EXPECT(accepts_open_metrics(more));
	free(more);
	/* Nor is what is not liked at all. */
	more = xprintf("%s,text/plain;q=0", text);
	EXPECT(accepts_open_metrics(more) == open);
	free(more);
	free(text);
	return 0;
}
