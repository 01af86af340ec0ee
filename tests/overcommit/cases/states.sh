#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Memory states.  The host's memory is taken away stepwise, down to a tenth of what
# is to be kept free, and given back.  At each step it is held for some rounds, whatever
# the daemon frees.  On the way down it wavers around a threshold, which must move the
# state once and not more; on the way up 150% must not do, since clear is left above 400%.
#
# vm: mem=2G timeout=1200
set -eu
# shellcheck source=tests/overcommit/lib.sh
. /lib/overcommit.sh

MIN_FREE_MIB=256
DOWN='450 80 66 60 66 60 66 50 24 10' # percent of it that is free
UP='24 50 90 150 420'
HOLD_ROUNDS=2
BALLAST=/ballast/file

available_mib()
{
	awk '$1 == "MemAvailable:" { print int($2 / 1024) }' /proc/meminfo
}

# take MIB: more of the host's memory, or less
take()
{
	size=$(($(stat -c %s $BALLAST) >> 20))
	if [ "$1" -gt 0 ]; then
		fallocate -o ${size}M -l "${1}M" $BALLAST
	elif [ "$1" -lt 0 ]; then
		size=$((size + $1))
		[ $size -ge 0 ] || size=0
		truncate -s ${size}M $BALLAST
	fi
}

# The rounds of the daemon so far: each leaves a line for the guest.
rounds()
{
	wc -l <vms.csv
}

# leave PERCENT: of what is to be kept free.  Taking much takes longer than a round:
# only what comes after it counts.
leave()
{
	take $(($(available_mib) - $1 * MIN_FREE_MIB / 100))
	say "$1% of $MIN_FREE_MIB MiB: $(available_mib) MiB are available"
	end=$(($(rounds) + HOLD_ROUNDS))
	while [ "$(rounds)" -lt $end ]; do
		sleep 1
		take $(($(available_mib) - $1 * MIN_FREE_MIB / 100))
	done
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
for percent in $DOWN; do
	leave "$percent"
done
lowest=$(transitions | wc -l)
for percent in $UP; do
	leave "$percent"
done
ksmfsd_stop

transitions
record states_visited "$(transitions | awk '{ print $1; print $2 }' |
	sort -u | wc -l)"
# Each says why.
sequence=$(transitions | awk 'NF > 3 { print $2 }' | xargs)
record states_order_ok "$([ "$sequence" = \
	'clear soft hard low hard soft clear high' ] && echo 1 || echo 0)"
# For the better before the lowest step, or for the worse after it.
record states_flaps "$(transitions | awk -v lowest="$lowest" '
	BEGIN {
		split("high clear soft hard low", names)
		for (i in names)
			rank[names[i]] = i
	}
	(rank[$2] > rank[$1]) != (NR <= lowest) { flaps++ }
	END { print flaps + 0 }')"
