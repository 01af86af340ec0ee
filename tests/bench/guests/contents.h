/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The different contents of an image of memory.
 */
#ifndef _CONTENTS_H
#define _CONTENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xxhash.h>

#define PAGE	4096

/**
 * struct content - what one or more pages hold
 * @page: one of them
 * @hash: 128 bits, taken for the content itself
 * @pages: how many
 */
struct content {
	const uint8_t *page;
	XXH128_hash_t hash;
	size_t pages;
};

/**
 * struct contents - those of an image
 * @list: without that of zeros
 * @count: of them
 * @pages: of the image
 * @zero: pages that are all zeros
 */
struct contents {
	struct content *list;
	size_t count;
	size_t pages;
	size_t zero;
};

/**
 * contents_read() - map a file and find its contents
 * @path: of the file
 *
 * Return: the contents; whatever fails ends the program.
 */
struct contents contents_read(const char *path);

/**
 * is_zero() - whether there are zeros only
 * @bytes: to look at
 * @count: of them, at most PAGE
 *
 * Return: true if so.
 */
bool is_zero(const uint8_t *bytes, size_t count);

#endif /* _CONTENTS_H */
