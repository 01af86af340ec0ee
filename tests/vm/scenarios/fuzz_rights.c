// SPDX-License-Identifier: GPL-2.0
/*
 * What nobody but root may do, tried by nobody in particular: see ../lib/fuzz.h.
 *
 * vm: cpus=2 mem=1G timeout=60
 */
#include "../lib/fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define INPUTS		10000UL
#define INPUTS_EACH	500	/* of a child, which cannot be root again */
#define NOBODY		65534

static const unsigned long requests[] = {
	KSMFS_IOC_NEXT_REGION, KSMFS_IOC_RECLAIM, KSMFS_IOC_LIMIT,
	KSMFS_IOC_MOUNT, KSMFS_IOC_SHARED,
};

static const char *const statistics[] = {
#define KSMFS_NAME(name, kind, help) #name,
	KSMFS_STATS(KSMFS_NAME)
#undef KSMFS_NAME
};

static void bad_right(void)
{
	struct ksmfs_reclaim reclaim = { .ino = fuzz.before.files[0].ino };
	char path[128];

	switch (below(9)) {
	case 0:
		snprintf(path, sizeof(path), SYSFS "/%s",
			 knob_name(below(KNOBS)));
		input_is("nobody opens %s to write", path);
		REFUSED(open(path, O_WRONLY), EACCES);
		break;
	case 1:
		input_is("nobody asks for ioctls of the mount");
		REFUSED(ioctl(fuzz.top, ANY(requests),
			      below(2) ? &reclaim : NULL), EPERM);
		break;
	case 2:
		input_is("nobody mounts");
		REFUSED(below(2) ? fsopen("ksmfs", 0) :
			mount_try(MNT, "size=1m"), EPERM);
		break;
	case 3:
		input_is("nobody unmounts or remounts");
		REFUSED(below(2) ? umount(MNT) :
				remount_ksmfs(MNT, "size=1g"), EPERM);
		break;
	case 4:
		input_is("nobody opens a file of root's");
		REFUSED(open(FUZZ_FILE, (int)below(3)), EACCES);
		break;
	case 5:
		input_is("nobody makes, removes or truncates a file");
		REFUSED(below(2) ? open(MNT "/x", O_CREAT | O_RDWR, 0600) :
			below(2) ? unlink(FUZZ_FILE) :
				truncate(FUZZ_FILE, below(INT64_MAX)),
			EACCES, EPERM);
		break;
	case 6:
		input_is("nobody changes owner or mode");
		REFUSED(below(2) ? chmod(FUZZ_FILE, 0777) :
				chown(MNT "/a", NOBODY, NOBODY), EPERM);
		break;
	case 7:
		snprintf(path, sizeof(path), SYSFS "/%s", ANY(statistics));
		input_is("nobody reads %s", path);
		REFUSED(open(path, O_RDONLY), EACCES);
		break;
	default:
		input_is("nobody reads or sets an attribute of root's");
		if (below(2))
			REFUSED(getxattr(MNT "/a", KSMFS_XATTR_MERGE, path,
					 sizeof(path)), ENODATA);
		else
			REFUSED(setxattr(MNT "/a", KSMFS_XATTR_MERGE, "share",
					 5, 0), EPERM);
	}
}

static void be_nobody(void *unused)
{
	(void)unused;
	SYS(setgid(NOBODY));
	SYS(setuid(NOBODY));
	for (int i = 0; i < INPUTS_EACH; i++)
		bad_right();
}

/* To choose this has taken a random number: no child does what another did. */
static void as_nobody(void)
{
	reap(spawn(be_nobody, NULL));
}

int main(int argc, char **argv)
{
	static const struct fuzz_group groups[] = { { as_nobody, 1 }, {} };

	fuzz_mount();
	fuzz_run(argc, argv, INPUTS, groups);
	fuzz_umount();
	return 0;
}
