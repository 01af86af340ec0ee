// SPDX-License-Identifier: GPL-2.0
/* Regions: leaves, the walks over slots and over regions, users, numbers. */
#include <unistd.h>
#include <ksmfs/env.h>

static void clear_mark_late(struct xarray *xa, unsigned long index,
			    xa_mark_t mark);

#define xa_clear_mark clear_mark_late
#include "cow/region.c"
#undef xa_clear_mark
#include "tests/unit/death.h"
#include "tests/unit/world.h"
#include "ksm/stable.h"

static void a_slot_has_one_address(void **state)
{
	static const unsigned long indexes[] = {
		0, 1, 511, 512, 513, 262144, ULONG_MAX >> PAGE_SHIFT,
	};
	struct file *file = file_new(world.domain, 1);
	struct ksmfs_slot *slots[ARRAY_SIZE(indexes)];
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(indexes); i++)
		slots[i] = ksmfs_region_slot(&file->region, indexes[i]);
	for (i = 0; i < ARRAY_SIZE(indexes); i++) {
		assert_false(IS_ERR(slots[i]));
		assert_ptr_equal(ksmfs_region_slot(&file->region, indexes[i]),
				 slots[i]);
		for (j = 0; j < i; j++)
			assert_ptr_not_equal(slots[i], slots[j]);
	}
	assert_ptr_equal(slots[1], slots[0] + 1);
}

static void leaves_are_accounted_for(void **state)
{
	struct file *file = file_new(world.domain, 1);
	long bytes = stat_of(metadata_bytes);

	(void)state;
	ksmfs_region_slot(&file->region, 0);
	ksmfs_region_slot(&file->region, 511);
	assert_int_equal(stat_of(metadata_bytes), bytes + 4096);
	ksmfs_region_slot(&file->region, 512);
	assert_int_equal(stat_of(metadata_bytes), bytes + 2 * 4096);
	file_del(file);
	assert_int_equal(stat_of(metadata_bytes), bytes);
}

static void no_memory_for_a_leaf(void **state)
{
	struct file *file = file_new(world.domain, 1);
	long bytes = stat_of(metadata_bytes);
	long objects = shim_alloc_live();
	struct ksmfs_slot *slot;
	bool failed;
	int failures = 0;

	(void)state;
	world_fail_each(failed, slot = ksmfs_region_slot(&file->region, 0)) {
		assert_int_equal(IS_ERR(slot), failed);
		if (!failed)
			break;
		assert_int_equal(PTR_ERR(slot), -ENOMEM);
		assert_int_equal(stat_of(metadata_bytes), bytes);
		assert_int_equal(shim_alloc_live(), objects);
		failures++;
	}
	assert_int_equal(failures, 2);
}

static void no_memory_for_a_region(void **state)
{
	struct ksmfs_region region;
	long regions = stat_of(regions);

	(void)state;
	shim_alloc_fail_nth(1);
	assert_int_equal(ksmfs_region_add(&region, world.domain, NULL, 1),
			 -ENOMEM);
	assert_int_equal(stat_of(regions), regions);
	assert_int_equal(refcount_read(&world.domain->refs), 1);
	assert_null(ksmfs_region_from(0, XA_PRESENT));
}

/* Slots that are not blank, and what the walk from @from to @last finds. */
static const struct {
	unsigned long from, last;
	unsigned long found[5];
	size_t nr;
} walks[] = {
	{ 0, ULONG_MAX, { 0, 511, 512, 5000 }, 4 },
	{ 0, 0, { 0 }, 1 },
	{ 1, 510, {}, 0 },
	{ 1, 511, { 511 }, 1 },
	{ 511, 512, { 511, 512 }, 2 },
	{ 512, 4999, { 512 }, 1 },
	{ 513, 5000, { 5000 }, 1 },
	{ 5001, ULONG_MAX, {}, 0 },
	{ 1000000, ULONG_MAX, {}, 0 },
};

static void walks_find_what_is_not_blank(void **state)
{
	struct file *file = file_new(world.domain, 1);
	struct ksmfs_region *region = &file->region;
	unsigned long index;
	size_t i, n;

	(void)state;
	for (i = 0; i < walks[0].nr; i++) {
		struct ksmfs_slot *slot;

		slot = ksmfs_region_slot(region, walks[0].found[i]);
		ksmfs_slot_lock(region, slot);
		ksmfs_slot_set_mapped(region, slot, true);
		ksmfs_slot_unlock(region, slot);
	}
	for (i = 0; i < ARRAY_SIZE(walks); i++) {
		index = walks[i].from;
		for (n = 0; ksmfs_region_find(region, &index, walks[i].last);
		     n++, index++) {
			assert_true(n < walks[i].nr);
			assert_int_equal(index, walks[i].found[n]);
		}
		assert_int_equal(n, walks[i].nr);
	}
}

