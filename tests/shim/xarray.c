// SPDX-License-Identifier: GPL-2.0
/*
 * A list sorted by index.  Nodes stay until xa_destroy(), as somebody may be
 * looking at them: an erased one is empty and serves its index again.
 */
#include <stdlib.h>
#include <shim/atomic.h>
#include <shim/bug.h>
#include <shim/xarray.h>

#define load_acquire(ptr) __atomic_load_n(&(ptr), __ATOMIC_ACQUIRE)
#define store_release(ptr, value) __atomic_store_n(&(ptr), value, __ATOMIC_RELEASE)

void xa_init(struct xarray *xa)
{
	spin_lock_init(&xa->lock);
	xa->first = NULL;
}

void xa_destroy(struct xarray *xa)
{
	struct shim_xnode *node, *next;

	for (node = xa->first; node; node = next) {
		next = node->next;
		free(node);
	}
	xa->first = NULL;
}

static bool has(const struct shim_xnode *node, xa_mark_t mark)
{
	return mark == XA_PRESENT || READ_ONCE(node->marks) & BIT(mark);
}

void *xa_find(struct xarray *xa, unsigned long *index, unsigned long last,
	      xa_mark_t filter)
{
	struct shim_xnode *node;
	void *entry;

	for (node = load_acquire(xa->first); node && node->index <= last;
	     node = load_acquire(node->next)) {
		if (node->index < *index)
			continue;
		entry = load_acquire(node->entry);
		if (!entry || !has(node, filter))
			continue;
		*index = node->index;
		return entry;
	}
	return NULL;
}

void *xa_find_after(struct xarray *xa, unsigned long *index,
		    unsigned long last, xa_mark_t filter)
{
	unsigned long next = *index + 1;
	void *entry;

	if (!next)
		return NULL;
	entry = xa_find(xa, &next, last, filter);
	if (entry)
		*index = next;
	return entry;
}

void *xa_load(struct xarray *xa, unsigned long index)
{
	return xa_find(xa, &index, index, XA_PRESENT);
}

/* The link that leads, or will lead, to the node of an index. */
static struct shim_xnode **link_to(struct xarray *xa, unsigned long index)
{
	struct shim_xnode **link = &xa->first;

	lockdep_assert_held(&xa->lock);
	while (*link && (*link)->index < index)
		link = &(*link)->next;
	return link;
}

void *xa_cmpxchg(struct xarray *xa, unsigned long index, void *old,
		 void *entry, gfp_t gfp)
{
	struct shim_xnode *new, **link;
	void *found;

	if (!entry)
		shim_die("xa_cmpxchg: use xa_erase()");
	if (shim_alloc_fails(gfp))
		return shim_xa_mk_err(-ENOMEM);
	new = calloc(1, sizeof(*new));
	if (!new)
		shim_die("no memory for the test itself");

	spin_lock(&xa->lock);
	link = link_to(xa, index);
	if (*link && (*link)->index == index) {
		found = (*link)->entry;
		if (found == old)
			store_release((*link)->entry, entry);
	} else {
		found = NULL;
		if (!old) {
			*new = (struct shim_xnode){ *link, index, entry, 0 };
			store_release(*link, new);
			new = NULL;
		}
	}
	spin_unlock(&xa->lock);
	free(new);
	return found;
}

int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp)
{
	void *found = xa_cmpxchg(xa, index, NULL, entry, gfp);

	if (xa_is_err(found))
		return xa_err(found);
	return found ? -EBUSY : 0;
}

void *xa_erase(struct xarray *xa, unsigned long index)
{
	struct shim_xnode **link;
	void *entry = NULL;

	spin_lock(&xa->lock);
	link = link_to(xa, index);
	if (*link && (*link)->index == index) {
		entry = (*link)->entry;
		WRITE_ONCE((*link)->marks, 0);
		store_release((*link)->entry, NULL);
	}
	spin_unlock(&xa->lock);
	return entry;
}

static void put_mark(struct xarray *xa, unsigned long index, xa_mark_t mark,
		     bool value)
{
	struct shim_xnode **link;
	unsigned int marks;

	if (mark == XA_PRESENT)
		shim_die("there is no such mark");
	spin_lock(&xa->lock);
	link = link_to(xa, index);
	if (*link && (*link)->index == index && (*link)->entry) {
		marks = (*link)->marks & ~BIT(mark);
		WRITE_ONCE((*link)->marks, marks | (value ? BIT(mark) : 0));
	}
	spin_unlock(&xa->lock);
}

void xa_set_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	put_mark(xa, index, mark, true);
}

void xa_clear_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	put_mark(xa, index, mark, false);
}

bool xa_get_mark(struct xarray *xa, unsigned long index, xa_mark_t mark)
{
	return xa_find(xa, &index, index, mark);
}

bool xa_marked(struct xarray *xa, xa_mark_t mark)
{
	unsigned long index = 0;

	return xa_find(xa, &index, ULONG_MAX, mark);
}
