// SPDX-License-Identifier: GPL-2.0
/*
 * Samples of contents and what is estimated from them: userspace-tools/estimate.
 *
 * Nothing of the core is here, but threads and arithmetic are, and this is where
 * they are watched.  Contents are numbers that are spread by SipHash, as in the
 * command; memory is made up by memory_read().
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "userspace-tools/util.c"
#include "userspace-tools/text.c"
#include "userspace-tools/estimate/sample.c"
#include "userspace-tools/estimate/saving.c"
#include "userspace-tools/estimate/siphash.c"
#include "userspace-tools/estimate/scan.c"
#include "userspace-tools/estimate/sketch.c"

#define VMS 3

/* Of each mix; the thread sanitizer is slow, and sees no threads there. */
#ifdef __SANITIZE_THREAD__
#define SEEDS 1
#else
#define SEEDS 15
#endif
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static uint64_t value_of(uint64_t content, uint64_t seed)
{
	const uint64_t key[2] = { seed, 0 };

	return siphash(content, key);
}

/*
 * Memory: page i of the VM whose file is @fd holds content i / 2 + 700 * fd, one
 * of 11 is zero, and one of 13 is a hole.  Even contents pack.
 */
void memory_next_data(const struct memory *memory, uint64_t offset,
		      uint64_t *from, uint64_t *to)
{
	(void)memory;
	*from = offset;
	*to = UINT64_MAX;
}

int memory_read(const struct memory *memory, uint64_t offset, size_t pages,
		void *to, enum page_state *states)
{
	for (size_t i = 0; i < pages; i++) {
		uint64_t page = offset / CONTENT_PAGE + i;
		uint64_t content = page / 2 + 700 * memory->fd;

		states[i] = page % 13 ? PAGE_READ : PAGE_HOLE;
		if (!(page % 11))
			content = UINT64_MAX;
		memcpy((char *)to + i * CONTENT_PAGE, &content,
		       sizeof(content));
	}
	return 0;
}

int memory_check(const struct memory *memory)
{
	(void)memory;
	return 0;
}

bool content_value(const void *page, const struct content_key *key,
		   uint64_t *value)
{
	uint64_t content;

	memcpy(&content, page, sizeof(content));
	*value = siphash(content, key->word);
	return content != UINT64_MAX;
}

bool content_packs(const void *page)
{
	return *(const char *)page % 2 == 0;
}

static void the_hash_is_siphash(void **state)
{
	/* Key 00 01 .. 0f, bytes 00 01 .. 07: from its authors' reference. */
	const uint64_t key[] = { 0x0706050403020100, 0x0f0e0d0c0b0a0908 };

	(void)state;
	assert_true(siphash(0x0706050403020100, key) == 0x93f5f5799a932462);
}

static struct sample scan_by(size_t threads, size_t most, size_t tries,
			     struct scan_count *counts)
{
	struct span spans[] = { { 0, 3000 }, { 4000 * CONTENT_PAGE, 2000 } };
	const struct content_key key = { { 1, 2 } };
	struct memory memories[VMS];
	struct sample sample;

	for (int i = 0; i < VMS; i++)
		memories[i] = (struct memory){
			.fd = i, .spans = spans, .count = 2, .pages = 5000,
		};
	sample_open(&sample, most, tries, UINT64_MAX);
	scan_run(memories, VMS, threads, &key, &sample, counts);
	sample_close(&sample);
	return sample;
}

/* Also for the thread sanitizer. */
static void all_threads_together_find_what_one_finds(void **state)
{
	static const size_t mosts[] = { 100, 1000, 100000 };
	struct scan_count one_counts[VMS], counts[VMS];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mosts); i++) {
		struct sample one = scan_by(1, mosts[i], 64, one_counts);

		assert_true(one.used <= mosts[i]);
		assert_true(one.tried <= 64);
		for (size_t threads = 2; threads < 6; threads++) {
			struct sample some = scan_by(threads, mosts[i], 64,
						     counts);

			assert_memory_equal(counts, one_counts,
					    sizeof(counts));
			assert_int_equal(some.used, one.used);
			assert_true(some.last == one.last);
			assert_true(some.try_last == one.try_last);
			assert_memory_equal(some.entries, one.entries,
					    one.used * sizeof(*one.entries));
			sample_free(&some);
		}
		sample_free(&one);
	}
}

