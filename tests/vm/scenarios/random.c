// SPDX-License-Identifier: GPL-2.0
/*
 * Random operations on many files of few contents, the scanner flat out.
 *
 *	random [SEED [OPERATIONS]]
 *
 *	thread 0   file 0 .. 3     write, pwrite, read, pread, map, unmap,
 *	thread 1   file 4 .. 7     mremap, punch, MADV_REMOVE, truncate,
 *	thread 2   file 8 .. 11    fallocate, fork, private mapping, madvise;
 *	thread 3   file 12 .. 15   all threads look at all files
 *
 * Each thread writes only to its own files and keeps a shadow copy of them, so
 * that what it reads must be equal, byte for byte.  All bytes ever written come
 * from a few pages, at their place in the page: so pages become equal over and
 * over, and of other threads' files every byte must be one of the few.
 *
 * A thread's operations depend on the seed alone; how the threads and the
 * scanner interleave does not replay.
 *
 * vm: cpus=2 mem=1G timeout=600
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define THREADS		4
#define FILES		4	/* of one thread */
#define PAGES		32	/* of one file */
#define BYTES		(PAGES * PAGE)
#define CONTENTS	5	/* seeds 0 .. 4; 0 is zeros */
#define SPAN		(4 * PAGE)	/* most bytes of one read or write */

struct file {
	struct region region;
	size_t size;
	uint8_t shadow[BYTES];
};

static struct file *files;	/* shared with children, for the shadow */
/* Each content over and over, so that ranges across pages can be copied. */
static uint8_t contents[CONTENTS][BYTES];
static uint8_t pages[CONTENTS][PAGE];
static uint64_t seed = 1;
static unsigned long operations = 100000;
static unsigned long done;

/* One thread, at one operation, on one file. */
struct step {
	int thread;
	unsigned long number;
	struct rng rng;
	struct file *file;
};

static uint64_t below(struct step *s, uint64_t limit)
{
	return rng_below(&s->rng, limit);
}

static void compare(const struct step *s, const uint8_t *got, size_t offset,
		    size_t length)
{
	const uint8_t *want = s->file->shadow + offset;
	size_t i = 0;

	if (!memcmp(got, want, length))
		return;
	while (i < length - 1 && got[i] == want[i])
		i++;
	FAIL("seed %llu, thread %d, operation %lu, file %td, byte %#zx: expected %#x, got %#x",
	     (unsigned long long)seed, s->thread, s->number, s->file - files,
	     offset + i, want[i], got[i]);
}

/* A range below @limit, at most SPAN long; false: there is nothing below. */
static bool range(struct step *s, size_t limit, size_t *offset, size_t *length)
{
	if (!limit)
		return false;
	*offset = below(s, limit);
	if (below(s, 2))
		*offset -= *offset % PAGE;
	*length = below(s, 2) ? PAGE : 1 + below(s, SPAN);
	if (*length > limit - *offset)
		*length = limit - *offset;
	return true;
}

static void store(struct step *s)
{
	const uint8_t *content = contents[below(s, CONTENTS)];
	size_t offset, length;

	if (!range(s, s->file->size, &offset, &length))
		return;
	memcpy(s->file->region.map + offset, content + offset, length);
	memcpy(s->file->shadow + offset, content + offset, length);
}

static void store_byte(struct step *s)
{
	const uint8_t *content = contents[below(s, CONTENTS)];
	size_t offset, length;

	if (!range(s, s->file->size, &offset, &length))
		return;
	s->file->region.map[offset] = content[offset];
	s->file->shadow[offset] = content[offset];
}

static void write_at(struct step *s)
{
	const uint8_t *content = contents[below(s, CONTENTS)];
	size_t offset, length;

	range(s, BYTES, &offset, &length);
	CHECK_EQ(pwrite(s->file->region.fd, content + offset, length, offset),
		 length);
	memcpy(s->file->shadow + offset, content + offset, length);
	if (offset + length > s->file->size)
		s->file->size = offset + length;
}

