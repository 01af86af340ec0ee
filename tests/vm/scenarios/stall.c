// SPDX-License-Identifier: GPL-2.0
/*
 * Stalls: who waits for a frame, for how long, and who else does not.
 *
 *	size=1m, and all 256 frames are taken; nothing is reclaimed, nor
 *	merged unless it is asked for
 *
 * A store to a hole, or to a merged page that it can read, waits for
 * stall_millisecs, once, and gets SIGBUS; in a system call that fails with EFAULT.
 * One who is given a frame meanwhile goes on; one who is killed dies.  Whoever
 * polls "stalls" is woken.  Other threads of the process map and unmap meanwhile.
 *
 * A region at its limit waits, and then gets what it wants all the same, or at
 * once if the limit is lifted.  The reserve is for merged pages: holes do not get
 * it, breaks do.
 *
 * vm: cpus=2 mem=1G timeout=60
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FRAMES	256UL
#define FOR_EVER 3600000
#define EQUALS	64UL
#define EQUAL	1000000
#define LIMIT	16UL
#define RESERVE	10UL

/* Write different pages, which leaves the mount full; returns how many. */
static size_t fill(int fd)
{
	uint8_t page[PAGE];
	size_t i = 0;

	for (;; i++) {
		pattern(1 + i, page);
		if (pwrite(fd, page, PAGE, i * PAGE) < 0)
			break;
	}
	CHECK_EQ(errno, ENOSPC);
	return i;
}

static int create(const char *path)
{
	return SYS(open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
}

static void punch(int fd, size_t index)
{
	SYS(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      index * PAGE, PAGE));
}

static struct region equals(const char *path)
{
	struct region r = region_create(path, EQUALS);

	for (size_t i = 0; i < EQUALS; i++)
		pattern(EQUAL, slot(&r, i));
	settle();
	CHECK_EQ(region_info(r.fd).shared, EQUALS);
	return r;
}

static void wait_until_stalled(long long count)
{
	double deadline = seconds() + 30;

	while (stats_read().stalled != count) {
		if (seconds() > deadline)
			FAIL("%lld faults should wait by now", count);
		usleep(1000);
	}
}

static void in_vain(void)
{
	struct region hole = region_create(MNT "/hole", 8);
	struct region merged = equals(MNT "/merged");
	int full = create(MNT "/full"), source = create("/tmp/source");
	struct stats before;
	uint8_t byte = 1;
	double begin;

	fill(full);
	before = stats_read();
	knob_set(KNOB_stall_millisecs, 300);

	begin = seconds();
	CHECK(!copy_guarded(slot(&hole, 0), &byte, 1));
	CHECK(seconds() - begin >= 0.3);
	CHECK_EQ(stats_read().stalls - before.stalls, 1);
	CHECK_EQ(stats_read().stall_timeouts - before.stall_timeouts, 1);
	CHECK_EQ(region_info(hole.fd).stalls, 1);

	/* There is a read-only entry. */
	CHECK_PAGE(slot(&merged, 3), EQUAL);
	begin = seconds();
	CHECK(!copy_guarded(slot(&merged, 3), &byte, 1));
	CHECK(seconds() - begin >= 0.3);
	CHECK_EQ(stats_read().stalls - before.stalls, 2);
	CHECK_EQ(stats_read().stall_timeouts - before.stall_timeouts, 2);
	CHECK_PAGE(slot(&merged, 3), EQUAL);

	/* The kernel's own store. */
	CHECK_EQ(pwrite(source, &byte, 1, 0), 1);
	begin = seconds();
	CHECK_ERRNO(pread(source, slot(&hole, 1), 1, 0), EFAULT);
	CHECK(seconds() - begin >= 0.3);
	CHECK(stats_read().stalls - before.stalls >= 3);
	CHECK_EQ(stats_read().stalls - before.stalls,
		 stats_read().stall_timeouts - before.stall_timeouts);

	/* System calls on the file do not wait. */
	before = stats_read();
	CHECK_ERRNO(pwrite(hole.fd, &byte, 1, 0), ENOSPC);
	CHECK_EQ(stats_read().stalls, before.stalls);
	CHECK_EQ(stats_read().stalled, 0);
	CHECK_EQ(mount_info(MNT).stalled, 0);

	SYS(close(source));
	SYS(unlink("/tmp/source"));
	SYS(close(full));
	region_close(&hole);
	region_close(&merged);
	SYS(unlink(MNT "/hole"));
	SYS(unlink(MNT "/merged"));
	SYS(unlink(MNT "/full"));
}

