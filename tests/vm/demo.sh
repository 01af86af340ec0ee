#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The part of "make demo" that runs in the disposable KVM host.  Leaves
# "NAME VALUE" lines in numbers, and what people want to see in table.
#
#  1. three guests of one tenant start with their memory on ksmfs, and redis in
#     each of them is filled: the same data, and a little of its own
#  2. in-tree KSM gets its chance, as fast as it can go
#  3. ksmfs gets its chance
#  4. every value in every guest is checked
#  5. one guest's balloon takes memory that the guest has used and freed
set -eu
# shellcheck source=tests/vm/guests.sh
. /lib/guests.sh

KSM=/sys/kernel/mm/ksm
ALL='alpha beta gamma'
COMMON=5000 # values that all guests have; 2.5 KiB each
OWN=400

record()
{
	echo "$1 $2" >>numbers
}

# QEMU asks for merging by KSM on behalf of the guests.  So does a fourth one,
# stopped, whose memory is private: what KSM can merge, it merges.
start_guests()
{
	mount -t ksmfs none /mnt/ksmfs
	mkdir /mnt/ksmfs/tenant
	echo 0 >"$KSMFS/run"
	for guest in $ALL; do
		guest_start "$guest" "/mnt/ksmfs/tenant/$guest" merge=on
	done
	qemu-system-x86_64 -S -accel kvm -cpu host -m 16M -nodefaults -no-user-config \
		-display none -machine pc,memory-backend=ram,mem-merge=off \
		-object memory-backend-ram,id=ram,size=16M,merge=on,prealloc=on \
		-daemonize -pidfile "$GUESTS/private.pid"
}

fill_guests()
{
	for guest in $ALL; do
		guest_must "$guest" fill common $COMMON
		guest_must "$guest" fill "$guest" $OWN
		say "guest $guest has its data"
	done
}

ksm_pages_of()
{
	cat "/proc/$(guest_pid "$1")/ksm_merging_pages"
}

try_ksm()
{
	echo 0 >$KSM/sleep_millisecs
	echo 100000 >$KSM/pages_to_scan
	scans=$(cat $KSM/full_scans)
	echo 1 >$KSM/run
	while [ $(($(cat $KSM/full_scans) - scans)) -lt 4 ]; do
		sleep 0.5
	done
	echo 0 >$KSM/run
	pages=0
	for guest in $ALL; do
		pages=$((pages + $(ksm_pages_of "$guest")))
	done
	control=$(ksm_pages_of private)
	[ "$control" -gt 0 ] || die "in-tree KSM merged nothing at all"
	record ksm_pages_sharing $pages
	record ksm_control "$control"
	record ksm_scans $(($(cat $KSM/full_scans) - scans))
	say "in-tree KSM: $pages pages of the guests," \
		"$control of 4096 private ones"
}

try_ksmfs()
{
	record frames_before "$(ksmfs_get frames)"
	say "ksmfs: $(ksmfs_get frames) frames before"
	ksmfs_merge
	record frames_after "$(ksmfs_get frames)"
	ksmfs stat --json >stat.json
}

verify_guests()
{
	verified=0
	for guest in $ALL; do
		common=$(guest_ask "$guest" verify common $COMMON)
		own=$(guest_ask "$guest" verify "$guest" $OWN)
		say "guest $guest: common data $common, its own $own"
		[ "$common $own" != 'ok ok' ] || verified=$((verified + 1))
	done
	record guests_verified $verified
}

# Memory that a guest has freed still costs its frames: only the balloon tells
# the host.
try_balloon()
{
	guest_must gamma fill work 4000
	guest_must gamma forget work 4000
	before=$(ksmfs_get frames)
	say "balloon: guest gamma has used and freed memory, $before frames"
	guest_balloon gamma $((GUEST_MIB - 16))
	record balloon_pages_taken $(((GUEST_MIB << 8) - $(guest_actual gamma) / 4096))
	after=$(ksmfs_get frames)
	record balloon_pages_returned $((before - after))
	say "balloon: $after frames after"
	guest_must gamma verify common $COMMON
	guest_must gamma verify gamma $OWN
}

start_guests
fill_guests
try_ksm
try_ksmfs
verify_guests
try_balloon
