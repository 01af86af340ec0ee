# SPDX-License-Identifier: GPL-2.0
#
# All that reliability is judged by: hours of it.  PARTS= are those to be run
# again; what the others found last is kept.

RELIABILITY_DIR := tests/reliability
PARTS           ?= 6.1 6.12 lockdep kasan kcsan fuzz coverage soak

reliability:	## everything, into build/reliability.json (PARTS='6.1 kasan soak' or '' for some)
	@$(NEED) python3
	@$(RELIABILITY_DIR)/run $(BUILD) $(PARTS)
	@$(RELIABILITY_DIR)/collect $(BUILD)

.PHONY: reliability
