// SPDX-License-Identifier: GPL-2.0
/*
 * What a file of ksmfs costs against one of memfd: the first touch of a mapped
 * page, and holes punched one by one, as a balloon does.
 */
#include "lib/bench.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define ROUNDS	7
#define PAGES	16384

static void measure(const char *side, int fd)
{
	uint8_t *map;
	double start;

	SYS(ftruncate(fd, PAGES * PAGE));
	map = (void *)SYS(mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			       MAP_SHARED, fd, 0));
	start = seconds();
	for (size_t i = 0; i < PAGES; i++)
		*(volatile uint8_t *)(map + i * PAGE) = 1;
	number("touch_ns", side, PAGES, (seconds() - start) * 1e9 / PAGES);

	start = seconds();
	for (size_t i = 0; i < PAGES; i++)
		SYS(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			      i * PAGE, PAGE));
	number("punch_ns", side, PAGES, (seconds() - start) * 1e9 / PAGES);
	SYS(munmap(map, PAGES * PAGE));
	SYS(close(fd));
}

int main(void)
{
	mount_ksmfs(MNT, NULL);
	thread_set(KSMFS, "run", 0);
	for (int round = 0; round < ROUNDS; round++) {
		measure("ksmfs", SYS(open(MNT, O_TMPFILE | O_RDWR, 0600)));
		measure("memfd", SYS(memfd_create("bench", MFD_CLOEXEC)));
	}
	umount_ksmfs(MNT);
	return 0;
}
