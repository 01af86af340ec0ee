// SPDX-License-Identifier: GPL-2.0
/*
 * The primitives that the core uses, checked in both of its homes: in user
 * space as one of the unit tests, and in the kernel as a module.  A shim that
 * differs from what it stands for fails here, and so does a check that states
 * what the kernel does not do.
 *
 * Only what is legal is done: what must not be done ends a test in user space,
 * and might end the kernel.
 */
#include <ksmfs/env.h>
#include "tests/shim/conformance.h"
#include "tests/shim/xxh64_vectors.h"

static int failed_line;

static void expect_at(bool holds, int line)
{
	if (!holds && !failed_line)
		failed_line = line;
}

#define expect(condition) expect_at(condition, __LINE__)

static void check_bits(void)
{
	unsigned long word = 0xabcd;
	unsigned int three = 3;

	expect(BIT(0) == 1 && BIT(63) == 0x8000000000000000UL);
	expect(GENMASK(4, 2) == 0x1c && GENMASK(0, 0) == 1);
	expect(GENMASK(63, 0) == ~0UL);
	expect(FIELD_GET(GENMASK(7, 4), word) == 0xc);
	expect(FIELD_PREP(GENMASK(7, 4), 5) == 0x50);
	expect(FIELD_PREP(GENMASK(63, 60), 0xf) == 0xf000000000000000UL);
	expect(__ffs(1) == 0 && __ffs(12) == 2 && __ffs(1UL << 63) == 63);
	expect(DIV_ROUND_UP(three, 2) == 2 && DIV_ROUND_UP(4UL, 2) == 2);
	expect(min(three + 2, 4) == 4 && min(three, 4) == 3);
	expect(mult_frac(7UL, 3UL, 2UL) == 10);
	expect(mult_frac(0UL, 3UL, 2UL) == 0);
	expect(mult_frac(1UL << 62, 6UL, 8UL) == 3UL << 60);
}

static void check_errors(void)
{
	expect(IS_ERR(ERR_PTR(-ENOMEM)) && !IS_ERR(NULL));
	expect(PTR_ERR(ERR_PTR(-ENOMEM)) == -ENOMEM);
	expect(ERR_CAST(ERR_PTR(-EBUSY)) == ERR_PTR(-EBUSY));
	expect(IS_ERR((void *)-4095L) && !IS_ERR((void *)-4096L));
}

static void check_hlist(void)
{
	struct hlist_head head = {};
	struct hlist_node a, b, c, *pos;
	int n = 0;

	INIT_HLIST_NODE(&a);
	hlist_del_init(&a);
	expect(hlist_unhashed(&a));
	hlist_add_head(&a, &head);
	hlist_add_head(&b, &head);
	hlist_add_head(&c, &head);
	expect(head.first == &c && c.next == &b && b.next == &a && !a.next);
	expect(a.pprev == &b.next && c.pprev == &head.first);
	hlist_del_init(&b);
	expect(hlist_unhashed(&b) && c.next == &a && a.pprev == &c.next);
	hlist_del_init(&c);
	expect(head.first == &a && a.pprev == &head.first);
	hlist_for_each(pos, &head)
		n++;
	expect(n == 1);
	hlist_del_init(&a);
	expect(!head.first);
}

static void check_atomics(void)
{
	unsigned long word = 1;
	atomic_long_t v = {};
	long old;

	WRITE_ONCE(word, 2);
	expect(READ_ONCE(word) == 2 && atomic_long_read(&v) == 0);
	atomic_long_add(5, &v);
	atomic_long_sub(7, &v);
	expect(atomic_long_read(&v) == -2);
	atomic_long_inc(&v);
	expect(atomic_long_inc_return(&v) == 0);
	atomic_long_dec(&v);
	expect(atomic_long_add_return(-3, &v) == -4);

	old = 9;
	expect(!atomic_long_try_cmpxchg(&v, &old, 1) && old == -4);
	expect(atomic_long_try_cmpxchg(&v, &old, 1) && old == -4);
	expect(atomic_long_xchg(&v, 12) == 1 && atomic_long_read(&v) == 12);
	expect(cmpxchg(&word, 2, 3) == 2 && word == 3);
	expect(cmpxchg(&word, 2, 4) == 3 && word == 3);
	smp_mb();
}

