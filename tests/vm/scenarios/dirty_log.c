// SPDX-License-Identifier: GPL-2.0
/*
 * What KVM says a guest has written, as live migration asks for it, while the
 * pages merge, become clean, are packed and are punched below the guest.
 *
 *	guest, in real mode     mov %al, %es:(%di); hlt     one store a run
 *	log                     exactly the pages of those stores
 *
 * Merging must not show in the log, for nothing has changed, and must not hide a
 * store from it.  (KVM itself logs a page that is loaded while the host may write
 * to it, to be on the safe side: so the log is emptied before pages merge.)  The guest sees what is in the file, through a memory slot that
 * goes and comes back elsewhere, too.
 *
 * vm: cpus=1 mem=1G timeout=60
 */
#include "../lib/scenario.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAGES	16UL		/* what a segment of real mode reaches */
#define HERE	0x10000UL	/* where the guest has the file */
#define THERE	0x20000UL
#define EQUAL	1UL
#define LOAD	0x0		/* where the code is */
#define STORE	0x10

static const uint8_t code[32] = {
	[LOAD] = 0x26, 0x8a, 0x05, 0xf4,	/* mov %es:(%di), %al; hlt */
	[STORE] = 0x26, 0x88, 0x05, 0xf4,	/* mov %al, %es:(%di); hlt */
};

static struct region r;
static int vm, cpu;
static struct kvm_run *run;

static void set_memory(unsigned int number, uint64_t at, void *memory,
		       size_t bytes, unsigned int flags)
{
	struct kvm_userspace_memory_region slot = {
		.slot = number,
		.flags = flags,
		.guest_phys_addr = at,
		.memory_size = bytes,
		.userspace_addr = (uintptr_t)memory,
	};

	SYS(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &slot));
}

static void make_guest(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	uint8_t *text;

	if (kvm < 0)
		skip("no KVM: %m");
	vm = SYS(ioctl(kvm, KVM_CREATE_VM, 0));
	text = (void *)SYS(mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	memcpy(text, code, sizeof(code));
	set_memory(0, 0, text, PAGE, 0);
	cpu = SYS(ioctl(vm, KVM_CREATE_VCPU, 0));
	run = (void *)SYS(mmap(NULL, SYS(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0)),
			       PROT_READ | PROT_WRITE, MAP_SHARED, cpu, 0));
	close(kvm);
}

/* Have the guest do one thing to the byte at an address; what it has in %al. */
static uint8_t guest_does(uint16_t what, uint64_t address, uint8_t value)
{
	struct kvm_regs regs = {
		.rip = what,
		.rflags = 2,
		.rax = value,
		.rdi = address & 0xffff,
	};
	struct kvm_sregs sregs;

	SYS(ioctl(cpu, KVM_GET_SREGS, &sregs));
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	sregs.es.base = address & ~0xffffUL;
	sregs.es.selector = sregs.es.base >> 4;
	SYS(ioctl(cpu, KVM_SET_SREGS, &sregs));
	SYS(ioctl(cpu, KVM_SET_REGS, &regs));
	SYS(ioctl(cpu, KVM_RUN, 0));
	CHECK_EQ(run->exit_reason, KVM_EXIT_HLT);
	SYS(ioctl(cpu, KVM_GET_REGS, &regs));
	return regs.rax;
}

static uint8_t load(uint64_t base, size_t i)
{
	return guest_does(LOAD, base + i * PAGE, 0);
}

static void store(size_t i, uint8_t value)
{
	guest_does(STORE, HERE + i * PAGE, value);
	CHECK_EQ(slot(&r, i)[0], value);
}

/* The log since it was last asked for: a bit for each page. */
static uint64_t take_log(void)
{
	uint64_t bits = 0;
	struct kvm_dirty_log log = { .slot = 1, .dirty_bitmap = &bits };

	SYS(ioctl(vm, KVM_GET_DIRTY_LOG, &log));
	return bits;
}

