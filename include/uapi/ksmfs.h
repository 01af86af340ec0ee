/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * ksmfs: a memory file system whose files are guest RAM and whose identical
 * pages are merged.
 *
 * This header is the specification of everything user space can rely on:
 * the mount, the sysfs files and the ioctls.  The kernel module and the tools
 * are both generated from the lists below, so they cannot disagree.
 *
 *
 * Words
 * -----
 *
 *  region   one regular file of a ksmfs mount: one piece of guest RAM
 *  slot     one page-sized place in a region (file offset / page size)
 *  frame    one physical page that holds content
 *  domain   the regions that may share frames with one another.  A directory
 *           directly below the root of a mount is a domain, together with
 *           everything below it; the files directly in the root are another.
 *           No frame is ever in two domains or in two mounts.  Moving or
 *           linking a file into another domain fails with EXDEV.
 *
 * At any moment a slot is exactly one of
 *
 *  hole     no content; reads as zeros and costs no frame
 *  zero     content found to be all zeros; costs no frame
 *  private  has a frame of its own
 *  shared   has a read-only frame that other slots may have as well
 *  packed   content is compressed, to half a frame or less
 *  swapped  content is in the mount's swap file; costs no frame
 *
 * so that for each region   holes + zero + private + shared + packed +
 *                           swapped = pages
 * and for the whole module  shared = pages_shared + pages_sharing
 *                           private = pages_unshared + pages_volatile
 *
 *
 * Mount
 * -----
 *
 *  mount -t ksmfs -o OPTIONS none DIR
 *
 *  size=N       frames the mount may hold, in bytes with an optional suffix
 *               k, m, g, t, or in percent of RAM with the suffix %.  Rounded
 *               up to whole pages; 0 is refused.  Default 50%.  Once reached,
 *               system calls fail with ENOSPC, and faults wait for a frame as
 *               stall_millisecs says, and then get SIGBUS.  A remount below
 *               what is in use fails with EBUSY.
 *  break_reserve=N
 *               frames that are kept for content that is there already and
 *               needs a frame of its own again: merged, packed or swapped.
 *               Bytes as above, or percent of size.  Default 1%.  Never more
 *               is kept than such content could need.
 *  swap=PATH    regular file or block device for content that is swapped.  Its
 *               size is what it holds.  It is used by one mount alone; what
 *               it held before is lost.  A mount that has none can be given
 *               one by a remount.  Default: none.
 *  nr_inodes=N  files and directories the mount may hold, suffixes as above
 *               without %; 0 is refused.  Default: half the pages of RAM.
 *  merge=MODE   what new domains begin with, one word of KSMFS_MERGE_MODES; the
 *               root domain begins with the mount.  Default share.  A remount
 *               says it for those that begin later.
 *  strict       new domains begin strict, as trusted.ksmfs.strict has it;
 *  nostrict     they do not, which is the default.  Likewise.
 *  mode=OCTAL   permissions of the root directory.  Default 1777.
 *  uid=N gid=N  owner of the root directory.  Default: who mounts.
 *
 * Anything else fails with EINVAL and leaves a line in the kernel log.
 * Mounting needs CAP_SYS_ADMIN in the initial user namespace.
 *
 *
 * Files
 * -----
 *
 * As in tmpfs, with these differences.  fallocate(2) gives every page of its
 * range a frame of its own, but the scanner may merge it again: no write is
 * promised to succeed later.  What is read with splice(2) is copied.  Mappings
 * that have been split do not join again, as in hugetlbfs.  There are no
 * symbolic links or special files, and no extended attributes but two.  Without
 * CAP_SYS_ADMIN, st_blocks counts all pages that have content, merged or not,
 * and f_bfree and f_bavail are rounded down to 16 MiB.
 *
 *
 * Domains
 * -------
 *
 * The directory of a domain, which for the root domain is the root of the
 * mount, has two extended attributes that say what is done in the domain.  To
 * read and to set them takes CAP_SYS_ADMIN, as for all of trusted.*.
 *
 *  trusted.ksmfs.merge    what may be merged: one word of KSMFS_MERGE_MODES
 *  trusted.ksmfs.strict   1: how long a touch takes does not tell a guest
 *                         whether a page of its own is merged, unless the
 *                         mount is full; 0: it may
 *
 * In a strict domain every page that is quiet is taken out of page tables and
 * gets a shared frame, whether another one is equal to it or not, and the first
 * touch, a read too, takes it out of there.  So each quiet page costs its guest
 * a fault and a copy when it is touched; there are no zero and no clean pages,
 * and cold ones are neither packed nor swapped.  In mode off nothing is merged,
 * and of all that only the last remains.
 *
 * Values have no zero and no newline at the end.  Anything else fails with
 * EINVAL and changes nothing, as does setting one on what is no domain's
 * directory, or removing one.  XATTR_CREATE fails with EEXIST, as a domain has
 * both.  To read one of what is no domain's directory fails with ENODATA.
 *
 * A new value holds from then on, and what was done already and is not allowed
 * any more is undone before setxattr(2) returns: merged pages get frames of
 * their own, and so may those that do not gain anything by being merged.  If
 * that fails (ENOSPC, ENOMEM, EHWPOISON if memory goes bad just then, or EINTR
 * after a signal) the new value holds all the same, and nothing is lost; to set
 * it again goes on.  Pages in memory that has gone bad before, which nobody can
 * read, stay as they are.
 *
 * setxattr(2) visits all pages of the domain that have content, which may take
 * minutes if they are a terabyte, and no name in the directory can be made or
 * removed meanwhile.  A later version may return as soon as the new value holds
 * for what is done from then on, and do the rest in the background.
 *
 *
 * Sysfs
 * -----
 *
 * /sys/kernel/mm/ksmfs/ holds one file for each line of KSMFS_KNOBS and of
 * KSMFS_CHOICES (read and, by root, write) and of KSMFS_STATS (read by root,
 * since they tell what is merged).  A file that has the name of one in
 * /sys/kernel/mm/ksm/ has its meaning too.  Writing anything but a decimal
 * number in the knob's range, or one of a choice's words, fails with EINVAL and
 * changes nothing.
 *
 * stalls can be waited for: poll(2) reports POLLPRI | POLLERR on an open
 * descriptor once a fault has begun to wait for a frame since the file was
 * last read.
 */
