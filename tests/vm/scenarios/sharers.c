// SPDX-License-Identifier: GPL-2.0
/*
 * KSMFS_IOC_SHARED tells which frames a region shares, and no other.
 *
 *	slots      0..999      1000..1999   2000..2999     a hole, and one more
 *	file a     1 2 3 ...   X X X ...    its own        X
 *	file b     1 2 3 ...   X X X ...    its own        X
 *	file c     1 2 3 ...   its own      Y Y Y ...      X
 *
 * What is told is compared with the frames that the process maps, for pieces of
 * any size: so that pieces end and begin in the middle of a leaf, at its
 * border, and in a hole.  Then the same is asked for while all of it is written to
 * and merged again.
 *
 * vm: cpus=2 mem=1G timeout=120
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES	3
#define GROUP	1000UL
#define FAR	(64UL * 512 + 5)	/* the one behind the hole */
#define PAGES	(FAR + 1)
#define X	1000000ULL
#define Y	2000000ULL
#define OWN	3000000ULL

static struct region file[FILES];
#define SHARED	(2 * GROUP + 1)		/* slots of a file that share frames */
#define ROOM	(SHARED + 1001)		/* for one more piece */

static uint64_t told[ROOM], mapped[SHARED];
static int top;
static bool stop;

/* The seed of a slot; 0: it is a hole. */
static uint64_t seed(size_t f, size_t index)
{
	if (index == FAR)
		return X;
	if (index < GROUP)
		return 1 + index;
	if (index < 2 * GROUP)
		return f == 2 ? OWN + index : X;
	if (index < 3 * GROUP)
		return f == 2 ? Y : OWN + f * 10 * GROUP + index;
	return 0;
}

static struct ksmfs_shared request_for(const struct region *region,
				       uint64_t *frames, size_t count)
{
	struct stat st;

	SYS(fstat(region->fd, &st));
	return (struct ksmfs_shared){
		.ino = st.st_ino,
		.frames = (uintptr_t)frames,
		.count = count,
	};
}

/* Asks for all frames in pieces of so many. */
static size_t ask(const struct region *region, size_t piece)
{
	struct ksmfs_shared request = request_for(region, told, piece);
	size_t n = 0;

	while (request.next != KSMFS_SHARED_END) {
		uint64_t from = request.next;

		CHECK(n + piece <= ROOM);
		request.count = piece;
		request.frames = (uintptr_t)(told + n);
		memset(told + n, 0xee, piece * sizeof(*told));
		SYS(ioctl(top, KSMFS_IOC_SHARED, &request));
		CHECK(request.count <= piece);
		CHECK(request.next > from);
		n += request.count;
		if (request.count < piece)
			CHECK(told[n] == 0xeeeeeeeeeeeeeeee);
	}
	return n;
}

static void check_told(void)
{
	static const size_t pieces[] = { 1, 7, 511, 512, 513, 1001 };

	for (size_t f = 0; f < FILES; f++) {
		size_t n = 0;

		for (size_t i = 0; i < PAGES; i++)
			if (seed(f, i) && seed(f, i) < OWN) {
				CHECK_PAGE(slot(&file[f], i), seed(f, i));
				mapped[n++] = frame_at(slot(&file[f], i));
			}
		CHECK_EQ(n, SHARED);
		CHECK_EQ(region_info(file[f].fd).shared, n);
		for (size_t p = 0; p < sizeof(pieces) / sizeof(*pieces); p++) {
			CHECK_EQ(ask(&file[f], pieces[p]), n);
			CHECK(!memcmp(told, mapped, n * sizeof(*told)));
		}
	}
}

static void check_errors(void)
{
	struct ksmfs_shared request = request_for(&file[0], NULL, 10);
	int fd = SYS(open(MNT, O_RDONLY | O_DIRECTORY));

	CHECK_ERRNO(ioctl(fd, KSMFS_IOC_SHARED, NULL), EFAULT);
	CHECK_ERRNO(ioctl(fd, KSMFS_IOC_SHARED, &request), EFAULT);
	CHECK_EQ(request.next, 0);
	CHECK_EQ(request.count, 10);
	request = request_for(&file[0], told, 0);
	CHECK_ERRNO(ioctl(fd, KSMFS_IOC_SHARED, &request), EINVAL);
	request = request_for(&file[0], told, 10);
	request.ino++;
	request.ino <<= 40;
	CHECK_ERRNO(ioctl(fd, KSMFS_IOC_SHARED, &request), ENOENT);
	CHECK_ERRNO(ioctl(file[0].fd, KSMFS_IOC_SHARED, &request), ENOTTY);
	/* Behind the end there is nothing more. */
	request = request_for(&file[0], told, 10);
	request.next = PAGES;
	SYS(ioctl(fd, KSMFS_IOC_SHARED, &request));
	CHECK_EQ(request.count, 0);
	CHECK(request.next == KSMFS_SHARED_END);
	request.count = 10;
	SYS(ioctl(fd, KSMFS_IOC_SHARED, &request));
	CHECK_EQ(request.count, 0);
	CHECK(request.next == KSMFS_SHARED_END);
	SYS(close(fd));
}

static void *write_all(void *unused)
{
	struct rng rng = { 7 };

	(void)unused;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		size_t f = rng_below(&rng, FILES), i = rng_below(&rng, GROUP);

		/* The same word again: it breaks, and can be merged again. */
		*(volatile uint64_t *)slot(&file[f], i) =
			pattern_word(seed(f, i), 0);
	}
	return NULL;
}

/*
 * What is told under way may be old, but it is a frame of memory, and there are
 * no more of them than slots.
 */
static void ask_in_between(void)
{
	uint64_t frames = sysconf(_SC_PHYS_PAGES) * 4;
	struct stats before = stats_read();
	pthread_t writer = thread_start(write_all, NULL);

	scanner_press();
	for (int round = 0; round < 200; round++) {
		size_t n = ask(&file[round % FILES], 1 + round * 3);

		CHECK(n <= SHARED);
		for (size_t i = 0; i < n; i++)
			CHECK(told[i] && told[i] < frames);
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	thread_join(writer);
	scanner_relax();
	CHECK(stats_read().breaks > before.breaks);
	for (size_t f = 0; f < FILES; f++)
		for (size_t i = 0; i < PAGES; i++)
			if (seed(f, i))
				CHECK_PAGE(slot(&file[f], i), seed(f, i));
}

int main(void)
{
	static const char *const names[] = { MNT "/a", MNT "/b", MNT "/c" };

	knob_set(KNOB_run, 0);
	knob_set(KNOB_sample_pages, 0);
	mount_ksmfs(MNT, "size=128m");
	top = SYS(open(MNT, O_RDONLY | O_DIRECTORY));
	for (size_t f = 0; f < FILES; f++) {
		file[f] = region_create(names[f], PAGES);
		for (size_t i = 0; i < PAGES; i++)
			if (seed(f, i))
				pattern(seed(f, i), slot(&file[f], i));
	}
	/* Nothing is merged yet. */
	CHECK_EQ(ask(&file[0], 100), 0);
	settle();
	check_told();
	check_errors();
	ask_in_between();
	settle();
	check_told();
	check_balance();
	for (size_t f = 0; f < FILES; f++) {
		region_close(&file[f]);
		SYS(unlink(names[f]));
	}
	SYS(close(top));
	check_empty();
	umount_ksmfs(MNT);
	return 0;
}
