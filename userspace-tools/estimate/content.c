// SPDX-License-Identifier: GPL-2.0
/*
 * What a page goes by.
 */
#include <endian.h>
#include <errno.h>
#include <lz4.h>
#include <stdio.h>
#include <string.h>

#include "content.h"
#include "../tool.h"

#include <hash/fingerprint.h>

_Static_assert(CONTENT_PAGE == PAGE_SIZE, "pages are the module's");

static uint64_t rotate(uint64_t word, unsigned int bits)
{
	return word << bits | word >> (64 - bits);
}

static void sip_rounds(uint64_t v[4], int rounds)
{
	while (rounds--) {
		v[0] += v[1];
		v[2] += v[3];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] = rotate(v[0], 32);
		v[2] += v[1];
		v[0] += v[3];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] = rotate(v[2], 32);
	}
}

/* SipHash-2-4 of the 8 bytes of a word, little-endian. */
static uint64_t sip_hash(uint64_t word, const struct content_key *key)
{
	const uint64_t words[] = { word, 8ULL << 56 };
	uint64_t v[] = {
		key->word[0] ^ 0x736f6d6570736575ULL,
		key->word[1] ^ 0x646f72616e646f6dULL,
		key->word[0] ^ 0x6c7967656e657261ULL,
		key->word[1] ^ 0x7465646279746573ULL,
	};

	for (int i = 0; i < 2; i++) {
		v[3] ^= words[i];
		sip_rounds(v, 2);
		v[0] ^= words[i];
	}
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct content_key content_read_key(const char *path)
{
	FILE *file = fopen(path, "re");
	uint64_t words[3];
	size_t length;

	if (!file)
		die(EXIT_FAILED, "--key %s: %s", path, strerror(errno));
	length = fread(words, 1, sizeof(words), file);
	if (ferror(file))
		die(EXIT_FAILED, "--key %s: %s", path, strerror(errno));
	fclose(file);
	if (length != 16)
		die(EXIT_FAILED, "--key %s: it is not 16 bytes long: make one "
		    "with head -c 16 /dev/urandom", path);
	return (struct content_key){ { le64toh(words[0]), le64toh(words[1]) } };
}

uint64_t content_key_id(const struct content_key *key)
{
	/* A fingerprint of a page is odd, and 0 is none. */
	return sip_hash(0, key);
}

bool content_value(const void *page, const struct content_key *key,
		   uint64_t *value)
{
	uint64_t fingerprint = ksmfs_fingerprint_whole((struct page *)page, 0);

	if (fingerprint == KSMFS_FINGERPRINT_ZERO)
		return false;
	*value = sip_hash(fingerprint, key);
	return true;
}

bool content_packs(const void *page)
{
	char out[CONTENT_PAGE / 2];

	return LZ4_compress_default(page, out, CONTENT_PAGE, sizeof(out)) > 0;
}
