// SPDX-License-Identifier: GPL-2.0
/* Sampling: what counts as touched, and how good the estimate is. */
#include "ksm/sample.c"
#include "cow/break.h"
#include "cow/punch.h"
#include "tests/unit/world.h"

#define PAGES 1000
#define NR 200		/* the knob's default */

static struct ksmfs_region_info report(struct file *file)
{
	struct ksmfs_region_info info = { .pages = file->pages };

	ksmfs_sample_report(&file->region, &info);
	return info;
}

static void turn(struct file *file, unsigned int nr)
{
	ksmfs_sample_turn(&file->region, file->pages, nr);
}

static unsigned long touched_in(struct file *file)
{
	ksmfs_sample_look(&file->region);
	return touched(&file->region.sample);
}

static void nobody_maps_what_is_watched(struct guest *guest)
{
	unsigned long i;

	for (i = 0; i < guest->nr; i++)
		assert_true(!guest->pte[i].page || guest->pte[i].anon);
}

static void touch_one(unsigned long index, bool write)
{
	struct scene scene = scene_new(world.domain);
	struct guest *private = guest_map(scene.file, SCENE_PAGES, false);
	int byte = scene_byte(index);

	guest_fill(private, index, 0x55);
	guest_expect(scene.guest, KSMFS_SLOT_EMPTY, 0);
	turn(scene.file, NR);
	assert_int_equal(scene.region->sample.chosen, SCENE_PAGES);
	nobody_maps_what_is_watched(scene.guest);
	nobody_maps_what_is_watched(private);
	world_check();
	assert_int_equal(touched_in(scene.file), 0);
	guest_expect(private, index, 0x55);
	assert_int_equal(touched_in(scene.file), 0);

	guest_expect(scene.guest, index, byte);
	if (write)
		guest_fill(scene.guest, index, ++byte);
	assert_int_equal(touched_in(scene.file), 1);
	/* Once is enough, whatever becomes of the page. */
	ksmfs_punch(scene.region, index, index);
	assert_int_equal(touched_in(scene.file), 1);
	world_check();
	file_del(scene.file);
}

static void a_touch_is_seen_in_every_state(void **state)
{
	unsigned long index;

	(void)state;
	for (index = 0; index < SCENE_PAGES; index++) {
		touch_one(index, false);
		touch_one(index, true);
	}
}

static void content_stays_as_it_is(void **state)
{
	struct scene scene = scene_new(world.domain);
	unsigned long i;

	(void)state;
	turn(scene.file, NR);
	for (i = 0; i < SCENE_PAGES; i++) {
		if (i < KSMFS_NR_SLOT_STATES)
			assert_int_equal(file_state(scene.file, i), i);
		guest_expect(scene.guest, i, scene_byte(i));
	}
	assert_int_equal(touched_in(scene.file), SCENE_PAGES);
	world_check();
}

static void to_lose_a_frame_is_no_touch(void **state)
{
	struct scene scene = scene_new(world.domain);

	(void)state;
	guest_fill(scene.guest, KSMFS_SLOT_HOT, scene_byte(KSMFS_SLOT_CLEAN));
	turn(scene.file, NR);
	world_scan(4);
	assert_state(scene.file, KSMFS_SLOT_HOT, SHARED);
	assert_state(scene.file, KSMFS_SLOT_CLEAN, SHARED);
	ksmfs_punch(scene.region, KSMFS_SLOT_HINT, KSMFS_SLOT_HINT);
	assert_state(scene.file, KSMFS_SLOT_HINT, EMPTY);
	assert_int_equal(touched_in(scene.file), 0);
}

/* As write(2) does: what gets a frame of its own need not be mapped. */
static void to_get_a_frame_is_a_touch(void **state)
{
	static const enum ksmfs_slot_state from[] = {
		KSMFS_SLOT_EMPTY, KSMFS_SLOT_SHARED, KSMFS_SLOT_ZERO,
	};
	struct scene scene = scene_new(world.domain);
	size_t i;

	(void)state;
	turn(scene.file, NR);
	for (i = 0; i < ARRAY_SIZE(from); i++) {
		struct ksmfs_slot *slot = scene_slot(&scene, from[i]);

		ksmfs_slot_lock(scene.region, slot);
		assert_int_equal(ksmfs_break(scene.region, slot, from[i],
					     KSMFS_CHARGE), 0);
		ksmfs_slot_unlock(scene.region, slot);
		assert_int_equal(touched_in(scene.file), i + 1);
	}
}

