// SPDX-License-Identifier: GPL-2.0
/*
 * Every knob with every bad value, every statistic, and who may do what.
 *
 * Both are taken from the lists of include/uapi/ksmfs.h: sysfs must hold these
 * files and no other.  A bad value fails with EINVAL and changes nothing; the
 * lowest, the highest and the initial value are taken, with and without a
 * newline.  A scanner told to sleep for 49 days still does what "scan" asks.
 *
 * vm: cpus=2 mem=1G timeout=60
 */
#include "../lib/scenario.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LONG	(64 * KIB)

static const struct {
	long long low, high, initial;
} limits[] = {
#define KSMFS_LIMITS(name, low, high, initial, help) { low, high, initial },
	KSMFS_KNOBS(KSMFS_LIMITS)
#undef KSMFS_LIMITS
};

static const struct {
	const char *name;
	mode_t mode;
} files[] = {
#define KSMFS_FILE(name, ...) { #name, S_IFREG | 0644 },
	KSMFS_KNOBS(KSMFS_FILE)
	KSMFS_CHOICES(KSMFS_FILE)
#undef KSMFS_FILE
#define KSMFS_FILE(name, ...) { #name, S_IFREG | 0400 },
	KSMFS_STATS(KSMFS_FILE)
#undef KSMFS_FILE
};

#define FILES (sizeof(files) / sizeof(*files))

static void check_bytes_refused(enum knob knob, const void *bytes,
				size_t count, const char *what)
{
	long long before = knob_get(knob);
	ssize_t result = knob_write(knob, bytes, count);

	if (result != -1)
		FAIL("%s = %s: expected EINVAL, it took %zd bytes and is %lld",
		     knob_name(knob), what, result, knob_get(knob));
	if (errno != EINVAL)
		FAIL("%s = %s: expected EINVAL, got %m", knob_name(knob), what);
	if (knob_get(knob) != before)
		FAIL("%s = %s: refused, but changed from %lld to %lld",
		     knob_name(knob), what, before, knob_get(knob));
}

static void check_refused(enum knob knob, const char *text)
{
	check_bytes_refused(knob, text, strlen(text), text);
}

static void check_bad(enum knob knob)
{
	static const char *const bad[] = {
		"\n", " ", "abc", "-1", "-0x1", "4294967296",
		"9223372036854775807", "9223372036854775808",
		"18446744073709551615", "18446744073709551616",
		"99999999999999999999999999", "0x1", "1x", "x1", "1 2", "1,2",
		"1\n2", "1\n\n", "1.5", "1e0", "0b1", "true", "on",
		"\xff", "\xef\xbc\x91",
	};
	static char longest[LONG];
	long long before = knob_get(knob);
	char text[32];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		check_refused(knob, bad[i]);
	snprintf(text, sizeof(text), "%lld", limits[knob].high + 1);
	check_refused(knob, text);
	snprintf(text, sizeof(text), "%lld", limits[knob].low - 1);
	check_refused(knob, text);
	check_bytes_refused(knob, "", 1, "NUL");
	check_bytes_refused(knob, "1\0002", 3, "1 NUL 2");
	memset(longest, '1', LONG);
	check_bytes_refused(knob, longest, LONG, "64 KiB of digits");
	memset(longest, 'a', LONG);
	check_bytes_refused(knob, longest, LONG, "64 KiB of letters");

	/* No byte: sysfs does not even ask. */
	CHECK_EQ(knob_write(knob, "", 0), 0);
	CHECK_EQ(knob_get(knob), before);
}

static void check_taken(enum knob knob, long long value)
{
	char text[32];
	int length = snprintf(text, sizeof(text), "%lld\n", value);

	for (int newline = 0; newline < 2; newline++) {
		CHECK_EQ(knob_write(knob, text, length - 1 + newline),
			 length - 1 + newline);
		/* Passes asked for go down by themselves. */
		if (knob == KNOB_scan)
			CHECK(knob_get(knob) <= value);
		else
			CHECK_EQ(knob_get(knob), value);
	}
}

static void wait_for_passes(void)
{
	for (double end = seconds() + 30; knob_get(KNOB_scan); usleep(1000))
		CHECK(seconds() < end);
}

static void check_knob(enum knob knob)
{
	CHECK_EQ(knob_get(knob), limits[knob].initial);
	check_bad(knob);
	CHECK_EQ(knob_get(knob), limits[knob].initial);
	check_taken(knob, limits[knob].low);
	check_taken(knob, limits[knob].high);
	check_taken(knob, limits[knob].initial);
	wait_for_passes();
}

static void check_choice_refused(enum choice choice, const void *bytes,
				 size_t count, const char *what)
{
	int before = choice_get(choice);

	if (choice_write(choice, bytes, count) != -1 || errno != EINVAL)
		FAIL("%s = %s: expected EINVAL", choice_name(choice), what);
	CHECK_EQ(choice_get(choice), before);
}

/* @ids: of the choice's words, as the list has them */
static void check_choice(enum choice choice, const char *const *ids,
			 const char *initial)
{
	static const char *const bad[] = {
		"\n", " ", "0", "1", "abc", "[none]", "None", "none ", " none",
		"non", "nonee", "none\n\n", "none pressure", "scan_time",
	};
	const char *const *words = choice_words(choice);
	char text[64];

	CHECK(!strcmp(ids[choice_get(choice)], initial));
	for (int w = 0; words[w]; w++) {
		int length = snprintf(text, sizeof(text), "%s\n", words[w]);

		for (int newline = 0; newline < 2; newline++) {
			CHECK_EQ(choice_write(choice, text,
					      length - 1 + newline),
				 length - 1 + newline);
			CHECK_EQ(choice_get(choice), w);
		}
		for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
			check_choice_refused(choice, bad[i], strlen(bad[i]),
					     bad[i]);
		check_choice_refused(choice, text, length + 1, "word NUL");
		check_choice_refused(choice, "none\0x", 6, "none NUL x");
	}
	for (int w = 0; words[w]; w++)
		if (!strcmp(ids[w], initial))
			choice_set(choice, w);
}

