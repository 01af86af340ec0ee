/* SPDX-License-Identifier: GPL-2.0 */
/*
 * XXH64 of the first bytes of a sequence, byte i of which are the top 8 bits of
 * i * 2654435761 in 32 bits.  Made with XXH64() of libxxhash 0.8.1; the empty
 * one with seed 0 is in the specification of XXH64.
 */
#ifndef _SHIM_XXH64_VECTORS_H
#define _SHIM_XXH64_VECTORS_H

static const struct {
	size_t length;
	u64 seed;
	u64 hash;
} xxh64_vectors[] = {
	{ 0, 0, 0xef46db3751d8e999ULL },
	{ 0, 0x9e3779b97f4a7c15ULL, 0xc4349fc93c010000ULL },
	{ 1, 0, 0xe934a84adb052768ULL },
	{ 1, 0x9e3779b97f4a7c15ULL, 0x126bb57a12364aa5ULL },
	{ 3, 0, 0xa9cf36b41f9e7d09ULL },
	{ 3, 0x9e3779b97f4a7c15ULL, 0xc621904d81b60f6eULL },
	{ 4, 0, 0x435f59a33b7eb3d1ULL },
	{ 4, 0x9e3779b97f4a7c15ULL, 0xbfb11135668736c9ULL },
	{ 8, 0, 0x538cac3b18f9ef8eULL },
	{ 8, 0x9e3779b97f4a7c15ULL, 0x01bd0550eb96c2adULL },
	{ 31, 0, 0x4071dd1310fa5da9ULL },
	{ 31, 0x9e3779b97f4a7c15ULL, 0xb8041a5425fab416ULL },
	{ 32, 0, 0x13ee8a64346f0691ULL },
	{ 32, 0x9e3779b97f4a7c15ULL, 0x8cb4af26484308e7ULL },
	{ 33, 0, 0xf75619499e2e2e99ULL },
	{ 33, 0x9e3779b97f4a7c15ULL, 0x2f3e3065984b1a28ULL },
	{ 100, 0, 0x8a5b7a72e578e053ULL },
	{ 100, 0x9e3779b97f4a7c15ULL, 0x1de7af5222d4c411ULL },
	{ 4096, 0, 0xa591d40f991bf106ULL },
	{ 4096, 0x9e3779b97f4a7c15ULL, 0xd65825e3f64706e5ULL },
};

#endif /* _SHIM_XXH64_VECTORS_H */
