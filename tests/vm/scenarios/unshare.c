// SPDX-License-Identifier: GPL-2.0
/*
 * What it takes to break a slot does not depend on how many others share its
 * frame: a guest cannot tell by the clock how many have the same content.
 *
 *	others:   1   2   4   8  ...  4096
 *	frames:  64  64  64  64         1     each merged from others + 2 slots, or
 *	                                      a few more, of which some are written
 *
 * Of each number of others SAMPLES slots are written to and timed, in one order
 * that is all random, so what the machine does meanwhile happens to all of them
 * alike.  What counts is how many share the frame at that moment.  (The last one
 * of all would free the frame too, which takes longer, but nobody shares with it.)
 *
 * A frame that many share has been copied a moment ago, and slots that share it lie
 * side by side: their numbers show in the caches, -0.8 ns for each, as long as the
 * others are cold.  So a slot is read before it is written to, and a third one that
 * shares the frame is written to right before: the frame, the slot, the page tables
 * and the kernel's way to the frame are warm for all of them.
 *
 * Statistics.  The time for a number is the median of its samples, for those that
 * were interrupted say nothing.  A straight line is laid through the medians over
 * the numbers; its slope is nanoseconds for each sharer.  How far chance may have
 * moved it is found by bootstrap: samples are drawn anew from those of each
 * number, with repetition, BOOTS times, and 99 % of the slopes lie in the interval
 * that is printed.
 *
 * What would be found.  With 4096 others a nanosecond for each adds 4 us to 20 or
 * 30 (emulated), and the medians are of 256 samples.  That this is enough is not
 * taken for granted: in each third round the clock is read again until as many
 * nanoseconds have gone by as others share the frame; these rounds must show a
 * slope whose interval lies above 0.
 *
 * It fails if the slope of the others is above 0 beyond chance, and by more than a
 * quarter of what is known to be found; less, caches might make.
 *
 * vm: cpus=2 mem=1G timeout=400 boot=own
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
#define ROUNDS		6	/* each third with a slope that has to be found */
#define BOOTS		2000
#define SLOPE		1.0	/* ns for each sharer: has to be found */

/* A few slots of a frame may be written to before that changes the number. */
#define PER_FRAME(others)	((others) < 64 ? 1 : (others) / 64)

struct sample {
	size_t frame;
	size_t page;		/* a slot that shares it, to be timed */
	size_t before;		/* one to be written to right before */
	unsigned int number;	/* of NUMBERS */
};

/* Times in nanoseconds, by number. */
struct times {
	double ns[NUMBERS][SAMPLES * ROUNDS];
	size_t count;
};

struct line {
	double slope, low, high;
};

static struct sample samples[NUMBERS * SAMPLES];
static size_t nr_samples, pages;
static size_t sharers[NUMBERS * SAMPLES];	/* by frame */
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

static void shuffle(void)
{
	for (size_t i = nr_samples - 1; i > 0; i--) {
		size_t j = rng_below(&rng, i + 1);
		struct sample sample = samples[i];

		samples[i] = samples[j];
		samples[j] = sample;
	}
}

/* Which slots share which frame, and which of them will be written to. */
static size_t plan(bool fill)
{
	size_t frame = 0, page = 0;

	nr_samples = 0;
	for (unsigned int number = 0; number < NUMBERS; number++) {
		size_t others = 1UL << number, each = PER_FRAME(others);

		for (size_t done = 0; done < SAMPLES; done += each, frame++) {
			sharers[frame] = others + 2 * each;
			for (size_t i = 0; i < each; i++)
				samples[nr_samples++] = (struct sample) {
					.frame = frame,
					.page = page + i,
					.before = page + each + i,
					.number = number,
				};
			for (size_t i = 0; i < sharers[frame]; i++, page++)
				if (fill)
					pattern(1 + frame, slot(&region, page));
		}
	}
	CHECK_EQ(nr_samples, NUMBERS * SAMPLES);
	pages = page;
	return frame;
}