static void who_is_held_is_not_waited_for(void **state)
{
	struct scene scene = scene_new(world.domain);
	struct ksmfs_slot *slot = scene_slot(&scene, KSMFS_SLOT_HOT);

	(void)state;
	ksmfs_slot_lock(scene.region, slot);
	turn(scene.file, NR);
	ksmfs_slot_unlock(scene.region, slot);
	assert_int_equal(scene.region->sample.chosen, SCENE_PAGES - 1);

	turn(scene.file, NR);
	assert_int_equal(scene.region->sample.chosen, SCENE_PAGES);
	guest_fill(scene.guest, KSMFS_SLOT_HOT, 1);
	ksmfs_slot_lock(scene.region, slot);
	assert_int_equal(touched_in(scene.file), 0);
	ksmfs_slot_unlock(scene.region, slot);
	assert_int_equal(touched_in(scene.file), 1);
}

static void a_region_that_ends_is_left(void **state)
{
	struct scene scene = scene_new(world.domain);

	(void)state;
	turn(scene.file, NR);
	guest_fill(scene.guest, KSMFS_SLOT_HOT, 1);
	WRITE_ONCE(scene.region->dying, true);
	assert_int_equal(touched_in(scene.file), 0);
	turn(scene.file, NR);
	assert_int_equal(scene.region->sample.chosen, 0);
	assert_non_null(scene.guest->pte[KSMFS_SLOT_HOT].page);
	WRITE_ONCE(scene.region->dying, false);
}

static void what_was_never_touched_costs_nothing(void **state)
{
	struct file *file = file_new(world.domain, 1UL << 40);
	long metadata = stat_of(metadata_bytes);
	struct ksmfs_region_info info;
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		turn(file, NR);
	assert_int_equal(stat_of(metadata_bytes), metadata);
	info = report(file);
	assert_int_equal(info.periods, 2);
	assert_int_equal(info.active, 0);
}

static void little_is_known_at_first(void **state)
{
	struct file *file = file_new(world.domain, 4);
	struct guest *guest = guest_map(file, 4, true);
	struct ksmfs_region_info info;
	unsigned long i;

	(void)state;
	turn(file, NR);
	for (i = 0; i < 4; i++)
		guest_fill(guest, i, 1);
	ksmfs_sample_look(&file->region);
	info = report(file);
	assert_int_equal(info.periods, 0);
	assert_int_equal(info.active, 0);

	turn(file, NR);
	info = report(file);
	assert_int_equal(info.periods, 1);
	assert_int_equal(info.active, 4);
	assert_int_equal(info.active_slow, 4);
	assert_int_equal(info.active_fast, 4);

	/* What has another size is another region. */
	file->pages = 3;
	turn(file, NR);
	info = report(file);
	assert_int_equal(info.periods, 0);
	assert_int_equal(info.active, 0);
	assert_int_equal(file->region.sample.chosen, 3);

	/* One without pages has no periods. */
	file->pages = 0;
	turn(file, NR);
	turn(file, NR);
	assert_int_equal(report(file).periods, 0);
}

static void all_is_forgotten(void **state)
{
	struct file *file = file_new(world.domain, 4);
	struct guest *guest = guest_map(file, 4, true);
	struct ksmfs_region_info info;

	(void)state;
	turn(file, NR);
	guest_fill(guest, 1, 1);
	turn(file, NR);
	assert_int_equal(report(file).active, 1);
	ksmfs_sample_forget(&file->region);
	ksmfs_sample_forget(&file->region);
	ksmfs_sample_look(&file->region);
	info = report(file);
	assert_int_equal(info.periods, 0);
	assert_int_equal(info.active, 0);
	assert_int_equal(info.active_slow, 0);
	assert_int_equal(info.active_fast, 0);
	turn(file, NR);
	turn(file, NR);
	assert_int_equal(report(file).active, 0);
}

