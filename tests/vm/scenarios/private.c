// SPDX-License-Identifier: GPL-2.0
/*
 * Private mappings, fork and mremap over pages that merge and break.
 *
 *	MAP_PRIVATE     [own copy][ file  ][ file  ]
 *	                             |        |
 *	file            [frame   ][frame  ][frame  ]   merged, broken, punched
 *
 * A store through a private mapping never reaches the file and breaks nothing
 * there; its copy survives merge, break and punch of the page underneath, and
 * goes with a truncate only, as on tmpfs.  Pages the private mapping has not
 * written follow the file.  Forked mappers, shared and private, and mappings
 * that move while their pages merge see exactly what was written.
 *
 * vm: cpus=2 mem=1G timeout=180
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define EQUAL	1000
#define OWN	2000
#define FORKS	40
#define SLOTS	32
#define MOVES	750
#define CONTENTS 4

static uint8_t *map_private(int fd, size_t pages, int protection)
{
	return (void *)SYS(mmap(NULL, pages * PAGE, protection, MAP_PRIVATE,
				fd, 0));
}

static void punch(int fd, size_t first, size_t pages)
{
	SYS(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      first * PAGE, pages * PAGE));
}

static void alone(void)
{
	struct region a = region_create(MNT "/a", 8);
	struct region b = region_create(MNT "/b", 8);
	uint8_t *own = map_private(a.fd, 8, PROT_READ | PROT_WRITE);
	uint8_t *forced = map_private(a.fd, 8, PROT_READ);
	struct stats before;
	uint8_t page[PAGE];
	int mem;

	for (size_t i = 0; i < 8; i++) {
		pattern(EQUAL, slot(&a, i));
		pattern(EQUAL, slot(&b, i));
	}
	settle();
	before = stats_read();
	CHECK_EQ(before.pages_sharing, 15);

	/*
	 * Stores through private mappings: direct, and forced as by a tracer,
	 * which newer kernels may let nobody else do.
	 */
	pattern(OWN, own);
	mem = SYS(open("/proc/self/mem", O_RDWR | O_CLOEXEC));
	pattern(OWN, page);
	if (pwrite(mem, page, PAGE, (uintptr_t)forced) != PAGE) {
		CHECK_EQ(errno, EIO);
		SYS(mprotect(forced, PAGE, PROT_READ | PROT_WRITE));
		pattern(OWN, forced);
		SYS(mprotect(forced, PAGE, PROT_READ));
	}
	close(mem);
	CHECK_PAGE(own, OWN);
	CHECK_PAGE(forced, OWN);
	CHECK_PAGE(slot(&a, 0), EQUAL);
	CHECK_EQ(pread(a.fd, page, PAGE, 0), PAGE);
	CHECK_PAGE(page, EQUAL);
	CHECK_EQ(stats_read().breaks, before.breaks);
	CHECK_EQ(stats_read().pages_sharing, before.pages_sharing);

	/* The file breaks and merges underneath. */
	CHECK_PAGE(own + PAGE, EQUAL);
	pattern(OWN + 1, slot(&a, 0));
	pattern(OWN + 1, slot(&a, 1));
	CHECK_PAGE(own, OWN);
	CHECK_PAGE(own + PAGE, OWN + 1);
	settle();
	CHECK_PAGE(own, OWN);
	CHECK_PAGE(own + PAGE, OWN + 1);
	pattern(EQUAL, slot(&a, 0));
	pattern(EQUAL, slot(&a, 1));
	settle();
	CHECK_EQ(stats_read().pages_sharing, 15);
	CHECK_PAGE(own, OWN);
	CHECK_PAGE(own + PAGE, EQUAL);
	for (size_t i = 0; i < 8; i++)
		CHECK_PAGE(slot(&b, i), EQUAL);

	/*
	 * A punch leaves the copies, whether the page below is private and
	 * mapped, shared and mapped, or not mapped at all.
	 */
	pattern(OWN, own + 2 * PAGE);
	pattern(OWN, own + 3 * PAGE);
	pattern(OWN, slot(&a, 0));
	CHECK_PAGE(slot(&a, 2), EQUAL);
	punch(a.fd, 0, 1);
	punch(a.fd, 2, 1);
	punch(a.fd, 3, 2);
	for (size_t i = 0; i < 5; i++)
		CHECK_PAGE(slot(&a, i), i == 1 ? EQUAL : 0);
	CHECK_PAGE(own, OWN);
	CHECK_PAGE(forced, OWN);
	CHECK_PAGE(own + PAGE, EQUAL);
	CHECK_PAGE(own + 2 * PAGE, OWN);
	CHECK_PAGE(own + 3 * PAGE, OWN);
	CHECK_PAGE(own + 4 * PAGE, 0);

	/* A truncate does not. */
	SYS(ftruncate(a.fd, 0));
	CHECK(!copy_guarded(page, own, 1));
	SYS(ftruncate(a.fd, 8 * PAGE));
	for (size_t i = 0; i < 8; i++)
		CHECK_PAGE(own + i * PAGE, 0);
	CHECK_PAGE(forced, 0);
	CHECK_PAGE(slot(&b, 0), EQUAL);

	settle();
	check_balance();
	SYS(munmap(own, 8 * PAGE));
	SYS(munmap(forced, 8 * PAGE));
	region_close(&a);
	region_close(&b);
	SYS(unlink(MNT "/a"));
	SYS(unlink(MNT "/b"));
	check_empty();
}

