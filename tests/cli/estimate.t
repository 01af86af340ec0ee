# ksmfs estimate

## names that are not ASCII
$ image größer 1-100
$ image b 1-30
$ "$KSMFS" estimate größer b | sed 4q
| VM        SIZE   HOLES    ZERO  INSIDE BETWEEN    LEFT   SAVED
| größer  400.0K       0       0       0   60.0K  340.0K   15.0%
| b       120.0K       0       0       0   60.0K   60.0K   50.0%
| all     520.0K       0       0       0  120.0K  400.0K   23.1%
$ for f in größer b; do "$KSMFS" fingerprint -o $f.sketch $f; done
$ "$KSMFS" affinity größer.sketch b.sketch
| VM             VM                 MiB  shared, if they ran on one host
| größer.sketch  b.sketch           0.1 +/- 0.0      23.1% +/- 0.0
|
| all 2 on one host: 0.5 MiB
| zero            0.0 +/- 0.0        0.0% +/- 0.0
| inside          0.0 +/- 0.0        0.0% +/- 0.0
| between         0.1 +/- 0.0       23.1% +/- 0.0
| saved           0.1 +/- 0.0       23.1% +/- 0.0

## two images
$ image a 1-100 50-60 t1-40 zero*200
$ image b 1-30 300-320 t30-50 zero*10 hole*1000 300
$ "$KSMFS" estimate a b
| VM     SIZE   HOLES    ZERO  INSIDE BETWEEN    LEFT   SAVED
| a      1.4M       0  800.0K   44.0K   84.0K  480.0K   66.0%
| b      4.2M       0    3.9M    4.0K   84.0K  208.0K   95.2%
| all    5.6M       0    4.7M   48.0K  164.0K  684.0K   88.1%
|
| of 5.6M, merging saves
|   merge=share  4.9M (88.1%): equal pages of all regions of the domain
|   merge=self   4.8M (85.2%): equal pages of one region, and zero pages
|   merge=zero   4.7M (84.4%): zero pages
|   merge=off    0 (0.0%): nothing; the scanner does not read the pages
| pages that merge with nothing: 472.0K (8.2%)
| of these, packing halves:      156.0K (33.1%)
$ "$KSMFS" estimate --json a b
| {
|   "page_size": 4096,
|   "sampled": false,
|   "contents": 171,
|   "one_of": 1,
|   "vms": [
|     {
|       "name": "a",
|       "pages": 351,
|       "holes": 0,
|       "unread": 0,
|       "zero": 200,
|       "inside": 11,
|       "inside_error": 0,
|       "between": 21,
|       "between_error": 0
|     },
|     {
|       "name": "b",
|       "pages": 1083,
|       "holes": 0,
|       "unread": 0,
|       "zero": 1010,
|       "inside": 1,
|       "inside_error": 0,
|       "between": 21,
|       "between_error": 0
|     }
|   ],
|   "all": {
|     "pages": 1434,
|     "holes": 0,
|     "unread": 0,
|     "zero": 1210,
|     "inside": 12,
|     "inside_error": 0,
|     "between": 41,
|     "between_error": 0,
|     "unique": 118,
|     "unique_error": 0,
|     "packable": 39,
|     "packable_error": 0
|   },
|   "saved": {
|     "share": 1263,
|     "share_error": 0,
|     "self": 1222,
|     "self_error": 0,
|     "zero": 1210,
|     "zero_error": 0,
|     "off": 0,
|     "off_error": 0
|   }
| }

## one image
$ image a 1-3 1 zero*2
$ "$KSMFS" estimate a
| VM     SIZE   HOLES    ZERO  INSIDE BETWEEN    LEFT   SAVED
| a     24.0K       0    8.0K    4.0K       0   12.0K   50.0%
|
| of 24.0K, merging saves
|   merge=share  12.0K (50.0%): equal pages of all regions of the domain
|   merge=self   12.0K (50.0%): equal pages of one region, and zero pages
|   merge=zero   8.0K (33.3%): zero pages
|   merge=off    0 (0.0%): nothing; the scanner does not read the pages
| pages that merge with nothing: 8.0K (33.3%)
| of these, packing halves:      0 (0.0%)

