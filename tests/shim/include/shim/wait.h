/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Waiting for a bit, and for an event.
 *
 * Not proven: fairness, or that a wakeup comes soon.
 */
#ifndef _SHIM_WAIT_H
#define _SHIM_WAIT_H

#include <pthread.h>

/* Take a bit as a lock. */
int wait_on_bit_lock(unsigned long *word, int bit, unsigned int mode);
void clear_and_wake_up_bit(int bit, unsigned long *word);

struct completion {
	pthread_mutex_t mutex;
	pthread_cond_t done_cond;
	unsigned int done;
};

void init_completion(struct completion *x);
void complete(struct completion *x);
void wait_for_completion(struct completion *x);

#endif /* _SHIM_WAIT_H */
