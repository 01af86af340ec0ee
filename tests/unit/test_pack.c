// SPDX-License-Identifier: GPL-2.0
/* Packed content: there and back, what it costs and to whom, what is refused. */
#include <ksmfs/env.h>

/* For a test of who makes a pool first. */
static struct zs_pool *create_pool(const char *name);
#define zs_create_pool create_pool
#include "cow/pack.c"
#undef zs_create_pool

#include "tests/unit/death.h"
#include "tests/unit/world.h"

/* Whose pool somebody else makes just before we have ours. */
static struct ksmfs_domain *rival;

static struct zs_pool *create_pool(const char *name)
{
	struct zs_pool *pool = zs_create_pool(name);

	if (rival)
		rival->zspool = zs_create_pool("rival");
	rival = NULL;
	return pool;
}

static struct ksmfs_packer packer;
static struct page *page, *back;

static int pack_begin(void **state)
{
	if (world_begin(state))
		return -1;
	page = alloc_page(GFP_KERNEL);
	back = alloc_page(GFP_KERNEL);
	return !page || !back || ksmfs_packer_init(&packer);
}

static int pack_end(void **state)
{
	ksmfs_packer_destroy(&packer);
	put_page(page);
	put_page(back);
	return world_end(state);
}

/* The first bytes of the page are noise, the others all the same. */
static void make_page(size_t noisy, int byte)
{
	char *content = shim_page_content(page);

	memset(content, byte, PAGE_SIZE);
	noise(content, noisy, byte);
}

static int unpack(unsigned long place)
{
	return ksmfs_unpack(world.domain, place, back, packer.out);
}

static void expect_back(unsigned long place)
{
	memset(shim_page_content(back), 0x5a, PAGE_SIZE);
	assert_int_equal(unpack(place), 0);
	assert_memory_equal(shim_page_content(page), shim_page_content(back),
			    PAGE_SIZE);
}

static void what_is_packed_comes_back(void **state)
{
	static const size_t noisy[] = { 0, 1, 100, 1000, 1900 };
	long rejects = stat_of(pack_rejects);
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(noisy); i++) {
		long packs = stat_of(packs);
		long metadata = stat_of(metadata_bytes);
		unsigned long place;

		make_page(noisy[i], i);
		place = ksmfs_pack(&packer, world.domain, page);
		assert_true(place < 1UL << (64 - KSMFS_SLOT_PLACE_SHIFT));
		assert_in_range(ksmfs_pack_size(place), noisy[i],
				KSMFS_PACK_LIMIT);
		assert_int_equal(stat_of(packs), packs + 1);
		assert_true(stat_of(metadata_bytes) > metadata);
		expect_back(place);
		expect_back(place);	/* it stays good */
		ksmfs_pack_drop(world.domain, place);
		assert_int_equal(stat_of(metadata_bytes), metadata);
	}
	assert_int_equal(stat_of(pack_rejects), rejects);
}

/* There is a size from which on a page is not worth it, and that is a half. */
static void what_does_not_shrink_to_half_is_rejected(void **state)
{
	long packs = stat_of(packs), rejects = stat_of(pack_rejects);
	unsigned long place;
	size_t noisy;

	(void)state;
	for (noisy = 1800; noisy < 2200; noisy++) {
		make_page(noisy, 7);
		place = ksmfs_pack(&packer, world.domain, page);
		if (place == KSMFS_PACK_NEVER)
			break;
		assert_true(ksmfs_pack_is_place(place));
		assert_in_range(ksmfs_pack_size(place), 1, KSMFS_PACK_LIMIT);
		ksmfs_pack_drop(world.domain, place);
	}
	assert_in_range(noisy, 2000, PAGE_SIZE / 2);
	assert_int_equal(stat_of(pack_rejects), rejects + 1);
	make_page(PAGE_SIZE, 8);
	assert_true(ksmfs_pack(&packer, world.domain, page) ==
		    KSMFS_PACK_NEVER);
	assert_int_equal(stat_of(pack_rejects), rejects + 2);
	assert_int_equal(stat_of(packs), packs + noisy - 1800);
}

