/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Fetching: content that is away, packed or swapped, gets a frame again.
 */
#ifndef _KSMFS_COW_FETCH_H
#define _KSMFS_COW_FETCH_H

#include <ksmfs/env.h>
#include "cow/frame.h"
#include "cow/slot.h"

/* Slots that are fetched at once at most: 32 KiB, as the kernel swaps in. */
#define KSMFS_FETCH_WINDOW 8

/**
 * struct ksmfs_region_fetch - how a region's slots are fetched
 * @next: slot that comes next if they are fetched in order
 * @window: slots that were fetched the last time
 *
 * Hints: written by whoever holds any slot, and read likewise.
 */
struct ksmfs_region_fetch {
	unsigned long next;
	unsigned int window;
};

/**
 * ksmfs_fetch() - bring a slot's content back into a frame
 * @region: of the slot
 * @slot: away
 * @index: of the slot
 * @charge: who pays for the frame
 *
 * The slot is HOT afterwards, and not mapped.  When a region's slots are fetched
 * in order, some that follow are brought back, too, if that takes nothing from
 * the reserve.
 *
 * Context: the slot is locked; may sleep.
 * Return: 0; -ENOSPC if the mount is full, -ENOMEM if the host has no memory,
 * -EIO if the content cannot be read: then nothing has changed.
 */
int ksmfs_fetch(struct ksmfs_region *region, struct ksmfs_slot *slot,
		unsigned long index, enum ksmfs_charge charge);

/**
 * ksmfs_fetch_forget() - free what a slot's content took while it was away
 * @region: of the slot
 * @state: that the slot had, PACKED or SWAPPED
 * @place: that the slot had
 *
 * Context: the slot is locked, and in another state now.
 */
void ksmfs_fetch_forget(struct ksmfs_region *region,
			enum ksmfs_slot_state state, unsigned long place);

#endif /* _KSMFS_COW_FETCH_H */