static void load(struct step *s)
{
	size_t offset, length;

	if (range(s, s->file->size, &offset, &length))
		compare(s, s->file->region.map + offset, offset, length);
}

static void read_at(struct step *s)
{
	uint8_t got[SPAN];
	size_t offset, length;

	if (!range(s, s->file->size, &offset, &length))
		return;
	CHECK_EQ(pread(s->file->region.fd, got, length, offset), length);
	compare(s, got, offset, length);
}

static void punch(struct step *s)
{
	size_t offset, length;

	range(s, BYTES, &offset, &length);
	SYS(fallocate(s->file->region.fd,
		      FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset,
		      length));
	memset(s->file->shadow + offset, 0, length);
}

static void remove_pages(struct step *s)
{
	size_t first = below(s, PAGES), count = 1 + below(s, PAGES - first);

	SYS(madvise(slot(&s->file->region, first), count * PAGE,
		    MADV_REMOVE));
	memset(s->file->shadow + first * PAGE, 0, count * PAGE);
}

static void cut(struct step *s)
{
	size_t size = below(s, BYTES + 1);

	SYS(ftruncate(s->file->region.fd, size));
	memset(s->file->shadow + size, 0, BYTES - size);
	s->file->size = size;
	if (below(s, 4)) {
		SYS(ftruncate(s->file->region.fd, BYTES));
		s->file->size = BYTES;
	}
}

static void allocate(struct step *s)
{
	size_t offset, length;

	range(s, BYTES, &offset, &length);
	SYS(fallocate(s->file->region.fd, FALLOC_FL_KEEP_SIZE, offset,
		      length));
}

static void map_again(struct step *s)
{
	struct region *r = &s->file->region;

	SYS(munmap(r->map, BYTES));
	r->map = (void *)SYS(mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
				  MAP_SHARED | (below(s, 2) ? MAP_POPULATE : 0),
				  r->fd, 0));
}

