#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Overcommit 2:1.  Three guests have twice the memory that the mount may hold, and
# want more than it holds even when all that they have in common is merged: each
# fills 72 MiB with content that no other page has and compares every byte of it
# twice.  Half of it can be packed and half cannot, so neither merging nor
# packing is enough.
#
# vm: mem=2G disk=256 timeout=1200
set -eu
# shellcheck source=tests/overcommit/lib.sh
. /lib/overcommit.sh

ALL='one two three'
GUEST_MIB=192
UNIQUE_MIB=72
SIZE_MIB=$((3 * GUEST_MIB / 2))

mount -t ksmfs -o size=${SIZE_MIB}m,swap=/dev/nvme0n1 none /mnt/ksmfs
mkdir /mnt/ksmfs/tenant
ksmfsd_start <<END
[policy]
min_free_most = 100
min_free_base = 16M
END
for guest in $ALL; do
	guest_start "$guest" "/mnt/ksmfs/tenant/$guest"
	ksmfs_merge
done
record overcommit_ratio "$(awk -v guests="$((3 * GUEST_MIB))" \
	-v host=$SIZE_MIB 'BEGIN { print guests / host }')"

owner=0
for guest in $ALL; do
	owner=$((owner + 1))
	guest_must "$guest" start verify $UNIQUE_MIB $owner 2 50
done
# shellcheck disable=SC2086 # words
work_await 900 $ALL
ksmfs stat --totals
# shellcheck disable=SC2086 # words
{
	record overcommit_corrupted_pages "$(work_corrupt $ALL)"
	record overcommit_guests_finished "$(work_finished $ALL)"
	record overcommit_oom_kills "$(oom_kills $ALL)"
	record overcommit_packs "$(ksmfs_get packs)"
	record overcommit_swap_outs "$(ksmfs_get swap_outs)"
}
ksmfsd_stop
