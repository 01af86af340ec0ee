/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The files of /sys/kernel/mm/ksmfs: knobs and statistics, as the two lists
 * of the ABI header name them.
 */
#ifndef _KSMFS_COUNTERS_H
#define _KSMFS_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include <uapi/ksmfs.h>

/* Choices are knobs, too: their value is the number of the word. */
#define X(name, ...) KNOB_##name,
enum knob_id { KSMFS_KNOBS(X) KSMFS_CHOICES(X) N_KNOBS };
#undef X

#define X(name, kind, help) STAT_##name,
enum stat_id { KSMFS_STATS(X) N_STATS };
#undef X

enum stat_kind { GAUGE, COUNTER, BYTES };

/* @words: of a choice, with NULL at the end; of a number NULL. */
struct knob {
	const char *name;
	uint64_t lowest;
	uint64_t highest;
	const char *const *words;
	const char *help;
};

struct statistic {
	const char *name;
	enum stat_kind kind;
	const char *help;
};

extern const struct knob knobs[N_KNOBS];
extern const struct statistic statistics[N_STATS];

/* BYTES may be negative: use counters_bytes(). */
struct counters {
	uint64_t value[N_STATS];
};

static inline int64_t counters_bytes(const struct counters *counters,
				     enum stat_id id)
{
	return (int64_t)counters->value[id];
}

/* These end the program when the module is not there or not ours. */
void counters_read(struct counters *counters);
uint64_t knob_read(enum knob_id id);

/* Pages: content in frames, and what merging, packing and swapping saves. */
double counters_frames(const struct counters *counters);
double counters_saved(const struct counters *counters);

/* What value of the knob "run" means. */
const char *run_text(uint64_t run);

/* A value as it is written. */
struct knob_text {
	char text[24];
};

struct knob_text knob_text(enum knob_id id, uint64_t value);

/* False, and nothing is set, if it is no value of the knob. */
bool knob_parse(enum knob_id id, const char *text, uint64_t *value);

/* These return 0 or a negative errno. */
int counters_try_read(struct counters *counters);
int knob_try_read(enum knob_id id, uint64_t *value);
int knob_write(enum knob_id id, uint64_t value);

#endif /* _KSMFS_COUNTERS_H */
