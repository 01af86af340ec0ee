# SPDX-License-Identifier: GPL-2.0
#
# The Debian packages, built from a copy of the tree: the Debian tools build where
# debian/ is, and leave what they make beside it.

DEB := $(BUILD)/deb

deb: debian/changelog	## build the Debian packages in build/deb
	@$(NEED) build-essential debhelper dh-dkms fakeroot pkgconf systemd \
		libinih-dev libjson-c-dev liblz4-dev libmicrohttpd-dev \
		libncurses-dev libuv1-dev libvirt-dev libxxhash-dev
	@version=$$(dpkg-parsechangelog -S Version) && \
		[ "$$version" = $(VERSION) ] || { echo "debian/changelog is of" \
		"$$version, the Makefile of $(VERSION)" >&2; exit 1; }
	@rm -rf $(DEB) && mkdir -p $(DEB)/source
	@tar -cf - --exclude-vcs --exclude=./build . | tar -xf - -C $(DEB)/source
	@echo "  DEB     $(VERSION)"
	@cd $(DEB)/source && dpkg-buildpackage -b -us -uc >../log 2>&1 || \
		{ tail -n 40 ../log >&2; exit 1; }
	@rm -rf $(DEB)/source
	@ls $(DEB)/*.deb | sed 's,^,  ,'

.PHONY: deb
