// SPDX-License-Identifier: GPL-2.0
/*
 * What merging saves.
 *
 * What is estimated is a sum over all contents, of something that is known of
 * each content in the sample.  If p is the chance to be in it, the sum over the
 * sample divided by p has the right mean, and the variance that the sum of
 * squares times (1 - p) / p^2 estimates (Horvitz and Thompson).
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

static struct amount estimate(struct sum sum, double chance)
{
	double room = Z * Z / 2 + Z * sqrt(sum.squares + Z * Z / 4);

	return (struct amount){
		.pages = sum.plain / chance,
		.error = sqrt(1 - chance) * room / chance,
	};
}

/* What is left of @pages without the amount; no error is larger than @pages. */
static struct amount rest(double pages, struct amount amount)
{
	return (struct amount){
		.pages = fmax(pages - amount.pages, 0),
		.error = fmin(amount.error, pages),
	};
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

/* What is counted of a VM, and of all of them. */
struct sums {
	struct sum contents;
	struct sum between;
};

static void add_content(struct sums *sums, const struct content *content)
{
	for (size_t i = 0; i < content->owners; i++) {
		struct sums *own = &sums[content->first[i].owner];

		add(&own->contents, 1);
		add(&own->between, 1 - 1.0 / content->owners);
	}
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
	double chance = sample_chance(sample->last), pages;
	struct content content;

	memset(sums, 0, count * sizeof(*sums));
	for (size_t at = 0; at < sample->used; at += content.owners) {
		content = content_at(sample, at);
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
		pages = vms[i].pages - vms[i].zero - vms[i].unread;
		vms[i].inside = rest(pages, estimate(sums[i].contents, chance));
		vms[i].between = estimate(sums[i].between, chance);
	}
	free(sums);

	pages = saving.pages - saving.zero - saving.unread;
	saving.chance = chance;
	saving.merged = rest(pages, estimate(contents, chance));
	saving.inside = rest(pages, estimate(inside, chance));
	saving.between = estimate(between, chance);
	saving.unique = estimate(unique, chance);
	saving.packable = part(saving.unique, packs.plain, tried.plain,
			       sample_chance(sample->try_last));
	return saving;
}
