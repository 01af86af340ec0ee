/* SPDX-License-Identifier: GPL-2.0 */
/*
 * All that the module tells, read at once.
 *
 * Context of everything: any thread.  To read may take long: names come from
 * directories, which are locked while the mode of a domain is changed.
 */
#ifndef KSMFSD_SAMPLE_H
#define KSMFSD_SAMPLE_H

#include "../counters.h"
#include "../regions.h"

/**
 * struct sample - what was read
 * @up: @counters could be
 * @counters: of the module
 * @mounts: the mounts, with their regions and names
 * @infos: of each mount
 * @good: of each mount, whether it could be read
 * @n_mounts: how many
 */
struct sample {
	bool up;
	struct counters counters;
	struct mount *mounts;
	struct ksmfs_mount_info *infos;
	bool *good;
	size_t n_mounts;
};

/* What cannot be read is left out.  To be ended with sample_free(). */
void sample_read(struct sample *sample);

void sample_free(struct sample *sample);

#endif /* KSMFSD_SAMPLE_H */
