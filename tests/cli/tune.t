# ksmfs tune

## the module is not loaded
$ touch ksmfs-answers
$ ksmfs tune
! ksmfs: /sys/kernel/mm/ksmfs/ is missing: the module is not loaded; as root, run: modprobe ksmfs
= 3
$ ksmfs tune --json
! ksmfs: /sys/kernel/mm/ksmfs/ is missing: the module is not loaded; as root, run: modprobe ksmfs
= 3
$ ksmfs tune run=1
! ksmfs: /sys/kernel/mm/ksmfs/ is missing: the module is not loaded; as root, run: modprobe ksmfs
= 3

## show
@ loaded
$ ksmfs tune
| run=1
|     0..2  0: stop scanning, 1: scan, 2: stop and unmerge everything
| pages_to_scan=1024
|     1..4294967295  pages visited before the scanner sleeps
| sleep_millisecs=20
|     0..4294967295  how long the scanner then sleeps, in milliseconds
| scan=0
|     0..1000  passes asked for and not yet done; they are made without pauses
| max_cpu_percent=100
|     1..6400  CPU time the scanner may take, in percent of one CPU
| advisor_target_scan_time=200
|     1..86400  seconds in which the advisor has all changing pages visited
| stall_millisecs=10000
|     0..3600000  how long a fault waits for a frame before it fails
| sample_pages=200
|     0..65536  pages of each region watched for a touch in a period; 0: none
| sample_millisecs=10000
|     100..3600000  length of that period, in milliseconds
| advisor_mode=none
|     none|scan-time|pressure  what chooses pages_to_scan
| reclaim_mode=swap
|     none|pack|swap  what is done with cold pages when a mount or the host is full
$ ksmfs tune --json
| {
|   "run": {
|     "value": 1,
|     "lowest": 0,
|     "highest": 2,
|     "help": "0: stop scanning, 1: scan, 2: stop and unmerge everything"
|   },
|   "pages_to_scan": {
|     "value": 1024,
|     "lowest": 1,
|     "highest": 4294967295,
|     "help": "pages visited before the scanner sleeps"
|   },
|   "sleep_millisecs": {
|     "value": 20,
|     "lowest": 0,
|     "highest": 4294967295,
|     "help": "how long the scanner then sleeps, in milliseconds"
|   },
|   "scan": {
|     "value": 0,
|     "lowest": 0,
|     "highest": 1000,
|     "help": "passes asked for and not yet done; they are made without pauses"
|   },
|   "max_cpu_percent": {
|     "value": 100,
|     "lowest": 1,
|     "highest": 6400,
|     "help": "CPU time the scanner may take, in percent of one CPU"
|   },
|   "advisor_target_scan_time": {
|     "value": 200,
|     "lowest": 1,
|     "highest": 86400,
|     "help": "seconds in which the advisor has all changing pages visited"
|   },
|   "stall_millisecs": {
|     "value": 10000,
|     "lowest": 0,
|     "highest": 3600000,
|     "help": "how long a fault waits for a frame before it fails"
|   },
|   "sample_pages": {
|     "value": 200,
|     "lowest": 0,
|     "highest": 65536,
|     "help": "pages of each region watched for a touch in a period; 0: none"
|   },
|   "sample_millisecs": {
|     "value": 10000,
|     "lowest": 100,
|     "highest": 3600000,
|     "help": "length of that period, in milliseconds"
|   },
|   "advisor_mode": {
|     "value": "none",
|     "words": [
|       "none",
|       "scan-time",
|       "pressure"
|     ],
|     "help": "what chooses pages_to_scan"
|   },
|   "reclaim_mode": {
|     "value": "swap",
|     "words": [
|       "none",
|       "pack",
|       "swap"
|     ],
|     "help": "what is done with cold pages when a mount or the host is full"
|   }
| }

## set some
@ loaded
$ ksmfs tune pages_to_scan=4096 sleep_millisecs=0 run=0
$ cd sys/kernel/mm/ksmfs; head pages_to_scan sleep_millisecs run scan
| ==> pages_to_scan <==
| 4096
|
| ==> sleep_millisecs <==
| 0
|
| ==> run <==
| 0
|
| ==> scan <==
| 0

