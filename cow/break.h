/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Giving a slot content of its own, and showing the content it has.
 */
#ifndef _KSMFS_COW_BREAK_H
#define _KSMFS_COW_BREAK_H

#include <ksmfs/env.h>
#include "cow/frame.h"
#include "cow/slot.h"

/**
 * ksmfs_break() - make a slot private, so that its content may be written
 * @region: of the slot
 * @slot: in any state; if it is private it keeps its frame
 * @index: of the slot
 * @charge: who pays for a new frame
 *
 * A hole gets a frame of zeros, a merged slot a copy, and content that is away
 * is fetched.  On return no page table maps what the slot held before.
 *
 * Context: the slot is locked; may sleep.
 * Return: 0; -ENOSPC if the mount is full, -ENOMEM if the host has no memory,
 * -EHWPOISON if the memory that is to be copied is bad, -EIO if content that is
 * away cannot be read: then nothing has changed.
 */
int ksmfs_break(struct ksmfs_region *region, struct ksmfs_slot *slot,
		unsigned long index, enum ksmfs_charge charge);

/**
 * ksmfs_break_untouched() - make a merged slot private, though nobody asked
 * @region: of the slot
 * @slot: SHARED or ZERO
 * @index: of the slot
 *
 * The page stays as quiet as it was, and the scanner comes again in the next
 * pass.
 *
 * Context: the slot is locked; may sleep.
 * Return: as ksmfs_break() for KSMFS_CHARGE.
 */
int ksmfs_break_untouched(struct ksmfs_region *region, struct ksmfs_slot *slot,
			  unsigned long index);

/**
 * ksmfs_break_prepare() - make a slot ready to be mapped
 * @region: of the slot
 * @slot: in any state
 * @index: of the slot
 * @write: it is to be mapped writable
 * @patient: the caller can wait: heed the region's limit
 *
 * In a strict domain merged content is broken to be read, too.
 *
 * Context: the slot is locked; may sleep.
 * Return: 0: ksmfs_break_peek() has what is to be mapped; -EAGAIN if a frame is
 * needed and the region has as many as it may; or as ksmfs_break().
 */
int ksmfs_break_prepare(struct ksmfs_region *region, struct ksmfs_slot *slot,
			unsigned long index, bool write, bool patient);

/**
 * ksmfs_break_peek() - frame that shows a slot's content
 * @region: of the slot
 * @slot: its content is not away
 *
 * Context: the slot is locked.
 * Return: the slot's frame, or the domain's zero frame if it has none.  To
 * be read only, unless the slot is private.
 */
struct page *ksmfs_break_peek(struct ksmfs_region *region,
			      const struct ksmfs_slot *slot);

/**
 * ksmfs_break_all() - break every merged and every zero slot of a region
 * @region: the caller is a user
 *
 * Context: may sleep.
 * Return: 0; -ENOSPC or -ENOMEM if a frame could not be had, -EINTR if a signal
 * is pending: what was broken stays broken; -EHWPOISON if all are broken but
 * those whose memory is bad.
 */
int ksmfs_break_all(struct ksmfs_region *region);

#endif /* _KSMFS_COW_BREAK_H */
