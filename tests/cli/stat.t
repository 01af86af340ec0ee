# ksmfs stat

## totals only
@ loaded
$ ksmfs stat --totals
| 384.0M of guest memory in 104.0M of frames: 280.0M (73%) saved; run=1 (scanning)
|
| pages_shared       5120 read-only frames that merged slots map
| pages_sharing     65120 further slots that map them: the frames merging saves
| pages_unshared    20480 private pages that are quiet but equal to no other
| pages_volatile     1024 private pages that changed since their last visit
| ksm_zero_pages     6560 slots found to hold only zeros, which cost no frame
| frames            26624 frames that hold content: private and shared together
| regions               5 files of all mounts
| domains               3 merge domains of all mounts
| general_profit   279.0M bytes saved by merging, less metadata_bytes
| metadata_bytes     1.0M bytes that slot tables and the stable tree take
| pages_scanned   1234567 pages visited
| pages_skipped      4321 visits put off because a page had proved volatile
| pages_pinned          7 merges given up because somebody else held the page
| full_scans           12 passes completed
| merges            71000 slots merged into a shared frame
| zero_merges        7000 slots whose frame was freed because it held only zeros
| merge_races           3 merges given up because the content changed meanwhile
| hash_collisions       0 equal fingerprints of unequal pages
| breaks              760 shared slots given a private frame again by copy-on-write
| zero_breaks         440 zero slots given a private frame again
| pages_punched       512 slots made holes: balloon, discard, free page report
| alloc_failures        0 frames refused: no memory, or the mount is full

## nothing mounted
@ loaded
$ ksmfs
| 384.0M of guest memory in 104.0M of frames: 280.0M (73%) saved; run=1 (scanning)
|
| pages_shared       5120 read-only frames that merged slots map
| pages_sharing     65120 further slots that map them: the frames merging saves
| pages_unshared    20480 private pages that are quiet but equal to no other
| pages_volatile     1024 private pages that changed since their last visit
| ksm_zero_pages     6560 slots found to hold only zeros, which cost no frame
| frames            26624 frames that hold content: private and shared together
| regions               5 files of all mounts
| domains               3 merge domains of all mounts
| general_profit   279.0M bytes saved by merging, less metadata_bytes
| metadata_bytes     1.0M bytes that slot tables and the stable tree take
| pages_scanned   1234567 pages visited
| pages_skipped      4321 visits put off because a page had proved volatile
| pages_pinned          7 merges given up because somebody else held the page
| full_scans           12 passes completed
| merges            71000 slots merged into a shared frame
| zero_merges        7000 slots whose frame was freed because it held only zeros
| merge_races           3 merges given up because the content changed meanwhile
| hash_collisions       0 equal fingerprints of unequal pages
| breaks              760 shared slots given a private frame again by copy-on-write
| zero_breaks         440 zero slots given a private frame again
| pages_punched       512 slots made holes: balloon, discard, free page report
| alloc_failures        0 frames refused: no memory, or the mount is full
|
| no ksmfs is mounted: mount -t ksmfs none DIR

