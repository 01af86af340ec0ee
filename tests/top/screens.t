# screens of ksmfs top

## 80x24
@ loaded guests vms top
$ ksmfs top -d 0.2
| ksmfs top: every 0.2s, by private                                         6 of 6
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K packed, 2.0M swapped
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12.5 breaks/s
| saved   109M of 208M (52%)
|  285M |██
|       |██▁
|       |███
|   SIZE  PRIV SHARE  ZERO  BALL  PACK  SWAP ACTIV BRK/S  COST DOMAIN   NAME
|   128M 23.0M 86.3M  7.8M     -     0     0 15.6M   1.5 0.017 tenant-a vm2
|   128M 22.7M 86.7M  7.8M     -     0     0  3.5M     0     0 tenant-a deep/er/vm
|   128M 21.5M 91.8M 10.0M     -     0     0     -   8.5 0.091 tenant-b vm3
|  16.0M  9.8M     0     0     -  3.9M  2.0M  8.2M     0 1.441 /        plain
|   4.0M  4.0M     0     0     -     0     0     -   2.5     - tenant-b (no name)
|  16.0M  2.0M  8.8M     0     -     0     0     -     0     0 /        qemu-syste
|
|
|
|
|
|
|
|
| h help  q quit  < > sort  r reverse  d domain  / name  space pause
? colour
> q
| exit status 0

