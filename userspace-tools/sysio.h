/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel, as this command sees it: the only place that touches /sys,
 * /proc, a ksmfs mount or an ioctl.
 *
 * Everything returns 0 or a negative errno, and all paths are those of a real
 * system.  After sysio_set_root() they are looked up below that directory,
 * and what cannot be a file there is answered by fake.c.
 */
#ifndef _KSMFS_SYSIO_H
#define _KSMFS_SYSIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uapi/ksmfs.h>

#define SYSFS_DIR "/sys/kernel/mm/ksmfs/"

void sysio_set_root(const char *dir);

/*
 * Of a fake tree: from now on the files below reading-2 take the place of those
 * of the same name, next time those of reading-3 too, and so on as long as
 * there is a next one.  A real system changes by itself.
 */
void sysio_next_reading(void);

/* A whole file, zero-terminated; to be freed. */
int sysio_read(const char *path, char **text, size_t *length);

/* A descriptor to wait on. */
int sysio_open(const char *path);

/* One write(2), as sysfs wants it. */
int sysio_write(const char *path, const char *text);

/*
 * Sends @question to a stream socket and takes what comes back until its end;
 * to be freed.  -EAGAIN: nothing came for @patience seconds.
 */
int sysio_ask(const char *path, const char *question, unsigned int patience,
	      char **answer);

/* The processes there are, ascending; to be freed. */
int sysio_processes(int **pids, size_t *count);

/* Has process @pid a descriptor whose link in /proc reads @target? */
bool sysio_holds(int pid, const char *target);

/*
 * Everything below directory @dir, on the same file system: @path is relative
 * to @dir and empty for @dir itself, which has @depth 0.  What cannot be
 * reached is left out: it vanished during the walk, or lies so deep that its
 * path is too long, and whoever owns a directory can have it like that.
 */
typedef void sysio_visit(void *context, const char *path, int depth,
			 bool is_dir, uint64_t ino);
int sysio_walk(const char *dir, sysio_visit *visit, void *context);

/* A mount, by its line in /proc/PID/mountinfo. */
struct sysio_mount {
	const char *path;
	unsigned int major;
	unsigned int minor;
};

/* In bytes. */
struct sysio_space {
	uint64_t size;
	uint64_t free;
};

/* -ESTALE: something else is mounted over it. */
int sysio_space(const struct sysio_mount *mount, struct sysio_space *space);

/* All regions of the mount, ascending by inode number; to be freed. */
int sysio_regions(const struct sysio_mount *mount,
		  struct ksmfs_region_info **regions, size_t *count);

/* An extended attribute of a file, zero-terminated; to be freed. */
int sysio_attribute(const char *path, const char *name, char **value);
int sysio_set_attribute(const char *path, const char *name, const char *value);

/* The ioctls for a mount, as the ABI header has them. */
int sysio_mount_info(const struct sysio_mount *mount,
		     struct ksmfs_mount_info *info);

int sysio_shared(const struct sysio_mount *mount,
		 struct ksmfs_shared *shared);

/* These may be called by any thread. */
int sysio_reclaim(const struct sysio_mount *mount,
		  struct ksmfs_reclaim *reclaim);
int sysio_limit(const struct sysio_mount *mount,
		const struct ksmfs_limit *limit);

#endif /* _KSMFS_SYSIO_H */
