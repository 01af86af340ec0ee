// SPDX-License-Identifier: GPL-2.0
/*
 * The sketch of a VM's content.
 */
#define XXH_INLINE_ALL

#include <endian.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "content.h"
#include "sketch.h"
#include "../tool.h"

#define MAGIC "KSMFS-SK"
#define VERSION 1

/* No VM has more pages: 64 bits of bytes. */
#define MOST_PAGES (UINT64_MAX / CONTENT_PAGE)

struct sketch sketch_of(const struct sample *sample, uint64_t key_id,
			uint64_t pages, uint64_t zero)
{
	struct sketch sketch = {
		.key_id = key_id,
		.pages = pages,
		.zero = zero,
		.last = sample->last,
		.count = sample->used,
	};

	sketch.values = xrealloc(NULL, sample->used + 1,
				 sizeof(*sketch.values));
	for (size_t i = 0; i < sample->used; i++)
		sketch.values[i] = sample->entries[i].value;
	return sketch;
}

static unsigned char *put32(unsigned char *at, uint32_t number)
{
	number = htole32(number);
	return (unsigned char *)mempcpy(at, &number, sizeof(number));
}

static unsigned char *put64(unsigned char *at, uint64_t number)
{
	number = htole64(number);
	return (unsigned char *)mempcpy(at, &number, sizeof(number));
}

static uint32_t get32(const unsigned char *at)
{
	uint32_t number;

	memcpy(&number, at, sizeof(number));
	return le32toh(number);
}

static uint64_t get64(const unsigned char *at)
{
	uint64_t number;

	memcpy(&number, at, sizeof(number));
	return le64toh(number);
}

unsigned char *sketch_encode(const struct sketch *sketch, size_t *length)
{
	unsigned char *bytes, *at;

	*length = SKETCH_HEAD + sketch->count * 8 + 8;
	bytes = xrealloc(NULL, *length, 1);
	at = (unsigned char *)mempcpy(bytes, MAGIC, strlen(MAGIC));
	at = put32(at, VERSION);
	at = put32(at, CONTENT_PAGE);
	at = put64(at, sketch->key_id);
	at = put64(at, sketch->pages);
	at = put64(at, sketch->zero);
	at = put64(at, sketch->last);
	at = put64(at, sketch->count);
	for (size_t i = 0; i < sketch->count; i++)
		at = put64(at, sketch->values[i]);
	put64(at, XXH64(bytes, at - bytes, 0));
	return bytes;
}

/* Can there be such a sketch? */
static bool is_sound(const struct sketch *sketch)
{
	if (sketch->pages > MOST_PAGES || sketch->zero > sketch->pages ||
	    sketch->count > sketch->pages - sketch->zero)
		return false;
	for (size_t i = 0; i < sketch->count; i++)
		if (sketch->values[i] > sketch->last ||
		    (i && sketch->values[i] <= sketch->values[i - 1]))
			return false;
	return true;
}

const char *sketch_decode(const unsigned char *bytes, size_t length,
			  struct sketch *sketch)
{
	*sketch = (struct sketch){ 0 };
	if (length < strlen(MAGIC) || memcmp(bytes, MAGIC, strlen(MAGIC)))
		return "it is no sketch: make one with ksmfs fingerprint";
	if (length >= 12 && get32(bytes + 8) > VERSION)
		return "it is of a newer version: use the ksmfs that made it";
	if (length < SKETCH_HEAD + 8 || length > SKETCH_MOST_BYTES ||
	    length % 8 || (length - SKETCH_HEAD) / 8 - 1 != get64(bytes + 48) ||
	    XXH64(bytes, length - 8, 0) != get64(bytes + length - 8))
		return "it is damaged: make it anew with ksmfs fingerprint";
	if (get32(bytes + 8) != VERSION)
		return "it is of a version that never was";
	if (get32(bytes + 12) != CONTENT_PAGE)
		return "it is of a machine with pages of another size";
	*sketch = (struct sketch){
		.key_id = get64(bytes + 16),
		.pages = get64(bytes + 24),
		.zero = get64(bytes + 32),
		.last = get64(bytes + 40),
		.count = get64(bytes + 48),
	};
	sketch->values = xrealloc(NULL, sketch->count + 1,
				  sizeof(*sketch->values));
	for (size_t i = 0; i < sketch->count; i++)
		sketch->values[i] = get64(bytes + SKETCH_HEAD + i * 8);
	if (is_sound(sketch))
		return NULL;
	sketch_free(sketch);
	return "it contradicts itself: make it anew with ksmfs fingerprint";
}

void sketch_free(struct sketch *sketch)
{
	free(sketch->values);
	*sketch = (struct sketch){ 0 };
}
