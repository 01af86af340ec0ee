/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the core knows of files and of page tables that map them.  The page
 * tables are those of tests/unit/guest.c.
 *
 * Not proven: anything about the kernel's page tables and faults themselves.
 */
#ifndef _SHIM_MM_H
#define _SHIM_MM_H

#include <pthread.h>
#include <shim/list.h>
#include <shim/lockdep.h>
#include <shim/page.h>

struct inode {
	void *i_private;
};

struct address_space {
	struct inode *host;
	pthread_rwlock_t i_mmap_rwsem;	/* guards i_mmap */
	struct lockdep_map dep_map;	/* of i_mmap_rwsem */
	struct hlist_head i_mmap;	/* of struct guest */
};

/* @nr: 0 for all from @start on; @even_cows: also copies that are private */
void unmap_mapping_pages(struct address_space *mapping, unsigned long start,
			 unsigned long nr, bool even_cows);

/* Makes entries of shared mappings read-only; returns how many. */
int folio_mkclean(struct folio *folio);

#endif /* _SHIM_MM_H */
