/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The sketch of a VM's content: a sample of the SKETCH_MOST smallest values, and
 * how many pages there are, as a file of at most 131,136 bytes.
 *
 * All numbers are little-endian:
 *
 *   bytes
 *   8	"KSMFS-SK"
 *   4	version of the format: 1
 *   4	bytes of a page: 4096
 *   8	what the key goes by (content_key_id())
 *   8	pages that have content
 *   8	of these, pages of zeros
 *   8	the largest value that is in the sample, if any page has it
 *   8	how many values follow, at most SKETCH_MOST
 *   8	each value: ascending, none twice
 *   8	XXH64, with the seed 0, of all bytes before it
 *
 * Sketches of pages of the same VM, or of several, are merged by taking the
 * least of their last values, and all values up to that.
 */
#ifndef _KSMFS_SKETCH_H
#define _KSMFS_SKETCH_H

#include <stddef.h>
#include <stdint.h>

#include "sample.h"

#define SKETCH_MOST 16384
#define SKETCH_HEAD 56
#define SKETCH_MOST_BYTES (SKETCH_HEAD + SKETCH_MOST * 8 + 8)

struct sketch {
	uint64_t key_id;
	uint64_t pages;
	uint64_t zero;
	uint64_t last;
	size_t count;
	uint64_t *values;
};

/* Of a closed sample of one owner, which has been cut to SKETCH_MOST. */
struct sketch sketch_of(const struct sample *sample, uint64_t key_id,
			uint64_t pages, uint64_t zero);

/* As the bytes of a file; to be freed. */
unsigned char *sketch_encode(const struct sketch *sketch, size_t *length);

/* NULL, or what is wrong with the bytes; @sketch is empty then. */
const char *sketch_decode(const unsigned char *bytes, size_t length,
			  struct sketch *sketch);

void sketch_free(struct sketch *sketch);

#endif /* _KSMFS_SKETCH_H */
