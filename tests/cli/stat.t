# ksmfs stat

## the module is not loaded
$ mkdir -p proc/self; touch ksmfs-answers proc/self/mountinfo
$ ksmfs
! ksmfs: /sys/kernel/mm/ksmfs/ is missing: the module is not loaded; as root, run: modprobe ksmfs
= 3
$ ksmfs stat --json
! ksmfs: /sys/kernel/mm/ksmfs/ is missing: the module is not loaded; as root, run: modprobe ksmfs
= 3

## totals only
@ loaded
$ ksmfs stat --totals
| 384.0M of guest memory in 99.0M of frames: 285.0M (74%) saved; run=1 (scanning)
|
| pages_shared          5120 read-only frames that hold the content of merged slots
| pages_sharing        65120 further slots with that content: the frames merging saves
| pages_unshared       18944 private pages that are quiet but equal to no other
| pages_volatile        1024 private pages that changed since their last visit
| ksm_zero_pages        6560 slots found to hold only zeros, which cost no frame
| frames               25088 frames that hold content: private and shared together
| frames_cached          256 free frames that merging and breaking draw from
| pages_packed          1024 slots whose content is compressed
| frames_packed          256 frames that compressed content takes
| pages_swapped          512 slots whose content is in a swap file
| break_debt           72960 frames it would take to break all that is merged, packed, swapped
| stalled                  0 faults that wait for a frame now
| regions                  5 files of all mounts
| domains                  3 merge domains of all mounts
| general_profit      279.0M bytes saved by merging, less metadata_bytes
| metadata_bytes        1.0M bytes that slot tables and the stable tree take
| pages_scanned      1234567 pages visited
| pages_skipped         4321 visits put off because a page had proved volatile
| pages_pinned             7 pages neither merged nor reclaimed: somebody else held them
| full_scans              12 passes completed over every region
| merges               71000 slots merged into a shared frame
| zero_merges           7000 slots whose frame was freed because it held only zeros
| merge_races              3 merges given up because the content changed meanwhile
| hash_collisions          0 unequal pages that had to be compared to be told apart
| breaks                 760 shared slots given a private frame again by copy-on-write
| zero_breaks            440 zero slots given a private frame again
| pages_punched          512 slots made holes: balloon, discard, free page report
| pages_punched_vain      64 of these, merged ones: no frame is gained while others share it
| packs                 1400 private pages compressed
| pack_rejects           600 cold pages that did not shrink to half
| unpacks                376 packed pages brought back
| swap_outs              700 pages written to a swap file
| swap_ins               188 pages brought back from a swap file
| prefetches              21 of those brought back, pages nobody had asked for yet
| swap_errors              0 pages a swap file failed to write or to read
| stalls                   5 faults that had to wait for a frame
| stall_timeouts           1 of these, faults that waited for stall_millisecs in vain
| alloc_failures           0 frames refused: no memory, or the mount is full

## nothing is mounted
@ loaded
$ ksmfs | tail -2
|
| no ksmfs is mounted: mount -t ksmfs none DIR
$ ksmfs stat --json | tail -5
|   "domains": [
|   ],
|   "regions": [
|   ]
| }

