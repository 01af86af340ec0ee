# ksmfs scan

## the module is not loaded
$ touch ksmfs-answers
$ ksmfs scan
! ksmfs: /sys/kernel/mm/ksmfs/ is missing: the module is not loaded; as root, run: modprobe ksmfs
= 3
$ ksmfs scan --wait
! ksmfs: /sys/kernel/mm/ksmfs/ is missing: the module is not loaded; as root, run: modprobe ksmfs
= 3

## without --wait, only asks
@ loaded
$ ksmfs scan
$ cat sys/kernel/mm/ksmfs/scan
| 1

## waits until nothing changes
@ loaded
~ pages_scanned=1
~ merges=71500 pages_sharing=65620
~ merges=71600 zero_merges=7040 pages_sharing=65720 ksm_zero_pages=6600
~ breaks=765
~ breaks=766
~ merges=99999
$ ksmfs scan --wait
| settled after 5 passes: 600 pages merged, 40 zero pages freed; 282.5M saved in total

## quiet from the start takes three passes
@ loaded
~ full_scans=13
$ ksmfs scan --wait --json
| {
|   "settled": true,
|   "passes": 3,
|   "merges": 0,
|   "zero_merges": 0,
|   "breaks": 0,
|   "zero_breaks": 0,
|   "pages_shared": 5120,
|   "pages_sharing": 65120,
|   "ksm_zero_pages": 6560,
|   "frames": 25088
| }

## a change in the third pass is waited for
@ loaded
~ full_scans=13
~ full_scans=14
~ full_scans=15 ksm_zero_pages=6561 zero_merges=7001
$ ksmfs scan --wait --timeout 1000 --json
| {
|   "settled": true,
|   "passes": 5,
|   "merges": 0,
|   "zero_merges": 1,
|   "breaks": 0,
|   "zero_breaks": 0,
|   "pages_shared": 5120,
|   "pages_sharing": 65120,
|   "ksm_zero_pages": 6561,
|   "frames": 25088
| }

## nobody scans
@ loaded
$ ksmfs scan --wait --timeout 0
| not settled after 0 passes: 0 pages merged, 0 zero pages freed; 280.0M saved in total
! ksmfs: not settled after 0 s: the guests are writing, or it takes longer; see --timeout
= 4
$ ksmfs scan --wait --timeout 0 --json
| {
|   "settled": false,
|   "passes": 0,
|   "merges": 0,
|   "zero_merges": 0,
|   "breaks": 0,
|   "zero_breaks": 0,
|   "pages_shared": 5120,
|   "pages_sharing": 65120,
|   "ksm_zero_pages": 6560,
|   "frames": 25088
| }
! ksmfs: not settled after 0 s: the guests are writing, or it takes longer; see --timeout
= 4

## statistics vanish in between
@ loaded
~ merges=garbage
$ ksmfs scan --wait --json
! ksmfs: /sys/kernel/mm/ksmfs/merges holds something unknown: module and command are of different versions; install both from the same release
= 3

## wrong command lines
@ loaded
$ ksmfs scan now
! usage: ksmfs scan [--wait [--timeout SECONDS] [--json]]
= 2
$ ksmfs scan --json
! usage: ksmfs scan [--wait [--timeout SECONDS] [--json]]
= 2
$ ksmfs scan --timeout 5
! usage: ksmfs scan [--wait [--timeout SECONDS] [--json]]
= 2
$ for wrong in '' -1 x 1000001; do ksmfs scan --wait --timeout "$wrong"; done
! ksmfs: --timeout takes seconds, at most 1000000, not ''
! ksmfs: --timeout takes seconds, at most 1000000, not '-1'
! ksmfs: --timeout takes seconds, at most 1000000, not 'x'
! ksmfs: --timeout takes seconds, at most 1000000, not '1000001'
= 2
$ cat sys/kernel/mm/ksmfs/scan
| 0
