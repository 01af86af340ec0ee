#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Idle tax.  Two guests have the same shares, and together want more than there is.
# One has written 40 MiB once and never looks at them again; the other one uses
# 40 MiB all the time.  Without a tax each gets the same, and the busy one is short;
# with the tax what is idle goes to the busy one.
#
# "Met" is how much of what the busy one's program touches has a frame.
#
# vm: mem=2G disk=256 timeout=1200
set -eu
# shellcheck source=tests/overcommit/lib.sh
. /lib/overcommit.sh

USED_MIB=40
SETTLE_SECONDS=90

holds_all()
{
	[ "$(field held_mib "$(work_status "$1")")" = $USED_MIB ]
}

config()
{
	cat <<-END
		[policy]
		min_free_most = 100
		min_free_base = 24M
		grace = 10s
		idle_tax = $1
	END
}

# The guests' kernels have about as much in both, so what differs between the
# two regions is what became of the memory of the two programs.
record_met()
{
	sleep $SETTLE_SECONDS
	held=$(field held_mib "$(work_status busy)")
	away=$(($(region tenant/busy packed) + $(region tenant/busy swapped)))
	say "busy: holds $held MiB, of which $((away / 256)) have no frame"
	ksmfs stat
	record "$1" $(((held * 256 - away) * 100 / (USED_MIB * 256)))
}

mount -t ksmfs -o size=160m,swap=/dev/nvme0n1 none /mnt/ksmfs
mkdir /mnt/ksmfs/tenant
for guest in idle busy; do
	guest_start "$guest" "/mnt/ksmfs/tenant/$guest"
	ksmfs_merge
done
guest_must idle start touch $USED_MIB 0 1
await 120 holds_all idle
config 0 | ksmfsd_start
guest_must busy start touch $USED_MIB $USED_MIB 2
record_met notax_busy_met_percent
config 75 | ksmfsd_reload
record_met tax_busy_met_percent
ksmfsd_stop
