# SPDX-License-Identifier: GPL-2.0
#
# The screens of `ksmfs top`, in a real terminal.

check-cli: check-top

check-top: $(BUILD)/ksmfs-static $(BUILD)/ksmfs-asan	## golden screens of ksmfs top
	@$(NEED) ncurses-base python3 tmux
	@mkdir -p $(BUILD)/results
	@tests/top/run $^ >$(BUILD)/results/top.tap || \
		{ grep -v '^ok ' $(BUILD)/results/top.tap; exit 1; }
	@echo "  TOP     $$(grep -c '^ok ' $(BUILD)/results/top.tap) tests passed"

.PHONY: check-top
