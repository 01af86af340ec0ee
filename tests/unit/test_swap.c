// SPDX-License-Identifier: GPL-2.0
/*
 * The places of a swap file, over a file that is an array, fails where it is
 * told to, and takes its time; and what several threads make of it.
 *
 * The file proves by itself that places are wiped before they are used again:
 * to write to one that is not all zeros ends the test.
 */
#include <stdlib.h>
#include <unistd.h>
#include "cow/swap.c"
#include "tests/unit/death.h"
#include "tests/unit/world.h"

#define PAGES 600UL

/* For what runs in any thread. */
#define must(condition)                                                        \
	do {                                                                   \
		if (!(condition))                                              \
			shim_die("%s: not so: %s", __func__, #condition);      \
	} while (0)

/* What is wrong with a place. */
enum flaw {
	NONE,
	NO_WRITE,
	NO_READ,
	SHORT_READ,	/* half of it comes, and then no more */
	NO_WIPE,
	NOT_NOW,	/* neither to be written nor to be wiped */
};

static struct file_shim {
	unsigned char content[PAGES][PAGE_SIZE];
	enum flaw flaws[PAGES];
	bool busy[PAGES];	/* somebody writes, wipes or reads it */
	unsigned long size;
	unsigned int writes;	/* calls */
	unsigned int runs;	/* of these */
	unsigned int reads;	/* runs */
	unsigned int wipes;
	unsigned int last_wipes; /* of these */
	int not_now;		/* the error */
	unsigned int bad_reads;	/* each of so many fails; 0: none */
	unsigned int delay;	/* of each, in microseconds at most */
	bool wanted;		/* wipe_later() was called */
	bool closed;
} shim;

static struct ksmfs_swap *swap;

/* Only one may be at a place at a time. */
static void take_places(unsigned long place, unsigned long nr, bool take)
{
	must(nr && place + nr <= shim.size);
	for (; nr--; place++)
		if (__atomic_exchange_n(&shim.busy[place], take,
					__ATOMIC_RELAXED) == take)
			shim_die("place %lu is used twice", place);
}

static bool has_flaw(unsigned long place, unsigned long nr, enum flaw flaw)
{
	for (; nr--; place++)
		if (shim.flaws[place] == flaw)
			return true;
	return false;
}

static void take_time(void)
{
	might_sleep();
	if (shim.delay)
		usleep(rand() % shim.delay);
}

static void file_write(void *file, struct ksmfs_swap_run *runs,
		       unsigned int nr)
{
	unsigned int i, j, frames = 0;

	must(file == &shim);
	must(nr && nr <= KSMFS_SWAP_RUNS);
	__atomic_add_fetch(&shim.writes, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&shim.runs, nr, __ATOMIC_RELAXED);
	for (i = 0; i < nr; i++) {
		take_places(runs[i].place, runs[i].nr, true);
		frames += runs[i].nr;
	}
	must(frames >= nr && frames <= KSMFS_SWAP_BATCH);
	take_time();
	for (i = 0; i < nr; i++) {
		struct ksmfs_swap_run *run = &runs[i];

		run->err = has_flaw(run->place, run->nr, NO_WRITE) ? -EIO :
			   has_flaw(run->place, run->nr, NOT_NOW) ?
			   shim.not_now : 0;
		for (j = 0; !run->err && j < run->nr; j++) {
			unsigned char *to = shim.content[run->place + j];

			if (memchr_inv(to, 0, PAGE_SIZE))
				shim_die("place %lu was not wiped",
					 run->place + j);
			memcpy(to, shim_page_content(run->frames[j]),
			       PAGE_SIZE);
		}
		take_places(run->place, run->nr, false);
	}
}

static void file_read(void *file, struct ksmfs_swap_run *runs, unsigned int nr)
{
	unsigned int j, reads;

	must(file == &shim);
	must(nr == 1);
	reads = __atomic_add_fetch(&shim.reads, 1, __ATOMIC_RELAXED);
	take_places(runs->place, runs->nr, true);
	take_time();
	for (j = 0; j < runs->nr; j++)
		memcpy(shim_page_content(runs->frames[j]),
		       shim.content[runs->place + j],
		       shim.flaws[runs->place + j] == SHORT_READ ?
		       PAGE_SIZE / 2 : PAGE_SIZE);
	runs->err = has_flaw(runs->place, runs->nr, NO_READ) ||
		    has_flaw(runs->place, runs->nr, SHORT_READ) ||
		    (shim.bad_reads && reads % shim.bad_reads == 0) ? -EIO : 0;
	take_places(runs->place, runs->nr, false);
}

static int file_wipe(void *file, unsigned long place, unsigned long nr,
		     bool last)
{
	int err;

	must(file == &shim);
	__atomic_add_fetch(&shim.wipes, 1, __ATOMIC_RELAXED);
	__atomic_add_fetch(&shim.last_wipes, last, __ATOMIC_RELAXED);
	take_places(place, nr, true);
	take_time();
	err = has_flaw(place, nr, NO_WIPE) ? -EIO :
	      has_flaw(place, nr, NOT_NOW) ? shim.not_now : 0;
	if (!err)
		memset(shim.content[place], 0, nr * PAGE_SIZE);
	take_places(place, nr, false);
	return err;
}

static void file_wipe_later(void *file)
{
	must(file == &shim);
	__atomic_store_n(&shim.wanted, true, __ATOMIC_RELAXED);
}

static void file_close(void *file)
{
	must(file == &shim);
	must(!shim.closed);
	shim.closed = true;
}

static const struct ksmfs_swap_ops file_ops = {
	.write = file_write,
	.read = file_read,
	.wipe = file_wipe,
	.wipe_later = file_wipe_later,
	.close = file_close,
};

static void swap_begin(unsigned long pages)
{
	memset(&shim, 0, sizeof(shim));
	shim.size = pages;
	swap = ksmfs_swap_new(pages, &file_ops, &shim);
	assert_false(IS_ERR(swap));
}

static void swap_end(void)
{
	unsigned long place;

	assert_int_equal(ksmfs_swap_count(swap).used, 0);
	ksmfs_swap_free(swap);
	assert_true(shim.closed);
	for (place = 0; place < shim.size; place++)
		if (shim.flaws[place] == NONE &&
		    memchr_inv(shim.content[place], 0, PAGE_SIZE))
			fail_msg("place %lu still has content", place);
}

static struct page *frame_new(int byte)
{
	struct page *frame = alloc_page(GFP_KERNEL);

	assert_non_null(frame);
	memset(shim_page_content(frame), byte, PAGE_SIZE);
	return frame;
}

/* Write pages that are @byte, @byte + 1 and so on. */
static unsigned int out(int byte, unsigned int nr, unsigned long *places)
{
	struct page *frames[KSMFS_SWAP_BATCH];
	unsigned int i, written;

	for (i = 0; i < nr; i++)
		frames[i] = frame_new(byte + i);
	written = ksmfs_swap_out(swap, frames, nr, places);
	for (i = 0; i < nr; i++)
		put_page(frames[i]);
	return written;
}

/* Read pages, which must be these, unless there is an error. */
static int in(int byte, unsigned int nr, unsigned long place)
{
	struct page *frames[KSMFS_SWAP_BATCH];
	unsigned int i;
	int err;

	for (i = 0; i < nr; i++)
		frames[i] = frame_new(0xee);
	err = ksmfs_swap_in(swap, place, frames, nr);
	for (i = 0; i < nr; i++) {
		if (!err && memchr_inv(shim_page_content(frames[i]),
				       (unsigned char)(byte + i), PAGE_SIZE))
			shim_die("place %lu has lost its content", place + i);
		put_page(frames[i]);
	}
	return err;
}

static void release(const unsigned long *places, unsigned int nr)
{
	while (nr--)
		ksmfs_swap_release(swap, *places++);
}

static void assert_count(unsigned long used, unsigned long bad)
{
	struct ksmfs_swap_numbers numbers = ksmfs_swap_count(swap);

	assert_int_equal(numbers.pages, shim.size);
	assert_int_equal(numbers.used, used);
	assert_int_equal(numbers.bad, bad);
}

static void what_goes_out_comes_in(void **state)
{
	unsigned long places[KSMFS_SWAP_BATCH];
	long outs = stat_of(swap_outs);
	unsigned int i;

	(void)state;
	swap_begin(PAGES);
	assert_int_equal(out(1, 64, places), 64);
	assert_int_equal(stat_of(swap_outs), outs + 64);
	assert_count(64, 0);
	/* In one piece: one request there, and one back. */
	assert_int_equal(shim.runs, 1);
	for (i = 0; i < 64; i++)
		assert_int_equal(places[i], places[0] + i);
	assert_int_equal(in(1, 64, places[0]), 0);
	assert_int_equal(shim.reads, 1);
	/* It stays, until it is released. */
	assert_int_equal(in(31, 1, places[30]), 0);
	assert_count(64, 0);
	release(places, 64);
	ksmfs_swap_wipe(swap);
	swap_end();
}

/* Those that follow one another do so in the file, if only there is room. */
static void batches_lie_behind_one_another(void **state)
{
	unsigned long first[8], second[8], third[8];

	(void)state;
	swap_begin(20);
	assert_int_equal(out(1, 8, first), 8);
	assert_int_equal(out(1, 8, second), 8);
	assert_int_equal(second[0], first[7] + 1);
	release(first, 8);
	ksmfs_swap_wipe(swap);
	shim.runs = 0;
	assert_int_equal(out(100, 8, third), 8);
	assert_int_equal(shim.runs, 2);
	assert_int_equal(third[0], second[7] + 1);
	assert_int_equal(third[4], first[0]);
	assert_int_equal(in(100, 4, third[0]), 0);
	assert_int_equal(in(104, 4, third[4]), 0);
	release(second, 8);
	release(third, 8);
	ksmfs_swap_wipe(swap);
	swap_end();
}

static void a_full_file_says_so(void **state)
{
	unsigned long places[KSMFS_SWAP_BATCH], more[2];
	long errors = stat_of(swap_errors);
	unsigned int i;

	(void)state;
	swap_begin(62);
	assert_int_equal(out(1, 64, places), 62);
	for (i = 0; i < 62; i++)
		assert_true(places[i] < 62);
	assert_true(places[62] == KSMFS_SWAP_NONE);
	assert_true(places[63] == KSMFS_SWAP_NONE);
	assert_int_equal(out(1, 2, more), 0);
	assert_true(more[0] == KSMFS_SWAP_NONE);
	assert_int_equal(stat_of(swap_errors), errors);
	assert_count(62, 0);
	release(places, 62);
	ksmfs_swap_wipe(swap);
	swap_end();
}

/* Scattered places cost requests, which are many at once nevertheless. */
static void scattered_room_is_used(void **state)
{
	unsigned long places[KSMFS_SWAP_BATCH], more[KSMFS_SWAP_BATCH];
	unsigned int i;

	(void)state;
	swap_begin(64);
	assert_int_equal(out(1, 64, places), 64);
	for (i = 0; i < 64; i += 2)
		ksmfs_swap_release(swap, places[i]);
	shim.writes = 0;
	shim.runs = 0;
	assert_int_equal(out(100, 40, more), 32);
	assert_int_equal(shim.runs, 32);
	assert_int_equal(shim.writes, 32 / KSMFS_SWAP_RUNS);
	for (i = 0; i < 32; i++) {
		assert_int_equal(in(100 + i, 1, more[i]), 0);
		assert_int_equal(in(2 + 2 * i, 1, places[2 * i + 1]), 0);
		ksmfs_swap_release(swap, places[2 * i + 1]);
	}
	release(more, 32);
	ksmfs_swap_wipe(swap);
	swap_end();
}

/* Who finds no clean place makes some himself: not one, but for a batch. */
static void who_needs_room_wipes(void **state)
{
	unsigned long places[KSMFS_SWAP_BATCH], keep, i, j;

	(void)state;
	swap_begin(129);
	assert_int_equal(out(7, 1, &keep), 1);
	for (i = 0; i < 20; i++) {
		assert_int_equal(out(1 + i, 64, places), 64);
		for (j = 0; j < 64; j++)
			assert_int_equal(in(1 + i + j, 1, places[j]), 0);
		release(places, 64);
	}
	/* Of 20 batches two found room, and the others in two runs at most. */
	assert_in_range(shim.wipes, 9, 36);
	assert_int_equal(in(7, 1, keep), 0);
	ksmfs_swap_release(swap, keep);
	ksmfs_swap_wipe(swap);
	swap_end();
}

static void wiping_is_asked_for_once_it_is_worth_it(void **state)
{
	unsigned long places[KSMFS_SWAP_BATCH];

	(void)state;
	swap_begin(PAGES);
	assert_int_equal(out(1, 64, places), 64);
	release(places, PAGES / RELEASED_PART);
	assert_false(shim.wanted);
	assert_count(64, 0);
	ksmfs_swap_release(swap, places[PAGES / RELEASED_PART]);
	assert_true(shim.wanted);
	assert_int_equal(shim.wipes, 0);
	ksmfs_swap_wipe(swap);
	assert_int_equal(shim.wipes, 1);
	assert_count(64 - PAGES / RELEASED_PART - 1, 0);
	/* And again. */
	shim.wanted = false;
	release(places + PAGES / RELEASED_PART + 1,
		64 - PAGES / RELEASED_PART - 1);
	assert_false(shim.wanted);
	assert_int_equal(out(1, 64, places), 64);
	release(places, 64);
	assert_true(shim.wanted);
	ksmfs_swap_wipe(swap);
	swap_end();
}

static void wiping_that_failed_is_asked_for_again(void **state)
{
	unsigned long first[KSMFS_SWAP_BATCH], second[KSMFS_SWAP_BATCH];

	(void)state;
	swap_begin(PAGES);
	assert_int_equal(out(1, 64, first), 64);
	assert_int_equal(out(1, 64, second), 64);
	shim.flaws[first[0]] = NOT_NOW;
	shim.not_now = -EAGAIN;
	release(first, 64);
	assert_true(shim.wanted);
	ksmfs_swap_wipe(swap);
	assert_count(128, 0);

	shim.flaws[first[0]] = NONE;
	shim.wanted = false;
	release(second, 64);
	assert_true(shim.wanted);
	ksmfs_swap_wipe(swap);
	assert_count(0, 0);
	swap_end();
}

/* Nothing of a guest stays on the medium when the file is closed. */
static void the_end_wipes(void **state)
{
	unsigned long places[3];

	(void)state;
	swap_begin(PAGES);
	assert_int_equal(out(1, 3, places), 3);
	release(places, 3);
	assert_int_equal(shim.wipes, 0);
	assert_int_equal(ksmfs_swap_free(swap), 0);
	assert_true(shim.closed);
	assert_int_equal(shim.wipes, 1);
	assert_int_equal(shim.last_wipes, 1);
	assert_null(memchr_inv(shim.content, 0, sizeof(shim.content)));
}

static void what_cannot_be_written_is_bad(void **state)
{
	unsigned long places[8], i;
	long outs = stat_of(swap_outs), errors = stat_of(swap_errors);

	(void)state;
	swap_begin(20);
	shim.flaws[3] = NO_WRITE;
	assert_int_equal(out(1, 8, places), 0);
	for (i = 0; i < 8; i++)
		assert_true(places[i] == KSMFS_SWAP_NONE);
	assert_int_equal(stat_of(swap_errors), errors + 8);
	assert_int_equal(stat_of(swap_outs), outs);
	assert_count(0, 8);
	/* Never again. */
	for (i = 0; i < 10; i++) {
		assert_int_equal(out(1, 8, places), 8);
		assert_in_range(places[0], 8, 19);
		release(places, 8);
	}
	assert_int_equal(stat_of(swap_errors), errors + 8);
	ksmfs_swap_wipe(swap);
	swap_end();
}

/* What fails for another reason says nothing of the places. */
static void some_errors_pass(void **state)
{
	static const int errors[] = {
		-ENOMEM, -ENOSPC, -EAGAIN, -EINTR, -EACCES, -EPERM, -EFBIG,
	};
	unsigned long places[8];
	size_t e;

	(void)state;
	for (e = 0; e < ARRAY_SIZE(errors); e++) {
		long before = stat_of(swap_errors);

		swap_begin(8);
		shim.flaws[3] = NOT_NOW;
		shim.not_now = errors[e];
		assert_int_equal(out(1, 8, places), 0);
		assert_true(places[0] == KSMFS_SWAP_NONE);
		assert_int_equal(stat_of(swap_errors), before + 8);
		assert_count(8, 0);

		/* Something may have been written, and cannot be wiped. */
		assert_int_equal(out(1, 8, places), 0);
		assert_int_equal(stat_of(swap_errors), before + 8);
		assert_int_equal(shim.wipes, 1);
		ksmfs_swap_wipe(swap);
		assert_int_equal(shim.wipes, 2);
		assert_count(8, 0);

		shim.flaws[3] = NONE;
		assert_int_equal(out(1, 8, places), 8);
		assert_int_equal(shim.wipes, 3);
		release(places, 8);
		ksmfs_swap_wipe(swap);
		swap_end();
	}
}

/* It is told, the rest is wiped, and the file is closed. */
static void what_cannot_be_wiped_at_the_end_stays(void **state)
{
	unsigned long places[8], i;

	(void)state;
	swap_begin(8);
	assert_int_equal(out(1, 8, places), 8);
	release(places + 2, 2);
	ksmfs_swap_wipe(swap);
	release(places, 2);
	release(places + 4, 4);
	shim.flaws[places[1]] = NOT_NOW;
	shim.not_now = -ENOSPC;
	ksmfs_swap_wipe(swap);
	assert_count(6, 0);
	assert_int_equal(ksmfs_swap_free(swap), 2);
	assert_true(shim.closed);
	assert_int_equal(shim.last_wipes, 2);
	for (i = 2; i < 8; i++)
		assert_null(memchr_inv(shim.content[places[i]], 0, PAGE_SIZE));
}

/* One run of a batch fails: the others have been written. */
static void runs_fail_one_by_one(void **state)
{
	unsigned long first[10], second[6], places[8], i;

	(void)state;
	swap_begin(16);
	assert_int_equal(out(1, 10, first), 10);
	assert_int_equal(out(1, 6, second), 6);
	ksmfs_swap_release(swap, first[1]);
	release(first + 4, 2);
	release(first + 8, 2);
	ksmfs_swap_wipe(swap);
	shim.flaws[first[4]] = NO_WRITE;
	assert_int_equal(out(50, 5, places), 3);
	assert_int_equal(places[0], first[1]);
	assert_true(places[1] == KSMFS_SWAP_NONE);
	assert_true(places[2] == KSMFS_SWAP_NONE);
	assert_int_equal(places[3], first[8]);
	assert_int_equal(in(53, 2, places[3]), 0);
	assert_count(14, 2);
	release(places + 3, 2);
	ksmfs_swap_release(swap, places[0]);
	for (i = 0; i < 10; i++)
		if (i == 0 || i == 2 || i == 3 || i == 6 || i == 7)
			ksmfs_swap_release(swap, first[i]);
	release(second, 6);
	ksmfs_swap_wipe(swap);
	swap_end();
}

static void what_cannot_be_read_is_an_error(void **state)
{
	unsigned long places[8];
	long errors = stat_of(swap_errors);

	(void)state;
	swap_begin(20);
	assert_int_equal(out(1, 8, places), 8);
	shim.flaws[places[2]] = NO_READ;
	shim.flaws[places[5]] = SHORT_READ;
	assert_int_equal(in(1, 8, places[0]), -EIO);
	assert_int_equal(stat_of(swap_errors), errors + 8);
	assert_int_equal(in(3, 1, places[2]), -EIO);
	assert_int_equal(in(6, 1, places[5]), -EIO);
	assert_int_equal(stat_of(swap_errors), errors + 10);
	assert_int_equal(in(1, 2, places[0]), 0);
	assert_int_equal(in(4, 2, places[3]), 0);
	assert_int_equal(in(7, 2, places[6]), 0);
	assert_count(8, 0);
	release(places, 8);
	ksmfs_swap_wipe(swap);
	swap_end();
}

static void what_cannot_be_wiped_is_bad(void **state)
{
	unsigned long places[8], i;

	(void)state;
	swap_begin(20);
	assert_int_equal(out(1, 8, places), 8);
	shim.flaws[places[5]] = NO_WIPE;
	release(places + 4, 4);
	ksmfs_swap_wipe(swap);
	assert_count(4, 4);
	for (i = 0; i < 10; i++) {
		unsigned long more[8];

		assert_int_equal(out(1, 8, more), 8);
		release(more, 8);
	}
	release(places, 4);
	ksmfs_swap_wipe(swap);
	assert_count(0, 4);
	/* What is left there was never written again, or shown to anybody. */
	for (i = 4; i < 8; i++)
		shim.flaws[places[i]] = NO_WIPE;
	swap_end();
}

static void nothing_is_released_twice(void **state)
{
	unsigned long place;

	(void)state;
	swap_begin(20);
	assert_int_equal(out(1, 1, &place), 1);
	ksmfs_swap_release(swap, place);
	assert_dies("warning", ksmfs_swap_release(swap, place));
	ksmfs_swap_wipe(swap);
	assert_dies("warning", ksmfs_swap_release(swap, place));
	swap_end();
}

static void nothing_in_use_is_forgotten(void **state)
{
	unsigned long place;

	(void)state;
	swap_begin(20);
	assert_int_equal(out(1, 1, &place), 1);
	assert_dies("warning", ksmfs_swap_free(swap));
	ksmfs_swap_release(swap, place);
	ksmfs_swap_free(swap);
	ksmfs_swap_free(NULL);
}

static void without_memory_there_is_no_swap(void **state)
{
	struct ksmfs_swap *swap;
	bool failed;

	(void)state;
	memset(&shim, 0, sizeof(shim));
	world_fail_each(failed,
			swap = ksmfs_swap_new(PAGES, &file_ops, &shim)) {
		assert_int_equal(IS_ERR(swap), failed);
		assert_false(shim.closed);
		if (failed)
			assert_int_equal(PTR_ERR(swap), -ENOMEM);
		else
			ksmfs_swap_free(swap);
	}
}

/* What one thread of everybody_at_once() has in the file. */
struct actor {
	pthread_t thread;
	unsigned int random;
	unsigned long written;
	unsigned long refused;
	unsigned long lost;	/* could not be read */
	unsigned long nr;
	unsigned long places[150];
	int bytes[150];
};

static bool over;

static unsigned int random_below(struct actor *actor, unsigned int limit)
{
	return rand_r(&actor->random) % limit;
}

static void forget(struct actor *actor, unsigned long i)
{
	ksmfs_swap_release(swap, actor->places[i]);
	actor->nr--;
	actor->places[i] = actor->places[actor->nr];
	actor->bytes[i] = actor->bytes[actor->nr];
}

static void *act(void *arg)
{
	struct actor *actor = arg;
	unsigned long places[KSMFS_SWAP_BATCH];
	unsigned int i, nr, written;
	int round, byte;

	for (round = 0; round < 1500; round++) {
		nr = 1 + random_below(actor, KSMFS_SWAP_BATCH);
		if (actor->nr + nr <= ARRAY_SIZE(actor->places) &&
		    random_below(actor, 2)) {
			byte = 1 + random_below(actor, 190);
			written = out(byte, nr, places);
			for (i = 0; i < nr; i++) {
				if (places[i] == KSMFS_SWAP_NONE)
					continue;
				written--;
				actor->places[actor->nr] = places[i];
				actor->bytes[actor->nr++] = byte + i;
				actor->written++;
			}
			must(!written);
			actor->refused += places[nr - 1] == KSMFS_SWAP_NONE;
		} else if (actor->nr) {
			i = random_below(actor, actor->nr);
			actor->lost += in(actor->bytes[i], 1,
					  actor->places[i]) != 0;
			if (random_below(actor, 4))
				forget(actor, i);
		}
		while (actor->nr > 100 || (actor->nr && random_below(actor, 3)))
			forget(actor, random_below(actor, actor->nr));
	}
	while (actor->nr)
		forget(actor, 0);
	return NULL;
}

static void *wipe(void *arg)
{
	while (!READ_ONCE(over)) {
		if (__atomic_exchange_n(&shim.wanted, false, __ATOMIC_RELAXED))
			ksmfs_swap_wipe(swap);
		usleep(100);
	}
	return arg;
}

static void everybody_at_once(void **state)
{
	static struct actor actors[4];
	pthread_t wiper;
	unsigned long written = 0, refused = 0, lost = 0;
	size_t i;

	(void)state;
	swap_begin(160);
	shim.delay = 30;
	shim.flaws[17] = NO_WRITE;
	shim.bad_reads = 50;
	shim.flaws[77] = NO_WIPE;
	over = false;
	assert_int_equal(pthread_create(&wiper, NULL, wipe, NULL), 0);
	for (i = 0; i < ARRAY_SIZE(actors); i++) {
		actors[i].random = 1 + i;
		assert_int_equal(pthread_create(&actors[i].thread, NULL, act,
						&actors[i]), 0);
	}
	for (i = 0; i < ARRAY_SIZE(actors); i++) {
		pthread_join(actors[i].thread, NULL);
		written += actors[i].written;
		refused += actors[i].refused;
		lost += actors[i].lost;
	}
	WRITE_ONCE(over, true);
	pthread_join(wiper, NULL);
	ksmfs_swap_wipe(swap);
	printf("# %lu written, %lu refused, %lu lost, %u wipes, %lu bad\n",
	       written, refused, lost, shim.wipes, ksmfs_swap_count(swap).bad);
	/* It would be no test had these not happened. */
	assert_true(written > 1000);
	assert_true(refused && lost);
	assert_in_range(ksmfs_swap_count(swap).bad, 1, 159);
	/* Of bad places it is not known what is in them. */
	for (i = 0; i < 160; i++)
		if (!ksmfs_places_has(&swap->clean, i))
			shim.flaws[i] = NO_WIPE;
	swap_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(what_goes_out_comes_in),
		world_test(batches_lie_behind_one_another),
		world_test(a_full_file_says_so),
		world_test(scattered_room_is_used),
		world_test(who_needs_room_wipes),
		world_test(wiping_is_asked_for_once_it_is_worth_it),
		world_test(wiping_that_failed_is_asked_for_again),
		world_test(the_end_wipes),
		world_test(what_cannot_be_written_is_bad),
		world_test(some_errors_pass),
		world_test(what_cannot_be_wiped_at_the_end_stays),
		world_test(runs_fail_one_by_one),
		world_test(what_cannot_be_read_is_an_error),
		world_test(what_cannot_be_wiped_is_bad),
		world_test(nothing_is_released_twice),
		world_test(nothing_in_use_is_forgotten),
		world_test(without_memory_there_is_no_swap),
		world_test(everybody_at_once),
	};

	return cmocka_run_group_tests_name("swap", tests, NULL, NULL);
}
