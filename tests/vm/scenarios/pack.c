// SPDX-License-Identifier: GPL-2.0
/*
 * Packed pages: who is packed, what that costs, and every way back.
 *
 *	[ SOFT: shrink ][ HARD: do not ][ EQUAL ][ zeros ][ holes ]
 *	     packed          private      shared    zero     hole
 *
 * A page in a page table is spared once and packed at the second look, if nobody
 * has touched it in between; what is equal or zero stays merged.  Packed content
 * comes back, byte for byte, by loads, stores, read(2), write(2), fallocate(2), a
 * hole that covers a part of it, and through private mappings; a hole that covers
 * it all, truncation and removal drop it.  Two domains pack each for itself.  And
 * what just fits a mount does so packed, too.
 *
 * vm: cpus=2 mem=1G timeout=60
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOFTS	64UL
#define HARDS	64UL
#define EQUALS	64UL
#define ZEROS	32UL
#define PAGES	256UL
#define EQUAL	1000000

static uint64_t seed_of(size_t index)
{
	if (index < SOFTS)
		return SOFT + 1 + index;
	if (index < SOFTS + HARDS)
		return 1 + index;
	return index < SOFTS + HARDS + EQUALS ? EQUAL : 0;
}

/* Everything the numbers of this one region and this one mount say. */
static void check_numbers(const struct region *r)
{
	struct ksmfs_region_info info = region_info(r->fd);
	struct ksmfs_mount_info mount = mount_info(MNT);
	struct stats stats = stats_read();
	struct stat st;

	check_balance();
	CHECK_EQ(mount.used, stats.frames + stats.frames_packed);
	CHECK_EQ(mount.packed, stats.frames_packed);
	CHECK_EQ(mount.debt, stats.break_debt);
	CHECK_EQ(stats.break_debt, stats.pages_sharing + info.zero +
				   info.packed + info.swapped - mount.packed);
	CHECK_EQ(info.frames, mount.used);
	SYS(fstat(r->fd, &st));
	CHECK_EQ(st.st_blocks, info.frames * (PAGE / 512));
}

static void check_content(const struct region *r)
{
	for (size_t i = 0; i < r->pages; i++)
		CHECK_PAGE(slot(r, i), seed_of(i));
}

/* Reclaim from all of it, twice: the first time takes it out of page tables. */
static long long pack_all(const struct region *r)
{
	return region_reclaim(MNT, r, r->pages, KSMFS_RECLAIM_PACK) +
	       region_reclaim(MNT, r, r->pages, KSMFS_RECLAIM_PACK);
}

