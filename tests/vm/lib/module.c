// SPDX-License-Identifier: GPL-2.0
/*
 * Loading and unloading the module.
 */
#include "scenario.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MODULE		"/lib/modules/ksmfs.ko"

void module_load(const char *parameters)
{
	int fd = SYS(open(MODULE, O_RDONLY | O_CLOEXEC));

	SYS(syscall(SYS_finit_module, fd, parameters, 0));
	SYS(close(fd));
}

int module_unload(void)
{
	return syscall(SYS_delete_module, "ksmfs", O_NONBLOCK);
}

void module_unload_wait(void)
{
	double end = seconds() + 20;

	while (module_unload()) {
		if (errno != EWOULDBLOCK || seconds() > end)
			FAIL("rmmod: %m");
		usleep(10 * 1000);
	}
}