## mounts, domains, regions
@ loaded guests
$ ksmfs stat
| 384.0M of guest memory in 104.0M of frames: 280.0M (73%) saved; run=1 (scanning)
|
| pages_shared       5120 read-only frames that merged slots map
| pages_sharing     65120 further slots that map them: the frames merging saves
| pages_unshared    20480 private pages that are quiet but equal to no other
| pages_volatile     1024 private pages that changed since their last visit
| ksm_zero_pages     6560 slots found to hold only zeros, which cost no frame
| frames            26624 frames that hold content: private and shared together
| regions               5 files of all mounts
| domains               3 merge domains of all mounts
| general_profit   279.0M bytes saved by merging, less metadata_bytes
| metadata_bytes     1.0M bytes that slot tables and the stable tree take
| pages_scanned   1234567 pages visited
| pages_skipped      4321 visits put off because a page had proved volatile
| pages_pinned          7 merges given up because somebody else held the page
| full_scans           12 passes completed
| merges            71000 slots merged into a shared frame
| zero_merges        7000 slots whose frame was freed because it held only zeros
| merge_races           3 merges given up because the content changed meanwhile
| hash_collisions       0 equal fingerprints of unequal pages
| breaks              760 shared slots given a private frame again by copy-on-write
| zero_breaks         440 zero slots given a private frame again
| pages_punched       512 slots made holes: balloon, discard, free page report
| alloc_failures        0 frames refused: no memory, or the mount is full
|
|    SIZE  FRAMES PRIVATE  SHARED    ZERO   HOLES SAVED MOUNT, DOMAIN, REGION
|  416.0M  104.0M   84.0M  274.4M   25.6M   32.0M   73% /dev/ksmfs: 920.0M of 1.0G free
|   32.0M   17.6M   17.6M    8.8M       0    5.7M   33%  /
|   16.0M   15.6M   15.6M       0       0  384.0K    0%   plain
|   16.0M    2.0M    2.0M    8.8M       0    5.3M   82%   (unlinked) qemu-system-x86 101
|  256.0M   58.6M   46.9M  171.9M   15.6M   21.6M   75%  tenant-a
|  128.0M   29.3M   23.4M   85.9M    7.8M   10.8M   75%   tenant-a/deep/er/vm10
|  128.0M   29.3M   23.4M   85.9M    7.8M   10.8M   75%   tenant-a/vm2
|  128.0M   27.8M   19.5M   93.8M   10.0M    4.7M   77%  tenant-b
|  128.0M   27.8M   19.5M   93.8M   10.0M    4.7M   77%   tenant-b/vm3

## json
@ loaded guests
$ ksmfs stat --json
| {
|   "version": "0.1.0",
|   "page_size": 4096,
|   "run": 1,
|   "totals": {
|     "pages_shared": 5120,
|     "pages_sharing": 65120,
|     "pages_unshared": 20480,
|     "pages_volatile": 1024,
|     "ksm_zero_pages": 6560,
|     "frames": 26624,
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
|     "alloc_failures": 0
|   },
|   "mounts": [
|     {
|       "mount": "/dev/ksmfs",
|       "size_bytes": 1073741824,
|       "free_bytes": 964689920,
|       "pages": 106496,
|       "frames": 26624,
|       "private": 21504,
|       "shared": 70240,
|       "zero": 6560,
|       "holes": 8192,
|       "merges": 78140,
|       "breaks": 1140,
|       "punched": 512
|     }
|   ],
|   "domains": [
|     {
|       "mount": "/dev/ksmfs",
|       "domain": "/",
|       "domain_ino": 1,
|       "regions": 2,
|       "pages": 8192,
|       "frames": 4504,
|       "private": 4504,
|       "shared": 2240,
|       "zero": 0,
|       "holes": 1448,
|       "merges": 2240,
|       "breaks": 0,
|       "punched": 112
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
|       "holes": 5536,
|       "merges": 49000,
|       "breaks": 800,
|       "punched": 200
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
|       "holes": 1208,
|       "merges": 26900,
|       "breaks": 340,
|       "punched": 200
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
|       "frames": 4000,
|       "private": 4000,
|       "shared": 0,
|       "zero": 0,
|       "holes": 96,
|       "merges": 0,
|       "breaks": 0,
|       "punched": 0
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
|       "holes": 1352,
|       "merges": 2240,
|       "breaks": 0,
|       "punched": 112
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
|       "holes": 2768,
|       "merges": 24500,
|       "breaks": 400,
|       "punched": 100
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
|       "holes": 2768,
|       "merges": 24500,
|       "breaks": 400,
|       "punched": 100
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
|       "holes": 1208,
|       "merges": 26900,
|       "breaks": 340,
|       "punched": 200
|     }
|   ]
| }

## json totals
@ loaded guests
$ ksmfs stat --json --totals
| {
|   "version": "0.1.0",
|   "page_size": 4096,
|   "run": 1,
|   "totals": {
|     "pages_shared": 5120,
|     "pages_sharing": 65120,
|     "pages_unshared": 20480,
|     "pages_volatile": 1024,
|     "ksm_zero_pages": 6560,
|     "frames": 26624,
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
|     "alloc_failures": 0
|   }
| }