static void states(void)
{
	struct region r = region_create(MNT "/states", PAGES);
	struct stats before;
	struct ksmfs_region_info info;
	long long taken;

	for (size_t i = 0; i < SOFTS + HARDS + EQUALS + ZEROS; i++)
		pattern(seed_of(i), slot(&r, i));
	settle();
	/* Who was to be merged and was not is in no page table. */
	for (size_t i = 0; i < SOFTS + HARDS + EQUALS + ZEROS; i++)
		CHECK_PAGE(slot(&r, i), seed_of(i));
	before = stats_read();
	check_numbers(&r);

	CHECK_EQ(region_reclaim(MNT, &r, PAGES, KSMFS_RECLAIM_PACK), 0);
	CHECK_EQ(region_info(r.fd).packed, 0);
	for (size_t i = 0; i < 10; i++)
		CHECK_PAGE(slot(&r, i), seed_of(i));
	taken = region_reclaim(MNT, &r, PAGES, KSMFS_RECLAIM_PACK);
	CHECK_EQ(region_info(r.fd).packed, SOFTS - 10);
	for (size_t i = 0; i < 10; i++)
		CHECK(frame_at(slot(&r, i)) == 0);
	taken += region_reclaim(MNT, &r, PAGES, KSMFS_RECLAIM_PACK);

	info = region_info(r.fd);
	CHECK_EQ(info.packed, SOFTS);
	CHECK_EQ(info.priv, HARDS);
	CHECK_EQ(info.shared, EQUALS);
	CHECK_EQ(info.zero, ZEROS);
	CHECK_EQ(info.holes, PAGES - SOFTS - HARDS - EQUALS - ZEROS);
	CHECK_EQ(info.swapped, 0);
	CHECK(taken >= (long long)SOFTS / 2 && taken <= (long long)SOFTS);
	CHECK_EQ(stats_read().packs - before.packs, SOFTS);
	CHECK_EQ(stats_read().frames, before.frames - SOFTS);
	CHECK(stats_read().frames_packed > 0);
	CHECK(stats_read().frames_packed <= (long long)SOFTS / 4);
	check_numbers(&r);

	/* What does not shrink is tried once and then known for it. */
	CHECK_EQ(stats_read().pack_rejects - before.pack_rejects, HARDS);
	CHECK_EQ(region_reclaim(MNT, &r, PAGES, KSMFS_RECLAIM_PACK), 0);
	CHECK_EQ(stats_read().pack_rejects - before.pack_rejects, HARDS);

	/* There is no swap file. */
	CHECK_EQ(region_reclaim(MNT, &r, PAGES, KSMFS_RECLAIM_SWAP), 0);
	CHECK_EQ(region_reclaim(MNT, &r, PAGES, KSMFS_RECLAIM_SWAP), 0);
	CHECK_EQ(region_info(r.fd).packed, SOFTS);

	/* In order: some come early, and each of them once. */
	check_content(&r);
	info = region_info(r.fd);
	CHECK_EQ(info.packed, 0);
	CHECK_EQ(info.priv, SOFTS + HARDS);
	CHECK_EQ(stats_read().unpacks - before.unpacks, SOFTS);
	CHECK(stats_read().prefetches - before.prefetches >=
	      (long long)SOFTS / 2);
	check_content(&r);
	settle();
	check_numbers(&r);
	region_close(&r);
	SYS(unlink(MNT "/states"));
}

static void *private_map(const struct region *r)
{
	return (void *)SYS(mmap(NULL, r->pages * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE, r->fd, 0));
}

/* Every second page comes back in its own way, and no other does. */
static void ways_back(void)
{
	struct region r = region_create(MNT "/ways", SOFTS);
	uint8_t *own = private_map(&r), page[PAGE], want[PAGE];
	struct stats before;

	for (size_t i = 0; i < SOFTS; i++)
		pattern(seed_of(i), slot(&r, i));
	settle();
	pack_all(&r);
	CHECK_EQ(region_info(r.fd).packed, SOFTS);
	before = stats_read();

	CHECK_PAGE(slot(&r, 0), seed_of(0));

	slot(&r, 2)[100] ^= 1;
	slot(&r, 2)[100] ^= 1;
	CHECK_PAGE(slot(&r, 2), seed_of(2));

	CHECK_EQ(pread(r.fd, page, PAGE, 4 * PAGE), PAGE);
	CHECK_PAGE(page, seed_of(4));

	pattern(seed_of(6), want);
	memset(want + 100, 7, 50);
	memset(page, 7, 50);
	CHECK_EQ(pwrite(r.fd, page, 50, 6 * PAGE + 100), 50);
	CHECK(!memcmp(slot(&r, 6), want, PAGE));

	SYS(fallocate(r.fd, 0, 8 * PAGE, PAGE));
	CHECK_PAGE(slot(&r, 8), seed_of(8));

	pattern(seed_of(10), want);
	memset(want + 100, 0, 50);
	SYS(fallocate(r.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      10 * PAGE + 100, 50));
	CHECK(!memcmp(slot(&r, 10), want, PAGE));

	CHECK_PAGE(own + 12 * PAGE, seed_of(12));
	pattern(5, own + 14 * PAGE);
	CHECK_PAGE(own + 14 * PAGE, 5);
	CHECK_PAGE(slot(&r, 14), seed_of(14));

	CHECK_EQ(stats_read().unpacks - before.unpacks, 8);
	CHECK_EQ(region_info(r.fd).priv, 8);
	CHECK_EQ(region_info(r.fd).packed, SOFTS - 8);

	/* Gone for good. */
	SYS(fallocate(r.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		      16 * PAGE, PAGE));
	CHECK_PAGE(slot(&r, 16), 0);
	CHECK_EQ(region_info(r.fd).packed, SOFTS - 9);
	CHECK_EQ(stats_read().pages_punched - before.pages_punched, 1);
	CHECK_EQ(stats_read().pages_punched_vain, before.pages_punched_vain);
	SYS(ftruncate(r.fd, 20 * PAGE + 100));
	CHECK_EQ(region_info(r.fd).packed, 11);
	SYS(ftruncate(r.fd, SOFTS * PAGE));
	pattern(seed_of(20), want);
	memset(want + 100, 0, PAGE - 100);
	CHECK(!memcmp(slot(&r, 20), want, PAGE));
	CHECK_PAGE(slot(&r, 21), 0);

	for (size_t i = 1; i < 20; i += 2)
		CHECK_PAGE(slot(&r, i), seed_of(i));
	CHECK_EQ(stats_read().pages_packed, region_info(r.fd).packed);
	SYS(munmap(own, SOFTS * PAGE));
	region_close(&r);
	SYS(unlink(MNT "/ways"));
	CHECK_EQ(stats_read().pages_packed, 0);
	CHECK_EQ(stats_read().frames, 0);
}

