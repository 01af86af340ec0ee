// SPDX-License-Identifier: GPL-2.0
/* The stable tree: who is found, who counts, and how it grows. */
#include "ksm/stable.c"
#include <stdlib.h>
#include <unistd.h>
#include "tests/unit/death.h"
#include "tests/unit/world.h"

/* Frames that stand in no slot, but belong to the region of this file. */
static struct file *owner;

static struct page *frame_new(u64 fingerprint)
{
	struct page *frame = ksmfs_frame_alloc(world.domain, KSMFS_CHARGE,
					       KSMFS_FRAME_COPY);

	assert_false(IS_ERR(frame));
	ksmfs_frame_set_fingerprint(frame, fingerprint);
	return frame;
}

static struct page *hint_new(u64 fingerprint, unsigned long index)
{
	struct page *frame = frame_new(fingerprint);

	frame->mapping = &owner->mapping;
	frame->index = index;
	return frame;
}

static void hint_free(struct page *frame)
{
	forget(world.domain, frame);
	frame->mapping = NULL;
	ksmfs_frame_free(world.domain, frame, KSMFS_CHARGE);
}

static int begin(void **state)
{
	int err = world_begin(state);

	owner = file_new(world.domain, 1);
	return err;
}

#define stable_test(name) \
	cmocka_unit_test_setup_teardown(name, begin, world_end)

/* Whether a frame is the @nth match for its fingerprint, seen by another. */
static bool is_match(struct page *frame, u64 fingerprint, unsigned int nth)
{
	struct ksmfs_match match;
	bool is;

	if (!ksmfs_stable_find(world.domain, fingerprint, NULL, nth, &match))
		return false;
	is = match.frame == frame;
	if (match.region)
		is &= match.region == &owner->region &&
		      match.index == frame->index &&
		      !ksmfs_frame_is_shared(frame);
	ksmfs_stable_put(world.domain, &match);
	return is;
}

static void a_hint_is_found_until_forgotten(void **state)
{
	struct page *hint = hint_new(5, 17);
	struct ksmfs_match match;

	(void)state;
	assert_false(is_match(hint, 5, 0));
	assert_true(ksmfs_stable_add_hint(world.domain, hint));
	assert_true(ksmfs_stable_find(world.domain, 5, NULL, 0, &match));
	assert_ptr_equal(match.frame, hint);
	assert_int_equal(page_count(hint), 2);
	assert_ptr_equal(match.region, &owner->region);
	assert_int_equal(match.index, 17);
	assert_int_equal(refcount_read(&owner->region.users), 2);
	ksmfs_stable_put(world.domain, &match);
	assert_int_equal(refcount_read(&owner->region.users), 1);

	assert_false(ksmfs_stable_find(world.domain, 5, NULL, 1, &match));
	assert_false(ksmfs_stable_find(world.domain, 5, hint, 0, &match));
	assert_false(ksmfs_stable_find(world.domain, 6, NULL, 0, &match));
	assert_false(ksmfs_stable_find(world.other, 5, NULL, 0, &match));
	assert_true(ksmfs_stable_has(world.domain, 5, NULL));
	assert_false(ksmfs_stable_has(world.domain, 5, hint));
	assert_false(ksmfs_stable_has(world.domain, 5 | BIT(FIRST_BITS), NULL));
	forget(world.domain, hint);
	assert_false(is_match(hint, 5, 0));
	hint_free(hint);
}

static void the_last_match_frees_a_shared_frame(void **state)
{
	struct page *frame = frame_new(5);
	struct ksmfs_match a, b;

	(void)state;
	assert_true(ksmfs_stable_add_shared(world.domain, frame));
	assert_int_equal(frame->index, 1);
	assert_int_equal(stat_of(pages_shared), 1);
	assert_true(ksmfs_stable_find(world.domain, 5, NULL, 0, &a));
	assert_true(ksmfs_stable_find(world.domain, 5, NULL, 0, &b));
	assert_ptr_equal(a.frame, frame);
	assert_null(a.region);
	assert_int_equal(frame->index, 3);
	unshare(world.domain, frame);
	ksmfs_stable_put(world.domain, &a);
	assert_int_equal(stat_of(frames), 1);
	ksmfs_stable_put(world.domain, &b);
	assert_int_equal(stat_of(frames), 0);
	assert_int_equal(stat_of(pages_shared), 0);
	assert_int_equal(atomic_long_read(&world.domain->shared_frames), 0);
	assert_false(ksmfs_stable_find(world.domain, 5, NULL, 0, &a));
}

static void a_match_that_was_used_is_not_put(void **state)
{
	struct page *frame = frame_new(5);
	struct ksmfs_match match;

	(void)state;
	assert_true(ksmfs_stable_add_shared(world.domain, frame));
	assert_true(ksmfs_stable_find(world.domain, 5, NULL, 0, &match));
	match.frame = NULL;
	ksmfs_stable_put(world.domain, &match);
	assert_int_equal(frame->index, 2);
	unshare(world.domain, frame);
	unshare(world.domain, frame);
}

