/* SPDX-License-Identifier: GPL-2.0 */
/* Errors in pointers.  The same as the kernel's. */
#ifndef _SHIM_ERR_H
#define _SHIM_ERR_H

#include <errno.h>
#include <stdbool.h>

#define MAX_ERRNO 4095

static inline bool IS_ERR(const void *ptr)
{
	return (unsigned long)ptr >= (unsigned long)-MAX_ERRNO;
}

static inline bool IS_ERR_VALUE(unsigned long value)
{
	return value >= (unsigned long)-MAX_ERRNO;
}

static inline void *ERR_PTR(long error)
{
	return (void *)error;
}

static inline long PTR_ERR(const void *ptr)
{
	return (long)ptr;
}

static inline void *ERR_CAST(const void *ptr)
{
	return (void *)ptr;
}

#endif /* _SHIM_ERR_H */
