// SPDX-License-Identifier: GPL-2.0
/*
 * A page that somebody holds is not merged until it is let go.
 *
 *	file a  [ X ] <--- held: in a pipe, by a stuck process_vm_writev,
 *	file b  [ X ]      by an XDP ring
 *	file c  [ Y ]
 *
 * While it is held the mapper and the holder must go on seeing one page: the
 * mapper's stores reach the holder, and what the holder writes, as late as it
 * likes, reaches the mapper.  Afterwards the page merges like any other, with
 * what it holds then (Y), although it was not written by a fault.
 *
 * process_vm_writev() is made to hold its target for as long as the test
 * wants by giving it a source page that is missing and served by userfaultfd.
 *
 * io_uring's fixed buffers cannot hold a page of a file system like this one:
 * up to 6.2 they refuse files altogether, from 6.5 on no long-term pin is given
 * where the file system watches writes.  That must fail cleanly.  An XDP ring
 * is a long-term pin that 6.1 does give.
 *
 * vm: cpus=2 mem=1G timeout=60
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <linux/if_xdp.h>
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define X	1000
#define Y	2000

static struct region a, b, c;

static void fill(uint64_t in_a, uint64_t in_b, uint64_t in_c)
{
	pattern(in_a, slot(&a, 0));
	pattern(in_b, slot(&b, 0));
	pattern(in_c, slot(&c, 0));
}

static void check_merged(const struct region *one, const struct region *other)
{
	settle();
	CHECK_EQ(region_info(one->fd).shared, 1);
	CHECK_EQ(region_info(other->fd).shared, 1);
	CHECK(*slot(one, 0) == *slot(other, 0));
	CHECK_EQ(frame_at(slot(one, 0)), frame_at(slot(other, 0)));
}

/* Slot 0 of a is held and must stay where it is, whatever the scanner does. */
static void check_held(uint64_t frame)
{
	struct stats before = stats_read();
	volatile uint8_t *byte = slot(&a, 0);

	settle();
	CHECK_EQ(region_info(a.fd).priv, 1);
	CHECK(stats_read().pages_pinned > before.pages_pinned);
	CHECK_EQ(stats_read().breaks, before.breaks);
	*byte = *byte;
	CHECK_EQ(frame_at(slot(&a, 0)), frame);
}

static void in_a_pipe(void)
{
	struct iovec page = { slot(&a, 0), PAGE };
	uint8_t got[PAGE];
	uint64_t frame;
	int ends[2];

	fill(X, X, Y);
	SYS(pipe(ends));
	CHECK_EQ(vmsplice(ends[1], &page, 1, 0), PAGE);
	frame = frame_at(slot(&a, 0));
	check_held(frame);

	pattern(Y, slot(&a, 0));
	CHECK_EQ(frame_at(slot(&a, 0)), frame);
	check_held(frame);
	CHECK_EQ(read(ends[0], got, PAGE), PAGE);
	CHECK_PAGE(got, Y);
	check_merged(&a, &c);

	/* A shared frame in the pipe: it keeps the content it had. */
	CHECK_EQ(vmsplice(ends[1], &page, 1, 0), PAGE);
	pattern(X, slot(&a, 0));
	CHECK_PAGE(slot(&c, 0), Y);
	CHECK_EQ(read(ends[0], got, PAGE), PAGE);
	CHECK_PAGE(got, Y);
	check_merged(&a, &b);
	SYS(close(ends[0]));
	SYS(close(ends[1]));
}

/* A page of anonymous memory that blocks who reads it. */
struct missing {
	int fd;
	uint8_t *page;
};