/*
 * Parent and child write to their own slots of a shared mapping, and both to
 * all slots of a private one, at the same time.
 */
struct family {
	struct region shared, file;
	uint8_t *own;
	uint64_t round;
};

static uint64_t shared_seed(uint64_t round, size_t i)
{
	return 1 + (round + i) % (CONTENTS - 1);
}

static void write_shared(struct family *f, size_t first)
{
	for (size_t i = first; i < SLOTS; i += 2)
		pattern(shared_seed(f->round, i), slot(&f->shared, i));
	for (size_t i = first; i < SLOTS; i += 2)
		CHECK_PAGE(slot(&f->shared, i), shared_seed(f->round, i));
}

static void write_private(struct family *f, uint64_t seed)
{
	for (size_t i = 0; i < SLOTS; i += 3)
		pattern(seed, f->own + i * PAGE);
	for (size_t i = 0; i < SLOTS; i++)
		CHECK_PAGE(f->own + i * PAGE, i % 3 ? EQUAL : seed);
}

static void child(void *arg)
{
	struct family *f = arg;

	write_private(f, OWN + 1);
	write_shared(f, 1);
	for (size_t i = 0; i < SLOTS; i++)
		CHECK_PAGE(slot(&f->file, i), EQUAL);
	write_private(f, OWN + 2);
}

static void forks(void)
{
	struct family f = {
		.shared = region_create(MNT "/shared", SLOTS),
		.file = region_create(MNT "/file", SLOTS),
	};
	struct stats before = stats_read();

	f.own = map_private(f.file.fd, SLOTS, PROT_READ | PROT_WRITE);
	for (size_t i = 0; i < SLOTS; i++)
		pattern(EQUAL, slot(&f.file, i));
	scanner_press();
	for (f.round = 0; f.round < FORKS; f.round++) {
		pid_t pid;

		write_private(&f, OWN + 3);
		pid = spawn(child, &f);
		write_shared(&f, 0);
		write_private(&f, OWN + 4);
		reap(pid);
		for (size_t i = 0; i < SLOTS; i++) {
			CHECK_PAGE(slot(&f.shared, i),
				   shared_seed(f.round, i));
			CHECK_PAGE(slot(&f.file, i), EQUAL);
			CHECK_PAGE(f.own + i * PAGE, i % 3 ? EQUAL : OWN + 4);
		}
	}
	scanner_relax();
	CHECK(stats_read().merges > before.merges);
	CHECK(stats_read().breaks > before.breaks);
	SYS(munmap(f.own, SLOTS * PAGE));
	region_close(&f.shared);
	region_close(&f.file);
}

/*
 * A mapping that moves between two places, whole or in halves: then it is two
 * mappings to the kernel, which it moves one by one only.
 */
static void moves(const char *path, bool halves)
{
	struct region r = region_create(path, SLOTS);
	uint8_t contents[CONTENTS][PAGE], shadow[SLOTS] = { 0 }, page[PAGE];
	const size_t bytes = SLOTS * PAGE, half = bytes / 2;
	struct stats before = stats_read();
	struct rng rng = { 1 };
	uint8_t *place[2];

	for (size_t i = 0; i < CONTENTS; i++)
		pattern(i, contents[i]);
	for (size_t i = 0; i < 2; i++)
		place[i] = (void *)SYS(mmap(NULL, bytes, PROT_NONE,
					    MAP_PRIVATE | MAP_ANONYMOUS, -1,
					    0));
	scanner_press();
	for (size_t n = 0; n < MOVES; n++) {
		uint8_t *to = place[n % 2];
		size_t i = rng_below(&rng, SLOTS);

		if (halves)
			SYS(mremap(r.map + half, half, half,
				   MREMAP_MAYMOVE | MREMAP_FIXED, to + half));
		SYS(mremap(r.map, halves ? half : bytes, halves ? half : bytes,
			   MREMAP_MAYMOVE | MREMAP_FIXED, to));
		/* Keep the place it left: the next move goes back there. */
		SYS(mmap(r.map, bytes, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
		r.map = to;
		CHECK_PAGE(slot(&r, i), shadow[i]);
		shadow[i] = rng_below(&rng, CONTENTS);
		memcpy(slot(&r, i), contents[shadow[i]], PAGE);
		CHECK_EQ(pread(r.fd, page, PAGE, i * PAGE), PAGE);
		CHECK_PAGE(page, shadow[i]);
	}
	scanner_relax();
	CHECK(stats_read().merges > before.merges);
	CHECK(stats_read().breaks > before.breaks);
	for (size_t i = 0; i < SLOTS; i++)
		CHECK_PAGE(slot(&r, i), shadow[i]);
	region_close(&r);
}

int main(void)
{
	mount_ksmfs(MNT, "size=64m");
	alone();
	forks();
	moves(MNT "/whole", false);
	moves(MNT "/halves", true);
	settle();
	check_balance();
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
