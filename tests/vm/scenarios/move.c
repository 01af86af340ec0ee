// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel, or a task, wants to move our frames to another place.
 *
 *	compact_memory     moves what can be moved: the frames of packed content
 *	move_pages(2)      to the other node: refused for each page, private, merged
 *	                   or zero
 *	mbind(2)           the policy is taken, no page is moved
 *
 * Frames that slots hold stay where they are, and no content changes, also while
 * a writer breaks what the scanner merges.
 *
 * vm: cpus=2 mem=1G nodes=2 timeout=120
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <linux/mempolicy.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define DISK	"/dev/nvme0n1"
#define COMPACT	"/proc/sys/vm/compact_memory"
#define PAGES	(16 * KINDS_GROUP)
#define BASE	1000UL
#define ROUNDS	8

static struct region r, w;
static bool done;
static size_t asked;	/* pages that are on a node */

static void compact(void)
{
	int fd = open(COMPACT, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		skip("the kernel cannot compact memory: no " COMPACT);
	SYS(write(fd, "1", 1));
	SYS(close(fd));
}

/* Ask for one page to be moved to a node, or where it is if that is NULL. */
static int move(void *page, const int *node)
{
	int status = 1;

	SYS(syscall(SYS_move_pages, 0, 1, &page, node, &status,
		    MPOL_MF_MOVE_ALL));
	return status;
}

static void ask_to_move(void)
{
	unsigned long nodes;

	for (size_t i = 0; i < r.pages; i++) {
		uint64_t before = frame_at(slot(&r, i));
		int node = move(slot(&r, i), NULL);
		/* The zero page, and what is not mapped, is on no node. */
		int other = node < 0 ? (int)(i % 2) : !node;
		int status = move(slot(&r, i), &other);

		if (status != -EBUSY && status != -ENOENT &&
		    status != -EFAULT && status != -EACCES)
			FAIL("move_pages: slot %zu from %d to %d: %d", i, node,
			     other, status);
		CHECK_EQ(frame_at(slot(&r, i)), before);
		asked += node >= 0;
	}
	for (nodes = 1; nodes <= 2; nodes++)
		if (syscall(SYS_mbind, r.map, r.pages * PAGE, MPOL_BIND,
			    &nodes, 3, MPOL_MF_MOVE_ALL))
			CHECK_EQ(errno, EIO);
	SYS(syscall(SYS_mbind, r.map, r.pages * PAGE, MPOL_DEFAULT, NULL, 0,
		    0));
}

static void *writer(void *arg)
{
	uint64_t shadow[KINDS_GROUP] = { 0 };
	struct rng rng = { 1 };

	while (!__atomic_load_n(&done, __ATOMIC_RELAXED)) {
		size_t i = rng_below(&rng, KINDS_GROUP);

		CHECK_PAGE(slot(&w, i), shadow[i]);
		shadow[i] = rng_below(&rng, 3);
		pattern(shadow[i], slot(&w, i));
	}
	return arg;
}

int main(void)
{
	uint64_t frames[PAGES];
	pthread_t thread;

	if (access(DISK, F_OK))
		skip("no disk " DISK);
	SYS(access("/sys/devices/system/node/node1", F_OK));
	knob_set(KNOB_sample_pages, 0);
	mount_ksmfs(MNT, "size=64m,swap=" DISK);
	r = kinds_create(MNT "/kinds", PAGES, BASE);
	w = region_create(MNT "/written", KINDS_GROUP);
	compact();
	kinds_check(&r, BASE);
	for (size_t i = 0; i < PAGES; i++)
		frames[i] = frame_at(slot(&r, i));

	scanner_press();
	thread = thread_start(writer, NULL);
	for (int round = 0; round < ROUNDS; round++) {
		region_reclaim(MNT, &r, r.pages, KSMFS_RECLAIM_PACK);
		region_reclaim(MNT, &r, r.pages, KSMFS_RECLAIM_PACK);
		compact();
		ask_to_move();
		kinds_check(&r, BASE);
	}
	__atomic_store_n(&done, true, __ATOMIC_RELAXED);
	thread_join(thread);
	scanner_relax();

	CHECK(asked);

	/* What has been packed came back somewhere else; nothing else moved. */
	for (size_t i = 0; i < PAGES; i++)
		if (kinds_of(i) == KIND_SHARED)
			CHECK_EQ(frame_at(slot(&r, i)), frames[i]);
	settle();
	check_balance();
	region_close(&r);
	region_close(&w);
	SYS(unlink(MNT "/kinds"));
	SYS(unlink(MNT "/written"));
	check_empty();
	umount_ksmfs(MNT);
	return 0;
}
