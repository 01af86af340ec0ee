// SPDX-License-Identifier: GPL-2.0
/*
 * Modes of domains change, and what they promise holds: as soon as a change has
 * been made, while all others go on, and whenever all are counted.
 *
 * A change may fail in the middle.  Then files that were there may have kept
 * what the mode does not allow, until one has been made to its end: they are
 * unfinished, and nothing is promised of them.
 */
#include "tests/model/model.h"
#include "cow/unshare.h"
#include "hash/fingerprint.h"
#include "ksm/mode.h"
#include "ksm/stable.h"

/* One at a time, as the directory's inode lock has it. */
static pthread_mutex_t changing = PTHREAD_MUTEX_INITIALIZER;

/* Somebody was asked to empty the queue of shares, and has not come yet. */
static atomic_long_t asked;

static void ask(struct ksmfs_quota *quota)
{
	(void)quota;
	WRITE_ONCE(asked.counter, 1);
}

void modes_begin(void)
{
	world.quota.unshare.later = ask;
}

/* Whether a frame may be in a slot of a region by the mode that it has. */
static bool may_be_shared(const struct ksmfs_region *region, struct page *frame)
{
	struct ksmfs_domain *domain = region->domain;
	u64 fingerprint = ksmfs_frame_fingerprint(frame);
	u64 own = ksmfs_mode_seed(region, KSMFS_MERGE_self);

	switch (domain->merge) {
	case KSMFS_MERGE_share:
		return true;
	case KSMFS_MERGE_self:
		return ksmfs_fingerprint_again(frame, own, fingerprint) ==
		       fingerprint;
	case KSMFS_MERGE_zero:
		return fingerprint == KSMFS_FINGERPRINT_ZERO ||
		       (domain->strict &&
			ksmfs_stable_sharers(domain, frame) == 1);
	default:
		return false;
	}
}

static const char *broken_promise(struct ksmfs_region *region,
				  struct ksmfs_slot *slot)
{
	const struct ksmfs_domain *domain = region->domain;
	enum ksmfs_slot_state state = ksmfs_slot_state(slot);

	if (!ksmfs_slot_is_merged(state))
		return NULL;
	if (state == KSMFS_SLOT_ZERO && domain->strict)
		return "a zero page of a strict domain";
	if (state == KSMFS_SLOT_ZERO && domain->merge == KSMFS_MERGE_off)
		return "a zero page in mode off";
	if (state == KSMFS_SLOT_SHARED &&
	    !may_be_shared(region, ksmfs_slot_frame(region, slot)))
		return "shared against the mode";
	if (domain->strict && ksmfs_slot_mapped(region, slot))
		return "shown by a strict domain";
	return NULL;
}

/* The place keeps its file, and the domain its mode. */
static void check_place(struct place *place)
{
	struct ksmfs_region *region = &place->file->region;
	const char *broken;
	struct ksmfs_slot *slot;
	unsigned long index;

	for (index = 0; (slot = ksmfs_region_find(region, &index, ULONG_MAX));
	     index++) {
		ksmfs_slot_lock(region, slot);
		broken = broken_promise(region, slot);
		if (broken)
			shim_die("place %ld, slot %lu, 0x%lx, mode %d: %s",
				 place - model.place, index,
				 READ_ONCE(slot->word), region->domain->merge,
				 broken);
		ksmfs_slot_unlock(region, slot);
	}
}

/* The mode of a domain has been changed, and cannot be again just now. */
static void is_changed(struct ksmfs_domain *domain, int err)
{
	struct place *place;

	for (place = model.place; place < model.place + MODEL_PLACES; place++) {
		pthread_rwlock_rdlock(&place->lock);
		if (place->file && place->file->region.domain == domain) {
			place->file->unfinished = err;
			if (!err)
				check_place(place);
		}
		pthread_rwlock_unlock(&place->lock);
	}
}

static struct ksmfs_domain *any_domain(struct actor *actor)
{
	struct place *place = model_enter(actor);
	struct ksmfs_domain *domain;