static void a_locked_slot_is_not_blank(void **state)
{
	struct file *file = file_new(world.domain, 1);
	struct ksmfs_slot *slot = ksmfs_region_slot(&file->region, 3);
	unsigned long index = 0;

	(void)state;
	assert_null(ksmfs_region_find(&file->region, &index, ULONG_MAX));
	ksmfs_slot_lock(&file->region, slot);
	assert_ptr_equal(ksmfs_region_find(&file->region, &index, ULONG_MAX),
			 slot);
	assert_int_equal(index, 3);
	ksmfs_slot_unlock(&file->region, slot);
}

static void regions_are_walked_in_order(void **state)
{
	struct file *files[4];
	unsigned long ino = 0;
	struct ksmfs_region *region;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(files); i++)
		files[i] = file_new(i % 2 ? world.other : world.domain, 1);
	file_del(files[1]);
	for (i = 0; i < ARRAY_SIZE(files); i++) {
		if (i == 1)
			continue;
		region = ksmfs_region_from(ino, XA_PRESENT);
		assert_ptr_equal(region, &files[i]->region);
		assert_int_equal(refcount_read(&region->users), 2);
		ino = region->ino + 1;
		ksmfs_region_put(region);
	}
	assert_null(ksmfs_region_from(ino, XA_PRESENT));
}

static void restless_slots_are_found(void **state)
{
	static const unsigned long full[] = { 0, 511, 512, 5000 };
	struct file *file = file_new(world.domain, 6000);
	struct guest *guest = guest_map(file, 6000, true);
	unsigned long index = 0;
	size_t i;

	(void)state;
	assert_null(ksmfs_region_find_restless(&file->region, &index));
	for (i = 0; i < ARRAY_SIZE(full); i++)
		guest_fill(guest, full[i], 10 + i);
	guest_expect(guest, 7, 0);
	for (i = 0; i < ARRAY_SIZE(full); i++, index++) {
		assert_ptr_equal(ksmfs_region_find_restless(&file->region,
							    &index),
				 ksmfs_region_slot(&file->region, full[i]));
		assert_int_equal(index, full[i]);
	}
	assert_null(ksmfs_region_find_restless(&file->region, &index));

	ksmfs_punch(&file->region, 511, 5000);
	for (index = 0; index < 6000; index++) {
		if (!ksmfs_region_find_restless(&file->region, &index))
			break;
		assert_int_equal(index, 0);
	}
	assert_true(xa_get_mark(&file->region.leaves, 0, RESTLESS));
	assert_false(xa_get_mark(&file->region.leaves, 1, RESTLESS));
	assert_false(xa_get_mark(&file->region.leaves, 9, RESTLESS));
}

static struct guest *late_writer;

/* A guest that makes a slot restless just before its leaf loses the mark. */
static void clear_mark_late(struct xarray *xa, unsigned long index,
			    xa_mark_t mark)
{
	struct guest *guest = late_writer;

	late_writer = NULL;
	if (guest)
		guest_fill(guest, 3, 9);
	xa_clear_mark(xa, index, mark);
}

static void late_writes_leave_the_mark(void **state)
{
	struct file *file = file_new(world.domain, 10);
	struct guest *guest = guest_map(file, 10, true);
	unsigned long index = 0;

	(void)state;
	guest_fill(guest, 0, 1);
	ksmfs_punch(&file->region, 0, 0);
	late_writer = guest;
	ksmfs_region_find_restless(&file->region, &index);
	assert_null(late_writer);
	index = 0;
	assert_non_null(ksmfs_region_find_restless(&file->region, &index));
	assert_int_equal(index, 3);
}

static void *put_later(void *region)
{
	usleep(20000);
	assert_true(READ_ONCE(((struct ksmfs_region *)region)->dying));
	assert_false(ksmfs_region_get(region));
	assert_null(ksmfs_region_from(0, XA_PRESENT));
	ksmfs_region_put(region);
	return NULL;
}

