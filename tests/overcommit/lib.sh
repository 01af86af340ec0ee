# SPDX-License-Identifier: GPL-2.0
# What the cases have in common, beside guests:
#
#   record KEY VALUE               leave a figure in the file "numbers"
#   uptime_seconds
#   await SECONDS COMMAND...       until it succeeds; who waits in vain has failed
#   field KEY LINE                 the value of KEY=VALUE in a line of such words
#   region NAME KEY                a number of a region, as "ksmfs stat --json"
#                                  has it
#   private_pages                  private slots of all regions
#   work_status GUEST              what the program in it said last, or "dead"
#   work_await SECONDS GUEST...    until the programs in the guests have ended
#   work_corrupt GUEST...          pages that they found wrong, and how many guests
#   work_finished GUEST...         have ended as they should
#   oom_kills GUEST...             on the host and in guests
#   ksmfsd_start <CONFIG           with what is to differ from the defaults
#   ksmfsd_reload <CONFIG
#   ksmfsd_stop
# shellcheck shell=sh
# shellcheck source=tests/vm/guests.sh
. /lib/guests.sh

# A guest that is left less than this cannot start a process any more, whatever it
# says is available: it has no swap space, and its files are in memory.
GUEST_LEAST_MIB=96

record()
{
	echo "$1=$2" >>numbers
	say "$1 = $2"
}

uptime_seconds()
{
	cut -d . -f 1 /proc/uptime
}

await()
{
	what=$*
	end=$(($(uptime_seconds) + $1))
	shift
	until "$@"; do
		[ "$(uptime_seconds)" -lt $end ] || die "not within seconds: $what"
		sleep 1
	done
}

field()
{
	echo "$2" | tr ' ' '\n' | sed -n "s/^$1=//p" | tail -n 1
}

region()
{
	ksmfs stat --json | awk -v region="$1" -v key="$2" '
		{ gsub(/[",]/, "") }
		$1 == "name:" { found = $2 == region }
		found && $1 == key ":" { print $2 }'
}

private_pages()
{
	echo $(($(ksmfs_get pages_unshared) + $(ksmfs_get pages_volatile)))
}

# What the program in a guest said last.  Who is killed does not answer.
work_status()
{
	guest_lives "$1" && (guest_ask "$1" status) ||
		echo dead
}

# Leaves the last line of each in GUEST.work.
work_await()
{
	end=$(($(uptime_seconds) + $1))
	shift
	for guest; do
		next=0
		while :; do
			work_status "$guest" >"$guest.work"
			! grep -qE 'ended=|dead' "$guest.work" || break
			[ "$(uptime_seconds)" -lt $end ] ||
				die "guest $guest is not done: $(cat "$guest.work")"
			if [ "$(uptime_seconds)" -ge $next ]; then
				say "guest $guest: $(cat "$guest.work")"
				next=$(($(uptime_seconds) + 20))
			fi
			sleep 2
		done
		say "guest $guest: $(cat "$guest.work")"
	done
}

work_corrupt()
{
	sum=0
	for guest; do
		corrupt=$(field corrupt "$(cat "$guest.work")")
		sum=$((sum + ${corrupt:-0}))
	done
	echo $sum
}

work_finished()
{
	sum=0
	for guest; do
		grep -q 'ended=0$' "$guest.work" || continue
		sum=$((sum + 1))
	done
	echo $sum
}

oom_kills()
{
	{
		dmesg
		for guest; do
			cat "$guest.console"
		done
	} | grep -c 'Out of memory: Killed' || true
}

ksmfsd_config()
{
	cat >ksmfsd.conf <<-END
		[daemon]
		qmp = $GUESTS/*.qmp
		interval = 2s
		socket = /run/ksmfs/ksmfsd.sock
		csv = $PWD/vms.csv
		[vm *]
		min = ${GUEST_LEAST_MIB}M
	END
	cat >>ksmfsd.conf
}

ksmfsd_start()
{
	ksmfsd_config
	mkdir -p /run/ksmfs
	ksmfsd -c ksmfsd.conf 2>>ksmfsd.log &
	ksmfsd=$!
	await 20 test -S /run/ksmfs/ksmfsd.sock
}

ksmfsd_reload()
{
	ksmfsd_config
	kill -HUP "$ksmfsd"
}

ksmfsd_stop()
{
	kill -TERM "$ksmfsd"
	wait "$ksmfsd" || die "ksmfsd: exit status $?: $(tail -n 1 ksmfsd.log)"
}