	if (!place)
		return NULL;
	domain = ksmfs_domain_get(place->file->region.domain);
	model_leave(place);
	return domain;
}

/* Mostly to those in which much is merged. */
void op_set_mode(struct actor *actor)
{
	struct ksmfs_domain *domain = any_domain(actor);
	enum ksmfs_merge_mode merge = model_below(actor, KSMFS_NR_MERGE_MODES);
	bool strict = model_one_in(actor, 4);
	int err;

	if (!domain)
		return;
	if (model_one_in(actor, 2))
		merge = KSMFS_MERGE_share;
	current->signal = model_one_in(actor, 20);
	pthread_mutex_lock(&changing);
	err = ksmfs_mode_set(domain, merge, strict);
	if (err && err != -ENOSPC && err != -ENOMEM &&
	    (err != -EINTR || !current->signal))
		shim_die("changing the mode: %d", err);
	if (domain->merge != merge || domain->strict != strict)
		shim_die("the mode is %d, and not what was set", domain->merge);
	is_changed(domain, err);
	pthread_mutex_unlock(&changing);
	current->signal = false;
	model_note(actor, err);
	ksmfs_domain_put(domain);
}

/* Who was asked to comes, and now and then somebody who was not. */
void op_unshare(struct actor *actor)
{
	if (atomic_long_xchg(&asked, 0) || model_one_in(actor, 4))
		ksmfs_unshare_drain(&world.quota);
}

/* ---- while all pause ---- */

/* To give up the last share of a frame is to free it, and not before. */
static void check_queue(void)
{
	struct ksmfs_quota *quota = &world.quota;
	long shared = stat_of(pages_shared);
	long used = atomic_long_read(&quota->used);
	long debt = atomic_long_read(&quota->debt);

	if (quota->unshare.shares.first && !atomic_long_read(&asked))
		shim_die("shares wait, and nobody has been asked to come");
	ksmfs_unshare_drain(quota);
	if (quota->unshare.shares.first)
		shim_die("shares wait that have been given up");
	shared -= stat_of(pages_shared);
	if (used - atomic_long_read(&quota->used) != shared ||
	    atomic_long_read(&quota->debt) - debt != shared)
		shim_die("%ld frames went, and the mount has other numbers",
			 shared);
}

/* Shared frames of domains in mode self, and where they are. */
struct own {
	struct page *frame;
	const struct ksmfs_region *region;
};

static void is_own(struct own *own, const struct ksmfs_region *region,
		   struct page *frame)
{
	while (own->frame && own->frame != frame)
		own++;
	if (own->frame && own->region != region)
		shim_die("frame %lu is in regions %lu and %lu in mode self",
			 page_to_pfn(frame), own->region->ino, region->ino);
	own->frame = frame;
	own->region = region;
}

static void check_self(struct own *own, struct ksmfs_region *region)
{
	struct ksmfs_slot *slot;
	struct page *frame;
	unsigned long index;

	for (index = 0; (slot = ksmfs_region_find(region, &index, ULONG_MAX));
	     index++) {
		if (ksmfs_slot_state(slot) != KSMFS_SLOT_SHARED)
			continue;
		ksmfs_slot_lock(region, slot);
		frame = ksmfs_slot_frame(region, slot);
		ksmfs_slot_unlock(region, slot);
		if (ksmfs_frame_fingerprint(frame) != KSMFS_FINGERPRINT_ZERO)
			is_own(own, region, frame);
	}
}

void modes_check(void)
{
	struct own own[MODEL_PLACES * MODEL_PAGES + 1] = {};
	struct place *place;

	check_queue();
	for (place = model.place; place < model.place + MODEL_PLACES; place++) {
		if (!place->file || place->file->unfinished)
			continue;
		check_place(place);
		if (place->file->region.domain->merge == KSMFS_MERGE_self)
			check_self(own, &place->file->region);
	}
}
