# SPDX-License-Identifier: GPL-2.0
#
# What can be found wrong without running anything.

lint: lint-direction	## include-direction and the static checkers

lint-direction:
	@$(NEED) python3
	tests/lint/include-direction

.PHONY: lint lint-direction
