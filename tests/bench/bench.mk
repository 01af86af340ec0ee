# SPDX-License-Identifier: GPL-2.0
#
# Benchmarks: what ksmfs costs and saves beside in-tree KSM.  They say how it
# is and never fail for it.  README.md beside this file tells how they work.

BENCH_DIR      := tests/bench
BENCH          := $(BUILD)/bench
BENCH_LIB      := $(patsubst $(BENCH_DIR)/%.c,$(BENCH)/%.o,$(wildcard $(BENCH_DIR)/lib/*.c))
BENCH_PROGRAMS := $(patsubst $(BENCH_DIR)/%.c,$(BENCH)/%,$(wildcard $(BENCH_DIR)/*.c))

bench: vm-host	## benchmarks beside in-tree KSM (BENCHMARK=names for some)
	@$(NEED) python3
	@$(MAKE) --no-print-directory bench-run

bench-run: $(BENCH_PROGRAMS)
	@$(VM_DIR)/initramfs host $(VM) $(VM_FILES) \
		$(foreach p,$(BENCH_PROGRAMS),/scenarios/bench-$(notdir $p)=$p)
	@$(BENCH_DIR)/run $(VM) $(BUILD) '$(BENCHMARK)'

$(BENCH)/lib/%.o: $(BENCH_DIR)/lib/%.c $(wildcard $(BENCH_DIR)/lib/*.h $(VM_DIR)/lib/*.h)
	@mkdir -p $(@D)
	@echo "  CC      $(@F)"
	$(Q)$(VM_CC) -c -o $@ $<

$(BENCH)/%: $(BENCH_DIR)/%.c $(BENCH_LIB) $(VM_LIB) $(wildcard $(BENCH_DIR)/lib/*.h)
	@mkdir -p $(@D)
	@echo "  CC      $(@F)"
	$(Q)$(VM_CC) -o $@ $< $(BENCH_LIB) $(VM_LIB)

.SECONDARY: $(BENCH_LIB)
.PHONY: bench bench-run
