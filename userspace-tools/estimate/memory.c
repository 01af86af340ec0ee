// SPDX-License-Identifier: GPL-2.0
/*
 * The memory of a VM.
 *
 * Of a process only those pages are read that it has mapped: to read another one
 * would make it be there, or fetch it from swap, which nobody asked for.
 *
 * What a page is that it has not mapped, its page tables tell only of anonymous
 * memory.  Those of a file forget a page that goes to swap, or that another one
 * has written: so the file is asked, by way of /proc/PID/map_files, whether it
 * stores something there.  Who may not open that (CAP_SYS_ADMIN) takes all of it
 * for stored: rather too little is promised than too much.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "content.h"
#include "memory.h"
#include "../maps.h"
#include "../ram.h"
#include "../sysio.h"
#include "../text.h"
#include "../tool.h"

/* Entries of /proc/PID/pagemap. */
#define PAGEMAP_PRESENT (1ULL << 63)
#define PAGEMAP_SWAPPED (1ULL << 62)

/* Files that hold memory, but not page by page, by how they begin. */
static const struct {
	const char *start;
	size_t length;
	const char *problem;
} foreign[] = {
#define KDUMP "it is a kdump-compressed dump: dump the VM as ELF instead, " \
	"with virsh dump --memory-only --format elf or with " \
	"dump-guest-memory without -z, -l and -s"
	{ "KDUMP   ", 8, KDUMP },
	{ "DISKDUMP", 8, KDUMP },
	{ "makedumpfile", 12, KDUMP },
#define SAVED "it is a saved VM, whose memory is not there page by page: " \
	"dump it with virsh dump --memory-only instead"
	{ "QEVM", 4, SAVED },
	{ "LibvirtQemudSave", 16, SAVED },
	{ "LibvirtQemudPart", 16, SAVED },
	{ "QFI\xfb", 4, "it is a qcow2 disk, not memory: dump the memory of "
	  "the VM with dump-guest-memory" },
#define PACKED "it is compressed: decompress it first"
	{ "\x1f\x8b\x08", 3, PACKED },
	{ "\xfd\x37zXZ", 6, PACKED },
	{ "\x28\xb5\x2f\xfd", 4, PACKED },
	{ "\x04\x22\x4d\x18", 4, PACKED },
	{ "BZh", 3, PACKED },
	{ "KSMFS-SK", 8, "it is a sketch: compare it with ksmfs affinity" },
};

static void refuse_foreign(const char *title, const char *start)
{
	for (size_t i = 0; i < sizeof(foreign) / sizeof(foreign[0]); i++)
		if (!memcmp(start, foreign[i].start, foreign[i].length))
			die(EXIT_FAILED, "%s: %s", title, foreign[i].problem);
}

static void count_pages(struct memory *memory)
{
	for (size_t i = 0; i < memory->count; i++)
		memory->pages += memory->spans[i].pages;
}

/* The snapshot of a Cloud Hypervisor is a directory. */
static char *file_in(const char *path)
{
	struct stat st;

	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return xstrdup(path);
	return xprintf("%s/memory-ranges", path);
}

static uint64_t size_of(int fd, const char *title)
{
	struct stat st;
	off_t size;

	if (fstat(fd, &st))
		die(EXIT_FAILED, "%s: %s", title, strerror(errno));
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		die(EXIT_FAILED, "%s: it is no file that can be read in any "
		    "order: save it as one first", title);
	size = lseek(fd, 0, SEEK_END);
	if (size < 0)
		die(EXIT_FAILED, "%s: %s", title, strerror(errno));
	if (!size)
		die(EXIT_FAILED, "%s: it is empty", title);
	return size;
}

struct memory memory_open_file(const char *path)
{
	struct memory memory = { .pagemap = -1 };
	char start[16] = "", *file = file_in(path);
	char *title = text_for_terminal(file);
	const char *problem;

	memory.name = xstrdup(path);
	memory.title = text_for_terminal(path);
	memory.fd = open(file, O_RDONLY | O_CLOEXEC);
	if (memory.fd < 0)
		die(EXIT_FAILED, "%s: %s", title, strerror(errno));
	memory.size = size_of(memory.fd, title);
	if (pread(memory.fd, start, sizeof(start), 0) < 0)
		die(EXIT_FAILED, "%s: %s", title, strerror(errno));
	refuse_foreign(title, start);
	if (!memcmp(start, ELFMAG, SELFMAG)) {
		memory.spans = elf_dump_spans(memory.fd, memory.size,
					      &memory.count, &problem);
		if (!memory.spans)
			die(EXIT_FAILED, "%s: a bad ELF dump: %s", title,
			    problem);
	} else {
		memory.spans = xrealloc(NULL, 1, sizeof(*memory.spans));
		memory.spans[0] = (struct span){
			0, (memory.size - 1) / CONTENT_PAGE + 1
		};
		memory.count = 1;
	}
	count_pages(&memory);
	free(title);
	free(file);
	return memory;
}