static void check_refcount(void)
{
	refcount_t r;

	refcount_set(&r, 1);
	refcount_inc(&r);
	expect(refcount_inc_not_zero(&r));
	expect(refcount_read(&r) == 3);
	expect(!refcount_dec_and_test(&r) && !refcount_dec_and_test(&r));
	expect(refcount_dec_and_test(&r));
	expect(!refcount_inc_not_zero(&r));
	expect(refcount_read(&r) == 0);
}

static void check_bit_lock(void)
{
	unsigned long word = 0xf0;

	expect(!test_and_set_bit_lock(0, &word) && word == 0xf1);
	expect(test_and_set_bit_lock(0, &word) && word == 0xf1);
	clear_and_wake_up_bit(0, &word);
	expect(!wait_on_bit_lock(&word, 3, TASK_UNINTERRUPTIBLE));
	expect(word == 0xf8);
	clear_and_wake_up_bit(3, &word);
	expect(word == 0xf0);
}

static void check_completion(void)
{
	struct completion done;

	init_completion(&done);
	complete(&done);
	complete(&done);
	wait_for_completion(&done);
	wait_for_completion(&done);
	expect(!done.done);
}

struct guarded {
	struct lockdep_map dep_map;
	spinlock_t lock;
};

static void check_locks(void)
{
	static struct lock_class_key key;
	struct guarded guarded;

	lockdep_init_map(&guarded.dep_map, "conformance", &key, 0);
	spin_lock_init(&guarded.lock);
	mutex_acquire(&guarded.dep_map, 0, 0, _RET_IP_);
	lockdep_assert_held(&guarded);
	spin_lock(&guarded.lock);
	lockdep_assert_held(&guarded.lock);
	spin_unlock(&guarded.lock);
	if (spin_trylock(&guarded.lock)) {
		lockdep_assert_held(&guarded.lock);
		spin_unlock(&guarded.lock);
	} else {
		expect(false);
	}
	mutex_release(&guarded.dep_map, _RET_IP_);
	cond_resched();
}

static void check_rcu(void)
{
	rcu_read_lock();
	rcu_read_lock();
	rcu_read_unlock();
	rcu_read_unlock();
	synchronize_rcu();
	expect(!signal_pending(current));
}

static DEFINE_XARRAY(array);

static void check_xarray_entries(void)
{
	static int a, b, c;

	expect(!xa_load(&array, 5) && !xa_erase(&array, 5));
	expect(!xa_insert(&array, 5, &a, GFP_KERNEL));
	expect(xa_insert(&array, 5, &b, GFP_KERNEL) == -EBUSY);
	expect(xa_load(&array, 5) == &a && !xa_load(&array, 4));
	expect(!xa_cmpxchg(&array, 6, NULL, &b, GFP_KERNEL));
	expect(xa_cmpxchg(&array, 6, NULL, &c, GFP_KERNEL) == &b);
	expect(!xa_cmpxchg(&array, 7, &a, &b, GFP_KERNEL));
	expect(xa_load(&array, 6) == &b && !xa_load(&array, 7));
	expect(xa_cmpxchg(&array, 6, &b, &c, GFP_KERNEL) == &b);
	expect(!xa_is_err(&a) && !xa_is_err(NULL) && !xa_err(&a));
	expect(xa_load(&array, 6) == &c && xa_erase(&array, 5) == &a);
	expect(!xa_insert(&array, 5, &b, GFP_KERNEL));
	expect(xa_load(&array, 5) == &b);
	xa_destroy(&array);
	expect(!xa_load(&array, 5) && !xa_load(&array, 6));
}

/* The last digits of the indexes that a walk meets. */
static unsigned long walk(struct xarray *xa, unsigned long first,
			  unsigned long last)
{
	unsigned long index, *entry, sum = 0;

	xa_for_each_range(xa, index, entry, first, last) {
		expect(*entry == index);
		sum = sum * 10 + index % 10;
	}
	expect(!entry);
	return sum;
}

