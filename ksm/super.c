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
 * @max_frames: frames, or 0 if it did not say
 * @max_inodes: inodes, or 0 if it did not say
 * @mode: permissions of the root directory
 * @uid: its owner
 * @gid: its group
 */
struct options {
	unsigned long max_frames;
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
		options->max_frames =
			DIV_ROUND_UP(parse_limit(param->string, true),
				     PAGE_SIZE);
		if (!options->max_frames)
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
		   sbi->frames.limit << (PAGE_SHIFT - 10), sbi->inodes.limit,
		   sbi->mode);
	if (!uid_eq(sbi->uid, GLOBAL_ROOT_UID))
		seq_printf(seq, ",uid=%u",
			   from_kuid_munged(&init_user_ns, sbi->uid));
	if (!gid_eq(sbi->gid, GLOBAL_ROOT_GID))
		seq_printf(seq, ",gid=%u",
			   from_kgid_munged(&init_user_ns, sbi->gid));
	return 0;
}

static int statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct ksmfs_sb *sbi = ksmfs_sb(dentry->d_sb);

	buf->f_type = KSMFS_MAGIC;
	buf->f_bsize = PAGE_SIZE;
	buf->f_namelen = NAME_MAX;
	buf->f_blocks = sbi->frames.limit;
	buf->f_bfree = ksmfs_quota_left(&sbi->frames);
	buf->f_bavail = buf->f_bfree;
	buf->f_files = sbi->inodes.limit;
	buf->f_ffree = ksmfs_quota_left(&sbi->inodes);
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
	ksmfs_quota_init(&sbi->frames,
			 options->max_frames ?: totalram_pages() / 2);
	ksmfs_quota_init(&sbi->inodes,
			 options->max_inodes ?: totalram_pages() / 2);
	sbi->mode = options->mode;
	sbi->uid = options->uid;
	sbi->gid = options->gid;

	ksmfs_pressure_begin(sbi);
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

/* Refuse a limit, 0 for none, that is lower than what is in use. */
static int check_limit(struct fs_context *fc, const char *option,
		       struct ksmfs_quota *quota, unsigned long limit)
{
	unsigned long used = atomic_long_read(&quota->used);

	if (!limit || limit >= used)
		return 0;
	errorfc(fc, "%s is too small: %lu are in use", option, used);
	return -EBUSY;
}

static int reconfigure(struct fs_context *fc)
{
	struct ksmfs_sb *sbi = ksmfs_sb(fc->root->d_sb);
	struct options *options = fc->fs_private;
	int err;

	err = check_limit(fc, "size, in pages,", &sbi->frames,
			  options->max_frames) ?:
	      check_limit(fc, "nr_inodes", &sbi->inodes, options->max_inodes);
	if (err)
		return err;
	if (options->max_frames)
		WRITE_ONCE(sbi->frames.limit, options->max_frames);
	if (options->max_inodes)
		WRITE_ONCE(sbi->inodes.limit, options->max_inodes);
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

	if (sbi)
		ksmfs_pressure_end(sbi);
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
