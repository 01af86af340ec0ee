// SPDX-License-Identifier: GPL-2.0
/*
 * Everybody at once, checked against what each guest knows it has written.
 *
 * usage: test_race [SEED [OPERATIONS]]
 *
 * Guest threads map all files and own a part of every page.  They read, write,
 * write through pins and as system calls do, and map anew, while others scan,
 * sample, reclaim, punch and truncate, break, and make and delete files.  Memory
 * fails now and then, and is scarce; so does the swap file, and is slow.
 *
 * What a guest reads must be what it wrote last, or 0 if somebody may have
 * punched the page since; and must be 0 if somebody has for certain.  To tell,
 * punches of each page are counted when they start and when they are done.  It
 * may get SIGBUS instead; but not once all is calm, when nothing fails any more.
 *
 * The seed makes what each thread does the same again, not who comes first.
 * Not proven: what depends on more processors, or on weaker ones, than the
 * test runs on.
 */
#include <sched.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "cow/break.h"
#include "cow/punch.h"
#include "cow/swap.h"
#include "ksm/reclaim.h"
#include "ksm/sample.h"
#include "ksm/stable.h"
#include "tests/unit/world.h"

#define FILES 3
#define PAGES 40
#define GUESTS 3
#define PART (PAGE_SIZE / GUESTS)

/**
 * struct part - what a guest knows of its part of a page
 * @byte: the part is full of it
 * @done: punches that were done before it was written
 * @started: punches that had started when it had been written
 */
struct part {
	int byte;
	long done;
	long started;
};

struct actor {
	pthread_t thread;
	unsigned int number;
	unsigned long random;
	struct guest *guest[FILES];
	struct part part[FILES][PAGES];
};

static struct file *files[FILES];
static atomic_long_t punch_started[FILES][PAGES];
static atomic_long_t punch_done[FILES][PAGES];
static atomic_long_t period, sampled, writes, refusals, reclaimed;
static bool over, scan_over, calm;
static unsigned long seed, operations = 6000;

static unsigned int random_below(struct actor *actor, unsigned int limit)
{
	/* Marsaglia's xorshift */
	actor->random ^= actor->random << 13;
	actor->random ^= actor->random >> 7;
	actor->random ^= actor->random << 17;
	return actor->random % limit;
}

/* From this byte on a part does not shrink; then a page with two does not. */
#define NOISE 4

/* Few contents, so that pages are often equal. */
static int random_byte(struct actor *actor)
{
	static const int bytes[] = { 1, 1, 1, 1, 0, 0, 2, 3, NOISE, NOISE,
				     NOISE + 1 };

	return bytes[random_below(actor, ARRAY_SIZE(bytes))];
}

/* A part that is a byte: full of it, or of noise behind it. */
static void make_part(unsigned char *content, int byte)
{
	memset(content, byte, PART);
	if (byte >= NOISE)
		noise(content + 1, PART - 1, byte);
}

static bool is_torn(const unsigned char *content)
{
	unsigned char expected[PART];

	make_part(expected, content[0]);
	return memcmp(content, expected, PART);
}

/* Lock the slot of a page as a system call does; NULL beyond the end. */
static struct ksmfs_slot *lock_slot(int f, int p)
{
	struct ksmfs_region *region = &files[f]->region;
	struct ksmfs_slot *slot = ksmfs_region_slot(region, p);

	ksmfs_slot_lock(region, slot);
	smp_mb(); /* pairs with the one in ksmfs_punch_truncated() */
	if (p < READ_ONCE(files[f]->pages))
		return slot;
	ksmfs_slot_unlock(region, slot);
	return NULL;
}