static void check_xarray_walks(void)
{
	static unsigned long indexes[] = { 3, 5001, 64, ULONG_MAX };
	unsigned long i, *entry;

	xa_init(&array);
	expect(walk(&array, 0, ULONG_MAX) == 0);
	for (i = 0; i < ARRAY_SIZE(indexes); i++)
		expect(!xa_insert(&array, indexes[i], &indexes[i], GFP_KERNEL));
	expect(walk(&array, 0, ULONG_MAX) == 3415);
	expect(walk(&array, 3, 64) == 34);
	expect(walk(&array, 4, 63) == 0);
	expect(walk(&array, 64, 64) == 4);
	expect(walk(&array, 65, ULONG_MAX - 1) == 1);
	expect(walk(&array, ULONG_MAX, ULONG_MAX) == 5);
	xa_for_each_start(&array, i, entry, 65)
		break;
	expect(i == 5001 && entry == &indexes[1]);
	xa_for_each(&array, i, entry) {
		/* What is erased meanwhile is not met. */
		if (i == 3)
			xa_erase(&array, 64);
		expect(i != 64);
	}
	xa_destroy(&array);
}

static void check_xarray_marks(void)
{
	static int a, b;
	unsigned long index = 0;
	struct xarray xa;

	xa_init(&xa);
	xa_set_mark(&xa, 700, XA_MARK_0);
	expect(!xa_insert(&xa, 3, &a, GFP_KERNEL));
	expect(!xa_insert(&xa, 700, &b, GFP_KERNEL));
	expect(!xa_find(&xa, &index, ULONG_MAX, XA_MARK_0));
	xa_set_mark(&xa, 700, XA_MARK_0);
	expect(!xa_get_mark(&xa, 3, XA_MARK_0));
	expect(xa_find(&xa, &index, ULONG_MAX, XA_MARK_0) == &b);
	expect(!xa_find_after(&xa, &index, ULONG_MAX, XA_MARK_0));
	index = 3;
	expect(xa_find_after(&xa, &index, 700, XA_MARK_0) == &b);
	expect(index == 700);
	expect(xa_cmpxchg(&xa, 700, &b, &a, GFP_KERNEL) == &b);
	expect(xa_get_mark(&xa, 700, XA_MARK_0));
	expect(xa_marked(&xa, XA_MARK_0) && !xa_marked(&xa, XA_MARK_1));
	xa_set_mark(&xa, 3, XA_MARK_1);
	xa_set_mark(&xa, 700, XA_MARK_1);
	index = 0;
	expect(xa_find(&xa, &index, ULONG_MAX, XA_MARK_1) == &a && index == 3);
	xa_erase(&xa, 3);
	expect(xa_marked(&xa, XA_MARK_1));
	xa_clear_mark(&xa, 700, XA_MARK_1);
	expect(!xa_marked(&xa, XA_MARK_1) && xa_marked(&xa, XA_MARK_0));
	xa_clear_mark(&xa, 700, XA_MARK_0);
	expect(!xa_get_mark(&xa, 700, XA_MARK_0));
	xa_set_mark(&xa, 700, XA_MARK_0);
	expect(xa_erase(&xa, 700) == &a);
	expect(!xa_insert(&xa, 700, &b, GFP_KERNEL));
	expect(!xa_get_mark(&xa, 700, XA_MARK_0));
	xa_destroy(&xa);
}

static void check_memory(void)
{
	static const size_t sizes[] = { 1, 8, 4096, 100000 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *object = kzalloc(sizes[i], GFP_KERNEL);
		void *table = kvzalloc(sizes[i], GFP_KERNEL_ACCOUNT);

		expect(object && !memchr_inv(object, 0, sizes[i]));
		expect(table && !memchr_inv(table, 0, sizes[i]));
		kfree(object);
		kvfree(table);
	}
	kfree(NULL);
	kvfree(NULL);
}

