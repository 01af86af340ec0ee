# ksmfs doctor

## nothing is there
$ mkdir -p proc/self; touch ksmfs-answers proc/self/mountinfo
$ ksmfs doctor
| wrong  module: cannot read /sys/kernel/mm/ksmfs/run: No such file or directory
|        -> load the module: modprobe ksmfs
| wrong  mount: no ksmfs is mounted
|        -> mount -t ksmfs none DIR
| note   guests: no VM is running
= 3
$ ksmfs doctor --json
| {
|   "healthy": false,
|   "checks": [
|     {
|       "level": "wrong",
|       "subject": "module",
|       "finding": "cannot read /sys/kernel/mm/ksmfs/run: No such file or directory",
|       "advice": "load the module: modprobe ksmfs"
|     },
|     {
|       "level": "wrong",
|       "subject": "mount",
|       "finding": "no ksmfs is mounted",
|       "advice": "mount -t ksmfs none DIR"
|     },
|     {
|       "level": "note",
|       "subject": "guests",
|       "finding": "no VM is running",
|       "advice": null
|     }
|   ]
| }
= 3

## all is well
@ loaded guests
$ rm -r proc/101; sed -i '/ 12 1 /d' ksmfs-answers
$ ksmfs doctor
| ok     module: loaded
| ok     scanner: running
| ok     /dev/ksmfs: 925.0M of 1.0G free, 5 regions in 3 domains
| note   guests: no VM is running
$ ksmfs doctor --json
| {
|   "healthy": true,
|   "checks": [
|     {
|       "level": "ok",
|       "subject": "module",
|       "finding": "loaded",
|       "advice": null
|     },
|     {
|       "level": "ok",
|       "subject": "scanner",
|       "finding": "running",
|       "advice": null
|     },
|     {
|       "level": "ok",
|       "subject": "/dev/ksmfs",
|       "finding": "925.0M of 1.0G free, 5 regions in 3 domains",
|       "advice": null
|     },
|     {
|       "level": "note",
|       "subject": "guests",
|       "finding": "no VM is running",
|       "advice": null
|     }
|   ]
| }

## scanner stopped, mount nearly full, mount hidden, not root
@ loaded odd-names
$ echo 0 >sys/kernel/mm/ksmfs/run
$ ksmfs doctor
| ok     module: loaded
| wrong  scanner: run is 0: nothing is merged
|        -> start it: ksmfs tune run=1
| wrong  /mnt/my ram: 0 of 1.0M free, 6 regions in 5 domains
|        -> writing to merged pages needs room: mount -o remount,size=N /mnt/my ram
| ok     /mnt/empty: 4.0K of 4.0K free, 0 regions in 0 domains
| note   guests: no VM is running
= 1
$ echo 2 >sys/kernel/mm/ksmfs/run; sed -i '/space .*empty/d' ksmfs-answers; printf '%s\n' 'denied /mnt/my\040ram' >>ksmfs-answers
$ ksmfs doctor
| ok     module: loaded
| wrong  scanner: run is 2: nothing is merged
|        -> start it: ksmfs tune run=1
| wrong  /mnt/my ram: cannot look into it: Operation not permitted
|        -> run ksmfs as root
| wrong  /mnt/empty: cannot look into it: it is hidden
|        -> umount what is mounted over it
| note   guests: no VM is running
= 1

## every kind of guest memory
@ loaded guests vms
$ ksmfs doctor
| ok     module: loaded
| ok     scanner: running
| ok     /dev/ksmfs: 925.0M of 1.0G free, 5 regions in 3 domains
| ok     qemu-system-x86 200: 128.0M on ksmfs, shared
| ok     qemu-system-x86 201: 128.0M on ksmfs, shared
| note   qemu-system-x86 201: alone in domain tenant-b: merged only within itself
|        -> guests that may share belong below the same directory
| wrong  qemu-system-x86 202: 128.0M on ksmfs, but mapped privately: what the guest writes is not merged
|        -> add to its memory options: share=on
| wrong  kvm 203: 512.0M of anonymous memory: only the kernel's own KSM can merge it
|        -> start QEMU with -object memory-backend-file,id=ram,size=512M,mem-path=/dev/ksmfs,share=on -machine memory-backend=ram
| wrong  cloud-hyperviso 204: 512.0M in a memfd: nothing merges it
|        -> start it with --memory size=0 --memory-zone id=ram,size=512M,file=/dev/ksmfs/NAME,shared=on
| wrong  firecracker 205: 128.0M of anonymous memory: only the kernel's own KSM can merge it
|        -> Firecracker cannot put guest memory into a file
| wrong  renamed vm 206: 128.0M on tmpfs: nothing merges it
|        -> start QEMU with -object memory-backend-file,id=ram,size=128M,mem-path=/dev/ksmfs,share=on -machine memory-backend=ram
| wrong  renamed vm 206: 128.0M in huge pages: nothing merges them
|        -> start QEMU with -object memory-backend-file,id=ram,size=128M,mem-path=/dev/ksmfs,share=on -machine memory-backend=ram
| wrong  renamed vm 206: 128.0M in a file that is not on ksmfs: nothing merges it
|        -> start QEMU with -object memory-backend-file,id=ram,size=128M,mem-path=/dev/ksmfs,share=on -machine memory-backend=ram
| note   qemu-system-x86 207: has no guest memory
= 1

