// SPDX-License-Identifier: GPL-2.0
/*
 * Extended attributes of a domain's directory: its mode, whether it is strict.
 *
 * The VFS asks for CAP_SYS_ADMIN, as these are trusted.*, and holds the inode's
 * lock while one is set, so there is one caller at a time for each domain.
 */
#include <linux/capability.h>
#include <linux/string.h>
#include <linux/xattr.h>
#include "ksm/compat.h"
#include "ksm/ksmfs.h"
#include "ksm/mode.h"

const char *const ksmfs_merge_words[] = {
#define X(id, word, help) word,
	KSMFS_MERGE_MODES(X)
#undef X
	NULL
};

static const char *const strict_words[] = { "0", "1", NULL };

/* The domain that an inode is the directory of, or NULL. */
static struct ksmfs_domain *domain_of(const struct inode *inode)
{
	struct ksmfs_domain *domain = ksmfs_inode(inode)->domain;

	return domain->ino == inode->i_ino ? domain : NULL;
}

static bool is_listed(struct dentry *dentry)
{
	/* No denial for the audit log: who lists asks for nothing of ours. */
	return domain_of(d_inode(dentry)) &&
	       ns_capable_noaudit(&init_user_ns, CAP_SYS_ADMIN);
}

/*
 * What an attribute of a domain is to be set to: the number of a word that has
 * no zero at its end, or a negative errno.
 */
static int parse_word(const struct ksmfs_domain *domain,
		      const char *const *words, const char *value, size_t size,
		      int flags)
{
	int i;

	if (!domain || !value)	/* NULL: it is to be removed */
		return -EINVAL;
	if (flags & XATTR_CREATE)
		return -EEXIST;
	for (i = 0; words[i]; i++) {
		if (strlen(words[i]) == size && !memcmp(words[i], value, size))
			return i;
	}
	return -EINVAL;
}

/* As getxattr(2) wants it: a buffer of no size asks how much there is. */
static int put_word(const char *word, void *buffer, size_t size)
{
	size_t length = strlen(word);

	if (!size)
		return length;
	if (size < length)
		return -ERANGE;
	memcpy(buffer, word, length);
	return length;
}

static int get_merge(const struct xattr_handler *handler,
		     struct dentry *dentry, struct inode *inode,
		     const char *name, void *buffer, size_t size)
{
	struct ksmfs_domain *domain = domain_of(inode);

	if (!domain)
		return -ENODATA;
	return put_word(ksmfs_merge_words[READ_ONCE(domain->merge)], buffer,
			size);
}

static int set_merge(const struct xattr_handler *handler,
		     struct mnt_idmap *idmap, struct dentry *dentry,
		     struct inode *inode, const char *name, const void *value,
		     size_t size, int flags)
{
	struct ksmfs_domain *domain = domain_of(inode);
	int merge;

	merge = parse_word(domain, ksmfs_merge_words, value, size, flags);
	if (merge < 0)
		return merge;
	return ksmfs_mode_set(domain, merge, domain->strict);
}

static int get_strict(const struct xattr_handler *handler,
		      struct dentry *dentry, struct inode *inode,
		      const char *name, void *buffer, size_t size)
{
	struct ksmfs_domain *domain = domain_of(inode);

	if (!domain)
		return -ENODATA;
	return put_word(strict_words[READ_ONCE(domain->strict)], buffer, size);
}

static int set_strict(const struct xattr_handler *handler,
		      struct mnt_idmap *idmap, struct dentry *dentry,
		      struct inode *inode, const char *name, const void *value,
		      size_t size, int flags)
{
	struct ksmfs_domain *domain = domain_of(inode);
	int strict;

	strict = parse_word(domain, strict_words, value, size, flags);
	if (strict < 0)
		return strict;
	return ksmfs_mode_set(domain, domain->merge, strict);
}

static const struct xattr_handler merge_handler = {
	.name = KSMFS_XATTR_MERGE,
	.list = is_listed,
	.get = get_merge,
	.set = set_merge,
};

static const struct xattr_handler strict_handler = {
	.name = KSMFS_XATTR_STRICT,
	.list = is_listed,
	.get = get_strict,
	.set = set_strict,
};

const struct xattr_handler *ksmfs_xattr_handlers[] = {
	&merge_handler,
	&strict_handler,
	NULL
};