## a page that is cut goes on in zeros
$ image a 1-259 tail*100; image b tail*100; truncate -s 4096 b
$ "$KSMFS" estimate --threads 1 --json a b | grep -E 'pages|"zero"|"between"'
|       "pages": 260,
|       "zero": 0,
|       "between": 1,
|       "pages": 1,
|       "zero": 0,
|       "between": 1,
|     "pages": 261,
|     "zero": 0,
|     "between": 1,
|     "zero": 0,
$ image a 1 hole*2; truncate -s 10001 a
$ "$KSMFS" estimate --json a | grep -E 'pages|"zero"'
|       "pages": 3,
|       "zero": 2,
|     "pages": 3,
|     "zero": 2,
|     "zero": 2,

## a dump is what the same memory is in a raw file
$ image raw 1-20 5-9 zero*3 t1-9
$ for kind in elf elf32 paging; do image --$kind dump.$kind 1-20 5-9 zero*3 t1-9; done
$ "$KSMFS" estimate --json raw | sed 's/raw/NAME/' >raw.json
$ for kind in elf elf32 paging; do "$KSMFS" estimate --json dump.$kind | sed 's/dump.*"/NAME"/' | cmp raw.json - && echo $kind; done
| elf
| elf32
| paging

## so many segments that their number is elsewhere
$ image --elf dump 1-4; printf '\377\377' | dd of=dump bs=1 seek=56 conv=notrunc status=none
$ "$KSMFS" estimate dump
! ksmfs: dump: a bad ELF dump: there is no memory in it
= 1
$ head -c 300 /dev/zero >section; printf '\4' | dd of=section bs=1 seek=44 conv=notrunc status=none
$ stat -c %s dump | python3 -c 'import struct, sys; sys.stdout.buffer.write(struct.pack("<Q", int(input())))' >at
$ cat section >>dump; dd if=at of=dump bs=1 seek=40 conv=notrunc status=none
$ "$KSMFS" estimate --json dump | grep -m1 '"pages"'
|       "pages": 4,
$ truncate -s -290 dump; "$KSMFS" estimate dump
! ksmfs: dump: a bad ELF dump: its section header is not in the file
= 1

## dumps that are not sound
$ image --elf good 1-4
$ head -c 10 good >dump; "$KSMFS" estimate dump
! ksmfs: dump: a bad ELF dump: it ends within its first header
= 1
$ head -c 50 good >dump; "$KSMFS" estimate dump
! ksmfs: dump: a bad ELF dump: it ends within its first header
= 1
$ head -c 100 good >dump; "$KSMFS" estimate dump
! ksmfs: dump: a bad ELF dump: it ends within its program headers
= 1
$ head -c -1 good >dump; "$KSMFS" estimate dump
! ksmfs: dump: a bad ELF dump: it is cut short: make it anew, on a disk with more room
= 1
$ cp good dump; printf '\2' | dd of=dump bs=1 seek=16 conv=notrunc status=none; "$KSMFS" estimate dump
! ksmfs: dump: a bad ELF dump: it is a program, not a dump of memory
= 1
$ cp good dump; printf '\2' | dd of=dump bs=1 seek=5 conv=notrunc status=none; "$KSMFS" estimate dump
! ksmfs: dump: a bad ELF dump: it is of a machine with another byte order
= 1
$ cp good dump; printf '\1' | dd of=dump bs=1 seek=54 conv=notrunc status=none; "$KSMFS" estimate dump
! ksmfs: dump: a bad ELF dump: its program headers are too small
= 1
$ cp good dump; printf '\0' | dd of=dump bs=1 seek=56 conv=notrunc status=none; "$KSMFS" estimate dump
! ksmfs: dump: a bad ELF dump: there is no memory in it
= 1
$ cp good dump; printf '\377\377\377\377\377\377\377\377' | dd of=dump bs=1 seek=32 conv=notrunc status=none; "$KSMFS" estimate dump
! ksmfs: dump: a bad ELF dump: it ends within its program headers
= 1
$ cp good dump; printf '\377\377\377\377\377\377\377\377' | dd of=dump bs=1 seek=152 conv=notrunc status=none; "$KSMFS" estimate dump
! ksmfs: dump: a bad ELF dump: it is cut short: make it anew, on a disk with more room
= 1

