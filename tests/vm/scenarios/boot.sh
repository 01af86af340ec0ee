#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The host itself: KVM works, the module is there, and nothing is mounted.
#
# vm: cpus=2 mem=1G timeout=30
set -eu

[ -c /dev/kvm ]
grep -q '^ksmfs ' /proc/modules
[ "$(cat /sys/kernel/mm/ksmfs/run)" = 1 ]
[ "$(cat /sys/kernel/mm/ksmfs/regions)" = 0 ]
grep -q 'ksmfs$' /proc/filesystems
if grep ' ksmfs ' /proc/mounts; then exit 1; fi
mount -t ksmfs none /mnt/ksmfs
echo content >/mnt/ksmfs/file
[ "$(cat /mnt/ksmfs/file)" = content ]
umount /mnt/ksmfs
