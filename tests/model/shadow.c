// SPDX-License-Identifier: GPL-2.0
/*
 * What a page must be.
 *
 * Each thread has a part of every page to itself, so it knows what it has
 * written there; unless somebody has punched the page, then the part is zeros
 * until it is written again.  To tell, punches of each page are counted when
 * they start and when they are over:
 *
 *  - over before something was written that is read: it cannot have been lost to
 *    them;
 *  - started after it had been written: it is gone once they are over;
 *  - others: it may be either.
 *
 * A thread may be refused, but not for nothing: then an allocation, the mount's
 * limit or the swap file failed meanwhile, or the page is beyond the file's end.
 *
 * A thread's private copy of a page stays through punches; truncations take it
 * away, and are counted likewise.  Where there is none the file is seen.
 *
 * A part is written and known by its thread alone.  What is counted here and in
 * the core in the course of an access, by the same thread, is seen by it.
 */
#include "tests/model/model.h"

static long read_count(atomic_long_t *count)
{
	return __atomic_load_n(&count->counter, __ATOMIC_SEQ_CST);
}

struct sight shadow_look(struct place *place, int p)
{
	struct sight sight;

	sight.trouble = trouble_so_far();
	sight.resized = read_count(&place->resized);
	sight.beyond = MODEL_FIRST + p >= READ_ONCE(place->file->pages);
	sight.started = read_count(&place->page[p].punch_started);
	sight.done = read_count(&place->page[p].punch_done);
	sight.cut_done = read_count(&place->page[p].cut_done);
	return sight;
}

void shadow_wrong(const struct actor *actor, const struct place *place, int p,
		  const char *what, long has)
{
	const struct page_model *page = &place->page[p];
	const struct part *part = &page->part[actor->number];
	unsigned long index = MODEL_FIRST + p;
	const struct ksmfs_slot *slot;

	slot = ksmfs_region_find(&place->file->region, &index, index);
	shim_die("thread %u, region %lu at place %ld, page %d, slot 0x%lx: %s: "
		 "has %ld, wrote %u after %ld punches and before %ld; "
		 "now %ld have started and %ld are done",
		 actor->number, place->file->region.ino, place - model.place, p,
		 slot ? READ_ONCE(slot->word) : 0, what, has, part->content,
		 part->done, part->started,
		 atomic_long_read(&page->punch_started),
		 atomic_long_read(&page->punch_done));
}

/* Whether the file has had the same size all the time. */
static bool had_one_size(struct place *place, const struct sight *before)
{
	return !(before->resized % 2) &&
	       before->resized == read_count(&place->resized);
}

void shadow_refused(struct actor *actor, struct place *place, int p,
		    const struct sight *before)
{
	model_note(actor, -1);
	if (!before->beyond && had_one_size(place, before) &&
	    before->trouble == trouble_so_far())
		shadow_wrong(actor, place, p, "refused for nothing", -1);
}

static void check_end(struct actor *actor, struct place *place, int p,
		      const struct sight *before)
{
	if (before->beyond && had_one_size(place, before))
		shadow_wrong(actor, place, p, "beyond the end", 0);
}

static int number_of(struct actor *actor, struct place *place, int p,
		     const void *part)
{
	int content = content_of(part);

	model_note(actor, content);
	if (content < 0)
		shadow_wrong(actor, place, p, "torn", *(unsigned char *)part);
	return content;
}

void shadow_read(struct actor *actor, struct place *place, int p,
		 const struct sight *before, const void *part)
{
	struct page_model *page = &place->page[p];
	struct part *known = &page->part[actor->number];
	long started = read_count(&page->punch_started);
	int content;

	if (!part) {
		shadow_refused(actor, place, p, before);
		return;
	}
	check_end(actor, place, p, before);
	content = number_of(actor, place, p, part);
	if (content && content != known->content)
		shadow_wrong(actor, place, p, "somebody else's", content);
	if (content && before->done > known->started)
		shadow_wrong(actor, place, p, "came back after a punch",
			     content);
	if (!content && known->content && started == known->done)
		shadow_wrong(actor, place, p, "lost", content);
	known->content = content;
}

void shadow_wrote(struct actor *actor, struct place *place, int p, long done,
		  unsigned short content)
{
	struct page_model *page = &place->page[p];
	struct part *known = &page->part[actor->number];

	model_note(actor, content);
	known->content = content;
	known->done = done;
	known->started = read_count(&page->punch_started);
}

void shadow_copied(struct actor *actor, struct place *place, int p,
		   const struct sight *before, unsigned short content)
{
	struct copy *copy = &place->page[p].copy[actor->number];

	model_note(actor, content);
	check_end(actor, place, p, before);
	copy->content = content;
	copy->done = before->cut_done;
	copy->started = read_count(&place->page[p].cut_started);
	copy->state = COPY_THERE;
}

void shadow_read_private(struct actor *actor, struct place *place, int p,
			 const struct sight *before, const void *part)
{
	struct page_model *page = &place->page[p];
	struct copy *copy = &page->copy[actor->number];

	if (copy->state != COPY_NONE && before->cut_done > copy->started)
		copy->state = COPY_NONE;
	if (copy->state == COPY_THERE &&
	    copy->done != read_count(&page->cut_started))
		copy->state = COPY_PERHAPS;

	if (copy->state == COPY_NONE)
		shadow_read(actor, place, p, before, part);
	else if (copy->state == COPY_THERE && !part)
		shadow_refused(actor, place, p, before);
	else if (copy->state == COPY_THERE &&
		 number_of(actor, place, p, part) != copy->content)
		shadow_wrong(actor, place, p, "not the private copy", -1);
}

void shadow_punch_starts(struct place *place, int first, int last, bool cut)
{
	int p;

	for (p = first; p <= last; p++) {
		atomic_long_add_return(1, &place->page[p].punch_started);
		atomic_long_add_return(cut, &place->page[p].cut_started);
	}
}

void shadow_punch_is_done(struct place *place, int first, int last, bool cut)
{
	int p;

	for (p = first; p <= last; p++) {
		atomic_long_add_return(1, &place->page[p].punch_done);
		atomic_long_add_return(cut, &place->page[p].cut_done);
	}
}

void shadow_begin(struct place *place)
{
	memset(place->page, 0, sizeof(place->page));
	WRITE_ONCE(place->limited, false);
}
