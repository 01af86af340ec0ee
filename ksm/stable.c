// SPDX-License-Identifier: GPL-2.0
/*
 * Structures
 * ----------
 *
 * A domain has KSMFS_STABLE_SHARDS shards; the top bits of a fingerprint say
 * which.  A shard is a spinlock and a chained hash table, of which the low bits
 * say the bucket.  The frames themselves are what is chained, through the
 * fields named in frame.h, so a frame costs nothing and a bucket 8 bytes.
 *
 * A table that holds more than three frames for two buckets is doubled.  Its
 * successor is allocated without the lock, and from then on every insertion
 * takes a few buckets along until the old table is empty; so nobody ever waits
 * for a table to be rehashed.  Meanwhile a frame is in the old table if its
 * bucket there has not been moved yet, otherwise in the new one.
 *
 * Invariants
 * ----------
 *
 * - A hint is in the tree only while its slot holds it; who takes it out of
 *   the slot has taken it out of the tree before, under the slot's lock.
 * - A shared frame is in the tree if and only if it has sharers.  A sharer is
 *   a slot, or a ksmfs_match that is about to become one; or was a slot, and
 *   waits to be given up (cow/unshare.c).  But a frame whose one sharer must find
 *   no other is not in the tree: in strict domains, and while it is replaced by
 *   a private one.
 * - A shared frame's content never changes while it is in the tree.
 *
 * Lock order: slot, shard.  Nothing is locked under a shard's lock.
 *
 * Lifetimes
 * ---------
 *
 * The number of sharers changes under the shard's lock only, so whoever finds
 * a shared frame finds it with sharers, and adds itself before it can lose the
 * last one: a frame without sharers is never resurrected.  A hint's region is
 * alive while the hint is in the tree (region.h), hence may be used after
 * ksmfs_region_get() under the shard's lock has said so; and so is its frame.
 *
 * A lookup waits for memory twice: for the bucket, and for the first frame.  Who
 * has several to make prefetches all of them before; that takes no lock, and so
 * an old table is freed by RCU.  It is the only thing readers do without the
 * lock: if they were to walk chains, each frame that is freed would have to wait
 * for them, and frames are what all this is about; while a shard's lock is held
 * for a few cache lines at a time.
 */
#include "ksm/stable.h"
#include <ksmfs/stats.h>

/* Enough that the scanner and the breaks of a busy domain seldom meet. */
#define KSMFS_STABLE_SHARDS_SHIFT 4
#define KSMFS_STABLE_SHARDS BIT(KSMFS_STABLE_SHARDS_SHIFT)

#define FIRST_BITS 4	/* a small domain costs 16 shards of 16 buckets */
#define FULL(bits) (BIT(bits) + BIT(bits) / 2)	/* frames in a table to be doubled */
#define MOVE_BATCH 4	/* buckets an insertion takes along */

/**
 * struct table - a hash table
 * @rcu: for freeing it
 * @bits: of the bucket's number
 * @bucket: chains of frames
 */
struct table {
	struct rcu_head rcu;
	unsigned int bits;
	struct hlist_head bucket[];
};

/**
 * struct shard - a part of the stable tree
 * @lock: guards all of the shard, and the links and sharers of its frames
 * @nr: frames in the shard
 * @table: where frames go
 * @old: table that @table replaces, or NULL
 * @moved: buckets of @old that are empty because they have been moved
 */
struct shard {
	spinlock_t lock;
	unsigned long nr;
	struct table *table;
	struct table *old;
	unsigned long moved;
} ____cacheline_aligned_in_smp;

struct ksmfs_stable {
	struct shard shard[KSMFS_STABLE_SHARDS];
};

static size_t table_size(unsigned int bits)
{
	return sizeof(struct table) + (sizeof(struct hlist_head) << bits);
}

static struct table *table_new(unsigned int bits)
{
	/* Bigger tables are made with slots held, and can be done without. */
	struct table *table = kvzalloc(table_size(bits), GFP_KERNEL_ACCOUNT |
				       __GFP_RETRY_MAYFAIL | __GFP_NOWARN);