static void the_order_of_pages_does_not_matter(void **state)
{
	struct sample up, down;
	uint64_t contents = 5000;

	(void)state;
	sample_open(&up, 500, 50, UINT64_MAX);
	sample_open(&down, 500, 50, UINT64_MAX);
	for (uint64_t i = 0; i < contents; i++) {
		sample_add(&up, value_of(i, 1), i % 3);
		sample_add(&up, value_of(i, 1), 1);
	}
	for (uint64_t i = contents; i-- > 0;) {
		sample_add(&down, value_of(i, 1), 1);
		sample_add(&down, value_of(i, 1), i % 3);
	}
	sample_close(&up);
	sample_close(&down);
	assert_true(up.used > 200 && up.used <= 500);
	assert_int_equal(up.used, down.used);
	assert_true(up.last == down.last && up.try_last == down.try_last);
	assert_memory_equal(up.entries, down.entries,
			    up.used * sizeof(*up.entries));
	sample_free(&up);
	sample_free(&down);
}

/* The most entries of the table that follow one another. */
static size_t longest_way(const struct sample *sample)
{
	size_t longest = 0, way = 0;

	for (size_t i = 0; i < sample->room; i++) {
		way = sample->entries[i].flags ? way + 1 : 0;
		if (way > longest)
			longest = way;
	}
	return longest;
}

static void chosen_values_do_not_meet_in_one_place(void **state)
{
	struct sample sample;

	(void)state;
	sample_open(&sample, 10000, 0, UINT64_MAX);
	for (uint64_t i = 0; i < 5000; i++)
		sample_add(&sample, i << 32, 0);
	assert_int_equal(sample.used, 5000);
	assert_true(longest_way(&sample) < 1000);
	sample_free(&sample);
}

static void a_sample_of_all_counts_all(void **state)
{
	struct vm_saving vms[2] = { { .pages = 70, .zero = 5, .unread = 3 },
				    { .pages = 30 } };
	struct saving saving;
	struct sample sample;

	(void)state;
	sample_open(&sample, 1000, 1000, UINT64_MAX);
	/* 50 contents, 12 of them twice; 30, of which 10 are the first's. */
	for (int i = 0; i < 50; i++)
		if (sample_add(&sample, value_of(i, 2), 0) && i % 2)
			sample_packs(&sample, value_of(i, 2), 0);
	for (int i = 0; i < 12; i++)
		assert_false(sample_add(&sample, value_of(i, 2), 0));
	for (int i = 40; i < 70; i++)
		assert_true(sample_add(&sample, value_of(i, 2), 1));
	sample_close(&sample);
	saving = saving_of(&sample, vms, 2);
	sample_free(&sample);

	assert_true(saving.pages == 100 && saving.zero == 5);
	assert_true(saving.unread == 3 && saving.chance == 1);
	assert_int_equal(saving.contents, 70);
	assert_true(saving.inside.pages == 12 && saving.inside.error == 0);
	assert_true(saving.between.pages == 10 && saving.between.error == 0);
	assert_true(saving.merged.pages == 22 && saving.merged.error == 0);
	assert_true(saving.unique.pages == 28 + 20);
	assert_true(saving.packable.pages == 14 && !saving.packable.error);
	assert_true(vms[0].inside.pages == 12 && vms[1].inside.pages == 0);
	assert_true(vms[0].between.pages == 5 && vms[1].between.pages == 5);
}

/* Two VMs; contents that a VM has more than once it has @times. */
struct mix {
	uint64_t first;
	uint64_t second;
	uint64_t shared;
	uint64_t twice;
	uint64_t times;
};

static const struct mix mixes[] = {
	{ 20000, 20000, 0, 0, 1 },		/* nothing is shared */
	{ 20000, 20000, 10000, 0, 1 },		/* half */
	{ 20000, 20000, 20000, 0, 1 },		/* all */
	{ 50, 30000, 25, 0, 1 },		/* tiny and huge */
	{ 20000, 5000, 3000, 3, 15000 },	/* few contents, many pages */
	{ 9000, 9000, 4000, 4000, 3 },
};

