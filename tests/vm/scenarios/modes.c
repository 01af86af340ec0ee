// SPDX-License-Identifier: GPL-2.0
/*
 * What may be merged in a domain, and how that is changed under its guests.
 *
 *	/mnt/ksmfs/a/f0 a/f1		the domain whose mode changes
 *	/mnt/ksmfs/b/f0 b/f1		one that stays as it is
 *
 * All four files have the same content: pages that are alike in all of them,
 * pairs that are alike in each, and zeros.  In each mode it is looked at who
 * shows the same frame as whom.  Then the mode changes, to each other one and
 * back, while the scanner never pauses and two writers compare
 * what they find with a shadow copy.  A change that has returned must hold at
 * once: writers and scanner are stopped, and no frame may be where it was not
 * allowed.  Meanwhile the domain becomes strict, and is no longer.
 *
 * Before that: names, values and rights of the attributes; mount options; a
 * mount that is too full for what a change needs.
 *
 * vm: cpus=2 mem=1G timeout=180
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define A	MNT "/a"
#define B	MNT "/b"
#define FILES	4		/* f0 and f1 of a, then of b */
#define PAGES	32
#define WRITERS	2

#define LIST	(sizeof(KSMFS_XATTR_MERGE) + sizeof(KSMFS_XATTR_STRICT))

enum mode {
#define X(id, word, help) MODE_##id,
	KSMFS_MERGE_MODES(X)
#undef X
	MODES
};

static const char *const words[] = {
#define X(id, word, help) word,
	KSMFS_MERGE_MODES(X)
#undef X
};

static struct region files[FILES];
static uint64_t shadow[FILES][PAGES];	/* seeds */
static bool stop;

/* ---- attributes ---- */

static int mode_try(const char *dir, const char *word)
{
	return setxattr(dir, KSMFS_XATTR_MERGE, word, strlen(word), 0);
}

static void mode_set(const char *dir, enum mode mode)
{
	SYS(mode_try(dir, words[mode]));
}

static void check_mode(const char *dir, const char *word)
{
	char value[16] = "";
	size_t size = SYS(getxattr(dir, KSMFS_XATTR_MERGE, value,
				   sizeof(value)));

	CHECK_EQ(size, strlen(word));
	CHECK(!strcmp(value, word));
}

static void check_strict(const char *dir, char want)
{
	char value[16];

	CHECK_EQ(getxattr(dir, KSMFS_XATTR_STRICT, value, 16), 1);
	CHECK_EQ(*value, want);
}

static void check_list(const char *path, size_t want)
{
	char names[256];

	CHECK_EQ(listxattr(path, names, sizeof(names)), want);
	if (!want)
		return;
	CHECK(!strcmp(names, KSMFS_XATTR_MERGE));
	CHECK(!strcmp(names + sizeof(KSMFS_XATTR_MERGE), KSMFS_XATTR_STRICT));
}

static void check_values(void)
{
	static const char *const bad[] = {
		"", "s", "SHARE", "share ", " share", "shares", "share\n",
		"none", "0", "share,self",
	};
	char value[16];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		CHECK_ERRNO(mode_try(A, bad[i]), EINVAL);
	CHECK_ERRNO(setxattr(A, KSMFS_XATTR_MERGE, "self", 5, 0), EINVAL);
	CHECK_ERRNO(setxattr(A, KSMFS_XATTR_MERGE, "self", 4, XATTR_CREATE),
		    EEXIST);
	CHECK_ERRNO(removexattr(A, KSMFS_XATTR_MERGE), EINVAL);
	CHECK_ERRNO(getxattr(A, KSMFS_XATTR_MERGE, value, 4), ERANGE);
	CHECK_EQ(getxattr(A, KSMFS_XATTR_MERGE, NULL, 0), 5);
	CHECK_ERRNO(setxattr(A, KSMFS_XATTR_STRICT, "2", 1, 0), EINVAL);
	CHECK_ERRNO(setxattr(A, KSMFS_XATTR_STRICT, "on", 2, 0), EINVAL);
	CHECK_ERRNO(removexattr(A, KSMFS_XATTR_STRICT), EINVAL);
	check_strict(A, '0');
	check_mode(A, "share");
	SYS(setxattr(A, KSMFS_XATTR_MERGE, "self", 4, XATTR_REPLACE));
	check_mode(A, "self");
	check_mode(MNT, "share");
	mode_set(A, MODE_share);
}

