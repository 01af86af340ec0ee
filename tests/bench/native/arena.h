/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages without the checks of tests/shim/page.c, and as many as one likes: a
 * stretch of huge pages, as the kernel's own map of memory is.
 */
#ifndef _ARENA_H
#define _ARENA_H

#include <ksmfs/env.h>

/* Make the pages 0 .. @nr - 1; they have content, and nobody's reference. */
void arena_make(size_t nr);
struct page *arena_page(size_t index);
void *arena_content(size_t index);

#endif /* _ARENA_H */