## names that are hard to print
@ loaded odd-names
$ mkdir proc/300; printf 'qemu-\033[31m\\\n\n' >proc/300/comm; echo '7f0000000000-7f0000010000 rw-s 00000000 00:2a 10 /gone (deleted)' >proc/300/maps; : >proc/300/mountinfo
$ mv 'mnt/my ram' "$(printf 'mnt/a\tb')"; sed -i 's/my.040ram/a\\011b/' proc/self/mountinfo ksmfs-answers
$ ksmfs doctor
| ok     module: loaded
| ok     scanner: running
| wrong  /mnt/a\011b: 0 of 1.0M free, 6 regions in 5 domains
|        -> writing to merged pages needs room: mount -o remount,size=N /mnt/a\011b
| ok     /mnt/empty: 4.0K of 4.0K free, 0 regions in 0 domains
| note   qemu-\033[31m\134\012 300: has no guest memory
= 1
$ ksmfs doctor --json | grep '"subject"'
|       "subject": "module",
|       "subject": "scanner",
|       "subject": "/mnt/a\tb",
|       "subject": "/mnt/empty",
|       "subject": "qemu-\u001b[31m\\\n 300",

## a module that is not ours
@ loaded
$ echo one >sys/kernel/mm/ksmfs/run; ksmfs doctor
| wrong  module: cannot read /sys/kernel/mm/ksmfs/run: it holds no number
|        -> install the module and this command from the same release
| wrong  mount: no ksmfs is mounted
|        -> mount -t ksmfs none DIR
| note   guests: no VM is running
= 3

## one process
@ loaded guests vms
$ ksmfs doctor --pid 200
| ok     module: loaded
| ok     scanner: running
| ok     /dev/ksmfs: 925.0M of 1.0G free, 5 regions in 3 domains
| ok     qemu-system-x86 200: 128.0M on ksmfs, shared
$ ksmfs doctor --pid 1
| ok     module: loaded
| ok     scanner: running
| ok     /dev/ksmfs: 925.0M of 1.0G free, 5 regions in 3 domains
| wrong  systemd 1: 256.0M of anonymous memory: only the kernel's own KSM can merge it
|        -> start QEMU with -object memory-backend-file,id=ram,size=256M,mem-path=/dev/ksmfs,share=on -machine memory-backend=ram
= 1
$ ksmfs doctor --pid 204 --json
| {
|   "healthy": false,
|   "checks": [
|     {
|       "level": "ok",
|       "subject": "module",
|       "finding": "loaded",
|       "advice": null
|     },
|     {
|       "level": "ok",
|       "subject": "scanner",
|       "finding": "running",
|       "advice": null
|     },
|     {
|       "level": "ok",
|       "subject": "/dev/ksmfs",
|       "finding": "925.0M of 1.0G free, 5 regions in 3 domains",
|       "advice": null
|     },
|     {
|       "level": "wrong",
|       "subject": "cloud-hyperviso 204",
|       "finding": "512.0M in a memfd: nothing merges it",
|       "advice": "start it with --memory size=0 --memory-zone id=ram,size=512M,file=/dev/ksmfs/NAME,shared=on"
|     }
|   ]
| }
= 1

## no such process
@ loaded guests vms
$ ksmfs doctor --pid 9999
! ksmfs: there is no process 9999
= 1
$ for wrong in 0 -1 x '' 2147483648; do ksmfs doctor --pid "$wrong"; done
! ksmfs: --pid takes a process number, not '0'
! ksmfs: --pid takes a process number, not '-1'
! ksmfs: --pid takes a process number, not 'x'
! ksmfs: --pid takes a process number, not ''
! ksmfs: --pid takes a process number, not '2147483648'
= 2

## garbage in /proc is passed over
@ loaded guests vms
$ for line in 'what?' '' 7f00- - '1-2 rw-s 0 0:0' '1-20000001 rw-p 0 0:0 0' '1-2 rw-s 0 0:0 0 x'; do echo "$line" >proc/200/maps; ksmfs doctor --pid 200 | tail -1; done
| note   qemu-system-x86 200: has no guest memory
| note   qemu-system-x86 200: has no guest memory
| note   qemu-system-x86 200: has no guest memory
| note   qemu-system-x86 200: has no guest memory
| note   qemu-system-x86 200: has no guest memory
|        -> start QEMU with -object memory-backend-file,id=ram,size=512M,mem-path=/dev/ksmfs,share=on -machine memory-backend=ram
| note   qemu-system-x86 200: has no guest memory
$ for line in '' ' - ' '1 2 3:4 - ' '1 2 3:4 - x' '1 2 3:4 / - ksmfs' '1 2 x:4 / /y - ksmfs' '1 2 3:4 / /y - '; do printf %s "$line" >proc/self/mountinfo; ksmfs doctor --pid 1 | sed -n 3p; done
| wrong  mount: no ksmfs is mounted
| wrong  mount: no ksmfs is mounted
| wrong  mount: no ksmfs is mounted
| wrong  mount: no ksmfs is mounted
| wrong  -: cannot look into it: No such file or directory
| wrong  mount: no ksmfs is mounted
| wrong  mount: no ksmfs is mounted

## domains in which not all is merged
@ loaded guests
$ printf 'attribute /dev/ksmfs%s trusted.ksmfs.merge %s\n' '' share /tenant-a self /tenant-b off >>ksmfs-answers
$ rm -r proc/101; ksmfs doctor
| ok     module: loaded
| ok     scanner: running
| ok     /dev/ksmfs: 925.0M of 1.0G free, 5 regions in 3 domains
| note   /dev/ksmfs/tenant-a: merge is self: pages of different VMs are not merged
|        -> if that is not wanted: ksmfs domain /dev/ksmfs/tenant-a merge=share
| note   /dev/ksmfs/tenant-b: merge is off: pages of different VMs are not merged
|        -> if that is not wanted: ksmfs domain /dev/ksmfs/tenant-b merge=share
| note   guests: no VM is running