static void check_names(void)
{
	char value[16];

	SYS(mkdir(A "/d", 0777));
	check_list(A, LIST);
	check_list(MNT, LIST);
	check_list(A "/d", 0);
	CHECK_ERRNO(mode_try(A "/d", "self"), EINVAL);
	CHECK_ERRNO(mode_try(A "/f0", "self"), EINVAL);
	CHECK_ERRNO(getxattr(A "/d", KSMFS_XATTR_MERGE, value, 16), ENODATA);
	CHECK_ERRNO(setxattr(A, "trusted.ksmfs.other", "1", 1, 0), EOPNOTSUPP);
	CHECK_ERRNO(setxattr(A, "user.merge", "1", 1, 0), EOPNOTSUPP);
	SYS(rmdir(A "/d"));
}

/* The directory is his, but not the right to say what is merged. */
static void ask_as_nobody(void *arg)
{
	char value[16];

	(void)arg;
	SYS(chown(A, 65534, 65534));
	SYS(setgid(65534));
	SYS(setuid(65534));
	CHECK_ERRNO(mode_try(A, "off"), EPERM);
	CHECK_ERRNO(getxattr(A, KSMFS_XATTR_MERGE, value, 16), ENODATA);
	check_list(A, 0);
}

/* ---- mount options ---- */

static void check_mount_options(void)
{
	mount_ksmfs(MNT, "merge=zero");
	check_mode(MNT, "zero");
	SYS(mkdir(A, 0700));
	check_mode(A, "zero");
	SYS(remount_ksmfs(MNT, "merge=self"));
	SYS(remount_ksmfs(MNT, "size=5m"));
	CHECK_ERRNO(remount_ksmfs(MNT, "merge=all"), EINVAL);
	SYS(mkdir(B, 0700));
	check_mode(B, "self");
	check_mode(A, "zero");
	check_mode(MNT, "zero");
	check_strict(B, '0');
	SYS(remount_ksmfs(MNT, "strict"));
	SYS(mkdir(MNT "/c", 0700));
	SYS(remount_ksmfs(MNT, "nostrict"));
	SYS(mkdir(MNT "/d", 0700));
	check_strict(B, '0');
	check_strict(MNT "/c", '1');
	check_strict(MNT "/d", '0');
	umount_ksmfs(MNT);
}

/* ---- content ---- */

/* Slots 0, 4, ... are alike everywhere, 1 is like 2 in a file, 3 is zeros. */
static uint64_t seed_of(size_t file, size_t index)
{
	switch (index % 4) {
	case 0:
		return 1 + index;
	case 3:
		return 0;
	default:
		return 1000 + index / 4 + file % 2 * 100;
	}
}

static void fill(void)
{
	for (size_t f = 0; f < FILES; f++) {
		for (size_t i = 0; i < PAGES; i++) {
			shadow[f][i] = seed_of(f, i);
			pattern(shadow[f][i], slot(&files[f], i));
		}
	}
}

static void create(const char *options)
{
	static const char *const names[] = {
		A "/f0", A "/f1", B "/f0", B "/f1",
	};

	mount_ksmfs(MNT, options);
	SYS(mkdir(A, 0700));
	SYS(mkdir(B, 0700));
	for (size_t f = 0; f < FILES; f++)
		files[f] = region_create(names[f], PAGES);
	fill();
}

static void destroy(void)
{
	for (size_t f = 0; f < FILES; f++)
		region_close(&files[f]);
	umount_ksmfs(MNT);
	check_empty();
}

/* The scanner is stopped: read each page and tell its frame. */
static void look(uint64_t frames[FILES][PAGES])
{
	for (size_t f = 0; f < FILES; f++) {
		for (size_t i = 0; i < PAGES; i++) {
			CHECK_PAGE(slot(&files[f], i), shadow[f][i]);
			frames[f][i] = frame_at(slot(&files[f], i));
			CHECK(frames[f][i]);
		}
	}
}

static size_t zeros_of(size_t f)
{
	size_t zeros = 0;

	for (size_t i = 0; i < PAGES; i++)
		zeros += !shadow[f][i];
	return zeros;
}

/* Nothing of a is merged that its mode does not allow. */
static void check_allowed(enum mode mode)
{
	static uint64_t frames[FILES][PAGES];
	struct ksmfs_region_info info;

	look(frames);
	for (size_t i = 0; i < FILES * PAGES; i++) {
		for (size_t j = 0; j < i; j++) {
			size_t f = i / PAGES, g = j / PAGES;

			/* The frame of zeros is a domain's, not a file's. */
			if (frames[f][i % PAGES] != frames[g][j % PAGES] ||
			    (!shadow[f][i % PAGES] && f / 2 == g / 2))
				continue;
			if (f / 2 != g / 2 || (f < 2 && mode != MODE_share &&
					       (f != g || mode != MODE_self)))
				FAIL("%s: slot %zu:%zu has the frame of %zu:%zu",
				     words[mode], f, i % PAGES, g, j % PAGES);
		}
	}
	for (size_t f = 0; f < 2; f++) {
		info = region_info(files[f].fd);
		/* Zero pages merged while a was strict may stay so. */
		if (mode == MODE_zero)
			CHECK(info.shared <= zeros_of(f));
		if (mode == MODE_off)
			CHECK_EQ(info.shared + info.zero, 0);
	}
}