/* Read or write a part as a system call does; false if there is an error. */
static bool call(struct actor *actor, int f, int p, unsigned char *content,
		 bool write)
{
	struct ksmfs_region *region = &files[f]->region;
	struct ksmfs_slot *slot = lock_slot(f, p);
	unsigned char *part;
	int err;

	if (!slot)
		return false;
	err = ksmfs_break_prepare(region, slot, p, write, false);
	if (!err) {
		part = shim_page_content(ksmfs_break_peek(region, slot));
		part += actor->number * PART;
		memcpy(write ? part : content, write ? content : part, PART);
	}
	ksmfs_slot_unlock(region, slot);
	return !err;
}

static void wrong(const struct actor *actor, int f, int p, const char *what,
		  int byte)
{
	const struct part *part = &actor->part[f][p];

	shim_die("seed %lu: guest %u, file %d, page %d, slot 0x%lx: %s: "
		 "has 0x%02x, wrote 0x%02x after %ld punches and before %ld; "
		 "now %ld have started and %ld are done",
		 seed, actor->number, f, p,
		 READ_ONCE(ksmfs_region_slot(&files[f]->region, p)->word), what,
		 byte, part->byte, part->done, part->started,
		 atomic_long_read(&punch_started[f][p]),
		 atomic_long_read(&punch_done[f][p]));
}

static void check_read(struct actor *actor, int f, int p, bool as_call)
{
	long done = __atomic_load_n(&punch_done[f][p].counter, __ATOMIC_SEQ_CST);
	struct part *part = &actor->part[f][p];
	unsigned char content[PART];
	long started;
	bool read;

	if (as_call)
		read = call(actor, f, p, content, false);
	else
		read = guest_read(actor->guest[f], p, actor->number * PART,
				  content, PART);
	started = __atomic_load_n(&punch_started[f][p].counter,
				  __ATOMIC_SEQ_CST);
	if (!read) {
		if (calm)
			wrong(actor, f, p, "SIGBUS", 0);
		atomic_long_inc(&refusals);
		return;
	}
	if (is_torn(content))
		wrong(actor, f, p, "torn", content[0]);
	if (content[0] && content[0] != part->byte)
		wrong(actor, f, p, "somebody else's", content[0]);
	if (content[0] && done > part->started)
		wrong(actor, f, p, "came back after a punch", content[0]);
	if (!content[0] && part->byte && started == part->done)
		wrong(actor, f, p, "lost", content[0]);
	part->byte = content[0];
}

enum how {
	AS_GUEST,
	PINNED,
	AS_CALL,
};

static void do_write(struct actor *actor, int f, int p, enum how how)
{
	long done = __atomic_load_n(&punch_done[f][p].counter, __ATOMIC_SEQ_CST);
	struct part *part = &actor->part[f][p];
	unsigned int delay = random_below(actor, 20);
	unsigned char content[PART];
	int byte = random_byte(actor);
	struct page *page;

	make_part(content, byte);
	if (how == AS_CALL) {
		if (!call(actor, f, p, content, true))
			goto refused;
	} else if (how == PINNED) {
		page = guest_pin(actor->guest[f], p);
		if (!page)
			goto refused;
		while (delay--)
			sched_yield();
		memcpy((char *)shim_page_content(page) + actor->number * PART,
		       content, PART);
		put_page(page);
	} else if (!guest_write(actor->guest[f], p, actor->number * PART,
				content, PART)) {
		goto refused;
	}
	part->byte = byte;
	part->done = done;
	part->started = __atomic_load_n(&punch_started[f][p].counter,
					__ATOMIC_SEQ_CST);
	atomic_long_inc(&writes);
	return;

refused:
	atomic_long_inc(&refusals);
}

/* So that pages that are away come early. */
static void read_in_order(struct actor *actor, int f, int p)
{
	int end = min(p + 8, PAGES);

	for (; p < end; p++)
		check_read(actor, f, p, false);
}

static void map_anew(struct actor *actor, int f)
{
	guest_unmap(actor->guest[f]);
	actor->guest[f] = guest_map(files[f], PAGES, true);
}

