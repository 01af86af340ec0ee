# SPDX-License-Identifier: GPL-2.0
#
# Unit tests: the core over the shims of tests/shim, one program for each core
# file.  Sanitizers are always on: every test is built with those for addresses
# and undefined behaviour, the threaded ones also with that for data races.

UNIT         := $(BUILD)/unit
UNIT_NEED    := gcc libc6-dev libcmocka-dev liburcu-dev liblz4-dev libxxhash-dev
UNIT_WARN    := -Wall -Wextra -Wno-sign-compare -Wno-tsan -Werror
UNIT_CFLAGS  := -std=gnu11 -Og -g $(UNIT_WARN) \
		-fno-omit-frame-pointer -pthread \
		-Itests/shim/include -Iinclude -I.
UNIT_LIBS    := -lcmocka -lurcu-bp -lxxhash -llz4 -lm
UNIT_asan    := -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_tsan    := -fsanitize=thread

UNIT_TESTS   := $(basename $(notdir $(wildcard tests/unit/test_*.c)))
UNIT_CORE    := $(KSMFS_CORE) $(filter-out %/module,$(basename $(wildcard tests/shim/*.c)))
UNIT_HELP    := $(addprefix tests/unit/,guest world twins death)
UNIT_asan_TESTS := $(UNIT_TESTS)
UNIT_tsan_TESTS := $(filter test_estimate test_mode test_pool test_race test_strict test_swap,$(UNIT_TESTS))
UNIT_KEEP_GOING ?= -k
UNIT_RUNS    := $(foreach s,asan tsan,$(UNIT_$s_TESTS:%=run-$s-%))

check-unit:	## unit tests of the core in user space; takes seconds
	@$(NEED) $(UNIT_NEED)
	@$(MAKE) --no-print-directory $(UNIT_KEEP_GOING) -j2 $(UNIT_RUNS)

check-mutants:	## break the core in many places: do the unit tests notice?
	@$(NEED) $(UNIT_NEED) python3
	@tests/unit/mutants $(BUILD) '$(MUTANT)'

# Linked with the objects of the whole core, of which those are not taken whose
# source the test itself includes.
define unit_rules
$(UNIT_$(1)_TESTS:%=run-$(1)-%): run-$(1)-%: $(UNIT)/$(1)/%
	@tests/unit/run $$< $(BUILD)/results/unit-$(1)-$$*.tap

$(UNIT)/$(1)/libcore.a: $(UNIT_CORE:%=$(UNIT)/$(1)/%.o) $(UNIT_HELP:%=$(UNIT)/$(1)/%.o)
	$$(Q)rm -f $$@ && ar rcs $$@ $$^

$(UNIT)/$(1)/test_%: $(UNIT)/$(1)/tests/unit/test_%.o $(UNIT)/$(1)/libcore.a
	@echo "  LD      $(1)/$$(@F)"
	$$(Q)gcc $(UNIT_$(1)) -pthread -o $$@ $$^ $(UNIT_LIBS)

$(UNIT)/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$$(Q)gcc $(UNIT_CFLAGS) $(UNIT_$(1)) -MMD -MP -c -o $$@ $$<

.PRECIOUS: $(UNIT)/$(1)/%.o
endef
$(foreach sanitizer,asan tsan,$(eval $(call unit_rules,$(sanitizer))))

-include $(shell find $(UNIT) -name '*.d' 2>/dev/null)

.PHONY: check-unit check-mutants $(UNIT_RUNS)