static void check_page_references(void)
{
	struct page *page = alloc_page(GFP_HIGHUSER | __GFP_RETRY_MAYFAIL |
				       __GFP_NOWARN);

	expect(page_count(page) == 1);
	expect(!folio_mapcount(page_folio(page)));
	expect(!folio_mapped(page_folio(page)));
	expect(!page->mapping && !page->private);
	get_page(page);
	expect(page_count(page) == 2);
	put_page(page);
	expect(page_to_pfn(page) && pfn_to_page(page_to_pfn(page)) == page);
	expect(page_to_nid(page) >= 0 && page_to_nid(page) < MAX_NUMNODES);
	expect(!PageHWPoison(page));
	expect(trylock_page(page) && !trylock_page(page));
	unlock_page(page);
	lock_page(page);
	expect(!folio_mkclean(page_folio(page)));
	unlock_page(page);
	put_page(page);
}

/* An owner of a page may use these fields of it: see cow/frame.h. */
static void check_page_fields(void)
{
	struct page *page = alloc_page(GFP_KERNEL);
	struct hlist_head head = {};
	struct hlist_node *link = (struct hlist_node *)&page->lru;
	static struct inode inode;
	static struct address_space mapping = { .host = &inode };

	BUILD_BUG_ON(sizeof(*link) != sizeof(page->lru));
	BUILD_BUG_ON(sizeof(page->private) != sizeof(u64));
	inode.i_private = &head;
	page_folio(page)->index = 17;
	page->private = ~0UL;
	page->mapping = &mapping;
	INIT_HLIST_NODE(link);
	hlist_add_head(link, &head);
	expect(list_entry((struct list_head *)link, struct page, lru) == page);
	expect(page_count(page) == 1 && !folio_mapped(page_folio(page)));
	lock_page(page);
	unlock_page(page);
	expect(page_folio(page)->index == 17 && page->private == ~0UL);
	expect(page->mapping->host->i_private == &head);
	expect(head.first == link && !link->next);
	hlist_del_init(link);
	page->mapping = NULL;
	put_page(page);
}

static void check_page_content(void)
{
	struct page *a = alloc_page(GFP_HIGHUSER | __GFP_ZERO);
	struct page *b = alloc_page(GFP_HIGHUSER);
	u8 *content_a, *content_b;

	content_a = kmap_local_page(a);
	expect(!memchr_inv(content_a, 0, PAGE_SIZE));
	content_a[0] = 1;
	content_a[PAGE_SIZE - 1] = 2;
	copy_highpage(b, a);
	content_b = kmap_local_page(b);
	expect(!memcmp(content_a, content_b, PAGE_SIZE));
	kunmap_local(content_b);
	kunmap_local(content_a);
	put_page(a);
	put_page(b);
}

static void check_wait_queue(void)
{
	wait_queue_head_t queue;

	init_waitqueue_head(&queue);
	wake_up_nr(&queue, 3);
	/* Nobody could begin to wait. */
	expect(!waitqueue_active(&queue));
}

/* All of an object is written, and nothing else, before it is read. */
static void check_pools(void)
{
	static const size_t sizes[] = { 1, 60, 700, PAGE_SIZE / 2 };
	struct zs_pool *pool = zs_create_pool("conformance");
	void *bytes = kzalloc(PAGE_SIZE, GFP_KERNEL), *read;
	unsigned long handle[ARRAY_SIZE(sizes)];
	size_t i;

	expect(bytes);
	expect(pool && !zs_get_total_pages(pool));
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		handle[i] = zs_malloc(pool, sizes[i], GFP_NOWAIT |
				      __GFP_NOWARN | __GFP_HIGHMEM |
				      __GFP_MOVABLE, NUMA_NO_NODE);
		if (IS_ERR_VALUE(handle[i]))
			continue;
		memset(bytes, i + 1, sizes[i]);
		zs_obj_write(pool, handle[i], bytes, sizes[i]);
	}
	expect(zs_get_total_pages(pool));
	zs_compact(pool);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		expect(!IS_ERR_VALUE(handle[i]));
		if (IS_ERR_VALUE(handle[i]))
			continue;
		read = zs_obj_read_begin(pool, handle[i], sizes[i], bytes);
		expect(!memchr_inv(read, i + 1, sizes[i]));
		zs_obj_read_end(pool, handle[i], sizes[i], read);
		zs_free(pool, handle[i]);
	}
	expect(IS_ERR_VALUE(zs_malloc(pool, 0, GFP_KERNEL, NUMA_NO_NODE)));
	expect(IS_ERR_VALUE(zs_malloc(pool, PAGE_SIZE + 1, GFP_KERNEL,
				      NUMA_NO_NODE)));
	zs_destroy_pool(pool);
	kfree(bytes);
}

