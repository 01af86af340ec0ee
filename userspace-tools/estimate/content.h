/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a page goes by in an estimate: its value, 64 bits made of all its bytes.
 *
 * The value is the module's fingerprint of the whole page, XXH64 with the seed
 * 0, which is the same on all hosts; and over that SipHash-2-4 with a key.  So
 * values are spread evenly, and who has not got the key cannot tell from a value
 * whether a page has a content he knows of.  Without a key that of zeros is
 * taken, which everybody has.
 *
 * Two different contents have the same value by chance, or because somebody made
 * them so: XXH64 is no cryptographic hash.  That only makes an estimate wrong.
 */
#ifndef _KSMFS_CONTENT_H
#define _KSMFS_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a page: those of the module. */
#define CONTENT_PAGE 4096

struct content_key {
	uint64_t word[2];
};

/* The key that a file of 16 bytes holds; ends the program if it does not. */
struct content_key content_read_key(const char *path);

/* What a key goes by: tells whether two are the same, and nothing else. */
uint64_t content_key_id(const struct content_key *key);

/* False if the page holds only zeros, which has no value. */
bool content_value(const void *page, const struct content_key *key,
		   uint64_t *value);

/* Does the page shrink to half or less, so that the module keeps it packed? */
bool content_packs(const void *page);

#endif /* _KSMFS_CONTENT_H */