static void without_memory_nothing_is_packed(void **state)
{
	long packs = stat_of(packs), rejects = stat_of(pack_rejects);
	long live = shim_alloc_live();
	unsigned long place;
	int failures = 0;
	bool failed;

	(void)state;
	make_page(300, 1);
	shim_alloc_fail_nth(1);
	assert_true(ksmfs_pack(&packer, world.domain, page) ==
		    KSMFS_PACK_NOT_NOW);
	assert_null(world.domain->zspool);
	ksmfs_pack_drop(world.domain,
			ksmfs_pack(&packer, world.domain, page));
	ksmfs_pack_compact(world.domain);
	packs++;
	live++;	/* the pool stays */
	world_fail_each(failed, place = ksmfs_pack(&packer, world.domain,
						   page)) {
		if (!failed) {
			expect_back(place);
			ksmfs_pack_drop(world.domain, place);
			continue;
		}
		failures++;
		assert_true(place == KSMFS_PACK_NOT_NOW);
		assert_int_equal(stat_of(packs), packs);
		assert_int_equal(atomic_long_read(&world.quota.used), 0);
		assert_int_equal(shim_alloc_live(), live);
	}
	assert_int_equal(failures, 2);
	assert_int_equal(stat_of(pack_rejects), rejects);
}

static void without_memory_there_is_no_packer(void **state)
{
	struct ksmfs_packer another;
	long live = shim_alloc_live();
	int err, failures = 0;
	bool failed;

	(void)state;
	world_fail_each(failed, err = ksmfs_packer_init(&another)) {
		assert_int_equal(err, failed ? -ENOMEM : 0);
		failures += failed;
		if (!failed)
			ksmfs_packer_destroy(&another);
		assert_int_equal(shim_alloc_live(), live);
	}
	assert_int_equal(failures, 2);
}

/* Whoever packs does so for want of memory. */
static void nobody_waits_for_memory(void **state)
{
	long packs = stat_of(packs);
	unsigned long place;

	(void)state;
	make_page(300, 1);
	place = ksmfs_pack(&packer, world.domain, page);
	ksmfs_pack_drop(world.domain, place);
	rcu_read_lock();	/* nobody may sleep */
	place = ksmfs_pack(&packer, world.domain, page);
	expect_back(place);
	ksmfs_pack_drop(world.domain, place);
	rcu_read_unlock();
	assert_int_equal(stat_of(packs), packs + 2);
}

static void expect_charged(long frames)
{
	assert_int_equal(atomic_long_read(&world.quota.used), frames);
	assert_int_equal(atomic_long_read(&world.quota.packed), frames);
	assert_int_equal(atomic_long_read(&world.quota.debt), -frames);
	assert_int_equal(atomic_long_read(&world.domain->packed_frames),
			 frames);
	assert_int_equal(stat_of(frames_packed), frames);
}

static void a_pool_is_paid_for_by_the_frame(void **state)
{
	unsigned long places[20];
	unsigned long bytes = 0;
	size_t i;

	(void)state;
	world.quota.limit = 0;	/* it is not asked */
	make_page(1000, 1);
	for (i = 0; i < ARRAY_SIZE(places); i++) {
		places[i] = ksmfs_pack(&packer, world.domain, page);
		bytes += ksmfs_pack_size(places[i]);
		expect_charged(DIV_ROUND_UP(bytes, PAGE_SIZE));
	}
	for (i = 1; i < ARRAY_SIZE(places); i++)
		ksmfs_pack_drop(world.domain, places[i]);
	expect_charged(DIV_ROUND_UP(bytes, PAGE_SIZE));
	ksmfs_pack_compact(world.domain);
	expect_charged(1);
	expect_back(places[0]);
	ksmfs_pack_drop(world.domain, places[0]);
	ksmfs_pack_compact(world.domain);
	expect_charged(0);
}

/* What a drop finds to be given back is given back. */
static void a_drop_settles_what_others_left(void **state)
{
	unsigned long place, first;

	(void)state;
	make_page(1900, 1);
	first = ksmfs_pack(&packer, world.domain, page);
	place = ksmfs_pack(&packer, world.domain, page);
	ksmfs_pack_drop(world.domain, ksmfs_pack(&packer, world.domain, page));
	expect_charged(2);
	zs_compact(world.domain->zspool);
	expect_charged(2);
	ksmfs_pack_drop(world.domain, place);
	expect_charged(1);
	ksmfs_pack_drop(world.domain, first);
}