/* A period without memory is none: what is known stays. */
static void nothing_is_watched_without_memory(void **state)
{
	struct file *file = file_new(world.domain, 8);
	struct guest *guest = guest_map(file, 8, true);

	(void)state;
	turn(file, 4);
	guest_fill(guest, 0, 1);
	turn(file, NR);
	guest_fill(guest, 1, 1);
	guest_fill(guest, 2, 1);
	shim_alloc_fail_nth(1);
	turn(file, 3);
	assert_true(shim_alloc_has_failed());
	shim_alloc_fail_nth(0);
	assert_int_equal(file->region.sample.chosen, 0);
	assert_int_equal(report(file).periods, 2);
	ksmfs_sample_look(&file->region);
	turn(file, NR);
	assert_int_equal(report(file).periods, 2);
	turn(file, NR);
	assert_int_equal(report(file).periods, 3);
}

/* Whole: the pages are chosen, unmapped and touched. */
static void the_active_part_is_found(void **state)
{
	static const unsigned long active[] = { 0, 250, 500, 1000 };
	size_t i;

	(void)state;
	shim_random_seed(1);
	for (i = 0; i < ARRAY_SIZE(active); i++) {
		struct file *file = file_new(world.domain, PAGES);
		struct guest *guest = guest_map(file, PAGES, true);
		unsigned long n = active[i], period, p;

		for (period = 0; period <= 12; period++) {
			turn(file, NR);
			assert_int_equal(file->region.sample.chosen, NR);
			for (p = 0; p < n; p++)
				guest_fill(guest, (p * 7) % PAGES, 1 + period);
		}
		assert_int_equal(report(file).periods, 12);
		assert_in_range(report(file).active, n - n * 15 / 100,
				n + n * 15 / 100);
		world_check();
		file_del(file);
	}
}

/* ---- the averages alone: periods are made up ---- */

/* End a period in which so many of NR pages were touched. */
static void end_with(struct file *file, unsigned int touched)
{
	file->region.sample.chosen = NR;
	file->region.sample.left = NR - touched;
	end_period(&file->region.sample);
	file->region.sample.chosen = 0;
	file->region.sample.left = 0;
}

/* Look in the middle of a period. */
static void look_with(struct file *file, unsigned int touched)
{
	struct ksmfs_watched *none = file->region.sample.watched;
	size_t size = NR * sizeof(*none);

	/* Those left are looked at: none of them has been touched. */
	file->region.sample.watched = kvzalloc(size, GFP_KERNEL);
	file->region.sample.chosen = NR;
	file->region.sample.left = NR - touched;
	ksmfs_sample_look(&file->region);
	kvfree(file->region.sample.watched);
	file->region.sample.watched = none;
}

static void a_rise_is_followed_at_once(void **state)
{
	struct file *file = file_new(world.domain, PAGES);
	int i;

	(void)state;
	for (i = 0; i < 30; i++)
		end_with(file, 20);
	assert_in_range(report(file).active, 99, 100);

	/* Already in the period that has not ended yet; */
	look_with(file, 25);
	assert_in_range(report(file).active, 99, 100);
	look_with(file, 100);
	assert_int_equal(report(file).active, 500);
	assert_in_range(report(file).active_fast, 99, 100);
	end_with(file, 120);
	assert_in_range(report(file).active_fast, 599, 600);
	assert_in_range(report(file).active, 599, 600);
	assert_in_range(report(file).active_slow, 130, 132);

	/* and what began is not over with it. */
	look_with(file, 0);
	assert_in_range(report(file).active, 599, 600);
}

static void a_fall_is_followed_slowly(void **state)
{
	struct file *file = file_new(world.domain, PAGES);
	unsigned long slow = 800, last = 801;
	int i;

	(void)state;
	for (i = 0; i < 30; i++)
		end_with(file, 160);
	for (i = 0; i < 16; i++) {
		end_with(file, 0);
		slow = slow * 15 / 16;
		assert_true(report(file).active < last);
		last = report(file).active;
		assert_int_equal(report(file).active_slow, last);
	}
	assert_in_range(last, 280, 290);
	assert_in_range(report(file).active_fast, 5, 10);
}

/* No period is worth more than others because it was the first. */
static void averages_begin_as_means(void **state)
{
	struct file *file = file_new(world.domain, PAGES);

	(void)state;
	end_with(file, 200);
	assert_int_equal(report(file).active, 1000);
	end_with(file, 100);
	assert_in_range(report(file).active_slow, 749, 750);
	end_with(file, 0);
	assert_in_range(report(file).active_slow, 499, 500);
	assert_in_range(report(file).active_fast, 499, 500);
	end_with(file, 0);
	end_with(file, 0);
	assert_in_range(report(file).active_slow, 299, 300);
	assert_in_range(report(file).active_fast, 280, 282);
}

