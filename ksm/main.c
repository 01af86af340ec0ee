// SPDX-License-Identifier: GPL-2.0
#include <linux/init.h>
#include <linux/module.h>
#include "cow/pool.h"
#include "hash/fingerprint.h"
#include "ksm/ksmfs.h"

static int set_fingerprint_bits(const char *value,
				const struct kernel_param *param)
{
	return param_set_uint_minmax(value, param, 0, 64);
}

static const struct kernel_param_ops fingerprint_bits_ops = {
	.set = set_fingerprint_bits,
	.get = param_get_uint,
};
module_param_cb(fingerprint_bits, &fingerprint_bits_ops,
		&ksmfs_fingerprint_bits, 0444);
MODULE_PARM_DESC(fingerprint_bits,
		 "for tests: so many bits of a page's hash count, 0 to 64");

static int set_pool_frames(const char *value, const struct kernel_param *param)
{
	return param_set_uint_minmax(value, param, 1, KSMFS_POOL_FRAMES);
}

static const struct kernel_param_ops pool_frames_ops = {
	.set = set_pool_frames,
	.get = param_get_uint,
};
module_param_cb(pool_frames, &pool_frames_ops, &ksmfs_pool_frames, 0444);
MODULE_PARM_DESC(pool_frames,
		 "for tests: free frames of a memory node that are kept at most");

static int __init ksmfs_init(void)
{
	int err;

	err = ksmfs_inode_init_cache();
	if (err)
		goto err_cache;
	err = ksmfs_thread_start();
	if (err)
		goto err_thread;
	err = ksmfs_sampler_start();
	if (err)
		goto err_sampler;
	err = ksmfs_sysfs_add();
	if (err)
		goto err_sysfs;
	err = ksmfs_pressure_init();
	if (err)
		goto err_pressure;
	err = register_filesystem(&ksmfs_fs_type);
	if (err)
		goto err_filesystem;
	return 0;

err_filesystem:
	ksmfs_pressure_exit();
err_pressure:
	ksmfs_sysfs_remove();
err_sysfs:
	ksmfs_sampler_stop();
err_sampler:
	ksmfs_thread_stop();
err_thread:
	ksmfs_inode_destroy_cache();
err_cache:
	pr_err("cannot start: error %d\n", err);
	return err;
}

static void __exit ksmfs_exit(void)
{
	unregister_filesystem(&ksmfs_fs_type);
	ksmfs_pressure_exit();
	ksmfs_sysfs_remove();
	ksmfs_sampler_stop();
	ksmfs_thread_stop();
	ksmfs_inode_destroy_cache();
}

module_init(ksmfs_init);
module_exit(ksmfs_exit);

MODULE_ALIAS_FS("ksmfs");
MODULE_DESCRIPTION("Memory file system for guest RAM that merges equal pages");
MODULE_VERSION(KSMFS_VERSION);
MODULE_LICENSE("GPL");
