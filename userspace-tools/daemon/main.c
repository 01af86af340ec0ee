// SPDX-License-Identifier: GPL-2.0
/*
 * ksmfsd: gives the memory of a host to its VMs.
 *
 * This file is the command line; daemon.c is the daemon.
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "../sysio.h"
#include "config.h"
#include "daemon.h"
#include "libvirt.h"
#include "log.h"
#include "simulate.h"

enum { EXIT_DONE, EXIT_NOT_DONE, EXIT_WRONG_USE };

static const char usage[] =
	"usage: ksmfsd [OPTION...]\n"
	"\n"
	"  -c, --config FILE   read FILE instead of " CONFIG_DEFAULT_FILE "\n"
	"      --check         print the configuration as it is understood\n"
	"      --dry-run       change nothing, print what would be done\n"
	"      --simulate FILE run the policy over a trace, print how VMs fared\n"
	"      --json          print that as JSON\n"
	"      --root DIR      look for /sys and /proc below DIR: for tests\n"
	"  -h, --help          this text\n"
	"  -V, --version       the version of this command\n"
	"\n"
	"exit status: 0 it was told to end; 1 it could not begin; 2 wrong\n"
	"command line.  SIGHUP has it read its configuration again.\n";

/* Each worker may wait for a VM: they must not wait for each other. */
static void want_workers(void)
{
	setenv("UV_THREADPOOL_SIZE", "32", 0);
}

static int check(const char *path)
{
	struct config *config = config_load(path);

	if (!config)
		return EXIT_NOT_DONE;
	config_print(config, stdout);
	config_free(config);
	return fflush(stdout) ? EXIT_NOT_DONE : EXIT_DONE;
}

static int run(const char *path, bool dry_run)
{
	struct config *config = config_load(path);

	if (!config)
		return EXIT_NOT_DONE;
	want_workers();
	return daemon_run(config, path, dry_run) ? EXIT_NOT_DONE : EXIT_DONE;
}

static int run_trace(const char *trace, const char *path, bool json)
{
	struct config *config = config_load(path);
	int ret;

	if (!config)
		return EXIT_NOT_DONE;
	ret = simulate(trace, &config->policy, config->csv, json);
	config_free(config);
	return ret ? EXIT_NOT_DONE : EXIT_DONE;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, 'k' },
		{ "dry-run", no_argument, NULL, 'n' },
		{ "simulate", required_argument, NULL, 's' },
		{ "json", no_argument, NULL, 'j' },
		{ "root", required_argument, NULL, 'r' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{ NULL, 0, NULL, 0 },
	};
	bool only_check = false, dry_run = false, json = false;
	const char *path = NULL, *trace = NULL;
	int option;

	log_start();
	while ((option = getopt_long(argc, argv, "c:hV", options,
				     NULL)) != -1) {
		switch (option) {
		case 'c':
			path = optarg;
			break;
		case 'k':
			only_check = true;
			break;
		case 'n':
			dry_run = true;
			break;
		case 's':
			trace = optarg;
			break;
		case 'j':
			json = true;
			break;
		case 'r':
			sysio_set_root(optarg);
			break;
		case 'h':
			fputs(usage, stdout);
			return EXIT_DONE;
		case 'V':
			printf("ksmfsd " KSMFS_VERSION "%s\n",
			       libvirt_is_built ? ", with libvirt" : "");
			return EXIT_DONE;
		default:
			fputs("see: ksmfsd --help\n", stderr);
			return EXIT_WRONG_USE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "ksmfsd: what is '%s'? see: ksmfsd --help\n",
			argv[optind]);
		return EXIT_WRONG_USE;
	}
	if (only_check)
		return check(path);
	return trace ? run_trace(trace, path, json) : run(path, dry_run);
}
