// SPDX-License-Identifier: GPL-2.0
/*
 * The problem: somebody finds bits of memory that flip when the rows beside them
 * are read often (Rowhammer).  If he can tell which physical page another
 * guest's content will be merged into, or copied to, he has it put on such bits
 * (Flip Feng Shui, USENIX Security 2016).  The allocator's lists can be told: what
 * was freed last is given first.
 *
 * So frames that others will share, and those that content is copied to when a
 * slot breaks or is fetched, are drawn at random from the free frames kept here,
 * and those that merging and punching give up go here (as VUsion has it, SOSP
 * 2017).  Who has just given up a frame of his choice, and has another drawn,
 * gets that one with a chance of one in the frames that are kept.
 *
 * That also saves the guest that breaks what it would wait for otherwise: the
 * allocator, and reclaim if the host is short of memory.
 *
 * How many.  A pool is full with 2^15 frames (VUsion's number), or a 64th of the
 * memory of its node.  It is kept half full, and draws leave a quarter: at most
 * two bits of chance are lost.
 *
 *   - half of it is filled when the first domain begins;
 *   - who draws takes what is there.  Only from less than a quarter does he bring a
 *     new frame first, from the allocator, in a way that does not wait: then a
 *     storm of breaks is an exchange of frames with the allocator;
 *   - those whom nobody waits for bring up to REFILL to a stripe that is less than
 *     half full: the scanner in each piece of its work and for each frame that it
 *     shares, and who gives up what was broken in strict domains;
 *   - the shrinker, and with it whoever can make the host short of memory, gets
 *     what is above half only.
 *
 * When the allocator has nothing to be had without waiting the pool sinks
 * further, and chance with it; the frame of an empty one is the allocator's.  To
 * put merging off until then would be safer, but it is what brings memory.
 *
 * The level is a secret.  Each page that is merged adds a frame, and one that gets
 * a shared frame of its own, in a strict domain, does not.  So what a draw costs
 * must not depend on the level: that is why who draws calls the allocator only
 * where a storm has left less than a quarter, and not to keep the level.  Where
 * it has he can tell, and by how many draws that took, how many frames there
 * were; and so he can if nobody refills, because the scanner is at rest.
 *
 * Many CPUs.  A pool is in stripes of up to STRIPE frames, each with a lock, one
 * of which is chosen at random for each frame that comes or goes.  Nobody goes
 * without for finding a lock taken, as he would get a frame of no chance then: he
 * spins.  A lock is held for three cache lines, and 128 CPUs at a pool of 16
 * stripes have to break every fraction of a microsecond each to keep one another
 * waiting.  All stripes are of one size, so to choose one and then a frame in it
 * is to choose a frame; when they are not filled alike the likeliest frame is
 * that of a stripe that has a quarter: four in the size of the pool.
 *
 * Nobody's content is shown to another, or kept for longer than it is wanted.  A
 * frame is cleared as it comes, and new ones are by the allocator, so all that are
 * here hold zeros.
 *
 * Nobody writes to what is kept.  A frame of which others have a reference is
 * not; and none can get one any more when it comes here, as no page table maps
 * it: get_user_pages_fast() may take one for a moment, but looks at the entry
 * again and lets go without having touched the page.
 *
 * Locks: "lifetime" is held while pools begin and end, and while they are gone
 * through from outside of all domains; the latter only by trylock, as it is memory
 * reclaim that comes, perhaps out of ksmfs_pool_begin().  A stripe's lock is
 * innermost.
 *
 * Lifetimes: pools are there as long as any domain is.  Who has a domain's frame in
 * hand has the domain, so putting and getting look at no count.  A node that gets
 * its memory later has no pool: there the allocator has to do.
 */
#include "cow/pool.h"
#include "cow/frame.h"
#include <ksmfs/stats.h>

#define PART 64		/* what a pool is of its node's memory at most: a 64th */
#define STRIPE 2048	/* frames of a stripe at most */
#define REFILL 16	/* frames that are brought to a low stripe at once */

#define GFP_FRESH (GFP_HIGHUSER | __GFP_NOWARN | __GFP_THISNODE | __GFP_ZERO)

