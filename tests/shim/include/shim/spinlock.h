/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Spinlocks out of pthread's mutexes.  Who holds one must not sleep, and dies
 * if it calls what may.
 *
 * Not proven: that the time it is held is short.
 */
#ifndef _SHIM_SPINLOCK_H
#define _SHIM_SPINLOCK_H

#include <pthread.h>
#include <shim/lockdep.h>

typedef struct {
	pthread_mutex_t mutex;
	struct lockdep_map dep_map;
} spinlock_t;

/* Each place that makes a lock makes a class. */
#define spin_lock_init(lock)                                                   \
	do {                                                                   \
		static struct lock_class_key key_;                             \
		shim_spin_lock_init(lock, #lock, &key_);                       \
	} while (0)

/* One that exists before main(): a class of its own. */
#define SHIM_SPIN_LOCK_UNLOCKED(owner)                                         \
	{                                                                      \
		.mutex = PTHREAD_MUTEX_INITIALIZER,                            \
		.dep_map = { #owner, &(struct lock_class_key){} },             \
	}

void shim_spin_lock_init(spinlock_t *lock, const char *name,
			 struct lock_class_key *key);
/* Of an array's locks, which are of one class. */
#define __SPIN_LOCK_UNLOCKED(owner) SHIM_SPIN_LOCK_UNLOCKED(owner)

void spin_lock(spinlock_t *lock);
bool __must_check spin_trylock(spinlock_t *lock);
void spin_unlock(spinlock_t *lock);

#endif /* _SHIM_SPINLOCK_H */
