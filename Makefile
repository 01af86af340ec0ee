# SPDX-License-Identifier: GPL-2.0
#
# Targets for people; the module's own object list is in Kbuild.  Everything
# is built below build/, and missing Debian packages are installed by name
# (or, when not root, the one apt-get line to run is printed).

VERSION := 0.1.0
BUILD   := $(CURDIR)/build
NEED    := $(CURDIR)/scripts/need
V       ?= 0
Q       := $(if $(filter 1,$(V)),,@)

all: modules tools	## build the module and the tools (default)

include core.mk
include ksm/module.mk
include userspace-tools/daemon/policy.mk
include userspace-tools/tools.mk
include userspace-tools/install.mk
include debian/debian.mk
include tests/unit/unit.mk
include tests/model/model.mk
include tests/coverage.mk
include tests/fuzz/fuzz.mk
include tests/vm/vm.mk
include tests/bench/bench.mk
include tests/overcommit/overcommit.mk
include tests/soak/soak.mk
include tests/reliability/reliability.mk
include tests/packages/packages.mk
include tests/lint/lint.mk
include tests/top/top.mk

# Every suite leaves TAP files in build/results; a suite that dies without a
# verdict fails the run through its own "not ok" line or its exit status.
check:	## unit, model, command line, daemon, metrics, fuzz, package and VM tests; a tally
	@rm -rf $(BUILD)/results && mkdir -p $(BUILD)/results
	@$(MAKE) --no-print-directory -k check-unit check-model check-policy check-cli \
		check-daemon check-metrics check-fuzz check-deb \
		check-completion check-vm; \
	status=$$?; scripts/tally $$status $(BUILD)/results

install: install-modules install-tools	## install module and tools (DESTDIR=, PREFIX=)

clean:	## remove build/
	rm -rf $(BUILD)

help:	## this text
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | \
		awk -F ':.*## ' '{ printf "  make %-18s %s\n", $$1, $$2 }'

.PHONY: all check install clean help
.DEFAULT_GOAL := all
