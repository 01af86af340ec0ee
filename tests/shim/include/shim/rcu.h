/* SPDX-License-Identifier: GPL-2.0 */
/*
 * RCU by liburcu, which the thread sanitizer cannot look into: it is told that
 * what a reader did comes before the end of a grace period.
 *
 * Not proven: that a pointer is published and read as it must be.
 */
#ifndef _SHIM_RCU_H
#define _SHIM_RCU_H

#include <urcu/call-rcu.h>	/* struct rcu_head */

void rcu_read_lock(void);	/* nobody sleeps in a read side */
void rcu_read_unlock(void);
void synchronize_rcu(void);

/* Waits, where the kernel would do it later. */
#define kvfree_rcu(pointer, head)                                              \
	do {                                                                   \
		synchronize_rcu();                                             \
		kvfree(pointer);                                               \
	} while (0)

#endif /* _SHIM_RCU_H */
