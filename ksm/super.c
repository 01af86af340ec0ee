// SPDX-License-Identifier: GPL-2.0
/*
 * Mounting: options, limits, and what statfs(2) tells.
 */
#include <linux/ctype.h>
#include <linux/fs_parser.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/seq_file.h>
#include <linux/statfs.h>
#include "ksm/ksmfs.h"

enum {
	OPT_SIZE,
	OPT_NR_INODES,
	OPT_MODE,
	OPT_UID,
	OPT_GID,
};

static const struct fs_parameter_spec parameters[] = {
	fsparam_string("size", OPT_SIZE),
	fsparam_string("nr_inodes", OPT_NR_INODES),
	fsparam_u32oct("mode", OPT_MODE),
	fsparam_u32("uid", OPT_UID),
	fsparam_u32("gid", OPT_GID),
	{}
};

/**
 * struct options - what a mount or remount asks for
 * @limit: frames, or 0 if it did not say
 * @max_inodes: inodes, or 0 if it did not say
 * @mode: permissions of the root directory
 * @uid: its owner
 * @gid: its group
 */
struct options {
	unsigned long limit;
	unsigned long max_inodes;
	umode_t mode;
	kuid_t uid;
	kgid_t gid;
};

/*
 * Parse a number with an optional suffix.  Returns 0, which no limit may be,
 * for anything else and for what does not fit.
 */
static unsigned long parse_limit(const char *string, bool percent)
{
	static const char suffixes[] = "kmgt";
	unsigned long value = 0;
	const char *suffix;

	for (; isdigit(*string); string++) {
		if (check_mul_overflow(value, 10UL, &value) ||
		    check_add_overflow(value, *string - '0' + 0UL, &value))
			return 0;
	}
	if (percent && !strcmp(string, "%"))
		return value > 100 ? 0 :
		       (value * totalram_pages() / 100) << PAGE_SHIFT;
	if (*string) {
		suffix = strchr(suffixes, tolower(*string++));
		if (!suffix || *string)
			return 0;
		if (check_shl_overflow(value, 10 * (suffix - suffixes + 1),
				       &value))
			return 0;
	}
	return value > LONG_MAX - PAGE_SIZE ? 0 : value;
}

static int parse_param(struct fs_context *fc, struct fs_parameter *param)
{
	struct options *options = fc->fs_private;
	struct fs_parse_result result;
	int opt = fs_parse(fc, parameters, param, &result);

	if (opt < 0)
		return opt;

	switch (opt) {
	case OPT_SIZE:
		options->limit = DIV_ROUND_UP(parse_limit(param->string, true),
					      PAGE_SIZE);
		if (!options->limit)
			goto bad;
		break;
	case OPT_NR_INODES:
		options->max_inodes = parse_limit(param->string, false);
		if (!options->max_inodes)
			goto bad;
		break;
	case OPT_MODE:
		if (result.uint_32 & ~07777)
			goto bad;
		options->mode = result.uint_32;
		break;
	case OPT_UID:
		options->uid = make_kuid(current_user_ns(), result.uint_32);
		if (!uid_valid(options->uid))
			goto bad;
		break;
	case OPT_GID:
		options->gid = make_kgid(current_user_ns(), result.uint_32);
		if (!gid_valid(options->gid))
			goto bad;
		break;
	}
	return 0;

bad:
	return invalfc(fc, "bad value '%s' of option '%s'", param->string,
		       param->key);
}

static int show_options(struct seq_file *seq, struct dentry *root)
{
	struct ksmfs_sb *sbi = ksmfs_sb(root->d_sb);

	seq_printf(seq, ",size=%luk,nr_inodes=%lu,mode=%04o",
		   sbi->quota.limit << (PAGE_SHIFT - 10), sbi->max_inodes,
		   sbi->mode);
	if (!uid_eq(sbi->uid, GLOBAL_ROOT_UID))
		seq_printf(seq, ",uid=%u",
			   from_kuid_munged(&init_user_ns, sbi->uid));
	if (!gid_eq(sbi->gid, GLOBAL_ROOT_GID))
		seq_printf(seq, ",gid=%u",
			   from_kgid_munged(&init_user_ns, sbi->gid));
	return 0;
}

