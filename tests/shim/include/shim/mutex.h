/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Mutexes by pthread's.
 *
 * Not proven: that nobody waits for ever while others come and go.
 */
#ifndef _SHIM_MUTEX_H
#define _SHIM_MUTEX_H

#include <pthread.h>
#include <shim/lockdep.h>
#include <shim/sched.h>

struct mutex {
	pthread_mutex_t mutex;
	struct lockdep_map dep_map;
};

/* Each place that makes a lock makes a class. */
#define mutex_init(lock)                                                       \
	do {                                                                   \
		static struct lock_class_key key_;                             \
		pthread_mutex_init(&(lock)->mutex, NULL);                      \
		lockdep_init_map(&(lock)->dep_map, #lock, &key_, 0);           \
	} while (0)

/* One that exists before main(): a class of its own. */
#define DEFINE_MUTEX(name)                                                     \
	struct mutex name = {                                                  \
		.mutex = PTHREAD_MUTEX_INITIALIZER,                            \
		.dep_map = { #name, &(struct lock_class_key){} },              \
	}

static inline void mutex_lock(struct mutex *lock)
{
	might_sleep();
	mutex_acquire(&lock->dep_map, 0, 0, _RET_IP_);
	pthread_mutex_lock(&lock->mutex);
}

static inline bool __must_check mutex_trylock(struct mutex *lock)
{
	if (pthread_mutex_trylock(&lock->mutex))
		return false;
	mutex_acquire(&lock->dep_map, 0, 1, _RET_IP_);
	return true;
}

static inline void mutex_unlock(struct mutex *lock)
{
	mutex_release(&lock->dep_map, _RET_IP_);
	pthread_mutex_unlock(&lock->mutex);
}

#endif /* _SHIM_MUTEX_H */
