// SPDX-License-Identifier: GPL-2.0
/*
 * Merging gives frames back and breaking needs them, so some are kept on the
 * way.  The guest that breaks is saved what it would wait for otherwise: the
 * allocator, reclaim if the host is short of memory, and the clearing of a page
 * that is about to be overwritten, which kernels do on their own (init_on_alloc)
 * and cannot be asked not to do.
 *
 * Nobody's content is shown to another.  A frame in the cache holds what its
 * last owner wrote, perhaps another tenant.  It is given only to those who copy
 * over all of it before it is in a slot: ksmfs_break() and ksmfs_fetch().  Who asks
 * for zeros is sent to the allocator, which clears a page no slower than it could
 * be done here.
 *
 * Nobody writes to what is kept.  A frame of which others have a reference is
 * not; and none can get one any more when it comes here, as no page table maps
 * it: get_user_pages_fast() may take one for a moment, but looks at the entry
 * again and lets go without having touched the page.
 *
 * Frames are kept by memory node, and given to who runs on the same node, where
 * the allocator would look first.  They go when a domain ends, so none outlives
 * the last.
 *
 * Who finds the lock taken does without: nobody waits here.
 */
#include "cow/cache.h"
#include "cow/frame.h"
#include <ksmfs/stats.h>

/**
 * struct cache - frames of one memory node
 * @lock: guards the others
 * @nr: of @frames; for a glance without the lock, too
 * @frames: by ksmfs_frame_link(), the last to come first
 */
struct cache {
	spinlock_t lock;
	unsigned int nr;
	struct hlist_head frames;
} ____cacheline_aligned_in_smp;

static struct cache caches[MAX_NUMNODES] = {
	[0 ... MAX_NUMNODES - 1] = {
		.lock = __SPIN_LOCK_UNLOCKED(caches.lock),
	},
};

bool ksmfs_cache_put(struct page *frame)
{
	struct cache *cache = &caches[page_to_nid(frame)];
	bool kept;

	if (page_count(frame) != 1 || PageHWPoison(frame) || want_init_on_free())
		return false;
	/* See what was written before put_page(), which is a release. */
	smp_acquire__after_ctrl_dep();
	if (!spin_trylock(&cache->lock))
		return false;
	kept = cache->nr < KSMFS_CACHE_FRAMES;
	if (kept) {
		hlist_add_head(ksmfs_frame_link(frame), &cache->frames);
		WRITE_ONCE(cache->nr, cache->nr + 1);
	}
	spin_unlock(&cache->lock);
	if (kept)
		ksmfs_count(frames_cached);
	return kept;
}

struct page *ksmfs_cache_get(void)
{
	struct cache *cache = &caches[numa_mem_id()];
	struct page *frame = NULL;

	if (!READ_ONCE(cache->nr) || !spin_trylock(&cache->lock))
		return NULL;
	if (cache->nr) {
		frame = ksmfs_frame_of_link(cache->frames.first);
		hlist_del_init(ksmfs_frame_link(frame));
		WRITE_ONCE(cache->nr, cache->nr - 1);
	}
	spin_unlock(&cache->lock);
	if (!frame)
		return NULL;
	ksmfs_stat_add(KSMFS_STAT_frames_cached, -1);
	if (!PageHWPoison(frame))
		return frame;
	put_page(frame);
	return NULL;
}

static unsigned int drain(struct cache *cache)
{
	struct hlist_node *link, *next;
	struct hlist_head frames;
	unsigned int nr;

	spin_lock(&cache->lock);
	frames = cache->frames;
	nr = cache->nr;
	cache->frames.first = NULL;
	WRITE_ONCE(cache->nr, 0);
	spin_unlock(&cache->lock);

	ksmfs_stat_add(KSMFS_STAT_frames_cached, -(long)nr);
	for (link = frames.first; link; link = next) {
		next = link->next;
		put_page(ksmfs_frame_of_link(link));
	}
	return nr;
}

unsigned long ksmfs_cache_drain(void)
{
	unsigned long nr = 0;
	size_t node;

	for (node = 0; node < ARRAY_SIZE(caches); node++)
		nr += drain(&caches[node]);
	return nr;
}
