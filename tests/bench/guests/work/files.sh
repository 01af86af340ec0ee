#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Files: two more releases of perl's library, each with its checksums and packed.
set -eu

for release in 2 3; do
	cp -R /usr/lib/perl-base /tmp/$release
	find /tmp/$release -name '*.pm' -exec sed -i "s/^package/# $release\n&/" {} +
	find /tmp/$release -type f -exec sha256sum {} + >/tmp/$release.sums
	tar -cf - -C /tmp $release | gzip -1 >/tmp/$release.tar.gz
done
sleep 1000000 &
