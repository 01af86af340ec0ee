// SPDX-License-Identifier: GPL-2.0
/*
 * Equal pages merge inside a domain and never across domains.
 *
 *	/mnt/ksmfs    f0 f1          root domain
 *	              a/f0 a/d/f1    domain a
 *	              b/f0 b/f1      domain b
 *	/mnt/ksmfs-2  f0 f1          another mount's root domain
 *
 * All eight files have the same content: patterns, zeros, holes.  Seen from
 * outside, frames are told apart by their numbers: no number may occur in two
 * domains, whether it belongs to a shared page, a zero page or a hole; inside
 * each domain both files show the same numbers for equal pages.  No name can
 * take a file to another domain.
 *
 * vm: cpus=2 mem=1G timeout=60
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MNT_2	"/mnt/ksmfs-2"
#define DOMAINS	4
#define FILES	2
#define CONTENTS 8		/* slots 0 .. 7: their seeds; slot 0 is zeros */
#define PAGES	(CONTENTS + 2)	/* and two holes */
#define EXCHANGE (1 << 1)	/* RENAME_EXCHANGE */

static const struct {
	const char *dir, *file[FILES];
} layout[DOMAINS] = {
	{ MNT, { MNT "/f0", MNT "/f1" } },
	{ MNT "/a", { MNT "/a/f0", MNT "/a/d/f1" } },
	{ MNT "/b", { MNT "/b/f0", MNT "/b/f1" } },
	{ MNT_2, { MNT_2 "/f0", MNT_2 "/f1" } },
};

static struct region files[DOMAINS][FILES];
static uint64_t frames[DOMAINS][FILES][PAGES];

static void create(void)
{
	mount_ksmfs(MNT, "size=16m");
	SYS(mkdir(MNT_2, 0700));
	mount_ksmfs(MNT_2, "size=16m");
	SYS(mkdir(MNT "/a", 0700));
	SYS(mkdir(MNT "/a/d", 0700));
	SYS(mkdir(MNT "/b", 0700));
	for (int d = 0; d < DOMAINS; d++) {
		for (int f = 0; f < FILES; f++) {
			files[d][f] = region_create(layout[d].file[f], PAGES);
			for (size_t i = 0; i < CONTENTS; i++)
				pattern(i, slot(&files[d][f], i));
		}
	}
}

/* Read each page and note its frame. */
static void look(void)
{
	for (int d = 0; d < DOMAINS; d++) {
		for (int f = 0; f < FILES; f++) {
			for (size_t i = 0; i < PAGES; i++) {
				uint8_t *page = slot(&files[d][f], i);

				CHECK_PAGE(page, i < CONTENTS ? i : 0);
				frames[d][f][i] = frame_at(page);
				CHECK(frames[d][f][i]);
			}
		}
	}
}

static void check_pair_disjoint(int one, int other)
{
	const uint64_t *x = &frames[one][0][0], *y = &frames[other][0][0];

	for (size_t i = 0; i < FILES * PAGES; i++)
		for (size_t j = 0; j < FILES * PAGES; j++)
			if (x[i] == y[j])
				FAIL("frame %#llx is in %s, slot %zu, and in %s, slot %zu",
				     (unsigned long long)x[i],
				     layout[one].file[i / PAGES], i % PAGES,
				     layout[other].file[j / PAGES], j % PAGES);
}

static void check_disjoint(void)
{
	for (int one = 0; one < DOMAINS; one++)
		for (int other = one + 1; other < DOMAINS; other++)
			check_pair_disjoint(one, other);
}

static void check_merged(void)
{
	struct stats stats = stats_read();

	CHECK_EQ(stats.pages_shared, DOMAINS * (CONTENTS - 1));
	CHECK_EQ(stats.pages_sharing, DOMAINS * (CONTENTS - 1));
	CHECK_EQ(stats.ksm_zero_pages, DOMAINS * FILES);
	CHECK_EQ(stats.frames, DOMAINS * (CONTENTS - 1));
	for (int d = 0; d < DOMAINS; d++) {
		struct stat st;

		for (size_t i = 1; i < CONTENTS; i++)
			CHECK_EQ(frames[d][0][i], frames[d][1][i]);
		SYS(stat(layout[d].dir, &st));
		for (int f = 0; f < FILES; f++)
			CHECK_EQ(region_info(files[d][f].fd).domain,
				 st.st_ino);
	}
}

static int exchange(const char *from, const char *to)
{
	return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, EXCHANGE);
}