/* Eighteen times as many contents as a sketch holds, and more. */
static const struct mix large_mixes[] = {
	{ 150000, 150000, 0, 0, 1 },
	{ 200000, 150000, 50000, 0, 1 },
	{ 300000, 300000, 300000, 0, 1 },
	{ 2000, 300000, 1000, 0, 1 },
};

static void add_vm(struct sample *sample, const struct mix *mix, int owner,
		   uint64_t seed)
{
	uint64_t from = owner ? mix->first - mix->shared : 0;
	uint64_t count = owner ? mix->second : mix->first;

	for (uint64_t i = 0; i < count; i++) {
		sample_add(sample, value_of(from + i, seed), owner);
		if (i < mix->twice)
			sample_add(sample, value_of(from + i, seed), owner);
	}
}

/* How far estimates are off, over all mixes and seeds. */
struct errors {
	double points;
	unsigned int told;
	unsigned int beyond;
};

static void check_amount(struct errors *errors, struct amount amount,
			 double truth, double pages)
{
	double off = fabs(amount.pages - truth);

	errors->points = fmax(errors->points, off * 100 / pages);
	errors->told++;
	errors->beyond += off > amount.error;
}

static void estimate_mix(struct errors *errors, const struct mix *mix,
			 uint64_t seed, size_t most)
{
	double more = mix->twice * (mix->times - 1);
	double unique = mix->first + mix->second - 2 * mix->shared;
	struct vm_saving vms[2] = { { .pages = mix->first + more },
				    { .pages = mix->second + more } };
	double pages = vms[0].pages + vms[1].pages;
	struct saving saving;
	struct sample sample;

	sample_open(&sample, most, 0, UINT64_MAX);
	add_vm(&sample, mix, 0, seed);
	add_vm(&sample, mix, 1, seed);
	sample_close(&sample);
	saving = saving_of(&sample, vms, 2);
	sample_free(&sample);
	check_amount(errors, saving.inside, 2 * more, pages);
	check_amount(errors, saving.between, mix->shared, pages);
	check_amount(errors, saving.merged, 2 * more + mix->shared, pages);
	check_amount(errors, vms[0].inside, more, pages);
	check_amount(errors, vms[1].between, mix->shared / 2.0, pages);
	if (!mix->twice)
		check_amount(errors, saving.unique, unique, pages);
}

static void the_truth_is_within_the_error(void **state)
{
	struct errors errors = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mixes); i++)
		for (uint64_t seed = 0; seed < SEEDS; seed++)
			estimate_mix(&errors, &mixes[i], seed, 1024);
	print_message("# samples of 1024: %.2f points at most, beyond the "
		      "error %u of %u\n", errors.points, errors.beyond,
		      errors.told);
	/* 95 % are told; those of one sample are not independent. */
	assert_true(errors.beyond * 100 <= errors.told * 7);
}

/*
 * Thirty VMs: each has contents of its own, and five that all have.  As few as
 * those are, none may be in the sample.
 */
static void what_many_vms_have_is_within_the_error(void **state)
{
	const double own = 60, common = 5, count = 30;
	const double pages = count * (own + common);
	struct errors errors = { 0 };

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS * 10; seed++) {
		struct vm_saving vms[30];
		struct saving saving;
		struct sample sample;

		sample_open(&sample, 512, 0, UINT64_MAX);
		for (uint64_t i = 0; i < count; i++) {
			vms[i] = (struct vm_saving){ .pages = own + common };
			for (uint64_t j = 0; j < own; j++)
				sample_add(&sample, value_of(i << 8 | j, seed),
					   i);
			for (uint64_t j = 0; j < common; j++)
				sample_add(&sample, value_of(~j, seed), i);
		}
		sample_close(&sample);
		saving = saving_of(&sample, vms, count);
		sample_free(&sample);
		check_amount(&errors, saving.between, common * (count - 1),
			     pages);
		check_amount(&errors, saving.inside, 0, pages);
	}
	print_message("# of 30 VMs: %.2f points at most, beyond the error %u "
		      "of %u\n", errors.points, errors.beyond, errors.told);
	assert_true(errors.beyond * 100 <= errors.told * 7);
}

