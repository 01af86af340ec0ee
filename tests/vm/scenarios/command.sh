#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The ksmfs command against the module: passes until nothing changes, names
# and owners of regions, knobs set all or none, and doctor's verdicts.
#
# vm: cpus=1 mem=1G timeout=60
set -eu

# expect STATUS PATTERN COMMAND...: the command ends so and prints the pattern
expect()
{
	want=$1 pattern=$2 status=0
	shift 2
	"$@" >/tmp/said 2>&1 || status=$?
	if [ "$status" != "$want" ] || ! grep -q -e "$pattern" /tmp/said; then
		echo "$*: status $status, want $want and '$pattern':"
		cat /tmp/said
		exit 1
	fi
}

# vm NAME OPTIONS...: a guest that never runs, with memory as OPTIONS say
vm()
{
	name=$1
	shift
	qemu-system-x86_64 -accel kvm -S -nodefaults -display none -m 32M \
		-daemonize -pidfile "/tmp/$name" "$@"
}

backend=memory-backend-file,id=m,size=32M,mem-path=/mnt/ksmfs

expect 1 'no ksmfs is mounted' ksmfs doctor
mount -t ksmfs -o size=128m none /mnt/ksmfs
mkdir /mnt/ksmfs/a /mnt/ksmfs/b
dd if=/dev/urandom of=/tmp/content bs=4k count=256 2>/dev/null
cp /tmp/content /mnt/ksmfs/a/one
cp /tmp/content '/mnt/ksmfs/a/two words'
cp /tmp/content /mnt/ksmfs/b/alone

expect 0 '"settled": true' ksmfs scan --wait --json
expect 0 '"pages_sharing": 256,' ksmfs stat --json
expect 0 ' 50%   a/two words$' ksmfs
expect 0 '  0%   b/alone$' ksmfs
expect 0 '"name": "a/one",' ksmfs stat --json

expect 0 '^share   off     /mnt/ksmfs/b$' ksmfs domain
ksmfs domain /mnt/ksmfs/b merge=self strict=on
expect 0 '^self    on      /mnt/ksmfs/b$' ksmfs domain
expect 1 'directly below it' ksmfs domain /mnt/ksmfs/b/alone merge=off
expect 2 'nothing was set' ksmfs domain /mnt/ksmfs/b merge=none
ksmfs domain /mnt/ksmfs/b merge=share strict=off

expect 2 'nothing was set' ksmfs tune pages_to_scan=7 run=3
expect 0 'pages_to_scan=1024' ksmfs tune
ksmfs tune pages_to_scan=7 run=2
expect 0 'pages_to_scan=7' ksmfs tune
expect 0 '"pages_sharing": 0,' ksmfs stat --json --totals
expect 1 'run is 2' ksmfs scan
expect 1 'scanner: run is 2' ksmfs doctor
ksmfs tune pages_to_scan=1024 run=1
expect 0 'no VM is running' ksmfs doctor

vm good -object "$backend/b,share=on" -machine pc,memory-backend=m
expect 0 "(unlinked) qemu-system-x86 $(cat /tmp/good)" ksmfs
expect 0 "$(cat /tmp/good): 32.0M on ksmfs, shared" ksmfs doctor
vm private -object "$backend/a/vm,share=off" -machine pc,memory-backend=m
expect 1 'mapped privately' ksmfs doctor --pid "$(cat /tmp/private)"
vm anonymous
expect 1 'anonymous memory' ksmfs doctor --pid "$(cat /tmp/anonymous)"
expect 0 'on ksmfs, shared' ksmfs doctor --pid "$(cat /tmp/good)"
for name in good private anonymous; do
	pid=$(cat /tmp/$name)
	kill "$pid"
	while [ -d "/proc/$pid" ]; do sleep 0.1; done
done

mount -t tmpfs none /mnt/ksmfs
expect 1 'it is hidden' ksmfs
expect 1 'umount what is mounted over it' ksmfs doctor
umount /mnt/ksmfs
umount /mnt/ksmfs
expect 0 'no ksmfs is mounted' ksmfs
