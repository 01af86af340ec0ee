// SPDX-License-Identifier: GPL-2.0
/*
 * Inodes: names, owners and domains.
 *
 * The domain of an inode is settled when it is made: a directory made in the
 * root of the mount begins one, everything else is in its parent's.  It never
 * changes, for frames may be shared already; so what would move an inode into
 * another domain, rename(2) or link(2), fails with EXDEV, and mv(1) copies.
 */
#include <linux/capability.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/xattr.h>
#include "cow/punch.h"
#include "ksm/compat.h"
#include "ksm/ksmfs.h"
#include "ksm/sample.h"
#include "ksm/stable.h"

static struct kmem_cache *inode_cache;

/* Inode numbers are never used twice, not even by two mounts: region.h. */
static atomic_long_t last_ino;

static const struct address_space_operations aops = {
	.dirty_folio = noop_dirty_folio,
};

/* Whether an inode made in this directory has a domain of its own. */
static bool begins_domain(const struct inode *dir, const struct inode *inode)
{
	return S_ISDIR(inode->i_mode) && dir == d_inode(dir->i_sb->s_root);
}

static void init_once(void *object)
{
	struct ksmfs_inode *ki = object;

	inode_init_once(&ki->inode);
}

int ksmfs_inode_init_cache(void)
{
	inode_cache = kmem_cache_create("ksmfs_inode",
					sizeof(struct ksmfs_inode), 0,
					SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT,
					init_once);
	return inode_cache ? 0 : -ENOMEM;
}

void ksmfs_inode_destroy_cache(void)
{
	rcu_barrier();	/* ksmfs_inode_free() is called by RCU */
	kmem_cache_destroy(inode_cache);
}

struct inode *ksmfs_inode_alloc(struct super_block *sb)
{
	struct ksmfs_inode *ki = alloc_inode_sb(sb, inode_cache, GFP_KERNEL);

	if (!ki)
		return NULL;
	ki->domain = NULL;
	ki->prealloc_end = 0;
	return &ki->inode;
}

void ksmfs_inode_free(struct inode *inode)
{
	kmem_cache_free(inode_cache, ksmfs_inode(inode));
}

void ksmfs_inode_evict(struct inode *inode)
{
	struct ksmfs_inode *ki = ksmfs_inode(inode);

	if (inode->i_private)
		ksmfs_region_del(&ki->region);
	inode->i_private = NULL;
	truncate_inode_pages_final(&inode->i_data);
	clear_inode(inode);
	ksmfs_domain_put(ki->domain);
	ksmfs_quota_uncharge(&ksmfs_sb(inode->i_sb)->inodes, 1);
}

static struct ksmfs_domain *new_domain(const struct inode *inode)
{
	struct ksmfs_sb *sbi = ksmfs_sb(inode->i_sb);
	struct ksmfs_domain *domain;

	domain = ksmfs_domain_new(inode->i_ino, get_random_u64(), &sbi->frames,
				  &ksmfs_stable_ops);
	if (!IS_ERR(domain)) {
		domain->merge = READ_ONCE(sbi->merge);
		domain->strict = READ_ONCE(sbi->strict);
	}
	return domain;
}

/* The domain that an inode made in @dir, or as root directory, is in. */
static struct ksmfs_domain *domain_in(struct inode *dir, struct inode *inode)
{
	if (dir && !begins_domain(dir, inode))
		return ksmfs_domain_get(ksmfs_inode(dir)->domain);
	return new_domain(inode);
}

static int init_file(struct inode *inode)
{
	struct ksmfs_inode *ki = ksmfs_inode(inode);
	int err;

	err = ksmfs_region_add(&ki->region, ki->domain, &inode->i_data,
			       inode->i_ino);
	if (err)
		return err;
	inode->i_private = &ki->region;
	ksmfs_thread_wake();
	ksmfs_sampler_wake();
	inode->i_data.a_ops = &aops;
	inode->i_op = &ksmfs_file_inode_ops;
	inode->i_fop = &ksmfs_file_ops;
	return 0;
}

static void init_dir(struct inode *inode)
{
	inc_nlink(inode);	/* for its own "." */
	inode->i_op = &ksmfs_dir_inode_ops;
	inode->i_fop = &ksmfs_dir_ops;
}