#ifndef _UAPI_KSMFS_H
#define _UAPI_KSMFS_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* statfs.f_type.  "ksmf" in ASCII. */
#define KSMFS_MAGIC 0x6b736d66

/*
 * KSMFS_KNOBS - X(name, lowest, highest, default, help)
 *
 * run: 0 and 1 take effect before the write returns.  2 breaks every merged
 * and every zero slot and stays 2; it needs as many frames as merging saved.
 * If they cannot be had the write fails (ENOMEM, ENOSPC, or EINTR after a
 * signal), run becomes 0, what was broken stays broken, and nothing is lost.
 * Slots whose memory has gone bad stay merged; once all others are broken the
 * write fails with EHWPOISON, and run becomes 0.
 *
 * pages_to_scan, sleep_millisecs: for all threads of the scanner together.
 * pages_to_scan cannot be written while advisor_mode is not none (EINVAL):
 * then the advisor sets it each second, and a batch begins every
 * sleep_millisecs.  Setting advisor_mode to none sets it to its default.
 *
 * scan: writing N asks for N whole passes, without pauses and whatever run
 * says unless run is 2 (EBUSY); reading tells how many are still to do.  The
 * passes visit every page that is not known to be unchanged, also those the
 * scanner had put off as volatile.
 *
 * max_cpu_percent: holds for all that the scanner does, also for passes asked
 * for; over ten seconds it is accurate to a fifth.  The scanner has as many
 * threads, ksmfs_scan/N, as it takes to use it up, and no more than there
 * are CPUs online when it is written.
 *
 * advisor_target_scan_time: the time in which the advisor has all pages visited
 * once that are not known to be unchanged, unless max_cpu_percent is too
 * little for it.
 *
 * stall_millisecs: when there is no frame for a fault, because the mount is
 * full, or the host is, or the region is at its limit, the task that faults
 * sleeps until there is one, or it is killed, or this time is over.  A full
 * mount or host then means SIGBUS; a limit is taken away.
 *
 * sample_pages, sample_millisecs: how the active pages of a region are
 * estimated.  In each period of that length so many of its pages, chosen at
 * random, are taken out of all page tables; those that are back at its end were
 * touched.
 */
