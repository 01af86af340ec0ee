# SPDX-License-Identifier: GPL-2.0
#
# Where the command, the daemon and all that goes with them are installed.
# Configuration is in /etc whatever PREFIX is: programs look for it there.

PREFIX   ?= /usr/local
UNIT_DIR ?= $(PREFIX)/lib/systemd/system
ZSH_DIR  ?= $(PREFIX)/share/zsh/site-functions
SYSTEMD  := userspace-tools/systemd

# Each FILE:PLACE is installed with rights 644, programs are below.
TOOLS_FILES = \
	$(BUILD)/ksmfs.8:$(PREFIX)/share/man/man8/ksmfs.8 \
	$(BUILD)/ksmfsd.8:$(PREFIX)/share/man/man8/ksmfsd.8 \
	$(BUILD)/ksmfs.5:$(PREFIX)/share/man/man5/ksmfs.5 \
	$(BUILD)/ksmfsd.conf.5:$(PREFIX)/share/man/man5/ksmfsd.conf.5 \
	$(BUILD)/ksmfs.bash:$(PREFIX)/share/bash-completion/completions/ksmfs \
	$(BUILD)/ksmfs.fish:$(PREFIX)/share/fish/vendor_completions.d/ksmfs.fish \
	$(BUILD)/ksmfs.zsh:$(ZSH_DIR)/_ksmfs \
	include/uapi/ksmfs.h:$(PREFIX)/include/ksmfs.h \
	userspace-tools/metrics/ksmfs-dashboard.json:$(PREFIX)/share/ksmfs/ksmfs-dashboard.json \
	userspace-tools/metrics/ksmfs-alerts.yml:$(PREFIX)/share/ksmfs/ksmfs-alerts.yml \
	$(SYSTEMD)/dev-ksmfs.mount:$(UNIT_DIR)/dev-ksmfs.mount \
	$(BUILD)/ksmfs-tune.service:$(UNIT_DIR)/ksmfs-tune.service \
	$(BUILD)/ksmfsd.service:$(UNIT_DIR)/ksmfsd.service \
	$(SYSTEMD)/ksmfs.tmpfiles:$(PREFIX)/lib/tmpfiles.d/ksmfs.conf

# These are kept if they are there: somebody may have edited them.
TOOLS_CONFIG = \
	userspace-tools/daemon/ksmfsd.conf:/etc/ksmfs/ksmfsd.conf \
	$(SYSTEMD)/ksmfs.default:/etc/default/ksmfs \
	$(SYSTEMD)/ksmfs.modprobe:/etc/modprobe.d/ksmfs.conf \
	$(SYSTEMD)/ksmfs.sysctl:/etc/sysctl.d/ksmfs.conf

TOOLS_PROGRAMS = $(BUILD)/ksmfs:$(PREFIX)/sbin/ksmfs \
	$(BUILD)/ksmfsd:$(PREFIX)/sbin/ksmfsd

file_of  = $(firstword $(subst :, ,$1))
place_of = $(DESTDIR)$(lastword $(subst :, ,$1))

define NEWLINE


endef

TOOLS_MADE = $(filter $(BUILD)/%,$(foreach f,$(TOOLS_PROGRAMS) $(TOOLS_FILES), \
	$(call file_of,$f)))

tools: $(TOOLS_MADE)	## build the ksmfs command and the daemon

install-tools: tools	## install all but the module (DESTDIR=, PREFIX=)
	$(foreach f,$(TOOLS_PROGRAMS),install -D -m 755 $(call file_of,$f) \
		$(call place_of,$f)$(NEWLINE))
	$(foreach f,$(TOOLS_FILES),install -D -m 644 $(call file_of,$f) \
		$(call place_of,$f)$(NEWLINE))
	$(foreach f,$(TOOLS_CONFIG),[ -e $(call place_of,$f) ] || \
		install -D -m 644 $(call file_of,$f) $(call place_of,$f)$(NEWLINE))

# What is configuration stays, and so do directories.
uninstall:	## remove what make install has installed, but for /etc
	rm -f $(foreach f,$(TOOLS_PROGRAMS) $(TOOLS_FILES),$(call place_of,$f))
	rm -rf $(DKMS_DIR)
	for module in $(DESTDIR)/lib/modules/*/updates/ksmfs.ko; do \
		[ -e "$$module" ] || continue; rm "$$module"; \
		release=$${module%/updates/*}; \
		$(if $(DESTDIR),:,depmod "$${release##*/}"); done

# PREFIX may be another one than the last time.
$(BUILD)/%.service: $(SYSTEMD)/%.service.in FORCE
	$(Q)sed 's,@SBIN@,$(PREFIX)/sbin,' $< >$@.new
	$(Q)cmp -s $@.new $@ && rm $@.new || mv $@.new $@

FORCE:

.PHONY: tools install-tools uninstall FORCE
