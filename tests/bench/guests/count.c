// SPDX-License-Identifier: GPL-2.0
/*
 * count IMAGE: what is in content (b), as numbers of a side "image", beside
 * those of the two that merge it.  "saved_b" is all that merging can save.
 */
#include "contents.h"

#include <err.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	struct contents contents;
	size_t unique = 0;

	if (argc != 2)
		errx(2, "usage: count IMAGE");
	contents = contents_read(argv[1]);
	for (size_t i = 0; i < contents.count; i++)
		unique += contents.list[i].pages == 1;
	printf("zero_b image %zu %zu\n", contents.pages, contents.zero);
	printf("unique_b image %zu %zu\n", contents.pages, unique);
	printf("duplicates_b image %zu %zu\n", contents.pages,
	       contents.pages - contents.zero - unique);
	printf("saved_b image %zu %zu\n", contents.pages,
	       contents.pages - contents.count);
	return 0;
}
