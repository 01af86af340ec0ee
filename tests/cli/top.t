# ksmfs top, where there is no terminal

## text
@ loaded guests vms top
$ ksmfs top -d 0.2
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 3 faults wait; 1.0G, 101M used, 10.2M reserve, 1000K packed, 2.0M swapped
| scanner scanning, 12.3k pages/s, CPU 7.0%; 55.0 merges/s, 252 breaks/s
| saved   281M of 380M (74%)
|  SIZE PRIVATE SHARED  ZERO BALLOONED PACKED SWAPPED ACTIVE BREAKS  COST SAVED FRAMES HOLES MERGES FETCHES STALLS     PID DOMAIN   NAME
|  128M   23.4M  85.9M  7.8M         -      0       0   3.5M      0     0 87.9M  29.3M 10.8M      0       0      0     202 tenant-a deep/er/vm10
|  128M   23.0M  86.3M  7.8M         -      0       0  15.6M    2.0 0.023 88.3M  28.9M 10.8M   50.0       0      0     200 tenant-a vm2
|  128M   21.5M  91.8M 10.0M         -      0       0      -    250 2.673 93.5M  29.8M  4.7M      0       0      0     201 tenant-b vm3
| 16.0M    9.8M      0     0         -   3.9M    2.0M   8.2M      0 3.704  4.9M  10.8M  384K      0    18.0    1.0       - /        plain
| 16.0M    2.0M   8.8M     0         -      0       0      -      0     0  8.8M   2.0M  5.3M      0       0      0     101 /        qemu-system-x86 101
$ ksmfs top --batch -d 0.2 -n 2 --sort breaks --domain tenant-b
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 3 faults wait; 1.0G, 101M used, 10.2M reserve, 1000K packed, 2.0M swapped
| scanner scanning, 12.3k pages/s, CPU 7.0%; 55.0 merges/s, 252 breaks/s
| saved   281M of 380M (74%)
|  SIZE PRIVATE SHARED  ZERO BALLOONED PACKED SWAPPED ACTIVE BREAKS  COST SAVED FRAMES HOLES MERGES FETCHES STALLS     PID DOMAIN   NAME
|  128M   21.5M  91.8M 10.0M         -      0       0      -    250 2.673 93.5M  29.8M  4.7M      0       0      0     201 tenant-b vm3
|
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: 1.0G, 105M used, 10.2M reserve, 1000K packed, 2.0M swapped
| scanner scanning, 205k pages/s, CPU 101.5%; 100 merges/s, 12.5 breaks/s
| saved   109M of 208M (52%)
|  SIZE PRIVATE SHARED  ZERO BALLOONED PACKED SWAPPED ACTIVE BREAKS  COST SAVED FRAMES HOLES MERGES FETCHES STALLS     PID DOMAIN   NAME
|  128M   21.5M  91.8M 10.0M         -      0       0      -    8.5 0.091 93.5M  29.8M  4.7M      0       0      0     201 tenant-b vm3
|  4.0M    4.0M      0     0         -      0       0      -    2.5     -     0   4.0M     0      0       0      0       - tenant-b (no name) inode 13

## JSON
@ loaded guests vms top
$ ksmfs top --json -d 0.2 -n 1 --name PLAIN
| {"uptime_millisecs":1002000,"interval_millisecs":2000,"host":{"total":17179869184,"available":8589934592,"state":null,"free":null,"min_free":null},"mounts":[{"mount":"/dev/ksmfs","problem":null,"size":1073741824,"used":106086400,"reserve":10735616,"packed":1024000,"swapped":2048000,"swap":1073741824,"stalled":3}],"scanner":{"run":1,"cpu_percent":7,"pages_scanned":12288,"merges":50,"zero_merges":5,"breaks":251.5,"zero_breaks":0.5},"saved":294256640,"vms":[{"name":"plain","domain":"/","mount":"/dev/ksmfs","size":16777216,"private":10240000,"shared":0,"zero":0,"ballooned":null,"packed":4096000,"swapped":2048000,"active":8601600,"breaks":0,"cost":3.70418,"saved":5095424,"frames":11288576,"holes":393216,"merges":0,"fetches":18,"stalls":1,"pid":null}]}
$ ksmfs top --json -d 0.2 -n 2 | wc -l
| 2

