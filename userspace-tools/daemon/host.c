// SPDX-License-Identifier: GPL-2.0
/*
 * The host as the daemon sees it.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../maps.h"
#include "../sysio.h"
#include "../tool.h"
#include "host.h"

static int read_memory(struct host_view *view, char **problem)
{
	int ret = meminfo_read(&view->total, &view->available);

	if (ret)
		*problem = xprintf("cannot read /proc/meminfo: %s",
				   strerror(-ret));
	return ret;
}

static int read_mount(struct mount *mount, struct host_view *view,
		      char **problem)
{
	uint64_t page = sysconf(_SC_PAGESIZE);
	struct ksmfs_mount_info info;
	int ret = mount_load_numbers(mount);

	if (!ret)
		ret = sysio_mount_info(&mount->at, &info);
	if (ret) {
		*problem = xprintf("cannot read the numbers of %s: %s: %s",
				   mount->path, mount_error(ret),
				   mount_advice(ret));
		return ret;
	}
	view->limit += info.size * page;
	view->used += info.used * page;
	view->debt += info.debt * page;
	view->stalled += info.stalled;
	return 0;
}

int host_read(struct host *host, char **problem)
{
	struct host new = { 0 };
	int ret;

	*problem = NULL;
	ret = read_memory(&new.view, problem);
	if (ret)
		return ret;
	ret = mounts_find(&new.mounts, &new.n_mounts);
	if (ret) {
		*problem = xprintf("cannot read /proc/self/mountinfo: %s",
				   strerror(-ret));
		return ret;
	}
	for (size_t i = 0; !ret && i < new.n_mounts; i++)
		ret = read_mount(&new.mounts[i], &new.view, problem);
	if (ret) {
		host_free(&new);
		return ret;
	}
	host_free(host);
	*host = new;
	return 0;
}

void host_free(struct host *host)
{
	mounts_free(host->mounts, host->n_mounts);
	*host = (struct host){ 0 };
}
