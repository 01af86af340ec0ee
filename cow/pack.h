/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packed content: pages compressed by LZ4, in a zspool of each domain.
 *
 * A page is kept packed only if it shrinks to half or less, as ESXi has it:
 * what shrinks less saves little for what it costs to have it back.
 *
 * What a zspool takes is charged to the mount frame by frame, as it grows
 * and shrinks, whether there is room or not: a page that is packed gives back
 * more than it takes a moment later.
 */
#ifndef _KSMFS_COW_PACK_H
#define _KSMFS_COW_PACK_H

#include <ksmfs/env.h>

struct ksmfs_domain;

/* The most that a packed page may take, in bytes. */
#define KSMFS_PACK_LIMIT (PAGE_SIZE / 2)

/*
 * What it takes to have it back.  zsmalloc of kernels 6.15 to 6.19 joins all of
 * the place it has for an object, which is larger than the object: as large as a
 * page at most (zs_obj_read_begin() of mm/zsmalloc.c).
 */
#define KSMFS_PACK_ROOM PAGE_SIZE

/* The place of a page that does not shrink, and of one there was no memory for. */
#define KSMFS_PACK_NEVER ULONG_MAX
#define KSMFS_PACK_NOT_NOW (ULONG_MAX - 1)

/**
 * struct ksmfs_packer - what one who packs needs to do so
 * @work: the compressor's memory
 * @out: what it has made
 */
struct ksmfs_packer {
	void *work;
	void *out;
};

/**
 * ksmfs_packer_init() - get what is needed to pack
 * @packer: filled in
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM.
 */
int ksmfs_packer_init(struct ksmfs_packer *packer);

/**
 * ksmfs_packer_destroy() - undo ksmfs_packer_init()
 * @packer: which
 *
 * Context: any.
 */
void ksmfs_packer_destroy(struct ksmfs_packer *packer);

/**
 * ksmfs_pack_begin() - have a domain's zspool made, if there is none
 * @domain: whose
 *
 * ksmfs_pack() does so, too, but whoever holds slots has others wait meanwhile.
 *
 * Context: may sleep.
 * Return: false if there is no memory.
 */
bool ksmfs_pack_begin(struct ksmfs_domain *domain);

/**
 * ksmfs_pack() - keep a page's content compressed
 * @packer: the caller's own
 * @domain: of the page
 * @frame: its content; nobody writes to it meanwhile
 *
 * Context: may sleep; does not wait for memory.
 * Return: the place of the content, KSMFS_PACK_NEVER if it does not shrink, or
 * KSMFS_PACK_NOT_NOW if there is no memory to put it in.
 */
unsigned long ksmfs_pack(struct ksmfs_packer *packer,
			 struct ksmfs_domain *domain, struct page *frame);

/* Whether ksmfs_pack() has kept it. */
static inline bool ksmfs_pack_is_place(unsigned long place)
{
	return place < KSMFS_PACK_NOT_NOW;
}

/**
 * ksmfs_unpack() - have a page's content back
 * @domain: of the page
 * @place: from ksmfs_pack(); stays good
 * @frame: all of it is overwritten, unless there is an error
 * @joined: KSMFS_PACK_ROOM bytes, to join what the zspool keeps in two pages
 *
 * Context: any but interrupts.
 * Return: 0, or -EIO if what was kept is damaged.
 */
int ksmfs_unpack(struct ksmfs_domain *domain, unsigned long place,
		 struct page *frame, void *joined);

/**
 * ksmfs_pack_size() - what packed content takes
 * @place: from ksmfs_pack()
 *
 * Return: bytes, at most KSMFS_PACK_LIMIT.
 */
unsigned int ksmfs_pack_size(unsigned long place);

/**
 * ksmfs_pack_drop() - forget packed content
 * @domain: of the page
 * @place: from ksmfs_pack()
 *
 * Context: any but interrupts.
 */
void ksmfs_pack_drop(struct ksmfs_domain *domain, unsigned long place);

/**
 * ksmfs_pack_compact() - give back what a zspool takes beyond its content
 * @domain: whose
 *
 * Context: may sleep.
 */
void ksmfs_pack_compact(struct ksmfs_domain *domain);

/**
 * ksmfs_pack_end() - end a domain's zspool
 * @domain: has no packed content any more
 *
 * Context: may sleep.
 */
void ksmfs_pack_end(struct ksmfs_domain *domain);

#endif /* _KSMFS_COW_PACK_H */
