// SPDX-License-Identifier: GPL-2.0
/*
 * What merging saves.
 *
 * What is estimated is a sum over all contents, of something that is known of
 * each content in the sample.  If p is the chance to be in it, the sum over the
 * sample divided by p has the right mean, and the variance that the sum of
 * squares times (1 - p) / p^2 estimates (Horvitz and Thompson).
 *
 * A content that many VMs have weighs more than one, and a single one of those
 * that was not picked may be all that there is: so an error also has to do with
 * how much a content may weigh, and not only with what those have that were.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "saving.h"
#include "../tool.h"

#define Z 1.96		/* standard errors, for 95 % */

/* A sum over a sample, and that of the squares. */
struct sum {
	double plain;
	double squares;
};

static void add(struct sum *sum, double what)
{
	sum->plain += what;
	sum->squares += what * what;
}

/* @weight: the most that one content may add to the sum. */
static struct amount estimate(struct sum sum, double weight, double chance)
{
	double room = weight * Z * Z / 2 +
		      Z * sqrt(sum.squares + weight * weight * Z * Z / 4);

	return (struct amount){
		.pages = sum.plain / chance,
		.error = sqrt(1 - chance) * room / chance,
	};
}

/* The same, when it is known that there are no more than @most. */
static struct amount at_most(double most, struct amount amount)
{
	return (struct amount){
		.pages = fmin(amount.pages, most),
		.error = fmin(amount.error, most),
	};
}

/* What is left of @pages without the amount, which is @least or more. */
static struct amount rest(double pages, struct amount amount, double least)
{
	amount.pages = fmax(pages - amount.pages, 0);
	return at_most(fmax(pages - least, 0), amount);
}

/*
 * What is merged of @pages is what is merged inside and between.  Where a bound
 * has undone that, the less certain of the two sums follows the other one.
 */
static void add_up(double pages, const struct amount *inside,
		   struct amount *between, struct amount *merged)
{
	if (between->error < merged->error) {
		between->pages = fmin(between->pages, pages - inside->pages);
		merged->pages = inside->pages + between->pages;
	} else {
		between->pages = merged->pages - inside->pages;
	}
}

/* Of so many things, @found of @tried that were picked with a chance have it. */
static struct amount part(struct amount of, double found, double tried,
			  double chance)
{
	double share = tried ? found / tried : 0;
	double spread = sqrt(share * (1 - share) * tried + Z * Z / 4) * Z;
	double error = tried ? (spread + Z * Z / 2) / (tried + Z * Z) : 1;

	return (struct amount){
		.pages = of.pages * share,
		.error = of.pages * sqrt(1 - chance) * error +
			 of.error * share,
	};
}

/* A content: the entries that have the same value. */
struct content {
	const struct sample_entry *first;
	size_t owners;
};

static struct content content_at(const struct sample *sample, size_t at)
{
	struct content content = { &sample->entries[at], 1 };

	while (at + content.owners < sample->used &&
	       content.first[content.owners].value == content.first->value)
		content.owners++;
	return content;
}

static struct saving sum_of(const struct vm_saving *vms, size_t count)
{
	struct saving saving = { 0 };

	for (size_t i = 0; i < count; i++) {
		saving.pages += vms[i].pages;
		saving.zero += vms[i].zero;
		saving.unread += vms[i].unread;
	}
	return saving;
}

/*
 * What is counted of a VM: its contents, its part of each, and what others have
 * of each.
 */
struct sums {
	struct sum contents;
	struct sum parts;
	struct sum between;
};

static void add_content(struct sums *sums, const struct content *content)
{
	for (size_t i = 0; i < content->owners; i++) {
		struct sums *own = &sums[content->first[i].owner];

		add(&own->contents, 1);
		add(&own->parts, 1.0 / content->owners);
		add(&own->between, 1 - 1.0 / content->owners);
	}
}

static double content_pages(const struct vm_saving *vm)
{
	return vm->pages - vm->zero - vm->unread;
}

/* Of one of @count VMs. */
static void save_of_vm(struct vm_saving *vm, const struct sums *sums,
		       double chance, size_t count)
{
	double pages = content_pages(vm);

	vm->inside = rest(pages, estimate(sums->contents, 1, chance), 1);
	vm->merged = rest(pages, estimate(sums->parts, 1, chance), 1.0 / count);
	vm->between = at_most(pages, estimate(sums->between, 1, chance));
	add_up(pages, &vm->inside, &vm->between, &vm->merged);
}

static bool is_unique(const struct content *content)
{
	return content->owners == 1 && !(content->first->flags & SAMPLE_TWICE);
}

struct saving saving_of(const struct sample *sample, struct vm_saving *vms,
			size_t count)
{
	struct sum contents = { 0 }, inside = { 0 }, between = { 0 };
	struct sum unique = { 0 }, tried = { 0 }, packs = { 0 };
	struct sums *sums = xrealloc(NULL, count, sizeof(*sums));
	struct saving saving = sum_of(vms, count);
	double chance = sample_chance(sample->last), pages = 0, have = 0;
	struct content content;

	memset(sums, 0, count * sizeof(*sums));
	for (size_t at = 0; at < sample->used; at += content.owners) {
		content = content_at(sample, at);
		saving.contents++;
		add_content(sums, &content);
		add(&contents, 1);
		add(&inside, content.owners);
		add(&between, content.owners - 1);
		if (!is_unique(&content))
			continue;
		add(&unique, 1);
		if (content.first->value > sample->try_last)
			continue;
		add(&tried, 1);
		add(&packs, !!(content.first->flags & SAMPLE_PACKS));
	}
	for (size_t i = 0; i < count; i++) {
		save_of_vm(&vms[i], &sums[i], chance, count);
		pages += content_pages(&vms[i]);
		have += content_pages(&vms[i]) > 0;
	}
	free(sums);

	saving.chance = chance;
	saving.merged = rest(pages, estimate(contents, 1, chance), have > 0);
	saving.inside = rest(pages, estimate(inside, count, chance), have);
	saving.between = at_most(pages, estimate(between, count - 1, chance));
	add_up(pages, &saving.inside, &saving.between, &saving.merged);
	saving.unique = at_most(pages, estimate(unique, 1, chance));
	saving.packable = part(saving.unique, packs.plain, tried.plain,
			       sample_chance(sample->try_last));
	return saving;
}