/* Pages are quiet, and their guests are elsewhere, until two passes are over. */
static void rest(void)
{
	long until = stat_of(full_scans) + 2;

	while (stat_of(full_scans) < until)
		usleep(50);
}

static void *be_guest(void *arg)
{
	struct actor *actor = arg;
	unsigned long i;

	for (i = 0; i < operations; i++) {
		int f = random_below(actor, FILES);
		int p = random_below(actor, PAGES);
		unsigned int what = random_below(actor, 100);

		if (what < 40)
			check_read(actor, f, p, what < 5);
		else if (what < 45)
			read_in_order(actor, f, p);
		else if (what < 85)
			do_write(actor, f, p, AS_GUEST);
		else if (what < 90)
			do_write(actor, f, p, AS_CALL);
		else if (what < 98)
			do_write(actor, f, p, PINNED);
		else if (what < 99)
			map_anew(actor, f);
		else
			rest();
	}
	return NULL;
}

static void *scan(void *arg)
{
	struct actor *actor = arg;

	while (!READ_ONCE(scan_over)) {
		if (!random_below(actor, 8))
			ksmfs_scan_ask(&world.scan, random_below(actor, 3));
		/* Periods of two threads may differ, as seconds may. */
		if (!ksmfs_scan_work(&world.scan, atomic_long_read(&period),
				     1 + random_below(actor, 50)))
			atomic_long_inc(&period);
	}
	return NULL;
}

/* As the sampler's thread does: one region after the other. */
static void *sample(void *arg)
{
	struct actor *actor = arg;
	struct ksmfs_region *region;
	unsigned long ino = 0;

	while (!READ_ONCE(over)) {
		struct ksmfs_region_info info = { .pages = PAGES };

		region = ksmfs_region_from(ino, XA_PRESENT);
		ino = region ? region->ino + 1 : 0;
		if (!region)
			continue;
		if (!random_below(actor, 20))
			ksmfs_sample_forget(region);
		else if (random_below(actor, 4))
			ksmfs_sample_look(region);
		else
			ksmfs_sample_turn(region, PAGES,
					  1 + random_below(actor, 60));
		ksmfs_sample_report(region, &info);
		if (info.active > PAGES)
			shim_die("seed %lu: %llu of %d pages active", seed,
				 info.active, PAGES);
		ksmfs_region_put(region);
		if (info.active)
			atomic_long_inc(&sampled);
		sched_yield();
	}
	return NULL;
}

/* In any way, of one file or of all. */
static void *reclaim(void *arg)
{
	struct actor *actor = arg;
	struct ksmfs_packer packer;

	while (ksmfs_packer_init(&packer))
		sched_yield();
	while (!READ_ONCE(over)) {
		struct file *file = files[random_below(actor, FILES)];
		unsigned long nr = 1 + random_below(actor, PAGES);
		struct ksmfs_reclaim_order order = {
			.pack = random_below(actor, 3),
			.swap = random_below(actor, 3),
			.hot = random_below(actor, 2),
		};

		if (random_below(actor, 3))
			nr = ksmfs_reclaim(&file->region, &packer, &order, nr);
		else
			nr = ksmfs_reclaim_mount(&world.quota, &packer, &order,
						 nr);
		atomic_long_add(nr, &reclaimed);
		if (!random_below(actor, 10))
			ksmfs_pack_compact(file->region.domain);
		if (!random_below(actor, 10))
			ksmfs_swap_wipe(world.quota.swap);
		usleep(random_below(actor, 300));
	}
	ksmfs_packer_destroy(&packer);
	return NULL;
}

static void note_punches(atomic_long_t *counts, int first, int last)
{
	for (; first <= last; first++)
		atomic_long_add_return(1, &counts[first]);
}

