/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bits, small integers and macros.
 *
 * Not proven: that the kernel's macros take the types they are given; theirs
 * check more than these.  Compiling the module proves that.
 */
#ifndef _SHIM_BITS_H
#define _SHIM_BITS_H

#include <assert.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef long long s64;

#define BITS_PER_LONG 64
static_assert(sizeof(long) * 8 == BITS_PER_LONG, "made for 64 bits");

#define ____cacheline_aligned_in_smp __attribute__((aligned(64)))
#define prefetch(address) __builtin_prefetch(address)
#define __no_kcsan __attribute__((no_sanitize("thread")))
#define data_race(expr) (expr)
#define __must_check __attribute__((warn_unused_result))
#define noinline_for_stack __attribute__((noinline))

#define BIT(nr) (1UL << (nr))
#define GENMASK(high, low)                                                     \
	((~0UL << (low)) & (~0UL >> (BITS_PER_LONG - 1 - (high))))
#define FIELD_GET(mask, word) (((word) & (mask)) >> __builtin_ctzl(mask))
#define FIELD_MAX(mask) ((mask) >> __builtin_ctzl(mask))
#define FIELD_PREP(mask, value)                                                \
	(((unsigned long)(value) << __builtin_ctzl(mask)) & (mask))

#define DIV_ROUND_UP(x, y) (((x) + (y) - 1) / (y))

/* The lowest bit that is set; one is. */
static inline unsigned long __ffs(unsigned long word)
{
	return __builtin_ctzl(word);
}

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define BUILD_BUG_ON(condition) static_assert(!(condition), #condition)
#define container_of(ptr, type, member)                                        \
	((type *)((char *)(ptr) - offsetof(type, member)))

#define min(x, y)                                                              \
	({                                                                     \
		__typeof__(x) x_ = (x);                                        \
		__typeof__(y) y_ = (y);                                        \
		(__typeof__(x_ + y_))x_ < (__typeof__(x_ + y_))y_ ? x_ : y_;   \
	})

#define max(x, y)                                                              \
	({                                                                     \
		__typeof__(x) x_ = (x);                                        \
		__typeof__(y) y_ = (y);                                        \
		x_ > y_ ? x_ : y_;                                             \
	})

/* @value of all 32 bits can hold, scaled to 0 .. @end - 1. */
static inline unsigned int reciprocal_scale(unsigned int value,
					    unsigned int end)
{
	return (u64)value * end >> 32;
}

/* Of a structure that ends in an array of @nr. */
#define struct_size(p, member, nr)                                             \
	(sizeof(*(p)) + sizeof((p)->member[0]) * (nr))

#define min_t(type, x, y) min((type)(x), (type)(y))

/* x * numerator / denominator where the product alone would overflow. */
#define mult_frac(x, numerator, denominator)                                   \
	({                                                                     \
		__typeof__(x) x_ = (x), n_ = (numerator), d_ = (denominator);  \
		x_ / d_ * n_ + x_ % d_ * n_ / d_;                              \
	})

#endif /* _SHIM_BITS_H */
