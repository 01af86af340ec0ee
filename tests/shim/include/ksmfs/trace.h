/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints that count.  A passing test proves that an event is sent once
 * for what it is about, not that perf can show it.
 */
#ifndef _KSMFS_TRACE_H
#define _KSMFS_TRACE_H

#include <ksmfs/env.h>

/* Events sent so far. */
struct shim_trace {
	atomic_long_t merge;
	atomic_long_t break_;
	atomic_long_t punch;
	atomic_long_t pass;
};

extern struct shim_trace shim_trace;

static inline void trace_ksmfs_merge(u64 ino, unsigned long index,
				     unsigned long pfn)
{
	(void)ino, (void)index, (void)pfn;
	atomic_long_inc(&shim_trace.merge);
}

static inline void trace_ksmfs_break(u64 ino, unsigned long index,
				     unsigned long pfn)
{
	(void)ino, (void)index, (void)pfn;
	atomic_long_inc(&shim_trace.break_);
}

static inline void trace_ksmfs_punch(u64 ino, unsigned long index,
				     unsigned long nr)
{
	(void)ino, (void)index, (void)nr;
	atomic_long_inc(&shim_trace.punch);
}

static inline void trace_ksmfs_pass(u64 ino, unsigned long pass,
				    unsigned long visited)
{
	(void)ino, (void)pass, (void)visited;
	atomic_long_inc(&shim_trace.pass);
}

#endif /* _KSMFS_TRACE_H */
