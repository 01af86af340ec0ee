// SPDX-License-Identifier: GPL-2.0
/*
 * Can a clock tell merged pages from others?
 *
 *	before    twins of some pages of probe, merged ahead of them
 *	probe     half of its pages have a twin, half are like no other
 *	after     twins of the others, merged behind them
 *
 * These three files are in a strict domain, and once more in a plain one.  In each
 * round they are filled, the scanner makes a pass, the pages of probe are touched
 * for the first time, in random order, each timed with rdtsc; then all content
 * is compared and punched.  In every second round the touch is a read.
 *
 * Then come rounds of the strict domain alone in which all pages of probe are
 * like one other page of probe, and in turn rounds in which none is like any: what
 * is merged must not show in how long other pages take, either, as it would if
 * the level of the pool of frames did.
 *
 * A classifier that knows no more than one threshold, and which side of it is
 * which, is trained on the even samples and tried on the odd ones; and the area
 * under the ROC curve is the part of all pairs of a merged and another page in
 * which the merged one took longer.  In the strict domain that must be a half, or
 * less than 0.05 from it.  What it is in the plain one is told next to it.
 *
 * The clock counts instructions, so nothing that the machine below does hides what
 * the kernel does, or looks like it.  What caches do is not seen.
 *
 * vm: cpus=1 mem=1G timeout=600 clock=instructions
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define PROBES	4096
#define TWINS	(PROBES / 2)	/* half of them before, half after */
#define ROUNDS	26		/* 106,496 first touches in each domain */
#define SAMPLES	(PROBES * ROUNDS / 2)
#define NEAR	0.05
#define WHOLE	16		/* rounds of pages that are all merged, or all not */
#define SOME	(PROBES / 8)	/* touched then: less than a quarter of the pool */
#define WHOLE_NEAR 0.1		/* rounds that follow one another differ anyhow */

/* WHOLE_WRITE: the samples of rounds that are merged as a whole, or not. */
enum { WRITE, READ, WAYS, WHOLE_WRITE = WAYS, SETS };
static const char *const ways[] = { "write", "read", "write, whole rounds" };

struct sample {
	uint64_t ticks;
	bool merged;
};

static struct domain {
	const char *dir;
	const char *strict;
	struct region before, probe, after;
	struct sample *samples[SETS];
	size_t count[SETS];
	double auc[SETS];
	double accuracy[SETS];
} domains[] = {
	{ .dir = MNT "/strict", .strict = "1" },
	{ .dir = MNT "/plain", .strict = "0" },
};
#define DOMAINS (sizeof(domains) / sizeof(*domains))

static struct rng rng = { 1 };
static uint16_t order[PROBES];
static volatile uint64_t sink;

/* ---- content ---- */

/* Cheap to write, and unlike any other page in every word. */
static void fill_page(uint8_t *page, uint64_t seed)
{
	uint64_t *words = (uint64_t *)page;

	for (size_t i = 0; i < WORDS; i++)
		words[i] = seed;
}

static void check_filled(const uint8_t *page, uint64_t seed, uint64_t first)
{
	const uint64_t *words = (const uint64_t *)page;

	CHECK_EQ(words[0], first);
	for (size_t i = 1; i < WORDS; i++)
		if (words[i] != seed)
			FAIL("word %zu is %#llx in place of %#llx", i,
			     (unsigned long long)words[i],
			     (unsigned long long)seed);
}

static uint64_t seed_of(int round, size_t index)
{
	return (round + 1ULL) << 32 | (index + 1) << 1;
}

static void fill(struct domain *domain, int round)
{
	for (size_t i = 0; i < PROBES; i++)
		fill_page(slot(&domain->probe, i), seed_of(round, i));
	/* The pages with even numbers have twins. */
	for (size_t i = 0; i < TWINS / 2; i++) {
		fill_page(slot(&domain->before, i), seed_of(round, 2 * i));
		fill_page(slot(&domain->after, i),
			  seed_of(round, TWINS + 2 * i));
	}
}

static void check_content(struct domain *domain, int round, int way)
{
	for (size_t i = 0; i < PROBES; i++) {
		uint64_t seed = seed_of(round, i);

		check_filled(slot(&domain->probe, i), seed,
			     way == WRITE ? ~seed : seed);
	}
	for (size_t i = 0; i < TWINS / 2; i++) {
		uint64_t early = seed_of(round, 2 * i);
		uint64_t late = seed_of(round, TWINS + 2 * i);

		check_filled(slot(&domain->before, i), early, early);
		check_filled(slot(&domain->after, i), late, late);
	}
}

static void punch(const struct region *region)
{
	SYS(fallocate(region->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      0, region->pages * PAGE));
}

/* ---- a round ---- */

static void scan(void)
{
	knob_set(KNOB_scan, 1);
	while (knob_get(KNOB_scan))
		usleep(1000);
}

