// SPDX-License-Identifier: GPL-2.0
#include "cow/slot.h"
#include "cow/domain.h"
#include "cow/region.h"
#include <ksmfs/stats.h>

#define AWAY (BIT(KSMFS_SLOT_PACKED) | BIT(KSMFS_SLOT_SWAPPED))

/* Which states may follow each, after the pictures in slot.h. */
static const u8 allowed[] = {
	[KSMFS_SLOT_EMPTY]   = BIT(KSMFS_SLOT_HOT),
	[KSMFS_SLOT_HOT]     = BIT(KSMFS_SLOT_EMPTY) | BIT(KSMFS_SLOT_HINT) |
			       BIT(KSMFS_SLOT_SHARED) | BIT(KSMFS_SLOT_ZERO) |
			       AWAY,
	[KSMFS_SLOT_HINT]    = BIT(KSMFS_SLOT_EMPTY) | BIT(KSMFS_SLOT_HOT) |
			       BIT(KSMFS_SLOT_CLEAN) | BIT(KSMFS_SLOT_SHARED) |
			       BIT(KSMFS_SLOT_ZERO) | AWAY,
	[KSMFS_SLOT_CLEAN]   = BIT(KSMFS_SLOT_EMPTY) | BIT(KSMFS_SLOT_HOT) |
			       BIT(KSMFS_SLOT_SHARED) | BIT(KSMFS_SLOT_ZERO) |
			       AWAY,
	[KSMFS_SLOT_SHARED]  = BIT(KSMFS_SLOT_EMPTY) | BIT(KSMFS_SLOT_HOT),
	[KSMFS_SLOT_ZERO]    = BIT(KSMFS_SLOT_EMPTY) | BIT(KSMFS_SLOT_HOT),
	[KSMFS_SLOT_PACKED]  = BIT(KSMFS_SLOT_EMPTY) | BIT(KSMFS_SLOT_HOT) |
			       BIT(KSMFS_SLOT_SWAPPED),
	[KSMFS_SLOT_SWAPPED] = BIT(KSMFS_SLOT_EMPTY) | BIT(KSMFS_SLOT_HOT),
};
static_assert(ARRAY_SIZE(allowed) == KSMFS_NR_SLOT_STATES);

/*
 * The module-wide number that counts the slots of each state.  SHARED slots
 * all count as sharing; the stable tree moves one of them to pages_shared for
 * each frame it holds.
 */
static const enum ksmfs_stat gauge[] = {
	[KSMFS_SLOT_HOT]     = KSMFS_STAT_pages_volatile,
	[KSMFS_SLOT_HINT]    = KSMFS_STAT_pages_unshared,
	[KSMFS_SLOT_CLEAN]   = KSMFS_STAT_pages_unshared,
	[KSMFS_SLOT_SHARED]  = KSMFS_STAT_pages_sharing,
	[KSMFS_SLOT_ZERO]    = KSMFS_STAT_ksm_zero_pages,
	[KSMFS_SLOT_PACKED]  = KSMFS_STAT_pages_packed,
	[KSMFS_SLOT_SWAPPED] = KSMFS_STAT_pages_swapped,
};
static_assert(ARRAY_SIZE(gauge) == KSMFS_NR_SLOT_STATES);

void ksmfs_slot_lock(struct ksmfs_region *region, struct ksmfs_slot *slot)
{
	mutex_acquire(&region->dep_map, 0, 0, _RET_IP_);
	wait_on_bit_lock(&slot->word, KSMFS_SLOT_LOCK_BIT,
			 TASK_UNINTERRUPTIBLE);
}

bool ksmfs_slot_trylock(struct ksmfs_region *region, struct ksmfs_slot *slot)
{
	if (test_and_set_bit_lock(KSMFS_SLOT_LOCK_BIT, &slot->word))
		return false;
	mutex_acquire(&region->dep_map, 0, 1, _RET_IP_);
	return true;
}

void ksmfs_slot_unlock(struct ksmfs_region *region, struct ksmfs_slot *slot)
{
	mutex_release(&region->dep_map, _RET_IP_);
	clear_and_wake_up_bit(KSMFS_SLOT_LOCK_BIT, &slot->word);
}

static void assert_locked(struct ksmfs_region *region,
			  const struct ksmfs_slot *slot)
{
	lockdep_assert_held(region);
	WARN_ON_ONCE(!ksmfs_slot_is_locked(slot));
}

struct page *ksmfs_slot_frame(struct ksmfs_region *region,
			      const struct ksmfs_slot *slot)
{
	unsigned long pfn;

	assert_locked(region, slot);
	if (ksmfs_slot_is_away(ksmfs_slot_state(slot)))
		return NULL;
	pfn = READ_ONCE(slot->word) >> KSMFS_SLOT_PLACE_SHIFT;
	return pfn ? pfn_to_page(pfn) : NULL;
}

unsigned long ksmfs_slot_place(struct ksmfs_region *region,
			       const struct ksmfs_slot *slot)
{
	assert_locked(region, slot);
	WARN_ON_ONCE(!ksmfs_slot_is_away(ksmfs_slot_state(slot)));
	return READ_ONCE(slot->word) >> KSMFS_SLOT_PLACE_SHIFT;
}

