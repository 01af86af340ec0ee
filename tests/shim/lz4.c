// SPDX-License-Identifier: GPL-2.0
#include <lz4.h>
#include <shim/bits.h>
#include <shim/bug.h>

static_assert(LZ4_STREAM_MINSIZE <= 16416, "LZ4_MEM_COMPRESS of shim/lz4.h");

int shim_lz4_compress(const char *source, char *dest, int size, int room,
		      void *work);
int shim_lz4_decompress(const char *source, char *dest, int size, int room);

int shim_lz4_compress(const char *source, char *dest, int size, int room,
		      void *work)
{
	return LZ4_compress_fast_extState(work, source, dest, size, room, 1);
}

int shim_lz4_decompress(const char *source, char *dest, int size, int room)
{
	return LZ4_decompress_safe(source, dest, size, room);
}