static void shuffle(void)
{
	for (size_t i = 0; i < PROBES; i++)
		order[i] = i;
	for (size_t i = PROBES - 1; i; i--) {
		size_t j = rng_below(&rng, i + 1);
		uint16_t other = order[j];

		order[j] = order[i];
		order[i] = other;
	}
}

static uint64_t now(void)
{
	uint64_t ticks;

	__asm__ volatile("lfence; rdtsc; shl $32, %%rdx; or %%rdx, %%rax; lfence"
			 : "=a"(ticks) : : "rdx", "memory");
	return ticks;
}

/* Write to a page, or read it; returns the time that it took. */
static uint64_t time_touch(volatile uint64_t *word, uint64_t value, int way)
{
	uint64_t begun = now();

	if (way == READ)
		sink = *word;
	else
		*word = value;
	return now() - begun;
}

static void touch(struct domain *domain, int round, int way)
{
	shuffle();
	for (size_t n = 0; n < PROBES; n++) {
		size_t i = order[n];
		volatile uint64_t *word = (void *)slot(&domain->probe, i);
		struct sample *sample;

		sample = &domain->samples[way][domain->count[way]++];
		sample->ticks = time_touch(word, ~seed_of(round, i), way);
		sample->merged = !(i % 2);
	}
}

/* The scanner did what is to be noticed, or not. */
static void check_scanned(const struct domain *domain)
{
	bool strict = *domain->strict == '1';

	CHECK_EQ(region_info(domain->probe.fd).shared,
		 strict ? PROBES : TWINS);
	CHECK_EQ(region_info(domain->before.fd).shared, TWINS / 2);
	CHECK_EQ(region_info(domain->after.fd).shared, TWINS / 2);
}

static void play(int round)
{
	int way = round % WAYS;

	for (size_t d = 0; d < DOMAINS; d++)
		fill(&domains[d], round);
	scan();
	for (size_t d = 0; d < DOMAINS; d++) {
		check_scanned(&domains[d]);
		touch(&domains[d], round, way);
	}
	for (size_t d = 0; d < DOMAINS; d++) {
		check_content(&domains[d], round, way);
		punch(&domains[d].before);
		punch(&domains[d].probe);
		punch(&domains[d].after);
	}
}

/* Pages that are all like one other, or all like none. */
static void play_whole(struct domain *domain, int round)
{
	bool merged = round % 2;

	for (size_t i = 0; i < PROBES; i++)
		fill_page(slot(&domain->probe, i),
			  seed_of(ROUNDS + round, merged ? i / 2 : i));
	scan();
	CHECK_EQ(region_info(domain->probe.fd).shared, PROBES);
	shuffle();
	for (size_t n = 0; n < SOME; n++) {
		size_t k = domain->count[WHOLE_WRITE]++;

		domain->samples[WHOLE_WRITE][k] = (struct sample) {
			.ticks = time_touch((void *)slot(&domain->probe,
							 order[n]),
					    ~0ULL, WRITE),
			.merged = merged,
		};
	}
	punch(&domain->probe);
}

/* ---- what can be told ---- */

static int compare(const void *left, const void *right)
{
	const struct sample *a = left, *b = right;

	return a->ticks < b->ticks ? -1 : a->ticks > b->ticks;
}

/* Of all pairs, the part in which the merged one took longer; a tie is half. */
static double area(const struct sample *samples, size_t count)
{
	double merged = 0, others = 0, longer = 0;
	size_t end;

	for (size_t i = 0; i < count; i = end) {
		double tied_merged = 0, tied_others = 0;

		for (end = i; end < count &&
		     samples[end].ticks == samples[i].ticks; end++) {
			tied_merged += samples[end].merged;
			tied_others += !samples[end].merged;
		}
		longer += tied_merged * (others + tied_others / 2);
		merged += tied_merged;
		others += tied_others;
	}
	return longer / (merged * others);
}

struct rule {
	uint64_t threshold;
	bool merged_above;
};

/* The threshold by which most of the samples, which are sorted, are told. */
static struct rule train(const struct sample *samples, size_t count)
{
	long merged_below = 0, others_below = 0, best = -1;
	struct rule rule = { 0 };

	for (size_t i = 0; i < count; i++) {
		long lead = merged_below - others_below;

		if (labs(lead) > best && (!i || samples[i - 1].ticks !=
						samples[i].ticks)) {
			best = labs(lead);
			rule.threshold = samples[i].ticks;
			rule.merged_above = lead < 0;
		}
		merged_below += samples[i].merged;
		others_below += !samples[i].merged;
	}
	return rule;
}

static double try(const struct rule *rule, const struct sample *samples,
		  size_t count)
{
	size_t right = 0;

	for (size_t i = 0; i < count; i++) {
		bool above = samples[i].ticks >= rule->threshold;

		right += (above == rule->merged_above) == samples[i].merged;
	}
	return (double)right / count;
}