/* While the advisor chooses pages_to_scan nobody else does. */
static void check_advisor(void)
{
	long long initial = limits[KNOB_pages_to_scan].initial;

	knob_set(KNOB_pages_to_scan, 7);
	for (int mode = ADVISOR_scan_time; mode <= ADVISOR_pressure; mode++) {
		choice_set(CHOICE_advisor_mode, mode);
		CHECK_EQ(knob_write(KNOB_pages_to_scan, "99", 2), -1);
		CHECK_EQ(errno, EINVAL);
		CHECK(knob_get(KNOB_pages_to_scan) != 99);
	}
	choice_set(CHOICE_advisor_mode, ADVISOR_none);
	CHECK_EQ(knob_get(KNOB_pages_to_scan), initial);
	knob_set(KNOB_pages_to_scan, 7);
	choice_set(CHOICE_advisor_mode, ADVISOR_none);
	CHECK_EQ(knob_get(KNOB_pages_to_scan), 7);
	knob_set(KNOB_pages_to_scan, initial);
}

static void check_files(void)
{
	DIR *dir = opendir(SYSFS);
	struct dirent *entry;
	size_t count = 0;

	CHECK(dir);
	while ((entry = readdir(dir)))
		count += entry->d_name[0] != '.';
	closedir(dir);
	CHECK_EQ(count, FILES);
	for (size_t i = 0; i < FILES; i++) {
		char path[128];
		struct stat st;

		snprintf(path, sizeof(path), SYSFS "/%s", files[i].name);
		SYS(stat(path, &st));
		CHECK_EQ(st.st_mode, files[i].mode);
		CHECK_EQ(st.st_uid, 0);
		if (st.st_mode & 0200)
			continue;
		CHECK_ERRNO(open(path, O_WRONLY | O_CLOEXEC), EACCES);
		CHECK_ERRNO(open(path, O_RDWR | O_CLOEXEC), EACCES);
	}
	stats_read();		/* each is a number and a newline */
}

static void as_nobody(void *arg)
{
	(void)arg;
	SYS(setgid(65534));
	SYS(setuid(65534));
	for (size_t i = 0; i < FILES; i++) {
		char path[128], byte;
		int fd;

		snprintf(path, sizeof(path), SYSFS "/%s", files[i].name);
		CHECK_ERRNO(open(path, O_WRONLY | O_CLOEXEC), EACCES);
		if (!(files[i].mode & 0004)) {
			CHECK_ERRNO(open(path, O_RDONLY | O_CLOEXEC), EACCES);
			continue;
		}
		fd = SYS(open(path, O_RDONLY | O_CLOEXEC));
		CHECK_EQ(read(fd, &byte, 1), 1);
		close(fd);
	}
}

/* A sleeper is woken by new orders, not by its clock. */
static void check_long_sleep(void)
{
	struct stats before;

	knob_set(KNOB_sleep_millisecs, limits[KNOB_sleep_millisecs].high);
	usleep(100 * 1000);
	before = stats_read();
	knob_set(KNOB_scan, 2);
	wait_for_passes();
	CHECK(stats_read().full_scans >= before.full_scans + 2);

	before = stats_read();
	knob_set(KNOB_sleep_millisecs, 1);
	for (double end = seconds() + 30;
	     stats_read().full_scans == before.full_scans; usleep(1000))
		CHECK(seconds() < end);
	knob_set(KNOB_sleep_millisecs, limits[KNOB_sleep_millisecs].initial);
}

static void check_run(void)
{
	knob_set(KNOB_run, 2);
	CHECK_EQ(knob_get(KNOB_run), 2);
	CHECK_EQ(knob_write(KNOB_scan, "1", 1), -1);
	CHECK_EQ(errno, EBUSY);
	CHECK_EQ(knob_get(KNOB_scan), 0);
	knob_set(KNOB_run, 0);
	knob_set(KNOB_scan, 1);
	wait_for_passes();
	knob_set(KNOB_run, limits[KNOB_run].initial);
}

int main(void)
{
	struct region r;

	check_files();
	reap(spawn(as_nobody, NULL));

	/* With something to scan, so that the knobs do something. */
	mount_ksmfs(MNT, "size=16m");
	r = region_create(MNT "/file", 64);
	for (size_t i = 0; i < r.pages; i++)
		pattern(1 + i % 8, slot(&r, i));
	for (enum knob knob = 0; knob < KNOBS; knob++)
		check_knob(knob);
#define KSMFS_ID(id, word, help) #id,
#define KSMFS_INITIAL(name, words, initial, help)			\
	check_choice(CHOICE_##name,					\
		     (const char *const[]){ words(KSMFS_ID) }, #initial);
	KSMFS_CHOICES(KSMFS_INITIAL)
#undef KSMFS_INITIAL
#undef KSMFS_ID
	check_advisor();
	check_run();
	check_long_sleep();
	settle();
	check_balance();
	for (size_t i = 0; i < r.pages; i++)
		CHECK_PAGE(slot(&r, i), 1 + i % 8);
	region_close(&r);
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
