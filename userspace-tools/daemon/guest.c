// SPDX-License-Identifier: GPL-2.0
/*
 * What all ways to talk to a QEMU have in common.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../tool.h"
#include "guest.h"
#include "log.h"

#define STALE_PERIODS 5

bool guest_has_balloon(const struct guest *guest)
{
	return guest->ready && guest->actual;
}

void guest_set_balloon(struct guest *guest, uint64_t bytes)
{
	if (!guest->hands_off)
		guest->target = bytes;
}

void guest_begin(struct guest *guest, const struct guest_kind *kind,
		 const char *id, char *title, bool hands_off)
{
	*guest = (struct guest){
		.kind = kind,
		.id = xstrdup(id),
		.title = title,
		.status = xstrdup("connecting"),
		.hands_off = hands_off,
	};
}

void guest_set_status(struct guest *guest, int priority, const char *fmt, ...)
{
	va_list args;
	char *status;

	va_start(args, fmt);
	if (vasprintf(&status, fmt, args) < 0)
		die(EXIT_FAILED, "out of memory");
	va_end(args);
	if (!strcmp(status, guest->status)) {
		free(status);
		return;
	}
	free(guest->status);
	guest->status = status;
	if (priority != GUEST_QUIET)
		log_say(priority, "%s: %s", guest->title, status);
}

void guest_answered(struct guest *guest, const char *error)
{
	if (error && !guest->refused)
		log_say(LOG_WARNING, "%s: the balloon does not move: %s",
			guest->title, error);
	guest->refused = error;
}

void guest_lost(struct guest *guest)
{
	guest->ready = false;
	guest->actual = 0;
	guest->target = 0;
	guest->stats.valid = false;
}

bool guest_read_time(uint64_t updated, unsigned int period, uint64_t loop,
		     uint64_t *taken)
{
	struct timespec time;
	uint64_t now, age;

	clock_gettime(CLOCK_REALTIME, &time);
	now = (uint64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
	if (!updated || updated > now / 1000 + 1)
		return false;
	age = now > updated * 1000 ? now - updated * 1000 : 0;
	*taken = loop > age ? loop - age : 0;
	return age <= guest_stale_ms(period);
}

uint64_t guest_stale_ms(unsigned int period)
{
	return (uint64_t)period * STALE_PERIODS * 1000;
}

void guest_end(struct guest *guest)
{
	free(guest->id);
	free(guest->title);
	free(guest->status);
	free(guest);
}