static void count(struct ksmfs_region *region, enum ksmfs_slot_state state,
		  long n)
{
	struct ksmfs_domain *domain = region->domain;

	if (state == KSMFS_SLOT_EMPTY)
		return;
	atomic_long_add(n, &region->slots[state]);
	ksmfs_stat_add(gauge[state], n);
	if (state == KSMFS_SLOT_SHARED)
		atomic_long_add(n, &domain->shared_slots);
	if (state == KSMFS_SLOT_PACKED)
		atomic_long_add(n, &domain->packed_slots);
	if (!ksmfs_slot_is_private(state))
		atomic_long_add(n, &domain->quota->debt);
}

static void set(struct ksmfs_region *region, struct ksmfs_slot *slot,
		enum ksmfs_slot_state state, unsigned long place)
{
	enum ksmfs_slot_state old = ksmfs_slot_state(slot);
	unsigned long strikes = READ_ONCE(slot->word) & KSMFS_SLOT_STRIKES;

	assert_locked(region, slot);
	WARN_ONCE(!(allowed[old] & BIT(state)),
		  "slot went from state %d to %d\n", old, state);

	count(region, old, -1);
	count(region, state, 1);
	WRITE_ONCE(slot->word,
		   place << KSMFS_SLOT_PLACE_SHIFT |
		   (state == KSMFS_SLOT_EMPTY ? 0 : strikes) |
		   FIELD_PREP(KSMFS_SLOT_STATE, state) | KSMFS_SLOT_LOCKED);
}

void ksmfs_slot_set(struct ksmfs_region *region, struct ksmfs_slot *slot,
		    enum ksmfs_slot_state state, struct page *frame)
{
	WARN_ON_ONCE(ksmfs_slot_is_away(state));
	set(region, slot, state, frame ? page_to_pfn(frame) : 0);
}

void ksmfs_slot_set_away(struct ksmfs_region *region, struct ksmfs_slot *slot,
			 enum ksmfs_slot_state state, unsigned long place)
{
	WARN_ON_ONCE(!ksmfs_slot_is_away(state) ||
		     place >> (BITS_PER_LONG - KSMFS_SLOT_PLACE_SHIFT));
	set(region, slot, state, place);
}

bool ksmfs_slot_mapped(struct ksmfs_region *region,
		       const struct ksmfs_slot *slot)
{
	assert_locked(region, slot);
	if (ksmfs_slot_is_private(ksmfs_slot_state(slot)))
		return ksmfs_frame_is_mapped(ksmfs_slot_frame(region, slot));
	return READ_ONCE(slot->word) & KSMFS_SLOT_MAPPED;
}

void ksmfs_slot_set_mapped(struct ksmfs_region *region,
			   struct ksmfs_slot *slot, bool mapped)
{
	unsigned long word = READ_ONCE(slot->word) & ~KSMFS_SLOT_MAPPED;

	assert_locked(region, slot);
	WRITE_ONCE(slot->word, word | (mapped ? KSMFS_SLOT_MAPPED : 0));
}

bool ksmfs_slot_is_due(const struct ksmfs_slot *slot, unsigned long index,
		       unsigned long pass)
{
	unsigned long word = READ_ONCE(slot->word);

	return FIELD_GET(KSMFS_SLOT_STATE, word) != KSMFS_SLOT_HOT ||
	       !((index + pass) & (BIT(FIELD_GET(KSMFS_SLOT_AGE, word)) - 1));
}

unsigned int ksmfs_slot_age(struct ksmfs_region *region,
			    const struct ksmfs_slot *slot)
{
	assert_locked(region, slot);
	return FIELD_GET(KSMFS_SLOT_AGE, READ_ONCE(slot->word));
}

void ksmfs_slot_set_age(struct ksmfs_region *region, struct ksmfs_slot *slot,
			unsigned int age)
{
	unsigned long word = READ_ONCE(slot->word) & ~KSMFS_SLOT_AGE;

	assert_locked(region, slot);
	WARN_ON_ONCE(age > FIELD_MAX(KSMFS_SLOT_AGE));
	WRITE_ONCE(slot->word, word | FIELD_PREP(KSMFS_SLOT_AGE, age));
}

void ksmfs_slot_strike(struct ksmfs_region *region, struct ksmfs_slot *slot)
{
	unsigned long word = READ_ONCE(slot->word);
	unsigned long strikes = FIELD_GET(KSMFS_SLOT_STRIKES, word);

	assert_locked(region, slot);
	if (strikes < KSMFS_SLOT_MAX_STRIKES)
		strikes++;
	word &= ~(KSMFS_SLOT_STRIKES | KSMFS_SLOT_AGE);
	WRITE_ONCE(slot->word,
		   word | FIELD_PREP(KSMFS_SLOT_STRIKES, strikes) |
		   FIELD_PREP(KSMFS_SLOT_AGE, KSMFS_SLOT_STRUCK_AGE(strikes)));
}
