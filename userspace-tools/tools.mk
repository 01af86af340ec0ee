# SPDX-License-Identifier: GPL-2.0
#
# The ksmfs command: build/ksmfs to install, build/ksmfs-static for the test
# machine, build/ksmfs-asan for its own tests.

PREFIX       ?= /usr/local
TOOLS_CC     ?= gcc
TOOLS_CFLAGS ?= -O2 -g
TOOLS_FLAGS  := -std=gnu11 -D_GNU_SOURCE -DKSMFS_VERSION='"$(VERSION)"' \
	-I$(CURDIR)/include -Wall -Wextra -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wformat=2 -Wundef -Wvla
TOOLS_SAN    := -O1 -g -Werror -fsanitize=address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer
TOOLS_OBJS   := main cmd_stat cmd_tune cmd_scan cmd_doctor cmd_help \
	cmd_version counters regions maps sysio fake json text util
TOOLS_PLAIN  := $(TOOLS_OBJS:%=$(BUILD)/tools/%.o)
TOOLS_ASAN   := $(TOOLS_OBJS:%=$(BUILD)/tools-asan/%.o)
TOOLS_BUILT  := $(addprefix $(BUILD)/,ksmfs ksmfs-static ksmfs.8 ksmfs.bash)

tools: $(TOOLS_BUILT)	## build the ksmfs command

$(BUILD)/ksmfs: $(TOOLS_PLAIN)
	@echo "  LD      $(@F)"
	$(Q)$(TOOLS_CC) $(LDFLAGS) -o $@ $^ -ljson-c

$(BUILD)/ksmfs-static: $(TOOLS_PLAIN)
	@echo "  LD      $(@F)"
	$(Q)$(TOOLS_CC) $(LDFLAGS) -static -o $@ $^ -ljson-c

$(BUILD)/ksmfs-asan: $(TOOLS_ASAN)
	@echo "  LD      $(@F)"
	$(Q)$(TOOLS_CC) $(TOOLS_SAN) -o $@ $^ -ljson-c

$(BUILD)/tools/%.o: userspace-tools/%.c Makefile userspace-tools/tools.mk | tools-packages
	@echo "  CC      $(@F)"
	@mkdir -p $(@D)
	$(Q)$(TOOLS_CC) $(TOOLS_FLAGS) $(TOOLS_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tools-asan/%.o: userspace-tools/%.c Makefile userspace-tools/tools.mk | tools-packages
	@echo "  CC asan $(@F)"
	@mkdir -p $(@D)
	$(Q)$(TOOLS_CC) $(TOOLS_FLAGS) $(TOOLS_SAN) -MMD -MP -c -o $@ $<

$(BUILD)/tools/gen: $(BUILD)/tools/gen.o
	$(Q)$(TOOLS_CC) -o $@ $<

$(BUILD)/ksmfs.8: userspace-tools/man/ksmfs.8.in $(BUILD)/tools/gen
	@echo "  GEN     $(@F)"
	$(Q)$(BUILD)/tools/gen <$< >$@.new && mv $@.new $@

$(BUILD)/ksmfs.bash: userspace-tools/completion/ksmfs.bash.in $(BUILD)/tools/gen
	@echo "  GEN     $(@F)"
	$(Q)$(BUILD)/tools/gen <$< >$@.new && mv $@.new $@

tools-packages:
	@$(NEED) gcc libc6-dev libjson-c-dev

check-cli: $(TOOLS_BUILT) $(BUILD)/ksmfs-asan	## golden tests of the ksmfs command
	@$(NEED) python3
	@mkdir -p $(BUILD)/results
	@tests/cli/run $(BUILD)/ksmfs $(BUILD)/ksmfs-asan \
		>$(BUILD)/results/cli.tap || \
		{ grep -v '^ok ' $(BUILD)/results/cli.tap; exit 1; }
	@echo "  CLI     $$(grep -c '^ok ' $(BUILD)/results/cli.tap) tests passed"

install-tools: tools	## install the ksmfs command (DESTDIR=, PREFIX=)
	install -D -m 755 $(BUILD)/ksmfs $(DESTDIR)$(PREFIX)/sbin/ksmfs
	install -D -m 644 $(BUILD)/ksmfs.8 \
		$(DESTDIR)$(PREFIX)/share/man/man8/ksmfs.8
	install -D -m 644 $(BUILD)/ksmfs.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/ksmfs

.PHONY: tools tools-packages check-cli install-tools

-include $(TOOLS_PLAIN:.o=.d) $(TOOLS_ASAN:.o=.d) $(BUILD)/tools/gen.d
