// SPDX-License-Identifier: GPL-2.0
/*
 * A QEMU that says anything, and a daemon that listens:
 * userspace-tools/daemon/qmp.c and qmp_guest.c.
 *
 * The input is a play, a line for each act.  What begins with '!' is an act
 * of somebody else than QEMU:
 *
 *	!poll		the daemon begins a round
 *	!wait		a second goes by
 *	!balloon	the daemon wants the guest to have 64 MiB
 *	!connect	the socket is there; !refuse: it is not
 *	!turn		what was written arrives
 *	!hangup		QEMU has gone
 *	!hands-off	as the first line: the daemon is to change nothing
 *
 * Any other line is what QEMU says, without the end of the line; '@' is the
 * time, in seconds since 1970.
 */
#include <time.h>

#include "../../../userspace-tools/daemon/qmp_guest.c"
#include "../lib/fuzz.h"
#include "../lib/loop.h"

#define PERIOD 5

static bool hands_off;

/* Commands are objects, one on a line; a daemon that only looks changes nothing. */
static void check_command(const char *text, size_t length)
{
	struct json_object *command = json_tokener_parse(text);
	const char *name = string(command, "execute");

	EXPECT(memchr(text, '\n', length) == text + length - 1);
	EXPECT(name);
	EXPECT(!hands_off || (strcmp(name, "balloon") &&
			      strcmp(name, "qom-set")));
	json_object_put(command);
}

/* Whatever it says, what the daemon has of it makes sense. */
static void check(const struct guest *base)
{
	const struct qmp_guest *guest = (const struct qmp_guest *)base;

	EXPECT(*base->id && *base->title && base->status);
	EXPECT(strlen(base->title) <= NAME_MAX_LENGTH);
	EXPECT(base->actual <= NUMBER_MAX);
	EXPECT(!base->ready || guest->qmp);
	EXPECT(base->ready || !base->actual);
	if (!base->stats.valid)
		return;
	EXPECT(base->ready && guest->balloon >= BALLOON_VIRTIO);
	EXPECT(base->stats.available <= base->stats.total);
	EXPECT(base->stats.total <= 2 * NUMBER_MAX);
	EXPECT(base->stats.taken <= uv_now(guest->loop));
}

static void say_line(const char *line)
{
	char now[24];
	size_t part;

	while (*line) {
		part = strcspn(line, "@");
		loop_say(line, part);
		line += part;
		if (*line == '@')
			loop_say(now, snprintf(now, sizeof(now), "%lld",
					       (long long)time(NULL)));
		line += *line == '@';
	}
}

static void act(struct guest *guest, const char *line)
{
	if (!strcmp(line, "!poll"))
		guest->kind->poll(guest);
	else if (!strcmp(line, "!wait"))
		loop_wait(1000);
	else if (!strcmp(line, "!balloon"))
		guest_set_balloon(guest, 64 << 20);
	else if (!strcmp(line, "!connect"))
		loop_connect(0);
	else if (!strcmp(line, "!refuse"))
		loop_connect(UV_ECONNREFUSED);
	else if (!strcmp(line, "!turn"))
		loop_turn();
	else if (!strcmp(line, "!hangup"))
		loop_end(UV_EOF);
	else
		say_line(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *line, *rest;
	struct guest *guest;

	line = strtok_r(text, "\n", &rest);
	hands_off = line && !strcmp(line, "!hands-off");
	loop_written = check_command;
	guest = qmp_guest_new(loop_begin(), "/run/vm1.sock", PERIOD, hands_off);
	for (; line; line = strtok_r(NULL, "\n", &rest)) {
		act(guest, line);
		check(guest);
	}
	guest->kind->free(guest);
	loop_turn();
	EXPECT(!loop_open);
	free(text);
	return 0;
}
