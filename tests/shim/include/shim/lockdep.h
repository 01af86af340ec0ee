/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Locks know who holds them, and in which order they may be taken.
 *
 * Each lock belongs to a class.  Whenever a lock is taken while another is
 * held, "held before taken" is noted for the classes; to take them the other
 * way round, ever, directly or over third classes, ends the test, whether the
 * threads would have met or not.  So does to hold two of one class: stricter
 * than the kernel, where a trylock may.
 *
 * Not proven: that interrupts are no concern, nor any order in code that no
 * test runs.
 */
#ifndef _SHIM_LOCKDEP_H
#define _SHIM_LOCKDEP_H

#include <shim/bits.h>

struct lock_class_key {
	int number;	/* from 1; 0 before its first lock is made */
};

struct lockdep_map {
	const char *name;
	struct lock_class_key *key;
};

#define _RET_IP_ ((unsigned long)__builtin_return_address(0))

void lockdep_init_map(struct lockdep_map *map, const char *name,
		      struct lock_class_key *key, int subclass);
void mutex_acquire(struct lockdep_map *map, int subclass, int trylock,
		   unsigned long ip);
void mutex_release(struct lockdep_map *map, unsigned long ip);

/* Whether this thread holds a lock. */
bool shim_lockdep_holds(const struct lockdep_map *map);

/* For tests: a lock, or a kind of context, that this thread is in, or NULL. */
const char *shim_lockdep_held(void);

#define lockdep_assert_held(lock)                                              \
	do {                                                                   \
		if (!shim_lockdep_holds(&(lock)->dep_map))                     \
			shim_die("%s:%d: %s: lock %s is not held", __FILE__,   \
				 __LINE__, __func__, #lock);                   \
	} while (0)

#endif /* _SHIM_LOCKDEP_H */