static int open_proc(int pid, const char *file)
{
	char *path = xprintf("/proc/%d/%s", pid, file);
	int fd = sysio_open(path);

	free(path);
	return fd;
}

static struct span *spans_of(const struct mapping *maps, size_t count)
{
	struct span *spans = xrealloc(NULL, count, sizeof(*spans));

	for (size_t i = 0; i < count; i++)
		spans[i] = (struct span){
			maps[i].start, maps[i].bytes / CONTENT_PAGE
		};
	return spans;
}

/* hugetlbfs never swaps, and takes for stored what nobody has touched. */
static bool knows_holes(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) || fs.f_type != HUGETLBFS_MAGIC;
}

/* 0 or a negative errno; @shown->fd is -1 if the file must not be opened. */
static int open_shown(int pid, const struct mapping *map, struct shown *shown)
{
	char *file;
	int fd;

	*shown = (struct shown){ .fd = -1, .offset = map->offset };
	if (!map->ino)
		return 0;
	file = xprintf("map_files/%" PRIx64 "-%" PRIx64, map->start,
		       map->start + map->bytes);
	fd = open_proc(pid, file);
	free(file);
	if (fd < 0 && fd != -EPERM && fd != -EACCES && fd != -ENOENT)
		return fd;
	shown->fd = fd < 0 ? -1 : fd;
	shown->is_file = fd < 0 || knows_holes(fd);
	return 0;
}

static int open_all_shown(struct memory *memory, const struct mapping *maps)
{
	int ret = 0;

	memory->shown = xcalloc(memory->count, sizeof(*memory->shown));
	for (size_t i = 0; i < memory->count && !ret; i++)
		ret = open_shown(memory->pid, &maps[i], &memory->shown[i]);
	return ret;
}

/* 0 or a negative errno; @memory has nothing but its name then. */
static int open_process(struct memory *memory, int pid, const char *process)
{
	struct mapping *maps;
	size_t count;
	int ret;

	*memory = (struct memory){
		.name = xprintf("%s %d", process, pid),
		.pid = pid,
		.size = UINT64_MAX,
	};
	memory->title = text_for_terminal(memory->name);
	ret = ram_find(pid, &maps, &count);
	if (ret)
		return ret;
	memory->spans = spans_of(maps, count);
	memory->count = count;
	ret = open_all_shown(memory, maps);
	maps_free(maps, count);
	count_pages(memory);
	if (ret || !count)
		return ret;
	memory->fd = open_proc(pid, "mem");
	memory->pagemap = open_proc(pid, "pagemap");
	return memory->fd < 0 ? memory->fd :
	       memory->pagemap < 0 ? memory->pagemap : 0;
}

static void __attribute__((noreturn)) complain(const char *title, int error)
{
	die(EXIT_FAILED, "cannot read the memory of %s: %s%s", title,
	    strerror(-error), error == -EACCES || error == -EPERM ?
	    ": run ksmfs as root" : "");
}

struct memory memory_open_process(int pid)
{
	char *process = process_name(pid);
	struct memory memory;
	int ret;

	if (!process)
		die(EXIT_FAILED, "there is no process %d", pid);
	ret = open_process(&memory, pid, process);
	if (ret)
		complain(memory.title, ret);
	if (!memory.count)
		die(EXIT_FAILED, "%s has no guest memory: see ksmfs doctor "
		    "--pid %d", memory.title, pid);
	free(process);
	return memory;
}

struct memories {
	struct memory *vms;
	size_t count;
};

static void open_vm(void *context, int pid, const char *process)
{
	struct memories *found = context;
	struct memory *vm;
	int ret;

	found->vms = xrealloc(found->vms, found->count + 1, sizeof(*vm));
	vm = &found->vms[found->count];
	ret = open_process(vm, pid, process);
	if (ret && ret != -ENOENT && ret != -ESRCH)
		complain(vm->title, ret);
	if (!ret && vm->count)
		found->count++;
	else
		memory_close(vm);
}

struct memory *memory_open_vms(size_t *count)
{
	struct memories found = { 0 };

	ram_each_vm(open_vm, &found);
	*count = found.count;
	return found.vms;
}

void memory_close(struct memory *memory)
{
	if (memory->fd > 0)
		close(memory->fd);
	if (memory->pagemap > 0)
		close(memory->pagemap);
	for (size_t i = 0; memory->shown && i < memory->count; i++)
		if (memory->shown[i].fd > 0)
			close(memory->shown[i].fd);
	free(memory->shown);
	free(memory->spans);
	free(memory->title);
	free(memory->name);
}

/* As memory_next_data(), of a file. */
static void next_data(int fd, uint64_t offset, uint64_t *from, uint64_t *to)
{
	off_t data = lseek(fd, offset, SEEK_DATA), hole = -1;

	if (data < 0 && errno == ENXIO) {
		*from = *to = UINT64_MAX;
		return;
	}
	if (data >= 0)
		hole = lseek(fd, data, SEEK_HOLE);
	/* It cannot tell: then everything is. */
	*from = data < 0 ? offset : (uint64_t)data;
	*to = hole < 0 ? UINT64_MAX : (uint64_t)hole;
}

