// SPDX-License-Identifier: GPL-2.0
/*
 * A false libvirt for the tests of ksmfsd, to be preloaded: libvirt's own test
 * driver, whose guests' statistics are made new, and which misbehaves while
 * there are files in the directory $FALSE_LIBVIRT:
 *
 *   hang        it does not answer
 *   hang-NAME   it does not answer about that VM
 *   broken      it answers with an error
 *   gone-NAME   it runs that VM no more
 *   old-NAME    the guest gives no new statistics
 */
#include <dlfcn.h>
#include <libvirt/libvirt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int has(const char *what, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s%s", getenv("FALSE_LIBVIRT"), what,
		 name);
	return !access(path, F_OK);
}

static void wait_for_end(const char *what, const char *name)
{
	while (has(what, name))
		usleep(10000);
}

int virConnectListAllDomains(virConnectPtr conn, virDomainPtr **domains,
			     unsigned int flags)
{
	int (*real)(virConnectPtr, virDomainPtr **, unsigned int) =
		dlsym(RTLD_NEXT, "virConnectListAllDomains");
	int count, kept = 0;

	wait_for_end("hang", "");
	if (has("broken", "")) {
		virDomainLookupByName(conn, "broken");	/* says why */
		return -1;
	}
	count = real(conn, domains, flags);
	for (int i = 0; i < count; i++) {
		virDomainPtr domain = (*domains)[i];

		if (has("gone-", virDomainGetName(domain)))
			virDomainFree(domain);
		else
			(*domains)[kept++] = domain;
	}
	return count < 0 ? count : kept;
}

int virDomainMemoryStats(virDomainPtr domain, virDomainMemoryStatPtr stats,
			 unsigned int room, unsigned int flags)
{
	int (*real)(virDomainPtr, virDomainMemoryStatPtr, unsigned int,
		    unsigned int) = dlsym(RTLD_NEXT, "virDomainMemoryStats");
	int count;

	wait_for_end("hang-", virDomainGetName(domain));
	count = real(domain, stats, room, flags);
	for (int i = 0; i < count; i++)
		if (stats[i].tag == VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE &&
		    !has("old-", virDomainGetName(domain)))
			stats[i].val = time(NULL);
	return count;
}
