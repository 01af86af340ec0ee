# SPDX-License-Identifier: GPL-2.0
#
# The portable core: compiled into ksmfs.ko by Kbuild, and over the shims of
# tests/shim into the library that the unit tests run.  No extension.

KSMFS_CORE := \
	hash/content \
	hash/fingerprint \
	cow/frame \
	cow/pool \
	cow/slot \
	cow/region \
	cow/domain \
	cow/unshare \
	cow/break \
	cow/pack \
	cow/fetch \
	cow/punch \
	cow/places \
	cow/swap \
	ksm/stable \
	ksm/mode \
	ksm/merge \
	ksm/scan \
	ksm/reclaim \
	ksm/budget \
	ksm/advisor \
	ksm/sample
