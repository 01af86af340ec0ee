// SPDX-License-Identifier: GPL-2.0
/*
 * reclaim DIR pack|swap - take all cold private pages of all regions of a mount
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "../../include/uapi/ksmfs.h"

static __u32 parse_mode(const char *word)
{
	if (!strcmp(word, "pack"))
		return KSMFS_RECLAIM_PACK;
	if (!strcmp(word, "swap"))
		return KSMFS_RECLAIM_SWAP;
	errx(2, "%s: neither pack nor swap", word);
}

int main(int argc, char **argv)
{
	struct ksmfs_region_info info = { 0 };
	__u32 mode;
	int fd;

	if (argc != 3)
		errx(2, "usage: reclaim DIR pack|swap");
	mode = parse_mode(argv[2]);
	fd = open(argv[1], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		err(1, "open %s", argv[1]);
	while (!ioctl(fd, KSMFS_IOC_NEXT_REGION, &info)) {
		struct ksmfs_reclaim reclaim = {
			.ino = info.ino, .pages = info.priv, .mode = mode,
		};

		if (info.priv && ioctl(fd, KSMFS_IOC_RECLAIM, &reclaim))
			err(1, "%s: reclaim region %llu", argv[1], info.ino);
		printf("ino=%llu private=%llu taken=%llu\n", info.ino,
		       info.priv, reclaim.pages);
	}
	if (errno != ENOENT)
		err(1, "%s: find the next region", argv[1]);
	return 0;
}