## every order there is
@ loaded guests vms top
$ for key in $(ksmfs top --sort x 2>&1 | sed 's/.*: //'); do echo $key $(ksmfs top -d 0.2 --sort $key | sed '1,/NAME$/d; s/.* //'); done
| size deep/er/vm10 vm2 vm3 plain 101
| private deep/er/vm10 vm2 vm3 plain 101
| shared vm3 vm2 deep/er/vm10 101 plain
| zero vm3 deep/er/vm10 vm2 plain 101
| ballooned deep/er/vm10 plain 101 vm2 vm3
| packed plain deep/er/vm10 101 vm2 vm3
| swapped plain deep/er/vm10 101 vm2 vm3
| active vm2 plain deep/er/vm10 101 vm3
| breaks vm3 vm2 deep/er/vm10 plain 101
| cost plain vm3 vm2 deep/er/vm10 101
| saved vm3 vm2 deep/er/vm10 101 plain
| frames vm3 deep/er/vm10 vm2 plain 101
| holes deep/er/vm10 vm2 101 vm3 plain
| merges vm2 deep/er/vm10 plain 101 vm3
| fetches plain deep/er/vm10 101 vm2 vm3
| stalls plain deep/er/vm10 101 vm2 vm3
| pid deep/er/vm10 vm3 vm2 101 plain
| domain plain 101 deep/er/vm10 vm2 vm3
| name deep/er/vm10 plain 101 vm2 vm3
$ ksmfs top -d 0.2 -n 1 --domain '' | sed '1,/NAME$/d; s/.* //'
| deep/er/vm10
| vm2
| vm3
| plain
| 101
$ ksmfs top -d 0.2 --sort active --reverse | sed '1,/NAME$/d; s/.* //'
| deep/er/vm10
| plain
| vm2
| 101
| vm3

## a VM with two regions, and who else may write to one
@ loaded guests vms top
$ echo '7f0010000000-7f0020000000 rw-s 00000000 00:2a 9 /dev/ksmfs/plain' >>proc/202/maps
$ mkdir proc/102; echo virtiofsd >proc/102/comm; cp proc/202/maps proc/102/maps
$ ksmfs top --json -d 0.2 -n 1 --name vm10 | tr , '\n' | grep -E 'domain|name|size|packed|active|fetches|cost|pid'
| "size":1073741824
| "packed":1024000
| "vms":[{"name":"deep/er/vm10"
| "domain":"tenant-a"
| "size":150994944
| "packed":4096000
| "active":12288000
| "cost":0.19407
| "fetches":18
| "pid":202}]}

## less than nothing is saved
@ loaded guests vms top
$ echo 99999 >sys/kernel/mm/ksmfs/frames_packed
$ for frames in 4000000000000000000 3999 4000 4001 4249 4250 6547 6548 259744 259872 262016 3004000 7000; do sed -i "s/^\(region .dev.ksmfs 9 .* 96\) [0-9]*/\1 $frames/" reading-2/ksmfs-answers; ksmfs top -d 0.2 --name plain | awk 'END { print $11, $12 }'; done
| -huge huge
| 4.0K 15.6M
| 0 15.6M
| -4.0K 15.6M
| -996K 16.6M
| -1.0M 16.6M
| -9.9M 25.6M
| -10M 25.6M
| -999M 1015M
| -1.0G 1015M
| -1.0G 1.0G
| -11G 11.5G
| -12M 27.3M
$ ksmfs top -d 0.2 --name plain | grep '^saved'
| saved   -109M of 380M (-29%)
$ ksmfs top -d 0.2 --json -n 1 --name plain | grep -o '"saved":[^,]*'
| "saved":-114290688
| "saved":-12288000

## a region that comes, and a scanner with more threads
@ loaded guests vms top
$ mkdir -p reading-3/sys/kernel/mm/ksmfs; echo 200 >reading-3/sys/kernel/mm/ksmfs/max_cpu_percent
$ ksmfs top -d 0.2 -n 2 | grep -o 'CPU [^;]*\|  *[0-9-]* tenant.*'
| CPU 7.0%
|      202 tenant-a deep/er/vm10
|      200 tenant-a vm2
|      201 tenant-b vm3
| CPU 101.5%
|      200 tenant-a vm2
|      202 tenant-a deep/er/vm10
|      201 tenant-b vm3
|        - tenant-b (no name) inode 13

## an inode number that is used again
@ loaded guests vms top
$ sed -i 's/^region .dev.ksmfs 8 .*/region \/dev\/ksmfs 8 3 1024 1024 0 0 0 1024 0 7 0 1/' reading-3/ksmfs-answers
$ ksmfs top --json -d 0.2 -n 2 --name vm3 | grep -o '"breaks":[0-9.]*,"cost":[^,]*'
| "breaks":250,"cost":2.67335
| "breaks":3.5,"cost":null

