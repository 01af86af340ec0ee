// SPDX-License-Identifier: GPL-2.0
/*
 * What a page goes by.
 */
#include <endian.h>
#include <errno.h>
#include <lz4.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "siphash.h"
#include "../text.h"
#include "../tool.h"

#include <hash/fingerprint.h>

_Static_assert(CONTENT_PAGE == PAGE_SIZE, "pages are the module's");

struct content_key content_read_key(const char *path)
{
	char *title = text_for_terminal(path);
	FILE *file = fopen(path, "re");
	uint64_t words[3];
	size_t length;

	if (!file)
		die(EXIT_FAILED, "--key %s: %s", title, strerror(errno));
	length = fread(words, 1, sizeof(words), file);
	if (ferror(file))
		die(EXIT_FAILED, "--key %s: %s", title, strerror(errno));
	fclose(file);
	if (length != 16)
		die(EXIT_FAILED, "--key %s: it is not 16 bytes long: make one "
		    "with head -c 16 /dev/urandom", title);
	free(title);
	return (struct content_key){ { le64toh(words[0]), le64toh(words[1]) } };
}

uint64_t content_key_id(const struct content_key *key)
{
	/* A fingerprint of a page is odd, and 0 is none. */
	return siphash(0, key->word);
}

bool content_value(const void *page, const struct content_key *key,
		   uint64_t *value)
{
	uint64_t fingerprint = ksmfs_fingerprint_whole((struct page *)page, 0);

	if (fingerprint == KSMFS_FINGERPRINT_ZERO)
		return false;
	*value = siphash(fingerprint, key->word);
	return true;
}

bool content_packs(const void *page)
{
	char out[CONTENT_PAGE / 2];

	return LZ4_compress_default(page, out, CONTENT_PAGE, sizeof(out)) > 0;
}
