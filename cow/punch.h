/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Making holes: what a balloon, a discard or a truncation does to slots.
 */
#ifndef _KSMFS_COW_PUNCH_H
#define _KSMFS_COW_PUNCH_H

#include <ksmfs/env.h>

struct ksmfs_region;

/**
 * ksmfs_punch() - make holes of slots that stay part of the file
 * @region: which
 * @first: first slot
 * @last: last slot, inclusive
 *
 * Frames are free when this returns.  A fault at the same time may fill the
 * slot again, with zeros.  Private copies that writes to MAP_PRIVATE mappings
 * have made stay, as in tmpfs and hugetlbfs.
 *
 * Context: may sleep.
 */
void ksmfs_punch(struct ksmfs_region *region, unsigned long first,
		 unsigned long last);

/**
 * ksmfs_punch_truncated() - make holes of slots beyond the end of the file
 * @region: which; the size of its file has been set already
 * @first: first slot beyond the end
 *
 * Private copies go as well.  When this returns no slot from @first on has
 * content or is mapped, and none will until the file grows.
 *
 * Context: may sleep.
 */
void ksmfs_punch_truncated(struct ksmfs_region *region, unsigned long first);

/**
 * ksmfs_punch_all() - make holes of all slots of a region that ends
 * @region: has no users, and is mapped by nobody
 *
 * Context: may sleep.
 */
void ksmfs_punch_all(struct ksmfs_region *region);

#endif /* _KSMFS_COW_PUNCH_H */