## strange names
@ loaded odd-names top-odd
$ ksmfs top -d 0.2 --sort name
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /mnt/my ram: 1.0M, 200K used, 8.0K reserve, 0 packed, 0 swapped
| mount   /mnt/empty: cannot be read: it is hidden: umount what is mounted over it
| scanner scanning, - pages/s, CPU -; - merges/s, - breaks/s
| saved   285M of 384M (74%)
|  SIZE PRIVATE SHARED  ZERO BALLOONED PACKED SWAPPED ACTIVE BREAKS  COST SAVED FRAMES HOLES MERGES FETCHES STALLS     PID DOMAIN                      NAME
| 64.0K       0      0     0         -      0       0      -      -     -     0      0 64.0K      -       -      -       - /                           (no name) inode 9
|     0       0      0     0         -      0       0      -      -     -     0      0     0      -       -      -       - (no\040name)\040inode\04099 (unlinked) inode 10
| 64.0K   32.0K  32.0K     0         -      0       0      -      -     - 16.0K  48.0K     0      -       -      -       - bad-\377-bytes              back\134slash
| 64.0K   32.0K  32.0K     0         -      0       0      -      -     - 16.0K  48.0K     0      -       -      -       - bad-\377-bytes              esc\033[31m
| 64.0K   64.0K      0     0         -      0       0      -      -     -     0  64.0K     0      -       -      -       - line\012break               tab\011ram
| 64.0K   64.0K      0     0         -      0       0      -      -     -     0  64.0K     0      -       -      -       - umlaut-ä                    vm
$ ksmfs top --json -d 0.2 -n 1 --name esc | grep -o '"mounts".*scanner\|"vms.*,"mount"'
| "mounts":[{"mount":"/mnt/my ram","problem":null,"size":1048576,"used":204800,"reserve":8192,"packed":0,"swapped":0,"swap":0,"stalled":0},{"mount":"/mnt/empty","problem":"it is hidden"}],"scanner
| "vms":[{"name":"esc\u001b[31m","domain":"bad-�-bytes","mount"

## a process with a strange name
@ loaded odd-names top-odd
$ mkdir proc/300; printf 'qemu-\033[31m\\\n\n' >proc/300/comm; echo '7f0000000000-7f0000010000 rw-s 00000000 00:2a 10 /gone (deleted)' >proc/300/maps; : >proc/300/mountinfo
$ ksmfs top -d 0.2 --name qemu | grep -o ' 300 .*'
|  300 (no\040name)\040inode\04099 qemu-\033[31m\134\012 300
$ ksmfs top --json -d 0.2 -n 1 --sort pid | grep -o '"vms.*,"mount":"/mnt/my ram","size":0'
| "vms":[{"name":"qemu-\u001b[31m\\\n 300","domain":"(no name) inode 99","mount":"/mnt/my ram","size":0

## ksmfsd is gone
@ loaded guests vms top
$ mkdir -p run/ksmfs; : >run/ksmfs/ksmfsd.sock; ksmfs top -d 0.2 | head -n 1
| host    16.0G, 8.0G available; state -: ksmfsd does not run

## not root
@ loaded guests vms top
$ echo 'denied /dev/ksmfs' >>reading-2/ksmfs-answers
$ ksmfs top -d 0.2
| host    16.0G, 8.0G available; state -: ksmfsd does not run
| mount   /dev/ksmfs: cannot be read: Operation not permitted: run ksmfs as root
| scanner scanning, 12.3k pages/s, CPU 7.0%; 55.0 merges/s, 252 breaks/s
| saved   281M of 380M (74%)
|  SIZE PRIVATE SHARED  ZERO BALLOONED PACKED SWAPPED ACTIVE BREAKS  COST SAVED FRAMES HOLES MERGES FETCHES STALLS     PID DOMAIN NAME
$ ksmfs top -d 0.2 -n 2 | tail -n 1
| 16.0M    2.0M   8.8M     0         -      0       0      -      -     -  8.8M   2.0M  5.3M      -       -      -     101 /        qemu-system-x86 101

## no module, no time
@ loaded guests vms top
$ rm proc/uptime; ksmfs top -d 0.2
! ksmfs: cannot read /proc/uptime: No such file or directory: is /proc mounted?
= 1
$ rm -r sys; ksmfs top -d 0.2
! ksmfs: /sys/kernel/mm/ksmfs/ is missing: the module is not loaded; as root, run: modprobe ksmfs
= 3

## a wrong command line
@ loaded guests vms top
$ ksmfs top --sort size=1
! ksmfs top: there is no column 'size=1' to sort by; there are: size private shared zero ballooned packed swapped active breaks cost saved frames holes merges fetches stalls pid domain name
= 2
$ ksmfs top -d 0.1
! ksmfs: -d takes 0.2 to 3600 seconds, not '0.1'
= 2
$ ksmfs top -d 1s
! ksmfs: -d takes 0.2 to 3600 seconds, not '1s'
= 2
$ ksmfs top -d nan
! ksmfs: -d takes 0.2 to 3600 seconds, not 'nan'
= 2
$ ksmfs top -n 0
! ksmfs: -n takes a number from 1, not '0'
= 2
$ ksmfs top -n -1
! ksmfs: -n takes a number from 1, not '-1'
= 2
$ ksmfs top --batch --json
! usage: ksmfs top [--batch | --json] [-n COUNT] [-d SECONDS] [--sort COLUMN] [--reverse] [--domain NAME] [--name TEXT] [--no-color]
= 2
$ ksmfs top vm1
! usage: ksmfs top [--batch | --json] [-n COUNT] [-d SECONDS] [--sort COLUMN] [--reverse] [--domain NAME] [--name TEXT] [--no-color]
= 2
$ ksmfs top --sort
! ksmfs top: option '--sort' requires an argument
! usage: ksmfs top [--batch | --json] [-n COUNT] [-d SECONDS] [--sort COLUMN] [--reverse] [--domain NAME] [--name TEXT] [--no-color]
= 2

## a full disk
@ loaded guests vms top
$ ksmfs top -d 0.2 -n 2 >/dev/full
! ksmfs: cannot write the output: some of it is lost
= 1
