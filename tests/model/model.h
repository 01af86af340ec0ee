/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The model test: random operations, and what is known of every page.
 *
 * README.md beside this file tells how to use it; main.c how it works.
 */
#ifndef _MODEL_MODEL_H
#define _MODEL_MODEL_H

#include <pthread.h>
#include "cow/pack.h"
#include "tests/unit/world.h"

#define MODEL_THREADS 8	/* at most: in smaller parts all content shrinks */
#define MODEL_PLACES 5		/* for regions */

/* The pages of a region that are used: in two leaves. */
#define MODEL_PAGES 48
#define MODEL_FIRST (KSMFS_LEAF_SLOTS - MODEL_PAGES / 2)
#define MODEL_END (MODEL_FIRST + MODEL_PAGES)

/**
 * struct part - what a thread knows of its part of a page
 * @content: number of what it holds (content.c)
 * @done: punches that were done before that was written
 * @started: punches that had started when it had been written
 */
struct part {
	unsigned short content;
	long done;
	long started;
};

/**
 * struct copy - what a thread knows of its private copy of a page
 * @state: whether it has one
 * @content: number of what its part of the copy holds
 * @done: truncations of the page that were over before that was written
 * @started: truncations that had started when it had been written
 */
struct copy {
	enum {
		COPY_NONE,
		COPY_THERE,
		COPY_PERHAPS,
	} state;
	unsigned short content;
	long done;
	long started;
};

/**
 * struct page_model - what is known of a page
 * @punch_started: punches of it that have started
 * @punch_done: punches of it that are over
 * @cut_started: of these, truncations
 * @cut_done: likewise
 * @part: what each thread knows
 * @copy: likewise
 */
struct page_model {
	atomic_long_t punch_started;
	atomic_long_t punch_done;
	atomic_long_t cut_started;
	atomic_long_t cut_done;
	struct part part[MODEL_THREADS];
	struct copy copy[MODEL_THREADS];
};

/**
 * struct place - where a region can be
 * @lock: for reading: the region, if there is one, stays; for writing: to make
 *        it or to end it
 * @file: the region's, or NULL
 * @nth: how many there have been
 * @size_lock: held by who changes the file's size
 * @resized: how often that has begun and ended: odd meanwhile
 * @limited: the region has had a limit
 * @guest: each thread's mapping
 * @private: each thread's private mapping
 * @page: what is known of its pages
 */
struct place {
	pthread_rwlock_t lock;
	struct file *file;
	unsigned long nth;
	pthread_mutex_t size_lock;
	atomic_long_t resized;
	bool limited;
	struct guest *guest[MODEL_THREADS];
	struct guest *private[MODEL_THREADS];
	struct page_model page[MODEL_PAGES];
};

/**
 * struct pin - a page that a thread holds from one operation to others
 * @page: or NULL
 * @place: where it was
 * @nth: which of its regions
 * @p: the page's number there
 * @done: punches of it that were done when it was pinned
 * @started: punches of it that had started then
 */
struct pin {
	struct page *page;
	struct place *place;
	unsigned long nth;
	int p;
	long done;
	long started;
};

/**
 * struct actor - one thread
 * @thread: its handle
 * @number: from 0
 * @seed: of its random numbers
 * @drawn: how many it has drawn
 * @operation: number of the one that it is at
 * @doing: name of that operation
 * @hash: of all that it has done and seen
 * @packer: for reclaim
 * @pin: what it holds
 */
struct actor {
	pthread_t thread;
	unsigned int number;
	u64 seed;
	u64 drawn;
	unsigned long operation;
	const char *doing;
	u64 hash;
	struct ksmfs_packer packer;
	struct pin pin;
};

/**
 * struct model - the whole of it
 * @seed: of everything
 * @threads: how many
 * @calm: all operations are over, and nothing fails any more
 * @in_step: for reading: an operation goes on; for writing: none does
 * @actor: the threads
 * @place: the regions
 */
struct model {
	u64 seed;
	unsigned int threads;
	bool calm;
	pthread_rwlock_t in_step;
	struct actor actor[MODEL_THREADS];
	struct place place[MODEL_PLACES];
};

extern struct model model;

/* A random number below a limit, the actor's next. */
unsigned int model_below(struct actor *actor, unsigned int limit);

/* Whether to do something that is to be done one time in so many. */
static inline bool model_one_in(struct actor *actor, unsigned int many)
{
	return !model_below(actor, many);
}

/* Add what has been seen to the actor's hash. */
void model_note(struct actor *actor, u64 seen);

/* No other thread is in an operation from here on; and now they go on. */
void model_pause_all(void);
void model_go_on(void);

/* Locks of which writers are not kept waiting by ever new readers. */
void model_rwlock_init(pthread_rwlock_t *lock);

