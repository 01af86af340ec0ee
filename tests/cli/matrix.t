# ksmfs matrix

## who shares how much with whom
@ loaded guests vms
$ printf '%s\n' 'shared /dev/ksmfs 4 100-299 100-119 5000-5063' 'shared /dev/ksmfs 7 100-149 7000-7009' 'shared /dev/ksmfs 8 100-299 9000-9031 9000-9031' 'shared /dev/ksmfs 12' >>ksmfs-answers
$ ksmfs matrix
|      VM                        1       2       3       4       5
|    1 plain                     -       -       -       -       -
|    2 qemu-system-x86 101       -       -       -       -       -
|    3 qemu-system-x86 200       -       -   80.0K       -  200.0K
|    4 qemu-system-x86 201       -       -       -  128.0K       -
|    5 qemu-system-x86 202       -       -  200.0K       -       -

## regions of one process are one VM's
@ loaded guests
$ echo '7f0010000000-7f0020000000 rw-s 00000000 00:2a 9 /dev/ksmfs/plain' >>proc/101/maps
$ printf '%s\n' 'shared /dev/ksmfs 9 1-256' 'shared /dev/ksmfs 12 1-256' >>ksmfs-answers
$ ksmfs matrix --json
| {
|   "sampled_one_of": 1,
|   "vms": [
|     {
|       "name": "qemu-system-x86 101",
|       "pid": 101
|     },
|     {
|       "name": "tenant-a/deep/er/vm10",
|       "pid": 0
|     },
|     {
|       "name": "tenant-a/vm2",
|       "pid": 0
|     },
|     {
|       "name": "tenant-b/vm3",
|       "pid": 0
|     }
|   ],
|   "shared": [
|     [
|       1048576,
|       0,
|       0,
|       0
|     ],
|     [
|       0,
|       0,
|       0,
|       0
|     ],
|     [
|       0,
|       0,
|       0,
|       0
|     ],
|     [
|       0,
|       0,
|       0,
|       0
|     ]
|   ]
| }

## a picture
@ loaded guests
$ printf '%s\n' 'shared /dev/ksmfs 4 1-256 1-64' 'shared /dev/ksmfs 7 1-128' >>ksmfs-answers
$ mv dev/ksmfs/tenant-a/vm2 'dev/ksmfs/tenant-a/<&>'; sed -i 's,/tenant-a/vm2 4,/tenant-a/<\&> 4,' ksmfs-answers
$ ksmfs matrix --svg
| <svg xmlns="http://www.w3.org/2000/svg" width="274" height="120" font-family="monospace" font-size="11">
| <title>memory that VMs share</title>
| <rect width="100%" height="100%" fill="#fff"/>
| <g>
| <text y="18">plain</text>
| <text y="42">qemu-system-x86 101</text>
| <text y="66">tenant-a/&lt;&amp;&gt;</text>
| <text y="90">tenant-a/deep/er/vm10</text>
| <text y="114">tenant-b/vm3</text>
| </g>
| <g fill="#08306b">
| <rect x="202" y="48" width="24" height="24" fill-opacity="0.525"><title>tenant-a/&lt;&amp;&gt; with itself: 256.0K</title></rect>
| <rect x="226" y="48" width="24" height="24" fill-opacity="1.000"><title>tenant-a/&lt;&amp;&gt; and tenant-a/deep/er/vm10: 512.0K</title></rect>
| <rect x="202" y="72" width="24" height="24" fill-opacity="1.000"><title>tenant-a/deep/er/vm10 and tenant-a/&lt;&amp;&gt;: 512.0K</title></rect>
| </g>
| </svg>

## many pieces
@ loaded guests
$ printf '%s\n' 'shared /dev/ksmfs 4 1-20000' 'shared /dev/ksmfs 7 10001-40000' >>ksmfs-answers
$ ksmfs matrix
|      VM                          1       2       3       4       5
|    1 plain                       -       -       -       -       -
|    2 qemu-system-x86 101         -       -       -       -       -
|    3 tenant-a/deep/er/vm10       -       -       -   39.1M       -
|    4 tenant-a/vm2                -       -   39.1M       -       -
|    5 tenant-b/vm3                -       -       -       -       -

## names that are hard to print
@ loaded odd-names
$ mkdir proc/300; printf 'qemu-\033[31m\\\n\n' >proc/300/comm; echo '7f0000000000-7f0000010000 rw-s 00000000 00:2a 10 /gone (deleted)' >proc/300/maps; : >proc/300/mountinfo
$ printf '%s\n' 'shared /mnt/my\040ram 7 1-4' 'shared /mnt/my\040ram 8 1-4' >>ksmfs-answers
$ ksmfs matrix
|      VM                                 1       2       3       4       5       6
|    1 (no name) inode 9                  -       -       -       -       -       -
|    2 bad-\377-bytes/back\134slash       -       -   16.0K       -       -       -
|    3 bad-\377-bytes/esc\033[31m         -   16.0K       -       -       -       -
|    4 line\012break/tab\011ram           -       -       -       -       -       -
|    5 qemu-\033[31m\134\012 300          -       -       -       -       -       -
|    6 umlaut-ä/vm                        -       -       -       -       -       -
$ ksmfs matrix --json | grep '"name"'
|       "name": "(no name) inode 9",
|       "name": "bad-�-bytes/back\\slash",
|       "name": "bad-�-bytes/esc\u001b[31m",
|       "name": "line\nbreak/tab\tram",
|       "name": "qemu-\u001b[31m\\\n 300",
|       "name": "umlaut-ä/vm",
$ mv 'mnt/my ram/umlaut-ä/vm' "$(printf 'mnt/my ram/umlaut-ä/\357\277\277')"; sed -i 's,ä/vm,ä/\\357\\277\\277,' ksmfs-answers
$ ksmfs matrix --svg | grep '<text'
| <text y="18">(no name) inode 9</text>
| <text y="42">bad-\377-bytes/back\134slash</text>
| <text y="66">bad-\377-bytes/esc\033[31m</text>
| <text y="90">line\012break/tab\011ram</text>
| <text y="114">qemu-\033[31m\134\012 300</text>
| <text y="138">umlaut-ä/\357\277\277</text>

## nothing is on ksmfs
@ loaded
$ ksmfs matrix
|      VM
$ ksmfs matrix --json
| {
|   "sampled_one_of": 1,
|   "vms": [
|   ],
|   "shared": [
|   ]
| }
$ ksmfs matrix --svg
| <svg xmlns="http://www.w3.org/2000/svg" width="7" height="0" font-family="monospace" font-size="11">
| <title>memory that VMs share</title>
| <rect width="100%" height="100%" fill="#fff"/>
| <g>
| </g>
| <g fill="#08306b">
| </g>
| </svg>

## not root
@ loaded guests
$ echo 'denied /dev/ksmfs' >>ksmfs-answers
$ ksmfs matrix
! ksmfs: cannot list the regions of /dev/ksmfs: Operation not permitted: run ksmfs as root
= 1

## a wrong command line
@ loaded
$ ksmfs matrix --all
! ksmfs matrix: unrecognized option '--all'
! usage: ksmfs matrix [--json | --svg]
= 2
$ ksmfs matrix --json --svg
! usage: ksmfs matrix [--json | --svg]
= 2
$ ksmfs matrix all
! usage: ksmfs matrix [--json | --svg]
= 2
