// SPDX-License-Identifier: GPL-2.0
#include <sanitizer/common_interface_defs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <shim/bug.h>

bool shim_die_quietly;

void shim_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	if (shim_die_quietly)
		_exit(SHIM_DIED);
	fflush(NULL);
	__sanitizer_print_stack_trace();
	abort();
}
