// SPDX-License-Identifier: GPL-2.0
/*
 * Where in an ELF dump of a VM its memory is.
 *
 * Each PT_LOAD segment is a piece of guest-physical memory.  Its place in the
 * file need not be that of a page.  With "paging" the segments are those of the
 * guest's page tables, and the same place in the file is in many of them: so
 * they are sorted, and what has been seen is left out.  A segment that has no
 * bytes in the file is a device's.
 *
 * Nothing in the file is trusted.  An offset never points beyond its end, and
 * memory is taken for no more headers than are there.
 */
#include <elf.h>
#include <endian.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "content.h"
#include "elf_dump.h"
#include "../tool.h"

#if BYTE_ORDER == LITTLE_ENDIAN
#define HOST_ORDER ELFDATA2LSB
#else
#define HOST_ORDER ELFDATA2MSB
#endif

/* What is needed of the headers of both classes. */
struct headers {
	uint64_t at;
	uint64_t entry;
	uint64_t count;
	bool is_64;
};

struct segment {
	uint32_t type;
	uint64_t offset;
	uint64_t address;
	uint64_t bytes;
};

/* A file of which nothing beyond its end is read. */
struct file {
	int fd;
	uint64_t size;
};

static bool fits(const struct file *file, uint64_t offset, uint64_t bytes)
{
	return offset <= file->size && bytes <= file->size - offset;
}

static bool read_at(const struct file *file, uint64_t offset, void *to,
		    size_t bytes)
{
	return fits(file, offset, bytes) &&
	       pread(file->fd, to, bytes, offset) == (ssize_t)bytes;
}

/* Where there are too many headers for e_phnum, their number is elsewhere. */
static bool read_large_count(const struct file *file, uint64_t at,
			     struct headers *headers)
{
	Elf64_Shdr large;
	Elf32_Shdr small;

	if (headers->is_64) {
		if (!read_at(file, at, &large, sizeof(large)))
			return false;
		headers->count = large.sh_info;
	} else {
		if (!read_at(file, at, &small, sizeof(small)))
			return false;
		headers->count = small.sh_info;
	}
	return true;
}

static const char *read_headers(const struct file *file,
				struct headers *headers)
{
	unsigned char ident[EI_NIDENT];
	uint64_t sections, least;
	Elf64_Ehdr large;
	Elf32_Ehdr small;
	unsigned int type;

	if (!read_at(file, 0, ident, sizeof(ident)))
		return "it ends within its first header";
	if (ident[EI_DATA] != HOST_ORDER)
		return "it is of a machine with another byte order";
	headers->is_64 = ident[EI_CLASS] == ELFCLASS64;
	if (headers->is_64) {
		if (!read_at(file, 0, &large, sizeof(large)))
			return "it ends within its first header";
		type = large.e_type;
		sections = large.e_shoff;
		least = sizeof(Elf64_Phdr);
		headers->at = large.e_phoff;
		headers->entry = large.e_phentsize;
		headers->count = large.e_phnum;
	} else {
		if (!read_at(file, 0, &small, sizeof(small)))
			return "it ends within its first header";
		type = small.e_type;
		sections = small.e_shoff;
		least = sizeof(Elf32_Phdr);
		headers->at = small.e_phoff;
		headers->entry = small.e_phentsize;
		headers->count = small.e_phnum;
	}
	if (type != ET_CORE)
		return "it is a program, not a dump of memory";
	if (headers->count == PN_XNUM &&
	    !read_large_count(file, sections, headers))
		return "its section header is not in the file";
	if (headers->entry < least)
		return "its program headers are too small";
	if (!fits(file, headers->at, headers->count * headers->entry))
		return "it ends within its program headers";
	return NULL;
}

static bool read_segment(const struct file *file,
			 const struct headers *headers, uint64_t index,
			 struct segment *segment)
{
	uint64_t at = headers->at + index * headers->entry;
	Elf64_Phdr large;
	Elf32_Phdr small;

	if (headers->is_64) {
		if (!read_at(file, at, &large, sizeof(large)))
			return false;
		*segment = (struct segment){ large.p_type, large.p_offset,
					     large.p_paddr, large.p_filesz };
	} else {
		if (!read_at(file, at, &small, sizeof(small)))
			return false;
		*segment = (struct segment){ small.p_type, small.p_offset,
					     small.p_paddr, small.p_filesz };
	}
	return true;
}

/* The whole pages of a segment. */
static struct span pages_of(const struct segment *segment)
{
	uint64_t skip = -segment->address % CONTENT_PAGE;

	if (segment->bytes < skip)
		return (struct span){ segment->offset, 0 };
	return (struct span){
		.offset = segment->offset + skip,
		.pages = (segment->bytes - skip) / CONTENT_PAGE,
	};
}

static int compare(const void *left, const void *right)
{
	const struct span *a = left, *b = right;

	return a->offset < b->offset ? -1 : a->offset > b->offset;
}

/* Leaves every byte of the file in one span at most; returns how many. */
static size_t untangle(struct span *spans, size_t count)
{
	uint64_t seen = 0, skip;
	size_t kept = 0;

	if (count)
		qsort(spans, count, sizeof(*spans), compare);
	for (size_t i = 0; i < count; i++) {
		struct span span = spans[i];

		if (span.offset < seen) {
			skip = (seen - span.offset + CONTENT_PAGE - 1) /
			       CONTENT_PAGE;
			if (skip >= span.pages)
				continue;
			span.offset += skip * CONTENT_PAGE;
			span.pages -= skip;
		}
		seen = span.offset + span.pages * CONTENT_PAGE;
		spans[kept++] = span;
	}
	return kept;
}

struct span *elf_dump_spans(int fd, uint64_t size, size_t *count,
			    const char **problem)
{
	const struct file file = { fd, size };
	struct span *spans = NULL;
	struct headers headers;
	struct segment segment;

	*count = 0;
	*problem = read_headers(&file, &headers);
	if (*problem)
		return NULL;
	spans = xrealloc(NULL, headers.count + 1, sizeof(*spans));
	for (uint64_t i = 0; i < headers.count; i++) {
		if (!read_segment(&file, &headers, i, &segment)) {
			*problem = "it cannot be read";
			break;
		}
		if (segment.type != PT_LOAD || !segment.bytes)
			continue;
		if (!fits(&file, segment.offset, segment.bytes)) {
			*problem = "it is cut short: make it anew, on a disk "
				"with more room";
			break;
		}
		spans[*count] = pages_of(&segment);
		*count += spans[*count].pages > 0;
	}
	if (!*problem && !*count)
		*problem = "there is no memory in it";
	if (*problem) {
		free(spans);
		*count = 0;
		return NULL;
	}
	*count = untangle(spans, *count);
	return spans;
}
