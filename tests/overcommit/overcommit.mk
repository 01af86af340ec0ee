# SPDX-License-Identifier: GPL-2.0
#
# What combined overcommit has to show, with real guests.  README.md beside this
# file tells what the cases do.

OVERCOMMIT_DIR      := tests/overcommit
OVERCOMMIT          := $(BUILD)/overcommit
OVERCOMMIT_CASES    := $(wildcard $(OVERCOMMIT_DIR)/cases/*.sh)
OVERCOMMIT_PROGRAMS := $(patsubst $(OVERCOMMIT_DIR)/%.c,$(OVERCOMMIT)/%,$(wildcard $(OVERCOMMIT_DIR)/*.c))

overcommit: vm-host	## guests with more memory than there is (CASE=names for some)
	@$(NEED) python3 gcc libc6-dev
	@$(MAKE) --no-print-directory overcommit-run

overcommit-run: $(OVERCOMMIT_PROGRAMS)
	@$(VM_DIR)/initramfs host $(VM) $(VM_FILES) /bin/ksmfsd=$(BUILD)/ksmfsd-static \
		/lib/overcommit.sh=$(OVERCOMMIT_DIR)/lib.sh \
		$(foreach p,$(OVERCOMMIT_PROGRAMS),/bin/$(notdir $p)=$p) \
		$(foreach c,$(OVERCOMMIT_CASES),/scenarios/overcommit-$(basename $(notdir $c))=$c)
	@$(OVERCOMMIT_DIR)/run $(VM) $(BUILD) $(if $(CASE),'$(CASE)')

$(OVERCOMMIT_PROGRAMS): $(OVERCOMMIT)/%: $(OVERCOMMIT_DIR)/%.c $(VM_LIB) $(wildcard $(VM_DIR)/lib/*.h)
	@mkdir -p $(@D)
	@echo "  CC      $(@F)"
	$(Q)$(VM_CC) -o $@ $< $(VM_LIB)

.PHONY: overcommit overcommit-run