## mounts, domains, regions
@ loaded guests
$ ksmfs
| 384.0M of guest memory in 99.0M of frames: 285.0M (74%) saved; run=1 (scanning)
|
| pages_shared          5120 read-only frames that hold the content of merged slots
| pages_sharing        65120 further slots with that content: the frames merging saves
| pages_unshared       18944 private pages that are quiet but equal to no other
| pages_volatile        1024 private pages that changed since their last visit
| ksm_zero_pages        6560 slots found to hold only zeros, which cost no frame
| frames               25088 frames that hold content: private and shared together
| frames_cached          256 free frames that merging and breaking draw from
| pages_packed          1024 slots whose content is compressed
| frames_packed          256 frames that compressed content takes
| pages_swapped          512 slots whose content is in a swap file
| break_debt           72960 frames it would take to break all that is merged, packed, swapped
| stalled                  0 faults that wait for a frame now
| regions                  5 files of all mounts
| domains                  3 merge domains of all mounts
| general_profit      279.0M bytes saved by merging, less metadata_bytes
| metadata_bytes        1.0M bytes that slot tables and the stable tree take
| pages_scanned      1234567 pages visited
| pages_skipped         4321 visits put off because a page had proved volatile
| pages_pinned             7 pages neither merged nor reclaimed: somebody else held them
| full_scans              12 passes completed over every region
| merges               71000 slots merged into a shared frame
| zero_merges           7000 slots whose frame was freed because it held only zeros
| merge_races              3 merges given up because the content changed meanwhile
| hash_collisions          0 unequal pages that had to be compared to be told apart
| breaks                 760 shared slots given a private frame again by copy-on-write
| zero_breaks            440 zero slots given a private frame again
| pages_punched          512 slots made holes: balloon, discard, free page report
| pages_punched_vain      64 of these, merged ones: no frame is gained while others share it
| packs                 1400 private pages compressed
| pack_rejects           600 cold pages that did not shrink to half
| unpacks                376 packed pages brought back
| swap_outs              700 pages written to a swap file
| swap_ins               188 pages brought back from a swap file
| prefetches              21 of those brought back, pages nobody had asked for yet
| swap_errors              0 pages a swap file failed to write or to read
| stalls                   5 faults that had to wait for a frame
| stall_timeouts           1 of these, faults that waited for stall_millisecs in vain
| alloc_failures           0 frames refused: no memory, or the mount is full
|
|    SIZE  FRAMES PRIVATE  SHARED    ZERO  PACKED SWAPPED   HOLES SAVED MOUNT, DOMAIN, REGION
|  416.0M   99.0M   78.0M  274.4M   25.6M    4.0M    2.0M   32.0M   74% /dev/ksmfs: 925.0M of 1.0G free
|   32.0M   12.6M   11.6M    8.8M       0    4.0M    2.0M    5.7M   52%  /
|   16.0M   10.6M    9.6M       0       0    4.0M    2.0M  384.0K   32%   plain
|   16.0M    2.0M    2.0M    8.8M       0       0       0    5.3M   82%   (unlinked) qemu-system-x86 101
|  256.0M   58.6M   46.9M  171.9M   15.6M       0       0   21.6M   75%  tenant-a
|  128.0M   29.3M   23.4M   85.9M    7.8M       0       0   10.8M   75%   tenant-a/deep/er/vm10
|  128.0M   29.3M   23.4M   85.9M    7.8M       0       0   10.8M   75%   tenant-a/vm2
|  128.0M   27.8M   19.5M   93.8M   10.0M       0       0    4.7M   77%  tenant-b
|  128.0M   27.8M   19.5M   93.8M   10.0M       0       0    4.7M   77%   tenant-b/vm3
$ ksmfs stat >said; ksmfs | cmp - said