static void judge(struct domain *domain, int way)
{
	size_t half = domain->count[way] / 2;
	struct sample *even = calloc(half, sizeof(*even));
	struct sample *odd = calloc(half, sizeof(*odd));
	struct rule rule;

	for (size_t i = 0; i < half; i++) {
		even[i] = domain->samples[way][2 * i];
		odd[i] = domain->samples[way][2 * i + 1];
	}
	qsort(even, half, sizeof(*even), compare);
	qsort(odd, half, sizeof(*odd), compare);
	rule = train(even, half);
	domain->auc[way] = area(odd, half);
	domain->accuracy[way] = try(&rule, odd, half);
	say("%s, %s: auc %.4f, accuracy %.4f, median %llu ticks of %zu",
	    domain->dir, ways[way], domain->auc[way], domain->accuracy[way],
	    (unsigned long long)odd[half / 2].ticks, half);
	free(even);
	free(odd);
}

/* The worse of both ways: how far it is from a half, above it. */
static double worst(const struct domain *domain)
{
	double worst = 0.5;

	for (int way = 0; way < WAYS; way++) {
		double auc = domain->auc[way];

		if (auc < 0.5)
			auc = 1 - auc;
		if (auc > worst)
			worst = auc;
	}
	return worst;
}

static void report(void)
{
	FILE *file = fopen("strict.json", "we");

	say("strict_auc=%.4f plain_auc=%.4f whole_auc=%.4f",
	    worst(&domains[0]), worst(&domains[1]),
	    domains[0].auc[WHOLE_WRITE]);
	CHECK(file);
	fprintf(file, "{\n  \"strict_auc\": %.4f,\n  \"plain_auc\": %.4f,\n"
		"  \"strict_write_auc\": %.4f,\n  \"strict_read_auc\": %.4f,\n"
		"  \"strict_whole_auc\": %.4f,\n"
		"  \"strict_write_accuracy\": %.4f,\n"
		"  \"strict_read_accuracy\": %.4f,\n  \"touches\": %zu\n}\n",
		worst(&domains[0]), worst(&domains[1]), domains[0].auc[WRITE],
		domains[0].auc[READ], domains[0].auc[WHOLE_WRITE],
		domains[0].accuracy[WRITE],
		domains[0].accuracy[READ],
		domains[0].count[WRITE] + domains[0].count[READ]);
	CHECK(!fclose(file));
}

static struct region create(const struct domain *domain, const char *name,
			    size_t pages)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/%s", domain->dir, name);
	return region_create(path, pages);
}

static void begin(struct domain *domain)
{
	SYS(mkdir(domain->dir, 0700));
	SYS(setxattr(domain->dir, KSMFS_XATTR_STRICT, domain->strict, 1, 0));
	domain->before = create(domain, "before", TWINS / 2);
	domain->probe = create(domain, "probe", PROBES);
	domain->after = create(domain, "after", TWINS / 2);
	for (int way = 0; way < SETS; way++) {
		size_t bytes = SAMPLES * sizeof(struct sample);

		domain->samples[way] = malloc(bytes);
		CHECK(domain->samples[way]);
		/* Not while the clock runs. */
		memset(domain->samples[way], 0xff, bytes);
	}
}

int main(void)
{
	int rounds = kernel_is_slow() ? ROUNDS / 5 : ROUNDS;
	int whole = kernel_is_slow() ? WHOLE / 4 : WHOLE;

	knob_set(KNOB_run, 0);
	knob_set(KNOB_sample_pages, 0);
	choice_set(CHOICE_reclaim_mode, RECLAIM_none);
	mount_ksmfs(MNT, "size=256m");
	for (size_t d = 0; d < DOMAINS; d++)
		begin(&domains[d]);
	for (int round = 0; round < rounds; round++) {
		play(round);
		if (round % 5 == 4)
			say("%d rounds", round + 1);
	}
	for (size_t d = 0; d < DOMAINS; d++)
		for (int way = 0; way < WAYS; way++)
			judge(&domains[d], way);
	for (int round = 0; round < whole; round++)
		play_whole(&domains[0], round);
	judge(&domains[0], WHOLE_WRITE);
	report();
	if (!kernel_is_slow()) {
		double auc = domains[0].auc[WHOLE_WRITE];

		CHECK(worst(&domains[0]) <= 0.5 + NEAR);
		CHECK(auc >= 0.5 - WHOLE_NEAR && auc <= 0.5 + WHOLE_NEAR);
	}

	for (size_t d = 0; d < DOMAINS; d++) {
		region_close(&domains[d].before);
		region_close(&domains[d].probe);
		region_close(&domains[d].after);
	}
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
