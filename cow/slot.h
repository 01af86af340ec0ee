/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Slots: what one page-sized place of a region holds, in one word.
 *
 * States and the ways between them
 * --------------------------------
 *
 *            touch            quiet                  quiet for longer
 *   EMPTY ──────────▶ HOT ───────────────▶ HINT ──────────────────────▶ CLEAN
 *     ▲                │ ▲ ◀────────────────┘│                          │ │
 *     │                │ │      changed      │                   write  │ │
 *     │                │ ├───────────────────│──────────────────────────┘ │
 *     │                │ │ write: break      │                            │
 *     │                │ ├──────────┐        │        equal frame found,  │
 *     │                └─│──────────│────────┴───────  or only zeros ─────┤
 *     │                  │          │                                     ▼
 *     └───────────────── │ ───── SHARED, ZERO ◀───────────────────────────┘
 *       punch, from any state
 *
 *   EMPTY   a hole: no content
 *   HOT     private and writable; the content changes, or nobody knows yet
 *   HINT    private and writable; the content is taken for quiet, and its
 *           fingerprint is in the stable tree as a hint that may be stale
 *   CLEAN   private and write-protected; the hint is exact, and the scanner
 *           does not come again before somebody writes, or has an equal page:
 *           if it then cannot be merged, it is HOT again
 *   SHARED  read-only; the frame belongs to the stable tree
 *   ZERO    content was all zeros and costs no frame
 *   PACKED  content is compressed (pack.h)
 *   SWAPPED content is in the mount's swap file (swap.h)
 *
 * EMPTY and ZERO read as zeros: what is mapped, read-only, is the domain's
 * zero frame.
 *
 * PACKED and SWAPPED, which are not in the picture, are *away*: nothing is
 * mapped, and the content has to be fetched before anybody can see it (fetch.h).
 *
 *             reclaimed                  reclaimed, or does not shrink
 *   private ────────────▶ PACKED     private or PACKED ────────────▶ SWAPPED
 *      ▲                    │ │                                         │ │
 *      └── HOT: fetched ────┘ └───────▶ EMPTY: punched ◀────────────────┘ │
 *      └──────────────────────────────────────────────────────────────────┘
 *
 * HOT and HINT are restless: the scanner has to come again.  Whoever makes a
 * slot HOT calls ksmfs_region_mark().
 *
 * The word
 * --------
 *
 *   63                                       12 11     9 8    5 4   2  1  0
 *  ┌───────────────────────────────────────────┬─────────┬──────┬─────┬──┬──┐
 *  │ place of the content; 0 in EMPTY and ZERO │ strikes │ age  │state│ M│ L│
 *  └───────────────────────────────────────────┴─────────┴──────┴─────┴──┴──┘
 *
 *   place  number of the page frame; in PACKED and SWAPPED what pack.h and
 *         swap.h say
 *   L     the slot's lock
 *   M     a page table may map, read-only, a frame that the slot does not own
 *         alone: that of SHARED, or the zero frame.  A clear bit saves the
 *         unmapping when the slot changes.
 *   age   in HOT: the scanner comes only every 2^age-th pass; grows with each
 *         time it finds the content changed;
 *         in HINT: how often the content had not changed;
 *         in CLEAN: whether reclaim has found that it does not shrink;
 *         in PACKED: whether reclaim has met it before
 *   strikes  how often the page was taken for quiet, and write-protected, and
 *         then written to after all.  That costs the guest a fault, so with
 *         each strike the page has to be quiet for twice as long before it is
 *         write-protected again.  Ends with the content: in EMPTY it is 0.
 *
 * The lock
 * --------
 *
 * 1. Exclusive.  2. The holder may sleep.  3. Who holds a slot gets others by
 * ksmfs_slot_trylock() only.  4. In atomic context nothing else will do either.
 *
 * It guards the word, the slot's frame, and the page tables: nobody maps the
 * slot's content, or makes a mapping of it writable, without it.  fault.c says
 * how.  The page lock of a frame guards nothing of ours; it is taken where the
 * core kernel wants it.
 *
 * Lock order: mmap_lock, slot, page lock, i_mmap_rwsem, page table lock; and
 * slot, shard of the stable tree.
 */
#ifndef _KSMFS_COW_SLOT_H
#define _KSMFS_COW_SLOT_H

#include <ksmfs/env.h>

struct ksmfs_region;

