# SPDX-License-Identifier: GPL-2.0
# Real guests, for scripts that run in the disposable KVM host:
#
#   . /lib/guests.sh
#   guest_start NAME FILE [MACHINE-OPTIONS [BACKEND-OPTIONS]]
#   guest_ask NAME REQUEST...	answer on stdout; requests: see guest/init
#   guest_expect WANT NAME REQUEST...
#   guest_balloon NAME BYTES	leave the guest so much memory
#   guest_stop NAME...
#
# A guest is QEMU under KVM, with FILE for its memory; its console goes to
# NAME.console in the working directory.
# shellcheck shell=sh

GUEST_MIB=128
GUESTS=/tmp/guests
mkdir -p "$GUESTS"

say()
{
	echo "[$(cut -d ' ' -f 1 /proc/uptime)] $*"
}

die()
{
	say "failed: $*"
	exit 1
}

# Returns at once; the guest is up when it answers "ready" to guest_ready.
guest_start()
{
	mkfifo "$GUESTS/$1.in" "$GUESTS/$1.out"
	qemu-system-x86_64 -accel kvm -cpu host -m "${GUEST_MIB}M" \
		-nodefaults -no-user-config -display none -no-reboot \
		-object "memory-backend-file,id=m,size=${GUEST_MIB}M,mem-path=$2,share=on${4:+,$4}" \
		-machine "pc,memory-backend=m${3:+,$3}" \
		-device virtio-balloon-pci,id=balloon \
		-qmp "unix:$GUESTS/$1.qmp,server=on,wait=off" \
		-serial "file:$PWD/$1.console" \
		-chardev "pipe,id=control,path=$GUESTS/$1" \
		-serial chardev:control \
		-kernel /guest/vmlinuz -initrd /guest/initramfs \
		-append 'console=ttyS0 quiet panic=-1' \
		-daemonize -pidfile "$GUESTS/$1.pid" || die "start guest $1"
}

# guest_answer NAME: the next line the guest sends
guest_answer()
{
	# shellcheck disable=SC3045 # busybox has it
	if ! read -r -t 120 answer <"$GUESTS/$1.out"; then
		tail -n 20 "$PWD/$1.console" >&2
		die "no answer from guest $1" >&2
	fi
	echo "$answer"
}

guest_ready()
{
	[ "$(guest_answer "$1")" = ready ] || die "guest $1 does not start"
}

guest_ask()
{
	guest=$1
	shift
	echo "$*" >"$GUESTS/$guest.in"
	guest_answer "$guest"
}
