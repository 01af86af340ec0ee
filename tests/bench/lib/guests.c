// SPDX-License-Identifier: GPL-2.0
/*
 * Content (b) is on a disk.  It is read past the page cache, which would take
 * as much memory again, and copied, so that no frame is pinned.
 */
#include "bench.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DISK "/dev/nvme0n2"

static int open_disk(void)
{
	int fd = open(DISK, O_RDONLY | O_DIRECT | O_CLOEXEC);

	if (fd < 0)
		FAIL("cannot open %s with content (b): %m", DISK);
	return fd;
}

size_t guests_pages(void)
{
	int fd = open_disk();
	off_t size = SYS(lseek(fd, 0, SEEK_END));

	SYS(close(fd));
	return size / PAGE;
}

void guests_read(void *to, size_t pages)
{
	size_t size = pages * PAGE, done = 0;
	void *buffer = aligned_alloc(PAGE, MIB);
	int fd = open_disk();

	CHECK(buffer);
	while (done < size) {
		size_t length = size - done < MIB ? size - done : MIB;

		CHECK_EQ(SYS(pread(fd, buffer, length, done)), length);
		memcpy(to + done, buffer, length);
		done += length;
	}
	SYS(close(fd));
	free(buffer);
}
