/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What kernel and shims have to agree on, as a list of checks.
 */
#ifndef _SHIM_CONFORMANCE_H
#define _SHIM_CONFORMANCE_H

/**
 * struct conformance - one check
 * @name: what is checked
 * @check: checks it, by means of expectations that fail or hold
 */
struct conformance {
	const char *name;
	void (*check)(void);
};

/* All checks; the last one has no name. */
extern const struct conformance conformance[];

/* Run a check.  Returns the line of the first expectation that failed, or 0. */
int conformance_run(const struct conformance *check);

#endif /* _SHIM_CONFORMANCE_H */