/**
 * struct stripe - a part of a pool
 * @lock: guards @nr and what @frames points to
 * @nr: of @frames, from the first on; for a glance without the lock, too
 * @frames: as many as the pool's stripes may have, and one more on its way
 */
struct stripe {
	spinlock_t lock;
	unsigned int nr;
	struct page **frames;
} ____cacheline_aligned_in_smp;

/**
 * struct pool - free frames of one memory node
 * @node: which
 * @size: frames that a stripe may have
 * @nr: of @stripes
 * @stripes: the frames
 *
 * But for what is in the stripes nothing changes.
 */
struct pool {
	int node;
	unsigned int size;
	unsigned int nr;
	struct stripe stripes[];
};

unsigned int ksmfs_pool_frames = KSMFS_POOL_FRAMES;

static DEFINE_MUTEX(lifetime);	/* guards users and pools: see above */
static unsigned long users;
static struct pool *pools[MAX_NUMNODES];

/*
 * Put a frame in, unless @in is NULL, and take one at random if there are more
 * than @keep then, perhaps the same.
 */
static struct page *exchange(struct stripe *stripe, struct page *in,
			     unsigned int keep)
{
	u32 random = get_random_u32();
	struct page *out = NULL;
	unsigned int i, nr;

	spin_lock(&stripe->lock);
	nr = stripe->nr;
	if (in)
		stripe->frames[nr++] = in;
	if (nr > keep) {
		i = reciprocal_scale(random, nr);
		out = stripe->frames[i];
		stripe->frames[i] = stripe->frames[--nr];
	}
	WRITE_ONCE(stripe->nr, nr);
	spin_unlock(&stripe->lock);
	ksmfs_stat_add(KSMFS_STAT_frames_cached, (long)!!in - !!out);
	return out;
}

static struct stripe *any_stripe(struct pool *pool)
{
	return &pool->stripes[reciprocal_scale(get_random_u32(), pool->nr)];
}

/* Frames of a stripe: what the shrinker leaves, and others fill up to. */
static unsigned int low_mark(const struct pool *pool)
{
	return pool->size / 2;
}

/* Likewise: with less than that, who draws brings one. */
static unsigned int last_mark(const struct pool *pool)
{
	return pool->size / 4;
}

/* Bring up to @nr new frames, of zeros, to a stripe, but none beyond @mark. */
static void fill(struct pool *pool, struct stripe *stripe, unsigned int nr,
		 unsigned int mark, gfp_t gfp)
{
	struct page *frame;

	for (; nr && READ_ONCE(stripe->nr) < mark; nr--) {
		frame = alloc_pages_node(pool->node, gfp, 0);
		if (!frame)
			return;
		frame = exchange(stripe, frame, pool->size);
		if (frame)
			put_page(frame);
	}
}

static struct page *draw(struct pool *pool)
{
	struct stripe *stripe = any_stripe(pool);
	struct page *frame;

	if (!READ_ONCE(stripe->nr))
		return NULL;
	fill(pool, stripe, 1, last_mark(pool),
	     GFP_FRESH & ~__GFP_DIRECT_RECLAIM);
	frame = exchange(stripe, NULL, 0);
	if (!frame || !PageHWPoison(frame))
		return frame;
	put_page(frame);
	return NULL;
}

struct page *ksmfs_pool_get(gfp_t gfp)
{
	struct pool *pool = pools[numa_mem_id()];
	struct page *frame = pool ? draw(pool) : NULL;

	return frame ?: alloc_page(gfp | __GFP_ZERO);
}

void ksmfs_pool_refill(void)
{
	int node;

	for_each_node_state(node, N_MEMORY) {
		struct pool *pool = pools[node];

		if (pool)
			fill(pool, any_stripe(pool), REFILL, low_mark(pool),
			     GFP_FRESH & ~__GFP_DIRECT_RECLAIM);
	}
}

static bool is_to_be_kept(struct page *frame)
{
	return page_count(frame) == 1 && !PageHWPoison(frame);
}

