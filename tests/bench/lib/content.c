// SPDX-License-Identifier: GPL-2.0
#include "bench.h"

uint64_t content_seed(char content, size_t pages, size_t index)
{
	struct rng rng = { index };
	uint64_t random = rng_next(&rng);

	switch (content) {
	case 'a':
		if (random % 4 < 3)
			return 1 + rng_below(&rng, pages / 8);
		return pages + index;
	case 'c':
		return 1 + index;
	case 'd':
		return 0;
	case 'e':
		return index < pages / 2 ? 1 + index : pages - index;
	}
	FAIL("there is no content %c", content);
}

void content_fill(char content, size_t pages, uint8_t *to)
{
	if (content == 'b') {
		guests_read(to, pages);
		return;
	}
	for (size_t i = 0; i < pages; i++)
		pattern(content_seed(content, pages, i), to + i * PAGE);
}
