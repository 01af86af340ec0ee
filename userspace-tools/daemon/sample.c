// SPDX-License-Identifier: GPL-2.0
/*
 * All that the module tells.
 */
#include <stdlib.h>

#include "../tool.h"
#include "sample.h"

void sample_read(struct sample *sample)
{
	*sample = (struct sample){ 0 };
	sample->up = !counters_try_read(&sample->counters);
	if (mounts_find(&sample->mounts, &sample->n_mounts))
		return;
	sample->infos = xrealloc(NULL, sample->n_mounts + 1,
				 sizeof(*sample->infos));
	sample->good = xrealloc(NULL, sample->n_mounts + 1,
				sizeof(*sample->good));
	for (size_t i = 0; i < sample->n_mounts; i++) {
		struct mount *mount = &sample->mounts[i];

		sample->good[i] = !sysio_mount_info(&mount->at,
						    &sample->infos[i]) &&
				  !mount_load(mount);
	}
}

void sample_free(struct sample *sample)
{
	mounts_free(sample->mounts, sample->n_mounts);
	free(sample->infos);
	free(sample->good);
}
