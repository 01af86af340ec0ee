// SPDX-License-Identifier: GPL-2.0
/*
 * ksmfs_conformance.ko: the checks of conformance.c in the kernel.  Its verdict
 * is whether it can be loaded; the log says more.
 */
#include <linux/module.h>
#include "tests/shim/conformance.h"

static int __init conformance_init(void)
{
	const struct conformance *check;
	int failed = 0;

	for (check = conformance; check->name; check++) {
		int line = conformance_run(check);

		if (line)
			pr_err("not ok %s: conformance.c:%d\n", check->name,
			       line);
		else
			pr_info("ok %s\n", check->name);
		failed += !!line;
	}
	return failed ? -EINVAL : 0;
}
module_init(conformance_init);

static void __exit conformance_exit(void)
{
}
module_exit(conformance_exit);

MODULE_DESCRIPTION("Checks that kernel and user space shims of ksmfs agree");
MODULE_LICENSE("GPL");
