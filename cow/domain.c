// SPDX-License-Identifier: GPL-2.0
#include "cow/domain.h"
#include "cow/pack.h"
#include "cow/pool.h"
#include "cow/unshare.h"
#include <ksmfs/stats.h>

struct ksmfs_domain *ksmfs_domain_new(u64 ino, u64 seed,
				      struct ksmfs_quota *quota,
				      const struct ksmfs_stable_ops *ops)
{
	struct ksmfs_domain *domain;

	domain = kzalloc(sizeof(*domain), GFP_KERNEL_ACCOUNT);
	if (!domain)
		goto err;
	domain->zero = alloc_page(GFP_HIGHUSER | __GFP_ZERO | __GFP_ACCOUNT);
	if (!domain->zero)
		goto err_free;
	domain->stable = ops->new();
	if (IS_ERR(domain->stable))
		goto err_zero;
	if (ksmfs_pool_begin())
		goto err_stable;

	refcount_set(&domain->refs, 1);
	domain->ino = ino;
	domain->seed = seed;
	domain->quota = quota;
	domain->ops = ops;
	ksmfs_count(domains);
	ksmfs_stat_add(KSMFS_STAT_metadata_bytes, PAGE_SIZE);
	return domain;

err_stable:
	ops->destroy(domain->stable);
err_zero:
	put_page(domain->zero);
err_free:
	kfree(domain);
err:
	return ERR_PTR(-ENOMEM);
}

struct ksmfs_domain *ksmfs_domain_get(struct ksmfs_domain *domain)
{
	refcount_inc(&domain->refs);
	return domain;
}

void ksmfs_domain_put(struct ksmfs_domain *domain)
{
	if (!domain || !refcount_dec_and_test(&domain->refs))
		return;
	ksmfs_stat_add(KSMFS_STAT_domains, -1);
	ksmfs_stat_add(KSMFS_STAT_metadata_bytes, -(long)PAGE_SIZE);
	ksmfs_unshare_settle(domain);
	domain->ops->destroy(domain->stable);
	ksmfs_pack_end(domain);
	put_page(domain->zero);
	kfree(domain);
	ksmfs_pool_end();
}