static struct inode *new_inode_in(struct super_block *sb, struct inode *dir,
				  umode_t mode)
{
	struct ksmfs_sb *sbi = ksmfs_sb(sb);
	struct ksmfs_domain *domain;
	struct inode *inode;
	int err;

	/* Undone by ksmfs_inode_evict(). */
	if (!ksmfs_quota_charge(&sbi->inodes, 1, 0))
		return ERR_PTR(-ENOSPC);
	inode = new_inode(sb);
	if (!inode) {
		ksmfs_quota_uncharge(&sbi->inodes, 1);
		return ERR_PTR(-ENOMEM);
	}
	inode->i_ino = atomic_long_inc_return(&last_ino);
	inode_init_owner(&nop_mnt_idmap, inode, dir, mode);
	simple_inode_init_ts(inode);

	domain = domain_in(dir, inode);
	err = PTR_ERR_OR_ZERO(domain);
	if (!err) {
		ksmfs_inode(inode)->domain = domain;
		if (S_ISDIR(mode))
			init_dir(inode);
		else
			err = init_file(inode);
	}
	if (err) {
		iput(inode);
		return ERR_PTR(err);
	}
	return inode;
}

struct inode *ksmfs_inode_new_root(struct super_block *sb)
{
	struct ksmfs_sb *sbi = ksmfs_sb(sb);
	struct inode *root = new_inode_in(sb, NULL, S_IFDIR | sbi->mode);

	if (!IS_ERR(root)) {
		root->i_uid = sbi->uid;
		root->i_gid = sbi->gid;
	}
	return root;
}

unsigned long ksmfs_inode_pages(const struct inode *inode)
{
	unsigned long pages = DIV_ROUND_UP_ULL(i_size_read(inode), PAGE_SIZE);

	return max(pages, READ_ONCE(ksmfs_inode(inode)->prealloc_end));
}

void ksmfs_inode_region_info(struct inode *inode,
			     struct ksmfs_region_info *info)
{
	struct ksmfs_inode *ki = ksmfs_inode(inode);
	struct ksmfs_region *region = &ki->region;
	unsigned long in_use = ksmfs_region_in_use(region);

	*info = (struct ksmfs_region_info) {
		.ino = inode->i_ino,
		.domain = ki->domain->ino,
		.pages = ksmfs_inode_pages(inode),
		.priv = ksmfs_region_private(region),
		.shared = atomic_long_read(&region->slots[KSMFS_SLOT_SHARED]),
		.zero = atomic_long_read(&region->slots[KSMFS_SLOT_ZERO]),
		.packed = atomic_long_read(&region->slots[KSMFS_SLOT_PACKED]),
		.swapped = atomic_long_read(&region->slots[KSMFS_SLOT_SWAPPED]),
		.frames = ksmfs_region_frames(region),
		.merges = atomic_long_read(&region->merges),
		.breaks = atomic_long_read(&region->breaks),
		.punched = atomic_long_read(&region->punched),
		.vain = atomic_long_read(&region->vain),
		.fetched = atomic_long_read(&region->fetched),
		.stalls = atomic_long_read(&region->stalls),
		.limit = READ_ONCE(region->limit),
		.nlink = inode->i_nlink,
		.flags = READ_ONCE(ki->domain->strict) ? KSMFS_REGION_STRICT :
							 0,
	};
	ksmfs_sample_report(region, info);
	info->holes = info->pages > in_use ? info->pages - in_use : 0;
}

/* What is in an inode has changed. */
static void touch(struct inode *inode)
{
	inode_set_mtime_to_ts(inode, inode_set_ctime_current(inode));
}

static int add_entry(struct inode *dir, struct dentry *dentry, umode_t mode)
{
	struct inode *inode = new_inode_in(dir->i_sb, dir, mode);

	if (IS_ERR(inode))
		return PTR_ERR(inode);
	if (S_ISDIR(mode))
		inc_nlink(dir);
	/* The dentry is all there is of a name. */
	d_make_persistent(dentry, inode);
	touch(dir);
	return 0;
}

static int KSMFS_COMPAT_CREATE(create, struct mnt_idmap *idmap,
			       struct inode *dir, struct dentry *dentry,
			       umode_t mode)
{
	return add_entry(dir, dentry, mode);
}

