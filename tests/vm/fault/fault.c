// SPDX-License-Identifier: GPL-2.0
/*
 * ksmfs_fault.ko: has an allocation fail while ksmfs.ko is loaded.
 *
 *	finit_module(2) -> layout, events of the tracing core
 *			-> notifiers, this one last: the fault is planted here
 *			-> sysfs, parameters, ksmfs_init()
 *
 * From user space it could only be planted before all of that, and the tracing
 * core warns when it is refused memory for a module's events.  What is left of
 * the fault is found in fail-nth of who loads the module.
 */
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/sched.h>
#include <linux/string.h>

static unsigned int nth;
module_param(nth, uint, 0600);
MODULE_PARM_DESC(nth, "which allocation of loading ksmfs fails; 0: none");

#ifdef CONFIG_FAULT_INJECTION
static int plant(struct notifier_block *block, unsigned long state, void *data)
{
	const struct module *module = data;

	if (state == MODULE_STATE_COMING && !strcmp(module->name, "ksmfs"))
		WRITE_ONCE(current->fail_nth, nth);
	return NOTIFY_DONE;
}

static struct notifier_block last = {
	.notifier_call = plant,
	.priority = INT_MIN,
};

static int __init fault_init(void)
{
	return register_module_notifier(&last);
}

static void __exit fault_exit(void)
{
	unregister_module_notifier(&last);
}
#else
static int __init fault_init(void)
{
	pr_err("this kernel injects no faults\n");
	return -EOPNOTSUPP;
}

static void __exit fault_exit(void)
{
}
#endif
module_init(fault_init);
module_exit(fault_exit);

MODULE_DESCRIPTION("Has an allocation fail while ksmfs is loaded");
MODULE_LICENSE("GPL");
