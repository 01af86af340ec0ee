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
 *  shared   maps a read-only frame that other slots may map as well
 *
 * so that for each region   holes + zero + private + shared = pages
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
 *               system calls fail with ENOSPC and faults with SIGBUS; merging
 *               makes room again.  A remount below what is in use fails with
 *               EBUSY.
 *  nr_inodes=N  files and directories the mount may hold, suffixes as above
 *               without %; 0 is refused.  Default: half the pages of RAM.
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
 * symbolic links, special files or extended attributes.
 *
 *
 * Sysfs
 * -----
 *
 * /sys/kernel/mm/ksmfs/ holds one file for each line of KSMFS_KNOBS and of
 * KSMFS_CHOICES (read and, by root, write) and of KSMFS_STATS (read).  A file
 * that has the name of one in /sys/kernel/mm/ksm/ has its meaning too.  Writing
 * anything but a decimal number in the knob's range, or one of a choice's
 * words, fails with EINVAL and changes nothing.
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
	  "seconds in which the advisor has all changing pages visited")

/*
 * KSMFS_CHOICES - X(name, words, default, help)
 *
 * A knob that takes one of some words; each is X(id, word, help) of the list
 * @words.  Reading shows them all, the chosen one in brackets.
 */
#define KSMFS_CHOICES(X)                                                      \
	X(advisor_mode, KSMFS_ADVISOR_MODES, none,                            \
	  "what chooses pages_to_scan")

#define KSMFS_ADVISOR_MODES(X)                                                \
	X(none, "none",                                                       \
	  "nothing: it is as written")                                        \
	X(scan_time, "scan-time",                                             \
	  "the advisor, for advisor_target_scan_time")                        \
	X(pressure, "pressure",                                               \
	  "the advisor, and up to the whole of max_cpu_percent as less than " \
	  "20% to 10% of memory is available")

/*
 * KSMFS_STATS - X(name, kind, help)
 *
 * kind: GAUGE goes up and down, COUNTER only grows while the module is
 * loaded, BYTES is a gauge in bytes and may be negative.
 */
#define KSMFS_STATS(X)                                                        \
	X(pages_shared, GAUGE,                                                \
	  "read-only frames that merged slots map")                           \
	X(pages_sharing, GAUGE,                                               \
	  "further slots that map them: the frames merging saves")            \
	X(pages_unshared, GAUGE,                                              \
	  "private pages that are quiet but equal to no other")               \
	X(pages_volatile, GAUGE,                                              \
	  "private pages that changed since their last visit")                \
	X(ksm_zero_pages, GAUGE,                                              \
	  "slots found to hold only zeros, which cost no frame")              \
	X(frames, GAUGE,                                                      \
	  "frames that hold content: private and shared together")            \
	X(frames_cached, GAUGE,                                               \
	  "free frames kept at hand for breaks")                              \
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
	  "merges given up because somebody else held the page")              \
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
	X(alloc_failures, COUNTER,                                            \
	  "frames refused: no memory, or the mount is full")

/**
 * struct ksmfs_region_info - one region, or one step of a walk over regions
 * @ino:     inode number, as stat(2) reports it
 * @domain:  inode number of the domain's directory, that of the mount's root
 *           for the root domain
 * @pages:   slots of the region: its size in pages, or more when fallocate(2)
 *           has populated slots beyond the end of the file
 * @priv:    slots that are private (a word that C++ keeps for itself)
 * @shared:  slots that map a shared frame
 * @zero:    slots found to hold only zeros
 * @holes:   slots without content
 * @frames:  frames the region stands for: @priv plus, of the domain's
 *           shared frames, the part that @shared is of the domain's shared
 *           slots.  st_blocks tells the same.
 * @merges:  slots merged so far, zero pages included
 * @breaks:  slots broken so far, zero pages included
 * @punched: slots punched so far
 * @nlink:   number of names; 0 for an unlinked or O_TMPFILE region
 * @reserved: 0
 */
struct ksmfs_region_info {
	__u64 ino;
	__u64 domain;
	__u64 pages;
	__u64 priv;
	__u64 shared;
	__u64 zero;
	__u64 holes;
	__u64 frames;
	__u64 merges;
	__u64 breaks;
	__u64 punched;
	__u32 nlink;
	__u32 reserved;
};

/*
 * KSMFS_IOC_REGION - numbers of the region the descriptor is open on.
 *
 * Everything in the structure is written.  Fails with ENOTTY on a directory.
 */
#define KSMFS_IOC_REGION _IOR(0xBA, 1, struct ksmfs_region_info)

/*
 * KSMFS_IOC_NEXT_REGION - walk the regions of a mount, unlinked ones included.
 *
 * The descriptor is open on any directory of the mount.  Reads @ino and
 * answers with the region that has the next higher inode number; start with
 * 0.  ENOENT: there is none.  EPERM: needs CAP_SYS_ADMIN, since who shares how
 * much is nobody else's business.
 */
#define KSMFS_IOC_NEXT_REGION _IOWR(0xBA, 2, struct ksmfs_region_info)

#endif /* _UAPI_KSMFS_H */
