/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _KSMFS_KSM_MODE_H
#define _KSMFS_KSM_MODE_H

#include <ksmfs/env.h>
#include "cow/domain.h"

struct ksmfs_region;

/**
 * ksmfs_mode_seed() - seed of the fingerprints of a region
 * @region: which
 * @merge: mode of its domain
 *
 * That of the domain; in mode self one of the region's own, so that equal pages
 * of two regions do not find one another.
 *
 * Context: any.
 */
u64 ksmfs_mode_seed(const struct ksmfs_region *region,
		    enum ksmfs_merge_mode merge);

/**
 * ksmfs_mode_set() - change what may be merged in a domain
 * @domain: one caller at a time
 * @merge: mode from now on
 * @strict: whether it is strict from now on
 *
 * Nothing is merged against the mode any more when this returns, and what was
 * merged before and is not allowed has been broken, but for what is in bad memory,
 * which nobody can read.  In a strict domain no merged content is in a page table.
 * A mode that holds already is left alone.
 *
 * Context: may sleep; no slot is held.
 * Return: 0; -ENOSPC or -ENOMEM if a frame could not be had, -EHWPOISON if one
 * has gone bad just now, -EINTR if a signal is pending: then the mode is changed
 * and part of what was merged remains; to call again goes on.
 */
int ksmfs_mode_set(struct ksmfs_domain *domain, enum ksmfs_merge_mode merge,
		   bool strict);

#endif /* _KSMFS_KSM_MODE_H */