static void assert_can_be(const struct vm_saving *vm)
{
	const struct amount amounts[] = { vm->inside, vm->between, vm->merged };

	for (size_t i = 0; i < ARRAY_SIZE(amounts); i++) {
		assert_true(amounts[i].pages >= 0 && amounts[i].error >= 0);
		assert_true(amounts[i].pages <= vm->pages);
		assert_true(amounts[i].error <= vm->pages);
	}
	assert_true(fabs(vm->inside.pages + vm->between.pages -
			 vm->merged.pages) < 0.001);
}

/* Six VMs of one page each, that a large one has, too: the sample is not theirs. */
static void nothing_is_told_that_cannot_be(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct vm_saving vms[7] = { { .pages = 3000 } }, all;
		struct saving saving;
		struct sample sample;

		sample_open(&sample, 512, 0, UINT64_MAX);
		for (uint64_t i = 0; i < 3000; i++)
			sample_add(&sample, value_of(i, seed), 0);
		for (uint64_t i = 1; i < 7; i++) {
			vms[i].pages = 1;
			sample_add(&sample, value_of(i, seed), i);
		}
		sample_close(&sample);
		saving = saving_of(&sample, vms, 7);
		sample_free(&sample);
		for (size_t i = 0; i < 7; i++)
			assert_can_be(&vms[i]);
		for (size_t i = 1; i < 7; i++)
			assert_true(vms[i].inside.pages == 0);
		all = (struct vm_saving){
			.pages = saving.pages,
			.inside = saving.inside,
			.between = saving.between,
			.merged = saving.merged,
		};
		assert_can_be(&all);
		assert_true(saving.unique.pages <= saving.pages);
	}
}

/* As in sketches that are sound, but of no VM: each is one of 2^64 contents. */
static void a_chance_of_nearly_nothing_can_be(void **state)
{
	struct vm_saving vms[2] = { { .pages = 1 }, { .pages = 1 } };
	struct saving saving;
	struct sample sample;

	(void)state;
	sample_open(&sample, 2, 0, 0);
	sample_add(&sample, 0, 0);
	sample_add(&sample, 0, 1);
	sample_close(&sample);
	saving = saving_of(&sample, vms, 2);
	sample_free(&sample);
	assert_true(saving.merged.pages <= 2 && saving.merged.error <= 2);
	assert_true(saving.between.pages <= 2 && saving.between.error <= 2);
	assert_true(saving.unique.pages <= 2 && saving.unique.error <= 2);
	assert_can_be(&vms[0]);
}

/* Of one VM, of @most values, through the bytes of a file. */
static struct sketch sketch_vm(const struct mix *mix, int owner, uint64_t seed,
			       size_t most)
{
	struct sketch sketch, again;
	struct sample sample;
	unsigned char *bytes;
	size_t length;

	sample_open(&sample, 4 * most, 0, UINT64_MAX);
	add_vm(&sample, mix, owner, seed);
	sample_close(&sample);
	sample_cut(&sample, most);
	sketch = sketch_of(&sample, 7, 1000000, 0);
	assert_true(sketch.count <= most);
	sample_free(&sample);
	bytes = sketch_encode(&sketch, &length);
	assert_null(sketch_decode(bytes, length, &again));
	assert_int_equal(again.count, sketch.count);
	assert_memory_equal(again.values, sketch.values, sketch.count * 8);
	assert_true(again.last == sketch.last && again.key_id == 7);
	free(bytes);
	sketch_free(&sketch);
	return again;
}

static void check_sketches(struct errors *errors, const struct mix *mix,
			   uint64_t seed, size_t most)
{
	struct vm_saving vms[2] = { { .pages = mix->first },
				    { .pages = mix->second } };
	struct sketch sketches[2];
	uint64_t last = UINT64_MAX;
	struct saving saving;
	struct sample sample;

	for (int i = 0; i < 2; i++) {
		sketches[i] = sketch_vm(mix, i, seed, most);
		if (sketches[i].last < last)
			last = sketches[i].last;
	}
	sample_open(&sample, 2 * most, 0, last);
	for (int i = 0; i < 2; i++) {
		for (size_t j = 0; j < sketches[i].count; j++)
			sample_add(&sample, sketches[i].values[j], i);
		sketch_free(&sketches[i]);
	}
	sample_close(&sample);
	saving = saving_of(&sample, vms, 2);
	sample_free(&sample);
	check_amount(errors, saving.between, mix->shared, mix->first + mix->second);
}

