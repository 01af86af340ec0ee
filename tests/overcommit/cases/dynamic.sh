#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A guest whose memory follows what it needs.  It is idle and is trimmed; a program
# in it begins to take more than it has; what is assigned to it rises, until the
# program has what it wants; the program ends, and the memory comes back.
#
# Leaves granted.csv: seconds, what the balloon leaves the guest, and what the program
# has, in MiB.
#
# vm: mem=2G timeout=1200
set -eu
# shellcheck source=tests/overcommit/lib.sh
. /lib/overcommit.sh

GUEST_MIB=192
HOG_MIB=64
QUIET_SECONDS=20

granted_mib()
{
	echo $(($(guest_actual one) >> 20))
}

# sample: one line of granted.csv
sample()
{
	granted=$(granted_mib)
	status=$(work_status one)
	case $status in
	*ended=*) held=0 ;;
	*) held=$(field held_mib "$status") ;;
	esac
	echo "$(($(uptime_seconds) - began)),$granted,${held:-0}" >>granted.csv
}

# watch_fall SECONDS: until what is granted has fallen, and has not been less for a
# while.  What a guest needs wavers by some MiB, and so does what it is granted.
watch_fall()
{
	end=$(($(uptime_seconds) + $1))
	high=$(granted_mib)
	lowest=$high since=$(uptime_seconds)
	while :; do
		sample
		if [ "$granted" -lt "$lowest" ]; then
			lowest=$granted
			since=$(uptime_seconds)
		fi
		[ "$lowest" = "$high" ] ||
			[ $(($(uptime_seconds) - since)) -lt $QUIET_SECONDS ] ||
			return 0
		[ "$(uptime_seconds)" -lt $end ] ||
			die "still $granted of $high MiB after $1 seconds"
		sleep 1
	done
}

# watch_rise SECONDS: until the program has all it wants
watch_rise()
{
	end=$(($(uptime_seconds) + $1))
	rises=0 first='' last=$granted
	until [ "${held:-0}" -ge $HOG_MIB ]; do
		sample
		if [ "$granted" -gt "$last" ]; then
			rises=$((rises + 1))
			: "${first:=$(($(uptime_seconds) - hog))}"
		fi
		last=$granted
		[ "$(uptime_seconds)" -lt $end ] ||
			die "the program has ${held:-0} of $HOG_MIB MiB after $1 seconds"
		sleep 1
	done
}

echo 'seconds,granted_mib,held_mib' >granted.csv
mount -t ksmfs none /mnt/ksmfs
mkdir /mnt/ksmfs/tenant
guest_start one /mnt/ksmfs/tenant/one
began=$(uptime_seconds)
ksmfsd_start <<END
[policy]
min_free_most = 100
min_free_base = 64M
trim_from = high
grace = 10s
idle_rounds = 5
END
watch_fall 300
record dynamic_trimmed_mib $((GUEST_MIB - granted))

guest_must one start touch $HOG_MIB $HOG_MIB 1
hog=$(uptime_seconds)
watch_rise 300
peak=$granted
record dynamic_rise_seconds "${first:-0}"
record dynamic_rises $rises

guest_ask one stop >/dev/null
watch_fall 300
record dynamic_returned_mib $((peak - granted))
ksmfsd_stop
