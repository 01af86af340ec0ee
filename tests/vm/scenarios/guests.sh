#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Two real guests of one tenant, with redis in them: their equal pages merge,
# none of their data changes, what one writes the other does not see, and
# pages that the balloon takes are given back.
#
# vm: cpus=1 mem=2G timeout=400 boot=own
set -eu
# shellcheck source=tests/vm/guests.sh
. /lib/guests.sh

# sum NAME: over the regions, as the ioctl tells it
sum()
{
	ksmfs stat --json | awk -v name="\"$1\":" '
		/"regions": \[/ { regions = 1 }
		regions && $1 == name { sum += $2 }
		END { print sum + 0 }'
}

# Every slot is in exactly one state, and the totals agree with the regions.
check_sums()
{
	pages=$((2 * GUEST_MIB * 256))
	[ "$(sum pages)" = $pages ] || die "pages: $(sum pages)"
	states=$(($(sum private) + $(sum shared) + $(sum zero) + $(sum holes)))
	[ $states = $pages ] || die "states of $states slots, not $pages"
}

mount -t ksmfs none /mnt/ksmfs
mkdir /mnt/ksmfs/tenant
echo 0 >"$KSMFS/run"
for guest in one two; do
	guest_start $guest /mnt/ksmfs/tenant/$guest
	guest_must $guest fill common 4000
	guest_must $guest fill $guest 500
done

before=$(ksmfs_get frames)
say "$before frames before merging"
ksmfs_merge
saved=$((before - $(ksmfs_get frames)))
[ $((saved * 100 / before)) -ge 45 ] || die "saved only $saved frames"
[ "$(ksmfs_get pages_sharing)" -gt 4000 ] || die "guests do not share"

echo 1 >"$KSMFS/run"
for guest in one two; do
	guest_must $guest verify common 4000
	guest_must $guest verify $guest 500
done
say "data verified while the scanner runs"

guest_must one fill common-no-more 1000
guest_must one forget common 4000
guest_must two verify common 4000
say "one guest's writes do not reach the other"

punched=$(ksmfs_get pages_punched)
guest_balloon one 112
punched=$(($(ksmfs_get pages_punched) - punched))
[ $punched -ge 4000 ] || die "the balloon took $punched pages"
say "balloon: $punched pages punched"
guest_balloon one 128
guest_must one fill more 2000
guest_must one verify more 2000
guest_must one verify one 500
guest_must two verify two 500

echo 0 >"$KSMFS/run"
for guest in one two; do
	kill -STOP "$(guest_pid $guest)"
done
check_sums
say "the states add up to all slots"
