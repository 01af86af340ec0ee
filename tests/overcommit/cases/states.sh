#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Memory states.  The host's memory is taken away stepwise, down to a tenth of what
# is to be kept free, and given back; at each step it is held for some rounds.  Then it
# wavers around a threshold, which must move the state once and not more.
#
# vm: mem=2G timeout=400
set -eu
# shellcheck source=tests/overcommit/lib.sh
. /lib/overcommit.sh

MIN_FREE_MIB=256
DOWN='450 80 50 24 10'	# percent of it that is free
UP='24 50 90 150 420'
HOLD_SECONDS=6
BALLAST=/ballast/file

available_mib()
{
	awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo
}

# leave PERCENT: of what is to be kept free
leave()
{
	size=$(($(stat -c %s $BALLAST) >> 20))
	take=$(($(available_mib) - $1 * MIN_FREE_MIB / 100))
	if [ $take -gt 0 ]; then
		fallocate -o ${size}M -l ${take}M $BALLAST
	else
		size=$((size + take))
		[ $size -ge 0 ] || size=0
		truncate -s ${size}M $BALLAST
	fi
	say "$1% of $MIN_FREE_MIB MiB: $(available_mib) MiB are available"
	sleep $HOLD_SECONDS
}

# The lines of the log that tell of a change: FROM TO REASON
transitions()
{
	sed -n 's/.*state \([a-z]*\) -> \([a-z]*\): */\1 \2 /p' ksmfsd.log
}

mkdir /ballast
mount -t tmpfs -o size=100% none /ballast
: >$BALLAST
mount -t ksmfs -o size=100% none /mnt/ksmfs
mkdir /mnt/ksmfs/tenant
guest_start one /mnt/ksmfs/tenant/one
ksmfsd_start <<END
[policy]
min_free_base = ${MIN_FREE_MIB}M
min_free_most = 100
END
sleep $HOLD_SECONDS
for percent in $DOWN; do
	leave "$percent"
done
lowest=$(transitions | wc -l)
for percent in $UP; do
	leave "$percent"
done
# Soft is entered below 64% and left above 80%.
before=$(transitions | wc -l)
for percent in 60 66 60 66 60 66; do
	leave $percent
done
wobble=$(($(transitions | wc -l) - before))
ksmfsd_stop
[ $wobble -gt 0 ] || die "the state does not move when soft is entered"

transitions
record states_visited "$(transitions | awk '{ print $1; print $2 }' |
	sort -u | wc -l)"
# Down to the lowest step all are for the worse, then all for the better, and
# each says why.
record states_order_ok "$(transitions | awk -v lowest="$lowest" \
	-v total="$before" '
	BEGIN {
		split("high clear soft hard low", names)
		for (i in names)
			rank[names[i]] = i
	}
	NR <= total {
		worse = rank[$2] > rank[$1]
		wrong += worse != (NR <= lowest) || NF < 4
		count++
	}
	END { print (count > 0 && !wrong) ? 1 : 0 }')"
record states_flaps $((wobble - 1))
