// SPDX-License-Identifier: GPL-2.0
#include "tests/unit/twins.h"

struct twins twins;

int twins_byte(int f, int i)
{
	static const int bytes[] = {
		[ALIKE] = 0x11, [ZERO] = 0, [TWIN] = 0x22, [TWIN_2] = 0x22,
	};

	return i == ALONE ? 0x80 + f : bytes[i];
}

void twins_fill(void)
{
	int f, i;

	for (f = 0; f < FILES; f++)
		for (i = 0; i < PAGES; i++)
			guest_fill(twins.guest[f], i, twins_byte(f, i));
}

void twins_new(void)
{
	int f;

	for (f = 0; f < FILES; f++) {
		twins.file[f] = file_new(world.domain, PAGES);
		twins.guest[f] = guest_map(twins.file[f], PAGES, true);
	}
	twins_fill();
}

void twins_expect(void)
{
	int f, i;

	for (f = 0; f < FILES; f++)
		for (i = 0; i < PAGES; i++)
			guest_expect(twins.guest[f], i, twins_byte(f, i));
}

bool twins_one_frame(int f, int i, int g, int j)
{
	return file_state(twins.file[f], i) == KSMFS_SLOT_SHARED &&
	       file_pfn(twins.file[f], i) == file_pfn(twins.file[g], j);
}
