// SPDX-License-Identifier: GPL-2.0
/* The cache of free frames: what is kept, for whom, and for how long. */
#include "cow/cache.c"
#include "tests/unit/world.h"

/* A page of the memory node that the test runs on. */
static struct page *local_page(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	assert_non_null(page);
	if (page_to_nid(page) != numa_mem_id()) {
		put_page(page);
		return local_page();
	}
	return page;
}

static void the_last_to_come_goes_first(void **state)
{
	struct page *a = local_page(), *b = local_page();

	(void)state;
	assert_null(ksmfs_cache_get());
	assert_true(ksmfs_cache_put(a));
	assert_true(ksmfs_cache_put(b));
	assert_int_equal(stat_of(frames_cached), 2);
	assert_ptr_equal(ksmfs_cache_get(), b);
	assert_ptr_equal(ksmfs_cache_get(), a);
	assert_null(ksmfs_cache_get());
	assert_int_equal(stat_of(frames_cached), 0);
	assert_int_equal(page_count(a), 1);
	assert_true(hlist_unhashed(ksmfs_frame_link(a)));
	put_page(a);
	put_page(b);
}

static void what_others_hold_is_not_kept(void **state)
{
	struct page *page = local_page();

	(void)state;
	get_page(page);
	assert_false(ksmfs_cache_put(page));
	put_page(page);
	assert_true(ksmfs_cache_put(page));
}

static void bad_memory_is_not_kept(void **state)
{
	struct page *page = local_page();

	(void)state;
	shim_page_poison(page);
	assert_false(ksmfs_cache_put(page));
	put_page(page);
}

/* Who asks for freed memory to be cleared does not want it to lie around. */
static void what_is_to_be_cleared_is_not_kept(void **state)
{
	struct page *page = local_page();

	(void)state;
	shim_init_on_free = true;
	assert_false(ksmfs_cache_put(page));
	shim_init_on_free = false;
	put_page(page);
}

static void memory_that_goes_bad_is_not_given(void **state)
{
	struct page *good = local_page(), *bad = local_page();

	(void)state;
	assert_true(ksmfs_cache_put(good));
	assert_true(ksmfs_cache_put(bad));
	shim_page_poison(bad);
	assert_null(ksmfs_cache_get());
	assert_int_equal(stat_of(frames_cached), 1);
	assert_ptr_equal(ksmfs_cache_get(), good);
	put_page(good);
}

static void there_is_a_bound(void **state)
{
	struct page *page;
	int i;

	(void)state;
	for (i = 0; i < KSMFS_CACHE_FRAMES; i++)
		assert_true(ksmfs_cache_put(local_page()));
	page = local_page();
	assert_false(ksmfs_cache_put(page));
	assert_int_equal(stat_of(frames_cached), KSMFS_CACHE_FRAMES);
	put_page(page);
}

static void nodes_have_their_own(void **state)
{
	struct page *page = local_page();

	(void)state;
	assert_true(ksmfs_cache_put(page));
	current->node = 1;
	assert_null(ksmfs_cache_get());
	current->node = 0;
	assert_ptr_equal(ksmfs_cache_get(), page);
	put_page(page);
}

static void nobody_waits(void **state)
{
	struct page *page = local_page(), *kept = local_page();

	(void)state;
	assert_true(ksmfs_cache_put(kept));
	spin_lock(&caches[0].lock);
	assert_false(ksmfs_cache_put(page));
	assert_null(ksmfs_cache_get());
	spin_unlock(&caches[0].lock);
	assert_ptr_equal(ksmfs_cache_get(), kept);
	put_page(kept);
	put_page(page);
}

static void nothing_outlives_a_domain(void **state)
{
	long pages = shim_page_live();
	struct ksmfs_domain *domain = ksmfs_domain_new(3, 0, &world.quota,
						       world.domain->ops);

	(void)state;
	assert_false(IS_ERR(domain));
	assert_true(ksmfs_cache_put(local_page()));
	current->node = 1;
	assert_true(ksmfs_cache_put(local_page()));
	current->node = 0;
	assert_int_equal(stat_of(frames_cached), 2);
	ksmfs_domain_put(domain);
	assert_int_equal(stat_of(frames_cached), 0);
	assert_int_equal(shim_page_live(), pages);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(the_last_to_come_goes_first),
		world_test(what_others_hold_is_not_kept),
		world_test(bad_memory_is_not_kept),
		world_test(what_is_to_be_cleared_is_not_kept),
		world_test(memory_that_goes_bad_is_not_given),
		world_test(there_is_a_bound),
		world_test(nodes_have_their_own),
		world_test(nobody_waits),
		world_test(nothing_outlives_a_domain),
	};

	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
