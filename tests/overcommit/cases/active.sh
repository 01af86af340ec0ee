#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The estimate of what is active.  In each of three guests a program has 40 MiB, and
# keeps touching exactly so much of it.  Two minutes later the estimate must be that,
# and what the guest's kernel and redis touch without the program; that is
# measured first, by the same means, with the program holding its memory and touching
# none of it.  Both times the sampler begins anew: how the memory was filled, which
# its slow average would remember for longer than that, is not what is asked.
#
# vm: mem=2G timeout=1200
set -eu
# shellcheck source=tests/overcommit/lib.sh
. /lib/overcommit.sh

ALL='one two three'
HELD_MIB=40
MINUTES=2

active_of()
{
	case $1 in
	one) echo 16 ;;
	two) echo 28 ;;
	three) echo 40 ;;
	esac
}

holds_all()
{
	[ "$(field held_mib "$(work_status "$1")")" = $HELD_MIB ]
}

# start_touching GUEST ACTIVE-MIB OWNER
start_touching()
{
	guest_must "$1" start touch $HELD_MIB "$2" "$3"
	await 120 holds_all "$1"
}

# The sampler forgets all that it knows when it is stopped.
sample_anew()
{
	pages=$(ksmfs_get sample_pages)
	echo 0 >"$KSMFS/sample_pages"
	sleep 2
	echo "$pages" >"$KSMFS/sample_pages"
}

estimate()
{
	region "tenant/$1" active
}

mount -t ksmfs none /mnt/ksmfs
mkdir /mnt/ksmfs/tenant
owner=0
for guest in $ALL; do
	owner=$((owner + 1))
	guest_start "$guest" "/mnt/ksmfs/tenant/$guest"
	start_touching "$guest" 0 $owner
done
sample_anew
sleep $((MINUTES * 60))
for guest in $ALL; do
	base=$(estimate "$guest")
	say "guest $guest: $base pages are active without the program"
	echo "$base" >"$guest.base"
	guest_ask "$guest" stop >/dev/null
done

owner=0
for guest in $ALL; do
	owner=$((owner + 1))
	start_touching "$guest" "$(active_of "$guest")" $owner
done
sample_anew
sleep $((MINUTES * 60))
worst=0
for guest in $ALL; do
	want=$(($(cat "$guest.base") + $(active_of "$guest") * 256))
	got=$(estimate "$guest")
	error=$(awk -v got="$got" -v want=$want 'BEGIN {
		error = 100 * (got - want) / want
		printf "%.1f", error < 0 ? -error : error }')
	say "guest $guest: $got of $want active pages are found," \
		"$error% beside it"
	worst=$(awk -v a="$worst" -v b="$error" 'BEGIN { print (a > b ? a : b) }')
done
record active_error_percent "$worst"
