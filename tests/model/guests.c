// SPDX-License-Identifier: GPL-2.0
/*
 * What guests do with their memory, and VMMs for them.
 */
#include "tests/model/model.h"
#include "cow/break.h"

/* Lock the slot of a page as a system call does; NULL if there is none. */
static struct ksmfs_slot *lock_slot(struct place *place, int p)
{
	struct ksmfs_region *region = &place->file->region;
	struct ksmfs_slot *slot = ksmfs_region_slot(region, MODEL_FIRST + p);

	if (IS_ERR(slot))
		return NULL;
	ksmfs_slot_lock(region, slot);
	smp_mb(); /* pairs with the one in ksmfs_punch_truncated() */
	if (MODEL_FIRST + p < READ_ONCE(place->file->pages))
		return slot;
	ksmfs_slot_unlock(region, slot);
	return NULL;
}

/*
 * Read or write the actor's part as a system call does; or, if it is patient, as
 * a fault of the kernel's that could wait: for it the region's limit counts.
 */
static bool call(struct actor *actor, struct place *place, int p, void *part,
		 bool write)
{
	bool patient = model_one_in(actor, 4);
	struct ksmfs_region *region = &place->file->region;
	struct ksmfs_slot *slot = lock_slot(place, p);
	char *content;
	int err;

	if (!slot)
		return false;
	err = ksmfs_break_prepare(region, slot, MODEL_FIRST + p, write, patient);
	if (err == -EAGAIN)
		trouble_limited(place);
	if (!err) {
		content = shim_page_content(ksmfs_break_peek(region, slot));
		content += actor->number * content_size();
		memcpy(write ? content : part, write ? part : content,
		       content_size());
	}
	ksmfs_slot_unlock(region, slot);
	return !err;
}

static void read_page(struct actor *actor, struct place *place, int p,
		      bool as_call)
{
	struct sight before = shadow_look(place, p);
	size_t size = content_size();
	char part[PAGE_SIZE];
	bool has;

	if (as_call)
		has = call(actor, place, p, part, false);
	else
		has = guest_read(place->guest[actor->number], MODEL_FIRST + p,
				 actor->number * size, part, size);
	shadow_read(actor, place, p, &before, has ? part : NULL);
}

static void read_private(struct actor *actor, struct place *place, int p)
{
	struct sight before = shadow_look(place, p);
	size_t size = content_size();
	char part[PAGE_SIZE];
	bool has;

	has = guest_read(place->private[actor->number], MODEL_FIRST + p,
			 actor->number * size, part, size);
	shadow_read_private(actor, place, p, &before, has ? part : NULL);
}

void op_read(struct actor *actor)
{
	struct place *place = model_enter(actor);
	int p = model_page(actor);

	if (!place)
		return;
	if (model_one_in(actor, 8))
		read_private(actor, place, p);
	else
		read_page(actor, place, p, model_one_in(actor, 8));
	model_leave(place);
}

/* So that pages that are away come early. */
void op_read_in_order(struct actor *actor)
{
	struct place *place = model_enter(actor);
	int p = model_page(actor);
	int end = min(p + 12, MODEL_PAGES);

	if (!place)
		return;
	for (; p < end; p++)
		read_page(actor, place, p, false);
	model_leave(place);
}

static void write_page(struct actor *actor, struct place *place, int p,
		       unsigned short content, bool as_call)
{
	struct sight before = shadow_look(place, p);
	size_t size = content_size();
	char part[PAGE_SIZE];
	bool done;

	content_make(part, content);
	if (as_call)
		done = call(actor, place, p, part, true);
	else
		done = guest_write(place->guest[actor->number], MODEL_FIRST + p,
				   actor->number * size, part, size);
	if (done)
		shadow_wrote(actor, place, p, before.done, content);
	else
		shadow_refused(actor, place, p, &before);
}

void op_write(struct actor *actor)
{
	struct place *place = model_enter(actor);
	int p = model_page(actor);

	if (!place)
		return;
	write_page(actor, place, p, content_pick(actor, p),
		   model_one_in(actor, 8));
	model_leave(place);
}

