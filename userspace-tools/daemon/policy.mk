# SPDX-License-Identifier: GPL-2.0
#
# The policy and its simulator: no input or output but the simulator's, no
# libraries.  The daemon links them; their tests are built with sanitizers.

KSMFSD_POLICY  := $(addprefix userspace-tools/daemon/,policy states demand \
	balloon balance target trace model simulate)
POLICY_FLAGS   := -std=gnu11 -D_GNU_SOURCE -I$(CURDIR) -Wall -Wextra -Wshadow \
	-Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wundef -Wvla \
	-Werror -O1 -g -fsanitize=address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer
POLICY_OBJS    := $(KSMFSD_POLICY:%=$(BUILD)/policy/%.o) \
	$(BUILD)/policy/tests/daemon/test_policy.o

check-policy:	## unit tests of the daemon's policy, alone and simulated
	@$(NEED) gcc libc6-dev libcmocka-dev
	@$(MAKE) --no-print-directory $(BUILD)/policy/test_policy
	@tests/unit/run $(BUILD)/policy/test_policy $(BUILD)/results/policy.tap
	@echo "  POLICY  $$(grep -c '^ok ' $(BUILD)/results/policy.tap) tests passed"

$(BUILD)/policy/test_policy: $(POLICY_OBJS)
	@echo "  LD      $(@F)"
	$(Q)gcc $(POLICY_FLAGS) -o $@ $^ -lcmocka

$(BUILD)/policy/%.o: %.c
	@mkdir -p $(@D)
	$(Q)gcc $(POLICY_FLAGS) -MMD -MP -c -o $@ $<

.PHONY: check-policy

-include $(POLICY_OBJS:.o=.d)
