// SPDX-License-Identifier: GPL-2.0
/*
 * Every allocation, and every copy from or to user space, fails once.
 *
 *	operation   n = 1   2   3   4   5   ...
 *	              X
 *	                  X
 *	                      X                    until nothing is left to fail
 *
 * Whichever it is that fails: the operation succeeds all the same, or fails with
 * an errno that it may fail with; each page holds what it held or what it was
 * to hold; the operation succeeds the next time; and when all is removed nothing
 * is left of it, and the module, whose caches complain when they are not empty,
 * can be unloaded.
 *
 * What the scanner and the sampler do is done by their threads, so the fault is
 * planted there; ksmfs_fault.ko plants it in who loads the module.  The pool of
 * free frames is kept so small that it is empty most of the time, or else nobody
 * would ask the allocator.  Leaves the numbers in fail_nth.json.
 *
 * vm: cpus=2 mem=1G timeout=600 boot=own
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PARAMETERS "pool_frames=1"
#define NTH	"/sys/module/ksmfs_fault/parameters/nth"
#define DISK	"/dev/nvme0n1"
#define OPTIONS	"size=32m,swap=" DISK
#define FILE_PATH MNT "/file"
#define BASE	1000UL
#define NEW	(1UL << 32)	/* seeds of what is stored */
#define GROUPS	100UL		/* more than an operation on one has faults */
#define MOST	5000U		/* faults of an operation */

static long injected_in_all, lost;

/* Something that must never be; counted, so that the numbers can be told. */
#define LOST(...)							\
	do {								\
		say(__VA_ARGS__);					\
		lost++;							\
	} while (0)

/*
 * struct operation - what is swept over
 * @name: for people
 * @mounted: it wants a mount with OPTIONS, for all n
 * @prepare: make what it works on; number n from 1 up
 * @run: do it; 0, or -1 and errno
 * @check: whether it succeeded; that content is the old or the new
 * @finish: remove everything that @prepare and @run have made
 * @may_fail: errnos, 0 at the end
 * @thread: of the kernel, which does it; NULL: we do
 * @goes_on: what has failed is done next with the next fault, and so gets
 *	further; not without any at once, which would take twice as long
 * @plant: the fault that @run is going to meet, or none; NULL: as usual
 */
struct operation {
	const char *name;
	bool mounted;
	void (*prepare)(unsigned int n);
	int (*run)(void);
	void (*check)(bool done);
	void (*finish)(void);
	int may_fail[4];
	const char *thread;
	bool goes_on;
	void (*plant)(int fault, unsigned int n);
};

/* ---- the file that is worked on, of which each n has a group ---- */

static struct region r;
static uint64_t ino;
static size_t first;		/* slot of the group */

static uint64_t old_seed(size_t i)
{
	return kinds_seed(BASE, i);
}

static void check_slot(size_t i, bool done, uint64_t new_seed)
{
	uint8_t page[PAGE];

	if (pread(r.fd, page, PAGE, i * PAGE) != PAGE)
		LOST("slot %zu cannot be read: %m", i);
	else if (!page_is(page, new_seed) &&
		 (done || !page_is(page, old_seed(i))))
		LOST("slot %zu has neither its old nor its new content", i);
}

static void create(size_t groups)
{
	r = kinds_create(FILE_PATH, groups * KINDS_GROUP, BASE);
	ino = region_info(r.fd).ino;
}

static void prepare_group(unsigned int n)
{
	if (n > GROUPS)
		FAIL("there are more than %lu faults", GROUPS);
	if (n == 1)
		create(GROUPS);
	first = (n - 1) * KINDS_GROUP;
}

static void prepare_file(unsigned int n)
{
	(void)n;
	create(2);
	first = 0;
	/* Merged pages behind the group draw all the frames from the pool. */
	for (size_t i = KINDS_GROUP; i < KINDS_GROUP + KINDS_RUN; i++)
		pattern(old_seed(i), slot(&r, i));
}

static void prepare_nothing(unsigned int n)
{
	(void)n;
}

static void remove_changed(void)
{
	region_close(&r);
	SYS(unlink(FILE_PATH));
}

/* Nobody has changed what is behind the group. */
static void remove_file(void)
{
	for (size_t i = first + KINDS_GROUP; i < r.pages; i++)
		check_slot(i, true, old_seed(i));
	remove_changed();
}

static void check_nothing(bool done)
{
	(void)done;
}

static void check_old(bool done)
{
	(void)done;
	for (size_t i = first; i < first + KINDS_GROUP; i++)
		check_slot(i, true, old_seed(i));
}