void op_write_in_order(struct actor *actor)
{
	struct place *place = model_enter(actor);
	int p = model_page(actor);
	int end = min(p + 16, MODEL_PAGES);

	if (!place)
		return;
	for (; p < end; p++)
		write_page(actor, place, p, content_pick(actor, p), false);
	model_leave(place);
}

/* The file must not see it. */
void op_write_private(struct actor *actor)
{
	struct place *place = model_enter(actor);
	int p = model_page(actor);
	size_t size = content_size();
	unsigned short content;
	struct sight before;
	char part[PAGE_SIZE];

	if (!place)
		return;
	content = content_pick(actor, p);
	content_make(part, content);
	before = shadow_look(place, p);
	if (guest_write(place->private[actor->number], MODEL_FIRST + p,
			actor->number * size, part, size))
		shadow_copied(actor, place, p, &before, content);
	else
		shadow_refused(actor, place, p, &before);
	read_page(actor, place, p, false);
	model_leave(place);
}

static void hold(struct actor *actor)
{
	struct place *place = model_enter(actor);
	int p = model_page(actor);
	struct sight before;
	struct page *page;

	if (!place)
		return;
	before = shadow_look(place, p);
	page = guest_pin(place->guest[actor->number], MODEL_FIRST + p);
	if (!page)
		shadow_refused(actor, place, p, &before);
	actor->pin = (struct pin) {
		.page = page,
		.place = place,
		.nth = place->nth,
		.p = p,
		.done = before.done,
		.started = before.started,
	};
	model_leave(place);
}

/*
 * A page that is held stays the file's, so what is written to it is there; but
 * if it has been punched nobody sees what is written.
 */
static void write_held(struct actor *actor)
{
	const struct pin *pin = &actor->pin;
	struct page_model *page = &pin->place->page[pin->p];
	unsigned short content = content_pick(actor, pin->p);
	char part[PAGE_SIZE];

	pthread_rwlock_rdlock(&pin->place->lock);
	if (pin->nth == pin->place->nth &&
	    pin->started == pin->done &&
	    pin->started == atomic_long_read(&page->punch_started)) {
		content_make(part, content);
		memcpy((char *)shim_page_content(pin->page) +
			       actor->number * content_size(),
		       part, content_size());
		shadow_wrote(actor, pin->place, pin->p, pin->done, content);
	}
	pthread_rwlock_unlock(&pin->place->lock);
}

void guests_unpin(struct actor *actor)
{
	if (!actor->pin.page)
		return;
	put_page(actor->pin.page);
	actor->pin.page = NULL;
}

void op_pin(struct actor *actor)
{
	if (!actor->pin.page) {
		hold(actor);
	} else {
		write_held(actor);
		if (model_one_in(actor, 2))
			guests_unpin(actor);
	}
}

void op_drop(struct actor *actor)
{
	struct place *place = model_enter(actor);
	int p = model_page(actor);
	int end = min(p + 8, MODEL_PAGES);

	if (!place)
		return;
	for (; p < end; p++)
		guest_drop(place->guest[actor->number], MODEL_FIRST + p);
	model_leave(place);
}

void op_map_anew(struct actor *actor)
{
	struct place *place = model_enter(actor);
	unsigned int number = actor->number;
	int p;

	if (!place)
		return;
	guest_unmap(place->guest[number]);
	place->guest[number] = guest_map(place->file, MODEL_END, true);
	guest_unmap(place->private[number]);
	place->private[number] = guest_map(place->file, MODEL_END, false);
	for (p = 0; p < MODEL_PAGES; p++)
		place->page[p].copy[number].state = COPY_NONE;
	model_leave(place);
}

void guests_read_all(struct actor *actor, struct place *place)
{
	int p;

	for (p = 0; p < MODEL_PAGES; p++) {
		read_page(actor, place, p, false);
		read_private(actor, place, p);
	}
}
