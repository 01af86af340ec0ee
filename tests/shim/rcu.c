// SPDX-License-Identifier: GPL-2.0
#include <urcu/urcu-bp.h>
#include <shim/rcu.h>
#include <shim/sched.h>

#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
static char readers_done;
#define reader_ends() __tsan_release(&readers_done)
#define readers_ended() __tsan_acquire(&readers_done)
#else
#define reader_ends()
#define readers_ended()
#endif

void rcu_read_lock(void)
{
	urcu_bp_read_lock();
	current->atomic++;
}

void rcu_read_unlock(void)
{
	reader_ends();
	current->atomic--;
	urcu_bp_read_unlock();
}

void synchronize_rcu(void)
{
	might_sleep();
	urcu_bp_synchronize_rcu();
	readers_ended();
}