static void check_new(bool done)
{
	for (size_t i = first; i < first + KINDS_GROUP; i++)
		check_slot(i, done, NEW + i);
}

/* ---- mounts and names ---- */

static int run_mount(void)
{
	return mount_try(MNT, OPTIONS);
}

static void unmount(void)
{
	SYS(umount(MNT));
}

static void prepare_small_mount(unsigned int n)
{
	(void)n;
	SYS(mount_try(MNT, "size=4m"));
}

static int run_remount(void)
{
	return remount_ksmfs(MNT, "size=8m,swap=" DISK);
}

static void check_remount(bool done)
{
	struct ksmfs_mount_info info = mount_info(MNT);

	if (info.size != (done ? 8 : 4) * MIB / PAGE || !info.swap_pages == done)
		LOST("the mount has size %llu and %llu pages of swap",
		     info.size, info.swap_pages);
}

/* A file, a domain with a file, a file without a name that gets one. */
static int run_create(void)
{
	int fd = open(FILE_PATH, O_RDWR | O_CREAT | O_CLOEXEC, 0600), error;

	if (fd < 0)
		return -1;
	error = ftruncate(fd, PAGE);
	close(fd);
	if (error || (mkdir(MNT "/domain", 0700) && errno != EEXIST))
		return -1;
	fd = open(MNT "/domain/file", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	close(fd);
	fd = open(MNT, O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	close(fd);
	if (link(FILE_PATH, MNT "/link") && errno != EEXIST)
		return -1;
	return rename(MNT "/link", MNT "/renamed");
}

static void check_create(bool done)
{
	long long files = !access(FILE_PATH, F_OK) +
			  !access(MNT "/domain/file", F_OK);

	if (stats_read().regions != files || (done && files != 2))
		LOST("%lld regions of %lld files", stats_read().regions, files);
}

static void remove_created(void)
{
	SYS(unlink(FILE_PATH));
	SYS(unlink(MNT "/renamed"));
	SYS(unlink(MNT "/domain/file"));
	SYS(rmdir(MNT "/domain"));
}

/* ---- mapping and touching; a fault that finds no memory is SIGBUS ---- */

static int guarded(void *to, const void *from)
{
	if (copy_guarded(to, from, PAGE))
		return 0;
	errno = ENOMEM;
	return -1;
}

static uint8_t buffer[PAGE];

static int run_load(void)
{
	for (size_t i = first; i < first + KINDS_GROUP; i++)
		if (guarded(buffer, slot(&r, i)))
			return -1;
	return 0;
}

static int run_store(void)
{
	for (size_t i = first; i < first + KINDS_GROUP; i++) {
		pattern(NEW + i, buffer);
		if (guarded(slot(&r, i), buffer))
			return -1;
	}
	return 0;
}

/* All that grows with a file is missing: page tables, leaves, the pool. */
static int run_first_touch(void)
{
	int fd = open(MNT "/fresh", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int error = fd < 0 || ftruncate(fd, MIB);
	uint8_t *map = MAP_FAILED;

	if (!error)
		map = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			   0);
	if (map != MAP_FAILED) {
		pattern(NEW, buffer);
		error = guarded(map, buffer);
		/* That, too, takes memory, and must be done some time. */
		while (munmap(map, MIB))
			error = -1;
	}
	if (fd >= 0)
		close(fd);
	return error || map == MAP_FAILED ? -1 : 0;
}

static void check_first_touch(bool done)
{
	int fd;

	if (!done)
		return;
	fd = SYS(open(MNT "/fresh", O_RDONLY | O_CLOEXEC));
	if (pread(fd, buffer, PAGE, 0) != PAGE || !page_is(buffer, NEW))
		LOST("what was stored first is not there");
	close(fd);
}

static void remove_fresh(void)
{
	SYS(unlink(MNT "/fresh"));
}

/* ---- system calls on content ---- */

static int run_read(void)
{
	for (size_t i = first; i < first + KINDS_GROUP; i++)
		if (pread(r.fd, buffer, PAGE, i * PAGE) != PAGE)
			return -1;
	return 0;
}

static int run_write(void)
{
	for (size_t i = first; i < first + KINDS_GROUP; i++) {
		pattern(NEW + i, buffer);
		if (pwrite(r.fd, buffer, PAGE, i * PAGE) != PAGE)
			return -1;
	}
	return 0;
}

static int sink;		/* what swallows all */

static int run_splice(void)
{
	off_t from = first * PAGE, end = (first + KINDS_GROUP) * PAGE;

	while (from < end)
		if (sendfile(sink, r.fd, &from, end - from) <= 0)
			return -1;
	return 0;
}

static int run_allocate(void)
{
	return fallocate(r.fd, 0, first * PAGE, KINDS_GROUP * PAGE);
}

/* Off the border of a page of each kind. */
static int run_punch(void)
{
	for (size_t i = first; i < first + KINDS_GROUP; i += KINDS_RUN)
		if (fallocate(r.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			      i * PAGE + 100, 2 * PAGE))
			return -1;
	return 0;
}

static void check_punch(bool done)
{
	for (size_t i = first; i < first + KINDS_GROUP; i++) {
		uint8_t page[PAGE], want[PAGE];
		size_t from = 0, to = 0;

		pattern(old_seed(i), want);
		if (i % KINDS_RUN == 0)
			from = 100, to = PAGE;
		else if (i % KINDS_RUN == 1)
			to = PAGE;
		else if (i % KINDS_RUN == 2)
			to = 100;
		CHECK_EQ(pread(r.fd, page, PAGE, i * PAGE), PAGE);
		if (!done && !memcmp(page, want, PAGE))
			continue;
		memset(want + from, 0, to - from);
		if (memcmp(page, want, PAGE))
			LOST("slot %zu is neither whole nor punched", i);
	}
}

/* Off the end of a merged page: what is behind it has to be cleared. */
static int run_truncate(void)
{
	return ftruncate(r.fd, 100) || ftruncate(r.fd, r.pages * PAGE) ? -1 : 0;
}

static void check_truncate(bool done)
{
	uint8_t page[PAGE], want[PAGE];
	struct stat st;

	SYS(fstat(r.fd, &st));
	if (st.st_size < (off_t)PAGE)
		return;		/* cut, and not yet grown again */
	pattern(old_seed(0), want);
	CHECK_EQ(pread(r.fd, page, PAGE, 0), PAGE);
	if (!done && !memcmp(page, want, PAGE))
		return;
	memset(want + 100, 0, PAGE - 100);
	if (memcmp(page, want, PAGE))
		LOST("the page that the file was cut in is wrong");
}

/* ---- ioctls, sysfs ---- */

static int run_ioctls(void)
{
	struct ksmfs_region_info info = { 0 };
	struct ksmfs_mount_info mount;
	struct ksmfs_limit limit = { .ino = ino, .frames = 1000000 };
	int dir = open(MNT, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error;

	if (dir < 0)
		return -1;
	error = ioctl(r.fd, KSMFS_IOC_REGION, &info);
	info.ino = 0;
	if (!error)
		error = ioctl(dir, KSMFS_IOC_NEXT_REGION, &info);
	if (!error)
		error = ioctl(dir, KSMFS_IOC_MOUNT, &mount);
	if (!error)
		error = ioctl(dir, KSMFS_IOC_LIMIT, &limit);
	close(dir);
	return error;
}

static int reclaim(unsigned int mode)
{
	struct ksmfs_reclaim request = {
		.ino = ino,
		.pages = r.pages,
		.mode = mode,
	};
	int dir = open(MNT, O_RDONLY | O_DIRECTORY | O_CLOEXEC), error = 0;

	if (dir < 0)
		return -1;
	for (int round = 0; round < 2 && !error; round++)
		error = ioctl(dir, KSMFS_IOC_RECLAIM, &request);
	close(dir);
	return error;
}

static int run_pack(void)
{
	return reclaim(KSMFS_RECLAIM_PACK);
}

static int run_swap(void)
{
	return reclaim(KSMFS_RECLAIM_SWAP);
}

static int run_unmerge(void)
{
	int fd = open(SYSFS "/run", O_WRONLY | O_CLOEXEC);
	ssize_t written;

	if (fd < 0)
		return -1;
	written = write(fd, "2", 1);
	close(fd);
	return written == 1 ? 0 : -1;
}

static void check_unmerge(bool done)
{
	check_balance();
	if (done && stats_read().pages_shared)
		LOST("something is still merged");
	if (!done && knob_get(KNOB_run) == 2)
		LOST("run is 2, though not everything was unmerged");
	check_old(done);
}

static void merge_again(void)
{
	knob_set(KNOB_run, 1);
	remove_file();
}

/* ---- threads of the kernel ---- */

static uint64_t merge_seed(size_t i)
{
	return i % (KINDS_RUN + 1);
}

/* Pages that have not been visited yet. */
static void prepare_merge(unsigned int n)
{
	(void)n;
	knob_set(KNOB_run, 0);
	r = region_create(FILE_PATH, KINDS_GROUP);
	for (size_t i = 0; i < r.pages; i++)
		pattern(merge_seed(i), slot(&r, i));
}

static int run_merge(void)
{
	knob_set(KNOB_scan, 4);
	while (knob_get(KNOB_scan))
		usleep(500);
	return 0;
}

static void check_merge(bool done)
{
	(void)done;
	check_balance();
	for (size_t i = 0; i < r.pages; i++)
		check_slot(i, true, merge_seed(i));
}

/* In the end everything that is equal has become one. */
static void finish_merge(void)
{
	struct stats stats;

	settle();
	stats = stats_read();
	if (stats.pages_shared != KINDS_RUN || stats.frames != KINDS_RUN)
		LOST("%lld shared frames of %lld, not %lu", stats.pages_shared,
		     stats.frames, KINDS_RUN);
	check_merge(true);
	knob_set(KNOB_run, 1);
	remove_changed();
}

static int run_sample(void)
{
	uint64_t periods = region_info(r.fd).periods;
	double end = seconds() + 30;

	knob_set(KNOB_sample_millisecs, 100);
	knob_set(KNOB_sample_pages, 100);
	while (region_info(r.fd).periods < periods + 2) {
		if (seconds() > end)
			FAIL("no period has ended for 30 seconds");
		usleep(1000);
	}
	knob_set(KNOB_sample_pages, 0);
	return 0;
}

/* ---- the module itself ---- */

static void prepare_unloaded(unsigned int n)
{
	(void)n;
	if (!access(SYSFS, F_OK))
		module_unload_wait();
}

/* In who loads the module, once it is about to begin. */
static void plant_loader(int fault, unsigned int n)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", n);
	int fd = SYS(open(NTH, O_WRONLY | O_CLOEXEC));

	(void)fault;
	CHECK_EQ(write(fd, text, length), length);
	SYS(close(fd));
}

static int run_module(void)
{
	return module_try("ksmfs", PARAMETERS);
}

static void check_module(bool done)
{
	if (!done)
		module_check_gone();
}

/* ---- the sweep ---- */

static const struct operation operations[] = {
	{ "load module", false, prepare_unloaded, run_module, check_module, NULL,
	  .may_fail = { ENOMEM }, .plant = plant_loader, .goes_on = true },
	{ "start threads", false, prepare_unloaded, run_module, check_module,
	  NULL, .may_fail = { ENOMEM, EAGAIN }, .thread = "kthreadd" },
	{ "mount", false, prepare_nothing, run_mount, check_nothing, unmount,
	  .may_fail = { ENOMEM, EFAULT } },
	{ "remount", false, prepare_small_mount, run_remount, check_remount,
	  unmount, .may_fail = { ENOMEM, EFAULT } },
	{ "create", true, prepare_nothing, run_create, check_create,
	  remove_created, .may_fail = { ENOMEM, EFAULT } },
	{ "first touch", true, prepare_nothing, run_first_touch,
	  check_first_touch, remove_fresh, .may_fail = { ENOMEM, EFAULT } },
	{ "load page", true, prepare_group, run_load, check_old, NULL,
	  .may_fail = { ENOMEM } },
	{ "store page", true, prepare_group, run_store, check_new, NULL,
	  .may_fail = { ENOMEM } },
	{ "read", true, prepare_group, run_read, check_old, NULL,
	  .may_fail = { ENOMEM, EFAULT } },
	{ "write", true, prepare_group, run_write, check_new, NULL,
	  .may_fail = { ENOMEM, EFAULT } },
	{ "splice", true, prepare_group, run_splice, check_old, NULL,
	  .may_fail = { ENOMEM, EFAULT, EAGAIN } },
	{ "allocate", true, prepare_group, run_allocate, check_old, NULL,
	  .may_fail = { ENOMEM } },
	{ "punch", true, prepare_group, run_punch, check_punch, NULL,
	  .may_fail = { ENOMEM } },
	{ "truncate", true, prepare_file, run_truncate, check_truncate,
	  remove_changed, .may_fail = { ENOMEM } },
	{ "ioctls", true, prepare_file, run_ioctls, check_old, remove_file,
	  .may_fail = { ENOMEM, EFAULT } },
	{ "pack", true, prepare_file, run_pack, check_old, remove_file,
	  .may_fail = { ENOMEM, EFAULT } },
	{ "swap", true, prepare_file, run_swap, check_old, remove_file,
	  .may_fail = { ENOMEM, EFAULT } },
	{ "unmerge", true, prepare_file, run_unmerge, check_unmerge,
	  merge_again, .may_fail = { ENOMEM, EFAULT } },
	{ "merge", true, prepare_merge, run_merge, check_merge, finish_merge,
	  .thread = "ksmfs_scan" },
	{ "sample", true, prepare_file, run_sample, check_old, remove_file,
	  .thread = "ksmfs_sample" },
};

static bool may_fail(const struct operation *op, int error)
{
	for (const int *e = op->may_fail; *e; e++)
		if (*e == error)
			return true;
	return false;
}

/* With the n-th fault, for which @fault is; whether there was one. */
static bool try_with(const struct operation *op, int fault, unsigned int n)
{
	bool injected;
	int error = 0;

	op->prepare(n);
	(op->plant ?: inject_begin)(fault, n);
	if (op->run())
		error = errno;
	injected = inject_end(fault);
	if (op->plant)
		op->plant(fault, 0);
	if (error && !injected)
		FAIL("%s: %s without a fault", op->name, strerror(error));
	if (error && !may_fail(op, error))
		LOST("%s: fault %u: %s", op->name, n, strerror(error));
	op->check(!error);
	if (error && !op->goes_on) {
		if (op->run())
			FAIL("%s: after fault %u: %m", op->name, n);
		op->check(true);
	}
	if (op->finish)
		op->finish();
	return injected;
}

/* Whose n-th allocation it is. */
static int open_fault(const char *thread)
{
	int pids[SCANNER_THREADS];

	if (!thread)
		return inject_open_self();
	CHECK_EQ(kthreads_find(thread, pids), 1);
	return inject_open(pids[0]);
}

static void check_nothing_left(const char *name)
{
	struct stats stats = stats_read();

	if (stats.regions || stats.domains || stats.frames ||
	    stats.frames_cached || stats.metadata_bytes || stats.break_debt ||
	    stats.pages_packed || stats.frames_packed || stats.pages_swapped)
		LOST("%s: %lld regions, %lld domains, %lld frames, %lld cached, "
		     "%lld bytes, debt %lld, %lld packed in %lld frames, "
		     "%lld swapped are left",
		     name, stats.regions, stats.domains, stats.frames,
		     stats.frames_cached, stats.metadata_bytes,
		     stats.break_debt, stats.pages_packed, stats.frames_packed,
		     stats.pages_swapped);
}

static void load(void)
{
	module_load(PARAMETERS);
	knob_set(KNOB_sample_pages, 0);
	knob_set(KNOB_stall_millisecs, 0);
	choice_set(CHOICE_reclaim_mode, RECLAIM_none);
}

static unsigned int sweep(const struct operation *op)
{
	int fault = open_fault(op->thread);
	unsigned int n = 1;

	if (op->mounted)
		mount_ksmfs(MNT, OPTIONS);
	while (try_with(op, fault, n)) {
		if (++n > MOST)
			FAIL("%s: no end of faults", op->name);
	}
	close(fault);
	if (op->mounted && !op->finish)
		remove_file();
	if (op->mounted)
		umount_ksmfs(MNT);
	say("%-13s %u faults", op->name, n - 1);
	if (n == 1)
		LOST("%s: nothing was there to fail", op->name);
	injected_in_all += n - 1;
	return n - 1;
}

/* The module comes and goes all the time, and waits for RCU each time. */
static void expedite(void)
{
	int fd = SYS(open("/sys/kernel/rcu_expedited", O_WRONLY | O_CLOEXEC));

	CHECK_EQ(write(fd, "1", 1), 1);
	SYS(close(fd));
}

int main(void)
{
	const size_t count = sizeof(operations) / sizeof(*operations);
	FILE *json;

	inject_setup();
	if (access(DISK, F_OK))
		skip("no disk " DISK);
	SYS(module_try("ksmfs_fault", ""));
	expedite();
	sink = SYS(open("/dev/null", O_WRONLY | O_CLOEXEC));
	json = fopen("fail_nth.json", "we");
	CHECK(json);
	fprintf(json, "{\n  \"operations\": {\n");
	for (size_t i = 0; i < count; i++) {
		const char *name = operations[i].name;

		module_unload_wait();
		load();
		fprintf(json, "    \"%s\": %u%s\n", name,
			sweep(&operations[i]), i + 1 < count ? "," : "");
		check_nothing_left(name);
		if (operations[i].plant)
			inject_forgive_caches();
	}
	fprintf(json, "  },\n");
	fprintf(json, "  \"fault_points_injected\": %ld,\n", injected_in_all);
	fprintf(json, "  \"lost_or_leaked\": %ld\n}\n", lost);
	CHECK(!fclose(json));
	SYS(syscall(SYS_delete_module, "ksmfs_fault", O_NONBLOCK));
	say("fault_points_injected=%ld lost_or_leaked=%ld", injected_in_all,
	    lost);
	return lost ? 1 : 0;
}