static struct missing missing_page(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct missing missing;

	missing.fd = SYS(syscall(SYS_userfaultfd, O_CLOEXEC));
	SYS(ioctl(missing.fd, UFFDIO_API, &api));
	missing.page = (void *)SYS(mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	range.range.start = (uintptr_t)missing.page;
	range.range.len = PAGE;
	SYS(ioctl(missing.fd, UFFDIO_REGISTER, &range));
	return missing;
}

static void wait_for_reader(const struct missing *missing)
{
	struct uffd_msg message;

	CHECK_EQ(read(missing->fd, &message, sizeof(message)),
		 sizeof(message));
	CHECK_EQ(message.event, UFFD_EVENT_PAGEFAULT);
}

static void supply(struct missing *missing, uint64_t seed)
{
	uint8_t content[PAGE] __attribute__((aligned(PAGE)));
	struct uffdio_copy copy = {
		.dst = (uintptr_t)missing->page,
		.src = (uintptr_t)content,
		.len = PAGE,
	};

	pattern(seed, content);
	SYS(ioctl(missing->fd, UFFDIO_COPY, &copy));
}

static void *send_missing(void *arg)
{
	struct missing *missing = arg;
	struct iovec local = { missing->page, PAGE };
	struct iovec remote = { slot(&a, 0), PAGE };

	CHECK_EQ(process_vm_writev(getpid(), &local, 1, &remote, 1, 0), PAGE);
	return NULL;
}

/* Slot 0 of a holds @before and is held; then the holder writes @after. */
static void by_a_stuck_write(uint64_t before, uint64_t after)
{
	struct missing missing = missing_page();
	pthread_t sender;
	uint64_t frame;

	fill(before, before, after);
	settle();	/* most states of a: merged, or zero */
	sender = thread_start(send_missing, &missing);
	wait_for_reader(&missing);
	CHECK_PAGE(slot(&a, 0), before);
	frame = frame_at(slot(&a, 0));
	check_held(frame);
	supply(&missing, after);
	thread_join(sender);
	CHECK_PAGE(slot(&a, 0), after);
	CHECK_EQ(frame_at(slot(&a, 0)), frame);
	CHECK_PAGE(slot(&b, 0), before);

	settle();
	CHECK_PAGE(slot(&a, 0), after);
	if (after)
		check_merged(&a, &c);
	else
		CHECK_EQ(region_info(a.fd).zero, 1);
	SYS(munmap(missing.page, PAGE));
	SYS(close(missing.fd));
}

static void by_an_xdp_ring(void)
{
	struct xdp_umem_reg memory = {
		.addr = (uintptr_t)slot(&a, 0),
		.len = PAGE,
		.chunk_size = PAGE,
	};
	uint64_t frame;
	int ring = SYS(socket(AF_XDP, SOCK_RAW, 0));

	fill(X, X, Y);
	settle();
	if (setsockopt(ring, SOL_XDP, XDP_UMEM_REG, &memory, sizeof(memory))) {
		CHECK_EQ(errno, EFAULT);
		say("this kernel refuses long-term pins of our pages");
		check_merged(&a, &b);
	} else {
		frame = frame_at(slot(&a, 0));
		check_held(frame);
		pattern(Y, slot(&a, 0));
		check_held(frame);
		CHECK_PAGE(slot(&a, 0), Y);
	}
	CHECK_PAGE(slot(&b, 0), X);
	pattern(Y, slot(&a, 0));

	/* A worker of the kernel lets go of the pages, a little later. */
	SYS(close(ring));
	for (double end = seconds() + 20; seconds() < end; settle())
		if (region_info(a.fd).shared)
			break;
	check_merged(&a, &c);
}

static void by_io_uring(void)
{
	struct io_uring_params params = { 0 };
	struct iovec page = { slot(&a, 0), PAGE };
	int ring = SYS(syscall(SYS_io_uring_setup, 1, &params));

	fill(X, X, Y);
	CHECK_EQ(syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS,
			 &page, 1), -1);
	if (errno != EFAULT)
		CHECK_EQ(errno, EOPNOTSUPP);
	check_merged(&a, &b);
	SYS(close(ring));
}

int main(void)
{
	knob_set(KNOB_run, 0);	/* even a merge given up may unmap the page */
	knob_set(KNOB_sample_pages, 0);	/* and so does the sampler */
	mount_ksmfs(MNT, "size=16m");
	a = region_create(MNT "/a", 1);
	b = region_create(MNT "/b", 1);
	c = region_create(MNT "/c", 1);
	in_a_pipe();
	by_a_stuck_write(X, Y);
	by_a_stuck_write(0, Y);
	by_a_stuck_write(X, 0);
	by_an_xdp_ring();
	by_io_uring();
	settle();
	check_balance();
	region_close(&a);
	region_close(&b);
	region_close(&c);
	umount_ksmfs(MNT);
	check_empty();
	return 0;
}