static struct region packed_in(const char *path)
{
	struct region r = region_create(path, SOFTS);

	for (size_t i = 0; i < SOFTS; i++)
		pattern(seed_of(i), slot(&r, i));
	settle();
	pack_all(&r);
	CHECK_EQ(region_info(r.fd).packed, SOFTS);
	return r;
}

static void domains(void)
{
	struct region a, b;
	unsigned long long part;

	SYS(mkdir(MNT "/a", 0700));
	SYS(mkdir(MNT "/b", 0700));
	a = packed_in(MNT "/a/file");
	part = mount_info(MNT).packed;
	CHECK_EQ(region_info(a.fd).frames, part);
	b = packed_in(MNT "/b/file");
	CHECK_EQ(mount_info(MNT).packed, 2 * part);
	CHECK_EQ(region_info(a.fd).frames, part);
	CHECK_EQ(region_info(b.fd).frames, part);

	region_close(&a);
	SYS(unlink(MNT "/a/file"));
	SYS(rmdir(MNT "/a"));
	CHECK_EQ(mount_info(MNT).packed, part);
	CHECK_EQ(region_info(b.fd).packed, SOFTS);
	check_content(&b);
	region_close(&b);
}

/* A page of which only the beginning does not shrink, if any of it does. */
static void uneven(size_t index, uint8_t *page)
{
	pattern(1 + index, page);
	if (index % 86 == 0)
		memset(page + 300 + 5 * index, 7, PAGE - 300 - 5 * index);
}

/*
 * What fits without packing fits with it: three pages of unlike sizes take three
 * frames in the pool as well, and no other can go in their place.
 */
static void exactly_full(void)
{
	uint8_t page[PAGE], want[PAGE];
	struct region r;

	mount_ksmfs(MNT, "size=1m");
	knob_set(KNOB_stall_millisecs, 1000);
	choice_set(CHOICE_reclaim_mode, RECLAIM_none);
	r = region_create(MNT "/exact", PAGES);
	for (int round = 0; round < 3; round++) {
		for (size_t i = 0; i < PAGES; i++) {
			uneven(i, page);
			CHECK(copy_guarded(slot(&r, i), page, PAGE));
		}
		settle();
		pack_all(&r);
		CHECK_EQ(region_info(r.fd).packed, 3);
		CHECK_EQ(region_info(r.fd).priv, PAGES - 3);
		for (size_t i = 0; i < PAGES; i++) {
			uneven(i, want);
			CHECK(copy_guarded(page, slot(&r, i), PAGE));
			CHECK(!memcmp(page, want, PAGE));
		}
	}
	CHECK_EQ(stats_read().stall_timeouts, 0);
	region_close(&r);
	umount_ksmfs(MNT);
	check_empty();
}

