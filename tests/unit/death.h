/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests of what must not be: assert_dies("text", statement) passes if the
 * statement makes the shim die, saying the text.  It runs in a child process.
 */
#ifndef _UNIT_DEATH_H
#define _UNIT_DEATH_H

#include "tests/unit/unit.h"

struct death {
	pid_t pid;
	int said;	/* what the child says */
};

/* Returns twice, as fork() does: true in the child. */
bool death_of(struct death *death);
void __attribute__((noreturn)) death_escaped(void);
void death_expect(const struct death *death, const char *text,
		  const char *file, int line);

#define assert_dies(text, statement)                                           \
	do {                                                                   \
		struct death death_;                                           \
		if (death_of(&death_)) {                                       \
			statement;                                             \
			death_escaped();                                       \
		}                                                              \
		death_expect(&death_, text, __FILE__, __LINE__);               \
	} while (0)

#endif /* _UNIT_DEATH_H */
