// SPDX-License-Identifier: GPL-2.0
#include <shim/random.h>

static u64 state;

void shim_random_seed(u64 seed)
{
	__atomic_store_n(&state, seed, __ATOMIC_RELAXED);
}

/* splitmix64: a counter, well mixed */
#define STEP 0x9e3779b97f4a7c15ULL

static u64 mix(u64 z)
{
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

u64 get_random_u64(void)
{
	return mix(__atomic_add_fetch(&state, STEP, __ATOMIC_RELAXED));
}

u32 get_random_u32(void)
{
	return get_random_u64() >> 32;
}

u64 shim_random_nth(u64 seed, u64 nth)
{
	return mix(mix(seed) + nth * STEP);
}
