# SPDX-License-Identifier: GPL-2.0
#
# Tests of the Debian packages, of make install, and of shell completion.

PACKAGES  := tests/packages
CODENAMES ?= bookworm trixie

check-deb: deb tools	## build the packages, look at what is in them
	@$(NEED) lintian
	@mkdir -p $(BUILD)/results
	@$(PACKAGES)/contents $(DEB) $(BUILD) >$(BUILD)/results/deb.tap || \
		{ grep -v '^ok ' $(BUILD)/results/deb.tap; exit 1; }
	@echo "  DEB     $$(grep -c '^ok ' $(BUILD)/results/deb.tap) tests passed"

check-completion: tools	## what bash, zsh and fish offer for ksmfs
	@$(NEED) python3 bash zsh fish
	@mkdir -p $(BUILD)/results
	@$(PACKAGES)/completion $(BUILD) bash zsh fish \
		>$(BUILD)/results/completion.tap || \
		{ grep -v '^ok ' $(BUILD)/results/completion.tap; exit 1; }
	@echo "  SHELLS  $$(grep -c '^ok ' $(BUILD)/results/completion.tap) tests passed"

# As root, with a network, and for minutes: so it is no part of make check.
check-packages: check-deb check-completion $(VM_TOOLS)	## install the packages in clean Debians, boot them (CODENAMES=)
	@$(NEED) debootstrap $(VM_HEADERS) gcc libc6-dev cpio xz-utils
	@for codename in $(CODENAMES); do \
		$(MAKE) --no-print-directory check-package-$$codename || exit 1; \
	done

# The root's kernel takes the place of the one that fetch links.  It is booted with
# the module that DKMS has built: as a disposable host, and as a Debian with systemd.
check-package-%:
	@$(VM_DIR)/fetch $(BUILD)/vm-$* $(VM_KREL)
	@$(PACKAGES)/install $* $(DEB) $(BUILD)/vm-$*
	@$(MAKE) --no-print-directory vm-host-build VM=$(BUILD)/vm-$* \
		VM_MODULES=$(BUILD)/vm-$*/ksmfs.ko \
		VM_SCENARIOS=$(BUILD)/vm-$*/scenarios/merge VM_SCRIPTS=
	@$(VM_DIR)/check $(BUILD)/vm-$* $(BUILD)/results/vm-$*.tap merge
	@$(PACKAGES)/system $* $(DEB) $(BUILD)/vm-$*
	@$(VM_DIR)/run $(BUILD)/vm-$*/system units 2 3G units:300
	@cp $(BUILD)/vm-$*/system/units/verdict $(BUILD)/results/units-$*.tap

.PHONY: check-deb check-completion check-packages