enum ksmfs_slot_state {
	KSMFS_SLOT_EMPTY,
	KSMFS_SLOT_HOT,
	KSMFS_SLOT_HINT,
	KSMFS_SLOT_CLEAN,
	KSMFS_SLOT_SHARED,
	KSMFS_SLOT_ZERO,
	KSMFS_SLOT_PACKED,
	KSMFS_SLOT_SWAPPED,
	KSMFS_NR_SLOT_STATES
};

struct ksmfs_slot {
	unsigned long word;
};

#define KSMFS_SLOT_LOCK_BIT	0
#define KSMFS_SLOT_LOCKED	BIT(KSMFS_SLOT_LOCK_BIT)
#define KSMFS_SLOT_MAPPED	BIT(1)
#define KSMFS_SLOT_STATE	GENMASK(4, 2)
#define KSMFS_SLOT_AGE		GENMASK(8, 5)
#define KSMFS_SLOT_STRIKES	GENMASK(11, 9)
#define KSMFS_SLOT_PLACE_SHIFT	12

/* The scanner visits a page that it always finds changed every 2^this-th pass. */
#define KSMFS_SLOT_MAX_BACKOFF	4

/*
 * A page with so many strikes is HOT with this age: with a pass each second it
 * has to be quiet for 8 seconds after the first one, and for 8.5 minutes after
 * the seventh and every further one.
 */
#define KSMFS_SLOT_MAX_STRIKES	7
#define KSMFS_SLOT_STRUCK_AGE(strikes)	((strikes) + 2)

/* A HINT of this age becomes CLEAN. */
#define KSMFS_SLOT_CLEAN_AGE	2

/* State of a slot; a moment's glance unless the slot is locked. */
static inline enum ksmfs_slot_state
ksmfs_slot_state(const struct ksmfs_slot *slot)
{
	return FIELD_GET(KSMFS_SLOT_STATE, READ_ONCE(slot->word));
}

/* Whether somebody holds a slot; a moment's glance. */
static inline bool ksmfs_slot_is_locked(const struct ksmfs_slot *slot)
{
	return READ_ONCE(slot->word) & KSMFS_SLOT_LOCKED;
}

/* Whether a state is one of a private frame. */
static inline bool ksmfs_slot_is_private(enum ksmfs_slot_state state)
{
	return state == KSMFS_SLOT_HOT || state == KSMFS_SLOT_HINT ||
	       state == KSMFS_SLOT_CLEAN;
}

/* Whether a slot in this state needs the scanner to come again. */
static inline bool ksmfs_slot_is_restless(enum ksmfs_slot_state state)
{
	return state == KSMFS_SLOT_HOT || state == KSMFS_SLOT_HINT;
}

/* Whether a state is one of content that costs no frame of its own. */
static inline bool ksmfs_slot_is_merged(enum ksmfs_slot_state state)
{
	return state == KSMFS_SLOT_SHARED || state == KSMFS_SLOT_ZERO;
}

/* Whether a state is one of content that has to be fetched. */
static inline bool ksmfs_slot_is_away(enum ksmfs_slot_state state)
{
	return state == KSMFS_SLOT_PACKED || state == KSMFS_SLOT_SWAPPED;
}

/**
 * ksmfs_slot_glance() - the shared frame of a slot that need not be locked
 * @slot: which
 *
 * Context: any.
 * Return: number of the frame if the slot is SHARED, or 0; a moment's glance
 * unless the slot is locked.
 */
static inline unsigned long ksmfs_slot_glance(const struct ksmfs_slot *slot)
{
	unsigned long word = READ_ONCE(slot->word);

	if (FIELD_GET(KSMFS_SLOT_STATE, word) != KSMFS_SLOT_SHARED)
		return 0;
	return word >> KSMFS_SLOT_PLACE_SHIFT;
}

/**
 * ksmfs_slot_lock() - lock a slot
 * @region: of the slot
 * @slot: which
 *
 * Context: may sleep; no other slot is held.
 */
void ksmfs_slot_lock(struct ksmfs_region *region, struct ksmfs_slot *slot);

/**
 * ksmfs_slot_trylock() - lock a slot if nobody holds it
 * @region: of the slot
 * @slot: which
 *
 * Context: any.
 * Return: whether the slot is locked now.
 */
bool __must_check ksmfs_slot_trylock(struct ksmfs_region *region,
				     struct ksmfs_slot *slot);

