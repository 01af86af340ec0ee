/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When to try again what has failed: after a second, then after two, and so
 * on, up to a minute.
 */
#ifndef KSMFSD_BACKOFF_H
#define KSMFSD_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MAX_MS 60000

/**
 * struct backoff - all zero when nothing has failed
 * @wait: milliseconds that are waited this time, or 0
 * @until: when to try again, by the loop's clock
 */
struct backoff {
	unsigned int wait;
	uint64_t until;
};

/* It has failed, at @now. */
static inline void backoff_more(struct backoff *backoff, uint64_t now)
{
	backoff->wait = backoff->wait ? backoff->wait * 2 : BACKOFF_FIRST_MS;
	if (backoff->wait > BACKOFF_MAX_MS)
		backoff->wait = BACKOFF_MAX_MS;
	backoff->until = now + backoff->wait;
}

static inline bool backoff_is_over(const struct backoff *backoff, uint64_t now)
{
	return now >= backoff->until;
}

#endif /* KSMFSD_BACKOFF_H */