#define KSMFS_KNOBS(X)                                                        \
	X(run, 0, 2, 1,                                                       \
	  "0: stop scanning, 1: scan, 2: stop and unmerge everything")        \
	X(pages_to_scan, 1, 4294967295, 1024,                                 \
	  "pages visited before the scanner sleeps")                          \
	X(sleep_millisecs, 0, 4294967295, 20,                                 \
	  "how long the scanner then sleeps, in milliseconds")                \
	X(scan, 0, 1000, 0,                                                   \
	  "passes asked for and not yet done; they are made without pauses")  \
	X(max_cpu_percent, 1, 6400, 100,                                      \
	  "CPU time the scanner may take, in percent of one CPU")             \
	X(advisor_target_scan_time, 1, 86400, 200,                            \
	  "seconds in which the advisor has all changing pages visited")      \
	X(stall_millisecs, 0, 3600000, 10000,                                 \
	  "how long a fault waits for a frame before it fails")               \
	X(sample_pages, 0, 65536, 200,                                        \
	  "pages of each region watched for a touch in a period; 0: none")    \
	X(sample_millisecs, 100, 3600000, 10000,                              \
	  "length of that period, in milliseconds")

/*
 * KSMFS_CHOICES - X(name, words, default, help)
 *
 * A knob that takes one of some words; each is X(id, word, help) of the list
 * @words.  Reading shows them all, the chosen one in brackets.
 */
#define KSMFS_CHOICES(X)                                                      \
	X(advisor_mode, KSMFS_ADVISOR_MODES, none,                            \
	  "what chooses pages_to_scan")                                       \
	X(reclaim_mode, KSMFS_RECLAIM_MODES, swap,                            \
	  "what is done with cold pages when a mount or the host is full")

#define KSMFS_ADVISOR_MODES(X)                                                \
	X(none, "none",                                                       \
	  "nothing: it is as written")                                        \
	X(scan_time, "scan-time",                                             \
	  "the advisor, for advisor_target_scan_time")                        \
	X(pressure, "pressure",                                               \
	  "the advisor, and up to the whole of max_cpu_percent as less than " \
	  "20% to 10% of memory is available")

#define KSMFS_RECLAIM_MODES(X)                                                \
	X(none, "none",                                                       \
	  "nothing: they keep their frames")                                  \
	X(pack, "pack",                                                       \
	  "they are compressed if they shrink to half")                       \
	X(swap, "swap",                                                       \
	  "likewise; those that do not, and the coldest, are swapped")

/*
 * KSMFS_STATS - X(name, kind, help)
 *
 * kind: GAUGE goes up and down, COUNTER only grows while the module is
 * loaded, BYTES is a gauge in bytes and may be negative.
 */