## the ends of a range
@ loaded
$ ksmfs tune pages_to_scan=4294967295
$ ksmfs tune pages_to_scan=4294967296
! ksmfs: pages_to_scan takes 1..4294967295, as in pages_to_scan=1, not '4294967296'; nothing was set
= 2
$ ksmfs tune pages_to_scan=1
$ ksmfs tune pages_to_scan=0
! ksmfs: pages_to_scan takes 1..4294967295, as in pages_to_scan=1, not '0'; nothing was set
= 2
$ ksmfs tune run=3
! ksmfs: run takes 0..2, as in run=0, not '3'; nothing was set
= 2
$ ksmfs tune scan=1001
! ksmfs: scan takes 0..1000, as in scan=0, not '1001'; nothing was set
= 2
$ ksmfs tune | grep =
| run=1
| pages_to_scan=1
| sleep_millisecs=20
| scan=0
| max_cpu_percent=100
| advisor_target_scan_time=200
| stall_millisecs=10000
| sample_pages=200
| sample_millisecs=10000
| advisor_mode=none
| reclaim_mode=swap

## nothing is set when one setting is wrong
@ loaded
$ for wrong in nosuch=1 run run= =1 = '' run=+1 run=-1 run=0x1 'run= 1' 'run=1 ' run=1x run=18446744073709551617 ru=1 runs=1 run=1=1; do ksmfs tune sleep_millisecs=99 "$wrong"; done
! ksmfs: there is no knob 'nosuch'; 'ksmfs tune' lists them; nothing was set
! ksmfs: run takes 0..2, as in run=0, not ''; nothing was set
! ksmfs: run takes 0..2, as in run=0, not ''; nothing was set
! ksmfs: there is no knob ''; 'ksmfs tune' lists them; nothing was set
! ksmfs: there is no knob ''; 'ksmfs tune' lists them; nothing was set
! ksmfs: there is no knob ''; 'ksmfs tune' lists them; nothing was set
! ksmfs: run takes 0..2, as in run=0, not '+1'; nothing was set
! ksmfs: run takes 0..2, as in run=0, not '-1'; nothing was set
! ksmfs: run takes 0..2, as in run=0, not '0x1'; nothing was set
! ksmfs: run takes 0..2, as in run=0, not ' 1'; nothing was set
! ksmfs: run takes 0..2, as in run=0, not '1 '; nothing was set
! ksmfs: run takes 0..2, as in run=0, not '1x'; nothing was set
! ksmfs: run takes 0..2, as in run=0, not '18446744073709551617'; nothing was set
! ksmfs: there is no knob 'ru'; 'ksmfs tune' lists them; nothing was set
! ksmfs: there is no knob 'runs'; 'ksmfs tune' lists them; nothing was set
! ksmfs: run takes 0..2, as in run=0, not '1=1'; nothing was set
= 2
$ ksmfs tune | grep =
| run=1
| pages_to_scan=1024
| sleep_millisecs=20
| scan=0
| max_cpu_percent=100
| advisor_target_scan_time=200
| stall_millisecs=10000
| sample_pages=200
| sample_millisecs=10000
| advisor_mode=none
| reclaim_mode=swap

## what was written gets its old value back when the kernel refuses another
@ loaded
$ cd sys/kernel/mm/ksmfs; ln -sf /proc/self/oom_score_adj sleep_millisecs
$ ksmfs tune run=0 pages_to_scan=77 sleep_millisecs=5000 scan=5
! ksmfs: pages_to_scan is 1024 again
! ksmfs: run is 1 again
! ksmfs: cannot set sleep_millisecs=5000: Invalid argument: the kernel log may say more
= 1
$ ksmfs tune | grep =
| run=1
| pages_to_scan=1024
| sleep_millisecs=0
| scan=0
| max_cpu_percent=100
| advisor_target_scan_time=200
| stall_millisecs=10000
| sample_pages=200
| sample_millisecs=10000
| advisor_mode=none
| reclaim_mode=swap