static void shared_frames_come_first(void **state)
{
	struct page *hint = hint_new(5, 1);
	struct page *second = hint_new(5, 2);
	struct page *frame = frame_new(5);

	(void)state;
	assert_true(ksmfs_stable_add_hint(world.domain, hint));
	assert_true(ksmfs_stable_add_shared(world.domain, frame));
	assert_true(ksmfs_stable_add_hint(world.domain, second));
	assert_true(is_match(frame, 5, 0));
	assert_true(is_match(hint, 5, 1) || is_match(hint, 5, 2));
	assert_true(is_match(second, 5, 1) || is_match(second, 5, 2));
	assert_false(is_match(hint, 5, 3));
	hint_free(hint);
	hint_free(second);
	unshare(world.domain, frame);
}

static void only_so_many_are_equal(void **state)
{
	struct page *hints[KSMFS_STABLE_MAX_EQUAL], *another = hint_new(5, 9);
	struct page *shared = frame_new(5);
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(hints); i++) {
		hints[i] = hint_new(5, i);
		assert_true(ksmfs_stable_add_hint(world.domain, hints[i]));
	}
	assert_false(ksmfs_stable_add_hint(world.domain, another));
	assert_false(ksmfs_stable_add_shared(world.domain, shared));
	assert_int_equal(stat_of(pages_shared), 0);
	assert_int_equal(stat_of(pages_sharing), 0);
	forget(world.domain, hints[2]);
	assert_true(ksmfs_stable_add_hint(world.domain, another));
	for (i = 0; i < ARRAY_SIZE(hints); i++)
		hint_free(hints[i]);
	hint_free(another);
	ksmfs_frame_free(world.domain, shared, KSMFS_CHARGE);
}

static void who_is_the_last_sharer_may_remain_so(void **state)
{
	struct page *frame = frame_new(5);
	struct ksmfs_match match;

	(void)state;
	assert_true(ksmfs_stable_add_shared(world.domain, frame));
	assert_true(ksmfs_stable_find(world.domain, 5, NULL, 0, &match));
	assert_false(seclude(world.domain, frame));
	assert_true(is_match(frame, 5, 0));
	ksmfs_stable_put(world.domain, &match);
	assert_true(seclude(world.domain, frame));
	assert_false(is_match(frame, 5, 0));
	assert_true(seclude(world.domain, frame));
	assert_int_equal(stat_of(pages_shared), 1);
	unshare(world.domain, frame);
	assert_int_equal(stat_of(pages_shared), 0);
}

static void to_forget_is_harmless(void **state)
{
	struct page *never = hint_new(KSMFS_NO_FINGERPRINT, 0);
	struct page *out = hint_new(5, 0);

	(void)state;
	forget(world.domain, never);
	forget(world.domain, out);
	assert_int_equal(shard_of(world.domain, 5)->nr, 0);
	hint_free(never);
	hint_free(out);
}

static void a_dying_region_is_not_found(void **state)
{
	struct page *hint = hint_new(5, 1);
	struct ksmfs_match match;

	(void)state;
	assert_true(ksmfs_stable_add_hint(world.domain, hint));
	owner->region.dying = true;
	assert_false(ksmfs_stable_find(world.domain, 5, NULL, 0, &match));
	owner->region.dying = false;
	assert_int_equal(refcount_read(&owner->region.users), 1);
	hint_free(hint);
}

/* Two find a table full; the second is too late. */
static void a_table_is_doubled_once(void **state)
{
	struct shard *shard = shard_of(world.domain, 5);
	long bytes = stat_of(metadata_bytes);
	struct table *table;

	(void)state;
	grow(shard, FIRST_BITS);
	table = shard->table;
	assert_int_equal(table->bits, FIRST_BITS + 1);
	grow(shard, FIRST_BITS);
	assert_ptr_equal(shard->table, table);
	assert_int_equal(stat_of(metadata_bytes),
			 bytes + table_size(FIRST_BITS + 1));
}

static void *retire(void *table)
{
	table_retire(table);
	return NULL;
}

/* Who prefetches may have the old table for as long as that takes. */
static void an_old_table_stays_while_it_is_read(void **state)
{
	struct table *table = table_new(FIRST_BITS);
	pthread_t thread;

	(void)state;
	assert_non_null(table);
	rcu_read_lock();
	assert_int_equal(pthread_create(&thread, NULL, retire, table), 0);
	usleep(20000);	/* time to free it too early, which the sanitizer sees */
	assert_int_equal(READ_ONCE(table->bits), FIRST_BITS);
	rcu_read_unlock();
	assert_int_equal(pthread_join(thread, NULL), 0);
}

#define MANY 5000

/* Spread over the shards as real ones are, and never 0. */
static u64 fingerprint_of(unsigned long i)
{
	return (i + 1) * 0x9e3779b97f4a7c15ULL;
}