## json
@ loaded guests
$ ksmfs stat --json | sed /version/d
| {
|   "page_size": 4096,
|   "run": 1,
|   "totals": {
|     "pages_shared": 5120,
|     "pages_sharing": 65120,
|     "pages_unshared": 18944,
|     "pages_volatile": 1024,
|     "ksm_zero_pages": 6560,
|     "frames": 25088,
|     "frames_cached": 256,
|     "pages_packed": 1024,
|     "frames_packed": 256,
|     "pages_swapped": 512,
|     "break_debt": 72960,
|     "stalled": 0,
|     "regions": 5,
|     "domains": 3,
|     "general_profit": 292552704,
|     "metadata_bytes": 1048576,
|     "pages_scanned": 1234567,
|     "pages_skipped": 4321,
|     "pages_pinned": 7,
|     "full_scans": 12,
|     "merges": 71000,
|     "zero_merges": 7000,
|     "merge_races": 3,
|     "hash_collisions": 0,
|     "breaks": 760,
|     "zero_breaks": 440,
|     "pages_punched": 512,
|     "pages_punched_vain": 64,
|     "packs": 1400,
|     "pack_rejects": 600,
|     "unpacks": 376,
|     "swap_outs": 700,
|     "swap_ins": 188,
|     "prefetches": 21,
|     "swap_errors": 0,
|     "stalls": 5,
|     "stall_timeouts": 1,
|     "alloc_failures": 0
|   },
|   "mounts": [
|     {
|       "mount": "/dev/ksmfs",
|       "size_bytes": 1073741824,
|       "free_bytes": 969932800,
|       "pages": 106496,
|       "frames": 25344,
|       "private": 19968,
|       "shared": 70240,
|       "zero": 6560,
|       "packed": 1024,
|       "swapped": 512,
|       "holes": 8192,
|       "merges": 78140,
|       "breaks": 1140,
|       "punched": 512,
|       "vain": 0,
|       "stalls": 5,
|       "active": 2000
|     }
|   ],
|   "domains": [
|     {
|       "mount": "/dev/ksmfs",
|       "domain": "/",
|       "domain_ino": 1,
|       "regions": 2,
|       "pages": 8192,
|       "frames": 3224,
|       "private": 2968,
|       "shared": 2240,
|       "zero": 0,
|       "packed": 1024,
|       "swapped": 512,
|       "holes": 1448,
|       "merges": 2240,
|       "breaks": 0,
|       "punched": 112,
|       "vain": 0,
|       "stalls": 5,
|       "active": 2000
|     },
|     {
|       "mount": "/dev/ksmfs",
|       "domain": "tenant-a",
|       "domain_ino": 2,
|       "regions": 2,
|       "pages": 65536,
|       "frames": 15000,
|       "private": 12000,
|       "shared": 44000,
|       "zero": 4000,
|       "packed": 0,
|       "swapped": 0,
|       "holes": 5536,
|       "merges": 49000,
|       "breaks": 800,
|       "punched": 200,
|       "vain": 0,
|       "stalls": 0,
|       "active": 0
|     },
|     {
|       "mount": "/dev/ksmfs",
|       "domain": "tenant-b",
|       "domain_ino": 3,
|       "regions": 1,
|       "pages": 32768,
|       "frames": 7120,
|       "private": 5000,
|       "shared": 24000,
|       "zero": 2560,
|       "packed": 0,
|       "swapped": 0,
|       "holes": 1208,
|       "merges": 26900,
|       "breaks": 340,
|       "punched": 200,
|       "vain": 0,
|       "stalls": 0,
|       "active": 0
|     }
|   ],
|   "regions": [
|     {
|       "mount": "/dev/ksmfs",
|       "domain": "/",
|       "domain_ino": 1,
|       "name": "plain",
|       "ino": 9,
|       "nlink": 1,
|       "pages": 4096,
|       "frames": 2720,
|       "private": 2464,
|       "shared": 0,
|       "zero": 0,
|       "packed": 1024,
|       "swapped": 512,
|       "holes": 96,
|       "merges": 0,
|       "breaks": 0,
|       "punched": 0,
|       "vain": 0,
|       "stalls": 5,
|       "active": 2000
|     },
|     {
|       "mount": "/dev/ksmfs",
|       "domain": "/",
|       "domain_ino": 1,
|       "name": null,
|       "ino": 12,
|       "nlink": 0,
|       "pid": 101,
|       "process": "qemu-system-x86",
|       "pages": 4096,
|       "frames": 504,
|       "private": 504,
|       "shared": 2240,
|       "zero": 0,
|       "packed": 0,
|       "swapped": 0,
|       "holes": 1352,
|       "merges": 2240,
|       "breaks": 0,
|       "punched": 112,
|       "vain": 0,
|       "stalls": 0,
|       "active": 0
|     },
|     {
|       "mount": "/dev/ksmfs",
|       "domain": "tenant-a",
|       "domain_ino": 2,
|       "name": "tenant-a/deep/er/vm10",
|       "ino": 7,
|       "nlink": 2,
|       "pages": 32768,
|       "frames": 7500,
|       "private": 6000,
|       "shared": 22000,
|       "zero": 2000,
|       "packed": 0,
|       "swapped": 0,
|       "holes": 2768,
|       "merges": 24500,
|       "breaks": 400,
|       "punched": 100,
|       "vain": 0,
|       "stalls": 0,
|       "active": 0
|     },
|     {
|       "mount": "/dev/ksmfs",
|       "domain": "tenant-a",
|       "domain_ino": 2,
|       "name": "tenant-a/vm2",
|       "ino": 4,
|       "nlink": 1,
|       "pages": 32768,
|       "frames": 7500,
|       "private": 6000,
|       "shared": 22000,
|       "zero": 2000,
|       "packed": 0,
|       "swapped": 0,
|       "holes": 2768,
|       "merges": 24500,
|       "breaks": 400,
|       "punched": 100,
|       "vain": 0,
|       "stalls": 0,
|       "active": 0
|     },
|     {
|       "mount": "/dev/ksmfs",
|       "domain": "tenant-b",
|       "domain_ino": 3,
|       "name": "tenant-b/vm3",
|       "ino": 8,
|       "nlink": 1,
|       "pages": 32768,
|       "frames": 7120,
|       "private": 5000,
|       "shared": 24000,
|       "zero": 2560,
|       "packed": 0,
|       "swapped": 0,
|       "holes": 1208,
|       "merges": 26900,
|       "breaks": 340,
|       "punched": 200,
|       "vain": 0,
|       "stalls": 0,
|       "active": 0
|     }
|   ]
| }

