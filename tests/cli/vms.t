# ksmfs vms

## without a daemon
@ loaded guests vms
$ ksmfs vms
| VM                  CONFIGURED GRANTED BALLOONED PRIVATE  SHARED  PACKED SWAPPED  ACTIVE  WANTED PRESSURE  TARGET
| qemu-system-x86 101      16.0M       -         -    2.0M    8.8M       0       0       -       -        -       -
| qemu-system-x86 200     128.0M       -         -   23.4M   93.8M       0       0       -       -        -       -
| qemu-system-x86 201     128.0M       -         -   19.5M  103.8M       0       0       -       -        -       -
| qemu-system-x86 202     128.0M       -         -   23.4M   93.8M       0       0       -       -        -       -
! ksmfs: ksmfsd does not run: balloons and targets are not known
$ ksmfs vms --json 2>/dev/null
| {
|   "daemon": false,
|   "vms": [
|     {
|       "name": "qemu-system-x86 101",
|       "pid": 101,
|       "status": null,
|       "configured": 16777216,
|       "granted": null,
|       "ballooned": null,
|       "private": 2064384,
|       "shared": 9175040,
|       "packed": 0,
|       "swapped": 0,
|       "active": null,
|       "wanted": null,
|       "pressure": null,
|       "target": null
|     },
|     {
|       "name": "qemu-system-x86 200",
|       "pid": 200,
|       "status": null,
|       "configured": 134217728,
|       "granted": null,
|       "ballooned": null,
|       "private": 24576000,
|       "shared": 98304000,
|       "packed": 0,
|       "swapped": 0,
|       "active": null,
|       "wanted": null,
|       "pressure": null,
|       "target": null
|     },
|     {
|       "name": "qemu-system-x86 201",
|       "pid": 201,
|       "status": null,
|       "configured": 134217728,
|       "granted": null,
|       "ballooned": null,
|       "private": 20480000,
|       "shared": 108789760,
|       "packed": 0,
|       "swapped": 0,
|       "active": null,
|       "wanted": null,
|       "pressure": null,
|       "target": null
|     },
|     {
|       "name": "qemu-system-x86 202",
|       "pid": 202,
|       "status": null,
|       "configured": 134217728,
|       "granted": null,
|       "ballooned": null,
|       "private": 24576000,
|       "shared": 98304000,
|       "packed": 0,
|       "swapped": 0,
|       "active": null,
|       "wanted": null,
|       "pressure": null,
|       "target": null
|     }
|   ]
| }

## a VM with two regions
@ loaded guests
$ echo '7f0010000000-7f0020000000 rw-s 00000000 00:2a 9 /dev/ksmfs/plain' >>proc/101/maps
$ echo '7f0020000000-7f0030000000 rw-s 00000000 00:2a 9 /dev/ksmfs/plain' >>proc/101/maps
$ ksmfs vms 2>/dev/null
| VM                  CONFIGURED GRANTED BALLOONED PRIVATE  SHARED  PACKED SWAPPED  ACTIVE  WANTED PRESSURE  TARGET
| qemu-system-x86 101      32.0M       -         -   11.6M    8.8M    4.0M    2.0M       -       -        -       -

## a process with a strange name
@ loaded odd-names
$ mkdir proc/300; printf 'qemu-\033[31m\\\n\n' >proc/300/comm; echo '7f0000000000-7f0000010000 rw-s 00000000 00:2a 10 /gone (deleted)' >proc/300/maps; : >proc/300/mountinfo
$ ksmfs vms 2>/dev/null | cut -c 1-40
| VM                        CONFIGURED GRA
| qemu-\033[31m\134\012 300          0
$ ksmfs vms --json 2>/dev/null | grep '"name"'
|       "name": "qemu-\u001b[31m\\\n 300",

## nothing is on ksmfs
@ loaded
$ ksmfs vms
| VM CONFIGURED GRANTED BALLOONED PRIVATE  SHARED  PACKED SWAPPED  ACTIVE  WANTED PRESSURE  TARGET
! ksmfs: ksmfsd does not run: balloons and targets are not known
$ ksmfs vms --json
| {
|   "daemon": false,
|   "vms": [
|   ]
| }
! ksmfs: ksmfsd does not run: balloons and targets are not known

## not root
@ loaded guests
$ echo 'denied /dev/ksmfs' >>ksmfs-answers
$ ksmfs vms
! ksmfs: cannot list the regions of /dev/ksmfs: Operation not permitted: run ksmfs as root
= 1

## a wrong command line
@ loaded
$ ksmfs vms --all
! ksmfs vms: unrecognized option '--all'
! usage: ksmfs vms [--json]
= 2
$ ksmfs vms all
! usage: ksmfs vms [--json]
= 2
