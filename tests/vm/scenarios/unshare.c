// SPDX-License-Identifier: GPL-2.0
/*
 * What it takes to break a slot does not depend on how many others share its
 * frame: a guest cannot tell by the clock how many have the same content.
 *
 *	others:   1   2   4   8  ...  4096
 *	frames:  64  64  64  64         1     each merged from others + 1 slots, or
 *	                                      a few more, of which some are written
 *
 * Of each number of others SAMPLES slots are written to and timed, in an order and
 * at places of the region that are all random, so what is there besides happens to
 * all of them alike.  What counts is how many share the frame at that moment.
 * (The last one of all would free the frame too, which takes longer, but nobody
 * shares with it.)  Slots are read first, so page tables lead to each of them.
 *
 * The clock counts instructions: a clock of the emulated host's own tells of the
 * machine below more than of the module.  What caches do is not seen either way.
 *
 * Statistics.  The time for a number is the median of its samples, for those that
 * were interrupted say nothing.  A straight line is laid through the medians over
 * the numbers; its slope is instructions for each sharer.  How far chance may have
 * moved it is found by bootstrap: samples are drawn anew from those of each
 * number, with repetition, BOOTS times, and 99 % of the slopes lie in the interval
 * that is printed.
 *
 * That this finds what there is to find is not taken for granted: in each second
 * round the clock is read again until as many instructions have gone by as others
 * share the frame; these rounds must show that slope.
 *
 * It fails if the interval of the others leaves room for a slope of FORGIVEN, up or
 * down.
 *
 * vm: cpus=1 mem=1G timeout=400 clock=instructions
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NUMBERS		13	/* 1, 2, 4, ... 4096 */
#define SAMPLES		64	/* of each number in a round */
#define ROUNDS		4	/* each second with a slope that has to be found */
#define BOOTS		2000
#define PLACES		(SAMPLES * 1024)
#define SLOPE		1.0	/* for each sharer: has to be found */
#define FORGIVEN	0.05	/* 200 of some 7,000 with 4096 others */

/* A few slots of a frame may be written to before that changes the number. */
#define PER_FRAME(others)	((others) < 64 ? 1 : (others) / 64)

struct sample {
	size_t frame;
	size_t page;		/* a slot that shares it, to be timed */
	unsigned int number;	/* of NUMBERS */
};

/* In instructions, by number. */
struct times {
	double taken[NUMBERS][SAMPLES * ROUNDS];
	size_t count;
};

struct line {
	double slope, low, high;
};

static struct sample samples[NUMBERS * SAMPLES];
static size_t nr_samples;
static size_t sharers[NUMBERS * SAMPLES];	/* by frame */
static size_t places[PLACES];			/* of pages, in the region */
static size_t order[NUMBERS * SAMPLES];		/* of samples, in time */
static struct region region;
static struct rng rng = { 1 };
static struct times plain, slowed;
static double others_sum[NUMBERS];
static size_t others_count;

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

/* The numbers below @count in random order. */
static void mix(size_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t j = rng_below(&rng, i + 1);

		numbers[i] = numbers[j];
		numbers[j] = i;
	}
}

/* Which pages share which frame, and which of them will be written to. */
static size_t plan(void)
{
	size_t frame = 0, page = 0;

	mix(places, PLACES);
	nr_samples = 0;
	for (unsigned int number = 0; number < NUMBERS; number++) {
		size_t others = 1UL << number, each = PER_FRAME(others);

		for (size_t done = 0; done < SAMPLES; done += each, frame++) {
			sharers[frame] = others + each;
			for (size_t i = 0; i < each; i++)
				samples[nr_samples++] = (struct sample) {
					.frame = frame,
					.page = places[page + i],
					.number = number,
				};
			for (size_t i = 0; i < sharers[frame]; i++, page++)
				pattern(1 + frame,
					slot(&region, places[page]));
		}
	}
	CHECK_EQ(nr_samples, NUMBERS * SAMPLES);
	CHECK(page <= PLACES);
	return frame;
}

/* What one write takes, as if each of @delay sharers took an instruction. */
static double time_write(uint8_t *byte, double delay)
{
	double begin = now(), end;

	(*byte)++;
	end = now();
	for (double until = end + delay; delay && end < until;)
		end = now();
	return end - begin;
}

