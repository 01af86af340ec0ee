// SPDX-License-Identifier: GPL-2.0
/*
 * Mounting: options, limits, and what statfs(2) tells.
 */
#include <linux/capability.h>
#include <linux/ctype.h>
#include <linux/fs_parser.h>
#include <linux/module.h>
#include <linux/overflow.h>
#include <linux/seq_file.h>
#include <linux/statfs.h>
#include <linux/string.h>
#include "cow/swap.h"
#include "ksm/compat.h"
#include "ksm/ksmfs.h"

enum {
	OPT_SIZE,
	OPT_BREAK_RESERVE,
	OPT_SWAP,
	OPT_NR_INODES,
	OPT_MERGE,
	OPT_STRICT,
	OPT_MODE,
	OPT_UID,
	OPT_GID,
};

static const struct fs_parameter_spec parameters[] = {
	fsparam_string("size", OPT_SIZE),
	fsparam_string("break_reserve", OPT_BREAK_RESERVE),
	fsparam_string("swap", OPT_SWAP),
	fsparam_string("nr_inodes", OPT_NR_INODES),
	fsparam_string("merge", OPT_MERGE),
	fsparam_flag_no("strict", OPT_STRICT),
	fsparam_u32oct("mode", OPT_MODE),
	fsparam_u32("uid", OPT_UID),
	fsparam_u32("gid", OPT_GID),
	{}
};

/**
 * struct options - what a mount or remount asks for
 * @max_frames: frames, or 0 if it did not say
 * @has_reserve: it said how large the reserve is
 * @reserve_percent: of @max_frames; 0: not in percent
 * @reserve: in frames
 * @swap: path of the swap file, or NULL
 * @max_inodes: inodes, or 0 if it did not say
 * @merge: mode that domains begin with, or negative if it did not say
 * @strict: whether they begin strict, likewise
 * @mode: permissions of the root directory
 * @uid: its owner
 * @gid: its group
 */
struct options {
	unsigned long max_frames;
	bool has_reserve;
	unsigned long reserve_percent;
	unsigned long reserve;
	char *swap;
	unsigned long max_inodes;
	int merge;
	int strict;
	umode_t mode;
	kuid_t uid;
	kgid_t gid;
};

/*
 * Parse a number with an optional suffix; that of a percentage is dropped, if one
 * is allowed.  Returns false for anything else and for what does not fit.
 */
static bool parse_number(const char *string, unsigned long *value,
			 bool *percent)
{
	static const char suffixes[] = "kmgt";
	const char *suffix;

	if (!isdigit(*string))
		return false;
	for (*value = 0; isdigit(*string); string++) {
		if (check_mul_overflow(*value, 10UL, value) ||
		    check_add_overflow(*value, *string - '0' + 0UL, value))
			return false;
	}
	if (percent) {
		*percent = !strcmp(string, "%");
		if (*percent)
			return *value <= 100;
	}
	if (*string) {
		suffix = strchr(suffixes, tolower(*string++));
		if (!suffix || *string)
			return false;
		if (check_shl_overflow(*value, 10 * (suffix - suffixes + 1),
				       value))
			return false;
	}
	return *value <= LONG_MAX - PAGE_SIZE;
}

static bool parse_size(struct options *options, const char *string)
{
	unsigned long value;
	bool percent;

	if (!parse_number(string, &value, &percent))
		return false;
	options->max_frames = percent ? value * totalram_pages() / 100 :
			      DIV_ROUND_UP(value, PAGE_SIZE);
	return options->max_frames;
}

