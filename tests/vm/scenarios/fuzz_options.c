// SPDX-License-Identifier: GPL-2.0
/*
 * Bad values of everything that is set by a word or a number: knobs, mount
 * options, attributes.  See ../lib/fuzz.h.
 *
 * vm: cpus=2 mem=1G timeout=120
 */
#include "../lib/fuzz.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/xattr.h>
#include <unistd.h>

#define INPUTS		50000UL
#define LONG		(64 * KIB)

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
		length = bad_number(&fuzz.rng, text, sizeof(text),
				    limits[knob].low, limits[knob].high, true);
		input_is("%s = \"%s\"", knob_name(knob), text);
		REFUSED(knob_write(knob, text, length), EINVAL);
	}
	if (knob_get(knob) != fuzz.before.knobs[knob])
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
		length = bad_number(&fuzz.rng, text, sizeof(text), 0, 2, true);
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
	if (choice_get(choice) != fuzz.before.choices[choice])
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
		{ "strict", "2" }, { "strict", "1" }, { "strict", "" },
		{ "nostrict", "0" }, { "merge", "off " }, { "merge", "sel" },
	};
	size_t i = below(sizeof(numbers) / sizeof(*numbers));
	const char *const *text;
	size_t length;

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
			length = bad_number(&fuzz.rng, value, size,
					    numbers[i].low, numbers[i].high,
					    numbers[i].exact);
		} while (strlen(value) != length);
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
	bool flag = !below(4);
	/* strict has no value: that one is given is what is bad. */
	const char *key = flag || below(5) ? ANY(keys) : "strict";
	uint64_t blob = below(UINT64_MAX);

	input_is("fsconfig of %s, not a string", key);
	if (flag)
		REFUSED(fsconfig(context, FSCONFIG_SET_FLAG, key, NULL, 0),
			EINVAL);
	else if (below(2))
		REFUSED(fsconfig(context, FSCONFIG_SET_BINARY, key, &blob,
				 sizeof(blob)), EINVAL);
	else if (below(2))
		REFUSED(fsconfig(context, FSCONFIG_SET_FD, key, NULL,
				 fuzz.top), EINVAL);
	else
		REFUSED(fsconfig(context, FSCONFIG_SET_PATH, key, MNT,
				 AT_FDCWD), EINVAL, ENOENT);
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
		{ { { "swap", FUZZ_FILE } }, false, EINVAL },
		{ { { "size", "1" }, { "break_reserve", "0" } }, true, EBUSY },
		{ { { "nr_inodes", "1" } }, true, EBUSY },
		{ { { "break_reserve", "65m" } }, true, EINVAL },
		{ { { "size", "1m" } }, true, EINVAL },
		{ { { "swap", "/nonexistent" } }, true, ENOENT },
		{ { { "swap", FUZZ_FILE } }, true, EINVAL },
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

/* ---- attributes ---- */

static const char *const ours[] = { KSMFS_XATTR_MERGE, KSMFS_XATTR_STRICT };

/* One that is not ours, or not quite. */
static void bad_attribute_name(void)
{
	static const char *const names[] = {
		"user.ksmfs.merge", "trusted.ksmfs", "trusted.ksmfs.",
		"trusted.ksmfs.Merge", "trusted.ksmfs.merge.x", "ksmfs.merge",
		"trusted.ksmfs.strict2", "trusted.overlay.opaque", "user.",
		"system.posix_acl_access", "nonsense", "trusted.ksmfs.size",
	};
	const char *name = ANY(names);
	int fd = below(2) ? fuzz.domain : fuzz.file.fd;
	char buffer[100], long_name[300];

	switch (below(4)) {
	case 0:
		memset(long_name, 'x', sizeof(long_name));
		memcpy(long_name, "trusted.ksmfs.", 14);
		long_name[299] = '\0';
		input_is("an attribute with a long name, or none");
		REFUSED(fsetxattr(fd, below(2) ? long_name : "", "1", 1, 0),
			ERANGE);
		break;
	case 1:
		input_is("%s removed", name);
		REFUSED(fremovexattr(fd, name), EOPNOTSUPP, EINVAL);
		break;
	case 2:
		input_is("%s read", name);
		REFUSED(fgetxattr(fd, name, buffer, sizeof(buffer)),
			EOPNOTSUPP, ENODATA, EINVAL);
		break;
	default:
		input_is("%s = 1", name);
		REFUSED(fsetxattr(fd, name, "1", 1, below(3)), EOPNOTSUPP,
			EINVAL);
	}
}