#define KSMFS_STATS(X)                                                        \
	X(pages_shared, GAUGE,                                                \
	  "read-only frames that hold the content of merged slots")           \
	X(pages_sharing, GAUGE,                                               \
	  "further slots with that content: the frames merging saves")        \
	X(pages_unshared, GAUGE,                                              \
	  "private pages that are quiet but equal to no other")               \
	X(pages_volatile, GAUGE,                                              \
	  "private pages that changed since their last visit")                \
	X(ksm_zero_pages, GAUGE,                                              \
	  "slots found to hold only zeros, which cost no frame")              \
	X(frames, GAUGE,                                                      \
	  "frames that hold content: private and shared together")            \
	X(frames_cached, GAUGE,                                               \
	  "free frames that merging and breaking draw from")                  \
	X(pages_packed, GAUGE,                                                \
	  "slots whose content is compressed")                                \
	X(frames_packed, GAUGE,                                               \
	  "frames that compressed content takes")                             \
	X(pages_swapped, GAUGE,                                               \
	  "slots whose content is in a swap file")                            \
	X(break_debt, GAUGE,                                                  \
	  "frames it would take to break all that is merged, packed, swapped") \
	X(stalled, GAUGE,                                                     \
	  "faults that wait for a frame now")                                 \
	X(regions, GAUGE,                                                     \
	  "files of all mounts")                                              \
	X(domains, GAUGE,                                                     \
	  "merge domains of all mounts")                                      \
	X(general_profit, BYTES,                                              \
	  "bytes saved by merging, less metadata_bytes")                      \
	X(metadata_bytes, BYTES,                                              \
	  "bytes that slot tables and the stable tree take")                  \
	X(pages_scanned, COUNTER,                                             \
	  "pages visited")                                                    \
	X(pages_skipped, COUNTER,                                             \
	  "visits put off because a page had proved volatile")                \
	X(pages_pinned, COUNTER,                                              \
	  "pages neither merged nor reclaimed: somebody else held them")       \
	X(full_scans, COUNTER,                                                \
	  "passes completed over every region")                               \
	X(merges, COUNTER,                                                    \
	  "slots merged into a shared frame")                                 \
	X(zero_merges, COUNTER,                                               \
	  "slots whose frame was freed because it held only zeros")           \
	X(merge_races, COUNTER,                                               \
	  "merges given up because the content changed meanwhile")            \
	X(hash_collisions, COUNTER,                                           \
	  "unequal pages that had to be compared to be told apart")           \
	X(breaks, COUNTER,                                                    \
	  "shared slots given a private frame again by copy-on-write")        \
	X(zero_breaks, COUNTER,                                               \
	  "zero slots given a private frame again")                           \
	X(pages_punched, COUNTER,                                             \
	  "slots made holes: balloon, discard, free page report")             \
	X(pages_punched_vain, COUNTER,                                        \
	  "of these, merged ones: no frame is gained while others share it")  \
	X(packs, COUNTER,                                                     \
	  "private pages compressed")                                         \
	X(pack_rejects, COUNTER,                                              \
	  "cold pages that did not shrink to half")                           \
	X(unpacks, COUNTER,                                                   \
	  "packed pages brought back")                                        \
	X(swap_outs, COUNTER,                                                 \
	  "pages written to a swap file")                                     \
	X(swap_ins, COUNTER,                                                  \
	  "pages brought back from a swap file")                              \
	X(prefetches, COUNTER,                                                \
	  "of those brought back, pages nobody had asked for yet")            \
	X(swap_errors, COUNTER,                                               \
	  "pages a swap file failed to write or to read")                     \
	X(stalls, COUNTER,                                                    \
	  "faults that had to wait for a frame")                              \
	X(stall_timeouts, COUNTER,                                            \
	  "of these, faults that waited for stall_millisecs in vain")         \
	X(alloc_failures, COUNTER,                                            \
	  "frames refused: no memory, or the mount is full")

/*
 * KSMFS_MERGE_MODES - X(id, word, help)
 *
 * Zero pages tell nothing about whose they are: in all modes but off they cost
 * no frame, and show the one frame of zeros that a domain has.  In a strict
 * domain they are merged like others, which costs a frame.
 */
#define KSMFS_MERGE_MODES(X)                                                  \
	X(share, "share",                                                     \
	  "equal pages of all regions of the domain")                         \
	X(self, "self",                                                       \
	  "equal pages of one region, and zero pages")                        \
	X(zero, "zero",                                                       \
	  "zero pages")                                                       \
	X(off, "off",                                                         \
	  "nothing; the scanner does not read the pages")

/* The extended attributes of a domain's directory. */
#define KSMFS_XATTR_MERGE  "trusted.ksmfs.merge"
#define KSMFS_XATTR_STRICT "trusted.ksmfs.strict"