static void check_names(void)
{
	char tmpfile[64];
	int fd;

	CHECK_ERRNO(rename(MNT "/f0", MNT "/a/x"), EXDEV);
	CHECK_ERRNO(rename(MNT "/a/f0", MNT "/x"), EXDEV);
	CHECK_ERRNO(rename(MNT "/a/f0", MNT "/b/x"), EXDEV);
	CHECK_ERRNO(rename(MNT "/a/d/f1", MNT "/b/f1"), EXDEV);
	CHECK_ERRNO(rename(MNT "/a/d", MNT "/b/d"), EXDEV);
	CHECK_ERRNO(rename(MNT "/a/d", MNT "/d"), EXDEV);
	CHECK_ERRNO(rename(MNT "/b", MNT "/a/b"), EXDEV);
	CHECK_ERRNO(link(MNT "/f0", MNT "/a/x"), EXDEV);
	CHECK_ERRNO(link(MNT "/a/f0", MNT "/x"), EXDEV);
	CHECK_ERRNO(link(MNT "/a/f0", MNT "/b/x"), EXDEV);
	CHECK_ERRNO(exchange(MNT "/a/f0", MNT "/b/f0"), EXDEV);
	CHECK_ERRNO(exchange(MNT "/f0", MNT "/b/f0"), EXDEV);
	CHECK_ERRNO(exchange(MNT "/a/d", MNT "/b"), EXDEV);

	/* A file without a name belongs to where it was made, too. */
	fd = SYS(open(MNT "/a", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
	snprintf(tmpfile, sizeof(tmpfile), "/proc/self/fd/%d", fd);
	CHECK_ERRNO(linkat(AT_FDCWD, tmpfile, AT_FDCWD, MNT "/b/x",
			   AT_SYMLINK_FOLLOW), EXDEV);
	CHECK_ERRNO(linkat(AT_FDCWD, tmpfile, AT_FDCWD, MNT "/x",
			   AT_SYMLINK_FOLLOW), EXDEV);
	SYS(linkat(AT_FDCWD, tmpfile, AT_FDCWD, MNT "/a/x",
		   AT_SYMLINK_FOLLOW));
	SYS(close(fd));
	SYS(unlink(MNT "/a/x"));

	/* Inside a domain everything goes. */
	SYS(rename(MNT "/a/f0", MNT "/a/d/f0"));
	SYS(link(MNT "/a/d/f0", MNT "/a/f0"));
	SYS(unlink(MNT "/a/d/f0"));
	SYS(exchange(MNT "/a/f0", MNT "/a/d/f1"));
	SYS(exchange(MNT "/a/f0", MNT "/a/d/f1"));
	SYS(link(MNT "/f0", MNT "/x"));
	SYS(rename(MNT "/x", MNT "/y"));
	SYS(unlink(MNT "/y"));

	/* So does giving a domain another name. */
	SYS(rename(MNT "/a", MNT "/c"));
	SYS(exchange(MNT "/b", MNT "/c"));
	SYS(exchange(MNT "/b", MNT "/c"));
	SYS(rename(MNT "/c", MNT "/a"));
}

/* A domain lives as long as its last file, name or no name. */
static void check_removed_domain(void)
{
	struct region r;

	SYS(mkdir(MNT "/gone", 0700));
	r = region_create(MNT "/gone/f", PAGES);
	for (size_t i = 0; i < CONTENTS; i++)
		pattern(i, slot(&r, i));
	SYS(unlink(MNT "/gone/f"));
	SYS(rmdir(MNT "/gone"));
	settle();
	for (size_t i = 0; i < CONTENTS; i++)
		CHECK_PAGE(slot(&r, i), i);
	CHECK_EQ(region_info(r.fd).nlink, 0);
	CHECK_EQ(region_info(r.fd).zero, 1);
	CHECK_EQ(region_info(r.fd).shared, 0);
	pattern(2, slot(&r, 1));
	settle();
	CHECK_EQ(region_info(r.fd).shared, 2);
	check_balance();
	region_close(&r);
}

int main(void)
{
	long long domains = stats_read().domains;

	knob_set(KNOB_run, 0);	/* a merge unmaps what is to be looked at */
	knob_set(KNOB_sample_pages, 0);	/* likewise */
	create();
	look();
	check_disjoint();
	settle();
	look();
	check_disjoint();
	check_merged();
	check_balance();
	check_names();
	check_merged();

	/* Break and merge again: the domains stay apart. */
	for (int d = 0; d < DOMAINS; d++)
		for (size_t i = 0; i < CONTENTS; i++)
			slot(&files[d][0], i)[0] ^= 1;
	settle();
	for (int d = 0; d < DOMAINS; d++)
		for (size_t i = 0; i < CONTENTS; i++)
			slot(&files[d][0], i)[0] ^= 1;
	settle();
	look();
	check_disjoint();
	check_merged();
	check_removed_domain();

	for (int d = 0; d < DOMAINS; d++)
		for (int f = 0; f < FILES; f++)
			region_close(&files[d][f]);
	umount_ksmfs(MNT);
	umount_ksmfs(MNT_2);
	check_empty();
	CHECK_EQ(stats_read().domains, domains);
	return 0;
}
