/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The memory of a VM: of a process that runs, or in a file.
 *
 * To open one fails by ending the program, with a message that says what to do.
 */
#ifndef _KSMFS_MEMORY_H
#define _KSMFS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elf_dump.h"

/**
 * struct shown - what a part of a process's memory shows
 * @is_file: a file that knows what it stores, or is not to be asked
 * @fd: that file; -1 if it could not be opened
 * @offset: where in it the part begins
 */
struct shown {
	bool is_file;
	int fd;
	uint64_t offset;
};

/**
 * struct memory - of a VM
 * @name: of the file, as it is; or of the process
 * @title: the same, fit for a terminal
 * @pid: of the process, or 0
 * @fd: a file of memory
 * @pagemap: for a process, which pages are there
 * @spans: the pages in the file; the last one may end beyond it, in zeros
 * @shown: for a process, what each span shows
 * @count: of spans
 * @pages: in all spans
 * @size: bytes of the file; of a process, all there can be
 */
struct memory {
	char *name;
	char *title;
	int pid;
	int fd;
	int pagemap;
	struct span *spans;
	struct shown *shown;
	size_t count;
	uint64_t pages;
	uint64_t size;
};

/* The most pages that are read at once. */
#define MEMORY_PIECE 256

/* Of a page that has been read: its content, nothing, or not to be had. */
enum page_state { PAGE_READ, PAGE_HOLE, PAGE_UNREAD };

struct memory memory_open_file(const char *path);
struct memory memory_open_process(int pid);

/* Those of all VMs on this host; to be freed.  There may be none. */
struct memory *memory_open_vms(size_t *count);

void memory_close(struct memory *memory);

/*
 * Finds what of a file is stored at all: sets @from and @to to the next bytes at
 * or after @offset that are, or both to UINT64_MAX.
 */
void memory_next_data(const struct memory *memory, uint64_t offset,
		      uint64_t *from, uint64_t *to);

/*
 * Reads up to MEMORY_PIECE pages of one span, and says what has become of each;
 * any thread may.  0 or a negative errno, -ENODATA if the file has become shorter.
 */
int memory_read(const struct memory *memory, uint64_t offset, size_t pages,
		void *to, enum page_state *states);

/*
 * Was all of it there until now?  What vanishes reads as nothing stored, or as
 * not readable.  -ENODATA if the file has become shorter, -ESRCH if the process
 * has ended, or 0.
 */
int memory_check(const struct memory *memory);

#endif /* _KSMFS_MEMORY_H */