static bool parse_reserve(struct options *options, const char *string)
{
	unsigned long value;
	bool percent;

	if (!parse_number(string, &value, &percent))
		return false;
	options->has_reserve = true;
	options->reserve_percent = percent ? value : 0;
	options->reserve = percent ? 0 : DIV_ROUND_UP(value, PAGE_SIZE);
	return true;
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
		if (!parse_size(options, param->string))
			goto bad;
		break;
	case OPT_BREAK_RESERVE:
		if (!parse_reserve(options, param->string))
			goto bad;
		break;
	case OPT_SWAP:
		if (*param->string != '/')
			return invalfc(fc, "swap=%s is not a whole path, from / on",
				       param->string);
		kfree(options->swap);
		options->swap = param->string;
		param->string = NULL;
		break;
	case OPT_NR_INODES:
		if (!parse_number(param->string, &options->max_inodes, NULL) ||
		    !options->max_inodes)
			goto bad;
		break;
	case OPT_MERGE:
		options->merge = match_string(ksmfs_merge_words, -1,
					      param->string);
		if (options->merge < 0)
			goto bad;
		break;
	case OPT_STRICT:
		options->strict = !result.negated;
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
	unsigned long percent = READ_ONCE(sbi->reserve_percent);
	const char *swap = READ_ONCE(sbi->swap_path);

	seq_printf(seq, ",size=%luk,nr_inodes=%lu,mode=%04o",
		   sbi->frames.limit << (PAGE_SHIFT - 10), sbi->inodes.limit,
		   sbi->mode);
	if (percent)
		seq_printf(seq, ",break_reserve=%lu%%", percent);
	else
		seq_printf(seq, ",break_reserve=%luk",
			   sbi->frames.reserve << (PAGE_SHIFT - 10));
	if (swap)
		seq_show_option(seq, "swap", swap);
	if (sbi->merge != KSMFS_MERGE_share)
		seq_show_option(seq, "merge", ksmfs_merge_words[sbi->merge]);
	if (sbi->strict)
		seq_puts(seq, ",strict");
	if (!uid_eq(sbi->uid, GLOBAL_ROOT_UID))
		seq_printf(seq, ",uid=%u",
			   from_kuid_munged(&init_user_ns, sbi->uid));
	if (!gid_eq(sbi->gid, GLOBAL_ROOT_GID))
		seq_printf(seq, ",gid=%u",
			   from_kgid_munged(&init_user_ns, sbi->gid));
	return 0;
}

/* 16 MiB */
#define STATFS_STEP (1UL << (24 - PAGE_SHIFT))

static int statfs(struct dentry *dentry, struct kstatfs *buf)
{
	struct ksmfs_sb *sbi = ksmfs_sb(dentry->d_sb);
	unsigned long left = ksmfs_quota_left(&sbi->frames);

	buf->f_type = KSMFS_MAGIC;
	buf->f_bsize = PAGE_SIZE;
	buf->f_namelen = NAME_MAX;
	buf->f_blocks = sbi->frames.limit;
	buf->f_bfree = left;
	buf->f_bavail = left - min(left, ksmfs_quota_reserve(&sbi->frames));
	/* Who may not know what is merged is told in steps that hide a page. */
	if (!ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN)) {
		buf->f_bfree = round_down(buf->f_bfree, STATFS_STEP);
		buf->f_bavail = round_down(buf->f_bavail, STATFS_STEP);
	}
	buf->f_files = sbi->inodes.limit;
	buf->f_ffree = ksmfs_quota_left(&sbi->inodes);
	return 0;
}

static const struct super_operations super_ops = {
	.alloc_inode = ksmfs_inode_alloc,
	.free_inode = ksmfs_inode_free,
	.evict_inode = ksmfs_inode_evict,
	.drop_inode = inode_just_drop,
	.statfs = statfs,
	.show_options = show_options,
};

/* Refuse a limit that is lower than what is in use. */
static int check_limit(struct fs_context *fc, const char *option,
		       struct ksmfs_quota *quota, unsigned long limit)
{
	unsigned long used = atomic_long_read(&quota->used);

	if (limit >= used)
		return 0;
	errorfc(fc, "%s is too small: %lu are in use", option, used);
	return -EBUSY;
}

/* Have what was not asked for stay as it is; refuse limits that do not fit. */
static int complete_limits(struct fs_context *fc, struct ksmfs_sb *sbi)
{
	struct options *options = fc->fs_private;

	if (!options->max_frames)
		options->max_frames = sbi->frames.limit;
	if (!options->max_inodes)
		options->max_inodes = sbi->inodes.limit;
	if (!options->has_reserve) {
		options->reserve_percent = sbi->reserve_percent;
		options->reserve = sbi->frames.reserve;
	}
	if (options->reserve_percent)
		options->reserve = mult_frac(options->max_frames,
					     options->reserve_percent, 100UL);
	if (options->reserve > options->max_frames)
		return invalfc(fc, "break_reserve is more than size: %lu pages of %lu",
			       options->reserve, options->max_frames);
	/* Frames of shares that wait to be given up are nobody's any more. */
	ksmfs_unshare_drain(&sbi->frames);
	return check_limit(fc, "size, in pages,", &sbi->frames,
			   options->max_frames) ?:
	       check_limit(fc, "nr_inodes", &sbi->inodes, options->max_inodes);
}

static void set_simple(struct ksmfs_sb *sbi, const struct options *options)
{
	WRITE_ONCE(sbi->frames.limit, options->max_frames);
	WRITE_ONCE(sbi->frames.reserve, options->reserve);
	WRITE_ONCE(sbi->inodes.limit, options->max_inodes);
	WRITE_ONCE(sbi->reserve_percent, options->reserve_percent);
	if (options->merge >= 0)
		WRITE_ONCE(sbi->merge, options->merge);
	if (options->strict >= 0)
		WRITE_ONCE(sbi->strict, options->strict);
}

