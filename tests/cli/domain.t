# ksmfs domain

## nothing is mounted
@ loaded
$ ksmfs domain
$ ksmfs domain --json
| {
|   "domains": [
|   ]
| }

## show
@ loaded guests domains
$ ksmfs domain
| MERGE   STRICT  DOMAIN
| share   off     /dev/ksmfs
| self    on      /dev/ksmfs/tenant-a
| off     off     /dev/ksmfs/tenant-b
$ ksmfs domain --json
| {
|   "domains": [
|     {
|       "directory": "/dev/ksmfs",
|       "merge": "share",
|       "strict": "off"
|     },
|     {
|       "directory": "/dev/ksmfs/tenant-a",
|       "merge": "self",
|       "strict": "on"
|     },
|     {
|       "directory": "/dev/ksmfs/tenant-b",
|       "merge": "off",
|       "strict": "off"
|     }
|   ]
| }
$ ksmfs domain /dev/ksmfs/tenant-a
| MERGE   STRICT  DOMAIN
| self    on      /dev/ksmfs/tenant-a
$ ksmfs domain --json /dev/ksmfs/tenant-b
| {
|   "domains": [
|     {
|       "directory": "/dev/ksmfs/tenant-b",
|       "merge": "off",
|       "strict": "off"
|     }
|   ]
| }

## what is no domain
@ loaded guests domains
$ ksmfs domain /dev/ksmfs/tenant-a/deep
! ksmfs: cannot show the domain of /dev/ksmfs/tenant-a/deep: No data available: a domain is the root of a ksmfs mount or a directory directly below it; and only root may see it
= 1
$ ksmfs domain /dev/ksmfs/tenant-a/deep merge=off
! ksmfs: cannot set merge=off of /dev/ksmfs/tenant-a/deep: Invalid argument: a domain is the root of a ksmfs mount or a directory directly below it; and only root may see it
= 1

## set
@ loaded guests domains
$ ksmfs domain /dev/ksmfs/tenant-a merge=self strict=on; cat ksmfs-calls
| attribute /dev/ksmfs/tenant-a trusted.ksmfs.merge self
| attribute /dev/ksmfs/tenant-a trusted.ksmfs.strict 1
$ ksmfs domain /dev/ksmfs strict=off; cat ksmfs-calls
| attribute /dev/ksmfs/tenant-a trusted.ksmfs.merge self
| attribute /dev/ksmfs/tenant-a trusted.ksmfs.strict 1
| attribute /dev/ksmfs trusted.ksmfs.strict 0

## values that are none
@ loaded guests domains
$ ksmfs domain /dev/ksmfs merge=all
! ksmfs: merge takes share|self|zero|off, not 'all'; nothing was set
= 2
$ ksmfs domain /dev/ksmfs merge
! ksmfs: merge takes share|self|zero|off, not ''; nothing was set
= 2
$ ksmfs domain /dev/ksmfs merge=zero strict=1; ls ksmfs-calls
! ksmfs: strict takes off|on, not '1'; nothing was set
! ls: cannot access 'ksmfs-calls': No such file or directory
= 2
$ ksmfs domain /dev/ksmfs size=1
! ksmfs: a domain has no 'size', only merge and strict; nothing was set
= 2
$ ksmfs domain --json /dev/ksmfs merge=off
! usage: ksmfs domain [--json] [DIR [merge=MODE] [strict=on|off]]
= 2
$ ksmfs domain --nosuch
! ksmfs domain: unrecognized option '--nosuch'
! usage: ksmfs domain [--json] [DIR [merge=MODE] [strict=on|off]]
= 2

## not root
@ loaded guests
$ ksmfs domain
! ksmfs: cannot show the domains of /dev/ksmfs: Operation not permitted: run ksmfs as root
= 1
$ echo 'denied /dev/ksmfs' >>ksmfs-answers; ksmfs domain /dev/ksmfs merge=off
! ksmfs: cannot set merge=off of /dev/ksmfs: Operation not permitted: run ksmfs as root
= 1