static unsigned long rest(unsigned long limit, atomic_long_t *used)
{
	unsigned long in_use = atomic_long_read(used);

	return in_use < limit ? limit - in_use : 0;
}

static int statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct ksmfs_sb *sbi = ksmfs_sb(dentry->d_sb);

	buf->f_type = KSMFS_MAGIC;
	buf->f_bsize = PAGE_SIZE;
	buf->f_namelen = NAME_MAX;
	buf->f_blocks = sbi->quota.limit;
	buf->f_bfree = rest(sbi->quota.limit, &sbi->quota.used);
	buf->f_bavail = buf->f_bfree;
	buf->f_files = sbi->max_inodes;
	buf->f_ffree = rest(sbi->max_inodes, &sbi->nr_inodes);
	return 0;
}

static const struct super_operations super_ops = {
	.alloc_inode = ksmfs_inode_alloc,
	.free_inode = ksmfs_inode_free,
	.evict_inode = ksmfs_inode_evict,
	.drop_inode = generic_delete_inode,
	.statfs = statfs,
	.show_options = show_options,
};

static int fill_super(struct super_block *sb, struct fs_context *fc)
{
	struct options *options = fc->fs_private;
	struct ksmfs_sb *sbi;
	struct inode *root;

	sbi = kzalloc(sizeof(*sbi), GFP_KERNEL);
	if (!sbi)
		return -ENOMEM;
	sbi->quota.limit = options->limit ?: totalram_pages() / 2;
	sbi->max_inodes = options->max_inodes ?: totalram_pages() / 2;
	sbi->mode = options->mode;
	sbi->uid = options->uid;
	sbi->gid = options->gid;

	sb->s_fs_info = sbi;	/* from here on kill_sb() frees it */
	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_maxbytes = MAX_LFS_FILESIZE;
	sb->s_magic = KSMFS_MAGIC;
	sb->s_op = &super_ops;
	sb->s_time_gran = 1;

	root = ksmfs_inode_new_root(sb);
	if (IS_ERR(root))
		return PTR_ERR(root);
	sb->s_root = d_make_root(root);
	return sb->s_root ? 0 : -ENOMEM;
}

static int get_tree(struct fs_context *fc)
{
	return get_tree_nodev(fc, fill_super);
}

static int reconfigure(struct fs_context *fc)
{
	struct ksmfs_sb *sbi = ksmfs_sb(fc->root->d_sb);
	struct options *options = fc->fs_private;
	unsigned long frames = atomic_long_read(&sbi->quota.used);
	unsigned long inodes = atomic_long_read(&sbi->nr_inodes);

	if (options->limit && options->limit < frames) {
		errorfc(fc, "size is too small: %lu pages are in use", frames);
		return -EBUSY;
	}
	if (options->max_inodes && options->max_inodes < inodes) {
		errorfc(fc, "nr_inodes is too small: %lu are in use", inodes);
		return -EBUSY;
	}
	if (options->limit)
		WRITE_ONCE(sbi->quota.limit, options->limit);
	if (options->max_inodes)
		WRITE_ONCE(sbi->max_inodes, options->max_inodes);
	return 0;
}

static void free_context(struct fs_context *fc)
{
	kfree(fc->fs_private);
}

static const struct fs_context_operations context_ops = {
	.parse_param = parse_param,
	.get_tree = get_tree,
	.reconfigure = reconfigure,
	.free = free_context,
};

static int init_fs_context(struct fs_context *fc)
{
	struct options *options;

	options = kzalloc(sizeof(*options), GFP_KERNEL);
	if (!options)
		return -ENOMEM;
	options->mode = 01777;
	options->uid = current_fsuid();
	options->gid = current_fsgid();

	fc->fs_private = options;
	fc->ops = &context_ops;
	return 0;
}

static void kill_sb(struct super_block *sb)
{
	struct ksmfs_sb *sbi = ksmfs_sb(sb);

	kill_litter_super(sb);
	kfree(sbi);
}

struct file_system_type ksmfs_fs_type = {
	.owner = THIS_MODULE,
	.name = "ksmfs",
	.init_fs_context = init_fs_context,
	.parameters = parameters,
	.kill_sb = kill_sb,
};
