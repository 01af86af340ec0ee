/* SPDX-License-Identifier: GPL-2.0 */
/*
 * LZ4 by liblz4, which the kernel's is made from.  Its functions of these names
 * take other arguments, hence the macros.
 *
 * Not proven: that both make the same of the same bytes; nothing rests on it.
 */
#ifndef _SHIM_LZ4_H
#define _SHIM_LZ4_H

#define LZ4_MEM_COMPRESS 16416
#define LZ4_compress_default(source, dest, size, room, work)                    \
	shim_lz4_compress(source, dest, size, room, work)
#define LZ4_decompress_safe(source, dest, size, room)                          \
	shim_lz4_decompress(source, dest, size, room)

int shim_lz4_compress(const char *source, char *dest, int size, int room,
		      void *work);
int shim_lz4_decompress(const char *source, char *dest, int size, int room);

#endif /* _SHIM_LZ4_H */
