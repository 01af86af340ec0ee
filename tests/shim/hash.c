// SPDX-License-Identifier: GPL-2.0
#include <xxhash.h>
#include <shim/hash.h>

u64 xxh64(const void *input, size_t length, u64 seed)
{
	return XXH64(input, length, seed);
}

__attribute__((no_sanitize("thread")))
void *memchr_inv(const void *start, int c, size_t bytes)
{
	const unsigned char *p = start;

	for (; bytes; p++, bytes--) {
		if (*p != (unsigned char)c)
			return (void *)p;
	}
	return NULL;
}
