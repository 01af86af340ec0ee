/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the command can do and how it can end.  The verb table, the usage
 * text, the manual page and the shell completion are all made from these two
 * lists (and from those of the ABI header), so they cannot disagree.
 */
#ifndef _KSMFS_LISTS_H
#define _KSMFS_LISTS_H

/* X(verb, arguments, what it does) */
#define KSMFS_VERBS(X)                                                        \
	X(stat, "[--totals] [--json]",                                        \
	  "totals, domains and regions; the default")                         \
	X(vms, "[--json]",                                                    \
	  "what every VM has, wants and is to have")                          \
	X(top, "[--batch | --json] [-n COUNT] [-d SECONDS] [--sort COLUMN] "  \
	  "[--reverse] [--domain NAME] [--name TEXT] [--no-color]",           \
	  "what the VMs have and cost, and what is saved, live")              \
	X(matrix, "[--json | --svg]",                                         \
	  "who shares how much with whom")                                    \
	X(tune, "[--json | KNOB=VALUE...]",                                   \
	  "show the knobs, or set some: all of them or none")                 \
	X(domain, "[--json] [DIR [merge=MODE] [strict=on|off]]",              \
	  "show what may be merged in each domain, or set it for one")        \
	X(scan, "[--wait [--timeout SECONDS] [--json]]",                      \
	  "ask for a pass, or for passes until nothing changes")              \
	X(doctor, "[--pid PID] [--json]",                                     \
	  "is everything set up, and does every VM take part?")               \
	X(estimate, "[--pid PID]... [--sample[=N] | --memory SIZE] "          \
	  "[--threads N] [--json] [FILE...]",                                 \
	  "what merging would save, of VMs that run or of images of memory")  \
	X(fingerprint, "[--key FILE] [--threads N] [-o SKETCH] "              \
	  "(--pid PID | FILE)",                                               \
	  "a small sketch of what is in a VM's memory")                       \
	X(affinity, "[--json] SKETCH SKETCH...",                              \
	  "what VMs would share if they ran on one host")                     \
	X(help, "",                                                           \
	  "this text")                                                        \
	X(version, "",                                                        \
	  "the version of this command")

/* X(name, exit status, meaning) */
#define KSMFS_EXITS(X)                                                        \
	X(OK, 0, "done; for doctor: nothing is wrong")                        \
	X(FAILED, 1, "not done, or doctor found something wrong")             \
	X(USAGE, 2, "wrong command line; nothing was done")                   \
	X(NO_MODULE, 3, "module not loaded, or of another version")           \
	X(UNSETTLED, 4, "scan --wait: not settled when the time was up")

#endif /* _KSMFS_LISTS_H */
