#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The packed tier.  Three guests have redis with data, as in the demo, and are idle.
# First all that is equal is merged, then all private pages that are cold are packed.
# What is saved is told of all private pages there were, hot ones included.
#
# Before the guests start, a program on the host tells what it takes to bring a packed
# page back, beside what it takes to touch a page first.
#
# vm: mem=2G timeout=1200
set -eu
# shellcheck source=tests/overcommit/lib.sh
. /lib/overcommit.sh

ALL='alpha beta gamma'
COMMON=5000 # values that all guests have; 2.5 KiB each
OWN=2000

# What private content takes, packed or not.
private_frames()
{
	echo $(($(private_pages) + $(ksmfs_get frames_packed)))
}

mount -t ksmfs none /mnt/ksmfs
mkdir /mnt/ksmfs/tenant
echo 0 >"$KSMFS/run"
fault-back /mnt/ksmfs | tee fault-back
for key in first_touch_p99_ns packed_fault_p99_ns packed_fault_p99_ratio; do
	record $key "$(field $key "$(cat fault-back)")"
done

for guest in $ALL; do
	guest_start "$guest" "/mnt/ksmfs/tenant/$guest"
	guest_must "$guest" fill common $COMMON
	guest_must "$guest" fill "$guest" $OWN
done
ksmfs_merge
before=$(private_frames)
say "$before private pages"
# What is not touched between two of these is cold.
for look in 1 2 3; do
	reclaim /mnt/ksmfs pack
	say "look $look: $(private_pages) private pages, $(ksmfs_get pages_packed)" \
		"packed into $(ksmfs_get frames_packed) frames"
	sleep 5
done
after=$(private_frames)
record packed_saved_percent "$(awk -v b="$before" -v a="$after" \
	'BEGIN { printf "%.1f", 100 * (b - a) / b }')"
ksmfs stat

for guest in $ALL; do
	guest_must "$guest" verify common $COMMON
	guest_must "$guest" verify "$guest" $OWN
done
say "all data is right: $(ksmfs_get unpacks) pages were brought back"
