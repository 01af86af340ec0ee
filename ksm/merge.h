/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSMFS_KSM_MERGE_H
#define _KSMFS_KSM_MERGE_H

#include <ksmfs/env.h>
#include "cow/region.h"

/**
 * ksmfs_merge_visit() - look at one slot and merge it if that is possible now
 * @region: the caller is a user
 * @slot: of the region; nothing happens unless it is private, or if somebody
 *        else holds it
 * @index: of the slot
 *
 * Context: may sleep; no slot is held.
 */
void ksmfs_merge_visit(struct ksmfs_region *region, struct ksmfs_slot *slot,
		       unsigned long index);

#endif /* _KSMFS_KSM_MERGE_H */
