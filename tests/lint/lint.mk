# SPDX-License-Identifier: GPL-2.0
#
# What can be found wrong without running anything.  Nothing is tolerated: a
# warning that is no fault is named, with its reason, where it is ignored.

LINTS := direction module checkpatch cppcheck shell man docs leftovers

lint:	## all static checks
	@$(MAKE) --no-print-directory -k $(LINTS:%=lint-%)

lint-direction:
	@$(NEED) python3
	@echo "  LINT    include direction"
	@tests/lint/include-direction

# Everything is compiled anew, since only then does the compiler warn.
lint-module:
	@$(NEED) sparse
	@echo "  LINT    the module with W=1 and sparse"
	@rm -rf $(BUILD)/lint && mkdir -p $(BUILD)/lint
	@$(MAKE) --no-print-directory modules BUILD=$(BUILD)/lint W=1 C=2 KSMFS_TESTS=m \
		>$(BUILD)/lint/log 2>&1 || { cat $(BUILD)/lint/log; exit 1; }
	@! grep -E 'warning:|WARNING:|error:' $(BUILD)/lint/log

lint-checkpatch:
	@$(NEED) git perl xz-utils linux-source-6.1
	@echo "  LINT    checkpatch"
	@tests/lint/checkpatch

# Kernel style declares at the top, and cppcheck does not know the kernel's
# loop macros.
CPPCHECK := cppcheck --std=c11 --quiet --error-exitcode=1 --inline-suppr \
	--suppress=variableScope --template=gcc -I$(CURDIR)/include -I$(CURDIR)

lint-cppcheck:
	@$(NEED) cppcheck
	@echo "  LINT    cppcheck"
	@$(CPPCHECK) --enable=warning,style,performance,portability \
		-D_GNU_SOURCE '-DKSMFS_VERSION="$(VERSION)"' userspace-tools
	@$(CPPCHECK) --enable=warning,portability --suppress=uninitvar \
		$(KSMFS_CORE:%=%.c)

lint-shell:
	@$(NEED) git shellcheck
	@echo "  LINT    shellcheck"
	@{ git ls-files '*.sh'; git grep -lE '^#!(/usr)?/bin/(ba)?sh'; } | \
		sort -u | xargs shellcheck -x

MANUALS := $(addprefix $(BUILD)/,ksmfs.8 ksmfsd.8 ksmfsd.conf.5 ksmfs.5)

lint-man: $(MANUALS)
	@$(NEED) groff-base mandoc
	@echo "  LINT    the manual pages"
	@{ for page in $^; do groff -man -ww -z -K utf8 $$page; \
		mandoc -T lint -W warning $$page; done; \
		tests/lint/manual $(BUILD); } 2>&1 | tee $(BUILD)/man.log
	@[ ! -s $(BUILD)/man.log ]

lint-docs:
	@echo "  LINT    what README and docs say"
	@tests/lint/docs README.md docs/*.md

lint-leftovers:
	@$(NEED) git
	@echo "  LINT    leftovers"
	@! git grep -nwE 'TO[D]O|FIX[M]E|X[X]X'

.PHONY: lint $(LINTS:%=lint-%)
