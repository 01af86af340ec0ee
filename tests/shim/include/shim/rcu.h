/* SPDX-License-Identifier: GPL-2.0 */
/*
 * RCU by liburcu, which the thread sanitizer cannot look into: it is told that
 * what a reader did comes before the end of a grace period.
 *
 * Not proven: that a pointer is published and read as it must be.
 */
#ifndef _SHIM_RCU_H
#define _SHIM_RCU_H

void rcu_read_lock(void);	/* nobody sleeps in a read side */
void rcu_read_unlock(void);
void synchronize_rcu(void);

#endif /* _SHIM_RCU_H */
