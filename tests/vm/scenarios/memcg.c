// SPDX-License-Identifier: GPL-2.0
/*
 * A guest whose memory control group allows less than its RAM.
 *
 *	group: 4 MiB        file: 16 MiB
 *
 * Frames are charged to nobody, as with hugetlbfs, since they have no single
 * owner: what limits guests is size= and KSMFS_IOC_LIMIT.  So the child in the
 * group stores, merges and breaks all of its file, nobody is killed, and only
 * page tables and the like are charged.  What it leaves behind does not keep the
 * group: that can be removed at once, and is gone when the file is.
 *
 * Domains are charged to who makes them, so that they cost nobody else memory.
 *
 * vm: cpus=2 mem=1G timeout=120
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOT	"/tmp/cgroup"
#define GROUP	ROOT "/guest"
#define OTHER	ROOT "/other"
#define LIMIT	(4 * MIB)
#define PAGES	(16 * MIB / PAGE)
#define DOMAINS	128UL	/* of 8 KiB and more; 256 KiB may be charged before */

static struct region r;

static uint64_t seed_of(size_t i)
{
	return i % 2 ? 1 : 2 + i;
}

static void tell(const char *path, const char *value)
{
	int fd = SYS(open(path, O_WRONLY | O_CLOEXEC));

	if (write(fd, value, strlen(value)) < 0)
		FAIL("%s > %s: %m", value, path);
	SYS(close(fd));
}

/* The number behind a word in a file; the first one for no word. */
static long long number_in(const char *path, const char *word)
{
	char line[128], *found;
	long long number = -1;
	FILE *file = fopen(path, "re");

	if (!file)
		FAIL("%s: %m", path);
	while (number < 0 && fgets(line, sizeof(line), file)) {
		found = strstr(line, word);
		if (found)
			number = strtoll(found + strlen(word), NULL, 10);
	}
	fclose(file);
	CHECK(number >= 0);
	return number;
}

static const char *domain_path(size_t i)
{
	static char path[64];

	snprintf(path, sizeof(path), MNT "/domain%zu", i);
	return path;
}

static long long read_charge(void)
{
	return number_in(GROUP "/memory.current", "");
}

static void make_domains(void)
{
	long long charged = read_charge();

	for (size_t i = 0; i < DOMAINS; i++)
		SYS(mkdir(domain_path(i), 0700));
	charged = read_charge() - charged;
	say("%lld KiB are charged for %lu domains", charged / (long long)KIB,
	    DOMAINS);
	CHECK(charged > (long long)(DOMAINS * 4 * KIB));
}

/* Who made them has gone, and his group. */
static void use_and_end_domains(void)
{
	struct region hole = region_create(MNT "/domain0/hole", 2);

	CHECK_PAGE(slot(&hole, 0), 0);
	CHECK_PAGE(slot(&hole, 1), 0);
	CHECK_EQ(frame_at(slot(&hole, 0)), frame_at(slot(&hole, 1)));
	region_close(&hole);
	SYS(unlink(MNT "/domain0/hole"));
	for (size_t i = 0; i < DOMAINS; i++)
		SYS(rmdir(domain_path(i)));
}

static void check_charge(void)
{
	long long charged = read_charge();

	say("%lld KiB are charged for %lu KiB", charged / (long long)KIB,
	    PAGES * PAGE / KIB);
	CHECK(charged < (long long)LIMIT);
	CHECK_EQ(number_in(GROUP "/memory.events", "oom_kill "), 0);
}

static void join(const char *group)
{
	char path[64], pid[16];

	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	snprintf(pid, sizeof(pid), "%d", getpid());
	tell(path, pid);
}

/* In the group: every page is stored, merged and broken. */
static void guest(void *arg)
{
	(void)arg;
	join(GROUP);
	for (size_t i = 0; i < PAGES; i++)
		pattern(seed_of(i), slot(&r, i));
	check_charge();
	settle();
	CHECK_EQ(stats_read().pages_sharing, PAGES / 2 - 1);
	for (size_t i = 0; i < PAGES; i++)
		CHECK_PAGE(slot(&r, i), seed_of(i));
	for (size_t i = 1; i < PAGES; i += 4)
		pattern(seed_of(i - 1) + PAGES, slot(&r, i));
	check_charge();
	make_domains();
}

/*
 * A CPU may keep the group that it charged last, though it owes it nothing, until
 * it charges another one (drain_all_stock() of the kernel's mm/memcontrol.c).
 */
static void charge_another_group(void *arg)
{
	cpu_set_t cpus, all;

	(void)arg;
	join(OTHER);
	SYS(sched_getaffinity(0, sizeof(all), &all));
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		void *memory;

		if (!CPU_ISSET(cpu, &all))
			continue;
		CPU_ZERO(&cpus);
		CPU_SET(cpu, &cpus);
		SYS(sched_setaffinity(0, sizeof(cpus), &cpus));
		memory = (void *)SYS(mmap(NULL, MIB, PROT_READ | PROT_WRITE,
					  MAP_PRIVATE | MAP_ANONYMOUS |
					  MAP_POPULATE, -1, 0));
		SYS(munmap(memory, MIB));
	}
}

int main(void)
{
	double end;

	SYS(mkdir(ROOT, 0700));
	if (mount("none", ROOT, "cgroup2", 0, NULL))
		skip("no control groups: %m");
	tell(ROOT "/cgroup.subtree_control", "+memory");
	SYS(mkdir(GROUP, 0700));
	SYS(mkdir(OTHER, 0700));
	tell(GROUP "/memory.max", "4M");

	mount_ksmfs(MNT, "size=64m");
	r = region_create(MNT "/file", PAGES);
	reap(spawn(guest, NULL));
	for (size_t i = 0; i < PAGES; i++)
		CHECK_PAGE(slot(&r, i), i % 4 == 1 ? seed_of(i - 1) + PAGES :
						     seed_of(i));
	settle();
	check_balance();

	SYS(rmdir(GROUP));
	use_and_end_domains();
	region_close(&r);
	SYS(unlink(MNT "/file"));
	check_empty();
	umount_ksmfs(MNT);
	reap(spawn(charge_another_group, NULL));
	end = seconds() + 20;
	while (number_in(ROOT "/cgroup.stat", "nr_dying_descendants ")) {
		if (seconds() > end)
			FAIL("the group is still kept, 20 seconds after the file has gone");
		usleep(50 * 1000);
	}
	SYS(rmdir(OTHER));
	SYS(umount(ROOT));
	return 0;
}
