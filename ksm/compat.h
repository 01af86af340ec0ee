/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The only place that knows kernel versions.  The code is written with the
 * names of newer kernels; what an older one lacks is made up here.
 *
 * Tests run on 6.1, 6.12 and 7.3.  For what lies between it is known what
 * changed when, but nobody has tried it.  Newer kernels than the last one may
 * have changed what no compiler sees, so they are refused until somebody has
 * looked: see "Another kernel" in tests/vm/README.md.
 */
#ifndef _KSMFS_KSM_COMPAT_H
#define _KSMFS_KSM_COMPAT_H

#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/version.h>
#include <linux/zsmalloc.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0) || \
	LINUX_VERSION_CODE >= KERNEL_VERSION(7, 4, 0)
#error "ksmfs is made for Linux 6.1 to 7.3"
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)

/* What maps user ids of a mount has a type of its own. */
#define mnt_idmap user_namespace
#define nop_mnt_idmap init_user_ns

/* Flags of a mapping are set by a function. */
static inline void vm_flags_set(struct vm_area_struct *vma, vm_flags_t flags)
{
	vma->vm_flags |= flags;
}

#endif /* 6.3 */

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)

/*
 * A splice that copies.  The function of that time lets read_iter() fill the
 * pipe, and ours always copies: a frame must never be in a pipe, whose reader
 * could take it out of the mapping (remove_mapping()).
 */
#define copy_splice_read generic_file_splice_read

#endif /* 6.5 */

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)

/* The change time of an inode is set by a function; a late 6.1 has it, too. */
#define inode_set_ctime_current ksmfs_compat_set_ctime_current
static inline struct timespec64 inode_set_ctime_current(struct inode *inode)
{
	return inode->i_ctime = current_time(inode);
}

/* What is written may go to any page of a folio.  Ours are all small. */
static inline size_t
copy_folio_from_iter_atomic(struct folio *folio, size_t offset, size_t bytes,
			    struct iov_iter *iter)
{
	return copy_page_from_iter_atomic(&folio->page, offset, bytes, iter);
}

/* Who asks for attributes says for which. */
#define generic_fillattr(idmap, request, inode, stat) \
	generic_fillattr(idmap, inode, stat)

/* Entries of shadow stacks become writable in another way. */
#define pte_mkwrite_novma(pte) pte_mkwrite(pte)

/* Faults on files may come with the lock of a mapping, not of all. */
static inline void release_fault_lock(struct vm_fault *vmf)
{
	mmap_read_unlock(vmf->vma->vm_mm);
}

#endif /* 6.6 */

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)

/* And so are the other times. */
static inline struct timespec64
inode_set_mtime_to_ts(struct inode *inode, struct timespec64 time)
{
	return inode->i_mtime = time;
}

static inline void simple_inode_init_ts(struct inode *inode)
{
	inode->i_atime = inode_set_mtime_to_ts(inode,
					       inode_set_ctime_current(inode));
}

static inline void shrinker_free(struct shrinker *shrinker)
{
	unregister_shrinker(shrinker);
	kfree(shrinker);
}

#endif /* 6.7 */

/**
 * ksmfs_compat_shrinker() - begin to be called when memory is short
 * @name: of the shrinker
 * @like: what to count and scan with
 *
 * From 6.7 on a shrinker is allocated, which can fail, and then registered,
 * which cannot; before it was the other way round.
 *
 * Context: may sleep.
 * Return: the shrinker, for shrinker_free(), or NULL if there is no memory.
 */
static inline struct shrinker *
ksmfs_compat_shrinker(const char *name, const struct shrinker *like)
{
	struct shrinker *shrinker;

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	shrinker = kmemdup(like, sizeof(*like), GFP_KERNEL);
	if (shrinker && register_shrinker(shrinker, "%s", name)) {
		kfree(shrinker);
		return NULL;
	}
#else
	shrinker = shrinker_alloc(0, "%s", name);
	if (!shrinker)
		return NULL;
	shrinker->count_objects = like->count_objects;
	shrinker->scan_objects = like->scan_objects;
	shrinker->seeks = like->seeks;
	shrinker_register(shrinker);
#endif
	return shrinker;
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)

/* Modules may ask a folio how often it is mapped.  Ours are all small. */
#define folio_mapcount(folio) page_mapcount(&(folio)->page)

#endif /* 6.10 */

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 15, 0)

/*
 * mkdir() returns the dentry if it is another one than it was given, which it
 * never is here (upstream commit 88d5baf69082).
 */
#define KSMFS_COMPAT_MKDIR int
#define ksmfs_compat_mkdir(err) (err)

/*
 * Objects of zsmalloc are not mapped any more but read and written, and who
 * reads has to have memory for what lies in two pages.  When they were mapped
 * each CPU had some for that.
 */
static inline void zs_obj_write(struct zs_pool *pool, unsigned long handle,
				void *bytes, size_t length)
{
	memcpy(zs_map_object(pool, handle, ZS_MM_WO), bytes, length);
	zs_unmap_object(pool, handle);
}

#define zs_obj_read_begin(pool, handle, length, joined) \
	((void)(joined), zs_map_object(pool, handle, ZS_MM_RO))
#define zs_obj_read_end(pool, handle, length, bytes) \
	zs_unmap_object(pool, handle)

#else

#define KSMFS_COMPAT_MKDIR struct dentry *
#define ksmfs_compat_mkdir(err) ERR_PTR(err)

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)

/* Who reads an object did not say how much of it, and got all of its place. */
#define zs_obj_read_begin(pool, handle, length, joined) \
	zs_obj_read_begin(pool, handle, joined)
#define zs_obj_read_end(pool, handle, length, bytes) \
	zs_obj_read_end(pool, handle, bytes)

#endif /* 7.0 */
#endif /* 6.15 */

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)

/* A pool may be told which memory node to take pages of. */
#define zs_malloc(pool, size, gfp, node) zs_malloc(pool, size, gfp)

#endif /* 6.16 */

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)

/* An inode is gone when nobody uses it any more. */
#define inode_just_drop generic_delete_inode

#endif /* 6.18 */

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)

/*
 * A dentry that is all there is of a name has a flag: simple_unlink() and the
 * like miss it, and the end of a mount looks for it.  It was a mere reference,
 * and all of those were dropped at the end of a mount in another function.
 */
static inline struct dentry *d_make_persistent(struct dentry *dentry,
					       struct inode *inode)
{
	d_instantiate(dentry, inode);
	return dget(dentry);
}

#define kill_anon_super kill_litter_super

#endif /* 6.19 */

#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 3, 0)

/*
 * create() was told whether the name must be new, which only file systems want
 * to know that others change, too (upstream commit b2f1e6301efa).
 */
#define KSMFS_COMPAT_CREATE(name, args...) name(args, bool exclusive)

#else

#define KSMFS_COMPAT_CREATE(name, args...) name(args)

#endif /* 7.3 */

#endif /* _KSMFS_KSM_COMPAT_H */
