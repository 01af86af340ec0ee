/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What must not be.  A warning of the kernel ends the test here.
 */
#ifndef _SHIM_BUG_H
#define _SHIM_BUG_H

#include <shim/bits.h>

/* Say what is wrong, print the stack, and end the program. */
void __attribute__((noreturn, format(printf, 1, 2)))
shim_die(const char *format, ...);

#define WARN_ON_ONCE(condition)                                                \
	({                                                                     \
		if (condition)                                                 \
			shim_die("%s:%d: warning: %s", __FILE__, __LINE__,     \
				 #condition);                                  \
		false;                                                         \
	})

#define WARN_ONCE(condition, ...)                                              \
	({                                                                     \
		if (condition)                                                 \
			shim_die(__VA_ARGS__);                                 \
		false;                                                         \
	})

/* For tests of things that must die: whether only the text is wanted. */
extern bool shim_die_quietly;
#define SHIM_DIED 99	/* the exit status then */

#endif /* _SHIM_BUG_H */
