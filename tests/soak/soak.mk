# SPDX-License-Identifier: GPL-2.0
#
# Four guests, for as long as one likes: see soak.sh.

SOAK_DIR := tests/soak
MINUTES  ?= 30

soak: vm-host	## guests under pressure for MINUTES=30, killed and restarted (SEED=1)
	@$(VM_DIR)/initramfs host $(VM) $(VM_FILES) \
		/lib/overcommit.sh=$(OVERCOMMIT_DIR)/lib.sh \
		/scenarios/soak=$(SOAK_DIR)/soak.sh
	@$(SOAK_DIR)/run $(VM) $(MINUTES) $(BUILD)/soak.json

.PHONY: soak