static void *store(void *page)
{
	*(volatile uint8_t *)page = 1;
	return NULL;
}

/* Some maps and unmaps, which want the mmap_lock for writing. */
static void map_and_unmap(int fd)
{
	for (int i = 0; i < 100; i++)
		SYS(munmap((void *)SYS(mmap(NULL, PAGE, PROT_READ, MAP_SHARED,
					    fd, 0)), PAGE));
}

static void goes_on(void)
{
	struct region hole = region_create(MNT "/hole", 8);
	struct region merged = equals(MNT "/merged");
	int full = create(MNT "/full");
	int stalls = SYS(open(SYSFS "/stalls", O_RDONLY | O_CLOEXEC));
	struct pollfd poller = { .fd = stalls, .events = POLLPRI };
	pthread_t a, b;
	char text[32];
	struct stats before;

	fill(full);
	before = stats_read();
	knob_set(KNOB_stall_millisecs, FOR_EVER);
	SYS(read(stalls, text, sizeof(text)));
	CHECK_EQ(poll(&poller, 1, 0), 0);

	a = thread_start(store, slot(&hole, 0));
	CHECK_EQ(poll(&poller, 1, 30000), 1);
	CHECK_EQ(poller.revents, POLLPRI | POLLERR);
	wait_until_stalled(1);
	CHECK_EQ(mount_info(MNT).stalled, 1);
	map_and_unmap(full);

	CHECK_PAGE(slot(&merged, 5), EQUAL);
	b = thread_start(store, slot(&merged, 5));
	wait_until_stalled(2);
	map_and_unmap(full);
	CHECK_PAGE(slot(&merged, 5), EQUAL);

	punch(full, 0);
	wait_until_stalled(1);
	punch(full, 1);
	thread_join(a);
	thread_join(b);
	CHECK_EQ(slot(&hole, 0)[0], 1);
	CHECK_EQ(slot(&merged, 5)[0], 1);
	CHECK_PAGE(slot(&merged, 6), EQUAL);
	CHECK_EQ(stats_read().stalls - before.stalls, 2);
	CHECK_EQ(stats_read().stall_timeouts, before.stall_timeouts);
	CHECK_EQ(stats_read().stalled, 0);

	SYS(close(stalls));
	SYS(close(full));
	region_close(&hole);
	region_close(&merged);
	SYS(unlink(MNT "/hole"));
	SYS(unlink(MNT "/merged"));
	SYS(unlink(MNT "/full"));
}

static void store_in_child(void *page)
{
	store(page);
}

static void killed(void)
{
	struct region hole = region_create(MNT "/hole", 8);
	int full = create(MNT "/full");
	pid_t pid;

	fill(full);
	knob_set(KNOB_stall_millisecs, FOR_EVER);
	pid = spawn(store_in_child, slot(&hole, 0));
	wait_until_stalled(1);
	SYS(kill(pid, SIGKILL));
	reap_killed(pid, SIGKILL);
	CHECK_EQ(stats_read().stalled, 0);
	SYS(close(full));
	region_close(&hole);
	SYS(unlink(MNT "/hole"));
	SYS(unlink(MNT "/full"));
}

