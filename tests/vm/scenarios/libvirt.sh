#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A domain of libvirt, set up as docs/howto.md says: its XML asks for shared memory
# out of files, and libvirt puts it on ksmfs.  It is merged, as `ksmfs estimate` says
# of what `virsh dump` leaves, `virsh setmem` moves its balloon, and what `virsh
# dommemstat` says of it and what ksmfs says agree.
#
# vm: cpus=1 mem=2G timeout=600 with=libvirt
set -eu
PATH=$PATH:/usr/sbin
# shellcheck source=tests/vm/guests.sh
. /lib/guests.sh

MIB=128
LESS_MIB=112
DIR=/mnt/ksmfs/libvirt/qemu

# What an installed libvirt has: users, a place for sockets, a machine's number.
# No other daemon, no confinement, no control groups: they are not what is tested.
prepare()
{
	mkdir -p /etc/libvirt /run/libvirt /var/lib/libvirt /var/cache/libvirt \
		/var/log/libvirt
	ln -s /run /var/run
	printf '%s\n' 'root:x:0:0::/:/bin/sh' \
		'libvirt-qemu:x:64055:103::/:/bin/false' >/etc/passwd
	printf '%s\n' 'root:x:0:' 'kvm:x:103:' 'libvirt-qemu:x:64055:' \
		>/etc/group
	tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
	cat >/etc/libvirt/qemu.conf <<-END
		memory_backing_dir = "/mnt/ksmfs"
		user = "root"
		group = "root"
		security_driver = "none"
		cgroup_controllers = []
		namespaces = []
		stdio_handler = "file"
	END
	: >/etc/libvirt/libvirtd.conf
}

# virsh COMMAND...
virsh()
{
	/usr/bin/virsh -q -c qemu:///system "$@"
}

# define NAME: what the texts say, and no device that is not needed
define()
{
	cat >"$1.xml" <<-END
		<domain type='kvm'>
		  <name>$1</name>
		  <memory unit='MiB'>$MIB</memory>
		  <memoryBacking>
		    <source type='file'/>
		    <access mode='shared'/>
		  </memoryBacking>
		  <vcpu>1</vcpu>
		  <os>
		    <type arch='x86_64' machine='pc'>hvm</type>
		    <kernel>/guest/vmlinuz</kernel>
		    <initrd>/guest/initramfs</initrd>
		    <cmdline>console=ttyS0 quiet panic=-1 nokaslr
		      cryptomgr.notests transparent_hugepage=never
		      mitigations=off</cmdline>
		  </os>
		  <features><acpi/></features>
		  <cpu mode='host-passthrough'/>
		  <clock offset='utc'><timer name='hpet' present='no'/></clock>
		  <on_crash>destroy</on_crash>
		  <devices>
		    <emulator>/usr/bin/qemu-system-x86_64</emulator>
		    <controller type='usb' model='none'/>
		    <serial type='file'>
		      <source path='$PWD/$1.console'/>
		      <target port='0'/>
		    </serial>
		    <serial type='pipe'>
		      <source path='$GUESTS/$1'/>
		      <target port='1'/>
		    </serial>
		    <memballoon model='virtio'>
		      <stats period='5'/>
		    </memballoon>
		  </devices>
		</domain>
	END
	virsh define "$1.xml"
}

start()
{
	mkfifo "$GUESTS/$1.in" "$GUESTS/$1.out"
	virsh start "$1"
	cp "/run/libvirt/qemu/$1.pid" "$GUESTS/$1.pid"
	answer=$(guest_answer "$1")
	[ "$answer" = ready ] || die "domain $1 does not start: $answer"
	say "domain $1 is up"
}

# memstat NAME KEY: in KiB
memstat()
{
	virsh dommemstat "$1" | awk -v key="$2" '$1 == key { print $2 }'
}

