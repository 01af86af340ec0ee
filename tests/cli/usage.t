# the command line

## help
$ "$KSMFS" help
| usage: ksmfs [--root DIR] [VERB [ARGUMENT...]]
|
| verbs:
|   ksmfs stat [--totals] [--json]
|           totals, domains and regions; the default
|   ksmfs vms [--json]
|           what every VM has, wants and is to have
|   ksmfs top [--batch | --json] [-n COUNT] [-d SECONDS] [--sort COLUMN] [--reverse] [--domain NAME] [--name TEXT] [--no-color]
|           what the VMs have and cost, and what is saved, live
|   ksmfs matrix [--json | --svg]
|           who shares how much with whom
|   ksmfs tune [--json | KNOB=VALUE...]
|           show the knobs, or set some: all of them or none
|   ksmfs domain [--json] [DIR [merge=MODE] [strict=on|off]]
|           show what may be merged in each domain, or set it for one
|   ksmfs scan [--wait [--timeout SECONDS] [--json]]
|           ask for a pass, or for passes until nothing changes
|   ksmfs doctor [--pid PID] [--json]
|           is everything set up, and does every VM take part?
|   ksmfs estimate [--pid PID]... [--sample[=N] | --memory SIZE] [--threads N] [--json] [FILE...]
|           what merging would save, of VMs that run or of images of memory
|   ksmfs fingerprint [--key FILE] [--threads N] [-o SKETCH] (--pid PID | FILE)
|           a small sketch of what is in a VM's memory
|   ksmfs affinity [--json] SKETCH SKETCH...
|           what VMs would share if they ran on one host
|   ksmfs help
|           this text
|   ksmfs version
|           the version of this command
|
| --root DIR reads the files of /sys and /proc below DIR instead: for tests.
|
| exit status:
|   0  done; for doctor: nothing is wrong
|   1  not done, or doctor found something wrong
|   2  wrong command line; nothing was done
|   3  module not loaded, or of another version
|   4  scan --wait: not settled when the time was up
$ for other in --help -h; do "$KSMFS" $other | cksum; done; "$KSMFS" help | cksum
| 4276785205 1706
| 4276785205 1706
| 4276785205 1706

## version
$ for verb in version --version -V; do "$KSMFS" $verb | grep -c '^ksmfs [0-9][0-9.]*$'; done
| 1
| 1
| 1

## a verb that is none
$ "$KSMFS" stats
! ksmfs: there is no verb 'stats'; see: ksmfs help
= 2
$ "$KSMFS" ''
! ksmfs: there is no verb ''; see: ksmfs help
= 2

## options that are none
$ "$KSMFS" --nosuch
! ksmfs: unrecognized option '--nosuch'
! see: ksmfs help
= 2
$ "$KSMFS" --root
! ksmfs: option '--root' requires an argument
! see: ksmfs help
= 2
$ for verb in stat tune scan doctor; do "$KSMFS" $verb --nosuch; done
! ksmfs stat: unrecognized option '--nosuch'
! usage: ksmfs stat [--totals] [--json]
! ksmfs tune: unrecognized option '--nosuch'
! usage: ksmfs tune [--json | KNOB=VALUE...]
! ksmfs scan: unrecognized option '--nosuch'
! usage: ksmfs scan [--wait [--timeout SECONDS] [--json]]
! ksmfs doctor: unrecognized option '--nosuch'
! usage: ksmfs doctor [--pid PID] [--json]
= 2

## arguments that are too many
$ for verb in stat doctor help version scan; do "$KSMFS" $verb more; done
! usage: ksmfs stat [--totals] [--json]
! usage: ksmfs doctor [--pid PID] [--json]
! usage: ksmfs help
! usage: ksmfs version
! usage: ksmfs scan [--wait [--timeout SECONDS] [--json]]
= 2

## a root that is none
$ "$KSMFS" --root nosuch stat
! ksmfs: --root nosuch: cannot read ksmfs-answers: No such file or directory
= 2
$ touch ksmfs-answers; "$KSMFS" --root . stat
! ksmfs: /sys/kernel/mm/ksmfs/ is missing: the module is not loaded; as root, run: modprobe ksmfs
= 3

## an answer that is none
@ loaded
$ echo 'region /dev/ksmfs 1 2 3' >ksmfs-answers; ksmfs
! ksmfs: ksmfs-answers: not an answer: 'region /dev/ksmfs 1 2 3'; see tests/cli/README.md
= 2

## completion
$ for words in s 'tune p' 'stat --' '--' 'scan --t' 'nosuch x'; do WORDS=$words bash -c '. "${KSMFS%/*}/ksmfs.bash"; compopt() { :; }; COMP_LINE="ksmfs $WORDS"; COMP_POINT=${#COMP_LINE}; _ksmfs; echo "${COMPREPLY[@]}"'; done
| stat scan
| pages_to_scan=
| --totals --json
| --root --help --version
| --timeout
|
