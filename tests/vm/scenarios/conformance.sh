#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The kernel does what the shims of the unit tests take it to do.
#
# vm: cpus=2 mem=1G timeout=30
set -eu

if ! insmod /lib/modules/ksmfs_conformance.ko; then
	dmesg | grep 'ksmfs_conformance: not ok'
	exit 1
fi
rmmod ksmfs_conformance
