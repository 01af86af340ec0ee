# ksmfs fingerprint and ksmfs affinity

## three VMs
$ image a 1-300 t1-40 zero*200
$ image b 151-500 151-200 zero*10
$ image --elf c 1000-1050 t40 1000
$ for vm in a b c; do "$KSMFS" fingerprint -o $vm.sketch $vm; done
$ "$KSMFS" affinity a.sketch b.sketch c.sketch
| VM        VM            MiB  shared, if they ran on one host
| a.sketch  b.sketch      0.6 +/- 0.0      15.8% +/- 0.0
| a.sketch  c.sketch      0.0 +/- 0.0       0.2% +/- 0.0
| b.sketch  c.sketch      0.0 +/- 0.0       0.0% +/- 0.0
|
| all 3 on one host: 3.9 MiB
| zero            0.8 +/- 0.0       20.9% +/- 0.0
| inside          0.2 +/- 0.0        5.1% +/- 0.0
| between         0.6 +/- 0.0       15.1% +/- 0.0
| saved           1.6 +/- 0.0       41.1% +/- 0.0
$ "$KSMFS" affinity --json a.sketch b.sketch
| {
|   "page_size": 4096,
|   "all": {
|     "pages": 950,
|     "zero": 210,
|     "inside": 50,
|     "inside_error": 0,
|     "between": 150,
|     "between_error": 0,
|     "saved": 410,
|     "saved_error": 0
|   },
|   "pairs": [
|     {
|       "pages": 950,
|       "zero": 210,
|       "inside": 50,
|       "inside_error": 0,
|       "between": 150,
|       "between_error": 0,
|       "saved": 410,
|       "saved_error": 0,
|       "a": "a.sketch",
|       "b": "b.sketch"
|     }
|   ]
| }

## a sketch is the same wherever it was made
$ image raw 1-20 5-9 zero*3 t1-9; image --elf dump 1-20 5-9 zero*3 t1-9
$ "$KSMFS" fingerprint raw | cksum
| 4145141877 296
$ "$KSMFS" fingerprint --threads 3 dump | cksum
| 4145141877 296
$ "$KSMFS" fingerprint raw | head -c 64 | od -An -tx1
|  4b 53 4d 46 53 2d 53 4b 01 00 00 00 00 10 00 00
|  67 25 fe 6f bb e8 49 e8 25 00 00 00 00 00 00 00
|  03 00 00 00 00 00 00 00 ff ff ff ff ff ff ff ff
|  1d 00 00 00 00 00 00 00 b9 ac 17 71 ea d9 21 00

## a key
$ image a 1-20; image b 11-30; printf 0123456789abcdef >key; printf 0123456789abcdeF >other
$ "$KSMFS" fingerprint --key key -o a.key a; "$KSMFS" fingerprint --key key -o b.key b
$ "$KSMFS" fingerprint -o a.none a; "$KSMFS" fingerprint --key other -o b.other b
$ "$KSMFS" affinity a.key b.key | sed -n 2p
| a.key  b.key      0.0 +/- 0.0      25.0% +/- 0.0
$ "$KSMFS" affinity a.key a.none
! ksmfs: a.none was made with another key than a.key: make all with the same --key
= 1
$ "$KSMFS" affinity a.key b.other
! ksmfs: b.other was made with another key than a.key: make all with the same --key
= 1
$ printf 0123456789abcde >key; "$KSMFS" fingerprint --key key -o a.key a
! ksmfs: --key key: it is not 16 bytes long: make one with head -c 16 /dev/urandom
= 1
$ printf 0123456789abcdefg >key; "$KSMFS" fingerprint --key key -o a.key a
! ksmfs: --key key: it is not 16 bytes long: make one with head -c 16 /dev/urandom
= 1
$ "$KSMFS" fingerprint --key nosuch -o a.key a
! ksmfs: --key nosuch: No such file or directory
= 1

## sketches that are not sound
$ image a 1-20; "$KSMFS" fingerprint -o good a
$ "$KSMFS" affinity good nosuch
! ksmfs: nosuch: No such file or directory
= 1
$ : >bad; "$KSMFS" affinity good bad
! ksmfs: bad: it is no sketch: make one with ksmfs fingerprint
= 1
$ "$KSMFS" affinity good a
! ksmfs: a: it is no sketch: make one with ksmfs fingerprint
= 1
$ head -c 60 good >bad; "$KSMFS" affinity good bad
! ksmfs: bad: it is damaged: make it anew with ksmfs fingerprint
= 1
$ head -c 64 good >bad; "$KSMFS" affinity good bad
! ksmfs: bad: it is damaged: make it anew with ksmfs fingerprint
= 1
$ (cat good; echo) >bad; "$KSMFS" affinity good bad
! ksmfs: bad: it is damaged: make it anew with ksmfs fingerprint
= 1
$ cp good bad; printf x | dd of=bad bs=1 seek=100 conv=notrunc status=none; "$KSMFS" affinity good bad
! ksmfs: bad: it is damaged: make it anew with ksmfs fingerprint
= 1
$ cp good bad; printf '\2' | dd of=bad bs=1 seek=8 conv=notrunc status=none; "$KSMFS" affinity good bad
! ksmfs: bad: it is of a newer version: use the ksmfs that made it
= 1
$ head -c 200000 /dev/zero | cat good - >bad; "$KSMFS" affinity good bad
! ksmfs: bad: it is damaged: make it anew with ksmfs fingerprint
= 1

## a sketch that cannot be written
$ image a 1
$ "$KSMFS" fingerprint -o nosuch/sketch a
! ksmfs: nosuch/sketch: No such file or directory
= 1
$ "$KSMFS" fingerprint -o /dev/full a
! ksmfs: cannot write /dev/full: No space left on device
= 1

## wrong command lines
$ image a 1; "$KSMFS" fingerprint -o s a
$ "$KSMFS" affinity s
! usage: ksmfs affinity [--json] SKETCH SKETCH...
= 2
$ "$KSMFS" affinity --all s s
! ksmfs affinity: unrecognized option '--all'
! usage: ksmfs affinity [--json] SKETCH SKETCH...
= 2
$ "$KSMFS" fingerprint
! usage: ksmfs fingerprint [--key FILE] [--threads N] [-o SKETCH] (--pid PID | FILE)
= 2
$ "$KSMFS" fingerprint a a
! usage: ksmfs fingerprint [--key FILE] [--threads N] [-o SKETCH] (--pid PID | FILE)
= 2
$ "$KSMFS" fingerprint --pid 1 a
! usage: ksmfs fingerprint [--key FILE] [--threads N] [-o SKETCH] (--pid PID | FILE)
= 2
$ "$KSMFS" fingerprint --threads x a
! ksmfs: --threads takes a number from 1 to 1024, not 'x'
= 2
$ "$KSMFS" fingerprint --pid x
! ksmfs: --pid takes a process number, not 'x'
= 2