static void make_round(bool slow)
{
	struct times *times = slow ? &slowed : &plain;
	size_t count[NUMBERS], frames = plan();
	struct stats before;

	settle();
	before = stats_read();
	CHECK_EQ(before.pages_shared, frames);
	CHECK_EQ(before.frames, frames);
	mix(order, nr_samples);
	for (unsigned int number = 0; number < NUMBERS; number++)
		count[number] = times->count;
	for (size_t i = 0; i < nr_samples; i++) {
		struct sample *sample = &samples[order[i]];
		uint8_t *page = slot(&region, sample->page);
		size_t others = --sharers[sample->frame];
		unsigned int number = sample->number;

		CHECK_PAGE(page, 1 + sample->frame);
		times->taken[number][count[number]++] =
			time_write(page, slow ? SLOPE * others : 0);
		others_sum[number] += others;
	}
	others_count += SAMPLES;
	times->count += SAMPLES;
	CHECK_EQ(stats_read().breaks - before.breaks, nr_samples);
	for (size_t i = 0; i < nr_samples; i++) {
		slot(&region, samples[i].page)[0]--;
		CHECK_PAGE(slot(&region, samples[i].page),
			   1 + samples[i].frame);
	}
	/* What is punched is not known to change often. */
	SYS(fallocate(region.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		      PLACES * PAGE));
}

static int compare(const void *left, const void *right)
{
	double l = *(const double *)left, r = *(const double *)right;

	return l < r ? -1 : l > r;
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(*values), compare);
	return count % 2 ? values[count / 2] :
	       (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* Of the straight line with the least squares of errors. */
static double slope_of(const double medians[NUMBERS])
{
	double x = 0, y = 0, xx = 0, xy = 0;

	for (int i = 0; i < NUMBERS; i++) {
		x += others_sum[i] / others_count / NUMBERS;
		y += medians[i] / NUMBERS;
	}
	for (int i = 0; i < NUMBERS; i++) {
		double dx = others_sum[i] / others_count - x;

		xx += dx * dx;
		xy += dx * (medians[i] - y);
	}
	return xy / xx;
}

static double boot(const struct times *times)
{
	static double drawn[SAMPLES * ROUNDS];
	double medians[NUMBERS];

	for (int i = 0; i < NUMBERS; i++) {
		for (size_t j = 0; j < times->count; j++)
			drawn[j] = times->taken[i][rng_below(&rng, times->count)];
		medians[i] = median(drawn, times->count);
	}
	return slope_of(medians);
}

static struct line fit(const char *what, struct times *times)
{
	static double slopes[BOOTS];
	double medians[NUMBERS];
	struct line line;

	for (int i = 0; i < BOOTS; i++)
		slopes[i] = boot(times);
	for (int i = 0; i < NUMBERS; i++)
		medians[i] = median(times->taken[i], times->count);
	qsort(slopes, BOOTS, sizeof(*slopes), compare);
	line.slope = slope_of(medians);
	line.low = slopes[BOOTS / 200];
	line.high = slopes[BOOTS - 1 - BOOTS / 200];
	for (int i = 0; i < NUMBERS; i++)
		say("%s: %4.0f others: median of %zu is %.0f", what,
		    others_sum[i] / others_count, times->count, medians[i]);
	say("%s: slope %.4f, 99 %% in %.4f .. %.4f", what, line.slope,
	    line.low, line.high);
	return line;
}

static void report(const struct line *line)
{
	bool zero = line->low <= 0 && line->high >= 0;
	FILE *file = fopen("unshare.json", "we");

	say("unshare_slope=%.4f ci_low=%.4f ci_high=%.4f "
	    "unshare_slope_ci_includes_zero=%d",
	    line->slope, line->low, line->high, zero);
	CHECK(file);
	fprintf(file,
		"{\n  \"unshare_slope\": %.4f,\n"
		"  \"ci_low\": %.4f,\n  \"ci_high\": %.4f,\n"
		"  \"unshare_slope_ci_includes_zero\": %d\n}\n",
		line->slope, line->low, line->high, zero);
	CHECK_EQ(fclose(file), 0);
}

int main(void)
{
	struct line fitted, found;

	/* Nothing runs while the clock does, or merges what is half filled in. */
	knob_set(KNOB_run, 0);
	knob_set(KNOB_sample_pages, 0);
	mount_ksmfs(MNT, "size=256m");
	region = region_create(MNT "/a", PLACES);
	for (int round = 0; round < ROUNDS; round++)
		make_round(round % 2);
	found = fit("with a slope of 1", &slowed);
	fitted = fit("as it is", &plain);
	report(&fitted);
	if (!kernel_is_slow()) {
		CHECK(found.low > SLOPE - FORGIVEN);
		CHECK(found.high < SLOPE + FORGIVEN);
		CHECK(fitted.low > -FORGIVEN);
		CHECK(fitted.high < FORGIVEN);
	}
	region_close(&region);
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
