/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lists that many add to without a lock, and one takes as a whole.
 */
#ifndef _SHIM_LLIST_H
#define _SHIM_LLIST_H

#include <shim/atomic.h>

struct llist_node {
	struct llist_node *next;
};

struct llist_head {
	struct llist_node *first;
};

#define llist_entry(ptr, type, member) container_of(ptr, type, member)

/* @next has been read when the body begins, which may free @pos. */
#define llist_for_each_safe(pos, next_, node)                                  \
	for ((pos) = (node); (pos) && ((next_) = (pos)->next, true);           \
	     (pos) = (next_))

/* Returns whether the list was empty; @node may be gone by then. */
static inline bool llist_add(struct llist_node *node, struct llist_head *head)
{
	struct llist_node *first = READ_ONCE(head->first);

	do {
		node->next = first;
	} while (!__atomic_compare_exchange_n(&head->first, &first, node,
					      false, __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
	return !first;
}

static inline struct llist_node *llist_del_all(struct llist_head *head)
{
	return __atomic_exchange_n(&head->first, NULL, __ATOMIC_SEQ_CST);
}

#endif /* _SHIM_LLIST_H */
