/* SPDX-License-Identifier: GPL-2.0 */
/* What every test starts from: cmocka, and what it wants included before. */
#ifndef _UNIT_UNIT_H
#define _UNIT_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>
#include <cmocka.h>
#include <ksmfs/env.h>

/* A test in a world of its own: see world.h. */
#define world_test(name)                                                       \
	cmocka_unit_test_setup_teardown(name, world_begin, world_end)

#endif /* _UNIT_UNIT_H */
