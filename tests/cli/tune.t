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
! ksmfs: pages_to_scan takes a number from 1 to 4294967295, as in pages_to_scan=1, not '4294967296'; nothing was set
= 2
$ ksmfs tune pages_to_scan=1
$ ksmfs tune pages_to_scan=0
! ksmfs: pages_to_scan takes a number from 1 to 4294967295, as in pages_to_scan=1, not '0'; nothing was set
= 2
$ ksmfs tune run=3
! ksmfs: run takes a number from 0 to 2, as in run=0, not '3'; nothing was set
= 2
$ ksmfs tune scan=1001
! ksmfs: scan takes a number from 0 to 1000, as in scan=0, not '1001'; nothing was set
= 2
$ ksmfs tune | grep =
| run=1
| pages_to_scan=1
| sleep_millisecs=20
| scan=0

## nothing is set when one setting is wrong
@ loaded
$ for wrong in nosuch=1 run run= =1 = '' run=+1 run=-1 run=0x1 'run= 1' 'run=1 ' run=1x run=18446744073709551617 ru=1 runs=1 run=1=1; do ksmfs tune sleep_millisecs=99 "$wrong"; done
! ksmfs: there is no knob 'nosuch'; 'ksmfs tune' lists them; nothing was set
! ksmfs: run takes a number from 0 to 2, as in run=0, not ''; nothing was set
! ksmfs: run takes a number from 0 to 2, as in run=0, not ''; nothing was set
! ksmfs: there is no knob ''; 'ksmfs tune' lists them; nothing was set
! ksmfs: there is no knob ''; 'ksmfs tune' lists them; nothing was set
! ksmfs: there is no knob ''; 'ksmfs tune' lists them; nothing was set
! ksmfs: run takes a number from 0 to 2, as in run=0, not '+1'; nothing was set
! ksmfs: run takes a number from 0 to 2, as in run=0, not '-1'; nothing was set
! ksmfs: run takes a number from 0 to 2, as in run=0, not '0x1'; nothing was set
! ksmfs: run takes a number from 0 to 2, as in run=0, not ' 1'; nothing was set
! ksmfs: run takes a number from 0 to 2, as in run=0, not '1 '; nothing was set
! ksmfs: run takes a number from 0 to 2, as in run=0, not '1x'; nothing was set
! ksmfs: run takes a number from 0 to 2, as in run=0, not '18446744073709551617'; nothing was set
! ksmfs: there is no knob 'ru'; 'ksmfs tune' lists them; nothing was set
! ksmfs: there is no knob 'runs'; 'ksmfs tune' lists them; nothing was set
! ksmfs: run takes a number from 0 to 2, as in run=0, not '1=1'; nothing was set
= 2
$ ksmfs tune | grep =
| run=1
| pages_to_scan=1024
| sleep_millisecs=20
| scan=0

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

## a knob that cannot be read is not written
@ loaded
$ echo garbage >sys/kernel/mm/ksmfs/scan
$ ksmfs tune run=0 scan=1
! ksmfs: /sys/kernel/mm/ksmfs/scan holds no number: module and command are of different versions; install both from the same release
= 3
$ ksmfs tune --json
! ksmfs: /sys/kernel/mm/ksmfs/scan holds no number: module and command are of different versions; install both from the same release
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
