/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What merging saves, from a sample of contents and from how many pages there
 * are.
 *
 * Every page that is neither zero nor the first of its content is saved.  How
 * many pages there are is known; so only the number of contents has to be
 * estimated, and one that many pages have counts no more than any other.  That
 * keeps the error small: it does not depend on how uneven the contents are.
 *
 * Errors are half the width of an interval that holds the truth 95 times of 100:
 * the score interval for a sum by chance, so it is not 0 if nothing was found.
 * Nothing is told that cannot be: what a VM saves is never more than it has, and
 * what is merged inside and between together is what is merged.
 */
#ifndef _KSMFS_SAVING_H
#define _KSMFS_SAVING_H

#include <stddef.h>
#include <stdint.h>

#include "sample.h"

/* In pages; @error is 0 if nothing is estimated. */
struct amount {
	double pages;
	double error;
};

/**
 * struct vm_saving - what is saved of a VM's pages
 * @pages: pages that have content; filled in by the caller
 * @zero: of these, pages of zeros; likewise
 * @unread: of these, pages of unknown content; likewise
 * @inside: saved by merging equal pages of this VM, but for zero pages
 * @between: its part of what merging equal pages of VMs saves besides
 * @merged: @inside and @between together
 */
struct vm_saving {
	uint64_t pages;
	uint64_t zero;
	uint64_t unread;
	struct amount inside;
	struct amount between;
	struct amount merged;
};

/**
 * struct saving - what is saved of all VMs' pages
 * @pages: as above, and so on
 * @zero:
 * @unread:
 * @inside:
 * @between:
 * @merged: @inside and @between together
 * @unique: pages that merge with nothing
 * @packable: of these, pages that shrink to half or less; of a sample that knows
 *	of none whether it packs, nothing
 * @contents: how many there are in the sample, each once however many VMs have it
 * @chance: that a content has been in the sample
 */
struct saving {
	uint64_t pages;
	uint64_t zero;
	uint64_t unread;
	struct amount inside;
	struct amount between;
	struct amount merged;
	struct amount unique;
	struct amount packable;
	size_t contents;
	double chance;
};

/* Of a closed sample, whose owners are @vms by their number. */
struct saving saving_of(const struct sample *sample, struct vm_saving *vms,
			size_t count);

#endif /* _KSMFS_SAVING_H */
