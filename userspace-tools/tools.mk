# SPDX-License-Identifier: GPL-2.0
#
# The ksmfs command and the daemon ksmfsd, each three times: build/ksmfs to
# install, build/ksmfs-static for the test machine, build/ksmfs-asan for its
# own tests.
#
# WITH_LIBVIRT=0 builds a ksmfsd without libvirt, as the static one always is;
# to change it, begin with make clean.

TOOLS_CC     ?= gcc
TOOLS_CFLAGS ?= -O2 -g
WITH_LIBVIRT ?= 1
TOOLS_FLAGS  := -std=gnu11 -D_GNU_SOURCE -DKSMFS_VERSION='"$(VERSION)"' \
	-I$(CURDIR)/userspace-tools/core -I$(CURDIR)/include -I$(CURDIR) \
	-pthread -Wall -Wextra -Wshadow -Wstrict-prototypes \
	-Wmissing-prototypes -Wformat=2 -Wundef -Wvla
TOOLS_SAN    := -O1 -g -Werror -fsanitize=address,undefined \
	-fno-sanitize-recover=all -fno-omit-frame-pointer
TOOLS_COMMON := counters regions maps rows sysio fake json text util
TOOLS_OBJS   := main cmd_stat cmd_vms cmd_tune cmd_domain cmd_scan \
	cmd_doctor cmd_help cmd_version ask ram $(TOOLS_COMMON) \
	cmd_matrix matrix matrix_svg sharing \
	cmd_top $(addprefix top/,processes reading model table head graph \
	print screen live) \
	cmd_estimate cmd_fingerprint cmd_affinity $(addprefix estimate/, \
	content elf_dump memory sample saving scan siphash sketch) \
	hash/content hash/fingerprint
DAEMON_OBJS  := $(TOOLS_COMMON) $(addprefix daemon/,main daemon vm guest \
	qmp_guest qmp host scanner control record config log address accept \
	exposition sample metrics metrics_page) \
	$(KSMFSD_POLICY:userspace-tools/%=%)
LIBVIRT_NONE := daemon/libvirt_none
LIBVIRT_OBJS := $(LIBVIRT_NONE)
ifeq ($(WITH_LIBVIRT),1)
LIBVIRT_OBJS := daemon/libvirt daemon/libvirt_guest
LIBVIRT_LIBS := -lvirt
LIBVIRT_NEED := libvirt-dev
LIBVIRT_FALSE := $(BUILD)/false-libvirt.so
endif
TOOLS_PLAIN  := $(TOOLS_OBJS:%=$(BUILD)/tools/%.o)
TOOLS_ASAN   := $(TOOLS_OBJS:%=$(BUILD)/tools-asan/%.o)
DAEMON_PLAIN := $(addprefix $(BUILD)/tools/,$(addsuffix .o,$(DAEMON_OBJS) \
	$(LIBVIRT_OBJS) daemon/http))
# There is no static libmicrohttpd: it takes gnutls, which Debian has none of.
DAEMON_STATIC := $(addprefix $(BUILD)/tools/,$(addsuffix .o,$(DAEMON_OBJS) \
	$(LIBVIRT_NONE) daemon/http_none))
DAEMON_ASAN  := $(addprefix $(BUILD)/tools-asan/,$(addsuffix .o, \
	$(DAEMON_OBJS) $(LIBVIRT_OBJS) daemon/http))
TOOLS_LIBS   := -ljson-c -llz4 -lm -lncursesw -ltinfo
DAEMON_LIBS  := -ljson-c -linih
DAEMON_SHARED := $(DAEMON_LIBS) -luv -lmicrohttpd $(LIBVIRT_LIBS)
$(BUILD)/ksmfs: $(TOOLS_PLAIN)
	@echo "  LD      $(@F)"
	$(Q)$(TOOLS_CC) $(LDFLAGS) -pthread -o $@ $^ $(TOOLS_LIBS)

$(BUILD)/ksmfs-static: $(TOOLS_PLAIN)
	@echo "  LD      $(@F)"
	$(Q)$(TOOLS_CC) $(LDFLAGS) -pthread -static -o $@ $^ $(TOOLS_LIBS)

$(BUILD)/ksmfs-asan: $(TOOLS_ASAN)
	@echo "  LD      $(@F)"
	$(Q)$(TOOLS_CC) $(TOOLS_SAN) -pthread -o $@ $^ $(TOOLS_LIBS)

$(BUILD)/ksmfsd: $(DAEMON_PLAIN)
	@echo "  LD      $(@F)"
	$(Q)$(TOOLS_CC) $(LDFLAGS) -o $@ $^ $(DAEMON_SHARED)

$(BUILD)/ksmfsd-static: $(DAEMON_STATIC)
	@echo "  LD      $(@F)"
	$(Q)$(TOOLS_CC) $(LDFLAGS) -static -o $@ $^ $(DAEMON_LIBS) -luv_a

$(BUILD)/ksmfsd-asan: $(DAEMON_ASAN)
	@echo "  LD      $(@F)"
	$(Q)$(TOOLS_CC) $(TOOLS_SAN) -o $@ $^ $(DAEMON_SHARED)

$(BUILD)/false-libvirt.so: tests/daemon/libvirt.c | tools-packages
	@echo "  LD      $(@F)"
	$(Q)$(TOOLS_CC) $(TOOLS_FLAGS) -Werror -shared -fPIC -o $@ $< -lvirt

