// SPDX-License-Identifier: GPL-2.0
/*
 * A bit that is free is taken, and one nobody waits for given back, without
 * touching anything that other bits touch: the thread sanitizer would take it
 * for an order between their holders.
 */
#include <shim/atomic.h>
#include <shim/bug.h>
#include <shim/sched.h>
#include <shim/wait.h>

#define NR_QUEUES 64

/* Those who wait for a bit of a word, or of another that meets it here. */
static struct queue {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	int waiters;
} queues[NR_QUEUES] = {
	[0 ... NR_QUEUES - 1] = {
		.mutex = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
	},
};

static struct queue *queue_of(const unsigned long *word)
{
	return &queues[(uintptr_t)word / sizeof(*word) % NR_QUEUES];
}

int wait_on_bit_lock(unsigned long *word, int bit, unsigned int mode)
{
	struct queue *queue = queue_of(word);

	if (mode != TASK_UNINTERRUPTIBLE)
		shim_die("only uninterruptible waits are known here");
	might_sleep();
	if (!test_and_set_bit_lock(bit, word))
		return 0;
	pthread_mutex_lock(&queue->mutex);
	__atomic_fetch_add(&queue->waiters, 1, __ATOMIC_SEQ_CST);
	while (__atomic_fetch_or(word, BIT(bit), __ATOMIC_SEQ_CST) & BIT(bit))
		pthread_cond_wait(&queue->changed, &queue->mutex);
	__atomic_fetch_sub(&queue->waiters, 1, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&queue->mutex);
	return 0;
}

/*
 * Either this sees the waiter, or the waiter, who counts itself before it
 * tries again, sees the bit clear.
 */
void clear_and_wake_up_bit(int bit, unsigned long *word)
{
	struct queue *queue = queue_of(word);

	if (!(__atomic_fetch_and(word, ~BIT(bit), __ATOMIC_SEQ_CST) & BIT(bit)))
		shim_die("a lock bit is cleared that was not set");
	if (!__atomic_load_n(&queue->waiters, __ATOMIC_SEQ_CST))
		return;
	pthread_mutex_lock(&queue->mutex);
	pthread_cond_broadcast(&queue->changed);
	pthread_mutex_unlock(&queue->mutex);
}

void init_completion(struct completion *x)
{
	pthread_mutex_init(&x->mutex, NULL);
	pthread_cond_init(&x->done_cond, NULL);
	x->done = 0;
}

void complete(struct completion *x)
{
	pthread_mutex_lock(&x->mutex);
	x->done++;
	pthread_cond_signal(&x->done_cond);
	pthread_mutex_unlock(&x->mutex);
}

void wait_for_completion(struct completion *x)
{
	might_sleep();
	pthread_mutex_lock(&x->mutex);
	while (!x->done)
		pthread_cond_wait(&x->done_cond, &x->mutex);
	x->done--;
	pthread_mutex_unlock(&x->mutex);
}