/**
 * struct ksmfs_region_info - one region, or one step of a walk over regions
 * @ino:     inode number, as stat(2) reports it
 * @domain:  inode number of the domain's directory, that of the mount's root
 *           for the root domain
 * @pages:   slots of the region: its size in pages, or more when fallocate(2)
 *           has populated slots beyond the end of the file
 * @priv:    slots that are private (a word that C++ keeps for itself)
 * @shared:  slots that have a shared frame: in a strict domain all that are
 *           quiet, also those that share it with no other
 * @zero:    slots found to hold only zeros
 * @packed:  slots whose content is compressed
 * @swapped: slots whose content is in the swap file
 * @holes:   slots without content
 * @frames:  frames the region stands for: @priv plus, of the domain's
 *           shared frames, the part that @shared is of the domain's shared
 *           slots, plus likewise for what the domain's compressed content
 *           takes.  st_blocks tells the same who may ask for this.
 * @merges:  slots merged so far, zero pages included
 * @breaks:  slots broken so far, zero pages included
 * @punched: slots punched so far
 * @vain:    of these, slots that were merged: no frame is gained as long as
 *           others share it
 * @fetched: packed and swapped slots brought back so far because somebody
 *           wanted them: many in a short time say that it has too few frames
 * @stalls:  faults that had to wait for a frame so far
 * @limit:   as set by KSMFS_IOC_LIMIT, or 0
 * @periods: sampling periods completed so far; while it is 0 nothing is known
 *           of what is active
 * @active:  pages in use, estimated: the higher of the two averages below, or
 *           what the period that has not ended yet says if that is above them
 *           by more than chance explains; so that it follows a rise at once and
 *           a fall slowly
 * @active_slow: likewise: average over the last 16 periods or so
 * @active_fast: likewise: over the last 4 periods or so
 * @nlink:   number of names; 0 for an unlinked or O_TMPFILE region
 * @flags:   KSMFS_REGION_STRICT: its domain is strict
 */
struct ksmfs_region_info {
	__u64 ino;
	__u64 domain;
	__u64 pages;
	__u64 priv;
	__u64 shared;
	__u64 zero;
	__u64 packed;
	__u64 swapped;
	__u64 holes;
	__u64 frames;
	__u64 merges;
	__u64 breaks;
	__u64 punched;
	__u64 vain;
	__u64 fetched;
	__u64 stalls;
	__u64 limit;
	__u64 periods;
	__u64 active;
	__u64 active_slow;
	__u64 active_fast;
	__u32 nlink;
	__u32 flags;
};

#define KSMFS_REGION_STRICT 1

/**
 * struct ksmfs_reclaim - take frames from one region
 * @ino: inode number of the region
 * @pages: how many to take; set to how many were taken
 * @mode: 0 to have the module choose as reclaim_mode says; KSMFS_RECLAIM_PACK
 *        to compress only, KSMFS_RECLAIM_SWAP to swap only
 * @reserved: 0
 */
struct ksmfs_reclaim {
	__u64 ino;
	__u64 pages;
	__u32 mode;
	__u32 reserved;
};

#define KSMFS_RECLAIM_PACK 1
#define KSMFS_RECLAIM_SWAP 2

/**
 * struct ksmfs_limit - how many frames one region may have
 * @ino: inode number of the region
 * @frames: how many private slots, in a strict domain how many frames, as
 *          @frames of struct ksmfs_region_info; 0: no limit
 */
struct ksmfs_limit {
	__u64 ino;
	__u64 frames;
};

/**
 * struct ksmfs_mount_info - a mount as a whole
 * @size:    frames it may hold, as size= says
 * @used:    frames it holds: private, shared, and what packed content takes
 * @break_reserve: frames kept for breaks at most, as break_reserve= says
 * @reserve: frames kept for them now: no more than @debt
 * @debt:    frames it would take more if all its content were written to, or
 *           brought back
 * @packed:  frames that packed content takes
 * @swap_pages: pages its swap file holds, or 0
 * @swap_used:  pages of it that are in use, or have yet to be wiped
 * @swap_bad:   pages of it that failed and are not used any more
 * @stalled: faults that wait for a frame now
 */