## json of totals only
@ loaded guests
$ ksmfs stat --json --totals | sed /version/d
| {
|   "page_size": 4096,
|   "run": 1,
|   "totals": {
|     "pages_shared": 5120,
|     "pages_sharing": 65120,
|     "pages_unshared": 18944,
|     "pages_volatile": 1024,
|     "ksm_zero_pages": 6560,
|     "frames": 25088,
|     "frames_cached": 256,
|     "pages_packed": 1024,
|     "frames_packed": 256,
|     "pages_swapped": 512,
|     "break_debt": 72960,
|     "stalled": 0,
|     "regions": 5,
|     "domains": 3,
|     "general_profit": 292552704,
|     "metadata_bytes": 1048576,
|     "pages_scanned": 1234567,
|     "pages_skipped": 4321,
|     "pages_pinned": 7,
|     "full_scans": 12,
|     "merges": 71000,
|     "zero_merges": 7000,
|     "merge_races": 3,
|     "hash_collisions": 0,
|     "breaks": 760,
|     "zero_breaks": 440,
|     "pages_punched": 512,
|     "pages_punched_vain": 64,
|     "packs": 1400,
|     "pack_rejects": 600,
|     "unpacks": 376,
|     "swap_outs": 700,
|     "swap_ins": 188,
|     "prefetches": 21,
|     "swap_errors": 0,
|     "stalls": 5,
|     "stall_timeouts": 1,
|     "alloc_failures": 0
|   }
| }

