#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Every command that README and docs tell somebody to type, as it stands there
# (see tests/docs/extract), text by text, on a host with a guest.
#
# What this host has not, or not of that name, is stood in for: it is not an
# installed Debian.  A QEMU is the real one, with the memory and the devices it is
# told to have, and never runs.
#
# vm: cpus=1 mem=2G timeout=300 boot=own
set -eu

mkdir -p /docs/bin /dev/vg /etc /run/ksmfs/qmp
ln -s /dev/nvme0n1 /dev/vg/ksmfs-swap
echo 'libvirt-qemu:x:64055:103::/:/bin/false' >>/etc/passwd
echo 'kvm:x:103:' >>/etc/group

# A shell of busybox prefers its own programs to those of the PATH, but not to
# functions.
cat >/docs/host <<'END'
modprobe()
{
	[ "$*" = ksmfs ] && [ -d /sys/module/ksmfs ]
}
END
cat >/docs/bin/qemu-system-x86_64 <<'END'
#!/bin/sh
truncate -s 1M disk.qcow2
exec /usr/bin/qemu-system-x86_64 -nodefaults -display none -daemonize -S "$@"
END
chmod +x /docs/bin/qemu-system-x86_64
PATH=/docs/bin:$PATH

# A text that does not make them has a mount, domains, and a guest in one.
begin()
{
	mount -t ksmfs -o size=75% none /dev/ksmfs
	mkdir -p /dev/ksmfs/tenant-a
	qemu-system-x86_64 -accel kvm -m 32M -name first \
		-object memory-backend-file,id=ram,size=32M,mem-path=/dev/ksmfs/tenant-a,share=on \
		-machine pc,memory-backend=ram -device virtio-balloon-pci \
		-qmp unix:/run/ksmfs/qmp/first.sock,server=on,wait=off
}

end_programs()
{
	for pid in $(pidof qemu-system-x86_64 ksmfsd); do
		kill -KILL "$pid"
		while kill -0 "$pid" 2>/dev/null; do
			sleep 0.2
		done
	done
	rm -f /run/ksmfs/qmp/*
}

for text in /docs/*.sh; do
	ksmfs tune run=1 advisor_mode=none
	[ -s "$text" ] || continue
	name=$(basename "$text" .sh)
	mkdir -p "/tmp/$name" /dev/ksmfs
	cd "/tmp/$name"
	grep -q 'mount -t' "$text" || begin
	if ! sh -eux -c '. /docs/host; . "$0"' "$text" >log 2>&1; then
		echo "$name: a command failed:"
		tail -n 20 log
		exit 1
	fi
	echo "$name: $(grep -c '^+' log) commands"
	end_programs
	cd /tmp
	while grep -q ' /dev/ksmfs ' /proc/mounts; do
		umount /dev/ksmfs
	done
done
