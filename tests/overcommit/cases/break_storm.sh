#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Break storm.  Three guests have one and a half times the memory that the mount
# may hold.  96 MiB in each are equal and merged; then all write content of their
# own to all of it at once.  There is no daemon: the module has to come through
# that alone.
#
# vm: mem=2G disk=256 timeout=1200
set -eu
# shellcheck source=tests/overcommit/lib.sh
. /lib/overcommit.sh

ALL='one two three'
GUEST_MIB=192
EQUAL_MIB=96
SIZE_MIB=$((3 * GUEST_MIB * 2 / 3))

is_filled()
{
	work_status "$1" | grep -q '^filled='
}

mount -t ksmfs -o size=${SIZE_MIB}m,swap=/dev/nvme0n1 none /mnt/ksmfs
mkdir /mnt/ksmfs/tenant
owner=0
for guest in $ALL; do
	owner=$((owner + 1))
	guest_start "$guest" "/mnt/ksmfs/tenant/$guest"
	guest_must "$guest" start rewrite $EQUAL_MIB $owner
	await 400 is_filled "$guest"
	ksmfs_merge
done
record storm_frames_before "$(ksmfs_get frames)"
record storm_debt_before "$(ksmfs_get break_debt)"

for guest in $ALL; do
	guest_must "$guest" tell now
done
# shellcheck disable=SC2086 # words
work_await 900 $ALL
ksmfs stat --totals
# shellcheck disable=SC2086 # words
{
	dead=$(grep -l dead ./*.work | wc -l)
	record storm_finished "$(work_finished $ALL)"
	record storm_killed $((dead + $(oom_kills $ALL)))
	record storm_corrupted "$(work_corrupt $ALL)"
	record storm_stalls "$(ksmfs_get stalls)"
}