/* There and back; what does not fit, or is cut short or damaged, is refused. */
static void check_lz4(void)
{
	void *work = kvzalloc(LZ4_MEM_COMPRESS, GFP_KERNEL);
	char *from = kzalloc(PAGE_SIZE, GFP_KERNEL);
	char *packed = kzalloc(PAGE_SIZE, GFP_KERNEL);
	char *to = kzalloc(PAGE_SIZE, GFP_KERNEL);
	unsigned int i, random = 1;
	int length;

	for (i = 0; i < PAGE_SIZE; i++)
		from[i] = i / 100;
	length = LZ4_compress_default(from, packed, PAGE_SIZE, PAGE_SIZE / 2,
				      work);
	expect(length > 0 && length <= PAGE_SIZE / 2);
	expect(LZ4_decompress_safe(packed, to, length, PAGE_SIZE) == PAGE_SIZE);
	expect(!memcmp(from, to, PAGE_SIZE));
	expect(!LZ4_compress_default(from, packed, PAGE_SIZE, length / 2,
				     work));
	length = LZ4_compress_default(from, packed, PAGE_SIZE, PAGE_SIZE / 2,
				      work);
	expect(LZ4_decompress_safe(packed, to, length / 2, PAGE_SIZE) !=
	       PAGE_SIZE);
	memset(packed, 0xff, length);
	expect(LZ4_decompress_safe(packed, to, length, PAGE_SIZE) != PAGE_SIZE);

	for (i = 0; i < PAGE_SIZE; i++) {
		random = random * 1664525 + 1013904223;
		from[i] = random >> 24;
	}
	expect(!LZ4_compress_default(from, packed, PAGE_SIZE, PAGE_SIZE / 2,
				     work));
	kfree(to);
	kfree(packed);
	kfree(from);
	kvfree(work);
}

static void check_memchr_inv(void)
{
	u8 bytes[100] = {};

	expect(!memchr_inv(bytes, 0, sizeof(bytes)));
	expect(!memchr_inv(bytes, 1, 0));
	expect(memchr_inv(bytes, 1, sizeof(bytes)) == bytes);
	bytes[99] = 0x80;
	expect(memchr_inv(bytes, 0, sizeof(bytes)) == bytes + 99);
	bytes[17] = 1;
	expect(memchr_inv(bytes + 1, 0, sizeof(bytes) - 1) == bytes + 17);
}

static void check_xxh64(void)
{
	u8 *bytes = kzalloc(PAGE_SIZE, GFP_KERNEL);
	unsigned int i;

	for (i = 0; i < PAGE_SIZE; i++)
		bytes[i] = i * 2654435761u >> 24;
	for (i = 0; i < ARRAY_SIZE(xxh64_vectors); i++)
		expect(xxh64(bytes, xxh64_vectors[i].length,
			     xxh64_vectors[i].seed) == xxh64_vectors[i].hash);
	kfree(bytes);
}

const struct conformance conformance[] = {
	{ "bits", check_bits },
	{ "errors", check_errors },
	{ "hlist", check_hlist },
	{ "atomics", check_atomics },
	{ "refcount", check_refcount },
	{ "bit_lock", check_bit_lock },
	{ "completion", check_completion },
	{ "locks", check_locks },
	{ "rcu", check_rcu },
	{ "xarray_entries", check_xarray_entries },
	{ "xarray_walks", check_xarray_walks },
	{ "xarray_marks", check_xarray_marks },
	{ "memory", check_memory },
	{ "page_references", check_page_references },
	{ "page_fields", check_page_fields },
	{ "page_content", check_page_content },
	{ "wait_queue", check_wait_queue },
	{ "pools", check_pools },
	{ "lz4", check_lz4 },
	{ "memchr_inv", check_memchr_inv },
	{ "xxh64", check_xxh64 },
	{},
};

int conformance_run(const struct conformance *check)
{
	failed_line = 0;
	check->check();
	return failed_line;
}
