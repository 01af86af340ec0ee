// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel, as this command sees it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "fake.h"
#include "sysio.h"
#include "text.h"
#include "tool.h"

static const char *root = "";
static unsigned int reading = 1;

static int try_open(const char *dir, const char *path, int flags)
{
	char *full = xprintf("%s%s%s", root, dir, path);
	int fd = open(full, flags | O_CLOEXEC);

	free(full);
	return fd < 0 ? -errno : fd;
}

static int open_below_root(const char *path, int flags)
{
	char dir[32];
	int fd;

	for (unsigned int i = reading; i > 1; i--) {
		snprintf(dir, sizeof(dir), "/reading-%u", i);
		fd = try_open(dir, path, flags);
		if (fd != -ENOENT)
			return fd;
	}
	return try_open("", path, flags);
}

/* All there is to read; @fd is closed. */
static int read_all(int fd, char **text, size_t *length)
{
	size_t room = 0, used = 0;
	char *buffer = NULL;
	ssize_t got;
	int ret = 0;

	do {
		if (room - used < 2) {
			room = room ? room * 2 : 4096;
			buffer = xrealloc(buffer, room, 1);
		}
		got = read(fd, buffer + used, room - used - 1);
		if (got > 0)
			used += got;
	} while (got > 0 || (got < 0 && errno == EINTR));
	if (got < 0)
		ret = -errno;
	close(fd);
	if (ret) {
		free(buffer);
		return ret;
	}
	buffer[used] = '\0';
	*text = buffer;
	*length = used;
	return 0;
}

int sysio_read(const char *path, char **text, size_t *length)
{
	int fd = open_below_root(path, O_RDONLY);

	return fd < 0 ? fd : read_all(fd, text, length);
}

static int connect_below_root(const char *path, unsigned int seconds)
{
	const struct timeval patience = { .tv_sec = seconds };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, length, ret;

	length = snprintf(address.sun_path, sizeof(address.sun_path), "%s%s",
			  root, path);
	if (length >= (int)sizeof(address.sun_path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		ret = -errno;
		close(fd);
		return ret;
	}
	return fd;
}

int sysio_ask(const char *path, const char *question, unsigned int patience,
	      char **answer)
{
	int fd = connect_below_root(path, patience);
	ssize_t length = strlen(question);
	size_t got;

	if (fd < 0)
		return fd;
	if (send(fd, question, length, MSG_NOSIGNAL) != length) {
		close(fd);
		return -EPIPE;
	}
	return read_all(fd, answer, &got);
}

/* Read anew for each mount, so that answers can change under a daemon. */
static int load_answers(void)
{
	char *answers;
	size_t length;
	int ret = sysio_read("/ksmfs-answers", &answers, &length);

	if (ret)
		return ret;
	fake_load(answers);
	free(answers);
	return 0;
}

void sysio_set_root(const char *dir)
{
	int ret;

	root = dir;
	ret = load_answers();
	if (ret)
		die(EXIT_USAGE, "--root %s: cannot read ksmfs-answers: %s",
		    dir, strerror(-ret));
}

void sysio_next_reading(void)
{
	char *next = xprintf("%s/reading-%u", root, reading + 1);

	if (*root && !access(next, F_OK))
		reading++;
	free(next);
}

int sysio_open(const char *path)
{
	return open_below_root(path, O_RDONLY);
}

int sysio_write(const char *path, const char *text)
{
	int fd = open_below_root(path, O_WRONLY | O_TRUNC);
	ssize_t length = strlen(text);
	ssize_t put;
	int ret = 0;

	if (fd < 0)
		return fd;
	put = write(fd, text, length);
	if (put != length)
		ret = put < 0 ? -errno : -EIO;
	if (close(fd) && !ret)
		ret = -errno;
	return ret;
}

static int compare_pids(const void *left, const void *right)
{
	int a = *(const int *)left, b = *(const int *)right;

	return a < b ? -1 : a > b;
}

int sysio_processes(int **pids, size_t *count)
{
	char *path = xprintf("%s/proc", root);
	DIR *dir = opendir(path);
	int ret = dir ? 0 : -errno;
	size_t used = 0, room = 0;
	struct dirent *entry;
	int *found = NULL;
	uint64_t pid;

	free(path);
	if (ret)
		return ret;
	while ((entry = readdir(dir))) {
		if (!text_to_u64(entry->d_name, &pid) || pid > INT32_MAX)
			continue;
		if (used == room) {
			room = room ? room * 2 : 256;
			found = xrealloc(found, room, sizeof(*found));
		}
		found[used++] = pid;
	}
	closedir(dir);
	if (used)
		qsort(found, used, sizeof(*found), compare_pids);
	*pids = found;
	*count = used;
	return 0;
}

bool sysio_holds(int pid, const char *target)
{
	char *path = xprintf("%s/proc/%d/fd", root, pid);
	size_t length = strlen(target);
	DIR *dir = opendir(path);
	struct dirent *entry;
	bool holds = false;
	char link[64];

	free(path);
	if (!dir)
		return false;
	while (!holds && (entry = readdir(dir)))
		holds = readlinkat(dirfd(dir), entry->d_name, link,
				   sizeof(link)) == (ssize_t)length &&
			!memcmp(link, target, length);
	closedir(dir);
	return holds;
}

/* Not fts_ino, which is filled in for directories only. */
static uint64_t inode_of(const FTSENT *entry)
{
	if (*root)
		return fake_inode(entry->fts_path + strlen(root));
	return entry->fts_statp->st_ino;
}

int sysio_walk(const char *dir, sysio_visit *visit, void *context)
{
	char *top = xprintf("%s%s", root, dir);
	char *paths[] = { top, NULL };
	FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR,
			     NULL);
	int ret = walk ? 0 : -errno;
	FTSENT *entry;

	while (!ret && (errno = 0, entry = fts_read(walk))) {
		const char *path = entry->fts_path + strlen(top);

		switch (entry->fts_info) {
		case FTS_DP:
			break;
		case FTS_DNR:
		case FTS_ERR:
		case FTS_NS:
			if (!entry->fts_level && entry->fts_errno != ENOENT)
				ret = -entry->fts_errno;
			break;
		default:
			visit(context, path + (*path == '/'),
			      entry->fts_level, entry->fts_info == FTS_D,
			      inode_of(entry));
		}
	}
	if (!ret && errno)
		ret = -errno;
	if (walk)
		fts_close(walk);
	free(top);
	return ret;
}