/* Open the swap file that a mount or remount asks for, if it does. */
static int set_swap(struct fs_context *fc, struct ksmfs_sb *sbi)
{
	struct options *options = fc->fs_private;
	struct ksmfs_swap *swap;

	/* mount(8) repeats the options of a mount when it remounts. */
	if (!options->swap ||
	    (sbi->swap_path && !strcmp(sbi->swap_path, options->swap)))
		return 0;
	if (sbi->swap_path) {
		errorfc(fc, "swap file is %s and cannot become %s: unmount first",
			sbi->swap_path, options->swap);
		return -EBUSY;
	}
	swap = ksmfs_swapfile_open(fc, options->swap);
	if (IS_ERR(swap))
		return PTR_ERR(swap);
	WRITE_ONCE(sbi->swap_path, options->swap);
	options->swap = NULL;
	/* Pairs with the acquire of who uses it, such as mount_info(). */
	smp_store_release(&sbi->frames.swap, swap);
	return 0;
}

static int set_options(struct fs_context *fc, struct ksmfs_sb *sbi)
{
	int err;

	err = complete_limits(fc, sbi) ?: set_swap(fc, sbi);
	if (!err)
		set_simple(sbi, fc->fs_private);
	return err;
}

static void unshare(struct work_struct *work)
{
	struct ksmfs_sb *sbi = container_of(to_delayed_work(work),
					    struct ksmfs_sb, unshare);

	ksmfs_unshare_drain(&sbi->frames);
}

/* Late enough that who broke a slot is done with it, soon enough for df(1). */
static void unshare_later(struct ksmfs_quota *frames)
{
	struct ksmfs_sb *sbi = container_of(frames, struct ksmfs_sb, frames);

	queue_delayed_work(ksmfs_pressure_workers, &sbi->unshare, HZ / 10);
}

static int fill_super(struct super_block *sb, struct fs_context *fc)
{
	struct options *options = fc->fs_private;
	struct ksmfs_sb *sbi;
	struct inode *root;
	int err;

	sbi = kzalloc(sizeof(*sbi), GFP_KERNEL);
	if (!sbi)
		return -ENOMEM;
	ksmfs_quota_init(&sbi->frames, totalram_pages() / 2);
	/* Each may be a domain, of 8 KiB and more: a seventh of memory in all. */
	ksmfs_quota_init(&sbi->inodes, totalram_pages() / 16);
	sbi->reserve_percent = 1;
	sbi->mode = options->mode;
	sbi->uid = options->uid;
	sbi->gid = options->gid;

	INIT_DELAYED_WORK(&sbi->unshare, unshare);
	ksmfs_unshare_init(&sbi->frames.unshare);
	sbi->frames.unshare.later = unshare_later;
	ksmfs_pressure_begin(sbi);
	sb->s_fs_info = sbi;	/* from here on kill_sb() frees it */
	sb->s_blocksize = PAGE_SIZE;
	sb->s_blocksize_bits = PAGE_SHIFT;
	sb->s_maxbytes = MAX_LFS_FILESIZE;
	sb->s_magic = KSMFS_MAGIC;
	sb->s_op = &super_ops;
	sb->s_xattr = ksmfs_xattr_handlers;
	sb->s_time_gran = 1;

	err = set_options(fc, sbi);
	if (err)
		return err;
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
	return set_options(fc, ksmfs_sb(fc->root->d_sb));
}

static void free_context(struct fs_context *fc)
{
	struct options *options = fc->fs_private;

	kfree(options->swap);
	kfree(options);
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
	options->merge = -1;
	options->strict = -1;
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
	unsigned long bad;

	if (sbi)
		ksmfs_pressure_end(sbi);
	kill_anon_super(sb);
	if (!sbi)
		return;
	/* It may have been queued by the last file: now nothing is left to do. */
	cancel_delayed_work_sync(&sbi->unshare);
	bad = ksmfs_swap_free(sbi->frames.swap);
	if (bad)
		pr_warn("ksmfs: swap file %s: %lu pages could not be wiped, what guests had there may be left: wipe it before others get it\n",
			sbi->swap_path, bad);
	kfree(sbi->swap_path);
	kfree(sbi);
}

struct file_system_type ksmfs_fs_type = {
	.owner = THIS_MODULE,
	.name = "ksmfs",
	.init_fs_context = init_fs_context,
	.parameters = parameters,
	.kill_sb = kill_sb,
};