/* A place with a region, which stays until it is given back; or NULL. */
struct place *model_enter(struct actor *actor);
void model_leave(struct place *place);

/* One of a region's pages; the last ones are met seldom. */
int model_page(struct actor *actor);

/* ---- content.c: what is in pages ---- */

/* Bytes of each thread's part of a page. */
size_t content_size(void);

/* The number of some content for a page. */
unsigned short content_pick(struct actor *actor, int p);

/* What has a number. */
void content_make(void *to, unsigned short content);

/* The number of what is there, or -1 if it is not what any thread writes. */
int content_of(const void *part);

/* ---- shadow.c: what a page must be ---- */

/**
 * struct sight - what was so before a page was touched
 * @done: punches of it that were over
 * @started: punches of it that had started
 * @cut_done: truncations of it that were over
 * @resized: of the place
 * @beyond: the page was beyond the file's end
 * @trouble: for which somebody may have been refused
 */
struct sight {
	long done;
	long started;
	long cut_done;
	long resized;
	bool beyond;
	long trouble;
};

struct sight shadow_look(struct place *place, int p);

/* The actor's part of a page was read, or that was refused (@part is NULL). */
void shadow_read(struct actor *actor, struct place *place, int p,
		 const struct sight *before, const void *part);

/* It was written; @done: punches that were over before the page was reached. */
void shadow_wrote(struct actor *actor, struct place *place, int p, long done,
		  unsigned short content);

/* Somebody was refused, which must have a reason. */
void shadow_refused(struct actor *actor, struct place *place, int p,
		    const struct sight *before);

/* The actor's private mapping was written or read through; see struct copy. */
void shadow_copied(struct actor *actor, struct place *place, int p,
		   const struct sight *before, unsigned short content);
void shadow_read_private(struct actor *actor, struct place *place, int p,
			 const struct sight *before, const void *part);

/* Pages from @first to @last are punched, or cut off: before and afterwards. */
void shadow_punch_starts(struct place *place, int first, int last, bool cut);
void shadow_punch_is_done(struct place *place, int first, int last, bool cut);

/* What is known of a place is that all pages are holes. */
void shadow_begin(struct place *place);

/* Die of what a page is. */
void __attribute__((noreturn))
shadow_wrong(const struct actor *actor, const struct place *place, int p,
	     const char *what, long has);

/* ---- operations ---- */

#define MODEL_OPERATIONS(X)                                                    \
	/* guests.c */                                                         \
	X(read, 240)                                                           \
	X(read_in_order, 20)                                                   \
	X(write, 180)                                                          \
	X(write_in_order, 100)                                                 \
	X(write_private, 20)                                                   \
	X(pin, 30)                                                             \
	X(drop, 20)                                                            \
	X(map_anew, 5)                                                         \
	/* files.c */                                                          \
	X(punch, 25)                                                           \
	X(truncate, 2)                                                         \
	X(grow, 20)                                                            \
	X(renew, 25)                                                           \
	X(renew_domain, 2)                                                     \
	/* engine.c */                                                         \
	X(scan, 200)                                                           \
	X(passes, 20)                                                          \
	X(reclaim, 60)                                                         \
	X(reclaim_mount, 20)                                                   \
	X(sample, 40)                                                          \
	X(break_all, 6)                                                        \
	X(unmerge, 2)                                                          \
	X(give_back, 20)                                                       \
	/* trouble.c */                                                        \
	X(limit, 15)                                                           \
	X(limit_region, 10)                                                    \
	X(fail, 10)                                                            \
	X(migrate, 10)                                                         \
	/* modes.c */                                                          \
	X(set_mode, 8)                                                         \
	X(unshare, 20)                                                         \
	/* pool.c */                                                           \
	X(draw, 10)                                                            \
	X(empty_pools, 1)                                                      \
	/* main.c */                                                           \
	X(audit, 2)

#define X(name, weight) void op_##name(struct actor *actor);
MODEL_OPERATIONS(X)
#undef X

/* guests.c: let go of what an actor holds. */
void guests_unpin(struct actor *actor);

/* guests.c: the actor's part of every page, which nobody may refuse now. */
void guests_read_all(struct actor *actor, struct place *place);

/* modes.c: before anything happens; and while all pause, is what is promised so? */
void modes_begin(void);
void modes_check(void);

/* trouble.c: how large the swap file is; some are soon full. */
unsigned long trouble_places(void);

/* trouble.c: things begin to go wrong, and no longer do. */
void trouble_begin(void);
void trouble_end(void);

/* trouble.c: what has gone wrong so far. */
long trouble_so_far(void);

/* trouble.c: somebody was refused because of the region's limit. */
void trouble_limited(const struct place *place);

/* witness.c: have everything that ends the program say where, and how to replay. */
void witness_begin(const char *program);
void witness_end(void);

#endif /* _MODEL_MODEL_H */