static void the_end_waits_for_users(void **state)
{
	struct file *file = file_new(world.domain, 1);
	pthread_t thread;

	(void)state;
	assert_true(ksmfs_region_get(&file->region));
	assert_int_equal(pthread_create(&thread, NULL, put_later,
					&file->region), 0);
	file_del(file);
	pthread_join(thread, NULL);
	ksmfs_region_put(NULL);
}

static void the_end_gives_all_back(void **state)
{
	struct file *file = file_new(world.domain, 2000);
	struct guest *guest = guest_map(file, 2000, true);
	unsigned long i;

	(void)state;
	for (i = 0; i < 2000; i += 100)
		guest_fill(guest, i, i % 3);
	guest_expect(guest, 1, 0);
	world_scan(3);
	world_check();
	assert_true(stat_of(pages_shared) == 2);
	file_del(file);
	assert_int_equal(stat_of(frames), 0);
	assert_int_equal(stat_of(pages_shared), 0);
	assert_int_equal(refcount_read(&world.domain->refs), 1);
}

/* Frames a region stands for, of those its domain shares. */
static const struct {
	long hot, hint, shared, domain_slots, domain_frames;
	unsigned long frames;
} shares[] = {
	{ 0, 0, 0, 0, 0, 0 },
	{ 3, 4, 0, 10, 5, 7 },
	{ 1, 0, 10, 10, 4, 5 },
	{ 0, 0, 5, 20, 4, 1 },
	{ 0, 0, 15, 20, 4, 3 },
	{ 0, 2, 7, 9, 3, 4 },
	{ 0, 0, 1L << 31, 1L << 32, 1L << 31, 1L << 30 },
};

static void shared_frames_are_shared_out(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(shares); i++) {
		struct ksmfs_domain domain = {
			.shared_slots = { shares[i].domain_slots },
			.shared_frames = { shares[i].domain_frames },
		};
		struct ksmfs_region region = {
			.domain = &domain,
			.slots = {
				[KSMFS_SLOT_HOT] = { shares[i].hot },
				[KSMFS_SLOT_HINT] = { shares[i].hint },
				[KSMFS_SLOT_SHARED] = { shares[i].shared },
			},
		};

		assert_int_equal(ksmfs_region_frames(&region),
				 shares[i].frames);
		assert_int_equal(ksmfs_region_private(&region),
				 shares[i].hot + shares[i].hint);
	}
}

static void no_memory_for_a_domain(void **state)
{
	long bytes = stat_of(metadata_bytes);
	struct ksmfs_domain *domain;
	long objects, pages;
	int failures = 0;
	bool failed;

	(void)state;
	/* The first one needs the most. */
	ksmfs_domain_put(world.domain);
	ksmfs_domain_put(world.other);
	world.domain = NULL;
	world.other = NULL;
	bytes = stat_of(metadata_bytes);
	objects = shim_alloc_live();
	pages = shim_page_live();
	world_fail_each(failed, domain = ksmfs_domain_new(3, 4, &world.quota,
							  &ksmfs_stable_ops)) {
		if (!failed)
			break;
		/* Without one of the pool's frames it can live, not without all. */
		if (!IS_ERR(domain)) {
			assert_true(stat_of(frames_cached) > 0);
			ksmfs_domain_put(domain);
			continue;
		}
		assert_int_equal(PTR_ERR(domain), -ENOMEM);
		assert_int_equal(stat_of(metadata_bytes), bytes);
		assert_int_equal(shim_alloc_live(), objects);
		assert_int_equal(shim_page_live(), pages);
		failures++;
	}
	assert_true(failures > 3 + 2 * MAX_NUMNODES);
	assert_ptr_equal(ksmfs_domain_get(domain), domain);
	ksmfs_domain_put(domain);
	assert_int_equal(stat_of(domains), 1);
	ksmfs_domain_put(domain);
	ksmfs_domain_put(NULL);
	assert_int_equal(stat_of(metadata_bytes), bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(a_slot_has_one_address),
		world_test(leaves_are_accounted_for),
		world_test(no_memory_for_a_leaf),
		world_test(no_memory_for_a_region),
		world_test(walks_find_what_is_not_blank),
		world_test(a_locked_slot_is_not_blank),
		world_test(restless_slots_are_found),
		world_test(late_writes_leave_the_mark),
		world_test(regions_are_walked_in_order),
		world_test(the_end_waits_for_users),
		world_test(the_end_gives_all_back),
		world_test(shared_frames_are_shared_out),
		world_test(no_memory_for_a_domain),
	};

	return cmocka_run_group_tests_name("region", tests, NULL, NULL);
}
