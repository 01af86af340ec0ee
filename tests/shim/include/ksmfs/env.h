/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the portable core takes from the kernel, in user space.
 *
 * Comes before include/ in the search path and has the name and the guard of
 * the kernel's list, so it takes its place.  What the core does not use is
 * absent: a shim that is missing does not compile, one that is wrong misleads.
 *
 * The topics are sorted by how false they are.  Each header says what a test
 * that passes on it does not prove.
 */
#ifndef _KSMFS_ENV_H
#define _KSMFS_ENV_H

/* The same: plain C with one meaning.  tests/shim/conformance.c compares. */
#include <shim/bits.h>
#include <shim/err.h>
#include <shim/list.h>
#include <shim/hash.h>
#include <shim/lz4.h>

/* Thin: the guarantees of the kernel, out of other parts. */
#include <shim/atomic.h>
#include <shim/llist.h>
#include <shim/xarray.h>
#include <shim/wait.h>
#include <shim/rcu.h>

/* Stricter: what the kernel only warns of, or does not see, ends the test. */
#include <shim/bug.h>
#include <shim/lockdep.h>
#include <shim/spinlock.h>
#include <shim/mutex.h>
#include <shim/slab.h>
#include <shim/page.h>
#include <shim/zsmalloc.h>

/* Made up: stands for something that is not there. */
#include <shim/sched.h>
#include <shim/mm.h>
#include <shim/random.h>

#endif /* _KSMFS_ENV_H */