## 132x43, with ksmfsd
@ loaded guests vms top ksmfsd
% 132x43
$ ksmfs top -d 0.2
| ksmfs top: every 0.2s, by private                                                                                             6 of 6
| host    16.0G, 8.0G available; state soft: 576M free, 899M to be kept free
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K packed, 2.0M swapped
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12.5 breaks/s
| saved   109M of 208M (52%)
|  285M |██
|       |██▁
|       |███
|   SIZE  PRIV SHARE  ZERO  BALL  PACK  SWAP ACTIV BRK/S  COST SAVED FRAME HOLES MRG/S FET/S STL/S     PID DOMAIN   NAME
|   128M 23.0M 86.3M  7.8M  8.0M     0     0 15.6M   1.5 0.017 88.3M 28.9M 10.8M     0     0     0     200 tenant-a web-1
|   128M 22.7M 86.7M  7.8M     -     0     0  3.5M     0     0 88.7M 28.5M 10.8M   100     0     0     202 tenant-a deep/er/vm10
|   128M 21.5M 91.8M 10.0M     -     0     0     -   8.5 0.091 93.5M 29.8M  4.7M     0     0     0     201 tenant-b db\033[31m ä
|  16.0M  9.8M     0     0     -  3.9M  2.0M  8.2M     0 1.441  4.9M 10.8M  384K     0   7.0     0       - /        plain
|   4.0M  4.0M     0     0     -     0     0     -   2.5     -     0  4.0M     0     0     0     0       - tenant-b (no name) inode 13
|  16.0M  2.0M  8.8M     0     -     0     0     -     0     0  8.8M  2.0M  5.3M     0     0     0     101 /        qemu-system-x86 10
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
| h help  q quit  < > sort  r reverse  d domain  / name  space pause
> q
| exit status 0

## 40x10
@ loaded guests vms top
% 40x10
$ ksmfs top -d 0.2
| ksmfs top: every 0.2s, by private 6 of 6
| host    16.0G, 8.0G available; state -:
| mount   /dev/ksmfs: 1.0G, 105M used, 10.
| scanner scanning, 205k pages/s, CPU 101.
| saved   109M of 208M (52%)
|   PRIV SHARE BRK/S  COST NAME
|  23.0M 86.3M   1.5 0.017 vm2
|  22.7M 86.7M     0     0 deep/er/vm10
|  21.5M 91.8M   8.5 0.091 vm3
| h help  q quit  < > sort  r reverse  d d
> Down Down
| ksmfs top: every 0.2s, by private 6 of 6
| host    16.0G, 8.0G available; state -:
| mount   /dev/ksmfs: 1.0G, 105M used, 10.
| scanner scanning, 205k pages/s, CPU 101.
| saved   109M of 208M (52%)
|   PRIV SHARE BRK/S  COST NAME
|  21.5M 91.8M   8.5 0.091 vm3
|   9.8M     0     0 1.441 plain
|   4.0M     0   2.5     - (no name) inode
| h help  q quit  < > sort  r reverse  d d
> End
| ksmfs top: every 0.2s, by private 6 of 6
| host    16.0G, 8.0G available; state -:
| mount   /dev/ksmfs: 1.0G, 105M used, 10.
| scanner scanning, 205k pages/s, CPU 101.
| saved   109M of 208M (52%)
|   PRIV SHARE BRK/S  COST NAME
|   9.8M     0     0 1.441 plain
|   4.0M     0   2.5     - (no name) inode
|   2.0M  8.8M     0     0 qemu-system-x86
| h help  q quit  < > sort  r reverse  d d
> Home
| ksmfs top: every 0.2s, by private 6 of 6
| host    16.0G, 8.0G available; state -:
| mount   /dev/ksmfs: 1.0G, 105M used, 10.
| scanner scanning, 205k pages/s, CPU 101.
| saved   109M of 208M (52%)
|   PRIV SHARE BRK/S  COST NAME
|  23.0M 86.3M   1.5 0.017 vm2
|  22.7M 86.7M     0     0 deep/er/vm10
|  21.5M 91.8M   8.5 0.091 vm3
| h help  q quit  < > sort  r reverse  d d

## resized
@ loaded guests vms top
% 60x12
$ ksmfs top -d 0.2
| ksmfs top: every 0.2s, by private                     6 of 6
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K pa
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12
| saved   109M of 208M (52%)
|  285M |██▃
|   SIZE  PRIV SHARE  ZERO  SWAP ACTIV BRK/S  COST NAME
|   128M 23.0M 86.3M  7.8M     0 15.6M   1.5 0.017 vm2
|   128M 22.7M 86.7M  7.8M     0  3.5M     0     0 deep/er/vm1
|   128M 21.5M 91.8M 10.0M     0     -   8.5 0.091 vm3
|  16.0M  9.8M     0     0  2.0M  8.2M     0 1.441 plain
| h help  q quit  < > sort  r reverse  d domain  / name  space
% 100x16
| ksmfs top: every 0.2s, by private                                                             6 of 6
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K packed, 2.0M swapped
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12.5 breaks/s
| saved   109M of 208M (52%)
|  285M |██
|       |██▆
|   SIZE  PRIV SHARE  ZERO  BALL  PACK  SWAP ACTIV BRK/S  COST SAVED FRAME     PID DOMAIN   NAME
|   128M 23.0M 86.3M  7.8M     -     0     0 15.6M   1.5 0.017 88.3M 28.9M     200 tenant-a vm2
|   128M 22.7M 86.7M  7.8M     -     0     0  3.5M     0     0 88.7M 28.5M     202 tenant-a deep/er/vm
|   128M 21.5M 91.8M 10.0M     -     0     0     -   8.5 0.091 93.5M 29.8M     201 tenant-b vm3
|  16.0M  9.8M     0     0     -  3.9M  2.0M  8.2M     0 1.441  4.9M 10.8M       - /        plain
|   4.0M  4.0M     0     0     -     0     0     -   2.5     -     0  4.0M       - tenant-b (no name)
|  16.0M  2.0M  8.8M     0     -     0     0     -     0     0  8.8M  2.0M     101 /        qemu-syste
|
| h help  q quit  < > sort  r reverse  d domain  / name  space pause
% 24x5
| ksmfs top: every  6 of 6
|   PRIV SHARE NAME
|  23.0M 86.3M vm2
|  22.7M 86.7M deep/er/vm1
|  21.5M 91.8M vm3
% 1x1
|
% 60x12
| ksmfs top: every 0.2s, by private                     6 of 6
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K pa
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12
| saved   109M of 208M (52%)
|  285M |██▃
|   SIZE  PRIV SHARE  ZERO  SWAP ACTIV BRK/S  COST NAME
|   128M 23.0M 86.3M  7.8M     0 15.6M   1.5 0.017 vm2
|   128M 22.7M 86.7M  7.8M     0  3.5M     0     0 deep/er/vm1
|   128M 21.5M 91.8M 10.0M     0     -   8.5 0.091 vm3
|  16.0M  9.8M     0     0  2.0M  8.2M     0 1.441 plain
| h help  q quit  < > sort  r reverse  d domain  / name  space
> q
| exit status 0

## low terminals
@ loaded guests vms top
% 24x6
$ ksmfs top -d 0.2
| ksmfs top: every  6 of 6
| saved   109M of 208M (52
|   PRIV SHARE NAME
|  23.0M 86.3M vm2
|  22.7M 86.7M deep/er/vm1
|  21.5M 91.8M vm3
% 24x4
| ksmfs top: every  6 of 6
|   PRIV SHARE NAME
|  23.0M 86.3M vm2
|  22.7M 86.7M deep/er/vm1
% 24x3
| ksmfs top: every  6 of 6
|   PRIV SHARE NAME
|  23.0M 86.3M vm2
> End
| ksmfs top: every  6 of 6
|   PRIV SHARE NAME
|   2.0M  8.8M qemu-system
% 24x2
| ksmfs top: every  6 of 6
|   PRIV SHARE NAME
% 24x1
| ksmfs top: every  6 of 6
% 24x5
| ksmfs top: every  6 of 6
|   PRIV SHARE NAME
|   9.8M     0 plain
|   4.0M     0 (no name) i
|   2.0M  8.8M qemu-system
> /
| ksmfs top: every  6 of 6
|   PRIV SHARE NAME
|   9.8M     0 plain
|   4.0M     0 (no name) i
| name has (empty: all): _
% 24x1
| name has (empty: all): _

## help
@ loaded guests vms top
$ ksmfs top -d 0.2
| ksmfs top: every 0.2s, by private                                         6 of 6
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K packed, 2.0M swapped
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12.5 breaks/s
| saved   109M of 208M (52%)
|  285M |██
|       |██▁
|       |███
|   SIZE  PRIV SHARE  ZERO  BALL  PACK  SWAP ACTIV BRK/S  COST DOMAIN   NAME
|   128M 23.0M 86.3M  7.8M     -     0     0 15.6M   1.5 0.017 tenant-a vm2
|   128M 22.7M 86.7M  7.8M     -     0     0  3.5M     0     0 tenant-a deep/er/vm
|   128M 21.5M 91.8M 10.0M     -     0     0     -   8.5 0.091 tenant-b vm3
|  16.0M  9.8M     0     0     -  3.9M  2.0M  8.2M     0 1.441 /        plain
|   4.0M  4.0M     0     0     -     0     0     -   2.5     - tenant-b (no name)
|  16.0M  2.0M  8.8M     0     -     0     0     -     0     0 /        qemu-syste
|
|
|
|
|
|
|
|
| h help  q quit  < > sort  r reverse  d domain  / name  space pause
> ?
| ksmfs top: help (Up, Down: more; h: back)
| q                quit
| h ?              this text, and back
| space            pause: no more readings, and go on
| + -              longer and shorter time between readings
| < >              sort by the column to the left, to the right
| a letter         sort by the column that has it below
| r                reverse the order
| d                only one domain: its name; Tab goes through them
| /                only names with this text in them
| Esc              all domains and names again
| arrows, PgUp, PgDn, Home, End    move in the table
|
|   column key        what it is, of each VM
| Z SIZE   size       what the guest was given
| P PRIV   private    in frames of its own
| H SHARE  shared     merged with equal pages, its own or of others
|   ZERO   zero       found to hold only zeros: costs no frame
|   BALL   ballooned  in the guest's balloon; known if ksmfsd runs
|   PACK   packed     compressed
| W SWAP   swapped    in the swap file of its mount
| A ACTIV  active     in use, estimated by touches of a sample
| B BRK/S  breaks     merged and zero pages written to, a second
| C COST   cost       breaks and fetches a second for each MiB saved
> End
| ksmfs top: help (Up, Down: more; h: back)
| Esc              all domains and names again
| arrows, PgUp, PgDn, Home, End    move in the table
|
|   column key        what it is, of each VM
| Z SIZE   size       what the guest was given
| P PRIV   private    in frames of its own
| H SHARE  shared     merged with equal pages, its own or of others
|   ZERO   zero       found to hold only zeros: costs no frame
|   BALL   ballooned  in the guest's balloon; known if ksmfsd runs
|   PACK   packed     compressed
| W SWAP   swapped    in the swap file of its mount
| A ACTIV  active     in use, estimated by touches of a sample
| B BRK/S  breaks     merged and zero pages written to, a second
| C COST   cost       breaks and fetches a second for each MiB saved
| S SAVED  saved      what its content would take less what it takes
|   FRAME  frames     memory it stands for, its part of what is shared too
|   HOLES  holes      never written, or given back: no content
| M MRG/S  merges     pages merged a second, zero pages too
| F FET/S  fetches    packed and swapped pages wanted back, a second
|   STL/S  stalls     faults that had to wait for a frame, a second
|   PID    pid        its process
| D DOMAIN domain     directory whose regions may share
| N NAME   name       by ksmfsd, or the path of its largest region
% 20x4
| ksmfs top: help (Up,
| Esc              all
| arrows, PgUp, PgDn,
% 80x40
| ksmfs top: help (h: back)
| q                quit
| h ?              this text, and back
| space            pause: no more readings, and go on
| + -              longer and shorter time between readings
| < >              sort by the column to the left, to the right
| a letter         sort by the column that has it below
| r                reverse the order
| d                only one domain: its name; Tab goes through them
| /                only names with this text in them
| Esc              all domains and names again
| arrows, PgUp, PgDn, Home, End    move in the table
|
|   column key        what it is, of each VM
| Z SIZE   size       what the guest was given
| P PRIV   private    in frames of its own
| H SHARE  shared     merged with equal pages, its own or of others
|   ZERO   zero       found to hold only zeros: costs no frame
|   BALL   ballooned  in the guest's balloon; known if ksmfsd runs
|   PACK   packed     compressed
| W SWAP   swapped    in the swap file of its mount
| A ACTIV  active     in use, estimated by touches of a sample
| B BRK/S  breaks     merged and zero pages written to, a second
| C COST   cost       breaks and fetches a second for each MiB saved
| S SAVED  saved      what its content would take less what it takes
|   FRAME  frames     memory it stands for, its part of what is shared too
|   HOLES  holes      never written, or given back: no content
| M MRG/S  merges     pages merged a second, zero pages too
| F FET/S  fetches    packed and swapped pages wanted back, a second
|   STL/S  stalls     faults that had to wait for a frame, a second
|   PID    pid        its process
| D DOMAIN domain     directory whose regions may share
| N NAME   name       by ksmfsd, or the path of its largest region
> h
| ksmfs top: every 0.2s, by private                                         6 of 6
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K packed, 2.0M swapped
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12.5 breaks/s
| saved   109M of 208M (52%)
|  285M |██
|       |██▁
|       |███
|   SIZE  PRIV SHARE  ZERO  BALL  PACK  SWAP ACTIV BRK/S  COST DOMAIN   NAME
|   128M 23.0M 86.3M  7.8M     -     0     0 15.6M   1.5 0.017 tenant-a vm2
|   128M 22.7M 86.7M  7.8M     -     0     0  3.5M     0     0 tenant-a deep/er/vm
|   128M 21.5M 91.8M 10.0M     -     0     0     -   8.5 0.091 tenant-b vm3
|  16.0M  9.8M     0     0     -  3.9M  2.0M  8.2M     0 1.441 /        plain
|   4.0M  4.0M     0     0     -     0     0     -   2.5     - tenant-b (no name)
|  16.0M  2.0M  8.8M     0     -     0     0     -     0     0 /        qemu-syste
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
|
| h help  q quit  < > sort  r reverse  d domain  / name  space pause

## sorting
@ loaded guests vms top
% 80x14
$ ksmfs top -d 0.2 --sort merges
| ksmfs top: every 0.2s, by merges                                          6 of 6
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K packed, 2.0M swapped
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12.5 breaks/s
| saved   109M of 208M (52%)
|  285M |██
|       |██▆
|   SIZE  PRIV SHARE  ZERO  BALL  PACK  SWAP ACTIV BRK/S  COST DOMAIN   NAME
|   128M 22.7M 86.7M  7.8M     -     0     0  3.5M     0     0 tenant-a deep/er/vm
|   4.0M  4.0M     0     0     -     0     0     -   2.5     - tenant-b (no name)
|  16.0M  9.8M     0     0     -  3.9M  2.0M  8.2M     0 1.441 /        plain
|  16.0M  2.0M  8.8M     0     -     0     0     -     0     0 /        qemu-syste
|   128M 23.0M 86.3M  7.8M     -     0     0 15.6M   1.5 0.017 tenant-a vm2
| h help  q quit  < > sort  r reverse  d domain  / name  space pause
> S
| ksmfs top: every 0.2s, by saved                                           6 of 6
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K packed, 2.0M swapped
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12.5 breaks/s
| saved   109M of 208M (52%)
|  285M |██
|       |██▆
|   SIZE  PRIV SHARE  ZERO  BALL  PACK  SWAP ACTIV BRK/S  COST DOMAIN   NAME
|   128M 21.5M 91.8M 10.0M     -     0     0     -   8.5 0.091 tenant-b vm3
|   128M 22.7M 86.7M  7.8M     -     0     0  3.5M     0     0 tenant-a deep/er/vm
|   128M 23.0M 86.3M  7.8M     -     0     0 15.6M   1.5 0.017 tenant-a vm2
|  16.0M  2.0M  8.8M     0     -     0     0     -     0     0 /        qemu-syste
|  16.0M  9.8M     0     0     -  3.9M  2.0M  8.2M     0 1.441 /        plain
| h help  q quit  < > sort  r reverse  d domain  / name  space pause
> B
| ksmfs top: every 0.2s, by breaks                                          6 of 6
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K packed, 2.0M swapped
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12.5 breaks/s
| saved   109M of 208M (52%)
|  285M |██
|       |██▆
|   SIZE  PRIV SHARE  ZERO  BALL  PACK  SWAP ACTIV BRK/S  COST DOMAIN   NAME
|   128M 21.5M 91.8M 10.0M     -     0     0     -   8.5 0.091 tenant-b vm3
|   4.0M  4.0M     0     0     -     0     0     -   2.5     - tenant-b (no name)
|   128M 23.0M 86.3M  7.8M     -     0     0 15.6M   1.5 0.017 tenant-a vm2
|   128M 22.7M 86.7M  7.8M     -     0     0  3.5M     0     0 tenant-a deep/er/vm
|  16.0M  9.8M     0     0     -  3.9M  2.0M  8.2M     0 1.441 /        plain
| h help  q quit  < > sort  r reverse  d domain  / name  space pause
> <
| ksmfs top: every 0.2s, by active                                          6 of 6
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K packed, 2.0M swapped
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12.5 breaks/s
| saved   109M of 208M (52%)
|  285M |██
|       |██▆
|   SIZE  PRIV SHARE  ZERO  BALL  PACK  SWAP ACTIV BRK/S  COST DOMAIN   NAME
|   128M 23.0M 86.3M  7.8M     -     0     0 15.6M   1.5 0.017 tenant-a vm2
|  16.0M  9.8M     0     0     -  3.9M  2.0M  8.2M     0 1.441 /        plain
|   128M 22.7M 86.7M  7.8M     -     0     0  3.5M     0     0 tenant-a deep/er/vm
|   4.0M  4.0M     0     0     -     0     0     -   2.5     - tenant-b (no name)
|  16.0M  2.0M  8.8M     0     -     0     0     -     0     0 /        qemu-syste
| h help  q quit  < > sort  r reverse  d domain  / name  space pause
> r
| ksmfs top: every 0.2s, by active reversed                                 6 of 6
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K packed, 2.0M swapped
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12.5 breaks/s
| saved   109M of 208M (52%)
|  285M |██
|       |██▆
|   SIZE  PRIV SHARE  ZERO  BALL  PACK  SWAP ACTIV BRK/S  COST DOMAIN   NAME
|   128M 22.7M 86.7M  7.8M     -     0     0  3.5M     0     0 tenant-a deep/er/vm
|  16.0M  9.8M     0     0     -  3.9M  2.0M  8.2M     0 1.441 /        plain
|   128M 23.0M 86.3M  7.8M     -     0     0 15.6M   1.5 0.017 tenant-a vm2
|   4.0M  4.0M     0     0     -     0     0     -   2.5     - tenant-b (no name)
|  16.0M  2.0M  8.8M     0     -     0     0     -     0     0 /        qemu-syste
| h help  q quit  < > sort  r reverse  d domain  / name  space pause
> N
| ksmfs top: every 0.2s, by name reversed                                   6 of 6
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K packed, 2.0M swapped
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12.5 breaks/s
| saved   109M of 208M (52%)
|  285M |██
|       |██▆
|   SIZE  PRIV SHARE  ZERO  BALL  PACK  SWAP ACTIV BRK/S  COST DOMAIN   NAME
|   128M 21.5M 91.8M 10.0M     -     0     0     -   8.5 0.091 tenant-b vm3
|   128M 23.0M 86.3M  7.8M     -     0     0 15.6M   1.5 0.017 tenant-a vm2
|  16.0M  2.0M  8.8M     0     -     0     0     -     0     0 /        qemu-syste
|  16.0M  9.8M     0     0     -  3.9M  2.0M  8.2M     0 1.441 /        plain
|   128M 22.7M 86.7M  7.8M     -     0     0  3.5M     0     0 tenant-a deep/er/vm
| h help  q quit  < > sort  r reverse  d domain  / name  space pause
> >
| ksmfs top: every 0.2s, by name reversed                                   6 of 6
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K packed, 2.0M swapped
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12.5 breaks/s
| saved   109M of 208M (52%)
|  285M |██
|       |██▆
|   SIZE  PRIV SHARE  ZERO  BALL  PACK  SWAP ACTIV BRK/S  COST DOMAIN   NAME
|   128M 21.5M 91.8M 10.0M     -     0     0     -   8.5 0.091 tenant-b vm3
|   128M 23.0M 86.3M  7.8M     -     0     0 15.6M   1.5 0.017 tenant-a vm2
|  16.0M  2.0M  8.8M     0     -     0     0     -     0     0 /        qemu-syste
|  16.0M  9.8M     0     0     -  3.9M  2.0M  8.2M     0 1.441 /        plain
|   128M 22.7M 86.7M  7.8M     -     0     0  3.5M     0     0 tenant-a deep/er/vm
| h help  q quit  < > sort  r reverse  d domain  / name  space pause

## filters
@ loaded guests vms top
% 60x12
$ ksmfs top -d 0.2 --name M
| ksmfs top: every 0.2s, by private, name M             5 of 6
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K pa
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12
| saved   109M of 208M (52%)
|  285M |██▃
|   SIZE  PRIV SHARE  ZERO  SWAP ACTIV BRK/S  COST NAME
|   128M 23.0M 86.3M  7.8M     0 15.6M   1.5 0.017 vm2
|   128M 22.7M 86.7M  7.8M     0  3.5M     0     0 deep/er/vm1
|   128M 21.5M 91.8M 10.0M     0     -   8.5 0.091 vm3
|   4.0M  4.0M     0     0     0     -   2.5     - (no name) i
| h help  q quit  < > sort  r reverse  d domain  / name  space
> Escape
| ksmfs top: every 0.2s, by private                     6 of 6
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K pa
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12
| saved   109M of 208M (52%)
|  285M |██▃
|   SIZE  PRIV SHARE  ZERO  SWAP ACTIV BRK/S  COST NAME
|   128M 23.0M 86.3M  7.8M     0 15.6M   1.5 0.017 vm2
|   128M 22.7M 86.7M  7.8M     0  3.5M     0     0 deep/er/vm1
|   128M 21.5M 91.8M 10.0M     0     -   8.5 0.091 vm3
|  16.0M  9.8M     0     0  2.0M  8.2M     0 1.441 plain
| h help  q quit  < > sort  r reverse  d domain  / name  space
> d Tab Tab
| ksmfs top: every 0.2s, by private                     6 of 6
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K pa
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12
| saved   109M of 208M (52%)
|  285M |██▃
|   SIZE  PRIV SHARE  ZERO  SWAP ACTIV BRK/S  COST NAME
|   128M 23.0M 86.3M  7.8M     0 15.6M   1.5 0.017 vm2
|   128M 22.7M 86.7M  7.8M     0  3.5M     0     0 deep/er/vm1
|   128M 21.5M 91.8M 10.0M     0     -   8.5 0.091 vm3
|  16.0M  9.8M     0     0  2.0M  8.2M     0 1.441 plain
| domain (Tab: next; empty: all): tenant-a_
> Enter
| ksmfs top: every 0.2s, by private, domain tenant-a    2 of 6
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K pa
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12
| saved   109M of 208M (52%)
|  285M |██▃
|   SIZE  PRIV SHARE  ZERO  SWAP ACTIV BRK/S  COST NAME
|   128M 23.0M 86.3M  7.8M     0 15.6M   1.5 0.017 vm2
|   128M 22.7M 86.7M  7.8M     0  3.5M     0     0 deep/er/vm1
|
|
| h help  q quit  < > sort  r reverse  d domain  / name  space
> / 3
| ksmfs top: every 0.2s, by private, domain tenant-a    2 of 6
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K pa
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12
| saved   109M of 208M (52%)
|  285M |██▃
|   SIZE  PRIV SHARE  ZERO  SWAP ACTIV BRK/S  COST NAME
|   128M 23.0M 86.3M  7.8M     0 15.6M   1.5 0.017 vm2
|   128M 22.7M 86.7M  7.8M     0  3.5M     0     0 deep/er/vm1
|
|
| name has (empty: all): 3_
> BSpace n o Enter
| ksmfs top: every 0.2s, by private, domain tenant-a, n 0 of 6
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K pa
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12
| saved   109M of 208M (52%)
|  285M |██▃
|   SIZE  PRIV SHARE  ZERO  SWAP ACTIV BRK/S  COST NAME
|
|
|
|
| h help  q quit  < > sort  r reverse  d domain  / name  space
> d BSpace BSpace BSpace x Enter
| ksmfs top: every 0.2s, by private, domain tenanx, nam 0 of 6
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K pa
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12
| saved   109M of 208M (52%)
|  285M |██▃
|   SIZE  PRIV SHARE  ZERO  SWAP ACTIV BRK/S  COST NAME
|
|
|
|
| h help  q quit  < > sort  r reverse  d domain  / name  space
> d Escape Escape
| ksmfs top: every 0.2s, by private                     6 of 6
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K pa
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12
| saved   109M of 208M (52%)
|  285M |██▃
|   SIZE  PRIV SHARE  ZERO  SWAP ACTIV BRK/S  COST NAME
|   128M 23.0M 86.3M  7.8M     0 15.6M   1.5 0.017 vm2
|   128M 22.7M 86.7M  7.8M     0  3.5M     0     0 deep/er/vm1
|   128M 21.5M 91.8M 10.0M     0     -   8.5 0.091 vm3
|  16.0M  9.8M     0     0  2.0M  8.2M     0 1.441 plain
| h help  q quit  < > sort  r reverse  d domain  / name  space

## pause and interval
@ loaded guests vms top
% 60x8
$ ksmfs top -d 0.2
| ksmfs top: every 0.2s, by private                     6 of 6
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12
| saved   109M of 208M (52%)
|   SIZE  PRIV SHARE  ZERO  SWAP ACTIV BRK/S  COST NAME
|   128M 23.0M 86.3M  7.8M     0 15.6M   1.5 0.017 vm2
|   128M 22.7M 86.7M  7.8M     0  3.5M     0     0 deep/er/vm1
|   128M 21.5M 91.8M 10.0M     0     -   8.5 0.091 vm3
| h help  q quit  < > sort  r reverse  d domain  / name  space
> Space
| ksmfs top: PAUSED, every 0.2s, by private             6 of 6
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12
| saved   109M of 208M (52%)
|   SIZE  PRIV SHARE  ZERO  SWAP ACTIV BRK/S  COST NAME
|   128M 23.0M 86.3M  7.8M     0 15.6M   1.5 0.017 vm2
|   128M 22.7M 86.7M  7.8M     0  3.5M     0     0 deep/er/vm1
|   128M 21.5M 91.8M 10.0M     0     -   8.5 0.091 vm3
| h help  q quit  < > sort  r reverse  d domain  / name  space
> + +
| ksmfs top: PAUSED, every 1s, by private               6 of 6
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12
| saved   109M of 208M (52%)
|   SIZE  PRIV SHARE  ZERO  SWAP ACTIV BRK/S  COST NAME
|   128M 23.0M 86.3M  7.8M     0 15.6M   1.5 0.017 vm2
|   128M 22.7M 86.7M  7.8M     0  3.5M     0     0 deep/er/vm1
|   128M 21.5M 91.8M 10.0M     0     -   8.5 0.091 vm3
| h help  q quit  < > sort  r reverse  d domain  / name  space
> -
| ksmfs top: PAUSED, every 0.5s, by private             6 of 6
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12
| saved   109M of 208M (52%)
|   SIZE  PRIV SHARE  ZERO  SWAP ACTIV BRK/S  COST NAME
|   128M 23.0M 86.3M  7.8M     0 15.6M   1.5 0.017 vm2
|   128M 22.7M 86.7M  7.8M     0  3.5M     0     0 deep/er/vm1
|   128M 21.5M 91.8M 10.0M     0     -   8.5 0.091 vm3
| h help  q quit  < > sort  r reverse  d domain  / name  space
> Space - - -
| ksmfs top: every 0.2s, by private                     6 of 6
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12
| saved   109M of 208M (52%)
|   SIZE  PRIV SHARE  ZERO  SWAP ACTIV BRK/S  COST NAME
|   128M 23.0M 86.3M  7.8M     0 15.6M   1.5 0.017 vm2
|   128M 22.7M 86.7M  7.8M     0  3.5M     0     0 deep/er/vm1
|   128M 21.5M 91.8M 10.0M     0     -   8.5 0.091 vm3
| h help  q quit  < > sort  r reverse  d domain  / name  space

## an interval that no binary fraction is
@ loaded top-empty
% 40x8
$ ksmfs top -d 2.01
| ksmfs top: every 2.01s, by privat 0 of 0
| scanner scanning, - pages/s, CPU -; - me
| saved   285M of 384M (74%)
|   PRIV SHARE BRK/S  COST NAME
|
|
|
| h help  q quit  < > sort  r reverse  d d

## no colour by option
@ loaded guests vms top
% 40x10
$ ksmfs top -d 0.2 --no-color
| ksmfs top: every 0.2s, by private 6 of 6
| host    16.0G, 8.0G available; state -:
| mount   /dev/ksmfs: 1.0G, 105M used, 10.
| scanner scanning, 205k pages/s, CPU 101.
| saved   109M of 208M (52%)
|   PRIV SHARE BRK/S  COST NAME
|  23.0M 86.3M   1.5 0.017 vm2
|  22.7M 86.7M     0     0 deep/er/vm10
|  21.5M 91.8M   8.5 0.091 vm3
| h help  q quit  < > sort  r reverse  d d
? no colour

## no colour by NO_COLOR
@ loaded guests vms top
% 40x10
$ export NO_COLOR=1; ksmfs top -d 0.2
| ksmfs top: every 0.2s, by private 6 of 6
| host    16.0G, 8.0G available; state -:
| mount   /dev/ksmfs: 1.0G, 105M used, 10.
| scanner scanning, 205k pages/s, CPU 101.
| saved   109M of 208M (52%)
|   PRIV SHARE BRK/S  COST NAME
|  23.0M 86.3M   1.5 0.017 vm2
|  22.7M 86.7M     0     0 deep/er/vm10
|  21.5M 91.8M   8.5 0.091 vm3
| h help  q quit  < > sort  r reverse  d d
? no colour

## a terminal that has none, and no UTF-8
@ loaded guests vms top ksmfsd
$ export TERM=vt100 LC_ALL=C; ksmfs top -d 0.2
| ksmfs top: every 0.2s, by private                                         6 of 6
| host    16.0G, 8.0G available; state soft: 576M free, 899M to be kept free
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K packed, 2.0M swapped
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12.5 breaks/s
| saved   109M of 208M (52%)
|  285M |##
|       |##
|       |###
|   SIZE  PRIV SHARE  ZERO  BALL  PACK  SWAP ACTIV BRK/S  COST DOMAIN   NAME
|   128M 23.0M 86.3M  7.8M  8.0M     0     0 15.6M   1.5 0.017 tenant-a web-1
|   128M 22.7M 86.7M  7.8M     -     0     0  3.5M     0     0 tenant-a deep/er/vm
|   128M 21.5M 91.8M 10.0M     -     0     0     -   8.5 0.091 tenant-b db\033[31m
|  16.0M  9.8M     0     0     -  3.9M  2.0M  8.2M     0 1.441 /        plain
|   4.0M  4.0M     0     0     -     0     0     -   2.5     - tenant-b (no name)
|  16.0M  2.0M  8.8M     0     -     0     0     -     0     0 /        qemu-syste
|
|
|
|
|
|
|
|
| h help  q quit  < > sort  r reverse  d domain  / name  space pause
? no colour
> q
| host    16.0G, 8.0G available; state soft: 576M free, 899M to be kept free
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K packed, 2.0M swapped
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12.5 breaks/s
| saved   109M of 208M (52%)
|  285M |##
|       |##
|       |###
|   SIZE  PRIV SHARE  ZERO  BALL  PACK  SWAP ACTIV BRK/S  COST DOMAIN   NAME
|   128M 23.0M 86.3M  7.8M  8.0M     0     0 15.6M   1.5 0.017 tenant-a web-1
|   128M 22.7M 86.7M  7.8M     -     0     0  3.5M     0     0 tenant-a deep/er/vm
|   128M 21.5M 91.8M 10.0M     -     0     0     -   8.5 0.091 tenant-b db\033[31m
|  16.0M  9.8M     0     0     -  3.9M  2.0M  8.2M     0 1.441 /        plain
|   4.0M  4.0M     0     0     -     0     0     -   2.5     - tenant-b (no name)
|  16.0M  2.0M  8.8M     0     -     0     0     -     0     0 /        qemu-syste
|
|
|
|
|
|
|
|
| exit status 0

## names that are hard to print, and a mount that cannot be read
@ loaded odd-names top-odd
% 80x20
$ ksmfs top -d 0.2 --sort name
| ksmfs top: every 0.2s, by name                                            6 of 6
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /mnt/my ram: 1.0M, 200K used, 8.0K reserve, 0 packed, 0 swapped
| mount   /mnt/empty: cannot be read: it is hidden: umount what is mounted over it
| scanner scanning, - pages/s, CPU -; - merges/s, - breaks/s
| saved   285M of 384M (74%)
|  285M |█
|       |█
|       |█
|   SIZE  PRIV SHARE  ZERO  BALL  PACK  SWAP ACTIV BRK/S  COST DOMAIN   NAME
|  64.0K     0     0     0     -     0     0     -     -     - /        (no name)
|      0     0     0     0     -     0     0     -     -     - (no name (unlinked)
|  64.0K 32.0K 32.0K     0     -     0     0     -     -     - bad-\377 back\134sl
|  64.0K 32.0K 32.0K     0     -     0     0     -     -     - bad-\377 esc\033[31
|  64.0K 64.0K     0     0     -     0     0     -     -     - line\012 tab\011ram
|  64.0K 64.0K     0     0     -     0     0     -     -     - umlaut-ä vm
|
|
|
| h help  q quit  < > sort  r reverse  d domain  / name  space pause

## a domain that is wider in bytes
@ loaded odd-names top-odd
% 132x8
$ ksmfs top -d 0.2 --domain umlaut-ä
| ksmfs top: every 0.2s, by private, domain umlaut-ä                                                                            1 of 6
| scanner scanning, - pages/s, CPU -; - merges/s, - breaks/s
| saved   285M of 384M (74%)
|   SIZE  PRIV SHARE  ZERO  BALL  PACK  SWAP ACTIV BRK/S  COST SAVED FRAME HOLES MRG/S FET/S STL/S     PID DOMAIN   NAME
|  64.0K 64.0K     0     0     -     0     0     -     -     -     0 64.0K     0     -     -     -       - umlaut-ä vm
|
|
| h help  q quit  < > sort  r reverse  d domain  / name  space pause

## nothing mounted
@ loaded top-empty
% 60x12
$ ksmfs top -d 0.2
| ksmfs top: every 0.2s, by private                     0 of 0
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   none: mount -t ksmfs none DIR
| scanner scanning, - pages/s, CPU -; - merges/s, - breaks/s
| saved   285M of 384M (74%)
|  285M |█
|   SIZE  PRIV SHARE  ZERO  SWAP ACTIV BRK/S  COST NAME
|
|
|
|
| h help  q quit  < > sort  r reverse  d domain  / name  space

## SIGTERM
@ loaded guests vms top
% 40x10
$ ksmfs top -d 0.2
| ksmfs top: every 0.2s, by private 6 of 6
| host    16.0G, 8.0G available; state -:
| mount   /dev/ksmfs: 1.0G, 105M used, 10.
| scanner scanning, 205k pages/s, CPU 101.
| saved   109M of 208M (52%)
|   PRIV SHARE BRK/S  COST NAME
|  23.0M 86.3M   1.5 0.017 vm2
|  22.7M 86.7M     0     0 deep/er/vm10
|  21.5M 91.8M   8.5 0.091 vm3
| h help  q quit  < > sort  r reverse  d d
! TERM
| Terminated
| exit status 143

## SIGINT
@ loaded guests vms top
% 40x10
$ ksmfs top -d 0.2
| ksmfs top: every 0.2s, by private 6 of 6
| host    16.0G, 8.0G available; state -:
| mount   /dev/ksmfs: 1.0G, 105M used, 10.
| scanner scanning, 205k pages/s, CPU 101.
| saved   109M of 208M (52%)
|   PRIV SHARE BRK/S  COST NAME
|  23.0M 86.3M   1.5 0.017 vm2
|  22.7M 86.7M     0     0 deep/er/vm10
|  21.5M 91.8M   8.5 0.091 vm3
| h help  q quit  < > sort  r reverse  d d
> C-c
| exit status 130

## the module is gone
@ loaded guests vms top
$ rm -r sys; ksmfs top
| ksmfs: /sys/kernel/mm/ksmfs/ is missing: the module is not loaded; as root, run:
|  modprobe ksmfs
| exit status 3

## the module goes
@ loaded guests vms top
% 60x8
$ ksmfs top -d 0.2
| ksmfs top: every 0.2s, by private                     6 of 6
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12
| saved   109M of 208M (52%)
|   SIZE  PRIV SHARE  ZERO  SWAP ACTIV BRK/S  COST NAME
|   128M 23.0M 86.3M  7.8M     0 15.6M   1.5 0.017 vm2
|   128M 22.7M 86.7M  7.8M     0  3.5M     0     0 deep/er/vm1
|   128M 21.5M 91.8M 10.0M     0     -   8.5 0.091 vm3
| h help  q quit  < > sort  r reverse  d domain  / name  space
- sys
| ksmfs: /sys/kernel/mm/ksmfs/ is missing: the module is not l
| oaded; as root, run: modprobe ksmfs
| exit status 3

## a terminal that terminfo does not know
@ loaded guests vms top
$ TERM=nosuch; ksmfs top
| ksmfs: cannot use the terminal 'nosuch': terminfo does not know it; set TERM to
| what it is, as TERM=vt100, or use: ksmfs top --batch
| exit status 1

## a terminal that cannot move its cursor
@ loaded guests vms top
$ TERM=dumb; ksmfs top
| ksmfs: cannot use the terminal 'dumb': it cannot move its cursor; set TERM to wh
| at it is, as TERM=vt100, or use: ksmfs top --batch
| exit status 1

## a ksmfsd that says less
@ loaded guests vms top ksmfsd ksmfsd-terse
% 80x8
$ ksmfs top -d 0.2 -n 1 | head -n 1
| host    16.0G, 8.0G available; state soft: - free, 899M to be kept free
| exit status 0

## the matrix, with ksmfsd
@ loaded guests vms top ksmfsd
$ ksmfs matrix --json | grep -A 1 name
|       "name": "db\u001b[31m ä",
|       "pid": 201
| --
|       "name": "plain",
|       "pid": 0
| --
|       "name": "qemu-system-x86 101",
|       "pid": 101
| --
|       "name": "qemu-system-x86 202",
|       "pid": 202
| --
|       "name": "web-1",
|       "pid": 200
| exit status 0

## JSON, with ksmfsd
@ loaded guests vms top ksmfsd
$ ksmfs top -d 0.2 --json -n 1 --name db | grep -o '"host.*"mounts\|"name.*active[^,]*'
| "host":{"total":17179869184,"available":8589934592,"state":"soft","free":6039797
| 76,"min_free":942669824},"mounts
| "name":"db\u001b[31m ä","domain":"tenant-b","mount":"/dev/ksmfs","size":13421772
| 8,"private":22528000,"shared":96256000,"zero":10485760,"ballooned":null,"packed"
| :0,"swapped":0,"active":null
| exit status 0
