// SPDX-License-Identifier: GPL-2.0
/*
 * Parts of the machine go and come back while pages merge, break and move.
 *
 *	CPUs     one goes offline and comes online, under writers and scanner
 *	memory   the blocks that our frames are in are asked to go offline: they
 *	         are refused, in little time, since frames do not move
 *	sleep    everything is frozen and suspended, and goes on
 *
 * Whatever the kernel says to it, all content stays what it was, the scanner
 * works on, and what is offline comes back.
 *
 * vm: cpus=2 mem=1G timeout=180 boot=own
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DISK	"/dev/nvme0n1"
#define CPU	"/sys/devices/system/cpu/cpu1/online"
#define BLOCKS	"/sys/devices/system/memory"
#define POWER	"/sys/power/state"
#define ALARM	"/sys/class/rtc/rtc0/wakealarm"
#define KCSAN	"/sys/kernel/debug/kcsan"

#define WRITERS	2
#define PAGES	(4 * KINDS_GROUP)	/* of each writer, and of the file of kinds */
#define BASE	1000UL
#define TIMES	5		/* that the CPU goes */
#define PATIENCE 60		/* seconds that a block may take to refuse */

static struct region kinds;
static bool done;

static ssize_t write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), error;
	ssize_t written;

	if (fd < 0)
		return -1;
	written = write(fd, text, strlen(text));
	error = errno;
	close(fd);
	errno = error;
	return written;
}

static bool read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return false;
	length = read(fd, text, size - 1);
	close(fd);
	text[length > 0 ? length : 0] = '\0';
	return length > 0;
}

/* Stores few contents over and over, so that there is much to merge and break. */
static void *writer(void *arg)
{
	size_t number = (size_t)arg;
	uint64_t shadow[PAGES] = { 0 };
	struct rng rng = { number };
	struct region r;
	char path[64];

	snprintf(path, sizeof(path), MNT "/writer%zu", number);
	r = region_create(path, PAGES);
	while (!__atomic_load_n(&done, __ATOMIC_RELAXED)) {
		size_t i = rng_below(&rng, PAGES);

		CHECK_PAGE(slot(&r, i), shadow[i]);
		shadow[i] = rng_below(&rng, 3);
		pattern(shadow[i], slot(&r, i));
	}
	for (size_t i = 0; i < PAGES; i++)
		CHECK_PAGE(slot(&r, i), shadow[i]);
	region_close(&r);
	SYS(unlink(path));
	return NULL;
}

static int crew(void)
{
	int pids[SCANNER_THREADS];

	return kthreads_find("ksmfs_scan", pids);
}

/*
 * As many threads as CPUs, each time the knob is written; one that has ended is
 * in /proc for a moment still.
 */
static void check_crew(int cpus)
{
	double end = seconds() + 10;

	knob_set(KNOB_max_cpu_percent, 200);
	while (crew() != cpus && seconds() < end)
		usleep(1000);
	CHECK_EQ(crew(), cpus);
}

static void cpus_go(void)
{
	if (access(CPU, W_OK)) {
		say("CPUs cannot be taken: no " CPU);
		return;
	}
	check_crew(2);
	for (int n = 0; n < TIMES; n++) {
		long long merges = stats_read().merges;

		CHECK_EQ(write_text(CPU, "0"), 1);
		if (n % 2)
			check_crew(1);
		usleep(50 * 1000);
		CHECK_EQ(write_text(CPU, "1"), 1);
		if (n % 2)
			check_crew(2);
		usleep(50 * 1000);
		if (n == TIMES - 1)
			CHECK(stats_read().merges > merges);
	}
	say("a CPU went and came back %d times", TIMES);
}

