/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything the portable core takes from the kernel.
 *
 * The core includes no <linux/...> header but through this one.  In user
 * space tests/shim/include comes first in the search path and its header of
 * this name takes its place; so this is also the list of what is shimmed.
 */
#ifndef _KSMFS_ENV_H
#define _KSMFS_ENV_H

#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/highmem.h>
#include <linux/io.h>
#include <linux/list.h>
#include <linux/llist.h>
#include <linux/lockdep.h>
#include <linux/lz4.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/nodemask.h>
#include <linux/overflow.h>
#include <linux/pagemap.h>
#include <linux/prefetch.h>
#include <linux/random.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rmap.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/topology.h>
#include <linux/wait.h>
#include <linux/wait_bit.h>
#include <linux/xarray.h>
#include <linux/xxhash.h>
#include <linux/zsmalloc.h>

/* Names that an older kernel has not got. */
#include "ksm/compat.h"

#endif /* _KSMFS_ENV_H */
