// SPDX-License-Identifier: GPL-2.0
/*
 * Holes, sizes, and files and domains that come and go.
 */
#include "tests/model/model.h"
#include "cow/punch.h"
#include "ksm/stable.h"

/* Guards the world's domains: who leads to them, not what is in them. */
static pthread_mutex_t domains_lock = PTHREAD_MUTEX_INITIALIZER;

void op_punch(struct actor *actor)
{
	struct place *place = model_enter(actor);
	int first = model_page(actor);
	int last = min(first + model_below(actor, 5), MODEL_PAGES - 1U);

	if (!place)
		return;
	shadow_punch_starts(place, first, last, false);
	ksmfs_punch(&place->file->region, MODEL_FIRST + first,
		    MODEL_FIRST + last);
	shadow_punch_is_done(place, first, last, false);
	model_leave(place);
}

static void resize(struct place *place, int pages)
{
	atomic_long_add_return(1, &place->resized);
	WRITE_ONCE(place->file->pages, MODEL_FIRST + pages);
	if (pages < MODEL_PAGES) {
		shadow_punch_starts(place, pages, MODEL_PAGES - 1, true);
		ksmfs_punch_truncated(&place->file->region,
				      MODEL_FIRST + pages);
		shadow_punch_is_done(place, pages, MODEL_PAGES - 1, true);
	}
	atomic_long_add_return(1, &place->resized);
}

void op_truncate(struct actor *actor)
{
	struct place *place = model_enter(actor);

	if (!place)
		return;
	pthread_mutex_lock(&place->size_lock);
	if (READ_ONCE(place->file->pages) == MODEL_END)
		resize(place, model_below(actor, MODEL_PAGES));
	pthread_mutex_unlock(&place->size_lock);
	model_leave(place);
}

void op_grow(struct actor *actor)
{
	struct place *place = model_enter(actor);

	if (!place)
		return;
	pthread_mutex_lock(&place->size_lock);
	if (READ_ONCE(place->file->pages) != MODEL_END)
		resize(place, MODEL_PAGES);
	pthread_mutex_unlock(&place->size_lock);
	model_leave(place);
}

static struct file *make_file(struct actor *actor)
{
	struct ksmfs_domain *domain;
	struct file *file;

	pthread_mutex_lock(&domains_lock);
	domain = model_below(actor, 3) ? world.domain : world.other;
	ksmfs_domain_get(domain);
	pthread_mutex_unlock(&domains_lock);
	file = file_try_new(domain, MODEL_END);
	ksmfs_domain_put(domain);
	return file;
}

static void begin(struct actor *actor, struct place *place)
{
	unsigned int i;

	place->file = make_file(actor);
	model_note(actor, place->file ? place->file->region.ino : 0);
	if (!place->file)
		return;
	place->nth++;
	shadow_begin(place);
	for (i = 0; i < model.threads; i++) {
		place->guest[i] = guest_map(place->file, MODEL_END, true);
		place->private[i] = guest_map(place->file, MODEL_END, false);
	}
}

/* A region begins, or sometimes one ends, while others are used. */
void op_renew(struct actor *actor)
{
	struct place *place = &model.place[model_below(actor, MODEL_PLACES)];

	pthread_rwlock_wrlock(&place->lock);
	if (!place->file) {
		begin(actor, place);
	} else if (model_one_in(actor, 4)) {
		file_del(place->file);
		place->file = NULL;
	}
	pthread_rwlock_unlock(&place->lock);
}

/* A domain ends when its last file does; another one takes its place. */
void op_renew_domain(struct actor *actor)
{
	struct ksmfs_domain **which = model_below(actor, 2) ? &world.domain :
							      &world.other;
	struct ksmfs_domain *domain, *old;
	u64 ino = 1 + model_below(actor, 1 << 30);

	domain = ksmfs_domain_new(ino, shim_random_nth(model.seed, ino),
				  &world.quota, &ksmfs_stable_ops);
	model_note(actor, IS_ERR(domain));
	if (IS_ERR(domain))
		return;
	pthread_mutex_lock(&domains_lock);
	old = *which;
	*which = domain;
	pthread_mutex_unlock(&domains_lock);
	ksmfs_domain_put(old);
}