/* Ask the block that a frame is in to go; whether it does. */
static bool offline(unsigned long block)
{
	char path[96];
	double start = seconds(), took;
	ssize_t written;
	int error;

	snprintf(path, sizeof(path), BLOCKS "/memory%lu/state", block);
	written = write_text(path, "offline");
	error = errno;
	took = seconds() - start;
	say("block %lu: %s after %.1f s", block,
	    written < 0 ? strerror(error) : "offline", took);
	CHECK(took < PATIENCE);
	if (written < 0) {
		CHECK(error == EBUSY || error == EINVAL || error == EPERM);
		return false;
	}
	CHECK_EQ(write_text(path, "online"), strlen("online"));
	return true;
}

static void memory_goes(void)
{
	unsigned long pages, last = ~0UL;
	char text[32];

	if (!read_text(BLOCKS "/block_size_bytes", text, sizeof(text))) {
		say("memory cannot be taken: no " BLOCKS);
		return;
	}
	pages = strtoul(text, NULL, 16) / PAGE;
	for (size_t i = 0; i < kinds.pages; i++) {
		uint64_t frame;

		if (kinds_of(i) != KIND_SHARED && kinds_of(i) != KIND_PRIVATE)
			continue;
		CHECK_PAGE(slot(&kinds, i), kinds_seed(BASE, i));
		frame = frame_at(slot(&kinds, i));
		if (!frame || frame / pages == last)
			continue;
		last = frame / pages;
		/* A block that goes takes nothing along. */
		if (offline(last))
			CHECK(frame_at(slot(&kinds, i)) / pages != last);
		CHECK_PAGE(slot(&kinds, i), kinds_seed(BASE, i));
	}
	CHECK(last != ~0UL);
}

static bool can_go_to(const char *state)
{
	char states[64];

	return read_text(POWER, states, sizeof(states)) &&
	       strstr(states, state);
}

/*
 * As far as it goes without a swap device: everybody is frozen, devices and CPUs
 * are suspended and come back; then there is nowhere to put the image.
 */
static void hibernate(void)
{
	if (!can_go_to("disk")) {
		say("the machine cannot hibernate");
		return;
	}
	CHECK_EQ(write_text(POWER, "disk"), -1);
	CHECK(errno == ENODEV || errno == ENOSPC);
	say("frozen for hibernation, and back");
}

/*
 * To RAM; the machine's clock wakes it.  But not if the kernel has KCSAN: on its way
 * up restore_processor_state() looks for races before %gs is there to do so with.
 */
static void suspend(void)
{
	if (!can_go_to("mem") || access(ALARM, W_OK) || !access(KCSAN, F_OK)) {
		say("the machine cannot suspend, or not be woken");
		return;
	}
	CHECK(write_text(ALARM, "0") > 0);
	CHECK(write_text(ALARM, "+3") > 0);
	if (write_text(POWER, "mem") < 0)
		FAIL(POWER ": mem: %m");
	say("suspended, and back");
}

int main(void)
{
	pthread_t thread[WRITERS];
	long long passes;

	if (access(DISK, F_OK))
		skip("no disk " DISK);
	knob_set(KNOB_sample_pages, 0);
	mount_ksmfs(MNT, "size=64m,swap=" DISK);
	kinds = kinds_create(MNT "/kinds", PAGES, BASE);
	scanner_press();
	for (size_t i = 0; i < WRITERS; i++)
		thread[i] = thread_start(writer, (void *)(i + 1));

	cpus_go();
	memory_goes();
	hibernate();
	suspend();
	/* The scanner is still at work. */
	passes = stats_read().full_scans;
	while (stats_read().full_scans < passes + 2)
		usleep(10 * 1000);

	__atomic_store_n(&done, true, __ATOMIC_RELAXED);
	for (size_t i = 0; i < WRITERS; i++)
		thread_join(thread[i]);
	scanner_relax();
	kinds_check(&kinds, BASE);
	settle();
	check_balance();
	region_close(&kinds);
	SYS(unlink(MNT "/kinds"));
	check_empty();
	umount_ksmfs(MNT);
	return 0;
}
