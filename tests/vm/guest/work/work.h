/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the programs of "work" have in common: memory, content, progress.
 */
#ifndef _WORK_H
#define _WORK_H

#include "../../lib/scenario.h"

/* Each returns the exit status; its arguments are numbers. */
int work_touch(const size_t *args);
int work_verify(const size_t *args);
int work_rewrite(const size_t *args);
int work_churn(const size_t *args);

/**
 * struct memory - pages that a program has taken, one after the other
 * @base: the first
 * @pages: how many it has
 * @wanted: how many it is to have
 */
struct memory {
	uint8_t *base;
	size_t pages;
	size_t wanted;
};

static inline uint8_t *memory_page(const struct memory *memory, size_t page)
{
	return memory->base + page * PAGE;
}

/* Address space for so many pages; none of them is taken yet. */
struct memory memory_reserve(size_t mib);

/*
 * Whether there is one more page to be taken that the guest can do without.
 * Who takes more than that is killed, in place of waiting until the host gives
 * the guest more.
 */
bool memory_can_grow(const struct memory *memory);

/* One line of "key=value" words, of which the last one is what "status" says. */
void report(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Whether the last one is a second old. */
bool report_due(void);

/*
 * The page number @page of owner @owner when it is written for the @version-th
 * time.  It is equal to no other page, and if @packs it shrinks to less than
 * half.  @owner is below 32768, @version below 256.
 */
void content(size_t owner, size_t version, size_t page, bool packs, void *to);
/* Is every byte of it there? */
bool content_is(size_t owner, size_t version, size_t page, bool packs,
		const void *got);

#endif /* _WORK_H */
