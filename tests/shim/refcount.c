// SPDX-License-Identifier: GPL-2.0
#include <shim/atomic.h>
#include <shim/bug.h>

/* More references than any test takes: the counter has gone astray. */
#define SATURATED (1 << 20)

void refcount_inc(refcount_t *r)
{
	int old = __atomic_fetch_add(&r->refs, 1, __ATOMIC_RELAXED);

	if (old <= 0 || old >= SATURATED)
		shim_die("refcount_inc: of %d references", old);
}

bool refcount_inc_not_zero(refcount_t *r)
{
	int old = READ_ONCE(r->refs);

	do {
		if (!old)
			return false;
		if (old < 0 || old >= SATURATED)
			shim_die("refcount_inc_not_zero: of %d references",
				 old);
	} while (!__atomic_compare_exchange_n(&r->refs, &old, old + 1, true,
					      __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	return true;
}

/* What was done with a reference comes before what the last one does. */
bool refcount_dec_and_test(refcount_t *r)
{
	int old = __atomic_fetch_sub(&r->refs, 1, __ATOMIC_RELEASE);

	if (old <= 0 || old >= SATURATED)
		shim_die("refcount_dec_and_test: of %d references", old);
	return old == 1 && !__atomic_load_n(&r->refs, __ATOMIC_ACQUIRE);
}