/* And the end of a domain, which world_end() sees. */
static void the_end_settles_the_rest(void **state)
{
	(void)state;
	make_page(1000, 1);
	ksmfs_pack_drop(world.domain,
			ksmfs_pack(&packer, world.domain, page));
	expect_charged(1);
}

static void domains_have_nothing_in_common(void **state)
{
	unsigned long mine, others;

	(void)state;
	make_page(10, 1);
	mine = ksmfs_pack(&packer, world.domain, page);
	others = ksmfs_pack(&packer, world.other, page);
	assert_ptr_not_equal(world.domain->zspool, world.other->zspool);
	assert_dies("not of this pool",
		    (void)unpack(others));
	assert_dies("not of this pool", ksmfs_pack_drop(world.other, mine));
	assert_int_equal(stat_of(frames_packed), 2);
	ksmfs_pack_drop(world.domain, mine);
	ksmfs_pack_drop(world.other, others);
}

/* So that who holds a slot need not wait for it. */
static void a_pool_can_be_made_before(void **state)
{
	struct zs_pool *pool;
	unsigned long place;

	(void)state;
	make_page(300, 1);
	shim_alloc_fail_nth(1);
	assert_false(ksmfs_pack_begin(world.domain));
	assert_null(world.domain->zspool);
	assert_true(ksmfs_pack_begin(world.domain));
	pool = world.domain->zspool;
	rcu_read_lock();	/* nobody may sleep */
	assert_true(ksmfs_pack_begin(world.domain));
	place = ksmfs_pack(&packer, world.domain, page);
	rcu_read_unlock();
	assert_ptr_equal(world.domain->zspool, pool);
	expect_back(place);
	ksmfs_pack_drop(world.domain, place);
}

static void one_pool_is_enough(void **state)
{
	unsigned long place;

	(void)state;
	make_page(10, 1);
	rival = world.domain;
	place = ksmfs_pack(&packer, world.domain, page);
	assert_null(rival);
	expect_back(place);
	ksmfs_pack_drop(world.domain, place);
}

static void a_domain_without_a_pool_is_compact(void **state)
{
	(void)state;
	ksmfs_pack_compact(world.domain);
	assert_null(world.domain->zspool);
}

static void damaged_content_is_an_error(void **state)
{
	struct packed *packed;
	char bytes[] = { 0x10, 'x' };
	unsigned long place;

	(void)state;
	make_page(100, 1);
	place = ksmfs_pack(&packer, world.domain, page);
	shim_zs_damage_nth(1);
	assert_int_equal(unpack(place), -EIO);
	expect_back(place);

	/* It may also end too early, */
	packed = packed_at(place);
	packed->length--;
	assert_int_equal(unpack(place), -EIO);
	packed->length++;
	expect_back(place);

	/* or be good, but not a page: this is a literal of one byte. */
	zs_obj_write(world.domain->zspool, packed->handle, bytes, sizeof(bytes));
	packed->length = sizeof(bytes);
	assert_int_equal(unpack(place), -EIO);
	ksmfs_pack_drop(world.domain, place);
}

static void a_domain_ends_without_content(void **state)
{
	(void)state;
	make_page(10, 1);
	ksmfs_pack_drop(world.domain,
			ksmfs_pack(&packer, world.domain, page));
	atomic_long_inc(&world.domain->packed_slots);
	assert_dies("packed_slots", ksmfs_pack_end(world.domain));
	atomic_long_dec(&world.domain->packed_slots);
}

#define pack_test(name)                                                        \
	cmocka_unit_test_setup_teardown(name, pack_begin, pack_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		pack_test(what_is_packed_comes_back),
		pack_test(what_does_not_shrink_to_half_is_rejected),
		pack_test(without_memory_nothing_is_packed),
		pack_test(without_memory_there_is_no_packer),
		pack_test(nobody_waits_for_memory),
		pack_test(a_pool_is_paid_for_by_the_frame),
		pack_test(a_drop_settles_what_others_left),
		pack_test(the_end_settles_the_rest),
		pack_test(domains_have_nothing_in_common),
		pack_test(a_pool_can_be_made_before),
		pack_test(one_pool_is_enough),
		pack_test(a_domain_without_a_pool_is_compact),
		pack_test(damaged_content_is_an_error),
		pack_test(a_domain_ends_without_content),
	};

	return cmocka_run_group_tests_name("pack", tests, NULL, NULL);
}