	if (!table)
		return NULL;
	table->bits = bits;
	ksmfs_stat_add(KSMFS_STAT_metadata_bytes, table_size(bits));
	return table;
}

static void uncount(const struct table *table)
{
	ksmfs_stat_add(KSMFS_STAT_metadata_bytes,
		       -(long)table_size(table->bits));
}

/* Nobody has seen the table, or nobody can see it any more. */
static void table_free(struct table *table)
{
	if (!table)
		return;
	uncount(table);
	kvfree(table);
}

/* Somebody may still prefetch from the table. */
static void table_retire(struct table *table)
{
	if (!table)
		return;
	uncount(table);
	kvfree_rcu(table, rcu);
}

static unsigned long bucket_of(const struct table *table, u64 fingerprint)
{
	return fingerprint & (BIT(table->bits) - 1);
}

static struct shard *shard_of(struct ksmfs_domain *domain, u64 fingerprint)
{
	return &domain->stable->shard[fingerprint >>
				      (64 - KSMFS_STABLE_SHARDS_SHIFT)];
}

static void stable_destroy(struct ksmfs_stable *stable)
{
	struct shard *shard;

	for (shard = stable->shard; shard < stable->shard + KSMFS_STABLE_SHARDS;
	     shard++) {
		WARN_ON_ONCE(shard->nr);
		table_free(shard->old);
		table_free(shard->table);
	}
	kfree(stable);
}

static struct ksmfs_stable *stable_new(void)
{
	struct ksmfs_stable *stable = kzalloc(sizeof(*stable),
					      GFP_KERNEL_ACCOUNT);
	struct shard *shard;

	if (!stable)
		return ERR_PTR(-ENOMEM);
	for (shard = stable->shard; shard < stable->shard + KSMFS_STABLE_SHARDS;
	     shard++) {
		spin_lock_init(&shard->lock);
		shard->table = table_new(FIRST_BITS);
		if (!shard->table) {
			stable_destroy(stable);
			return ERR_PTR(-ENOMEM);
		}
	}
	return stable;
}

/* The chain on which frames of a fingerprint are, or belong. */
static struct hlist_head *chain(struct shard *shard, u64 fingerprint)
{
	struct table *table = shard->table;

	lockdep_assert_held(&shard->lock);
	if (shard->old && bucket_of(shard->old, fingerprint) >= shard->moved)
		table = shard->old;
	return &table->bucket[bucket_of(table, fingerprint)];
}

/* Likewise, or almost always likewise. */
static struct hlist_head *likely_chain(struct shard *shard, u64 fingerprint)
{
	/* Pairs with the release in grow(). */
	struct table *table = smp_load_acquire(&shard->table);

	return &table->bucket[bucket_of(table, fingerprint)];
}

void ksmfs_stable_prefetch(struct ksmfs_domain *domain, const u64 *fingerprints,
			   unsigned int nr)
{
	const u64 *end = fingerprints + nr, *f;

	rcu_read_lock();
	for (f = fingerprints; f < end; f++)
		prefetch(likely_chain(shard_of(domain, *f), *f));
	for (f = fingerprints; f < end; f++)
		prefetch(READ_ONCE(likely_chain(shard_of(domain, *f),
						*f)->first));
	rcu_read_unlock();
}

/* Take a few buckets along to the new table; return the old one when done. */
static struct table *move_some(struct shard *shard)
{
	struct table *old = shard->old;
	struct hlist_node *link, *next;
	unsigned int i;

	lockdep_assert_held(&shard->lock);
	if (!old)
		return NULL;
	for (i = 0; i < MOVE_BATCH && shard->moved < BIT(old->bits); i++) {
		struct hlist_head *from = &old->bucket[shard->moved++];

		for (link = from->first; link; link = next) {
			struct page *frame = ksmfs_frame_of_link(link);
			u64 fingerprint = ksmfs_frame_fingerprint(frame);

			next = link->next;
			hlist_del_init(link);
			hlist_add_head(link, chain(shard, fingerprint));
		}
	}
	if (shard->moved < BIT(old->bits))
		return NULL;
	shard->old = NULL;
	return old;
}