# region NAME KEY: of the file that libvirt made for the domain, in pages
region()
{
	ksmfs stat --json | awk -v name="-$1/pc.ram\",$" -v key="\"$2\":" '
		$1 == "\"name\":" { found = $2 ~ name }
		found && $1 == key { print $2 + 0; exit }'
}

# What merging saves: of two domains that are there, and of what libvirt dumps of
# them, in thousandths.
saved()
{
	ksmfs stat --json | awk '
		/"regions": \[/ { regions = 1 }
		regions && $1 == "\"pages\":" { pages += $2 }
		regions && $1 == "\"frames\":" { frames += $2 }
		END { print int(1000 - 1000 * frames / pages) }'
}
estimated()
{
	ksmfs estimate "$@" >estimate.txt 2>estimate.log ||
		die "estimate fails: $(cat estimate.log)"
	cat estimate.txt >&2
	awk '$1 == "merge=share" {
		gsub(/[^0-9.]/, "", $3)
		print int($3 * 10)
	}' estimate.txt
}

prepare
mount -t ksmfs none /mnt/ksmfs
echo 0 >"$KSMFS/run"
libvirtd -d || die "libvirtd does not start"
patience=100
until virsh list >virsh.log 2>&1; do
	patience=$((patience - 1))
	[ $patience -gt 0 ] || die "libvirtd does not answer: $(cat virsh.log)"
	sleep 1
done
say "libvirtd is up"

for domain in one two; do
	define $domain
	start $domain
	guest_must $domain fill common 4000
done
ksmfs tune run=1
ksmfs doctor || die "the doctor is not content"
ksmfs
[ -d $DIR ] || die "libvirt has not made $DIR: $(find /mnt/ksmfs)"

ksmfs_merge
sharing=$(ksmfs_get pages_sharing)
[ "$sharing" -gt 8000 ] || die "only $sharing pages are saved"
for domain in one two; do
	guest_must $domain verify common 4000
done

is=$(saved)
for domain in one two; do
	virsh dump $domain $domain.elf --memory-only
done
will=$(estimated one.elf two.elf)
rm one.elf two.elf
say "saved: $is of 1000, estimated $will"
off=$((will - is))
[ ${off#-} -lt 50 ] || die "the estimate of dumps is far from the truth"

# Which free pages a guest gives to its balloon depends on what it has used, and that
# on how fast it ran: if they were holes already, none would be gained.  So there are
# none any more: what is a hole after this, libvirt has taken.
fallocate -l ${MIB}M "$(echo $DIR/*-one/pc.ram)"
holes=$(region one holes)
[ "$holes" = 0 ] || die "$holes holes are left by fallocate"
virsh setmem one ${LESS_MIB}M --live
patience=60
until [ "$(memstat one actual)" = $((LESS_MIB << 10)) ]; do
	patience=$((patience - 1))
	[ $patience -gt 0 ] || die "the balloon stays at $(memstat one actual) KiB"
	sleep 1
done
want=$(((MIB - LESS_MIB) * 256))
holes=$(region one holes)
say "balloon: $holes pages are holes, $want are in it"
off=$((holes - want))
[ $((${off#-} * 20)) -lt $want ] || die "libvirt and ksmfs do not agree"

# Nor can the guest have more in use, by its own word, than is there.
virsh dommemstat one
used=$((($(memstat one available) - $(memstat one unused)) / 4))
there=$((MIB * 256 - $(region one holes)))
say "guest: $used pages in use, $there there"
if [ $used -lt 4000 ] || [ $used -gt $there ]; then
	die "the guest and ksmfs do not agree"
fi

virsh setmem one ${MIB}M --live
guest_must one verify common 4000
guest_must two verify common 4000
for domain in one two; do
	virsh destroy $domain
done
patience=30
until [ "$(ksmfs_get frames)" = 0 ]; do
	patience=$((patience - 1))
	[ $patience -gt 0 ] || die "$(ksmfs_get frames) frames are left"
	sleep 1
done
say "nothing is left"