/* All is merged that the mode allows, in pages that never were before. */
static void check_merged(enum mode mode)
{
	static const size_t shared[] = {
		[MODE_share] = 3 * PAGES / 4, [MODE_self] = PAGES / 2,
		[MODE_zero] = 0, [MODE_off] = 0,
	};

	for (size_t f = 0; f < 2; f++) {
		struct ksmfs_region_info info = region_info(files[f].fd);

		CHECK_EQ(info.shared, shared[mode]);
		CHECK_EQ(info.zero, mode == MODE_off ? 0 : PAGES / 4);
	}
	for (size_t f = 2; f < FILES; f++)
		CHECK_EQ(region_info(files[f].fd).shared, 3 * PAGES / 4);
}

static void check_each_mode(void)
{
	for (int mode = 0; mode < MODES; mode++) {
		mode_set(A, mode);
		check_allowed(mode);
		fill();
		settle();
		check_allowed(mode);
		check_merged(mode);
		check_balance();
		say("%s: as it should be", words[mode]);
	}
	mode_set(A, MODE_share);
}

/* ---- writers ---- */

static void write_some(struct rng *rng, size_t number)
{
	size_t f = rng_below(rng, FILES);
	size_t i = rng_below(rng, PAGES / WRITERS) * WRITERS + number;
	uint8_t *page = slot(&files[f], i);

	CHECK_PAGE(page, shadow[f][i]);
	if (rng_below(rng, 2))
		return;
	shadow[f][i] = seed_of(f, rng_below(rng, PAGES));
	pattern(shadow[f][i], page);
}

static void *writer(void *arg)
{
	size_t number = (intptr_t)arg;
	static unsigned int runs;
	struct rng rng = { number + __atomic_add_fetch(&runs, WRITERS,
						       __ATOMIC_RELAXED) };

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		write_some(&rng, number);
	return NULL;
}

static void change_under_writers(enum mode to, const char *strict)
{
	pthread_t threads[WRITERS];

	stop = false;
	scanner_press();
	for (intptr_t i = 0; i < WRITERS; i++)
		threads[i] = thread_start(writer, (void *)i);
	usleep(100000);
	SYS(setxattr(A, KSMFS_XATTR_STRICT, strict, 1, 0));
	CHECK_EQ(region_info(files[0].fd).flags,
		 *strict == '1' ? KSMFS_REGION_STRICT : 0);
	usleep(100000);
	mode_set(A, to);
	stop = true;
	for (int i = 0; i < WRITERS; i++)
		thread_join(threads[i]);
	scanner_relax();
	knob_set(KNOB_run, 0);
	check_allowed(to);
}

static void check_live(void)
{
	static const enum mode modes[] = {
		MODE_self, MODE_share, MODE_zero, MODE_self, MODE_off,
		MODE_share,
	};
	struct stats before = stats_read(), after;

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		change_under_writers(modes[i], i % 2 ? "1" : "0");
	after = stats_read();
	say("changes under writers: %lld merges, %lld breaks",
	    after.merges - before.merges, after.breaks - before.breaks);
	CHECK(after.merges - before.merges > 100);
	SYS(setxattr(A, KSMFS_XATTR_STRICT, "0", 1, 0));
	mode_set(A, MODE_share);
	fill();
	settle();
	check_merged(MODE_share);
	check_balance();
}

/* ---- a mount that is too full ---- */

static void check_full(void)
{
	struct region rest;
	size_t left;

	create("size=600k");		/* 150 frames */
	settle();
	check_merged(MODE_share);
	left = mount_info(MNT).size - mount_info(MNT).used;
	rest = region_create(MNT "/rest", left);
	for (size_t i = 0; i + 10 < left; i++)
		pattern(5000 + i, slot(&rest, i));
	CHECK_ERRNO(mode_try(A, "off"), ENOSPC);
	check_mode(A, "off");
	CHECK_ERRNO(mode_try(A, "off"), ENOSPC);
	settle();
	SYS(ftruncate(rest.fd, 0));
	SYS(mode_try(A, "off"));
	check_allowed(MODE_off);
	check_balance();
	region_close(&rest);
	destroy();
}

int main(void)
{
	knob_set(KNOB_run, 0);		/* a merge unmaps what is looked at */
	knob_set(KNOB_sample_pages, 0);
	choice_set(CHOICE_reclaim_mode, RECLAIM_none);
	check_mount_options();
	create("size=16m");
	check_names();
	check_values();
	reap(spawn(ask_as_nobody, NULL));
	check_each_mode();
	check_live();
	destroy();
	check_full();
	return 0;
}
