// SPDX-License-Identifier: GPL-2.0
/*
 * ksmfs version: which command is this?
 */
#include <stdio.h>

#include "tool.h"

int cmd_version(int argc, char **argv __attribute__((unused)))
{
	if (argc > 1)
		return usage_error("version");
	puts("ksmfs " KSMFS_VERSION);
	return EXIT_OK;
}
