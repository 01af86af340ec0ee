#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Soak.  Four guests with more memory than the mount may hold write and verify
# their memory all along, while at random balloons go up and down, virtual
# machines are killed and started again, and knobs are turned; the scanner makes
# no pauses.  It takes MINUTES, an argument on the kernel command line, from when
# all guests write.  Then none may have found a wrong byte, each must have looked,
# and the host must have back what it had.
set -eu
# shellcheck source=tests/overcommit/lib.sh
. /lib/overcommit.sh

ALL='one two three four'
GUEST_MIB=192
CHURN_MIB=40
# Less would have the guest kill what runs in it.
LEAST_MIB=$((GUEST_LEAST_MIB + CHURN_MIB))
SIZE_MIB=320

# Sets $random, below $1.  Numbers follow from SEED: the same run again, as far as
# clocks allow.
random()
{
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	random=$(((seed / 65536) % $1))
}

# Sets $chosen, one of the words that follow.
choose()
{
	random $#
	shift $random
	chosen=$1
}

owner_of()
{
	case $1 in
	one) echo 1 ;;
	two) echo 2 ;;
	three) echo 3 ;;
	*) echo 4 ;;
	esac
}

# A guest inherits that others have to wait for this shell, and so boots as fast as
# if it were alone: beside three that churn, on one emulated CPU, it takes ten
# minutes otherwise.
boot()
{
	guest_start "$1" "/mnt/ksmfs/tenant/$1"
	for task in /proc/"$(guest_pid "$1")"/task/*; do
		renice 0 "${task##*/}"
	done
}

churn()
{
	guest_must "$1" start churn $CHURN_MIB "$(owner_of "$1")" 50
}

# What a guest says of its memory: it must be alive and well.
check()
{
	status=$(work_status "$1")
	case $status in
	*corrupt=0) ;;
	starting) ;;
	*corrupt=*)
		record soak_corruptions 1
		die "guest $1: $status"
		;;
	*)
		die "guest $1: $status"
		;;
	esac
}

verified()
{
	field verified "$(work_status "$1")"
}

kill_guest()
{
	check "$1"
	count=$(verified "$1")
	echo "$1 ${count:-0}" >>verified
	kill -KILL "$(guest_pid "$1")"
	while guest_lives "$1"; do
		sleep 0.2
	done
	rm -f "$GUESTS/$1".* "/mnt/ksmfs/tenant/$1"
}

# Of a guest, or of all of them: pages.
verified_in_all()
{
	awk -v guest="${1:-}" '!guest || $1 == guest { sum += $2 }
		END { print sum + 0 }' verified
}

turn_knob()
{
	choose mode sample merge unmerge compact
	say "knob $chosen"
	case $chosen in
	mode)
		choose none pack swap
		ksmfs tune "reclaim_mode=$chosen" ;;
	sample)
		choose 0 200 2000
		ksmfs tune "sample_pages=$chosen" ;;
	merge)
		ksmfs tune scan=1 ;;
	unmerge)
		# There may be no room for all of it: that is an answer.
		ksmfs tune run=2 2>>unmerge.log || true
		ksmfs tune run=1 ;;
	compact)
		echo 1 >/proc/sys/vm/compact_memory ;;
	esac
}

event()
{
	# shellcheck disable=SC2086 # words
	choose $ALL
	guest=$chosen
	choose balloon balloon balloon balloon knob knob kill
	case $chosen in
	balloon)
		random $((GUEST_MIB - LEAST_MIB))
		say "balloon $guest $((LEAST_MIB + random)) MiB"
		guest_balloon "$guest" $((LEAST_MIB + random))
		;;
	knob)
		turn_knob
		;;
	kill)
		say "kill $guest"
		kill_guest "$guest"
		boot "$guest"
		churn "$guest"
		kills=$((kills + 1))
		;;
	esac
	events=$((events + 1))
}

slab()
{
	awk '$1 == "Slab:" { print $2 }' /proc/meminfo
}

renice -15 $$
seed=${SEED:-1}
events=0 kills=0
slab_before=$(slab)
say "seed $seed, $MINUTES minutes"

mount -t ksmfs -o size=${SIZE_MIB}m,swap=/dev/nvme0n1 none /mnt/ksmfs
mkdir /mnt/ksmfs/tenant
for guest in $ALL; do
	boot "$guest"
done
ksmfs tune pages_to_scan=1000000 sleep_millisecs=0 sample_millisecs=2000
for guest in $ALL; do
	churn "$guest"
done
end=$(($(uptime_seconds) + MINUTES * 60))
while [ "$(uptime_seconds)" -lt $end ]; do
	event
	for guest in $ALL; do
		check "$guest"
	done
	sleep 2
done

ksmfs stat --totals
for counter in merges breaks packs swap_outs pages_punched stalls \
	stall_timeouts swap_errors; do
	record "soak_$counter" "$(ksmfs_get $counter)"
done
for guest in $ALL; do
	kill_guest "$guest"
done
rmdir /mnt/ksmfs/tenant
umount /mnt/ksmfs
for gauge in frames pages_shared pages_sharing pages_packed pages_swapped \
	frames_packed break_debt regions domains; do
	[ "$(ksmfs_get $gauge)" = 0 ] || die "$gauge is $(ksmfs_get $gauge)"
done
for guest in $ALL; do
	[ "$(verified_in_all "$guest")" -gt 0 ] ||
		die "guest $guest has not verified a page"
done
echo 3 >/proc/sys/vm/drop_caches
grown=$(($(slab) - slab_before))
record soak_slab_grown_kib $grown
[ $grown -lt 2048 ] || die "the slab has grown by $grown KiB"
record soak_events $events
record soak_kills $kills
record soak_pages_verified "$(verified_in_all)"
record soak_minutes "$MINUTES"
record soak_corruptions 0
