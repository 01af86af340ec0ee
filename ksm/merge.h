/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSMFS_KSM_MERGE_H
#define _KSMFS_KSM_MERGE_H

#include <ksmfs/env.h>
#include "cow/region.h"

/**
 * ksmfs_merge_range() - visit restless slots, merge what can be merged now
 * @region: the caller is a user
 * @first: first slot
 * @last: last slot, inclusive; in the same leaf as @first
 * @pass: number of the pass, of the region
 * @all: visit also those that are volatile and not due in this pass
 *
 * Slots that somebody else holds are passed by.
 *
 * Context: may sleep; no slot is held.  Callers may run side by side.
 * Return: number of slots visited.
 */
unsigned int ksmfs_merge_range(struct ksmfs_region *region,
			       unsigned long first, unsigned long last,
			       unsigned long pass, bool all);

#endif /* _KSMFS_KSM_MERGE_H */
