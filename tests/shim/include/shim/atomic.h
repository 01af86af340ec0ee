/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Atomics, in the memory order the kernel promises and no stronger, so that
 * the thread sanitizer sees where an order is missing.
 *
 * Not proven: anything that rests on smp_mb(), which the thread sanitizer does
 * not know; and the processor underneath may be kinder than others.
 */
#ifndef _SHIM_ATOMIC_H
#define _SHIM_ATOMIC_H

#include <shim/bits.h>

#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, value) __atomic_store_n(&(x), value, __ATOMIC_RELAXED)
#define smp_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define smp_store_release(p, value) __atomic_store_n(p, value, __ATOMIC_RELEASE)
#define smp_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)

/* Of use after page_count() only, which is an acquiring load here: page.h. */
#define smp_rmb() __atomic_signal_fence(__ATOMIC_ACQUIRE)
#define smp_acquire__after_ctrl_dep() __atomic_signal_fence(__ATOMIC_ACQUIRE)

#define cmpxchg(p, old, new)                                                   \
	({                                                                     \
		__typeof__(*(p)) expected_ = (old);                            \
		__atomic_compare_exchange_n(p, &expected_, new, false,         \
					    __ATOMIC_SEQ_CST,                  \
					    __ATOMIC_SEQ_CST);                 \
		expected_;                                                     \
	})

typedef struct {
	long counter;
} atomic_long_t;

static inline long atomic_long_read(const atomic_long_t *v)
{
	return READ_ONCE(v->counter);
}

static inline long atomic_long_read_acquire(const atomic_long_t *v)
{
	return smp_load_acquire(&v->counter);
}

static inline void atomic_long_add(long n, atomic_long_t *v)
{
	__atomic_fetch_add(&v->counter, n, __ATOMIC_RELAXED);
}

static inline void atomic_long_sub(long n, atomic_long_t *v)
{
	atomic_long_add(-n, v);
}

static inline void atomic_long_inc(atomic_long_t *v)
{
	atomic_long_add(1, v);
}

static inline void atomic_long_dec(atomic_long_t *v)
{
	atomic_long_add(-1, v);
}

static inline long atomic_long_xchg(atomic_long_t *v, long n)
{
	return __atomic_exchange_n(&v->counter, n, __ATOMIC_SEQ_CST);
}

static inline long atomic_long_add_return(long n, atomic_long_t *v)
{
	return __atomic_add_fetch(&v->counter, n, __ATOMIC_SEQ_CST);
}

static inline long atomic_long_inc_return(atomic_long_t *v)
{
	return atomic_long_add_return(1, v);
}

/* On failure *@old is what was there. */
static inline bool atomic_long_try_cmpxchg(atomic_long_t *v, long *old,
					   long new)
{
	return __atomic_compare_exchange_n(&v->counter, old, new, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

/* Counts references.  What the kernel saturates and warns of ends the test. */
typedef struct {
	int refs;
} refcount_t;

void refcount_inc(refcount_t *r);
bool __must_check refcount_inc_not_zero(refcount_t *r);
bool __must_check refcount_dec_and_test(refcount_t *r);

static inline void refcount_set(refcount_t *r, int n)
{
	WRITE_ONCE(r->refs, n);
}

static inline unsigned int refcount_read(const refcount_t *r)
{
	return READ_ONCE(r->refs);
}

static inline bool test_and_set_bit_lock(long nr, unsigned long *word)
{
	return __atomic_fetch_or(word, BIT(nr), __ATOMIC_ACQUIRE) & BIT(nr);
}

#endif /* _SHIM_ATOMIC_H */
