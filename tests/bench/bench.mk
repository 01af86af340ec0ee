# SPDX-License-Identifier: GPL-2.0
#
# Benchmarks: what ksmfs costs and saves beside in-tree KSM.  They say how it
# is and never fail for it.  README.md beside this file tells how they work.

BENCH_DIR      := tests/bench
BENCH          := $(BUILD)/bench
BENCH_NEED     := python3 gcc libc6-dev libxxhash-dev liburcu-dev
BENCH_LIB      := $(patsubst $(BENCH_DIR)/%.c,$(BENCH)/%.o,$(wildcard $(BENCH_DIR)/lib/*.c))
BENCH_PROGRAMS := $(patsubst $(BENCH_DIR)/%.c,$(BENCH)/%,$(wildcard $(BENCH_DIR)/*.c))

bench: vm-host	## benchmarks beside in-tree KSM (BENCHMARK=names for some)
	@$(NEED) $(BENCH_NEED)
	@$(MAKE) --no-print-directory bench-run

bench-run: $(BENCH_PROGRAMS) $(BENCH)/native $(BENCH)/count $(BENCH)/guests/image
	@$(VM_DIR)/initramfs host $(VM) $(VM_FILES) \
		$(foreach p,$(BENCH_PROGRAMS),/scenarios/bench-$(notdir $p)=$p)
	@$(BENCH_DIR)/run $(VM) $(BUILD) $(if $(BENCHMARK),'$(BENCHMARK)')

$(BENCH)/lib/%.o: $(BENCH_DIR)/lib/%.c $(wildcard $(BENCH_DIR)/lib/*.h $(VM_DIR)/lib/*.h)
	@mkdir -p $(@D)
	@echo "  CC      $(@F)"
	$(Q)$(VM_CC) -c -o $@ $<

$(BENCH_PROGRAMS): $(BENCH)/%: $(BENCH_DIR)/%.c $(BENCH_LIB) $(VM_LIB) $(wildcard $(BENCH_DIR)/lib/*.h)
	@mkdir -p $(@D)
	@echo "  CC      $(@F)"
	$(Q)$(VM_CC) -o $@ $< $(BENCH_LIB) $(VM_LIB)

# Content (b) is made once.  To look at it: build/bench/sample IMAGE.
$(BENCH)/guests/image: $(BENCH_DIR)/guests/capture $(BENCH_DIR)/guests/init \
		$(wildcard $(BENCH_DIR)/guests/work/*.sh $(VM_DIR)/guest/*.lua)
	@$(VM_DIR)/initramfs captured $(VM)
	@$(BENCH_DIR)/guests/capture $(VM) $(@D)

$(BENCH)/count $(BENCH)/sample: $(BENCH)/%: $(BENCH_DIR)/guests/%.c \
		$(BENCH_DIR)/guests/contents.c $(BENCH_DIR)/guests/contents.h
	@mkdir -p $(@D)
	@echo "  CC      $(@F)"
	$(Q)gcc -std=gnu11 -O2 -Wall -Wextra -Werror -o $@ $(filter %.c,$^) -lxxhash

bench-sample: $(BENCH)/sample	## how well samples tell pages of real guests apart
	@$(MAKE) --no-print-directory vm-host
	@$(MAKE) --no-print-directory $(BENCH)/guests/image
	@$< $(BENCH)/guests/image

# The core over the shims, with pages of its own and without the sanitizers
# that some shims are made for; the linker drops what is not called.
BENCH_CORE  := $(KSMFS_CORE:%=%.c) $(filter-out %/module.c %/conformance.c \
	%/page.c %/bug.c,$(wildcard tests/shim/*.c))
BENCH_DEPS  := $(wildcard $(BENCH_DIR)/native/*.h tests/shim/include/*/*.h \
	hash/*.h cow/*.h ksm/*.h include/*/*.h)
BENCH_FLAGS := -std=gnu11 -O2 -Wall -Wextra -Wno-sign-compare -Werror \
	-ffunction-sections -Wl,--gc-sections -pthread \
	-Itests/shim/include -Iinclude -I.

$(BENCH)/native: $(wildcard $(BENCH_DIR)/native/*.c) $(BENCH_CORE) $(BENCH_DEPS)
	@mkdir -p $(@D)
	@echo "  CC      $(@F)"
	$(Q)gcc $(BENCH_FLAGS) -o $@ $(filter %.c,$^) -lxxhash -lurcu-bp

.SECONDARY: $(BENCH_LIB)
.PHONY: bench bench-run bench-sample