static void move(struct step *s)
{
	struct region *r = &s->file->region;
	void *to = (void *)SYS(mmap(NULL, BYTES, PROT_NONE,
				    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	r->map = (void *)SYS(mremap(r->map, BYTES, BYTES,
				    MREMAP_MAYMOVE | MREMAP_FIXED, to));
}

static void advise(struct step *s)
{
	static const int advice[] = {
		MADV_DONTNEED, MADV_WILLNEED, MADV_COLD, MADV_PAGEOUT,
	};

	SYS(madvise(s->file->region.map, BYTES, advice[below(s, 4)]));
}

static void child(void *arg)
{
	struct step *s = arg;

	for (int n = 0; n < 10; n++) {
		store(s);
		load(s);
		write_at(s);
		read_at(s);
	}
}

static void fork_child(struct step *s)
{
	reap(spawn(child, s));
	rng_next(&s->rng);	/* not the child's choices again */
}

/* Private copies of some pages beside the file; both keep their content. */
static void map_private(struct step *s)
{
	size_t whole = s->file->size / PAGE;
	uint8_t *own = (void *)SYS(mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
					MAP_PRIVATE, s->file->region.fd, 0));

	for (size_t i = 0; i < whole; i += 3) {
		pattern(1000 + i, own + i * PAGE);
		if (below(s, 2))
			punch(s);
	}
	for (size_t i = 0; i < whole; i++) {
		if (i % 3)
			compare(s, own + i * PAGE, i * PAGE, PAGE);
		else
			CHECK_PAGE(own + i * PAGE, 1000 + i);
		compare(s, slot(&s->file->region, i), i * PAGE, PAGE);
	}
	SYS(munmap(own, BYTES));
}

/* A page of anybody's file, by read(2): his mapping may be gone by now. */
static void look(struct step *s)
{
	uint8_t got[PAGE] = { 0 };

	SYS(pread(files[below(s, THREADS * FILES)].region.fd, got, PAGE,
		  below(s, PAGES) * PAGE));
	CHECK_MIXTURE(got, pages, CONTENTS);
}

static const struct {
	void (*operation)(struct step *s);
	unsigned int weight;
} table[] = {
	{ store, 200 }, { store_byte, 100 }, { write_at, 100 },
	{ load, 200 }, { read_at, 100 }, { look, 40 },
	{ punch, 60 }, { remove_pages, 20 }, { cut, 20 }, { allocate, 10 },
	{ map_again, 20 }, { move, 20 }, { advise, 20 },
	{ map_private, 10 }, { fork_child, 4 },
};

#define OPERATIONS (sizeof(table) / sizeof(*table))

static void take_step(struct step *s)
{
	unsigned int sum = 0;
	uint64_t choice;

	for (size_t i = 0; i < OPERATIONS; i++)
		sum += table[i].weight;
	choice = below(s, sum);
	s->file = &files[s->thread * FILES + below(s, FILES)];
	for (size_t i = 0;; i++) {
		if (choice < table[i].weight) {
			table[i].operation(s);
			return;
		}
		choice -= table[i].weight;
	}
}

static void *worker(void *arg)
{
	int thread = (intptr_t)arg;
	struct step s = {
		.thread = thread,
		.rng = { seed * THREADS + thread },
	};

	for (s.number = 0; s.number < operations / THREADS; s.number++) {
		take_step(&s);
		__atomic_fetch_add(&done, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void compare_all(void)
{
	static uint8_t got[BYTES];

	for (struct file *f = files; f < files + THREADS * FILES; f++) {
		struct step s = { .number = operations, .file = f };

		CHECK_EQ(lseek(f->region.fd, 0, SEEK_END), f->size);
		compare(&s, f->region.map, 0, f->size);
		CHECK_EQ(pread(f->region.fd, got, BYTES, 0), f->size);
		compare(&s, got, 0, f->size);
	}
}

static void *show_progress(void *arg)
{
	unsigned long now;

	while ((now = __atomic_load_n(&done, __ATOMIC_RELAXED)) < operations) {
		struct stats stats = stats_read();

		say("%lu operations, %lld merges, %lld breaks, %lld punched",
		    now, stats.merges, stats.breaks, stats.pages_punched);
		sleep(5);
	}
	return arg;
}

int main(int argc, char **argv)
{
	pthread_t workers[THREADS], progress;
	struct stats before, after;

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	if (argc > 2)
		operations = strtoul(argv[2], NULL, 0);
	operations -= operations % THREADS;
	say("seed %llu, %lu operations", (unsigned long long)seed, operations);
	for (size_t c = 0; c < CONTENTS; c++) {
		pattern(c, pages[c]);
		for (size_t i = 0; i < PAGES; i++)
			memcpy(contents[c] + i * PAGE, pages[c], PAGE);
	}
	files = (void *)SYS(mmap(NULL, THREADS * FILES * sizeof(*files),
				 PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	mount_ksmfs(MNT, "size=64m");
	for (int i = 0; i < THREADS * FILES; i++) {
		char path[32];

		snprintf(path, sizeof(path), MNT "/%d", i);
		files[i].region = region_create(path, PAGES);
		files[i].size = BYTES;
	}

	before = stats_read();
	scanner_press();
	for (intptr_t i = 0; i < THREADS; i++)
		workers[i] = thread_start(worker, (void *)i);
	progress = thread_start(show_progress, NULL);
	for (int i = 0; i < THREADS; i++)
		thread_join(workers[i]);
	thread_join(progress);
	scanner_relax();
	after = stats_read();
	compare_all();

	/* Merging was frequent: not a test of a plain file system. */
	if (operations >= 10000) {
		CHECK(after.merges - before.merges >= (long)operations / 100);
		CHECK(after.zero_merges > before.zero_merges);
		CHECK(after.breaks - before.breaks >= (long)operations / 100);
		CHECK(after.pages_punched > before.pages_punched);
	}
	settle();
	compare_all();
	check_balance();
	for (int i = 0; i < THREADS * FILES; i++)
		region_close(&files[i].region);
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
