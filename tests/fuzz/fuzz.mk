# SPDX-License-Identifier: GPL-2.0
#
# Fuzz targets for all that the tools read: see README.md beside this file.

FUZZ         := $(BUILD)/fuzz
FUZZ_DIR     := tests/fuzz
FUZZ_CC      := clang-14
FUZZ_NEED    := clang-14 libclang-rt-14-dev libc6-dev libjson-c-dev \
	libinih-dev libuv1-dev libxxhash-dev python3
FUZZ_SAN     := -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_FLAGS   := -std=gnu11 -D_GNU_SOURCE -DKSMFS_VERSION='"$(VERSION)"' \
	-Iinclude -Wall -Wextra -Wno-unused-function -Werror -O1 -g \
	-fno-omit-frame-pointer $(FUZZ_SAN)
FUZZ_TARGETS := $(basename $(notdir $(wildcard $(FUZZ_DIR)/targets/*.c)))
FUZZ_LIB     := $(patsubst %.c,$(FUZZ)/%.o,$(wildcard $(FUZZ_DIR)/lib/*.c))
# What a target takes of them is what it does not include or replace itself.
FUZZ_TOOLS   := $(patsubst %,$(FUZZ)/userspace-tools/%.o,counters fake json \
	maps rows text util daemon/address daemon/guest daemon/qmp \
	daemon/libvirt_none) \
	$(KSMFSD_POLICY:%=$(FUZZ)/%.o)
FUZZ_SECONDS ?= 60

fuzz: fuzz-build	## look for bad input (FUZZ_SECONDS= for each, TARGET=qmp)
	@$(FUZZ_DIR)/run $(BUILD) seconds=$(FUZZ_SECONDS) \
		$(or $(TARGET),$(FUZZ_TARGETS))

check-fuzz: fuzz-build	## the tools against known and some random bad input
	@mkdir -p $(BUILD)/results
	@$(FUZZ_DIR)/run $(BUILD) runs $(FUZZ_TARGETS)

# A second make, for what the first one has installed.
fuzz-build:
	@$(NEED) $(FUZZ_NEED)
	@$(MAKE) --no-print-directory fuzz-targets

fuzz-targets: $(FUZZ_TARGETS:%=$(FUZZ)/%)
	@:

$(FUZZ_TARGETS:%=$(FUZZ)/%): $(FUZZ)/%: $(FUZZ)/$(FUZZ_DIR)/targets/%.o $(FUZZ_LIB) $(FUZZ)/libtools.a
	@echo "  LD      fuzz/$(@F)"
	$(Q)$(FUZZ_CC) $(FUZZ_SAN) -fsanitize=fuzzer -o $@ $^ -ljson-c -linih

$(FUZZ)/libtools.a: $(FUZZ_TOOLS)
	$(Q)rm -f $@ && ar rcs $@ $^

$(FUZZ)/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link -MMD -MP -c -o $@ $<

.PHONY: fuzz check-fuzz fuzz-build fuzz-targets
.PRECIOUS: $(FUZZ)/%.o

-include $(shell find $(FUZZ) -name '*.d' 2>/dev/null)
