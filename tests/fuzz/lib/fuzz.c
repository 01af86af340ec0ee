// SPDX-License-Identifier: GPL-2.0
/*
 * Inputs, and what takes the place of the log and of the kernel's files.
 */
#include <errno.h>
#include <stdarg.h>
#include <sys/mman.h>

#include "../../../userspace-tools/daemon/log.h"
#include "../../../userspace-tools/sysio.h"
#include "../../../userspace-tools/tool.h"
#include "fuzz.h"

unsigned long fuzz_logged;
const char *fuzz_kernel_text;
char fuzz_kernel_written[64];

char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = xrealloc(NULL, size + 1, 1);

	memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

FILE *fuzz_file(const uint8_t *data, size_t size)
{
	FILE *file = fdopen(memfd_create("input", MFD_CLOEXEC), "w+");

	EXPECT(file && fwrite(data, 1, size, file) == size);
	rewind(file);
	return file;
}

/* The message is made, as the arguments may be what is wrong. */
void log_say(int priority, const char *fmt, ...)
{
	va_list args;
	char *line;

	(void)priority;
	va_start(args, fmt);
	if (vasprintf(&line, fmt, args) < 0)
		die(EXIT_FAILED, "out of memory");
	va_end(args);
	EXPECT(*line);
	free(line);
	fuzz_logged++;
}

int sysio_read(const char *path, char **text, size_t *length)
{
	(void)path;
	if (!fuzz_kernel_text)
		return -ENOENT;
	*text = xstrdup(fuzz_kernel_text);
	*length = strlen(*text);
	return 0;
}

bool sysio_holds(int pid, const char *target)
{
	(void)pid;
	(void)target;
	return false;
}

int sysio_write(const char *path, const char *text)
{
	(void)path;
	EXPECT(strlen(text) < sizeof(fuzz_kernel_written));
	strcpy(fuzz_kernel_written, text);
	return 0;
}