/**
 * ksmfs_slot_unlock() - unlock a slot
 * @region: of the slot
 * @slot: held by the caller
 *
 * Context: any.
 */
void ksmfs_slot_unlock(struct ksmfs_region *region, struct ksmfs_slot *slot);

/**
 * ksmfs_slot_frame() - frame of a slot
 * @region: of the slot
 * @slot: which
 *
 * Context: the slot is locked.
 * Return: the private or shared frame, NULL in EMPTY and ZERO, and if the
 * content is away.
 */
struct page *ksmfs_slot_frame(struct ksmfs_region *region,
			      const struct ksmfs_slot *slot);

/**
 * ksmfs_slot_place() - where a slot's content is
 * @region: of the slot
 * @slot: PACKED or SWAPPED
 *
 * Context: the slot is locked.
 * Return: what it was when the slot was brought into that state.
 */
unsigned long ksmfs_slot_place(struct ksmfs_region *region,
			       const struct ksmfs_slot *slot);

/**
 * ksmfs_slot_set() - bring a slot into another state
 * @region: of the slot
 * @slot: which
 * @state: one that the picture above allows, and not away
 * @frame: what it holds from now on, NULL for EMPTY and ZERO
 *
 * Keeps the region's and the module's numbers.  The slot counts as mapped by
 * nobody, and its age is 0; it keeps its strikes unless it becomes EMPTY.
 *
 * Context: the slot is locked.
 */
void ksmfs_slot_set(struct ksmfs_region *region, struct ksmfs_slot *slot,
		    enum ksmfs_slot_state state, struct page *frame);

/**
 * ksmfs_slot_set_away() - note that a slot's content is elsewhere
 * @region: of the slot
 * @slot: unmapped; its frame is the caller's to give back
 * @state: PACKED or SWAPPED
 * @place: where it is; less than 2^52
 *
 * Otherwise as ksmfs_slot_set().
 *
 * Context: the slot is locked.
 */
void ksmfs_slot_set_away(struct ksmfs_region *region, struct ksmfs_slot *slot,
			 enum ksmfs_slot_state state, unsigned long place);

/**
 * ksmfs_slot_mapped() - whether what a slot shows may be mapped
 * @region: of the slot
 * @slot: in any state
 *
 * Context: the slot is locked.
 * Return: false only if no page table maps it.
 */
bool ksmfs_slot_mapped(struct ksmfs_region *region,
		       const struct ksmfs_slot *slot);

/**
 * ksmfs_slot_set_mapped() - note whether a frame the slot does not own is mapped
 * @region: of the slot
 * @slot: EMPTY, ZERO or SHARED
 * @mapped: about to be mapped, or unmapped everywhere
 *
 * Context: the slot is locked.
 */
void ksmfs_slot_set_mapped(struct ksmfs_region *region,
			   struct ksmfs_slot *slot, bool mapped);

/**
 * ksmfs_slot_is_due() - whether the scanner has to visit a restless slot now
 * @slot: which
 * @index: of the slot, so that not all that are put off fall due at once
 * @pass: number of the pass
 *
 * Context: any.
 * Return: false if the slot is volatile and was visited not long ago.
 */
bool ksmfs_slot_is_due(const struct ksmfs_slot *slot, unsigned long index,
		       unsigned long pass);

/**
 * ksmfs_slot_age() - age of a slot
 * @region: of the slot
 * @slot: HOT, HINT, CLEAN or PACKED
 *
 * Context: the slot is locked.
 * Return: what "The word" says, for the state.
 */
unsigned int ksmfs_slot_age(struct ksmfs_region *region,
			    const struct ksmfs_slot *slot);

/**
 * ksmfs_slot_set_age() - set the age of a slot
 * @region: of the slot
 * @slot: HOT, HINT, CLEAN or PACKED
 * @age: at most KSMFS_SLOT_STRUCK_AGE(KSMFS_SLOT_MAX_STRIKES)
 *
 * Context: the slot is locked.
 */
void ksmfs_slot_set_age(struct ksmfs_region *region, struct ksmfs_slot *slot,
			unsigned int age);

/**
 * ksmfs_slot_strike() - somebody writes to a page that was taken for quiet
 * @region: of the slot
 * @slot: HOT
 *
 * Context: the slot is locked.
 */
void ksmfs_slot_strike(struct ksmfs_region *region, struct ksmfs_slot *slot);

#endif /* _KSMFS_COW_SLOT_H */