#define check_log(want) CHECK_EQ(take_log(), want)

static uint8_t first_byte(uint64_t seed)
{
	return pattern_word(seed, 0);
}

static void merged(void)
{
	for (size_t i = 0; i < PAGES; i++)
		CHECK_EQ(load(HERE, i), first_byte(EQUAL));
	take_log();
	settle();
	CHECK_EQ(stats_read().pages_sharing, PAGES - 1);
	check_log(0);
	for (size_t i = 0; i < PAGES; i++)
		CHECK_EQ(load(HERE, i), first_byte(EQUAL));
	store(3, 30);
	store(7, 70);
	check_log(1 << 3 | 1 << 7);
	CHECK_EQ(stats_read().pages_sharing, PAGES - 3);
	CHECK_EQ(load(HERE, 4), first_byte(EQUAL));
	CHECK_EQ(load(HERE, 3), 30);
}

/* A page that is known to be unchanged is write-protected, not unmapped. */
static void clean(void)
{
	for (size_t i = 8; i < PAGES; i++)
		pattern(100 + i, slot(&r, i));
	for (size_t i = 8; i < PAGES; i++)
		CHECK_EQ(load(HERE, i), first_byte(100 + i));
	take_log();
	settle();
	check_log(0);
	store(9, 90);
	store(9, 91);
	check_log(1 << 9);
	CHECK_EQ(load(HERE, 9), 91);
}

static void packed(void)
{
	for (size_t i = 8; i < PAGES; i++)
		pattern(SOFT + i, slot(&r, i));
	settle();
	region_reclaim(MNT, &r, PAGES, KSMFS_RECLAIM_PACK);
	region_reclaim(MNT, &r, PAGES, KSMFS_RECLAIM_PACK);
	CHECK(stats_read().pages_packed >= 8);
	check_log(0);
	CHECK_EQ(load(HERE, 12), first_byte(SOFT + 12));
	check_log(0);
	store(13, 130);
	check_log(1 << 13);
	CHECK_EQ(load(HERE, 13), 130);
}

static void punched(void)
{
	SYS(fallocate(r.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		      2 * PAGE));
	CHECK_EQ(load(HERE, 0), 0);
	CHECK_EQ(load(HERE, 1), 0);
	check_log(0);
	store(1, 10);
	check_log(1 << 1);
	CHECK_EQ(load(HERE, 0), 0);
}

/* The slot of the guest's memory goes while its pages are merged. */
static void moved(void)
{
	settle();
	set_memory(1, HERE, r.map, 0, 0);
	for (size_t i = 4; i < 6; i++)
		pattern(EQUAL + 1, slot(&r, i));
	settle();
	set_memory(1, THERE, r.map, PAGES * PAGE, 0);
	for (size_t i = 0; i < PAGES; i++)
		CHECK_EQ(load(THERE, i), slot(&r, i)[0]);
	CHECK_EQ(load(THERE, 5), first_byte(EQUAL + 1));
	guest_does(STORE, THERE + 5 * PAGE, 50);
	CHECK_EQ(slot(&r, 5)[0], 50);
	CHECK_PAGE(slot(&r, 4), EQUAL + 1);
}

int main(void)
{
	make_guest();
	knob_set(KNOB_sample_pages, 0);
	mount_ksmfs(MNT, "size=16m");
	r = region_create(MNT "/ram", PAGES);
	for (size_t i = 0; i < PAGES; i++)
		pattern(EQUAL, slot(&r, i));
	set_memory(1, HERE, r.map, PAGES * PAGE, KVM_MEM_LOG_DIRTY_PAGES);
	merged();
	clean();
	packed();
	punched();
	moved();
	settle();
	check_balance();

	region_close(&r);
	SYS(unlink(MNT "/ram"));
	check_empty();
	umount_ksmfs(MNT);
	return 0;
}
