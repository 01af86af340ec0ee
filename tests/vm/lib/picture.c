// SPDX-License-Identifier: GPL-2.0
/*
 * What is there while bad input is tried, and must stay.
 */
#include "fuzz.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define OTHER_FILE	MNT "/b/other"

struct fuzz fuzz;

static uint64_t seed_of(size_t index)
{
	return index % 4 ? 1 + index % 8 : 0;
}

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

/* What is said of a domain to root. */
static struct attributes read_attributes(int fd)
{
	struct attributes all = {};

	SYS(fgetxattr(fd, KSMFS_XATTR_MERGE, all.merge, sizeof(all.merge)));
	SYS(fgetxattr(fd, KSMFS_XATTR_STRICT, all.strict,
		      sizeof(all.strict)));
	return all;
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
	now->files[0] = region_info(fuzz.file.fd);
	now->files[1] = region_info(fuzz.other);
	now->attributes[0] = read_attributes(fuzz.top);
	now->attributes[1] = read_attributes(fuzz.domain);
	SYS(fstat(fuzz.file.fd, &st));
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
		if (memcmp(&now.what, &fuzz.before.what,		\
			   sizeof(now.what)))				\
			input_wrong("it, or one shortly before, changed "	\
				    #what);				\
	} while (0)

void fuzz_look(void)
{
	static uint8_t page[PAGE];
	struct picture now;

	take(&now);
	SAME(knobs);
	SAME(choices);
	SAME(mount);
	SAME(files[0]);
	SAME(files[1]);
	SAME(attributes);
	SAME(size);
	SAME(mode);
	SAME(owner);
	SAME(links);
	SAME(names);
	SAME(space);
	SAME(options);
	fuzz.before = now;
	for (size_t i = 0; i < FUZZ_PAGES; i++) {
		CHECK_EQ(pread(fuzz.file.fd, page, PAGE, i * PAGE), PAGE);
		if (!page_is(page, seed_of(i)))
			input_wrong("it, or one before it, changed page %zu", i);
	}
}

void fuzz_mount(void)
{
	mount_ksmfs(MNT, FUZZ_OPTIONS);
	knob_set(KNOB_sample_pages, 0);
	SYS(mkdir(MNT "/a", 0755));
	SYS(mkdir(MNT "/b", 0755));
	fuzz.file = region_create(FUZZ_FILE, FUZZ_PAGES);
	for (size_t i = 0; i < FUZZ_PAGES; i++)
		if (i % 4 || !(i % 8))	/* zeros that are written, and holes */
			pattern(seed_of(i), slot(&fuzz.file, i));
	fuzz.other = SYS(open(OTHER_FILE, O_CREAT | O_RDWR | O_CLOEXEC, 0600));
	SYS(fallocate(fuzz.other, 0, 0, 4 * PAGE));
	fuzz.read_only = SYS(open(FUZZ_FILE, O_RDONLY | O_CLOEXEC));
	fuzz.top = SYS(open(MNT, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	fuzz.domain = SYS(open(MNT "/a", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	settle();
	knob_set(KNOB_run, 0);
	take(&fuzz.before);
	CHECK(fuzz.before.files[0].shared && fuzz.before.files[0].zero &&
	      fuzz.before.files[0].holes);
}

void fuzz_umount(void)
{
	knob_set(KNOB_run, 1);
	settle();
	check_balance();
	region_close(&fuzz.file);
	SYS(close(fuzz.other));
	SYS(close(fuzz.read_only));
	SYS(close(fuzz.top));
	SYS(close(fuzz.domain));
	umount_ksmfs(MNT);
	check_empty();
}