/* Requests that make no sense, or that nobody may make. */
static void refused(void)
{
	struct region r = region_create(MNT "/refused", 8);
	struct region other;
	int dir = SYS(open(MNT, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	struct ksmfs_reclaim reclaim = { .pages = 8 };
	struct ksmfs_limit limit = { .frames = 8 };
	struct ksmfs_mount_info info;

	SYS(mkdir("/tmp/pack-other", 0700));
	mount_ksmfs("/tmp/pack-other", "size=1m");
	other = region_create("/tmp/pack-other/file", 8);

	CHECK_ERRNO(ioctl(dir, KSMFS_IOC_RECLAIM, &reclaim), ENOENT);
	CHECK_ERRNO(ioctl(dir, KSMFS_IOC_LIMIT, &limit), ENOENT);
	reclaim.ino = region_info(other.fd).ino;
	limit.ino = reclaim.ino;
	CHECK_ERRNO(ioctl(dir, KSMFS_IOC_RECLAIM, &reclaim), ENOENT);
	CHECK_ERRNO(ioctl(dir, KSMFS_IOC_LIMIT, &limit), ENOENT);
	reclaim.ino = region_info(r.fd).ino;
	limit.ino = reclaim.ino;
	reclaim.mode = KSMFS_RECLAIM_SWAP + 1;
	CHECK_ERRNO(ioctl(dir, KSMFS_IOC_RECLAIM, &reclaim), EINVAL);
	reclaim.mode = 0;
	reclaim.reserved = 1;
	CHECK_ERRNO(ioctl(dir, KSMFS_IOC_RECLAIM, &reclaim), EINVAL);
	reclaim.reserved = 0;
	CHECK_ERRNO(ioctl(dir, KSMFS_IOC_RECLAIM, NULL), EFAULT);
	CHECK_ERRNO(ioctl(dir, KSMFS_IOC_LIMIT, NULL), EFAULT);
	CHECK_ERRNO(ioctl(dir, KSMFS_IOC_MOUNT, NULL), EFAULT);
	CHECK_ERRNO(ioctl(r.fd, KSMFS_IOC_RECLAIM, &reclaim), ENOTTY);
	CHECK_ERRNO(ioctl(r.fd, KSMFS_IOC_LIMIT, &limit), ENOTTY);
	CHECK_ERRNO(ioctl(r.fd, KSMFS_IOC_MOUNT, &info), ENOTTY);

	SYS(seteuid(65534));
	CHECK_ERRNO(ioctl(dir, KSMFS_IOC_RECLAIM, &reclaim), EPERM);
	CHECK_ERRNO(ioctl(dir, KSMFS_IOC_LIMIT, &limit), EPERM);
	CHECK_ERRNO(ioctl(dir, KSMFS_IOC_MOUNT, &info), EPERM);
	SYS(seteuid(0));
	SYS(ioctl(dir, KSMFS_IOC_RECLAIM, &reclaim));
	CHECK_EQ(reclaim.pages, 0);
	CHECK_EQ(region_info(r.fd).limit, 0);

	SYS(close(dir));
	region_close(&r);
	region_close(&other);
	umount_ksmfs("/tmp/pack-other");
	SYS(rmdir("/tmp/pack-other"));
	SYS(unlink(MNT "/refused"));
}

int main(void)
{
	knob_set(KNOB_sample_pages, 0);
	mount_ksmfs(MNT, "size=16m");
	states();
	ways_back();
	domains();
	refused();
	umount_ksmfs(MNT);
	check_empty();
	exactly_full();
	return 0;
}
