/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Looks at all pages of some VMs, by as many threads as are wanted, and adds
 * them to a sample.  What comes out is the same however many they are.
 */
#ifndef _KSMFS_SCAN_H
#define _KSMFS_SCAN_H

#include <stddef.h>
#include <stdint.h>

#include "content.h"
#include "memory.h"
#include "sample.h"

/**
 * struct scan_count - what has been found in a VM, in pages
 * @holes: there is nothing, and they cost nothing: of a process
 * @zero: of zeros, or not stored in the file
 * @unread: could not be read, or are not mapped though there is something: they
 *	are swapped out, or it is the file's alone
 */
struct scan_count {
	uint64_t holes;
	uint64_t zero;
	uint64_t unread;
};

/* As many as there are processors for this process. */
size_t scan_default_threads(void);

/* The argument of --threads; ends the program if it is no such number. */
size_t scan_parse_threads(const char *text);

/*
 * Adds the pages of @memories to an open sample, with their places in the array
 * as owners, and fills in @counts.  Shows how far it is if stderr is a terminal.
 * Ends the program if a file cannot be read, or what is read ends meanwhile.
 */
void scan_run(const struct memory *memories, size_t count, size_t threads,
	      const struct content_key *key, struct sample *sample,
	      struct scan_count *counts);

#endif /* _KSMFS_SCAN_H */
