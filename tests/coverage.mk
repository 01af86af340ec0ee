# SPDX-License-Identifier: GPL-2.0
#
# Which lines of the core do the unit tests and a slice of the model test run?

COVERAGE_LOWEST := 90	# percent of the core's lines

# With the sanitizers that some shims are made for; unoptimized, lest lines
# melt into one another.
UNIT_cov       := $(UNIT_asan) --coverage -O0
UNIT_cov_TESTS := $(UNIT_TESTS)
$(eval $(call unit_rules,cov))
$(eval $(call model_rules,cov))

coverage:	## lines of the core that unit and model tests run: fails below 90 %
	@$(NEED) $(UNIT_NEED) gcovr python3
	@find $(UNIT)/cov -name '*.gcda' -delete 2>/dev/null || true
	@$(MAKE) --no-print-directory -j2 $(UNIT_TESTS:%=run-cov-%) $(UNIT)/cov/model
	@tests/unit/run $(UNIT)/cov/model $(UNIT)/cov/model.tap --seed 1 --operations 10000
	@tests/coverage $(UNIT)/cov $(BUILD)/coverage.json $(COVERAGE_LOWEST) $(KSMFS_CORE:%=%.c)

.PHONY: coverage $(UNIT_TESTS:%=run-cov-%)
