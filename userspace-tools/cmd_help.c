// SPDX-License-Identifier: GPL-2.0
/*
 * ksmfs help: the verb table, printed.
 */
#include "tool.h"

int cmd_help(int argc, char **argv __attribute__((unused)))
{
	if (argc > 1)
		return usage_error("help");
	usage_print();
	return EXIT_OK;
}