/* Have a page, and all that leads to it, in the CPU's caches. */
static void warm(const uint8_t *page)
{
	for (size_t i = 0; i < PAGE; i++)
		(void)((const volatile uint8_t *)page)[i];
}

/* The time of one write, as if each of @delay sharers took a nanosecond. */
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
	size_t count[NUMBERS], frames = plan(true);
	struct stats before;

	settle();
	before = stats_read();
	CHECK_EQ(before.pages_shared, frames);
	CHECK_EQ(before.frames, frames);
	/* From here on the clock runs, and nothing else shall. */
	knob_set(KNOB_run, 0);
	shuffle();
	for (unsigned int number = 0; number < NUMBERS; number++)
		count[number] = times->count;
	for (size_t i = 0; i < nr_samples; i++) {
		struct sample *sample = &samples[i];
		size_t others = sharers[sample->frame] -= 2;
		unsigned int number = sample->number;

		warm(slot(&region, sample->page));
		slot(&region, sample->before)[0]++;
		times->ns[number][count[number]++] =
			time_write(slot(&region, sample->page),
				   slow ? SLOPE * others : 0);
		others_sum[number] += others;
	}
	others_count += SAMPLES;
	times->count += SAMPLES;
	CHECK_EQ(stats_read().breaks - before.breaks, 2 * nr_samples);
	for (size_t i = 0; i < nr_samples; i++) {
		slot(&region, samples[i].page)[0]--;
		slot(&region, samples[i].before)[0]--;
		CHECK_PAGE(slot(&region, samples[i].page),
			   1 + samples[i].frame);
		CHECK_PAGE(slot(&region, samples[i].before),
			   1 + samples[i].frame);
	}
	/* What is punched is not known to change often. */
	SYS(fallocate(region.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		      pages * PAGE));
	knob_set(KNOB_run, 1);
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
			drawn[j] = times->ns[i][rng_below(&rng, times->count)];
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
		medians[i] = median(times->ns[i], times->count);
	qsort(slopes, BOOTS, sizeof(*slopes), compare);
	line.slope = slope_of(medians);
	line.low = slopes[BOOTS / 200];
	line.high = slopes[BOOTS - 1 - BOOTS / 200];
	for (int i = 0; i < NUMBERS; i++)
		say("%s: %4.0f others: median of %zu is %.0f ns", what,
		    others_sum[i] / others_count, times->count, medians[i]);
	say("%s: slope %.3f ns, 99 %% in %.3f .. %.3f", what, line.slope,
	    line.low, line.high);
	return line;
}

static void report(const struct line *line)
{
	bool zero = line->low <= 0 && line->high >= 0;
	FILE *file = fopen("unshare.json", "we");

	say("unshare_slope_ns_per_sharer=%.3f ci_low=%.3f ci_high=%.3f "
	    "unshare_slope_ci_includes_zero=%d",
	    line->slope, line->low, line->high, zero);
	CHECK(file);
	fprintf(file,
		"{\n  \"unshare_slope_ns_per_sharer\": %.3f,\n"
		"  \"ci_low\": %.3f,\n  \"ci_high\": %.3f,\n"
		"  \"unshare_slope_ci_includes_zero\": %d\n}\n",
		line->slope, line->low, line->high, zero);
	CHECK_EQ(fclose(file), 0);
}

int main(void)
{
	int rounds = kernel_is_slow() ? ROUNDS / 2 : ROUNDS;
	struct line fitted, found;

	knob_set(KNOB_sample_pages, 0);
	mount_ksmfs(MNT, "size=256m");
	plan(false);
	region = region_create(MNT "/a", pages);
	for (int round = 0; round < rounds; round++)
		make_round(round % 3 == 2);
	found = fit("with a slope of 1 ns", &slowed);
	fitted = fit("as it is", &plain);
	report(&fitted);
	if (!kernel_is_slow()) {
		CHECK(found.low > 0);
		CHECK(fitted.low < SLOPE / 4);
	}
	region_close(&region);
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
