# SPDX-License-Identifier: GPL-2.0
#
# The disposable KVM host: a virtual machine under emulation with ksmfs.ko,
# and with QEMU for guests of its own.  See README.md beside this file.

# KERNEL is the host's: Debian's of the headers that are installed, or another one
# of linux/kernels.
KERNEL       ?=
export KERNEL
VM           := $(BUILD)/vm$(KERNEL:%=-%)
VM_DIR       := tests/vm
VM_CC        := gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static -pthread
VM_LIB       := $(patsubst $(VM_DIR)/%.c,$(VM)/%.o,$(wildcard $(VM_DIR)/lib/*.c))
VM_TOOLS     := $(BUILD)/ksmfs-static $(BUILD)/ksmfsd-static
VM_SCENARIOS := $(patsubst $(VM_DIR)/%.c,$(VM)/%,$(wildcard $(VM_DIR)/scenarios/*.c))
VM_SCRIPTS   := $(wildcard $(VM_DIR)/scenarios/*.sh)
# What README and docs tell people to type; check-cli does what needs no module.
VM_TEXTS     := $(patsubst %.md,$(VM)/docs/%.sh,$(filter-out estimate.md, \
	$(notdir README.md $(wildcard docs/*.md))))
VM_PROGRAMS  := $(VM)/init $(VM)/qmp $(VM)/work $(VM_SCENARIOS) $(VM_TEXTS)

# What goes into the host besides Debian: PATH=SOURCE.
VM_KERNEL  = $(or $(KERNEL),$(VM_KREL))
VM_KDIR    = $(if $(KERNEL),$(VM)/linux/build,/lib/modules/$(VM_KREL)/build)
VM_MODULES = $(wildcard $(BUILD)/module-$(VM_KERNEL)/*.ko)
VM_FILES   = $(foreach m,$(VM_MODULES),/lib/modules/$(notdir $m)=$m) \
	$(join /bin/ksmfs= /bin/ksmfsd=,$(VM_TOOLS)) /bin/qmp=$(VM)/qmp \
	/lib/guests.sh=$(VM_DIR)/guests.sh /scenarios/demo=$(VM_DIR)/demo.sh \
	$(foreach s,$(VM_SCENARIOS),/scenarios/$(notdir $s)=$s) \
	$(foreach s,$(VM_SCRIPTS),/scenarios/$(basename $(notdir $s))=$s) \
	$(foreach t,$(VM_TEXTS),/docs/$(notdir $t)=$t)

check-vm: vm-host	## run the VM scenarios (SCENARIO=pattern for some, KERNEL=7.3)
	@$(VM_DIR)/check $(VM) $(BUILD)/results/vm$(KERNEL:%=-%).tap '$(or $(SCENARIO),*)'

# Separate boots: a kernel that has told of one mistake may miss others.
check-debug:	## the VM scenarios on kernels that look for mistakes (KERNELS='lockdep kasan kcsan')
	@rm -rf $(BUILD)/results && mkdir -p $(BUILD)/results
	@for kernel in $(or $(KERNELS),lockdep kasan kcsan); do \
		$(MAKE) --no-print-directory check-vm KERNEL=$$kernel || status=1; \
	done; scripts/tally $${status:-0} $(BUILD)/results

demo: vm-host	## three KVM guests share memory on a disposable host
	@$(VM_DIR)/demo $(VM) $(BUILD)/demo.json

# A second make, so that VM_KREL sees the headers just installed.  A kernel of
# another release brings the compiler that its modules take.
vm-host: $(VM_TOOLS)
	@$(NEED) $(VM_HEADERS) gcc libc6-dev cpio xz-utils
	@$(MAKE) --no-print-directory vm-linux
	@PATH=$(VM)/linux/usr/bin:$$PATH \
		$(MAKE) --no-print-directory modules KREL='$$(VM_KERNEL)' KDIR='$$(VM_KDIR)' \
			KSMFS_TESTS=m
	@$(MAKE) --no-print-directory vm-host-build

vm-linux:
	@$(NEED) patchelf
	@$(VM_DIR)/fetch $(VM) $(VM_KREL)
ifneq ($(filter lockdep kasan kcsan,$(KERNEL)),)
	@$(NEED) linux-source-6.1 flex bison bc libelf-dev libssl-dev
	@$(VM_DIR)/linux/build $(VM)
endif

vm-host-build: $(VM_PROGRAMS)
	@$(VM_DIR)/initramfs guest $(VM) /bin/work=$(VM)/work
	@$(VM_DIR)/initramfs host $(VM) $(VM_FILES)
	@$(VM_DIR)/initramfs libvirt $(VM)

$(VM)/init: $(wildcard $(VM_DIR)/init/*.[ch])
	@mkdir -p $(@D)
	@echo "  CC      $(@F)"
	$(Q)$(VM_CC) -o $@ $(filter %.c,$^)

$(VM)/docs/README.sh: README.md tests/docs/extract
	@mkdir -p $(@D)
	$(Q)tests/docs/extract $< >$@

$(VM)/docs/%.sh: docs/%.md tests/docs/extract
	@mkdir -p $(@D)
	$(Q)tests/docs/extract $< >$@

$(VM)/qmp: $(VM_DIR)/qmp.c
	@mkdir -p $(@D)
	@echo "  CC      $(@F)"
	$(Q)$(VM_CC) -o $@ $<

$(VM)/work: $(wildcard $(VM_DIR)/guest/work/*.[ch]) $(VM)/lib/content.o
	@echo "  CC      $(@F)"
	$(Q)$(VM_CC) -s -o $@ $(filter %.c %.o,$^)

$(VM)/lib/%.o: $(VM_DIR)/lib/%.c $(wildcard $(VM_DIR)/lib/*.h) include/uapi/ksmfs.h
	@mkdir -p $(@D)
	@echo "  CC      $(@F)"
	$(Q)$(VM_CC) -c -o $@ $<

$(VM)/scenarios/%: $(VM_DIR)/scenarios/%.c $(VM_LIB) $(wildcard $(VM_DIR)/lib/*.h)
	@mkdir -p $(@D)
	@echo "  CC      $(@F)"
	$(Q)$(VM_CC) -o $@ $< $(VM_LIB)

.SECONDARY: $(VM_LIB)
.PHONY: check-vm check-debug demo vm-host vm-linux vm-host-build
