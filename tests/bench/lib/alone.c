// SPDX-License-Identifier: GPL-2.0
#include "bench.h"

void run_alone(void (*fn)(void *arg), void *arg)
{
	mount_ksmfs(MNT, NULL);
	reap(spawn(fn, arg));
	check_empty();
	umount_ksmfs(MNT);
}