static void sketches_tell_what_is_shared(void **state)
{
	struct errors errors = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(mixes); i++)
		for (uint64_t seed = 0; seed < SEEDS; seed++)
			check_sketches(&errors, &mixes[i], seed, 2000);
	print_message("# sketches of 2000: %.2f points at most, beyond the "
		      "error %u of %u\n", errors.points, errors.beyond,
		      errors.told);
	assert_true(errors.points < 5);
	assert_true(errors.beyond * 100 <= errors.told * 7);
}

static void sketches_tell_what_large_vms_share(void **state)
{
	struct errors errors = { 0 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(large_mixes); i++)
		check_sketches(&errors, &large_mixes[i], i, SKETCH_MOST);
	print_message("# sketches of large VMs: %.2f points at most\n",
		      errors.points);
	assert_true(errors.points < 5);
}

/* A content that most pages have is not in a sample, or it is: no matter. */
static void how_often_a_content_is_there_does_not_matter(void **state)
{
	double least = INFINITY, most = 0;

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct vm_saving vm = { .pages = 10000 + 1000000 };
		struct saving saving;
		struct sample sample;

		sample_open(&sample, 1024, 0, UINT64_MAX);
		for (uint64_t i = 0; i < 10000; i++)
			sample_add(&sample, value_of(i, seed), 0);
		sample_close(&sample);
		saving = saving_of(&sample, &vm, 1);
		sample_free(&sample);
		least = fmin(least, saving.merged.pages);
		most = fmax(most, saving.merged.pages);
	}
	assert_true(least > 0.995e6 && most < 1.005e6);
}

/* Nothing was found, but little was looked at. */
static void nothing_is_not_certain(void **state)
{
	struct vm_saving vms[2] = { { .pages = 50000 }, { .pages = 50000 } };
	struct saving saving;
	struct sample sample;

	(void)state;
	sample_open(&sample, 1024, 16, UINT64_MAX);
	for (uint64_t i = 0; i < 100000; i++)
		sample_add(&sample, value_of(i, 3), i % 2);
	sample_close(&sample);
	saving = saving_of(&sample, vms, 2);
	sample_free(&sample);
	assert_true(saving.between.pages == 0 && saving.between.error > 300);
	assert_true(saving.packable.pages == 0 && saving.packable.error > 10000);
}

static void memory_is_not_exceeded(void **state)
{
	(void)state;
	for (uint64_t bytes = 1 << 20; bytes < 1ULL << 40; bytes += bytes / 3) {
		size_t most = sample_most(bytes), table = LEAST_ROOM;

		while (most_in(table) < most)
			table *= 2;
		/* The table, and what qsort() may take. */
		assert_true((table + most) * sizeof(struct sample_entry) <=
			    bytes);
		assert_true(table * 4 * sizeof(struct sample_entry) > bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hash_is_siphash),
		cmocka_unit_test(all_threads_together_find_what_one_finds),
		cmocka_unit_test(the_order_of_pages_does_not_matter),
		cmocka_unit_test(chosen_values_do_not_meet_in_one_place),
		cmocka_unit_test(a_sample_of_all_counts_all),
		cmocka_unit_test(the_truth_is_within_the_error),
		cmocka_unit_test(what_many_vms_have_is_within_the_error),
		cmocka_unit_test(nothing_is_told_that_cannot_be),
		cmocka_unit_test(a_chance_of_nearly_nothing_can_be),
		cmocka_unit_test(sketches_tell_what_is_shared),
		cmocka_unit_test(sketches_tell_what_large_vms_share),
		cmocka_unit_test(how_often_a_content_is_there_does_not_matter),
		cmocka_unit_test(nothing_is_not_certain),
		cmocka_unit_test(memory_is_not_exceeded),
	};

	return cmocka_run_group_tests_name("estimate", tests, NULL, NULL);
}