int sysio_attribute(const char *path, const char *name, char **value)
{
	char text[256];
	ssize_t length;
	int ret;

	if (*root) {
		ret = load_answers();
		return ret ? ret : fake_attribute(path, name, value);
	}
	length = getxattr(path, name, text, sizeof(text) - 1);
	if (length < 0)
		return -errno;
	text[length] = '\0';
	*value = xstrdup(text);
	return 0;
}

int sysio_set_attribute(const char *path, const char *name, const char *value)
{
	if (*root)
		return fake_set_attribute(root, path, name, value);
	return setxattr(path, name, value, strlen(value), 0) ? -errno : 0;
}

/* The mount's root directory, or -ESTALE when that is not what is there. */
static int open_mount(const struct sysio_mount *mount)
{
	int fd = open_below_root(mount->path, O_RDONLY | O_DIRECTORY);
	struct stat st;

	int ret = 0;

	if (fd < 0)
		return fd;
	if (*root)
		ret = load_answers();
	else if (fstat(fd, &st) ||
		 st.st_dev != makedev(mount->major, mount->minor))
		ret = -ESTALE;
	if (ret) {
		close(fd);
		return ret;
	}
	return fd;
}

int sysio_space(const struct sysio_mount *mount, struct sysio_space *space)
{
	int fd = open_mount(mount);
	struct statfs fs;
	int ret = 0;

	if (fd < 0)
		return fd;
	if (*root)
		ret = fake_space(mount->path, space);
	else if (fstatfs(fd, &fs))
		ret = -errno;
	else
		*space = (struct sysio_space){
			.size = (uint64_t)fs.f_blocks * fs.f_bsize,
			.free = (uint64_t)fs.f_bfree * fs.f_bsize,
		};
	close(fd);
	return ret;
}

static int next_region(int fd, const char *mount,
		       struct ksmfs_region_info *info)
{
	if (*root)
		return fake_next_region(mount, info);
	return ioctl(fd, KSMFS_IOC_NEXT_REGION, info) ? -errno : 0;
}

int sysio_regions(const struct sysio_mount *mount,
		  struct ksmfs_region_info **regions, size_t *count)
{
	struct ksmfs_region_info info = { 0 }, *found = NULL;
	size_t used = 0, room = 0;
	int fd = open_mount(mount);
	int ret;

	if (fd < 0)
		return fd;
	while (!(ret = next_region(fd, mount->path, &info))) {
		/* Never walk in circles, whatever the kernel answers. */
		if (used && info.ino <= found[used - 1].ino) {
			ret = -EIO;
			break;
		}
		if (used == room) {
			room = room ? room * 2 : 64;
			found = xrealloc(found, room, sizeof(*found));
		}
		found[used++] = info;
	}
	close(fd);
	if (ret != -ENOENT) {
		free(found);
		return ret;
	}
	*regions = found;
	*count = used;
	return 0;
}

static int mount_ioctl(const struct sysio_mount *mount, unsigned long request,
		       void *argument)
{
	int fd = open_mount(mount);
	int ret;

	if (fd < 0)
		return fd;
	ret = ioctl(fd, request, argument) ? -errno : 0;
	close(fd);
	return ret;
}

int sysio_mount_info(const struct sysio_mount *mount,
		     struct ksmfs_mount_info *info)
{
	if (*root)
		return fake_mount_info(mount->path, info);
	return mount_ioctl(mount, KSMFS_IOC_MOUNT, info);
}

int sysio_shared(const struct sysio_mount *mount, struct ksmfs_shared *shared)
{
	if (*root)
		return fake_shared(mount->path, shared);
	return mount_ioctl(mount, KSMFS_IOC_SHARED, shared);
}

int sysio_reclaim(const struct sysio_mount *mount,
		  struct ksmfs_reclaim *reclaim)
{
	if (*root)
		return fake_call(root, "reclaim %s %llu %llu %u\n",
				 mount->path, reclaim->ino, reclaim->pages,
				 reclaim->mode);
	return mount_ioctl(mount, KSMFS_IOC_RECLAIM, reclaim);
}

int sysio_limit(const struct sysio_mount *mount,
		const struct ksmfs_limit *limit)
{
	struct ksmfs_limit copy = *limit;

	if (*root)
		return fake_call(root, "limit %s %llu %llu\n", mount->path,
				 limit->ino, limit->frames);
	return mount_ioctl(mount, KSMFS_IOC_LIMIT, &copy);
}
