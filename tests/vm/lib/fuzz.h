/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What scenarios that try bad input are written with.
 *
 * Each input is bad by construction, so it must be refused, with an error that
 * fits, and must change nothing: now and then all that can be seen of a mount
 * (its numbers, those of its files, knobs, options, names, every byte of
 * content) is compared with how it was before.  The scanner and the sampler
 * stand still meanwhile.  What is refused must also be given back: memory of
 * the kernel must not have grown with the number of inputs.
 *
 * A scenario takes a seed and a number of inputs, SCENARIO [SEED [INPUTS]], or
 * the seed as FUZZ_SEED= on the kernel's command line.  It leaves its numbers in
 * SCENARIO.json.
 */
#ifndef _SCENARIO_FUZZ_H
#define _SCENARIO_FUZZ_H

#include "scenario.h"
#include <sys/statvfs.h>

/* ---- what is there, and must stay (picture.c) ---- */

#define FUZZ_OPTIONS	"size=64m,break_reserve=2m,nr_inodes=100,mode=0755"
#define FUZZ_FILE	MNT "/a/file"
#define FUZZ_PAGES	64UL

/* What a domain's directory says of it. */
struct attributes {
	char merge[16];
	char strict[16];
};

/* All that can be seen from outside, but for content and times. */
struct picture {
	long long knobs[KNOBS];
	int choices[CHOICES];
	struct ksmfs_mount_info mount;
	struct ksmfs_region_info files[2];
	struct attributes attributes[2];
	long long size, mode, owner, links, names;
	struct statvfs space;
	char options[1024];
};

/*
 * The mount: a file with merged pages, zeros and holes, which is also open to be
 * read only; another file in another domain; the root and the file's domain;
 * and how all was when it was last looked at.
 */
struct fuzz {
	struct rng rng;
	struct region file;
	int other, read_only, top, domain;
	struct picture before;
};

extern struct fuzz fuzz;

void fuzz_mount(void);
void fuzz_umount(void);
/* Is all as it was? */
void fuzz_look(void);

/* ---- the run (fuzz.c) ---- */

/* Something that tries at least one bad input, and how often. */
struct fuzz_group {
	void (*try)(void);
	unsigned int weight;
};

/* Try as many inputs of these groups as are wanted; the last one has no try. */
void fuzz_run(int argc, char **argv, unsigned long wanted,
	      const struct fuzz_group *groups);

/* Uniform in 0 .. limit - 1. */
uint64_t below(uint64_t limit);
#define ANY(list)	((list)[below(sizeof(list) / sizeof(*(list)))])

/* ---- bad input, and what becomes of it (inputs.c) ---- */

/* Counted together with children. */
struct inputs {
	unsigned long tried;
	unsigned long wrong;	/* accepted, or refused for no good reason */
};

extern struct inputs *inputs;

void inputs_begin(void);
/* Leave the numbers in a file of this name; fail if any was wrong. */
void inputs_end(const char *name);
/* What is tried next, for people. */
void input_is(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* It should not have done this; the first ones are shown. */
void input_wrong(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
/* The result must be -1, and errno one of @errors, which end with 0. */
void input_refused(long result, const int errors[]);

#define REFUSED(call, ...)						\
	input_refused((long)(call), (const int[]){ __VA_ARGS__, 0 })

/*
 * A text that is no number from @low to @high, also with a newline behind it.
 * @exact: nothing but decimal digits will do, and there may be bytes 0.  Returns
 * its length.
 */
size_t bad_number(struct rng *rng, char *text, size_t size,
		  unsigned long long low, unsigned long long high, bool exact);

#endif /* _SCENARIO_FUZZ_H */
