// SPDX-License-Identifier: GPL-2.0
/*
 * O_DIRECT reads and process_vm_writev() into mapped pages that merge.
 *
 *	disk --DMA--> [ pages of the file, mapped here ] <--process_vm_writev-- child
 *	                        ^
 *	                     scanner
 *
 * Both write through a reference to the page, not through a page table: where
 * a merge overlooks that reference, the data ends in a frame that the slot no
 * longer has.  The transfers are of single sectors too, so a page is several
 * writers' work and must keep the parts nobody touches.
 *
 * The disk is the machine's NVMe drive, since that driver is built into the
 * kernel; it really transfers while the CPU does something else.  It is
 * overwritten.
 *
 * vm: cpus=2 mem=1G timeout=180
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define DISK		"/dev/nvme0n1"
#define BLOCKS		64
#define CONTENTS	4		/* block i holds seed i % 4 */
#define SECTOR		512UL
#define SECTORS		(PAGE / SECTOR)
#define SLOTS		32		/* of one writer */
#define READERS		2
#define SENDERS		2
#define WRITERS		(READERS + SENDERS)
#define TRANSFERS	3000		/* by one writer */

static struct region memory;
static int disk;
static uint64_t seed = 1;
static uint8_t contents[CONTENTS][PAGE];
/* Which content each sector of each slot has; children write to it too. */
static uint8_t (*shadow)[SECTORS];

static void check_slot(size_t index)
{
	const uint8_t *page = slot(&memory, index);

	for (size_t s = 0; s < SECTORS; s++)
		if (memcmp(page + s * SECTOR,
			   contents[shadow[index][s]] + s * SECTOR, SECTOR))
			FAIL("slot %zu, sector %zu: not what was last transferred, content %d",
			     index, s, shadow[index][s]);
}

/* A transfer of @length bytes at @offset of a page: from where, to where. */
typedef void transfer_fn(uint8_t *to, int content, size_t offset,
			 size_t length);

static void read_disk(uint8_t *to, int content, size_t offset, size_t length)
{
	size_t block = content;

	CHECK_EQ(pread(disk, to + offset, length, block * PAGE + offset),
		 length);
}

static void send(uint8_t *to, int content, size_t offset, size_t length)
{
	struct iovec local = { contents[content] + offset, length };
	struct iovec remote = { to + offset, length };

	CHECK_EQ(process_vm_writev(getppid(), &local, 1, &remote, 1, 0),
		 length);
}

static void transfers(size_t writer, transfer_fn *transfer)
{
	struct rng rng = { seed * WRITERS + writer };

	for (int n = 0; n < TRANSFERS; n++) {
		size_t i = writer * SLOTS + rng_below(&rng, SLOTS);
		size_t first = 0, count = SECTORS;
		int content = rng_below(&rng, CONTENTS);

		if (!rng_below(&rng, 4)) {
			first = rng_below(&rng, SECTORS);
			count = 1 + rng_below(&rng, SECTORS - first);
		}
		transfer(slot(&memory, i), content, first * SECTOR,
			 count * SECTOR);
		memset(shadow[i] + first, content, count);
		check_slot(writer * SLOTS + rng_below(&rng, SLOTS));
	}
}

static void *reader(void *arg)
{
	transfers((intptr_t)arg, read_disk);
	return NULL;
}

static void sender(void *arg)
{
	transfers((intptr_t)arg, send);
}

static void fill_disk(void)
{
	uint8_t *page = (void *)SYS(mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));

	disk = SYS(open(DISK, O_RDWR | O_DIRECT | O_CLOEXEC));
	for (size_t i = 0; i < BLOCKS; i++) {
		memcpy(page, contents[i % CONTENTS], PAGE);
		CHECK_EQ(pwrite(disk, page, PAGE, i * PAGE), PAGE);
	}
	SYS(munmap(page, PAGE));
}

/* A read of many blocks at once, into as many merged slots. */
static void read_merged(void)
{
	struct stats before;

	for (size_t i = 0; i < BLOCKS; i++)
		pattern(1000, slot(&memory, i));
	settle();
	before = stats_read();
	CHECK_EQ(before.pages_sharing, BLOCKS - 1);
	CHECK_EQ(pread(disk, slot(&memory, 0), BLOCKS * PAGE, 0),
		 BLOCKS * PAGE);
	CHECK_EQ(stats_read().breaks, before.breaks + BLOCKS);
	for (size_t i = 0; i < BLOCKS; i++)
		CHECK_PAGE(slot(&memory, i), i % CONTENTS);
	settle();
	CHECK_EQ(stats_read().pages_shared, CONTENTS - 1);
	for (size_t i = 0; i < BLOCKS; i++)
		CHECK_PAGE(slot(&memory, i), i % CONTENTS);
	SYS(ftruncate(memory.fd, 0));
	SYS(ftruncate(memory.fd, memory.pages * PAGE));
}

static void race(void)
{
	pthread_t readers[READERS];
	pid_t senders[SENDERS];
	struct stats before = stats_read(), after;

	for (intptr_t i = 0; i < SENDERS; i++)
		senders[i] = spawn(sender, (void *)(READERS + i));
	scanner_press();
	for (intptr_t i = 0; i < READERS; i++)
		readers[i] = thread_start(reader, (void *)i);
	for (int i = 0; i < READERS; i++)
		thread_join(readers[i]);
	for (int i = 0; i < SENDERS; i++)
		reap(senders[i]);
	scanner_relax();

	after = stats_read();
	say("%lld merges, %lld breaks, %lld pinned",
	    after.merges - before.merges, after.breaks - before.breaks,
	    after.pages_pinned - before.pages_pinned);
	CHECK(after.merges - before.merges >= 100);
	CHECK(after.breaks - before.breaks >= 100);
}

int main(int argc, char **argv)
{
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	say("seed %llu", (unsigned long long)seed);
	for (size_t i = 0; i < CONTENTS; i++)
		pattern(i, contents[i]);
	fill_disk();
	mount_ksmfs(MNT, "size=64m");
	memory = region_create(MNT "/memory", WRITERS * SLOTS);
	shadow = (void *)SYS(mmap(NULL, WRITERS * SLOTS * SECTORS,
				  PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	read_merged();
	race();
	settle();
	check_balance();
	for (size_t i = 0; i < memory.pages; i++)
		check_slot(i);
	region_close(&memory);
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
