// SPDX-License-Identifier: GPL-2.0
/*
 * What threads write: contents that have numbers.
 *
 * 0 is zeros.  The next few are common to all pages, so that pages are often
 * equal; the others are of one page.  What has an odd number does not shrink.
 * A content begins with its number and follows from it, so a part that is torn
 * between two of them is told from both.
 */
#include "tests/model/model.h"

#define COMMON 8

size_t content_size(void)
{
	return PAGE_SIZE / model.threads;
}

unsigned short content_pick(struct actor *actor, int p)
{
	unsigned int chance = model_below(actor, 16);

	if (chance < 2)
		return 0;
	/* One that all threads prefer here: then whole pages are equal. */
	if (chance < 11)
		return 1 + p % 3;
	if (chance < 12)
		return 1 + model_below(actor, COMMON);
	return 1 + COMMON + 2 * MODEL_PAGES * model_below(actor, 16) + 2 * p +
	       model_below(actor, 2);
}

void content_make(void *to, unsigned short content)
{
	size_t size = content_size();

	memset(to, content & 0xff, size);
	if (content % 2)
		noise(to, size, content);
	memcpy(to, &content, sizeof(content));
}

int content_of(const void *part)
{
	char expected[PAGE_SIZE];
	unsigned short content;

	memcpy(&content, part, sizeof(content));
	content_make(expected, content);
	return memcmp(part, expected, content_size()) ? -1 : content;
}
