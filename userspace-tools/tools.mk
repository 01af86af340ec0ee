# SPDX-License-Identifier: GPL-2.0
#
# The ksmfs command.

tools:	## build the ksmfs command

check-cli:

install-tools: tools

.PHONY: tools check-cli install-tools
