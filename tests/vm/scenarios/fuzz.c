// SPDX-License-Identifier: GPL-2.0
/*
 * A hundred thousand bad inputs at everything that takes any: knobs, mount
 * options, ioctls, system calls on files, mappings, attributes and names; as
 * root, and as nobody in particular.
 *
 *	fuzz [SEED [INPUTS]], or FUZZ_SEED=SEED on the kernel's command line
 *
 * Each input is bad by construction, so it must be refused, with an error that
 * fits, and must change nothing: now and then all that can be seen of the
 * mount (its numbers, those of its files, knobs, options, names, every byte of
 * content) is compared with how it was before.  The scanner and the sampler
 * stand still meanwhile.  What is refused must also be given back: memory of
 * the kernel must not have grown with the number of inputs.
 *
 * Attributes of ksmfs may or may not be there: then it is another error.
 *
 * vm: cpus=2 mem=1G timeout=180
 */
#include "../lib/scenario.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#define INPUTS		110000UL
#define EVERY		500	/* inputs between two looks at everything */
#define GROWTH		1024L	/* KiB that SUnreclaim may have grown by */
#define PAGES		64UL
#define LONG		(64 * KIB)
#define OPTIONS		"size=64m,break_reserve=2m,nr_inodes=100,mode=0755"
#define FILE_PATH	MNT "/a/file"
#define OTHER_PATH	MNT "/b/other"
#define NOBODY		65534

static struct rng rng;

static uint64_t below(uint64_t limit)
{
	return rng_below(&rng, limit);
}

#define ANY(list)	((list)[below(sizeof(list) / sizeof(*(list)))])

/* ---- what is there, and must stay ---- */

static struct region file;
static int other_fd, read_only, top, domain;

static uint64_t seed_of(size_t index)
{
	return index % 4 ? 1 + index % 8 : 0;
}

/* All that can be seen from outside, but for content and times. */
struct picture {
	long long knobs[KNOBS];
	int choices[CHOICES];
	struct ksmfs_mount_info mount;
	struct ksmfs_region_info files[2];
	long long size, mode, owner, links, names;
	struct statvfs space;
	char options[1024];
};

static struct picture before;

