/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The XArray's functions on a sorted list: right for the few dozen entries of
 * a test, slow for more.  Looking up takes no lock.
 *
 * Not proven: what the XArray costs, or that it copes with a million entries.
 */
#ifndef _SHIM_XARRAY_H
#define _SHIM_XARRAY_H

#include <shim/err.h>
#include <shim/slab.h>
#include <shim/spinlock.h>

struct shim_xnode {
	struct shim_xnode *next;
	unsigned long index;
	void *entry;	/* NULL: erased */
	unsigned int marks;
};

struct xarray {
	spinlock_t lock;	/* guards the list against other changes */
	struct shim_xnode *first;
};

#define DEFINE_XARRAY(name)                                                    \
	struct xarray name = { .lock = SHIM_SPIN_LOCK_UNLOCKED(name) }

void xa_init(struct xarray *xa);
void xa_destroy(struct xarray *xa);
void *xa_load(struct xarray *xa, unsigned long index);
int __must_check xa_insert(struct xarray *xa, unsigned long index, void *entry,
			   gfp_t gfp);
void *xa_cmpxchg(struct xarray *xa, unsigned long index, void *old,
		 void *entry, gfp_t gfp);
void *xa_erase(struct xarray *xa, unsigned long index);

/* There are two marks. */
typedef enum {
	XA_MARK_0,
	XA_MARK_1,
	XA_PRESENT
} xa_mark_t;

void xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);
void xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);
bool xa_get_mark(struct xarray *xa, unsigned long index, xa_mark_t mark);

/* Whether any entry has it. */
bool xa_marked(struct xarray *xa, xa_mark_t mark);

/* The first entry in [*index, last]; sets *index to where it is. */
void *xa_find(struct xarray *xa, unsigned long *index, unsigned long last,
	      xa_mark_t filter);

/* The first entry in (*index, last]. */
void *xa_find_after(struct xarray *xa, unsigned long *index,
		    unsigned long last, xa_mark_t filter);

#define xa_for_each_range(xa, index, entry, start, last)                       \
	for (index = start, entry = xa_find(xa, &index, last, XA_PRESENT);     \
	     entry; entry = xa_find_after(xa, &index, last, XA_PRESENT))
#define xa_for_each_start(xa, index, entry, start)                             \
	xa_for_each_range(xa, index, entry, start, ULONG_MAX)
#define xa_for_each(xa, index, entry) xa_for_each_start(xa, index, entry, 0)

/* An error in the place of an entry, told from one by the bits below. */
static inline void *shim_xa_mk_err(long error)
{
	return (void *)((unsigned long)error << 2 | 2);
}

static inline int xa_err(void *entry)
{
	bool is_error = ((unsigned long)entry & 3) == 2 &&
			(long)entry >> 2 >= -MAX_ERRNO && (long)entry < 0;

	return is_error ? (int)((long)entry >> 2) : 0;
}

static inline bool xa_is_err(const void *entry)
{
	return xa_err((void *)entry);
}

#endif /* _SHIM_XARRAY_H */
