// SPDX-License-Identifier: GPL-2.0
/*
 * A place is the address of a struct packed, as a physical address in units of
 * 8 bytes, so that it fits a slot.  zsmalloc's own handle needs 64 bits.
 *
 * A domain has a zspool of its own, made when its first page is packed: no two
 * domains have content in the same page, and a zspool's size says what a domain
 * takes.
 *
 * Charging: zspools grow and shrink by whole frames inside zsmalloc.  Whoever may
 * have made one do so compares its size with what has been charged, which is
 * exchanged atomically: so however many do it at once, the sum of what they
 * charge is what was charged last, and the next one corrects it.
 */
#include "cow/pack.h"
#include "cow/domain.h"
#include <ksmfs/stats.h>

/* Whoever packs does so for want of memory: he must not wait for more. */
#define PACK_GFP (GFP_NOWAIT | __GFP_NOWARN)

/**
 * struct packed - content of one page
 * @handle: of the compressed bytes in the domain's zspool
 * @length: their number
 */
struct packed {
	unsigned long handle;
	unsigned int length;
};

/* The domain's zspool, if it has one. */
static struct zs_pool *zspool_of(struct ksmfs_domain *domain)
{
	/* Pairs with cmpxchg() in ksmfs_pack_begin(): who sees one sees all of it. */
	return smp_load_acquire(&domain->zspool);
}

static unsigned long place_of(const struct packed *packed)
{
	return virt_to_phys((void *)packed) / 8;
}

static struct packed *packed_at(unsigned long place)
{
	return phys_to_virt(place * 8);
}

int ksmfs_packer_init(struct ksmfs_packer *packer)
{
	packer->work = kvzalloc(LZ4_MEM_COMPRESS, GFP_KERNEL);
	packer->out = kzalloc(KSMFS_PACK_ROOM, GFP_KERNEL);
	if (packer->work && packer->out)
		return 0;
	ksmfs_packer_destroy(packer);
	return -ENOMEM;
}

void ksmfs_packer_destroy(struct ksmfs_packer *packer)
{
	kvfree(packer->work);
	kfree(packer->out);
}

static void charge(struct ksmfs_domain *domain, long frames)
{
	frames -= atomic_long_xchg(&domain->packed_frames, frames);
	if (!frames)
		return;
	ksmfs_stat_add(KSMFS_STAT_frames_packed, frames);
	atomic_long_sub(frames, &domain->quota->debt);
	atomic_long_add(frames, &domain->quota->packed);
	if (frames > 0)
		ksmfs_quota_force(domain->quota, frames);
	else
		ksmfs_quota_uncharge(domain->quota, -frames);
}

/* Charge what the zspool takes now. */
static void settle(struct ksmfs_domain *domain)
{
	charge(domain, zs_get_total_pages(zspool_of(domain)));
}

bool ksmfs_pack_begin(struct ksmfs_domain *domain)
{
	struct zs_pool *pool;

	if (zspool_of(domain))
		return true;
	pool = zs_create_pool("ksmfs");
	if (!pool)
		return false;
	if (cmpxchg(&domain->zspool, NULL, pool))
		zs_destroy_pool(pool);	/* somebody else was faster */
	return true;
}

static unsigned int compress(struct ksmfs_packer *packer, struct page *frame)
{
	void *content = kmap_local_page(frame);
	int length;

	length = LZ4_compress_default(content, packer->out, PAGE_SIZE,
				      KSMFS_PACK_LIMIT, packer->work);
	kunmap_local(content);
	return length;
}

static struct packed *store(struct zs_pool *pool, void *bytes,
			    unsigned int length)
{
	struct packed *packed = kzalloc(sizeof(*packed), PACK_GFP);

	if (!packed)
		return NULL;
	packed->handle = zs_malloc(pool, length, PACK_GFP | __GFP_HIGHMEM |
				   __GFP_MOVABLE, NUMA_NO_NODE);
	if (IS_ERR_VALUE(packed->handle)) {
		kfree(packed);
		return NULL;
	}
	packed->length = length;
	zs_obj_write(pool, packed->handle, bytes, length);
	return packed;
}

unsigned long ksmfs_pack(struct ksmfs_packer *packer,
			 struct ksmfs_domain *domain, struct page *frame)
{
	struct packed *packed;
	unsigned int length;

	if (!ksmfs_pack_begin(domain))
		return KSMFS_PACK_NOT_NOW;
	length = compress(packer, frame);
	if (!length) {
		ksmfs_count(pack_rejects);
		return KSMFS_PACK_NEVER;
	}
	packed = store(zspool_of(domain), packer->out, length);
	if (!packed)
		return KSMFS_PACK_NOT_NOW;
	settle(domain);
	ksmfs_stat_add(KSMFS_STAT_metadata_bytes, sizeof(*packed));
	ksmfs_count(packs);
	return place_of(packed);
}

int ksmfs_unpack(struct ksmfs_domain *domain, unsigned long place,
		 struct page *frame, void *joined)
{
	struct packed *packed = packed_at(place);
	struct zs_pool *pool = zspool_of(domain);
	void *content = kmap_local_page(frame);
	void *bytes;
	int length;

	bytes = zs_obj_read_begin(pool, packed->handle, packed->length, joined);
	length = LZ4_decompress_safe(bytes, content, packed->length, PAGE_SIZE);
	zs_obj_read_end(pool, packed->handle, packed->length, bytes);
	kunmap_local(content);
	return length == PAGE_SIZE ? 0 : -EIO;
}

unsigned int ksmfs_pack_size(unsigned long place)
{
	return packed_at(place)->length;
}

void ksmfs_pack_drop(struct ksmfs_domain *domain, unsigned long place)
{
	struct packed *packed = packed_at(place);

	zs_free(zspool_of(domain), packed->handle);
	kfree(packed);
	ksmfs_stat_add(KSMFS_STAT_metadata_bytes, -(long)sizeof(*packed));
	settle(domain);
}

void ksmfs_pack_compact(struct ksmfs_domain *domain)
{
	struct zs_pool *pool = zspool_of(domain);

	if (!pool)
		return;
	zs_compact(pool);
	settle(domain);
}

void ksmfs_pack_end(struct ksmfs_domain *domain)
{
	struct zs_pool *pool = zspool_of(domain);

	if (!pool)
		return;
	WARN_ON_ONCE(atomic_long_read(&domain->packed_slots));
	/* zsmalloc may have put off giving frames back: now it does. */
	zs_destroy_pool(pool);
	charge(domain, 0);
}
