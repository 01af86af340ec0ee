# SPDX-License-Identifier: GPL-2.0
#
# The model test: many random operations on the core, in user space.  It is
# built of what the unit tests are built of, for the same sanitizers.

MODEL_OBJECTS := $(basename $(wildcard tests/model/*.c))
MODEL_SECONDS ?= 45
SLICES        ?= 1

model:	## random operations against a model (MODEL_SECONDS= SEED= SLICES=)
	@$(NEED) $(UNIT_NEED)
	@$(MAKE) --no-print-directory model-build
	@tests/model/slices $(UNIT) $(or $(SEED),$(shell date +%s)) $(SLICES) $(MODEL_SECONDS)

check-model:	## a short slice of that, and whether it can be replayed
	@$(NEED) $(UNIT_NEED)
	@$(MAKE) --no-print-directory model-build
	@tests/model/check $(UNIT) $(BUILD)/results

check-model-mutants:	## break the core in some places: does the model test notice?
	@$(NEED) $(UNIT_NEED) python3
	@SEED=$(or $(SEED),7) tests/unit/mutants $(BUILD) \
		"$$(cat tests/model/planted)" check-model

model-build: $(UNIT)/asan/model $(UNIT)/tsan/model
	@:

define model_rules
$(UNIT)/$(1)/model: $(MODEL_OBJECTS:%=$(UNIT)/$(1)/%.o) $(UNIT)/$(1)/libcore.a
	@echo "  LD      $(1)/$$(@F)"
	$$(Q)gcc $(UNIT_$(1)) -pthread -o $$@ $$^ $(UNIT_LIBS)
endef
$(foreach sanitizer,asan tsan,$(eval $(call model_rules,$(sanitizer))))

.PHONY: model check-model check-model-mutants model-build