/* How many of NR pages are seen touched when @percent of the region are. */
static unsigned int draw(unsigned int percent)
{
	unsigned int i, n = 0;

	for (i = 0; i < NR; i++)
		n += get_random_u64() % 100 < percent;
	return n;
}

/**
 * struct quality - of many estimates
 * @bias: of the mean, in 1/1000 of what is right
 * @off: of 1000 estimates, those that are wrong by more than 15 %
 */
struct quality {
	long bias;
	long off;
};

static void add(struct quality *sum, const struct file *file,
		unsigned int percent)
{
	struct ksmfs_region_info info = { .pages = 100 * PAGES };
	long right = percent * PAGES, error;

	ksmfs_sample_report(&file->region, &info);
	error = (long)info.active - right;
	sum->bias += error;
	sum->off += (error < 0 ? -error : error) > right * 15 / 100;
}

static struct quality of(const struct quality *sum, unsigned int percent,
			 long nr)
{
	return (struct quality) {
		.bias = sum->bias / nr * 1000 / (percent * PAGES),
		.off = sum->off * 1000 / nr,
	};
}

/* A quarter and more, for long: read at the end of each period. */
static void the_estimate_is_hardly_biased(void **state)
{
	static const unsigned int percents[] = { 25, 50, 75, 100 };
	enum { PERIODS = 20000 };
	size_t i;
	int t;

	(void)state;
	shim_random_seed(2);
	for (i = 0; i < ARRAY_SIZE(percents); i++) {
		struct file *file = file_new(world.domain, 100 * PAGES);
		struct quality quality = {};

		for (t = 0; t < PERIODS; t++) {
			unsigned int seen = draw(percents[i]);

			look_with(file, seen);
			if (t > 30)
				add(&quality, file, percents[i]);
			end_with(file, seen);
		}
		quality = of(&quality, percents[i], PERIODS - 31);
		printf("# %u %% active: bias %ld, off by 15 %%: %ld of 1000\n",
		       percents[i], quality.bias, quality.off);
		assert_in_range(quality.bias + 10, 0, 40);
		assert_in_range(quality.off, 0, 20);
		file_del(file);
	}
}

/* 12 periods after it began: 2 minutes. */
static void a_known_set_is_found_in_two_minutes(void **state)
{
	static const unsigned int percents[] = { 25, 50, 75, 100 };
	enum { TIMES = 2000 };
	size_t i;
	int idle, t, k;

	(void)state;
	shim_random_seed(3);
	for (i = 0; i < 2 * ARRAY_SIZE(percents); i++) {
		unsigned int percent = percents[i / 2];
		struct quality quality = {};

		idle = i % 2 ? 40 : 0;
		for (t = 0; t < TIMES; t++) {
			struct file *file = file_new(world.domain, PAGES);

			for (k = 0; k < idle; k++)
				end_with(file, draw(2));
			for (k = 0; k < 12; k++)
				end_with(file, draw(percent));
			add(&quality, file, percent);
			file_del(file);
		}
		quality = of(&quality, percent, TIMES);
		printf("# %u %% after %d idle periods: bias %ld, off by 15 %%: %ld of 1000\n",
		       percent, idle, quality.bias, quality.off);
		assert_in_range(quality.bias + 40, 0, 80);
		assert_in_range(quality.off, 0, 20);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(a_touch_is_seen_in_every_state),
		world_test(content_stays_as_it_is),
		world_test(to_lose_a_frame_is_no_touch),
		world_test(to_get_a_frame_is_a_touch),
		world_test(who_is_held_is_not_waited_for),
		world_test(a_region_that_ends_is_left),
		world_test(what_was_never_touched_costs_nothing),
		world_test(little_is_known_at_first),
		world_test(all_is_forgotten),
		world_test(nothing_is_watched_without_memory),
		world_test(the_active_part_is_found),
		world_test(a_rise_is_followed_at_once),
		world_test(a_fall_is_followed_slowly),
		world_test(averages_begin_as_means),
		world_test(the_estimate_is_hardly_biased),
		world_test(a_known_set_is_found_in_two_minutes),
	};

	return cmocka_run_group_tests_name("sample", tests, NULL, NULL);
}
