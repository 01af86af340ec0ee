/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Twins: two files of the world's domain, each with a guest, that have the same
 * content but for one page.
 */
#ifndef _UNIT_TWINS_H
#define _UNIT_TWINS_H

#include "tests/unit/world.h"

#define FILES 2

/* A page with an equal one in the other file, one without, zeros, a pair. */
enum { ALIKE, ALONE, ZERO, TWIN, TWIN_2, PAGES };

struct twins {
	struct file *file[FILES];
	struct guest *guest[FILES];
};

extern struct twins twins;

/* The page @i of file @f is this byte. */
int twins_byte(int f, int i);

/* Make the files and write all of them. */
void twins_new(void);

/* Write all pages again. */
void twins_fill(void);

/* The guests see what they have written. */
void twins_expect(void);

/* Whether page @i of file @f and page @j of file @g have the same frame. */
bool twins_one_frame(int f, int i, int g, int j);

#endif /* _UNIT_TWINS_H */
