// SPDX-License-Identifier: GPL-2.0
/*
 * A file that has slots of every kind, for those who do something to all of
 * them: KINDS_RUN slots of one kind, then as many of the next.
 */
#include "scenario.h"


enum kind kinds_of(size_t index)
{
	return index / KINDS_RUN % KINDS;
}

uint64_t kinds_seed(uint64_t base, size_t index)
{
	switch (kinds_of(index)) {
	case KIND_SHARED:
		return 1;
	case KIND_PACKED:
		return SOFT + base + index;
	case KIND_PRIVATE:
	case KIND_SWAPPED:
		return base + index;
	default:
		return 0;
	}
}

static void store(struct region *r, uint64_t base, enum kind kind)
{
	for (size_t i = 0; i < r->pages; i++)
		if (kinds_of(i) == kind)
			pattern(kinds_seed(base, i), slot(r, i));
}

/* Who is in a page table when the hand comes by is spared, once. */
static void reclaim(struct region *r, unsigned int mode)
{
	settle();
	region_reclaim(MNT, r, r->pages, mode);
	region_reclaim(MNT, r, r->pages, mode);
}

static void check_kinds(const struct region *r)
{
	struct ksmfs_region_info info = region_info(r->fd);
	size_t each = r->pages / KINDS;

	CHECK_EQ(info.shared, each);
	CHECK_EQ(info.zero, each);
	CHECK_EQ(info.holes, each);
	CHECK_EQ(info.priv, each);
	CHECK_EQ(info.packed, each);
	CHECK_EQ(info.swapped, each);
}

struct region kinds_create(const char *path, size_t pages, uint64_t base)
{
	struct region r = region_create(path, pages);

	CHECK_EQ(pages % KINDS_GROUP, 0);
	/* What is reclaimed is all there is. */
	store(&r, base, KIND_SWAPPED);
	reclaim(&r, KSMFS_RECLAIM_SWAP);
	store(&r, base, KIND_PACKED);
	reclaim(&r, KSMFS_RECLAIM_PACK);
	store(&r, base, KIND_SHARED);
	store(&r, base, KIND_ZERO);
	store(&r, base, KIND_PRIVATE);
	settle();
	check_kinds(&r);
	return r;
}

void kinds_check(const struct region *r, uint64_t base)
{
	for (size_t i = 0; i < r->pages; i++)
		CHECK_PAGE(slot(r, i), kinds_seed(base, i));
}
