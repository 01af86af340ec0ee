/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where in an ELF dump of a VM its memory is: what QEMU's dump-guest-memory and
 * virsh dump --memory-only make.
 */
#ifndef _KSMFS_ELF_DUMP_H
#define _KSMFS_ELF_DUMP_H

#include <stddef.h>
#include <stdint.h>

/* Pages that follow one another in a file. */
struct span {
	uint64_t offset;
	uint64_t pages;
};

/*
 * The pages of a dump of @size bytes, each once, by offset; to be freed.  NULL,
 * and what is wrong with it, if it is none.
 */
struct span *elf_dump_spans(int fd, uint64_t size, size_t *count,
			    const char **problem);

#endif /* _KSMFS_ELF_DUMP_H */