struct ksmfs_mount_info {
	__u64 size;
	__u64 used;
	__u64 break_reserve;
	__u64 reserve;
	__u64 debt;
	__u64 packed;
	__u64 swap_pages;
	__u64 swap_used;
	__u64 swap_bad;
	__u64 stalled;
};

/**
 * struct ksmfs_shared - frames of a region's shared slots
 * @ino: inode number of the region
 * @next: slot to begin with; set to the slot to go on with, or to
 *        KSMFS_SHARED_END when all have been looked at
 * @frames: address of an array of __u64
 * @count: how many it holds; set to how many have been written, which may be
 *         less, and 0, before the end
 */
struct ksmfs_shared {
	__u64 ino;
	__u64 next;
	__u64 frames;
	__u64 count;
};

#define KSMFS_SHARED_END (~0ULL)

/*
 * All need CAP_SYS_ADMIN (EPERM): who shares how much is nobody else's
 * business, nor is who has how much.
 *
 * KSMFS_IOC_REGION - numbers of the region the descriptor is open on.
 *
 * Everything in the structure is written.  Fails with ENOTTY on a directory.
 */
#define KSMFS_IOC_REGION _IOR(0xBA, 1, struct ksmfs_region_info)

/*
 * The others are for a descriptor that is open on any directory of the mount.
 *
 * KSMFS_IOC_NEXT_REGION - walk the regions of a mount, unlinked ones included.
 *
 * Reads @ino and answers with the region that has the next higher inode
 * number; start with 0.  ENOENT: there is none.
 *
 * KSMFS_IOC_RECLAIM - compress or swap a region's private pages, cold ones
 * first.
 *
 * A page is cold if it has not been touched since it was last looked at.
 * Returns when as many frames have been taken as were asked for, or when 16
 * times as many pages have been looked at, or each of them once: then @pages is
 * less, and it is worth asking again some time later.  While run is 1, pages
 * that the scanner has not found to be alone are spared.  Of a region whose
 * domain is strict nothing is taken.  ENOENT: no such region; EINVAL: unknown
 * @mode; EINTR: a signal came before anything was taken.
 *
 * KSMFS_IOC_LIMIT - have a region's faults wait while it has too much.
 *
 * A fault that needs a frame while the region has @frames of them or more waits
 * as stall_millisecs says, and then gets it all the same; the limit is gone
 * then, lest whoever has set it and has gone himself stop the guest.  In a
 * strict domain the first touch of each quiet page needs a frame, and the one
 * it had is given up a little later, so a limit should leave some room there.
 * ENOENT: no such region.
 *
 * KSMFS_IOC_MOUNT - numbers of the mount.
 *
 * KSMFS_IOC_SHARED - which frames a region shares.
 *
 * Writes one number for each slot that is shared, in the order of slots, and none
 * for others.  Slots have the same number if and only if they have the same
 * frame: it is that of the page frame, as /proc/PID/pagemap tells it.  What
 * changes meanwhile may be told as it was or as it is.  ENOENT: no such region;
 * EINVAL: @count is 0; EFAULT: there is no such memory, and some may have
 * been written.
 */
#define KSMFS_IOC_NEXT_REGION _IOWR(0xBA, 2, struct ksmfs_region_info)
#define KSMFS_IOC_RECLAIM     _IOWR(0xBA, 3, struct ksmfs_reclaim)
#define KSMFS_IOC_LIMIT       _IOW(0xBA, 4, struct ksmfs_limit)
#define KSMFS_IOC_MOUNT       _IOR(0xBA, 5, struct ksmfs_mount_info)
#define KSMFS_IOC_SHARED      _IOWR(0xBA, 6, struct ksmfs_shared)

#endif /* _UAPI_KSMFS_H */