static KSMFS_COMPAT_MKDIR mkdir(struct mnt_idmap *idmap, struct inode *dir,
				struct dentry *dentry, umode_t mode)
{
	return ksmfs_compat_mkdir(add_entry(dir, dentry, mode | S_IFDIR));
}

static int tmpfile(struct mnt_idmap *idmap, struct inode *dir,
		   struct file *file, umode_t mode)
{
	struct inode *inode = new_inode_in(dir->i_sb, dir, mode);

	if (IS_ERR(inode))
		return finish_open_simple(file, PTR_ERR(inode));
	d_tmpfile(file, inode);
	return finish_open_simple(file, 0);
}

/* Whether an inode would be in its own domain below a directory as well. */
static bool may_move(struct inode *inode, struct inode *dir)
{
	struct ksmfs_domain *domain = ksmfs_inode(inode)->domain;

	if (domain->ino == inode->i_ino)
		return begins_domain(dir, inode);
	return !begins_domain(dir, inode) &&
	       domain == ksmfs_inode(dir)->domain;
}

static int link(struct dentry *old, struct inode *dir, struct dentry *dentry)
{
	if (!may_move(d_inode(old), dir))
		return -EXDEV;
	return simple_link(old, dir, dentry);
}

static int rename(struct mnt_idmap *idmap, struct inode *old_dir,
		  struct dentry *old, struct inode *new_dir,
		  struct dentry *new, unsigned int flags)
{
	if (!may_move(d_inode(old), new_dir) ||
	    ((flags & RENAME_EXCHANGE) && !may_move(d_inode(new), old_dir)))
		return -EXDEV;
	return simple_rename(idmap, old_dir, old, new_dir, new,
			     flags);
}

/* Symbolic links and special files have no business among guest RAM. */
const struct inode_operations ksmfs_dir_inode_ops = {
	.lookup = simple_lookup,
	.create = create,
	.tmpfile = tmpfile,
	.link = link,
	.unlink = simple_unlink,
	.mkdir = mkdir,
	.rmdir = simple_rmdir,
	.rename = rename,
	.listxattr = generic_listxattr,
	.getattr = simple_getattr,
	.setattr = simple_setattr,
};

static int set_size(struct inode *inode, loff_t size)
{
	struct ksmfs_inode *ki = ksmfs_inode(inode);
	loff_t old = i_size_read(inode);
	int err;

	if (size < old) {
		/* The last page there can be ends behind all offsets. */
		err = ksmfs_file_zero(inode, size,
				      min_t(u64, round_up((u64)size, PAGE_SIZE),
					    inode->i_sb->s_maxbytes));
		if (err)
			return err;
	}
	i_size_write(inode, size);
	if (size < old || ki->prealloc_end)
		ksmfs_punch_truncated(&ki->region,
				      DIV_ROUND_UP_ULL(size, PAGE_SIZE));
	WRITE_ONCE(ki->prealloc_end, 0);
	touch(inode);
	return 0;
}

static int file_setattr(struct mnt_idmap *idmap, struct dentry *dentry,
			struct iattr *attr)
{
	struct inode *inode = d_inode(dentry);
	int err;

	err = setattr_prepare(idmap, dentry, attr);
	if (!err && (attr->ia_valid & ATTR_SIZE))
		err = set_size(inode, attr->ia_size);
	if (!err)
		setattr_copy(idmap, inode, attr);
	return err;
}

/*
 * Who may know it is told how much memory the file stands for; others are told
 * how much content it has, which does not change as pages are merged.
 */
static unsigned long count_blocks(struct ksmfs_region *region)
{
	unsigned long pages;

	if (ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN))
		pages = ksmfs_region_frames(region);
	else
		pages = ksmfs_region_in_use(region);
	return pages * (PAGE_SIZE / 512);
}

static int file_getattr(struct mnt_idmap *idmap, const struct path *path,
			struct kstat *stat, u32 request, unsigned int flags)
{
	struct inode *inode = d_inode(path->dentry);

	generic_fillattr(idmap, request, inode, stat);
	stat->blksize = PAGE_SIZE;
	stat->blocks = count_blocks(&ksmfs_inode(inode)->region);
	return 0;
}

const struct inode_operations ksmfs_file_inode_ops = {
	.getattr = file_getattr,
	.setattr = file_setattr,
};