static void fill_and_empty(bool without_memory)
{
	static struct page *hints[MANY];
	long bytes = stat_of(metadata_bytes);
	struct shard *shard = world.domain->stable->shard;
	unsigned long i, j;

	for (i = 0; i < MANY; i++) {
		hints[i] = hint_new(fingerprint_of(i), i);
		if (without_memory)
			shim_alloc_fail_nth(1);
		assert_true(ksmfs_stable_add_hint(world.domain, hints[i]));
		shim_alloc_fail_nth(0);
		/* All those before are found while the table grows, too. */
		for (j = i % 7; j <= i; j += 1 + i / 8)
			assert_true(is_match(hints[j], fingerprint_of(j), 0));
	}
	if (without_memory) {
		assert_int_equal(stat_of(metadata_bytes), bytes);
		assert_int_equal(shard->table->bits, FIRST_BITS);
	} else {
		/* Room enough, and not for more than twice as many. */
		assert_in_range(FULL(shard->table->bits), shard->nr,
				2 * shard->nr);
	}
	for (i = 0; i < MANY; i++) {
		assert_true(is_match(hints[i], fingerprint_of(i), 0));
		hint_free(hints[i]);
		assert_false(is_match(hints[i], fingerprint_of(i), 0));
	}
	assert_int_equal(shard->nr, 0);
}

static void the_table_grows(void **state)
{
	long bytes = stat_of(metadata_bytes);

	(void)state;
	fill_and_empty(false);
	assert_true(stat_of(metadata_bytes) > bytes);
	bytes = stat_of(metadata_bytes);
	fill_and_empty(false);
	assert_int_equal(stat_of(metadata_bytes), bytes);
}

static void without_memory_chains_grow(void **state)
{
	(void)state;
	fill_and_empty(true);
}

static void a_tree_that_is_not_empty_is_not_destroyed(void **state)
{
	struct page *hint = hint_new(5, 1);

	(void)state;
	assert_true(ksmfs_stable_add_hint(world.domain, hint));
	assert_dies("warning: shard->nr", stable_destroy(world.domain->stable));
	hint_free(hint);
}

static void chains_want_the_lock(void **state)
{
	struct shard *shard = shard_of(world.domain, 5);

	(void)state;
	assert_dies("not held", (void)chain(shard, 5));
	assert_dies("not held", (void)move_some(shard));
}

/* Hints of few fingerprints come and go, against a list of what must be in. */
static void it_is_what_a_list_would_be(void **state)
{
	enum { FRAMES = 200, PRINTS = 60, STEPS = 20000 };
	struct page *frames[FRAMES];
	bool in[FRAMES] = {};
	unsigned int equal[PRINTS] = {};
	unsigned int i, step, nth;

	(void)state;
	srand(1);
	for (i = 0; i < FRAMES; i++)
		frames[i] = hint_new(fingerprint_of(i % PRINTS), i);
	for (step = 0; step < STEPS; step++) {
		unsigned int print;

		i = rand() % FRAMES;
		print = i % PRINTS;
		if (in[i]) {
			forget(world.domain, frames[i]);
			in[i] = false;
			equal[print]--;
		} else {
			bool room = equal[print] < KSMFS_STABLE_MAX_EQUAL;

			assert_int_equal(ksmfs_stable_add_hint(world.domain,
							       frames[i]),
					 room);
			in[i] = room;
			equal[print] += room;
		}
		for (nth = 0; nth <= KSMFS_STABLE_MAX_EQUAL; nth++) {
			struct ksmfs_match match;
			bool found;

			found = ksmfs_stable_find(world.domain,
						  fingerprint_of(print), NULL,
						  nth, &match);
			assert_int_equal(found, nth < equal[print]);
			if (!found)
				continue;
			assert_true(in[match.index]);
			assert_int_equal(match.index % PRINTS, print);
			ksmfs_stable_put(world.domain, &match);
		}
	}
	for (i = 0; i < FRAMES; i++)
		hint_free(frames[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		stable_test(a_hint_is_found_until_forgotten),
		stable_test(the_last_match_frees_a_shared_frame),
		stable_test(a_match_that_was_used_is_not_put),
		stable_test(shared_frames_come_first),
		stable_test(only_so_many_are_equal),
		stable_test(who_is_the_last_sharer_may_remain_so),
		stable_test(to_forget_is_harmless),
		stable_test(a_dying_region_is_not_found),
		stable_test(a_table_is_doubled_once),
		stable_test(an_old_table_stays_while_it_is_read),
		stable_test(the_table_grows),
		stable_test(without_memory_chains_grow),
		stable_test(a_tree_that_is_not_empty_is_not_destroyed),
		stable_test(chains_want_the_lock),
		stable_test(it_is_what_a_list_would_be),
	};

	return cmocka_run_group_tests_name("stable", tests, NULL, NULL);
}