static void *punch(void *arg)
{
	struct actor *actor = arg;

	while (!READ_ONCE(over)) {
		int f = random_below(actor, FILES);
		int first = random_below(actor, PAGES);
		int last = min(first + random_below(actor, 4), PAGES - 1U);
		bool truncate = !random_below(actor, 20);

		if (truncate)
			last = PAGES - 1;
		note_punches(punch_started[f], first, last);
		if (truncate) {
			WRITE_ONCE(files[f]->pages, first);
			ksmfs_punch_truncated(&files[f]->region, first);
			WRITE_ONCE(files[f]->pages, PAGES);
		} else {
			ksmfs_punch(&files[f]->region, first, last);
		}
		note_punches(punch_done[f], first, last);
		rest();
	}
	return NULL;
}

static void *break_all(void *arg)
{
	struct actor *actor = arg;

	while (!READ_ONCE(over)) {
		struct file *file = files[random_below(actor, FILES)];
		int err = ksmfs_break_all(&file->region);

		if (err && err != -ENOSPC && err != -ENOMEM)
			shim_die("break_all: %d", err);
		rest();
		rest();
	}
	return NULL;
}

/* Files that come, have pages in common with others, and go. */
static void *come_and_go(void *arg)
{
	struct actor *actor = arg;

	while (!READ_ONCE(over)) {
		struct file *file = file_try_new(world.domain, 8);
		struct guest *guest;
		int byte = 1 + random_below(actor, 3);
		unsigned char content[PAGE_SIZE];
		int p;

		if (!file)
			continue;
		guest = guest_map(file, 8, true);
		memset(content, byte, PAGE_SIZE);
		content[PAGE_SIZE - 1] = 0;	/* no guest's part */
		for (p = 0; p < 8; p++) {
			if (!guest_write(guest, p, 0, content, PAGE_SIZE))
				continue;
			if (p == 4)
				rest();
			if (guest_read(guest, p, 0, content, PAGE_SIZE) &&
			    memchr_inv(content, byte, PAGE_SIZE - 1))
				shim_die("seed %lu: a new file lost a page",
					 seed);
		}
		rest();
		file_del(file);
	}
	return NULL;
}

static void start(struct actor *actor, void *(*what)(void *))
{
	static unsigned int others;

	actor->random = (seed + 1) * 0x9e3779b97f4a7c15UL + ++others;
	assert_int_equal(pthread_create(&actor->thread, NULL, what, actor), 0);
}

static void check_all(struct actor *guests)
{
	int g, f, p;

	for (g = 0; g < GUESTS; g++) {
		for (f = 0; f < FILES; f++) {
			for (p = 0; p < PAGES; p++)
				check_read(&guests[g], f, p, false);
		}
	}
	world_check();
}

