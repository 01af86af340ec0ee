# SPDX-License-Identifier: GPL-2.0
#
# Building ksmfs.ko.  Kbuild leaves its objects beside the sources, so each
# kernel gets a directory of links to them below build/: several kernels can
# be built for at once, and the source tree stays clean.
#
# KREL is the kernel to build for: the running one where its headers are
# installed, otherwise the Debian kernel that the tests boot.

VM_HEADERS := linux-headers-cloud-amd64
RUNNING    := $(shell uname -r)
KREL       ?= $(if $(wildcard /lib/modules/$(RUNNING)/build),$(RUNNING),$(VM_KREL))
VM_KREL     = $(notdir $(lastword $(shell ls -dv /lib/modules/*-cloud-amd64 2>/dev/null)))
KDIR       ?= /lib/modules/$(KREL)/build
MODULE_DIR  = $(BUILD)/module-$(KREL)
W          ?= 1

modules:	## build ksmfs.ko (KREL=, KDIR= choose the kernel)
	@[ -d "$(KDIR)" ] || $(NEED) $(VM_HEADERS)
	@$(NEED) gcc kmod
	@$(MAKE) --no-print-directory modules-build

# A second make, so that KREL sees the headers just installed.
modules-build:
	@mkdir -p $(MODULE_DIR)/tests/vm
	$(Q)cp -as --remove-destination $(CURDIR)/Kbuild $(CURDIR)/core.mk \
		$(CURDIR)/include $(CURDIR)/hash $(CURDIR)/cow $(CURDIR)/ksm \
		$(MODULE_DIR)/
	$(Q)cp -as --remove-destination $(CURDIR)/tests/shim $(MODULE_DIR)/tests/
	$(Q)cp -as --remove-destination $(CURDIR)/tests/vm/fault \
		$(MODULE_DIR)/tests/vm/
	$(Q)$(MAKE) -C $(KDIR) M=$(MODULE_DIR) W=$(W) \
		KSMFS_VERSION=$(VERSION) KSMFS_TESTS=$(KSMFS_TESTS) modules
	@ln -sfn $(notdir $(MODULE_DIR)) $(BUILD)/module

install-modules: modules	## install ksmfs.ko for the kernel it was built for
	install -D -m 644 $(MODULE_DIR)/ksmfs.ko \
		$(DESTDIR)/lib/modules/$(KREL)/updates/ksmfs.ko
	$(if $(DESTDIR),,depmod $(KREL))

# The sources of the module alone, for DKMS to build anew for each kernel.
DKMS_DIR = $(DESTDIR)/usr/src/ksmfs-$(VERSION)

install-dkms: $(BUILD)/dkms.conf	## install the sources for DKMS (DESTDIR=)
	install -d $(DKMS_DIR)
	cp -r --no-preserve=ownership Kbuild core.mk include hash cow $(DKMS_DIR)
	install -D -m 644 -t $(DKMS_DIR)/ksm ksm/*.[ch]
	install -m 644 -t $(DKMS_DIR) $(BUILD)/dkms.conf

$(BUILD)/dkms.conf: ksm/dkms.conf.in ksm/kernels ksm/compat.h Makefile
	@echo "  GEN     $(@F)"
	@mkdir -p $(@D)
	$(Q)kernels=$$(ksm/kernels ksm/compat.h) && \
		sed "s,@VERSION@,$(VERSION),; s,@KERNELS@,$$kernels," $< >$@

.PHONY: modules modules-build install-modules install-dkms