/*
 * Begin to double the table of a shard, which had @bits when it was found full.
 * Without memory the chains just grow longer.
 */
static void grow(struct shard *shard, unsigned int bits)
{
	struct table *bigger = table_new(bits + 1);

	if (!bigger)
		return;
	spin_lock(&shard->lock);
	if (!shard->old && shard->table->bits == bits) {
		shard->old = shard->table;
		/* Who prefetches must see its bits: pairs with likely_chain(). */
		smp_store_release(&shard->table, bigger);
		shard->moved = 0;
		bigger = NULL;
	}
	spin_unlock(&shard->lock);
	table_free(bigger);
}

static bool add(struct ksmfs_domain *domain, struct page *frame)
{
	u64 fingerprint = ksmfs_frame_fingerprint(frame);
	struct shard *shard = shard_of(domain, fingerprint);
	struct table *done = NULL;
	struct hlist_head *head;
	struct hlist_node *link;
	unsigned int equal = 0;
	unsigned int bits;
	bool full;

	spin_lock(&shard->lock);
	head = chain(shard, fingerprint);
	hlist_for_each(link, head) {
		struct page *other = ksmfs_frame_of_link(link);

		if (ksmfs_frame_fingerprint(other) == fingerprint)
			equal++;
	}
	if (equal < KSMFS_STABLE_MAX_EQUAL) {
		hlist_add_head(ksmfs_frame_link(frame), head);
		shard->nr++;
		done = move_some(shard);
	}
	bits = shard->table->bits;
	full = !shard->old && shard->nr > FULL(bits);
	spin_unlock(&shard->lock);

	table_retire(done);
	if (full)
		grow(shard, bits);
	return equal < KSMFS_STABLE_MAX_EQUAL;
}

bool ksmfs_stable_add_hint(struct ksmfs_domain *domain, struct page *frame)
{
	return add(domain, frame);
}

static void count_shared(struct ksmfs_domain *domain)
{
	atomic_long_inc(&domain->shared_frames);
	atomic_long_dec(&domain->quota->debt);
	/* One of its sharers counts as the frame itself, as in KSM. */
	ksmfs_count(pages_shared);
	ksmfs_stat_add(KSMFS_STAT_pages_sharing, -1);
}

bool ksmfs_stable_add_shared(struct ksmfs_domain *domain, struct page *frame)
{
	page_folio(frame)->index = 1;
	if (!add(domain, frame))
		return false;
	count_shared(domain);
	return true;
}

void ksmfs_stable_add_alone(struct ksmfs_domain *domain, struct page *frame)
{
	page_folio(frame)->index = 1;
	count_shared(domain);
}

/* A frame may be in the tree, or not. */
static void take_out(struct shard *shard, struct page *frame)
{
	lockdep_assert_held(&shard->lock);
	if (hlist_unhashed(ksmfs_frame_link(frame)))
		return;
	hlist_del_init(ksmfs_frame_link(frame));
	shard->nr--;
}

static void forget(struct ksmfs_domain *domain, struct page *hint)
{
	struct shard *shard = shard_of(domain, ksmfs_frame_fingerprint(hint));

	if (ksmfs_frame_fingerprint(hint) == KSMFS_NO_FINGERPRINT)
		return;
	/* The link is looked at under the lock, for the frame may be moving. */
	spin_lock(&shard->lock);
	take_out(shard, hint);
	spin_unlock(&shard->lock);
}

static void unshare(struct ksmfs_domain *domain, struct page *frame)
{
	struct shard *shard = shard_of(domain, ksmfs_frame_fingerprint(frame));
	bool last;

	spin_lock(&shard->lock);
	last = !--page_folio(frame)->index;
	if (last)
		take_out(shard, frame);
	spin_unlock(&shard->lock);
	if (!last)
		return;

	atomic_long_dec(&domain->shared_frames);
	atomic_long_inc(&domain->quota->debt);
	ksmfs_stat_add(KSMFS_STAT_pages_shared, -1);
	ksmfs_count(pages_sharing);
	ksmfs_frame_free(domain, frame, KSMFS_CHARGE);
}