static void everybody_at_once(void **state)
{
	void *(*const others[])(void *) = { scan, scan, scan, punch,
					    break_all, come_and_go,
					    sample, reclaim, reclaim };
	static struct actor guests[GUESTS], other[ARRAY_SIZE(others)];
	size_t i, f;

	(void)state;
	for (f = 0; f < FILES; f++) {
		files[f] = file_new(f < 2 ? world.domain : world.other, PAGES);
		for (i = 0; i < GUESTS; i++)
			guests[i].guest[f] = guest_map(files[f], PAGES, true);
	}
	world.quota.limit = FILES * PAGES * 3 / 4;
	world.quota.reserve = 10;
	world.swap.delay = 200;
	world.swap.fails_each = 50;
	shim_alloc_fail_one_in(211, seed);
	for (i = 0; i < ARRAY_SIZE(others); i++)
		start(&other[i], others[i]);
	for (i = 0; i < GUESTS; i++) {
		guests[i].number = i;
		start(&guests[i], be_guest);
	}
	for (i = 0; i < GUESTS; i++)
		pthread_join(guests[i].thread, NULL);
	WRITE_ONCE(over, true);
	for (i = 3; i < ARRAY_SIZE(others); i++)
		pthread_join(other[i].thread, NULL);
	WRITE_ONCE(scan_over, true);	/* now: others wait for passes */
	for (i = 0; i < 3; i++)
		pthread_join(other[i].thread, NULL);

	calm = true;
	world.swap.fails_each = 0;
	shim_alloc_fail_one_in(0, 0);
	world.quota.limit = WORLD_FRAMES;
	check_all(guests);
	world_scan(3);
	check_all(guests);
	assert_int_equal(ksmfs_scan_unmerge(), 0);
	check_all(guests);
	assert_int_equal(stat_of(pages_shared), 0);

	printf("# %ld writes, %ld refused\n", atomic_long_read(&writes),
	       atomic_long_read(&refusals));
	printf("# %ld merges, %ld zero, %ld raced, %ld pinned\n",
	       stat_of(merges), stat_of(zero_merges), stat_of(merge_races),
	       stat_of(pages_pinned));
	printf("# %ld breaks, %ld zero, %ld punched\n", stat_of(breaks),
	       stat_of(zero_breaks), stat_of(pages_punched));
	printf("# %ld packed, %ld did not shrink, %ld back, %ld swapped, "
	       "%ld back, %ld early, %ld swap errors\n", stat_of(packs),
	       stat_of(pack_rejects), stat_of(unpacks), stat_of(swap_outs),
	       stat_of(swap_ins), stat_of(prefetches), stat_of(swap_errors));
	/* It would be no test had these not happened. */
	assert_true(atomic_long_read(&reclaimed) > 100);
	assert_true(stat_of(unpacks) > 10);
	assert_true(stat_of(pack_rejects) > 10);
	assert_true(stat_of(swap_ins) > 100);
	assert_true(stat_of(prefetches) > 5);
	assert_true(stat_of(swap_errors) > 5);
	assert_true(stat_of(merges) > 100);
	assert_true(stat_of(zero_merges) > 10);
	assert_true(stat_of(breaks) > 100);
	assert_true(stat_of(pages_punched) > 10);
	assert_true(stat_of(pages_pinned) > 10);
	assert_true(atomic_long_read(&sampled) > 10);
	assert_true(atomic_long_read(&writes) >
		    atomic_long_read(&refusals));
}

/* Threads that make passes: as many as there are, each slot is visited once. */
static void *make_passes(void *arg)
{
	struct actor *actor = arg;

	while (ksmfs_scan_asked(&world.scan))
		ksmfs_scan_work(&world.scan, 1, 1 + random_below(actor, 50));
	return NULL;
}

static void passes_are_shared(void **state)
{
	static struct actor threads[4];
	unsigned int passes;
	size_t f, i;

	(void)state;
	for (f = 0; f < FILES; f++) {
		struct file *file = file_new(world.domain, 1000);
		struct guest *guest = guest_map(file, 1000, true);
		unsigned long content;

		for (i = 0; i < 1000; i++) {
			content = f * 1000 + i + 1;
			assert_true(guest_write(guest, i, 0, &content,
						sizeof(content)));
		}
	}
	/* They are all different, and so HINT before they are CLEAN. */
	for (passes = 1; passes < 3; passes++) {
		long before = stat_of(pages_scanned);

		ksmfs_scan_ask(&world.scan, passes);
		for (i = 0; i < ARRAY_SIZE(threads); i++)
			start(&threads[i], make_passes);
		for (i = 0; i < ARRAY_SIZE(threads); i++)
			pthread_join(threads[i].thread, NULL);
		assert_int_equal(stat_of(pages_scanned) - before,
				 passes * FILES * 1000);
	}
	world_check();
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		world_test(everybody_at_once),
		world_test(passes_are_shared),
	};

	seed = argc > 1 ? strtoul(argv[1], NULL, 0) : (unsigned long)time(NULL);
	if (argc > 2)
		operations = strtoul(argv[2], NULL, 0);
	printf("# seed %lu\n", seed);
	fflush(stdout);
	return cmocka_run_group_tests_name("race", tests, NULL, NULL);
}