static long long count_names(const char *path)
{
	DIR *dir = opendir(path);
	long long count = 0;

	CHECK(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* The line of /proc/self/mounts. */
static void read_options(char *options, size_t size)
{
	FILE *mounts = fopen("/proc/self/mounts", "re");

	CHECK(mounts);
	do {
		memset(options, 0, size);
		CHECK(fgets(options, size, mounts));
	} while (!strstr(options, " " MNT " "));
	fclose(mounts);
}

static void take(struct picture *now)
{
	struct stat st;

	memset(now, 0, sizeof(*now));
	for (enum knob knob = 0; knob < KNOBS; knob++)
		now->knobs[knob] = knob_get(knob);
	for (enum choice choice = 0; choice < CHOICES; choice++)
		now->choices[choice] = choice_get(choice);
	now->mount = mount_info(MNT);
	now->files[0] = region_info(file.fd);
	now->files[1] = region_info(other_fd);
	SYS(fstat(file.fd, &st));
	now->size = st.st_size;
	now->mode = st.st_mode;
	now->owner = st.st_uid;
	now->links = st.st_nlink;
	now->names = count_names(MNT) + count_names(MNT "/a") +
		     count_names(MNT "/b");
	SYS(statvfs(MNT, &now->space));
	read_options(now->options, sizeof(now->options));
}

#define SAME(what)							\
	do {								\
		if (memcmp(&now.what, &before.what, sizeof(now.what)))	\
			input_wrong("it, or one shortly before, changed "	\
				 #what);				\
	} while (0)

static void look(void)
{
	static uint8_t page[PAGE];
	struct picture now;

	take(&now);
	SAME(knobs);
	SAME(choices);
	SAME(mount);
	SAME(files[0]);
	SAME(files[1]);
	SAME(size);
	SAME(mode);
	SAME(owner);
	SAME(links);
	SAME(names);
	SAME(space);
	SAME(options);
	before = now;
	for (size_t i = 0; i < PAGES; i++) {
		CHECK_EQ(pread(file.fd, page, PAGE, i * PAGE), PAGE);
		if (!page_is(page, seed_of(i)))
			input_wrong("it, or one before it, changed page %zu", i);
	}
}

/* ---- knobs ---- */

static const struct {
	long long low, high;
} limits[] = {
#define KSMFS_LIMITS(name, low, high, initial, help) { low, high },
	KSMFS_KNOBS(KSMFS_LIMITS)
#undef KSMFS_LIMITS
};

static void bad_knob(void)
{
	static char longest[LONG];
	enum knob knob = below(KNOBS);
	char text[256];
	size_t length;

	if (!below(100)) {
		memset(longest, below(2) ? '1' : 'a', LONG);
		input_is("%s = 64 KiB of %c", knob_name(knob), *longest);
		REFUSED(knob_write(knob, longest, LONG), EINVAL);
	} else {
		length = bad_number(&rng, text, sizeof(text), limits[knob].low,
				    limits[knob].high, true);
		input_is("%s = \"%s\"", knob_name(knob), text);
		REFUSED(knob_write(knob, text, length), EINVAL);
	}
	if (knob_get(knob) != before.knobs[knob])
		input_wrong("and yet it is %lld now", knob_get(knob));
}

static void bad_choice(void)
{
	enum choice choice = below(CHOICES);
	const char *const *words = choice_words(choice);
	const char *word = words[0];
	size_t length;
	char text[64];

	switch (below(4)) {
	case 0:
		length = bad_number(&rng, text, sizeof(text), 0, 2, true);
		break;
	case 1:
		length = snprintf(text, sizeof(text), "%s%c", word,
				  " \t.0]"[below(5)]);
		break;
	case 2:
		length = snprintf(text, sizeof(text), "%c%s",
				  " \t\n.0["[below(6)], word);
		break;
	default:
		length = below(strlen(word));
		snprintf(text, sizeof(text), "%.*s%c", (int)length, word, 0);
		length++;
	}
	input_is("%s = \"%s\"", choice_name(choice), text);
	REFUSED(choice_write(choice, text, length), EINVAL);
	if (choice_get(choice) != before.choices[choice])
		input_wrong("and yet it is another now");
}

static void bad_statistic(void)
{
	static const char *const names[] = {
#define KSMFS_NAME(name, kind, help) #name,
		KSMFS_STATS(KSMFS_NAME)
#undef KSMFS_NAME
	};
	char path[128];

	snprintf(path, sizeof(path), SYSFS "/%s", ANY(names));
	input_is("open %s to write", path);
	REFUSED(open(path, below(2) ? O_WRONLY : O_RDWR), EACCES);
}

/* ---- mount options ---- */

/* @key = @value, the latter bad, as a new mount or a remount takes it. */
static void bad_option_text(char *key, char *value, size_t size)
{
	static const struct {
		const char *name;
		unsigned long long low, high;
		bool exact;
	} numbers[] = {
		{ "size", 1, LONG_MAX - PAGE, true },
		{ "nr_inodes", 1, LONG_MAX - PAGE, true },
		{ "break_reserve", 0, LONG_MAX - PAGE, true },
		{ "uid", 0, UINT32_MAX - 1, false },
		{ "gid", 0, UINT32_MAX - 1, false },
	};
	static const char *const texts[][2] = {
		{ "size", "" }, { "size", "0%" }, { "size", "101%" },
		{ "size", "0k" }, { "size", "1kk" }, { "size", "1e" },
		{ "size", "9007199254740992g" }, { "size", "8388608t" },
		{ "size", "1%k" }, { "size", "k" }, { "size", "%" },
		{ "nr_inodes", "5%" }, { "nr_inodes", "0g" },
		{ "nr_inodes", "8388608t" }, { "break_reserve", "101%" },
		{ "break_reserve", "%%" }, { "break_reserve", "8388608t" },
		{ "mode", "8" }, { "mode", "-1" }, { "mode", "10000" },
		{ "mode", "0x1ff" }, { "mode", "rwx" }, { "mode", "" },
		{ "mode", "37777777777" }, { "mode", "40000000000" },
		{ "uid", "root" }, { "gid", "" }, { "uid", "-1" },
		{ "swap", "" }, { "swap", "swap" }, { "swap", "./swap" },
		{ "swap", "-" }, { "merge", "all" }, { "merge", "" },
		{ "merge", "share,self" }, { "merge", "Share" },
		{ "strict", "2" }, { "strict", "-1" }, { "strict", "yes!" },
	};
	size_t i = below(sizeof(numbers) / sizeof(*numbers));
	const char *const *text;

	switch (below(4)) {
	case 0:
		text = ANY(texts);
		strcpy(key, text[0]);
		snprintf(value, size, "%s", text[1]);
		break;
	case 1:
		snprintf(key, size, "%c%llx", 'g' + (int)below(20),
			 (unsigned long long)below(1 << 30));
		snprintf(value, size, "%llu", (unsigned long long)below(9));
		break;
	default:
		strcpy(key, numbers[i].name);
		do {	/* a byte 0 ends it here, and may leave it good */
			size_t length = bad_number(&rng, value, size, numbers[i].low,
						   numbers[i].high,
						   numbers[i].exact);

			if (strlen(value) == length)
				break;
		} while (1);
	}
}

/* One context takes many, since none of them is taken. */
static int new_mount, remount;

static void bad_option(void)
{
	char key[300], value[300];

	bad_option_text(key, value, sizeof(value));
	input_is("mount %s=\"%s\"", key, value);
	REFUSED(fsconfig(new_mount, FSCONFIG_SET_STRING, key, value, 0),
		EINVAL);
	input_is("remount %s=\"%s\"", key, value);
	REFUSED(fsconfig(remount, FSCONFIG_SET_STRING, key, value, 0), EINVAL);
}

/* An option that is not of the kind that it must be. */
static void bad_option_kind(void)
{
	static const char *const keys[] = {
		"size", "nr_inodes", "mode", "uid", "gid", "break_reserve",
		"swap", "merge", "nonsense",
	};
	int context = SYS(fsopen("ksmfs", FSOPEN_CLOEXEC));
	const char *key = ANY(keys);
	uint64_t blob = below(UINT64_MAX);

	input_is("fsconfig of %s, not a string", key);
	switch (below(4)) {
	case 0:
		REFUSED(fsconfig(context, FSCONFIG_SET_FLAG, key, NULL, 0),
			EINVAL);
		break;
	case 1:
		REFUSED(fsconfig(context, FSCONFIG_SET_BINARY, key, &blob,
				 sizeof(blob)), EINVAL);
		break;
	case 2:
		REFUSED(fsconfig(context, FSCONFIG_SET_FD, key, NULL, top),
			EINVAL);
		break;
	default:
		REFUSED(fsconfig(context, FSCONFIG_SET_PATH, key, MNT,
				 AT_FDCWD), EINVAL, ENOENT);
	}
	close(context);
}

/* Options that are good one by one, but not together, or not here. */
static void bad_mount(void)
{
	static const struct {
		const char *options[2][2];
		bool again;
		int error;
	} lists[] = {
		{ { { "size", "1m" }, { "break_reserve", "2m" } }, 0, EINVAL },
		{ { { "break_reserve", "1t" }, { "size", "8k" } }, 0, EINVAL },
		{ { { "swap", "/nonexistent" } }, false, ENOENT },
		{ { { "swap", "/proc/self" } }, false, EISDIR },
		{ { { "swap", "/dev/null" } }, false, EINVAL },
		{ { { "swap", FILE_PATH } }, false, EINVAL },
		{ { { "size", "1" }, { "break_reserve", "0" } }, true, EBUSY },
		{ { { "nr_inodes", "1" } }, true, EBUSY },
		{ { { "break_reserve", "65m" } }, true, EINVAL },
		{ { { "size", "1m" } }, true, EINVAL },
		{ { { "swap", "/nonexistent" } }, true, ENOENT },
		{ { { "swap", FILE_PATH } }, true, EINVAL },
	};
	size_t i = below(sizeof(lists) / sizeof(*lists));
	int context = lists[i].again ?
		      SYS(fspick(AT_FDCWD, MNT, FSPICK_CLOEXEC)) :
		      SYS(fsopen("ksmfs", FSOPEN_CLOEXEC));

	for (int o = 0; o < 2 && lists[i].options[o][0]; o++)
		SYS(fsconfig(context, FSCONFIG_SET_STRING,
			     lists[i].options[o][0], lists[i].options[o][1],
			     0));
	input_is("%smount %s=%s ...", lists[i].again ? "re" : "",
		 lists[i].options[0][0], lists[i].options[0][1]);
	REFUSED(fsconfig(context, lists[i].again ? FSCONFIG_CMD_RECONFIGURE :
			 FSCONFIG_CMD_CREATE, NULL, NULL, 0),
		lists[i].error);
	close(context);
}

/* ---- memory that is no good ---- */

static uint8_t *good, *halfway;
static const void *bad_places[7];

static void make_bad_places(void)
{
	good = (void *)SYS(mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	SYS(mprotect(good + PAGE, PAGE, PROT_NONE));
	halfway = good + PAGE - 8;
	bad_places[0] = NULL;
	bad_places[1] = good + PAGE;
	bad_places[2] = (void *)PAGE;	/* nobody may map that */
	bad_places[3] = (void *)-PAGE;
	bad_places[4] = (void *)0xffff888000000000;
	bad_places[5] = (void *)0x8000000000000000;
	bad_places[6] = (void *)8;
}

/* ---- ioctls ---- */

static const unsigned long requests[] = {
	KSMFS_IOC_REGION, KSMFS_IOC_NEXT_REGION, KSMFS_IOC_RECLAIM,
	KSMFS_IOC_LIMIT, KSMFS_IOC_MOUNT,
};

/* A command that is none, however near to one it is. */
static void bad_ioctl_command(void)
{
	unsigned long request = ANY(requests);
	int fd = below(2) ? file.fd : top;

	switch (below(5)) {
	case 0:
		request ^= (1UL + below(3)) << _IOC_DIRSHIFT;
		break;
	case 1:
		request ^= (1UL + below((1 << _IOC_SIZEBITS) - 1)) <<
			   _IOC_SIZESHIFT;
		break;
	case 2:
		request = _IOC(below(4), 0xBA, 6 + below(250), below(1 << 14));
		break;
	case 3:
		request ^= 1UL << _IOC_TYPESHIFT;
		break;
	default:	/* of the other kind of file */
		request = fd == top ? KSMFS_IOC_REGION :
				      requests[1 + below(4)];
	}
	input_is("ioctl %#lx on a %s", request, fd == top ? "directory" :
		 "file");
	REFUSED(ioctl(fd, request, good), ENOTTY);
}

static void bad_ioctl_memory(void)
{
	size_t i = below(sizeof(requests) / sizeof(*requests));
	const void *place = below(4) ? ANY(bad_places) : halfway;

	memset(halfway, 0, 8);
	input_is("ioctl %#lx with memory at %p", requests[i], place);
	REFUSED(ioctl(i ? top : file.fd, requests[i], place), EFAULT);
}

static uint64_t no_region(void)
{
	return below(2) ? UINT64_MAX - below(1000) :
			  before.files[1].ino + 1 + below(1ULL << 62);
}

static void bad_ioctl_content(void)
{
	struct ksmfs_reclaim reclaim = {
		.ino = before.files[0].ino, .pages = below(UINT64_MAX),
	};
	struct ksmfs_limit limit = {
		.ino = no_region(), .frames = below(UINT64_MAX),
	};
	struct ksmfs_region_info next = { .ino = no_region() };

	switch (below(5)) {
	case 0:
		reclaim.mode = KSMFS_RECLAIM_SWAP + 1 + below(UINT32_MAX - 2);
		input_is("reclaim, mode %u", reclaim.mode);
		REFUSED(ioctl(top, KSMFS_IOC_RECLAIM, &reclaim), EINVAL);
		break;
	case 1:
		reclaim.mode = below(3);
		reclaim.reserved = 1 + below(UINT32_MAX);
		input_is("reclaim, reserved %u", reclaim.reserved);
		REFUSED(ioctl(top, KSMFS_IOC_RECLAIM, &reclaim), EINVAL);
		break;
	case 2:
		reclaim.mode = below(3);
		reclaim.ino = below(20) ? no_region() : before.files[0].domain;
		input_is("reclaim, inode %llu", reclaim.ino);
		REFUSED(ioctl(domain, KSMFS_IOC_RECLAIM, &reclaim), ENOENT);
		break;
	case 3:
		input_is("limit, inode %llu", limit.ino);
		REFUSED(ioctl(top, KSMFS_IOC_LIMIT, &limit), ENOENT);
		break;
	default:
		input_is("next region, inode %llu", next.ino);
		REFUSED(ioctl(domain, KSMFS_IOC_NEXT_REGION, &next), ENOENT);
	}
}

/* ---- sizes and offsets ---- */

/* Where the arithmetic of offsets ends. */
static off_t near_end(void)
{
	return INT64_MAX - (off_t)below(3 * PAGE);
}

static off_t negative(void)
{
	return -1 - (off_t)(below(2) ? below(3 * PAGE) : below(INT64_MAX));
}

static void bad_fallocate(void)
{
	static const int modes[] = {
		FALLOC_FL_COLLAPSE_RANGE, FALLOC_FL_ZERO_RANGE,
		FALLOC_FL_INSERT_RANGE, FALLOC_FL_UNSHARE_RANGE,
		FALLOC_FL_PUNCH_HOLE, FALLOC_FL_NO_HIDE_STALE,
	};
	const int punch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
	int mode = below(2) ? punch : below(2) * FALLOC_FL_KEEP_SIZE;
	off_t at = below(PAGES * PAGE), length = 1 + below(PAGES * PAGE);

	switch (below(7)) {
	case 0:
		mode = below(2) ? ANY(modes) : (int)(1 + below(255)) << 8;
		if (below(2))
			mode |= FALLOC_FL_KEEP_SIZE;
		if (mode == punch)
			mode = FALLOC_FL_PUNCH_HOLE;
		input_is("fallocate mode %#x", mode);
		REFUSED(fallocate(file.fd, mode, at, length), EOPNOTSUPP,
			EINVAL);
		break;
	case 1:
		input_is("fallocate at a negative offset, mode %d", mode);
		REFUSED(fallocate(file.fd, mode, negative(), length), EINVAL);
		break;
	case 2:
		input_is("fallocate of a negative length, mode %d", mode);
		REFUSED(fallocate(file.fd, mode, at, below(9) ? negative() : 0),
			EINVAL);
		break;
	case 3:
		at = near_end();
		length = INT64_MAX - at + 1 + below(1ULL << 40);
		input_is("fallocate beyond the end, mode %d", mode);
		REFUSED(fallocate(file.fd, mode, at, length), EFBIG);
		break;
	case 4:	/* more than the mount has */
		at = below(INT64_MAX / 2);
		length = 65 * MIB + below(INT64_MAX / 2 - 65 * MIB);
		mode &= FALLOC_FL_KEEP_SIZE;
		input_is("fallocate of %ld bytes at %ld, mode %d", length, at,
			 mode);
		REFUSED(fallocate(file.fd, mode, at, length), ENOSPC);
		break;
	case 5:
		input_is("fallocate without the right to write, mode %d", mode);
		REFUSED(fallocate(read_only, mode, at, length), EBADF);
		break;
	default:
		input_is("fallocate of a directory, mode %d", mode);
		REFUSED(fallocate(top, mode, at, length), EBADF, EISDIR);
	}
}

static void bad_size(void)
{
	switch (below(5)) {
	case 0:
		input_is("ftruncate to a negative size");
		REFUSED(ftruncate(file.fd, negative()), EINVAL);
		break;
	case 1:
		input_is("ftruncate without the right to write");
		REFUSED(ftruncate(read_only, below(INT64_MAX)), EINVAL);
		break;
	case 2:
		input_is("truncate of a directory");
		REFUSED(truncate(MNT "/a", below(INT64_MAX)), EISDIR);
		break;
	case 3:
		input_is("lseek from an unknown place");
		REFUSED(lseek(file.fd, 0, 5 + below(1 << 30)), EINVAL);
		break;
	default:
		input_is("lseek beyond the end, or before the beginning");
		if (below(2))
			REFUSED(lseek(file.fd, PAGES * PAGE + below(1ULL << 62),
				      below(2) ? SEEK_DATA : SEEK_HOLE), ENXIO);
		else
			REFUSED(lseek(file.fd, negative(), below(2) ? SEEK_SET :
				      SEEK_DATA), EINVAL, ENXIO);
	}
}

static void bad_transfer(void)
{
	const void *place = ANY(bad_places);
	/* A page with content that was merged, and one that is a hole. */
	off_t at = below(PAGES) * PAGE;
	struct iovec none = { good, 1 };
	int many = IOV_MAX + 1 + below(INT_MAX);

	switch (below(7)) {
	case 0:
		input_is("read at a negative offset");
		REFUSED(pread(file.fd, good, 1, negative()), EINVAL);
		break;
	case 1:
		input_is("write at a negative offset");
		REFUSED(pwrite(file.fd, good, 1, negative()), EINVAL);
		break;
	case 2:
		input_is("write at the largest offset");
		REFUSED(pwrite(file.fd, good, 1 + below(PAGE), INT64_MAX),
			EFBIG, EINVAL);
		break;
	case 3:
		input_is("read of %ld to %p", at, place);
		REFUSED(pread(file.fd, (void *)place, PAGE, at), EFAULT);
		break;
	case 4:
		input_is("write at %ld from %p", at, place);
		REFUSED(pwrite(file.fd, place, PAGE, at), EFAULT);
		break;
	case 5:
		input_is("a vector of too many pieces, or of none");
		REFUSED(below(2) ? preadv(file.fd, &none, many, 0) :
				   pwritev(file.fd, &none, many, 0), EINVAL);
		break;
	default:
		input_is("write without the right to, or to a directory");
		REFUSED(pwrite(below(2) ? read_only : top, good, 1, at), EBADF);
	}
}

/* ---- mappings ---- */

static void bad_mmap(void)
{
	static const int flags[] = { 0x04, 0x08, 0x0c };
	const int both = PROT_READ | PROT_WRITE;

	switch (below(7)) {
	case 0:
		input_is("mmap of nothing");
		REFUSED(mmap(NULL, 0, both, MAP_SHARED, file.fd, 0), EINVAL);
		break;
	case 1:
		input_is("mmap off a page's beginning");
		REFUSED(mmap(NULL, PAGE, both, MAP_SHARED, file.fd,
			     1 + below(PAGE - 1)), EINVAL);
		break;
	case 2:
		input_is("mmap of more than there are addresses");
		REFUSED(mmap(NULL, (1ULL << 47) + below(1ULL << 62), both,
			     MAP_SHARED, file.fd, 0), ENOMEM, EOVERFLOW);
		break;
	case 3:	/* by page number, as mmap(2) has a negative offset */
		input_is("mmap beyond the largest offset");
		REFUSED(mmap(NULL, PAGE * (1 + below(64)), both, MAP_SHARED,
			     file.fd, negative() & -PAGE), EOVERFLOW, EINVAL);
		break;
	case 4:
		input_is("mmap neither shared nor private");
		REFUSED(mmap(NULL, PAGE, both, ANY(flags), file.fd, 0),
			EINVAL, EOPNOTSUPP);
		break;
	case 5:
		input_is("mmap without the right to write");
		REFUSED(mmap(NULL, PAGE, both, MAP_SHARED, read_only, 0),
			EACCES);
		break;
	default:
		input_is("mmap with flags that are none, or not for us");
		REFUSED(mmap(NULL, PAGE, both, MAP_SHARED_VALIDATE |
			     (below(2) ? MAP_SYNC : 1U << (21 + below(5))),
			     file.fd, 0), EOPNOTSUPP);
	}
}

static void bad_mapping_call(void)
{
	uint8_t *page = slot(&file, below(PAGES));

	switch (below(6)) {
	case 0:
		input_is("madvise, unknown advice");
		REFUSED(madvise(page, PAGE, 200 + below(1 << 30)), EINVAL);
		break;
	case 1:
		input_is("madvise off a page's beginning");
		REFUSED(madvise(page + 1 + below(PAGE - 1), PAGE,
				MADV_DONTNEED), EINVAL);
		break;
	case 2:
		input_is("madvise MADV_FREE, which is for private memory");
		REFUSED(madvise(page, PAGE, MADV_FREE), EINVAL);
		break;
	case 3:
		input_is("madvise of what is not mapped");
		REFUSED(madvise((void *)PAGE, PAGE, below(5)), ENOMEM);
		break;
	case 4:
		input_is("msync, unknown flags");
		REFUSED(msync(page, PAGE, 8 << below(20)), EINVAL);
		break;
	default:
		input_is("mremap, unknown flags");
		REFUSED(mremap(page, PAGE, PAGE, 8 << below(20)), EINVAL);
	}
}

/* ---- attributes ---- */

static void bad_attribute(void)
{
	static const char *const names[] = {
		"user.ksmfs.merge", "trusted.ksmfs", "trusted.ksmfs.",
		"trusted.ksmfs.Merge", "trusted.ksmfs.merge.x", "ksmfs.merge",
		"trusted.ksmfs.strict2", "trusted.overlay.opaque", "user.",
		"system.posix_acl_access", "nonsense", "trusted.ksmfs.size",
	};
	static const char *const ours[] = {
		"trusted.ksmfs.merge", "trusted.ksmfs.strict",
	};
	static const char *const values[] = {
		"", "all", "Share", "share ", "-1", "2", "x",
	};
	const char *value = ANY(values), *name;
	int fd = below(2) ? domain : file.fd;
	char long_name[300];

	switch (below(5)) {
	case 0:
		name = ANY(ours);
		input_is("%s = \"%s\"", name, value);
		REFUSED(fsetxattr(fd, name, value, strlen(value), below(3)),
			EINVAL, EOPNOTSUPP, EPERM, ENODATA, EEXIST);
		break;
	case 1:
		name = ANY(names);
		input_is("%s = 1", name);
		REFUSED(fsetxattr(fd, name, "1", 1, below(3)), EOPNOTSUPP,
			EINVAL, EPERM, ENODATA, EEXIST);
		break;
	case 2:
		name = ANY(names);
		input_is("%s read or removed", name);
		REFUSED(below(2) ? fgetxattr(fd, name, long_name, 100) :
				   fremovexattr(fd, name), EOPNOTSUPP, ENODATA,
			EPERM, EINVAL);
		break;
	case 3:
		memset(long_name, 'x', sizeof(long_name));
		memcpy(long_name, "trusted.ksmfs.", 14);
		long_name[299] = '\0';
		input_is("an attribute with a long name, or none");
		REFUSED(fsetxattr(fd, below(2) ? long_name : "", "1", 1, 0),
			ERANGE);
		break;
	default:
		name = ANY(ours);
		input_is("%s of a large value, or with flags", name);
		if (below(2))
			REFUSED(fsetxattr(fd, name, good, 65537 + below(1 << 20),
					  0), E2BIG);
		else
			REFUSED(fsetxattr(fd, name, "share", 5,
					  4 << below(20)), EINVAL);
	}
}

/* ---- names ---- */

static void bad_name(void)
{
	static char path[400];
	dev_t device = below(1 << 20);

	memset(path, 'n', sizeof(path) - 1);
	memcpy(path, MNT "/", sizeof(MNT));
	switch (below(7)) {
	case 0:
		path[sizeof(MNT) + 256 + below(100)] = '\0';
		input_is("a name that is too long");
		REFUSED(open(path, O_CREAT | O_RDWR, 0600), ENAMETOOLONG);
		break;
	case 1:
		input_is("a device or socket");
		REFUSED(mknod(MNT "/a/x", below(2) ? S_IFCHR : S_IFBLK, device),
			EPERM);
		break;
	case 2:
		input_is("a symbolic link");
		REFUSED(symlink("file", MNT "/a/x"), EPERM);
		break;
	case 3:
		input_is("a link into another domain");
		REFUSED(link(FILE_PATH, below(2) ? MNT "/b/x" : MNT "/x"),
			EXDEV);
		break;
	case 4:
		input_is("a rename into another domain");
		REFUSED(rename(FILE_PATH, below(2) ? MNT "/b/x" : MNT "/x"),
			EXDEV);
		break;
	case 5:
		input_is("a rename with unknown flags");
		REFUSED(renameat2(AT_FDCWD, FILE_PATH, AT_FDCWD, MNT "/a/x",
				  4 << below(20)), EINVAL);
		break;
	default:
		input_is("a name that is taken, or must not be");
		if (below(2))
			REFUSED(open(FILE_PATH, O_CREAT | O_EXCL | O_RDWR,
				     0600), EEXIST);
		else
			REFUSED(rmdir(MNT "/a"), ENOTEMPTY);
	}
}

/* ---- as nobody ---- */

static void bad_right(void)
{
	struct ksmfs_reclaim reclaim = { .ino = before.files[0].ino };
	char path[128];

	switch (below(8)) {
	case 0:
		snprintf(path, sizeof(path), SYSFS "/%s",
			 knob_name(below(KNOBS)));
		input_is("nobody opens %s to write", path);
		REFUSED(open(path, O_WRONLY), EACCES);
		break;
	case 1:
		input_is("nobody asks for ioctls of the mount");
		REFUSED(ioctl(top, requests[1 + below(4)],
			      below(2) ? (const void *)&reclaim :
					 ANY(bad_places)), EPERM);
		break;
	case 2:
		input_is("nobody mounts");
		REFUSED(below(2) ? fsopen("ksmfs", 0) :
			mount_try(MNT, "size=1m"), EPERM);
		break;
	case 3:
		input_is("nobody unmounts or remounts");
		REFUSED(below(2) ? umount(MNT) : remount_ksmfs(MNT, "size=1g"),
			EPERM);
		break;
	case 4:
		input_is("nobody opens a file of root's");
		REFUSED(open(FILE_PATH, (int)below(3)), EACCES);
		break;
	case 5:
		input_is("nobody makes, removes or truncates a file");
		REFUSED(below(2) ? open(MNT "/x", O_CREAT | O_RDWR, 0600) :
			below(2) ? unlink(FILE_PATH) :
				   truncate(FILE_PATH, below(INT64_MAX)),
			EACCES, EPERM);
		break;
	case 6:
		input_is("nobody changes owner or mode");
		REFUSED(below(2) ? chmod(FILE_PATH, 0777) :
				   chown(MNT "/a", NOBODY, NOBODY), EPERM);
		break;
	default:
		input_is("nobody sets an attribute of root's");
		REFUSED(setxattr(MNT "/a", "trusted.ksmfs.merge", "share", 5,
				 0), EPERM);
	}
}

/* ---- the run ---- */

static const struct {
	void (*try)(void);
	unsigned int weight;
} groups[] = {
	{ bad_knob, 15 },
	{ bad_choice, 5 },
	{ bad_statistic, 3 },
	{ bad_option, 20 },
	{ bad_option_kind, 3 },
	{ bad_mount, 1 },
	{ bad_ioctl_command, 10 },
	{ bad_ioctl_memory, 6 },
	{ bad_ioctl_content, 6 },
	{ bad_fallocate, 8 },
	{ bad_size, 5 },
	{ bad_transfer, 6 },
	{ bad_mmap, 5 },
	{ bad_mapping_call, 3 },
	{ bad_attribute, 3 },
	{ bad_name, 1 },
};

static void try_one(void)
{
	unsigned int at = below(100);
	size_t i = 0;

	while (at >= groups[i].weight)
		at -= groups[i++].weight;
	groups[i].try();
}

static void as_root(unsigned long count)
{
	unsigned long end = inputs->tried + count, next = 0;

	while (inputs->tried < end) {
		if (inputs->tried >= next) {
			look();
			next = inputs->tried + EVERY;
		}
		try_one();
	}
}

static void as_nobody(void *arg)
{
	unsigned long end = inputs->tried + *(unsigned long *)arg;

	SYS(setgid(NOBODY));
	SYS(setuid(NOBODY));
	while (inputs->tried < end)
		bad_right();
}

static void make_files(void)
{
	mount_ksmfs(MNT, OPTIONS);
	knob_set(KNOB_sample_pages, 0);
	SYS(mkdir(MNT "/a", 0755));
	SYS(mkdir(MNT "/b", 0755));
	file = region_create(FILE_PATH, PAGES);
	for (size_t i = 0; i < PAGES; i++)
		if (i % 4 || !(i % 8))	/* zeros that are written, and holes */
			pattern(seed_of(i), slot(&file, i));
	other_fd = SYS(open(OTHER_PATH, O_CREAT | O_RDWR | O_CLOEXEC, 0600));
	SYS(fallocate(other_fd, 0, 0, 4 * PAGE));
	read_only = SYS(open(FILE_PATH, O_RDONLY | O_CLOEXEC));
	top = SYS(open(MNT, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	domain = SYS(open(MNT "/a", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	new_mount = SYS(fsopen("ksmfs", FSOPEN_CLOEXEC));
	remount = SYS(fspick(AT_FDCWD, MNT, FSPICK_CLOEXEC));
	settle();
	knob_set(KNOB_run, 0);
	take(&before);
	CHECK(before.files[0].shared && before.files[0].zero &&
	      before.files[0].holes);
}

static void remove_files(void)
{
	region_close(&file);
	SYS(close(other_fd));
	SYS(close(read_only));
	SYS(close(top));
	SYS(close(domain));
	SYS(close(new_mount));
	SYS(close(remount));
}

/* Memory of the kernel that nobody can have back, in KiB. */
static long kernel_memory(void)
{
	FILE *meminfo = fopen("/proc/meminfo", "re");
	char line[128];
	long kib = -1;

	CHECK(meminfo);
	while (fgets(line, sizeof(line), meminfo))
		sscanf(line, "SUnreclaim: %ld", &kib);
	fclose(meminfo);
	CHECK(kib >= 0);
	return kib;
}

int main(int argc, char **argv)
{
	const char *given = argc > 1 ? argv[1] : getenv("FUZZ_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : 1;
	unsigned long wanted = argc > 2 ? strtoul(argv[2], NULL, 0) : INPUTS;
	unsigned long rest = wanted / 10;
	double begin = seconds();
	long memory;

	say("seed %llu, %lu inputs", (unsigned long long)seed, wanted);
	inputs_begin();
	rng.state = seed;
	make_bad_places();
	make_files();

	as_root(rest);		/* what is only taken once has been taken */
	memory = kernel_memory();
	as_root(wanted - 2 * rest);
	reap(spawn(as_nobody, &rest));
	look();
	memory = kernel_memory() - memory;
	say("%.1f seconds; memory of the kernel grew by %ld KiB",
	    seconds() - begin, memory);
	inputs_end();
	CHECK(memory < GROWTH);

	knob_set(KNOB_run, 1);
	settle();
	check_balance();
	remove_files();
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
