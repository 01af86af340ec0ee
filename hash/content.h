/* SPDX-License-Identifier: GPL-2.0 */
/* What decides: all bytes of pages. */
#ifndef _KSMFS_HASH_CONTENT_H
#define _KSMFS_HASH_CONTENT_H

#include <ksmfs/env.h>

/**
 * ksmfs_content_equal() - compare all of two pages
 * @a: if it may be written to meanwhile, the answer is only a guess
 * @b: likewise
 *
 * Context: any.
 * Return: true if all PAGE_SIZE bytes are equal.
 */
bool ksmfs_content_equal(struct page *a, struct page *b);

/**
 * ksmfs_content_is_zero() - whether a page holds only zeros
 * @page: if it may be written to meanwhile, the answer is only a guess
 *
 * Context: any.
 * Return: true if all PAGE_SIZE bytes are 0.
 */
bool ksmfs_content_is_zero(struct page *page);

#endif /* _KSMFS_HASH_CONTENT_H */
