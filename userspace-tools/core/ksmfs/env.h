/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What hash/ takes from the kernel, for the command.
 *
 * Comes before include/ in the search path and has the name and the guard of
 * the kernel's list, so it takes its place: the command tells pages apart by
 * the very code of the module.  A page is its bytes here.  The shims of the
 * tests are no good for that: they are made to catch mistakes, and do not let
 * a program have more than a few thousand pages.
 */
#ifndef _KSMFS_ENV_H
#define _KSMFS_ENV_H

#define XXH_INLINE_ALL

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <xxhash.h>

typedef uint64_t u64;

#define PAGE_SIZE 4096UL

#define BIT(nr) (1UL << (nr))
#define BUILD_BUG_ON(condition) _Static_assert(!(condition), #condition)
#define __no_kcsan
#define data_race(expr) (expr)
#define prefetch(address) __builtin_prefetch(address)

struct page {
	u64 words[PAGE_SIZE / sizeof(u64)];
};

static inline void *kmap_local_page(struct page *page)
{
	return page;
}

static inline void kunmap_local(const void *address)
{
	(void)address;
}

static inline u64 xxh64(const void *input, size_t length, u64 seed)
{
	return XXH64(input, length, seed);
}

/* The first byte that is not @c, or NULL; by words as long as they are. */
static inline void *memchr_inv(const void *start, int c, size_t bytes)
{
	const unsigned char *p = start;
	u64 same, word;

	memset(&same, c, sizeof(same));
	for (; bytes >= sizeof(word); p += sizeof(word), bytes -= sizeof(word)) {
		memcpy(&word, p, sizeof(word));
		if (word != same)
			break;
	}
	for (; bytes; p++, bytes--)
		if (*p != (unsigned char)c)
			return (void *)p;
	return NULL;
}

#endif /* _KSMFS_ENV_H */