void memory_next_data(const struct memory *memory, uint64_t offset,
		      uint64_t *from, uint64_t *to)
{
	if (!memory->pid) {
		next_data(memory->fd, offset, from, to);
		return;
	}
	*from = offset;
	*to = UINT64_MAX;
}

int memory_check(const struct memory *memory)
{
	uint64_t first = memory->spans[0].offset / CONTENT_PAGE, entry;

	/* The page tables of a process that is gone have an end at once. */
	if (memory->pid)
		return pread(memory->pagemap, &entry, sizeof(entry),
			     first * sizeof(entry)) ? 0 : -ESRCH;
	return lseek(memory->fd, 0, SEEK_END) < (off_t)memory->size ?
	       -ENODATA : 0;
}

/* All of it, but zeros for what is beyond the end of the file. */
static int read_file(const struct memory *memory, uint64_t offset,
		     size_t bytes, char *to)
{
	size_t there = bytes, done = 0;
	ssize_t got;

	if (memory->size - offset < bytes) {
		there = memory->size - offset;
		memset(to + there, 0, bytes - there);
	}
	while (done < there) {
		got = pread(memory->fd, to + done, there - done,
			    offset + done);
		if (!got)
			return -ENODATA;
		if (got < 0 && errno != EINTR)
			return -errno;
		done += got > 0 ? got : 0;
	}
	return 0;
}

/* What cannot be read of pages that are there is skipped, one by one. */
static void read_present(const struct memory *memory, uint64_t address,
			 size_t pages, char *to, enum page_state *states)
{
	size_t at = 0;
	ssize_t got;

	while (at < pages) {
		got = pread(memory->fd, to + at * CONTENT_PAGE,
			    (pages - at) * CONTENT_PAGE,
			    address + at * CONTENT_PAGE);
		if (got >= CONTENT_PAGE)
			at += got / CONTENT_PAGE;
		else if (got >= 0 || errno != EINTR)
			states[at++] = PAGE_UNREAD;
	}
}

/* The span that the address is in. */
static size_t span_at(const struct memory *memory, uint64_t address)
{
	size_t i = 0;

	while (address - memory->spans[i].offset >=
	       memory->spans[i].pages * CONTENT_PAGE)
		i++;
	return i;
}

/* Of pages that are not mapped, those that a file stores cannot be had. */
static void mark_stored(const struct memory *memory, uint64_t address,
			size_t pages, enum page_state *states)
{
	size_t span = span_at(memory, address);
	const struct shown *shown = &memory->shown[span];
	uint64_t start = shown->offset + address - memory->spans[span].offset;
	uint64_t from, to, end = start + pages * CONTENT_PAGE;

	if (!shown->is_file)
		return;
	for (uint64_t at = start; at < end; at = to) {
		next_data(shown->fd, at, &from, &to);
		if (to > end)
			to = end;
		for (size_t page = (from - start) / CONTENT_PAGE;
		     from < to && page * CONTENT_PAGE < to - start; page++)
			states[page] = PAGE_UNREAD;
	}
}

static enum page_state state_of(uint64_t entry)
{
	if (entry & PAGEMAP_PRESENT)
		return PAGE_READ;
	return (entry & PAGEMAP_SWAPPED) ? PAGE_UNREAD : PAGE_HOLE;
}

/* The pages from @first that are in the same state. */
static size_t run_of(const enum page_state *states, size_t first, size_t pages)
{
	size_t last = first;

	while (last < pages && states[last] == states[first])
		last++;
	return last - first;
}

static void read_process(const struct memory *memory, uint64_t address,
			 size_t pages, char *to, enum page_state *states)
{
	uint64_t map[MEMORY_PIECE];
	ssize_t got = pread(memory->pagemap, map, pages * sizeof(*map),
			    address / CONTENT_PAGE * sizeof(*map));
	size_t known = got < 0 ? 0 : got / sizeof(*map), run;

	for (size_t i = 0; i < pages; i++)
		states[i] = i < known ? state_of(map[i]) : PAGE_UNREAD;
	for (size_t i = 0; i < pages; i += run) {
		run = run_of(states, i, pages);
		if (states[i] == PAGE_READ)
			read_present(memory, address + i * CONTENT_PAGE, run,
				     to + i * CONTENT_PAGE, states + i);
		else if (states[i] == PAGE_HOLE)
			mark_stored(memory, address + i * CONTENT_PAGE, run,
				    states + i);
	}
}

int memory_read(const struct memory *memory, uint64_t offset, size_t pages,
		void *to, enum page_state *states)
{
	if (memory->pid) {
		read_process(memory, offset, pages, to, states);
		return 0;
	}
	for (size_t i = 0; i < pages; i++)
		states[i] = PAGE_READ;
	return read_file(memory, offset, pages * CONTENT_PAGE, to);
}
