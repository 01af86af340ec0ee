/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints: the transitions of a slot that cost or save a frame, and the
 * scanner's passes.  perf trace -e 'ksmfs:*' shows them.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ksmfs

#if !defined(_KSMFS_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _KSMFS_TRACE_H

#include <linux/tracepoint.h>

DECLARE_EVENT_CLASS(ksmfs_slot,
	TP_PROTO(u64 ino, unsigned long index, unsigned long pfn),
	TP_ARGS(ino, index, pfn),
	TP_STRUCT__entry(
		__field(u64, ino)
		__field(unsigned long, index)
		__field(unsigned long, pfn)
	),
	TP_fast_assign(
		__entry->ino = ino;
		__entry->index = index;
		__entry->pfn = pfn;
	),
	TP_printk("ino=%llu index=%lu pfn=0x%lx",
		  __entry->ino, __entry->index, __entry->pfn)
);

/* A slot gave up its frame for the shared frame @pfn, 0 for a zero page. */
DEFINE_EVENT(ksmfs_slot, ksmfs_merge,
	TP_PROTO(u64 ino, unsigned long index, unsigned long pfn),
	TP_ARGS(ino, index, pfn)
);

/* A merged or zero slot was given the private frame @pfn. */
DEFINE_EVENT(ksmfs_slot, ksmfs_break,
	TP_PROTO(u64 ino, unsigned long index, unsigned long pfn),
	TP_ARGS(ino, index, pfn)
);

/* @nr slots from @index on were made holes, if they were not yet. */
TRACE_EVENT(ksmfs_punch,
	TP_PROTO(u64 ino, unsigned long index, unsigned long nr),
	TP_ARGS(ino, index, nr),
	TP_STRUCT__entry(
		__field(u64, ino)
		__field(unsigned long, index)
		__field(unsigned long, nr)
	),
	TP_fast_assign(
		__entry->ino = ino;
		__entry->index = index;
		__entry->nr = nr;
	),
	TP_printk("ino=%llu index=%lu nr=%lu",
		  __entry->ino, __entry->index, __entry->nr)
);

/* The scanner has been through a region once more, and visited @visited slots. */
TRACE_EVENT(ksmfs_pass,
	TP_PROTO(u64 ino, unsigned long pass, unsigned long visited),
	TP_ARGS(ino, pass, visited),
	TP_STRUCT__entry(
		__field(u64, ino)
		__field(unsigned long, pass)
		__field(unsigned long, visited)
	),
	TP_fast_assign(
		__entry->ino = ino;
		__entry->pass = pass;
		__entry->visited = visited;
	),
	TP_printk("ino=%llu pass=%lu visited=%lu",
		  __entry->ino, __entry->pass, __entry->visited)
);

#endif /* _KSMFS_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH ksmfs
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
