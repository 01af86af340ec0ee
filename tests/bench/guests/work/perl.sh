#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# An interpreter with many small objects: each word of perl's own library, and
# the lines it is in.
set -eu

mkfifo /tmp/settled
# shellcheck disable=SC2016 # perl's variables
find /usr/lib -name '*.p[lm]' | sort | xargs perl -e '
	my (%lines, $n);
	while (<>) {
		$n++;
		push @{$lines{$_}}, $n for /\w+/g;
	}
	open(my $settled, ">", "/tmp/settled");
	print $settled "ready\n";
	close($settled);
	sleep;' &
cat /tmp/settled
