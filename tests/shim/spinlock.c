// SPDX-License-Identifier: GPL-2.0
#include <shim/sched.h>
#include <shim/spinlock.h>

void shim_spin_lock_init(spinlock_t *lock, const char *name,
			 struct lock_class_key *key)
{
	pthread_mutex_init(&lock->mutex, NULL);
	lockdep_init_map(&lock->dep_map, name, key, 0);
}

void spin_lock(spinlock_t *lock)
{
	mutex_acquire(&lock->dep_map, 0, 0, _RET_IP_);
	pthread_mutex_lock(&lock->mutex);
	current->atomic++;
}

bool spin_trylock(spinlock_t *lock)
{
	if (pthread_mutex_trylock(&lock->mutex))
		return false;
	mutex_acquire(&lock->dep_map, 0, 1, _RET_IP_);
	current->atomic++;
	return true;
}

void spin_unlock(spinlock_t *lock)
{
	current->atomic--;
	mutex_release(&lock->dep_map, _RET_IP_);
	pthread_mutex_unlock(&lock->mutex);
}
