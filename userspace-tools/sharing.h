/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who shares with whom: from the frames that each owner has, how many any two
 * owners have in common.
 */
#ifndef _KSMFS_SHARING_H
#define _KSMFS_SHARING_H

#include <stddef.h>
#include <stdint.h>

struct sharing;

/**
 * sharing_new() - begin to collect
 * @room: how many slots to remember at most, at least 2; of more than that a
 *        random part is remembered
 *
 * Return: to be freed by sharing_free().
 */
struct sharing *sharing_new(size_t room);

/**
 * sharing_add() - a slot of an owner has a frame
 * @sharing: that of sharing_new()
 * @owner: who, from 0 on
 * @domain: where the frame is: frames of two domains are never the same, even
 *          if one got the number of another that was freed meanwhile
 * @frame: its number
 */
void sharing_add(struct sharing *sharing, uint32_t owner, uint32_t domain,
		 uint64_t frame);

/**
 * sharing_one_of() - how much has been remembered
 * @sharing: that of sharing_new()
 *
 * Return: one of so many frames; 1: all of them.
 */
uint64_t sharing_one_of(const struct sharing *sharing);

/**
 * sharing_matrix() - how many frames any two owners have in common
 * @sharing: to which nothing will be added any more
 * @owners: how many there are
 *
 * Return: @owners rows of @owners numbers, to be freed.  Number b of row a is
 * how many frames both have, and so how many more it would take if they were not
 * on one host; number a of row a is how many a would need more if each of its
 * slots had a frame of its own.  If not all is remembered they are estimates.
 */
uint64_t *sharing_matrix(struct sharing *sharing, size_t owners);

void sharing_free(struct sharing *sharing);

#endif /* _KSMFS_SHARING_H */
