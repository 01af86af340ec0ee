#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Idle tax.  Two guests have the same shares, and together want more than there is.
# One has written 96 MiB once and never looks at them again; the other one uses
# 96 MiB all the time.  Without a tax each gets the same, and the busy one is short;
# with the tax what is idle goes to the busy one.
#
# "Met" is how much of the memory that the busy one's program wants it has, and can
# touch without waiting for the host, two minutes after the change.  Without the tax
# it may never have all of it.
#
# vm: mem=2G disk=256 timeout=1200
set -eu
# shellcheck source=tests/overcommit/lib.sh
. /lib/overcommit.sh

GUEST_MIB=192
USED_MIB=96
SETTLE_SECONDS=120
MEASURE_SECONDS=20

holds_all()
{
	[ "$(field held_mib "$(work_status "$1")")" = $USED_MIB ]
}

config()
{
	cat >policy.conf <<-END
		[policy]
		min_free_most = 100
		min_free_base = 40M
		reclaim_from = soft
		grace = 10s
		idle_tax = $1
	END
}

record_met()
{
	sleep $SETTLE_SECONDS
	touches=0 slow=0
	end=$(($(uptime_seconds) + MEASURE_SECONDS))
	while [ "$(uptime_seconds)" -lt $end ]; do
		sleep 2
		status=$(work_status busy)
		say "busy: $status"
		touches=$((touches + $(field touches "$status")))
		slow=$((slow + $(field slow "$status")))
	done
	ksmfs vms
	held=$(field held_mib "$status")
	record "$1" $((100 * held * (touches - slow) / (USED_MIB * touches)))
}

mount -t ksmfs -o size=224m,swap=/dev/nvme0n1 none /mnt/ksmfs
mkdir /mnt/ksmfs/tenant
for guest in idle busy; do
	guest_start "$guest" "/mnt/ksmfs/tenant/$guest"
	ksmfs_merge
done
guest_must idle start touch $USED_MIB 0 1
await 400 holds_all idle
config 0
ksmfsd_start <policy.conf
guest_must busy start touch $USED_MIB $USED_MIB 2
record_met notax_busy_met_percent
config 75
ksmfsd_reload <policy.conf
record_met tax_busy_met_percent
ksmfsd_stop