## an empty module divides nothing by zero
@ loaded
$ for file in sys/kernel/mm/ksmfs/*; do echo 0 >$file; done
$ ksmfs stat --totals | grep -v ' 0 '
|

## numbers as large as they get, and a negative profit
@ loaded guests
$ for file in sys/kernel/mm/ksmfs/*; do echo 18446744073709551615 >$file; done
$ echo -9223372036854775808 >sys/kernel/mm/ksmfs/general_profit
$ echo 9223372036854775807 >sys/kernel/mm/ksmfs/metadata_bytes
$ m=18446744073709551615; echo "region /dev/ksmfs $m $m $m $m $m $m $m $m $m $m $m 4294967295" >>ksmfs-answers
$ ksmfs
| 320.0Z of guest memory in 128.0Z of frames: 192.0Z (60%) saved; run=18446744073709551615 (unknown)
|
| pages_shared       18446744073709551615 read-only frames that hold the content of merged slots
| pages_sharing      18446744073709551615 further slots with that content: the frames merging saves
| pages_unshared     18446744073709551615 private pages that are quiet but equal to no other
| pages_volatile     18446744073709551615 private pages that changed since their last visit
| ksm_zero_pages     18446744073709551615 slots found to hold only zeros, which cost no frame
| frames             18446744073709551615 frames that hold content: private and shared together
| frames_cached      18446744073709551615 free frames that merging and breaking draw from
| pages_packed       18446744073709551615 slots whose content is compressed
| frames_packed      18446744073709551615 frames that compressed content takes
| pages_swapped      18446744073709551615 slots whose content is in a swap file
| break_debt         18446744073709551615 frames it would take to break all that is merged, packed, swapped
| stalled            18446744073709551615 faults that wait for a frame now
| regions            18446744073709551615 files of all mounts
| domains            18446744073709551615 merge domains of all mounts
| general_profit                    -8.0E bytes saved by merging, less metadata_bytes
| metadata_bytes                     8.0E bytes that slot tables and the stable tree take
| pages_scanned      18446744073709551615 pages visited
| pages_skipped      18446744073709551615 visits put off because a page had proved volatile
| pages_pinned       18446744073709551615 pages neither merged nor reclaimed: somebody else held them
| full_scans         18446744073709551615 passes completed over every region
| merges             18446744073709551615 slots merged into a shared frame
| zero_merges        18446744073709551615 slots whose frame was freed because it held only zeros
| merge_races        18446744073709551615 merges given up because the content changed meanwhile
| hash_collisions    18446744073709551615 unequal pages that had to be compared to be told apart
| breaks             18446744073709551615 shared slots given a private frame again by copy-on-write
| zero_breaks        18446744073709551615 zero slots given a private frame again
| pages_punched      18446744073709551615 slots made holes: balloon, discard, free page report
| pages_punched_vain 18446744073709551615 of these, merged ones: no frame is gained while others share it
| packs              18446744073709551615 private pages compressed
| pack_rejects       18446744073709551615 cold pages that did not shrink to half
| unpacks            18446744073709551615 packed pages brought back
| swap_outs          18446744073709551615 pages written to a swap file
| swap_ins           18446744073709551615 pages brought back from a swap file
| prefetches         18446744073709551615 of those brought back, pages nobody had asked for yet
| swap_errors        18446744073709551615 pages a swap file failed to write or to read
| stalls             18446744073709551615 faults that had to wait for a frame
| stall_timeouts     18446744073709551615 of these, faults that waited for stall_millisecs in vain
| alloc_failures     18446744073709551615 frames refused: no memory, or the mount is full
|
|    SIZE  FRAMES PRIVATE  SHARED    ZERO  PACKED SWAPPED   HOLES SAVED MOUNT, DOMAIN, REGION
|  416.0M   99.0M   78.0M  274.4M   25.6M    4.0M    2.0M   32.0M   74% /dev/ksmfs: 925.0M of 1.0G free
|   32.0M   12.6M   11.6M    8.8M       0    4.0M    2.0M    5.7M   52%  /
|   16.0M   10.6M    9.6M       0       0    4.0M    2.0M  384.0K   32%   plain
|   16.0M    2.0M    2.0M    8.8M       0       0       0    5.3M   82%   (unlinked) qemu-system-x86 101
|  256.0M   58.6M   46.9M  171.9M   15.6M       0       0   21.6M   75%  tenant-a
|  128.0M   29.3M   23.4M   85.9M    7.8M       0       0   10.8M   75%   tenant-a/deep/er/vm10
|  128.0M   29.3M   23.4M   85.9M    7.8M       0       0   10.8M   75%   tenant-a/vm2
|  128.0M   27.8M   19.5M   93.8M   10.0M       0       0    4.7M   77%  tenant-b
|  128.0M   27.8M   19.5M   93.8M   10.0M       0       0    4.7M   77%   tenant-b/vm3
|   64.0Z   64.0Z   64.0Z   64.0Z   64.0Z       0       0   64.0Z   67%  (no name) inode 18446744073709551615
|   64.0Z   64.0Z   64.0Z   64.0Z   64.0Z       0       0   64.0Z   67%   (no name) inode 18446744073709551615
$ ksmfs stat --json | grep -e general_profit -e merge_races -e '"ino": 184'
|     "general_profit": -9223372036854775808,
|     "merge_races": 18446744073709551615,
|       "ino": 18446744073709551615,

## more than a mount, and names that are hard to print
@ loaded odd-names
$ ksmfs | sed '1,/^$/d' | sed '1,/^$/d'
|    SIZE  FRAMES PRIVATE  SHARED    ZERO  PACKED SWAPPED   HOLES SAVED MOUNT, DOMAIN, REGION
|  320.0K  224.0K  192.0K   64.0K       0       0       0   64.0K   12% /mnt/my ram: 0 of 1.0M free
|   64.0K       0       0       0       0       0       0   64.0K     -  /
|   64.0K       0       0       0       0       0       0   64.0K     -   (no name) inode 9
|  128.0K   96.0K   64.0K   64.0K       0       0       0       0   25%  bad-\377-bytes
|   64.0K   48.0K   32.0K   32.0K       0       0       0       0   25%   bad-\377-bytes/back\134slash
|   64.0K   48.0K   32.0K   32.0K       0       0       0       0   25%   bad-\377-bytes/esc\033[31m
|   64.0K   64.0K   64.0K       0       0       0       0       0    0%  line\012break
|   64.0K   64.0K   64.0K       0       0       0       0       0    0%   line\012break/tab\011ram
|   64.0K   64.0K   64.0K       0       0       0       0       0    0%  umlaut-ä
|   64.0K   64.0K   64.0K       0       0       0       0       0    0%   umlaut-ä/vm
|       0       0       0       0       0       0       0       0     -  (no name) inode 99
|       0       0       0       0       0       0       0       0     -   (unlinked) inode 10
|       0       0       0       0       0       0       0       0     - /mnt/empty: 4.0K of 4.0K free
$ ksmfs stat --json | grep -e '"name"' -e '"domain"' -e '"mount"'
|       "mount": "/mnt/my ram",
|       "mount": "/mnt/empty",
|       "mount": "/mnt/my ram",
|       "domain": "/",
|       "mount": "/mnt/my ram",
|       "domain": "bad-�-bytes",
|       "mount": "/mnt/my ram",
|       "domain": "line\nbreak",
|       "mount": "/mnt/my ram",
|       "domain": "umlaut-ä",
|       "mount": "/mnt/my ram",
|       "domain": null,
|       "mount": "/mnt/my ram",
|       "domain": "/",
|       "name": null,
|       "mount": "/mnt/my ram",
|       "domain": "bad-�-bytes",
|       "name": "bad-�-bytes/back\\slash",
|       "mount": "/mnt/my ram",
|       "domain": "bad-�-bytes",
|       "name": "bad-�-bytes/esc\u001b[31m",
|       "mount": "/mnt/my ram",
|       "domain": "line\nbreak",
|       "name": "line\nbreak/tab\tram",
|       "mount": "/mnt/my ram",
|       "domain": "umlaut-ä",
|       "name": "umlaut-ä/vm",
|       "mount": "/mnt/my ram",
|       "domain": null,
|       "name": null,

## a process with a strange name
@ loaded odd-names
$ mkdir proc/300; printf 'qemu-\033[31m\\\n\n' >proc/300/comm; echo '7f0000000000-7f0000010000 rw-s 00000000 00:2a 10 /gone (deleted)' >proc/300/maps; : >proc/300/mountinfo
$ ksmfs stat | grep qemu
|       0       0       0       0       0       0       0       0     -   (unlinked) qemu-\033[31m\134\012 300
$ ksmfs stat --json | grep '"process"'
|       "process": "qemu-\u001b[31m\\\n",

## a bound directory shows what the whole mount would
@ loaded guests
$ echo '41 22 0:42 /tenant-a /srv/a rw - ksmfs none rw' >proc/self/mountinfo
$ mkdir -p srv; mv dev/ksmfs/tenant-a srv/a; sed -i 's,/dev/ksmfs/tenant-a,/srv/a,; s,/dev/ksmfs,/srv/a,' ksmfs-answers
$ ksmfs | tail -9
|  416.0M   99.0M   78.0M  274.4M   25.6M    4.0M    2.0M   32.0M   74% /srv/a: 925.0M of 1.0G free
|  256.0M   58.6M   46.9M  171.9M   15.6M       0       0   21.6M   75%  tenant-a
|  128.0M   29.3M   23.4M   85.9M    7.8M       0       0   10.8M   75%   tenant-a/deep/er/vm10
|  128.0M   29.3M   23.4M   85.9M    7.8M       0       0   10.8M   75%   tenant-a/vm2
|   32.0M   12.6M   11.6M    8.8M       0    4.0M    2.0M    5.7M   52%  (no name) inode 1
|   16.0M   10.6M    9.6M       0       0    4.0M    2.0M  384.0K   32%   (no name) inode 9
|   16.0M    2.0M    2.0M    8.8M       0       0       0    5.3M   82%   (unlinked) qemu-system-x86 101
|  128.0M   27.8M   19.5M   93.8M   10.0M       0       0    4.7M   77%  (no name) inode 3
|  128.0M   27.8M   19.5M   93.8M   10.0M       0       0    4.7M   77%   (no name) inode 8

## the owner of an unlinked region has gone
@ loaded guests
$ rm proc/101/comm
$ ksmfs | grep unlinked
|   16.0M    2.0M    2.0M    8.8M       0       0       0    5.3M   82%   (unlinked) inode 12
$ rm proc/101/maps
$ ksmfs | grep unlinked
|   16.0M    2.0M    2.0M    8.8M       0       0       0    5.3M   82%   (unlinked) inode 12
$ ksmfs stat --json | grep -A4 '"name": null'
|       "name": null,
|       "ino": 12,
|       "nlink": 0,
|       "pages": 4096,
|       "frames": 504,

## not root
@ loaded guests
$ echo 'denied /dev/ksmfs' >>ksmfs-answers
$ ksmfs
! ksmfs: cannot list the regions of /dev/ksmfs: Operation not permitted: run ksmfs as root; or ask for 'ksmfs stat --totals'
= 1
$ ksmfs stat --json
! ksmfs: cannot list the regions of /dev/ksmfs: Operation not permitted: run ksmfs as root; or ask for 'ksmfs stat --totals'
= 1
$ ksmfs stat --totals | head -1
| 384.0M of guest memory in 99.0M of frames: 285.0M (74%) saved; run=1 (scanning)

## something is mounted over a mount
@ loaded guests
$ sed -i '/^space/d' ksmfs-answers
$ ksmfs
! ksmfs: cannot list the regions of /dev/ksmfs: it is hidden: umount what is mounted over it; or ask for 'ksmfs stat --totals'
= 1

## /proc is missing
@ loaded
$ rm -r proc; ksmfs
! ksmfs: cannot read /proc/self/mountinfo: No such file or directory: is /proc mounted?
= 1

## a statistic is missing, garbage or unreadable
@ loaded
$ rm sys/kernel/mm/ksmfs/breaks
$ ksmfs
! ksmfs: /sys/kernel/mm/ksmfs/breaks is missing: module and command are of different versions; install both from the same release
= 3
$ for text in '' ' 1' '1 ' '1\n2' -1 0x1 1e3 18446744073709551616 '1\0002'; do printf %b "$text" >sys/kernel/mm/ksmfs/breaks; ksmfs stat --totals; done
! ksmfs: /sys/kernel/mm/ksmfs/breaks holds something unknown: module and command are of different versions; install both from the same release
! ksmfs: /sys/kernel/mm/ksmfs/breaks holds something unknown: module and command are of different versions; install both from the same release
! ksmfs: /sys/kernel/mm/ksmfs/breaks holds something unknown: module and command are of different versions; install both from the same release
! ksmfs: /sys/kernel/mm/ksmfs/breaks holds something unknown: module and command are of different versions; install both from the same release
! ksmfs: /sys/kernel/mm/ksmfs/breaks holds something unknown: module and command are of different versions; install both from the same release
! ksmfs: /sys/kernel/mm/ksmfs/breaks holds something unknown: module and command are of different versions; install both from the same release
! ksmfs: /sys/kernel/mm/ksmfs/breaks holds something unknown: module and command are of different versions; install both from the same release
! ksmfs: /sys/kernel/mm/ksmfs/breaks holds something unknown: module and command are of different versions; install both from the same release
! ksmfs: /sys/kernel/mm/ksmfs/breaks holds something unknown: module and command are of different versions; install both from the same release
= 3
$ echo 0 >sys/kernel/mm/ksmfs/breaks
$ for text in - -x --1 9223372036854775808; do echo "$text" >sys/kernel/mm/ksmfs/general_profit; ksmfs stat --totals; done
! ksmfs: /sys/kernel/mm/ksmfs/general_profit holds something unknown: module and command are of different versions; install both from the same release
! ksmfs: /sys/kernel/mm/ksmfs/general_profit holds something unknown: module and command are of different versions; install both from the same release
! ksmfs: /sys/kernel/mm/ksmfs/general_profit holds something unknown: module and command are of different versions; install both from the same release
! ksmfs: /sys/kernel/mm/ksmfs/general_profit holds something unknown: module and command are of different versions; install both from the same release
= 3
$ echo 0 >sys/kernel/mm/ksmfs/general_profit
$ rm sys/kernel/mm/ksmfs/merges; mkdir sys/kernel/mm/ksmfs/merges; ksmfs stat
! ksmfs: cannot read /sys/kernel/mm/ksmfs/merges: Is a directory
= 1

## output that cannot be written
@ loaded guests
$ ksmfs stat >/dev/full
! ksmfs: cannot write the output: No space left on device
= 1
$ ksmfs stat --json >/dev/full
! ksmfs: cannot write the output: some of it is lost
= 1
$ ksmfs stat >&-
! ksmfs: cannot write the output: Bad file descriptor
= 1
$ ksmfs stat --json | true

## ten thousand regions, each with a name
@ loaded guests
$ cd dev/ksmfs && seq 1000001 1010000 | xargs touch
$ seq 1000001 1010000 | sed 's,.*,inode /dev/ksmfs/& &\nregion /dev/ksmfs & 1 1 1 0 0 0 1 0 0 0 1,' >>ksmfs-answers
$ timeout 10 "$KSMFS" --root . | grep -c '  10[01]....$'
| 10000

## a directory too deep for the path of what is in it
@ loaded guests
$ ksmfs >before; python3 -c 'import os; os.chdir("dev/ksmfs"); [(os.mkdir("d" * 200), os.chdir("d" * 200)) for i in range(400)]'
$ ksmfs | diff before -
