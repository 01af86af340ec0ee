// SPDX-License-Identifier: GPL-2.0
/*
 * Knobs that are numbers somebody else reads when it matters to him, and that
 * nobody has to be told of.
 */
#include "ksm/ksmfs.h"

/* Initial values. */
enum {
#define X(name, lowest, highest, initial, help) INITIAL_##name = initial,
	KSMFS_KNOBS(X)
#undef X
};

#define PLAIN_KNOB(name, initial)                                             \
	static unsigned int name = initial;                                   \
	unsigned int ksmfs_knob_get_##name(void)                              \
	{                                                                     \
		return READ_ONCE(name);                                       \
	}                                                                     \
	int ksmfs_knob_set_##name(unsigned int value)                         \
	{                                                                     \
		WRITE_ONCE(name, value);                                      \
		return 0;                                                     \
	}

PLAIN_KNOB(stall_millisecs, INITIAL_stall_millisecs)
PLAIN_KNOB(reclaim_mode, KSMFS_RECLAIM_MODE_swap)
