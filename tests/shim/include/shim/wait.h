/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Waiting for a bit, and for an event.
 *
 * Not proven: fairness, or that a wakeup comes soon.
 */
#ifndef _SHIM_WAIT_H
#define _SHIM_WAIT_H

#include <pthread.h>
#include <stdbool.h>
#include <shim/bug.h>

/* Take a bit as a lock. */
int wait_on_bit_lock(unsigned long *word, int bit, unsigned int mode);
void clear_and_wake_up_bit(int bit, unsigned long *word);

/*
 * Those who wait are in glue: here is only who wakes them, and how often.
 * Stricter than the kernel: to wake nobody would wake all.
 */
typedef struct {
	bool ready;
	bool active;	/* for tests to set */
	unsigned long woken;
} wait_queue_head_t;

static inline void init_waitqueue_head(wait_queue_head_t *queue)
{
	*queue = (wait_queue_head_t){ .ready = true };
}

/* Who asks says why nobody is missed. */
static inline bool waitqueue_active(const wait_queue_head_t *queue)
{
	if (!queue->ready)
		shim_die("a wait queue is used that has not been made");
	return queue->active;
}

static inline void wake_up_nr(wait_queue_head_t *queue, unsigned int nr)
{
	if (!nr)
		shim_die("nobody is to be woken, and so all are");
	queue->woken += nr;
}

struct completion {
	pthread_mutex_t mutex;
	pthread_cond_t done_cond;
	unsigned int done;
};

void init_completion(struct completion *x);
void complete(struct completion *x);
void wait_for_completion(struct completion *x);

#endif /* _SHIM_WAIT_H */