## files that are no image
$ "$KSMFS" estimate nosuch
! ksmfs: nosuch: No such file or directory
= 1
$ : >empty; "$KSMFS" estimate empty
! ksmfs: empty: it is empty
= 1
$ mkdir dir; "$KSMFS" estimate dir
! ksmfs: dir/memory-ranges: No such file or directory
= 1
$ mkfifo pipe; "$KSMFS" estimate pipe <>pipe
! ksmfs: pipe: it is no file that can be read in any order: save it as one first
= 1
$ printf 'KDUMP   %099d' 1 >dump; "$KSMFS" estimate dump
! ksmfs: dump: it is a kdump-compressed dump: dump the VM as ELF instead, with virsh dump --memory-only --format elf or with dump-guest-memory without -z, -l and -s
= 1
$ printf 'makedumpfile%099d' 1 >dump; "$KSMFS" estimate dump
! ksmfs: dump: it is a kdump-compressed dump: dump the VM as ELF instead, with virsh dump --memory-only --format elf or with dump-guest-memory without -z, -l and -s
= 1
$ printf 'LibvirtQemudSave%099d' 1 >dump; "$KSMFS" estimate dump
! ksmfs: dump: it is a saved VM, whose memory is not there page by page: dump it with virsh dump --memory-only instead
= 1
$ printf 'QFI\373%099d' 1 >dump; "$KSMFS" estimate dump
! ksmfs: dump: it is a qcow2 disk, not memory: dump the memory of the VM with dump-guest-memory
= 1
$ echo text | gzip >dump; "$KSMFS" estimate dump
! ksmfs: dump: it is compressed: decompress it first
= 1
$ image a 1; "$KSMFS" fingerprint a -o sketch; "$KSMFS" estimate sketch
! ksmfs: sketch: it is a sketch: compare it with ksmfs affinity
= 1

## the snapshot of a Cloud Hypervisor
$ mkdir snapshot; image snapshot/memory-ranges 1-3 1
$ "$KSMFS" estimate --json snapshot | grep -m3 -E 'name|pages|inside'
|       "name": "snapshot",
|       "pages": 4,
|       "inside": 1,

## fewer contents than there are
$ image a 1-3000 t1-1000 zero*500; image b 2001-4000 t501-900
$ "$KSMFS" estimate --sample=1024 a b
| VM     SIZE   HOLES    ZERO  INSIDE BETWEEN    LEFT   SAVED    +/-
| a     17.6M       0    2.0M  320.0K    2.8M   12.5M   28.9%    6.5
| b      9.4M       0       0   32.0K    2.8M    6.5M   30.3%    8.4
| all   27.0M       0    2.0M  352.0K    5.6M   19.0M   29.4%    5.5
|
| of 27.0M, merging saves
|   merge=share  7.9M (29.4%) +/- 1.5M (5.5): equal pages of all regions of the domain
|   merge=self   2.3M (8.5%) +/- 2.1M (7.6): equal pages of one region, and zero pages
|   merge=zero   2.0M (7.2%): zero pages
|   merge=off    0 (0.0%): nothing; the scanner does not read the pages
| pages that merge with nothing: 13.4M (49.7%) +/- 1.2M (4.6)
| of these, packing halves:      2.4M (17.7%) +/- 748.0K (5.4)
| estimated from 609 contents, one of 8: the truth is within +/- 95 times of 100
$ for threads in 1 2 7; do "$KSMFS" estimate --json --sample=1024 --threads $threads a b | cksum; done | uniq | wc -l
| 1
$ for threads in 1 2 7; do "$KSMFS" estimate --json --threads $threads a b | cksum; done | uniq | wc -l
| 1