void ksmfs_pool_put(struct page *frame)
{
	struct pool *pool = pools[page_to_nid(frame)];

	if (pool && is_to_be_kept(frame)) {
		/* See what was written before put_page(), which is a release. */
		smp_acquire__after_ctrl_dep();
		clear_highpage(frame);
		frame = exchange(any_stripe(pool), frame, pool->size);
	}
	if (frame)
		put_page(frame);
}

/* Free what a stripe has beyond @keep frames; returns how many. */
static unsigned long drain(struct stripe *stripe, unsigned int keep)
{
	struct page *frame;
	unsigned long nr = 0;

	while ((frame = exchange(stripe, NULL, keep))) {
		put_page(frame);
		nr++;
	}
	return nr;
}

/* Free what a pool can spare; returns how many frames. */
static unsigned long shrink(struct pool *pool)
{
	unsigned long nr = 0;
	unsigned int i;

	for (i = 0; i < pool->nr; i++)
		nr += drain(&pool->stripes[i], low_mark(pool));
	return nr;
}

/* What a pool can spare: how many frames. */
static unsigned long spare(struct pool *pool)
{
	unsigned long nr = 0;
	unsigned int i;

	for (i = 0; i < pool->nr; i++)
		nr += max(READ_ONCE(pool->stripes[i].nr), low_mark(pool)) -
		      low_mark(pool);
	return nr;
}

/* The sum of what a function returns for each pool; 0 if they begin or end. */
static unsigned long sum(unsigned long (*of)(struct pool *pool))
{
	unsigned long nr = 0;
	int node;

	if (!mutex_trylock(&lifetime))
		return 0;
	for_each_node_state(node, N_MEMORY) {
		if (pools[node])
			nr += of(pools[node]);
	}
	mutex_unlock(&lifetime);
	return nr;
}

unsigned long ksmfs_pool_shrink(void)
{
	return sum(shrink);
}

unsigned long ksmfs_pool_spare(void)
{
	return sum(spare);
}

/* ---- beginning and end ---- */

static struct pool *pool_new(int node)
{
	unsigned int size = min_t(unsigned long, ksmfs_pool_frames,
				  node_present_pages(node) / PART);
	unsigned int nr = DIV_ROUND_UP(size, STRIPE);
	struct page **frames;
	struct pool *pool;
	unsigned int i;

	pool = kvzalloc(struct_size(pool, stripes, nr), GFP_KERNEL);
	if (!pool)
		return NULL;
	pool->node = node;
	pool->nr = nr;
	pool->size = size / nr;
	frames = kvcalloc(nr, (pool->size + 1) * sizeof(*frames), GFP_KERNEL);
	if (!frames) {
		kvfree(pool);
		return NULL;
	}
	for (i = 0; i < nr; i++) {
		spin_lock_init(&pool->stripes[i].lock);
		pool->stripes[i].frames = frames + i * (pool->size + 1);
		fill(pool, &pool->stripes[i], pool->size, low_mark(pool),
		     GFP_FRESH | __GFP_NORETRY);
	}
	return pool;
}

static void pool_free(struct pool *pool)
{
	unsigned int i;

	if (!pool)
		return;
	for (i = 0; i < pool->nr; i++) {
		drain(&pool->stripes[i], 0);
		cond_resched();
	}
	kvfree(pool->stripes[0].frames);
	kvfree(pool);
}

static void end_all(void)
{
	int node;

	lockdep_assert_held(&lifetime);
	for (node = 0; node < MAX_NUMNODES; node++) {
		pool_free(pools[node]);
		pools[node] = NULL;
	}
}

static int begin_all(void)
{
	int node;

	lockdep_assert_held(&lifetime);
	for_each_node_state(node, N_MEMORY) {
		if (node_present_pages(node) < PART)
			continue;
		pools[node] = pool_new(node);
		if (!pools[node]) {
			end_all();
			return -ENOMEM;
		}
	}
	return 0;
}

int ksmfs_pool_begin(void)
{
	int err = 0;

	mutex_lock(&lifetime);
	if (!users)
		err = begin_all();
	if (!err)
		users++;
	mutex_unlock(&lifetime);
	return err;
}

void ksmfs_pool_end(void)
{
	mutex_lock(&lifetime);
	if (!--users)
		end_all();
	mutex_unlock(&lifetime);
}