static void bad_attribute_value(void)
{
	static const char *const values[] = {
		"", "all", "Share", "share ", "-1", "2", "x", "sharee", "sel",
		"off\n", "1\n", "01", "yes",
	};
	static const char large[65537];
	const char *name = ANY(ours), *value = ANY(values);

	switch (below(4)) {
	case 0:		/* with a zero behind it no value is good */
		value = name == ours[0] ? "self" : "0";
		input_is("%s = \"%s\\0\"", name, value);
		REFUSED(fsetxattr(fuzz.domain, name, value, strlen(value) + 1,
				  0), EINVAL);
		break;
	case 1:
		input_is("%s of a large value", name);
		REFUSED(fsetxattr(fuzz.domain, name, large, sizeof(large), 0),
			E2BIG);
		break;
	default:
		input_is("%s = \"%s\"", name, value);
		REFUSED(fsetxattr(below(2) ? fuzz.domain : fuzz.top, name,
				  value, strlen(value), 0), EINVAL);
	}
}

/* A value that is good, in a call that is not, or on what is no domain. */
static void bad_attribute_call(void)
{
	bool merge = below(2);
	const char *name = ours[!merge], *value = merge ? "self" : "1";
	char buffer[16];

	switch (below(6)) {
	case 0:
		input_is("%s of a file", name);
		REFUSED(fsetxattr(fuzz.file.fd, name, value, strlen(value), 0),
			EINVAL);
		break;
	case 1:
		input_is("%s made anew", name);
		REFUSED(fsetxattr(fuzz.domain, name, value, strlen(value),
				  XATTR_CREATE), EEXIST);
		break;
	case 2:
		input_is("%s with flags", name);
		REFUSED(fsetxattr(fuzz.domain, name, value, strlen(value),
				  4 << below(20)), EINVAL);
		break;
	case 3:
		input_is("%s removed", name);
		REFUSED(fremovexattr(below(2) ? fuzz.domain : fuzz.file.fd,
				     name), EINVAL);
		break;
	case 4:
		input_is("%s of a file read", name);
		REFUSED(fgetxattr(fuzz.file.fd, name, buffer, sizeof(buffer)),
			ENODATA);
		break;
	default:
		input_is("%s read into too little", KSMFS_XATTR_MERGE);
		REFUSED(fgetxattr(fuzz.domain, KSMFS_XATTR_MERGE, buffer,
				  1 + below(4)), ERANGE);
	}
}

/* ---- the run ---- */

int main(int argc, char **argv)
{
	static const struct fuzz_group groups[] = {
		{ bad_knob, 15 },
		{ bad_choice, 5 },
		{ bad_statistic, 3 },
		{ bad_option, 20 },
		{ bad_option_kind, 3 },
		{ bad_mount, 1 },
		{ bad_attribute_name, 2 },
		{ bad_attribute_value, 2 },
		{ bad_attribute_call, 2 },
		{},
	};

	fuzz_mount();
	new_mount = SYS(fsopen("ksmfs", FSOPEN_CLOEXEC));
	remount = SYS(fspick(AT_FDCWD, MNT, FSPICK_CLOEXEC));
	fuzz_run(argc, argv, INPUTS, groups);
	SYS(close(new_mount));
	SYS(close(remount));
	fuzz_umount();
	return 0;
}
