// SPDX-License-Identifier: GPL-2.0
#include <shim/random.h>

static u64 state;

void shim_random_seed(u64 seed)
{
	__atomic_store_n(&state, seed, __ATOMIC_RELAXED);
}

/* splitmix64: a counter, well mixed */
u64 get_random_u64(void)
{
	static const u64 step = 0x9e3779b97f4a7c15;
	u64 z = __atomic_add_fetch(&state, step, __ATOMIC_RELAXED);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

u32 get_random_u32(void)
{
	return get_random_u64() >> 32;
}
