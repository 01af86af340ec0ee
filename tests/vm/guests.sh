# SPDX-License-Identifier: GPL-2.0
# Real guests, for scripts that run in the disposable KVM host:
#
#   . /lib/guests.sh
#   guest_start NAME FILE [OPTIONS]    boot a guest with FILE for its memory,
#                                      OPTIONS being the memory backend's
#   guest_ask NAME VERB ARGUMENT...    print its answer; see guest/init
#   guest_must NAME VERB ARGUMENT...   the answer has to be ok
#   guest_balloon NAME MIB             leave the guest so much memory
#   guest_pid NAME
#   guest_lives NAME                   whether its QEMU has not ended
#   guest_actual NAME                  the memory its balloon leaves it, in bytes
#
# Whoever manages guests finds them by their sockets, /tmp/guests/NAME.qmp; these
# functions have others, since QEMU talks to one at a time on each.
#
# A guest's console goes to NAME.console in the working directory.  Guests start
# one after the other: every busy guest interrupts all others with its clock, so
# that three of them take twice as long when they start together.
# shellcheck shell=sh

GUEST_MIB=128
GUESTS=/tmp/guests
KSMFS=/sys/kernel/mm/ksmfs
mkdir -p "$GUESTS"

say()
{
	printf '%5.0f s  %s\n' "$(cut -d ' ' -f 1 /proc/uptime)" "$*"
}

die()
{
	say "failed: $*" >&2
	exit 1
}

guest_pid()
{
	cat "$GUESTS/$1.pid"
}

# A QEMU that ends by itself takes its file along, and to busybox no number is 0:
# the shell's own process group, which lives.
guest_lives()
{
	[ -e "$GUESTS/$1.pid" ] && kill -0 "$(guest_pid "$1")" 2>/dev/null
}

# The next line a guest says.  Whoever waits for too long is stopped by init.
# busybox loses what it has read of a line when its time is up: give it time.
# Pipes are opened both ways, since who opens one end of a dead guest's would wait
# for the other.
guest_answer()
{
	# shellcheck disable=SC3045 # busybox has read -t
	until read -r -t 60 answer <>"$GUESTS/$1.out"; do
		guest_lives "$1" ||
			die "guest $1 is dead: $(tail -n 1 "$1.console")"
	done
	echo "$answer"
}

# What the guests do without saves time: each of their exits to the host costs a
# thousand times what it costs on real hardware.  A HPET would wake QEMU 250 times a
# second for as long as the guest lives, though the guest has left it for the local
# APIC.  But nokaslr is for merging: a kernel that relocates itself at random has
# 20 MiB that no other guest has.
guest_start()
{
	mkfifo "$GUESTS/$1.in" "$GUESTS/$1.out"
	qemu-system-x86_64 -accel kvm -cpu host -m "${GUEST_MIB}M" \
		-nodefaults -no-user-config -display none -no-reboot \
		-object "memory-backend-file,id=ram,size=${GUEST_MIB}M,mem-path=$2,share=on${3:+,$3}" \
		-machine pc,hpet=off,memory-backend=ram,mem-merge=off \
		-device virtio-balloon-pci,id=balloon \
		-qmp "unix:$GUESTS/$1.qmp,server=on,wait=off" \
		-qmp "unix:$GUESTS/$1.monitor,server=on,wait=off" \
		-serial "file:$PWD/$1.console" \
		-chardev "pipe,id=control,path=$GUESTS/$1" \
		-serial chardev:control \
		-kernel /guest/vmlinuz -initrd /guest/initramfs \
		-append 'console=ttyS0 quiet panic=-1 nokaslr cryptomgr.notests
			transparent_hugepage=never mitigations=off' \
		-daemonize -pidfile "$GUESTS/$1.pid" || die "start guest $1"
	answer=$(guest_answer "$1")
	[ "$answer" = ready ] || die "guest $1 does not start: $answer"
	say "guest $1 is up"
}

guest_ask()
{
	guest=$1
	shift
	echo "$*" 1<>"$GUESTS/$guest.in"
	guest_answer "$guest"
}

guest_must()
{
	answer=$(guest_ask "$@")
	case $answer in
	ok | OK) ;;
	*) die "guest $*: $answer" ;;
	esac
}

guest_actual()
{
	qmp "$GUESTS/$1.monitor" query-balloon | tr -cd 0-9
}

# Returns when the balloon is where it should be, or has not moved for a while.
guest_balloon()
{
	want=$(($2 << 20))
	qmp "$GUESTS/$1.monitor" balloon "{\"value\": $want}" >/dev/null
	last=
	patience=5
	while [ $patience -gt 0 ]; do
		sleep 2
		actual=$(guest_actual "$1")
		[ "$actual" != $want ] || return 0
		[ "$actual" = "$last" ] || patience=5
		patience=$((patience - 1))
		last=$actual
	done
}

ksmfs_get()
{
	cat "$KSMFS/$1"
}

# Passes without pauses until one more saves next to nothing: guests that run
# always write a little.
ksmfs_merge()
{
	frames=$(ksmfs_get frames)
	for pass in 1 2 3 4 5 6 7 8 9 10; do
		last=$frames
		echo 1 >"$KSMFS/scan"
		while [ "$(ksmfs_get scan)" != 0 ]; do
			sleep 0.2
		done
		frames=$(ksmfs_get frames)
		say "pass $pass: $frames frames"
		[ "$pass" -lt 4 ] || [ $((last - frames)) -gt 50 ] || break
	done
}