static bool seclude(struct ksmfs_domain *domain, struct page *frame)
{
	struct shard *shard = shard_of(domain, ksmfs_frame_fingerprint(frame));
	bool is_last;

	spin_lock(&shard->lock);
	is_last = page_folio(frame)->index == 1;
	if (is_last)
		take_out(shard, frame);
	spin_unlock(&shard->lock);
	return is_last;
}

unsigned long ksmfs_stable_sharers(struct ksmfs_domain *domain,
				   const struct page *frame)
{
	struct shard *shard = shard_of(domain, ksmfs_frame_fingerprint(frame));
	unsigned long sharers;

	spin_lock(&shard->lock);
	sharers = page_folio(frame)->index;
	spin_unlock(&shard->lock);
	return sharers;
}

/* The @nth frame of one kind with a fingerprint; @nth counts down. */
static struct page *look_up(struct shard *shard, u64 fingerprint, bool shared,
			    const struct page *self, unsigned int *nth)
{
	struct hlist_node *link;

	lockdep_assert_held(&shard->lock);
	hlist_for_each(link, chain(shard, fingerprint)) {
		struct page *frame = ksmfs_frame_of_link(link);

		if (ksmfs_frame_fingerprint(frame) != fingerprint ||
		    ksmfs_frame_is_shared(frame) != shared || frame == self ||
		    PageHWPoison(frame))
			continue;
		if (!*nth)
			return frame;
		(*nth)--;
	}
	return NULL;
}

bool ksmfs_stable_has(struct ksmfs_domain *domain, u64 fingerprint,
		      const struct page *self)
{
	struct shard *shard = shard_of(domain, fingerprint);
	struct hlist_node *link;
	bool found = false;

	spin_lock(&shard->lock);
	hlist_for_each(link, chain(shard, fingerprint)) {
		struct page *frame = ksmfs_frame_of_link(link);

		found = ksmfs_frame_fingerprint(frame) == fingerprint &&
			frame != self;
		if (found)
			break;
	}
	spin_unlock(&shard->lock);
	return found;
}

/* Whether the frame in a match is a hint that could be made use of. */
static bool take_hint(struct ksmfs_match *match)
{
	struct page *frame = match->frame;
	struct ksmfs_region *region = ksmfs_region_of(frame->mapping);

	if (!ksmfs_region_get(region))
		return false;
	match->region = region;
	match->index = page_folio(frame)->index;
	get_page(frame);
	return true;
}

bool ksmfs_stable_find(struct ksmfs_domain *domain, u64 fingerprint,
		       const struct page *self, unsigned int nth,
		       struct ksmfs_match *match)
{
	struct shard *shard = shard_of(domain, fingerprint);
	bool found;

	*match = (struct ksmfs_match) {};
	spin_lock(&shard->lock);
	match->frame = look_up(shard, fingerprint, true, self, &nth);
	if (match->frame) {
		page_folio(match->frame)->index++;
		found = true;
	} else {
		match->frame = look_up(shard, fingerprint, false, self, &nth);
		found = match->frame && take_hint(match);
	}
	spin_unlock(&shard->lock);
	if (!found)
		match->frame = NULL;
	return found;
}

void ksmfs_stable_put(struct ksmfs_domain *domain, struct ksmfs_match *match)
{
	if (!match->frame)
		return;
	if (match->region) {
		put_page(match->frame);
		ksmfs_region_put(match->region);
	} else {
		unshare(domain, match->frame);
	}
}

const struct ksmfs_stable_ops ksmfs_stable_ops = {
	.new = stable_new,
	.destroy = stable_destroy,
	.forget = forget,
	.unshare = unshare,
	.seclude = seclude,
};
