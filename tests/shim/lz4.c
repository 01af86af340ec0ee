// SPDX-License-Identifier: GPL-2.0
#include <lz4.h>
#include <shim/bits.h>
#include <shim/lz4.h>

static_assert(LZ4_STREAM_MINSIZE <= LZ4_MEM_COMPRESS, "work is too small");

int shim_lz4_compress(const char *source, char *dest, int size, int room,
		      void *work)
{
	return LZ4_compress_fast_extState(work, source, dest, size, room, 1);
}

/* Not the macro of this name. */
int shim_lz4_decompress(const char *source, char *dest, int size, int room)
{
	return (LZ4_decompress_safe)(source, dest, size, room);
}