$(BUILD)/tools/%.o: userspace-tools/%.c Makefile userspace-tools/tools.mk | tools-packages
	@echo "  CC      $(@F)"
	@mkdir -p $(@D)
	$(Q)$(TOOLS_CC) $(TOOLS_FLAGS) $(TOOLS_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tools-asan/%.o: userspace-tools/%.c Makefile userspace-tools/tools.mk | tools-packages
	@echo "  CC asan $(@F)"
	@mkdir -p $(@D)
	$(Q)$(TOOLS_CC) $(TOOLS_FLAGS) $(TOOLS_SAN) -MMD -MP -c -o $@ $<

# What the command shares with the module.
$(BUILD)/tools/hash/%.o: hash/%.c Makefile userspace-tools/tools.mk | tools-packages
	@echo "  CC      $(@F)"
	@mkdir -p $(@D)
	$(Q)$(TOOLS_CC) $(TOOLS_FLAGS) $(TOOLS_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/tools-asan/hash/%.o: hash/%.c Makefile userspace-tools/tools.mk | tools-packages
	@echo "  CC asan $(@F)"
	@mkdir -p $(@D)
	$(Q)$(TOOLS_CC) $(TOOLS_FLAGS) $(TOOLS_SAN) -MMD -MP -c -o $@ $<

$(BUILD)/tools/gen: $(BUILD)/tools/gen.o
	$(Q)$(TOOLS_CC) -o $@ $<

GEN = @echo "  GEN     $(@F)"; $(BUILD)/tools/gen <$< >$@.new && mv $@.new $@

$(BUILD)/%.8: userspace-tools/man/%.8.in $(BUILD)/tools/gen
	$(GEN)

$(BUILD)/%.5: userspace-tools/man/%.5.in $(BUILD)/tools/gen
	$(GEN)

$(BUILD)/ksmfs.%: userspace-tools/completion/ksmfs.%.in $(BUILD)/tools/gen
	$(GEN)

$(BUILD)/ksmfsd.conf.5: $(BUILD)/ksmfsd.conf.5.in $(BUILD)/tools/gen
	$(GEN)

$(BUILD)/ksmfsd.conf.5.in: userspace-tools/man/ksmfsd.conf.5.in \
		userspace-tools/man/keys docs/ksmfsd.md
	@mkdir -p $(@D)
	$(Q)userspace-tools/man/keys docs/ksmfsd.md <$< >$@.new && mv $@.new $@

$(BUILD)/test-sharing: tests/cli/test_sharing.c userspace-tools/sharing.c userspace-tools/text.c userspace-tools/util.c | tools-packages
	@$(NEED) libcmocka-dev
	@echo "  LD      $(@F)"
	$(Q)$(TOOLS_CC) $(TOOLS_FLAGS) $(TOOLS_SAN) -o $@ $^ -lcmocka

tools-packages:
	@$(NEED) gcc libc6-dev libjson-c-dev libinih-dev libuv1-dev \
		libmicrohttpd-dev libncurses-dev liblz4-dev libxxhash-dev \
		$(LIBVIRT_NEED)

check-cli: tools $(BUILD)/ksmfs-asan $(BUILD)/test-sharing	## golden tests of the ksmfs command
	@$(NEED) python3
	@mkdir -p $(BUILD)/results
	@tests/cli/run $(BUILD)/ksmfs $(BUILD)/ksmfs-asan \
		>$(BUILD)/results/cli.tap || \
		{ grep -v '^ok ' $(BUILD)/results/cli.tap; exit 1; }
	@$(BUILD)/test-sharing >$(BUILD)/results/sharing.tap || \
		{ cat $(BUILD)/results/sharing.tap; exit 1; }
	@tests/docs/here $(BUILD)/ksmfs docs/estimate.md \
		>$(BUILD)/results/docs.tap || { cat $(BUILD)/results/docs.tap; exit 1; }
	@tests/cli/truth $(BUILD)/ksmfs $(BUILD)/ksmfs-asan \
		>$(BUILD)/results/truth.tap || \
		{ grep -v '^ok ' $(BUILD)/results/truth.tap; exit 1; }
	@echo "  CLI     $$(cat $(BUILD)/results/cli.tap \
		$(BUILD)/results/truth.tap | grep -c '^ok ') tests passed"

check-daemon: $(BUILD)/ksmfsd-asan $(BUILD)/ksmfs $(LIBVIRT_FALSE)	## tests of ksmfsd with false QEMUs
	@$(NEED) python3
	@mkdir -p $(BUILD)/results
	@tests/daemon/run $(BUILD)/ksmfsd-asan $(BUILD)/ksmfs \
		>$(BUILD)/results/daemon.tap || \
		{ grep -v '^ok ' $(BUILD)/results/daemon.tap; exit 1; }
	@echo "  DAEMON  $$(grep -c '^ok ' $(BUILD)/results/daemon.tap) tests passed"

PROMETHEUS := $(BUILD)/prometheus

check-metrics: $(BUILD)/ksmfsd-asan $(BUILD)/ksmfsd $(BUILD)/ksmfs	## what ksmfsd tells Prometheus, with a real one
	@$(NEED) python3 strace
	@$(NEED) --unpack $(PROMETHEUS) prometheus
	@mkdir -p $(BUILD)/results
	@tests/metrics/run $(BUILD)/ksmfsd-asan $(BUILD)/ksmfs \
		>$(BUILD)/results/metrics.tap || \
		{ grep -v '^ok ' $(BUILD)/results/metrics.tap; exit 1; }
	@sed -n 's/^# cost: /  METRICS /p' $(BUILD)/results/metrics.tap
	@echo "  METRICS $$(grep -c '^ok ' $(BUILD)/results/metrics.tap) tests passed"

.PHONY: tools-packages check-cli check-daemon check-metrics

-include $(TOOLS_PLAIN:.o=.d) $(TOOLS_ASAN:.o=.d) \
	$(DAEMON_PLAIN:.o=.d) $(DAEMON_STATIC:.o=.d) $(DAEMON_ASAN:.o=.d) $(BUILD)/tools/gen.d