## a knob that cannot be read is not written
@ loaded
$ echo garbage >sys/kernel/mm/ksmfs/scan
$ ksmfs tune run=0 scan=1
! ksmfs: /sys/kernel/mm/ksmfs/scan holds something unknown: module and command are of different versions; install both from the same release
= 3
$ ksmfs tune --json
! ksmfs: /sys/kernel/mm/ksmfs/scan holds something unknown: module and command are of different versions; install both from the same release
= 3
$ cat sys/kernel/mm/ksmfs/run
| 1

## settings and --json do not go together
@ loaded
$ ksmfs tune --json run=1
! usage: ksmfs tune [--json | KNOB=VALUE...]
= 2
$ ksmfs tune run=1 --json
! usage: ksmfs tune [--json | KNOB=VALUE...]
= 2

## words
@ loaded
$ ksmfs tune advisor_mode=scan-time
$ cat sys/kernel/mm/ksmfs/advisor_mode
| scan-time
$ for wrong in '' 0 1 Scan-time scan_time scan 'scan-time ' '[scan-time]'; do ksmfs tune sleep_millisecs=99 "advisor_mode=$wrong"; done; cat sys/kernel/mm/ksmfs/sleep_millisecs
| 20
! ksmfs: advisor_mode takes none|scan-time|pressure, as in advisor_mode=none, not ''; nothing was set
! ksmfs: advisor_mode takes none|scan-time|pressure, as in advisor_mode=none, not '0'; nothing was set
! ksmfs: advisor_mode takes none|scan-time|pressure, as in advisor_mode=none, not '1'; nothing was set
! ksmfs: advisor_mode takes none|scan-time|pressure, as in advisor_mode=none, not 'Scan-time'; nothing was set
! ksmfs: advisor_mode takes none|scan-time|pressure, as in advisor_mode=none, not 'scan_time'; nothing was set
! ksmfs: advisor_mode takes none|scan-time|pressure, as in advisor_mode=none, not 'scan'; nothing was set
! ksmfs: advisor_mode takes none|scan-time|pressure, as in advisor_mode=none, not 'scan-time '; nothing was set
! ksmfs: advisor_mode takes none|scan-time|pressure, as in advisor_mode=none, not '[scan-time]'; nothing was set

## which word is in brackets
@ loaded
$ for all in '[none] scan-time pressure' 'none [scan-time] pressure' 'none scan-time [pressure]'; do echo "$all" >sys/kernel/mm/ksmfs/advisor_mode; ksmfs tune | grep advisor_mode; done
| advisor_mode=none
| advisor_mode=scan-time
| advisor_mode=pressure
$ for all in '' none scan-time '[]' '[scan] none' '[nonet] none' 'none scan-time pressure'; do echo "$all" >sys/kernel/mm/ksmfs/advisor_mode; ksmfs tune; done
! ksmfs: /sys/kernel/mm/ksmfs/advisor_mode holds something unknown: module and command are of different versions; install both from the same release
! ksmfs: /sys/kernel/mm/ksmfs/advisor_mode holds something unknown: module and command are of different versions; install both from the same release
! ksmfs: /sys/kernel/mm/ksmfs/advisor_mode holds something unknown: module and command are of different versions; install both from the same release
! ksmfs: /sys/kernel/mm/ksmfs/advisor_mode holds something unknown: module and command are of different versions; install both from the same release
! ksmfs: /sys/kernel/mm/ksmfs/advisor_mode holds something unknown: module and command are of different versions; install both from the same release
! ksmfs: /sys/kernel/mm/ksmfs/advisor_mode holds something unknown: module and command are of different versions; install both from the same release
! ksmfs: /sys/kernel/mm/ksmfs/advisor_mode holds something unknown: module and command are of different versions; install both from the same release
= 3

## the advisor's own knob
@ loaded
$ cd sys/kernel/mm/ksmfs; echo 'none [scan-time] pressure' >advisor_mode; ln -sf /proc/self/oom_score_adj pages_to_scan; cd ../../../..; ksmfs tune sleep_millisecs=5 pages_to_scan=5000
! ksmfs: sleep_millisecs is 20 again
! ksmfs: cannot set pages_to_scan=5000: Invalid argument: the advisor sets it: 'ksmfs tune advisor_mode=none' first
= 1