static void limited(void)
{
	struct region r = region_create(MNT "/limited", EQUALS);
	struct region other = region_create(MNT "/other", EQUALS);
	struct stats before = stats_read();
	uint8_t byte = 1;
	pthread_t thread;
	double begin;

	region_limit(MNT, &r, LIMIT);
	knob_set(KNOB_stall_millisecs, 300);
	for (size_t i = 0; i < LIMIT; i++)
		pattern(1 + i, slot(&r, i));
	for (size_t i = 0; i < EQUALS; i++)
		pattern(1000 + i, slot(&other, i));
	CHECK_PAGE(slot(&r, LIMIT), 0);
	CHECK_EQ(stats_read().stalls, before.stalls);
	CHECK_EQ(region_info(r.fd).priv, LIMIT);

	begin = seconds();
	slot(&r, LIMIT)[0] = 1;
	CHECK(seconds() - begin >= 0.3);
	CHECK_EQ(stats_read().stalls - before.stalls, 1);
	CHECK_EQ(region_info(r.fd).stalls, 1);
	CHECK_EQ(region_info(r.fd).priv, LIMIT + 1);
	CHECK_EQ(stats_read().stall_timeouts, before.stall_timeouts);
	/* Whoever has set it may be gone: once is enough. */
	CHECK_EQ(region_info(r.fd).limit, 0);
	CHECK_EQ(pwrite(r.fd, &byte, 1, (LIMIT + 1) * PAGE), 1);
	CHECK_EQ(stats_read().stalls - before.stalls, 1);

	knob_set(KNOB_stall_millisecs, FOR_EVER);
	region_limit(MNT, &r, LIMIT);
	thread = thread_start(store, slot(&r, LIMIT + 2));
	wait_until_stalled(1);
	map_and_unmap(other.fd);
	region_limit(MNT, &r, 0);
	thread_join(thread);
	CHECK_EQ(region_info(r.fd).priv, LIMIT + 3);

	/* Or when it is below the limit again. */
	region_limit(MNT, &r, LIMIT);
	thread = thread_start(store, slot(&r, LIMIT + 3));
	wait_until_stalled(1);
	SYS(fallocate(r.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		      LIMIT / 2 * PAGE));
	thread_join(thread);
	CHECK_EQ(slot(&r, LIMIT + 3)[0], 1);
	CHECK_EQ(stats_read().stalls - before.stalls, 3);
	region_close(&r);
	region_close(&other);
	SYS(unlink(MNT "/limited"));
	SYS(unlink(MNT "/other"));
}

static void reserved(void)
{
	struct region hole = region_create(MNT "/hole", 8);
	struct region merged;
	int full = create(MNT "/full");
	uint8_t byte = 1;

	knob_set(KNOB_stall_millisecs, 0);
	SYS(remount_ksmfs(MNT, "break_reserve=40k"));
	CHECK_EQ(mount_info(MNT).reserve, 0);
	merged = equals(MNT "/merged");
	CHECK_EQ(mount_info(MNT).size, FRAMES);
	CHECK_EQ(mount_info(MNT).used, 1);
	CHECK_EQ(mount_info(MNT).debt, EQUALS - 1);
	CHECK_EQ(stats_read().break_debt, EQUALS - 1);
	CHECK_EQ(mount_info(MNT).reserve, RESERVE);

	CHECK_EQ(fill(full), FRAMES - 1 - RESERVE);
	CHECK(!copy_guarded(slot(&hole, 0), &byte, 1));
	CHECK_ERRNO(fallocate(hole.fd, 0, 0, PAGE), ENOSPC);
	for (size_t i = 0; i < RESERVE; i++) {
		CHECK(copy_guarded(slot(&merged, i), &byte, 1));
		CHECK_EQ(mount_info(MNT).debt, EQUALS - 2 - i);
	}
	CHECK_EQ(mount_info(MNT).used, FRAMES);
	CHECK(!copy_guarded(slot(&merged, RESERVE), &byte, 1));
	for (size_t i = RESERVE; i < EQUALS; i++)
		CHECK_PAGE(slot(&merged, i), EQUAL);

	/* What is given back fills the reserve first. */
	punch(full, 0);
	CHECK(!copy_guarded(slot(&hole, 0), &byte, 1));
	CHECK(copy_guarded(slot(&merged, RESERVE), &byte, 1));
	region_close(&hole);
	region_close(&merged);
	SYS(close(full));
}

int main(void)
{
	knob_set(KNOB_run, 0);
	knob_set(KNOB_sample_pages, 0);
	choice_set(CHOICE_reclaim_mode, RECLAIM_none);
	mount_ksmfs(MNT, "size=1m,break_reserve=0");
	in_vain();
	goes_on();
	killed();
	limited();
	reserved();
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