## VMs of a page each beside one that has all of them
$ image huge 0-2999; for n in 0 1 2 3 4 5; do image t$n $n; done
$ "$KSMFS" estimate --sample=1024 huge t0 t1 t2 t3 t4 t5
| VM      SIZE   HOLES    ZERO  INSIDE BETWEEN    LEFT   SAVED    +/-
| huge   11.7M       0       0       0   16.0K   11.7M    0.1%    6.5
| t0      4.0K       0       0       0    4.0K       0   85.7%   85.7
| t1      4.0K       0       0       0    4.0K       0   85.7%   85.7
| t2      4.0K       0       0       0       0    4.0K    0.0%   85.7
| t3      4.0K       0       0       0    4.0K       0   85.7%   85.7
| t4      4.0K       0       0       0       0    4.0K    0.0%   85.7
| t5      4.0K       0       0       0    4.0K       0   85.7%   85.7
| all    11.7M       0       0       0   32.0K   11.7M    0.3%    6.5
|
| of 11.7M, merging saves
|   merge=share  32.0K (0.3%) +/- 780.0K (6.5): equal pages of all regions of the domain
|   merge=self   0 (0.0%) +/- 964.0K (8.0): equal pages of one region, and zero pages
|   merge=zero   0 (0.0%): zero pages
|   merge=off    0 (0.0%): nothing; the scanner does not read the pages
| pages that merge with nothing: 11.7M (100.0%) +/- 776.0K (6.5)
| of these, packing halves:      0 (0.0%) +/- 52.0K (0.4)
| estimated from 766 contents, one of 4: the truth is within +/- 95 times of 100

## names are escaped for people only
$ mkdir odd; cd odd; name=$(printf 'a\033[2J'); image "$name" 1; "$KSMFS" estimate "$name" | sed -n 2p
| a\033[2J    4.0K       0       0       0       0    4.0K    0.0%
$ cd odd; name=$(printf 'a\033[2J'); "$KSMFS" estimate --json "$name" | grep name
|       "name": "a\u001b[2J",
$ cd odd; name=$(printf 'b\033[2J'); "$KSMFS" estimate "$name"
! ksmfs: b\033[2J: No such file or directory
= 1
$ cd odd; name=$(printf 'b\033[2J'); : >"$name"; "$KSMFS" estimate "$name"
! ksmfs: b\033[2J: it is empty
= 1
$ cd odd; name=$(printf 'b\033[2J'); image --elf "$name" 1-4; truncate -s -1 "$name"; "$KSMFS" estimate "$name"
! ksmfs: b\033[2J: a bad ELF dump: it is cut short: make it anew, on a disk with more room
= 1
$ cd odd; name=$(printf 'b\033[2J'); "$KSMFS" affinity "$name" "$name"
! ksmfs: b\033[2J: it is no sketch: make one with ksmfs fingerprint
= 1
$ cd odd; name=$(printf 'a\033[2J'); "$KSMFS" fingerprint --key "$name" "$name"
! ksmfs: --key a\033[2J: it is not 16 bytes long: make one with head -c 16 /dev/urandom
= 1
$ cd odd; name=$(printf 'a\033[2J'); "$KSMFS" fingerprint -o "$name/" "$name"
! ksmfs: a\033[2J/: Is a directory
= 1

## all VMs that run
@ loaded guests
$ mkdir proc/200; echo kvm >proc/200/comm; echo 0 >proc/self/comm
$ printf '10000000-11000000 rw-s 00000000 00:2a 12 /dev/ksmfs/x\n20000000-28000000 rw-p 00000000 00:00 0\n' >proc/101/maps
$ printf '10000000-11000000 rw-p 00000000 00:00 0\n11000000-12000000 rwxp 00000000 00:00 0\n' >proc/200/maps
$ for pid in 101 200; do cp proc/self/mountinfo proc/$pid; : >proc/$pid/mem; : >proc/$pid/pagemap; done
$ image ram 1-10 1-5 zero*5 11-13
$ for pid in 101 200; do dd if=ram of=proc/$pid/mem bs=64K oflag=seek_bytes seek=$((0x10000000)) status=none; done
$ truncate -s $((0x11000000)) proc/200/mem
$ python3 -c 'import struct; open("map", "wb").write(struct.pack("<4096Q", *[1 << 63] * 20, *[1 << 62] * 3, *[0] * 4073))'
$ for pid in 101 200; do dd if=map of=proc/$pid/pagemap bs=32K oflag=seek_bytes seek=$((0x80000)) status=none; done
$ mkdir proc/101/map_files; image proc/101/map_files/10000000-11000000 hole*100 1-5 hole*3991
$ ksmfs estimate
| VM                     SIZE   HOLES    ZERO  INSIDE BETWEEN    LEFT   SAVED
| qemu-system-x86 101   16.0M   15.9M   20.0K   20.0K   20.0K   52.0K   53.6%
| kvm 200               16.0M   15.9M   20.0K   20.0K   20.0K   32.0K   65.2%
| all                   32.0M   31.8M   40.0K   40.0K   40.0K   84.0K   58.8%
|
| of 204.0K, merging saves
|   merge=share  120.0K (58.8%): equal pages of all regions of the domain
|   merge=self   80.0K (39.2%): equal pages of one region, and zero pages
|   merge=zero   40.0K (19.6%): zero pages
|   merge=off    0 (0.0%): nothing; the scanner does not read the pages
| pages that merge with nothing: 0 (0.0%)
| of these, packing halves:      0 (0.0%)
| swapped out or not readable:   44.0K
$ ksmfs estimate --json --pid 200 | head -18
| {
|   "page_size": 4096,
|   "sampled": false,
|   "contents": 10,
|   "one_of": 1,
|   "vms": [
|     {
|       "name": "kvm 200",
|       "pid": 200,
|       "pages": 4096,
|       "holes": 4073,
|       "unread": 3,
|       "zero": 5,
|       "inside": 5,
|       "inside_error": 0,
|       "between": 0,
|       "between_error": 0
|     }
$ ksmfs fingerprint --pid 200 -o sketch && ksmfs affinity sketch sketch
| VM      VM          MiB  shared, if they ran on one host
| sketch  sketch      0.0 +/- 0.0      25.0% +/- 0.0
|
| all 2 on one host: 0.2 MiB
| zero            0.0 +/- 0.0       25.0% +/- 0.0
| inside          0.0 +/- 0.0       25.0% +/- 0.0
| between         0.0 +/- 0.0       25.0% +/- 0.0
| saved           0.1 +/- 0.0       75.0% +/- 0.0
! ksmfs: kvm 200: 3 pages are swapped out or cannot be read, and are left out

## memory that is there but cannot be read
@ loaded guests
$ printf '10000000-11000000 rw-p 00000000 00:00 0\n' >proc/101/maps; cp proc/self/mountinfo proc/101
$ image ram 1-10; : >proc/101/mem; dd if=ram of=proc/101/mem bs=64K oflag=seek_bytes seek=$((0x10000000)) status=none
$ python3 -c 'import struct; open("map", "wb").write(struct.pack("<100Q", *[1 << 63] * 100))'
$ : >proc/101/pagemap; dd if=map of=proc/101/pagemap bs=32K oflag=seek_bytes seek=$((0x80000)) status=none
$ ksmfs estimate
| VM                     SIZE   HOLES    ZERO  INSIDE BETWEEN    LEFT   SAVED
| qemu-system-x86 101   16.0M       0       0       0       0   16.0M    0.0%
|
| of 16.0M, merging saves
|   merge=share  0 (0.0%): equal pages of all regions of the domain
|   merge=self   0 (0.0%): equal pages of one region, and zero pages
|   merge=zero   0 (0.0%): zero pages
|   merge=off    0 (0.0%): nothing; the scanner does not read the pages
| pages that merge with nothing: 40.0K (0.2%)
| of these, packing halves:      0 (0.0%)
| swapped out or not readable:   16.0M

## the same memory is mapped twice
@ loaded guests
$ printf '10000000-10002000 rw-s 00001000 00:2a 12 /dev/ksmfs/x\n20000000-20004000 rw-s 00000000 00:2a 12 /dev/ksmfs/x\n30000000-30001000 rw-s 00003000 00:2a 12 /dev/ksmfs/x\n' >proc/101/maps
$ cp proc/self/mountinfo proc/101; : >proc/101/mem; truncate -s 4M proc/101/pagemap
$ ksmfs estimate --json | grep -m3 -E 'pages|holes|unread'
|       "pages": 3,
|       "holes": 0,
|       "unread": 3,
$ mkdir proc/101/map_files; image proc/101/map_files/10000000-10002000 1-2 3 hole*1; image proc/101/map_files/30000000-30001000 1-3 hole*1
$ ksmfs estimate --json | grep -m3 -E 'pages|holes|unread'
|       "pages": 3,
|       "holes": 1,
|       "unread": 2,
$ : >proc/101/map_files/10000000-10002000
$ ksmfs estimate --json | grep -m3 -E 'pages|holes|unread'
|       "pages": 3,
|       "holes": 3,
|       "unread": 0,

## a process that is gone, or has no memory
@ loaded guests
$ cp proc/self/mountinfo proc/101
$ ksmfs estimate
! ksmfs: no VM is running: name a file with the memory of one, or a process with --pid
= 1
$ ksmfs estimate --pid 101
! ksmfs: cannot read the memory of qemu-system-x86 101: No such file or directory
= 1
$ ksmfs estimate --pid 4711
! ksmfs: there is no process 4711
= 1
$ : >proc/101/mem; : >proc/101/pagemap; printf '10000000-11000000 rw-p 00000000 00:00 0\n' >proc/101/maps
$ ksmfs estimate --pid 101
! ksmfs: qemu-system-x86 101: it ended while it was read
= 1
$ ksmfs fingerprint --pid 101
! ksmfs: qemu-system-x86 101: it ended while it was read
= 1
$ : >proc/101/maps
$ ksmfs estimate --pid 101
! ksmfs: qemu-system-x86 101 has no guest memory: see ksmfs doctor --pid 101
= 1

## no VM
@ loaded
$ ksmfs estimate
! ksmfs: no VM is running: name a file with the memory of one, or a process with --pid
= 1

## a wrong command line
$ image a 1
$ "$KSMFS" estimate --nosuch a
! ksmfs estimate: unrecognized option '--nosuch'
! usage: ksmfs estimate [--pid PID]... [--sample[=N] | --memory SIZE] [--threads N] [--json] [FILE...]
= 2
$ "$KSMFS" estimate --sample --memory 1G a
! usage: ksmfs estimate [--pid PID]... [--sample[=N] | --memory SIZE] [--threads N] [--json] [FILE...]
= 2
$ "$KSMFS" estimate --sample=10 a
! ksmfs: --sample takes a number of entries, at least 1024, not '10'
= 2
$ "$KSMFS" estimate --sample=x a
! ksmfs: --sample takes a number of entries, at least 1024, not 'x'
= 2
$ "$KSMFS" estimate --memory 1023K a
! ksmfs: --memory takes a size of at least 1M, not '1023K'
= 2
$ "$KSMFS" estimate --memory 1X a
! ksmfs: --memory takes a size of at least 1M, not '1X'
= 2
$ "$KSMFS" estimate --memory 99999999999T a
! ksmfs: --memory takes a size of at least 1M, not '99999999999T'
= 2
$ "$KSMFS" estimate --threads 0 a
! ksmfs: --threads takes a number from 1 to 1024, not '0'
= 2
$ "$KSMFS" estimate --threads 1025 a
! ksmfs: --threads takes a number from 1 to 1024, not '1025'
= 2
$ "$KSMFS" estimate --pid 0
! ksmfs: --pid takes a process number, not '0'
= 2

## a process whose name a terminal would obey
@ loaded guests
$ mkdir proc/300; printf 'kvm\033[31m\n' >proc/300/comm
$ ksmfs estimate --pid 300
! ksmfs: cannot read the memory of kvm\033[31m 300: No such file or directory
= 1
