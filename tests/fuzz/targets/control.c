// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket: userspace-tools/daemon/control.c.
 *
 * The input is what a client says.  It comes in pieces, of which each ends
 * with a byte '|' that is not said; '!' in its place is a second of silence.
 */
#include "../../../userspace-tools/daemon/control.c"
#include "../lib/fuzz.h"
#include "../lib/loop.h"

static unsigned int reports, lines;

static struct json_object *make_report(void *unused)
{
	(void)unused;
	reports++;
	return json_object_new_object();
}

/* An answer is one object, on one line, and the only one. */
static void check_answer(const char *text, size_t length)
{
	struct json_object *answer = json_tokener_parse(text);
	struct json_object *error;

	EXPECT(json_object_is_type(answer, json_type_object));
	EXPECT(memchr(text, '\n', length) == text + length - 1);
	EXPECT(json_object_object_get_ex(answer, "error", &error) == !reports);
	EXPECT(!lines++);
	json_object_put(answer);
}

static void talk(const char *text, size_t size)
{
	while (size) {
		size_t part = 0;

		while (part < size && text[part] != '|' && text[part] != '!')
			part++;
		loop_say(text, part);
		if (part < size && text[part++] == '!')
			loop_wait(1000);
		text += part;
		size -= part;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char at[] = "/nowhere/ksmfsd.sock";
	char *text = fuzz_text(data, size);

	reports = 0;
	lines = 0;
	loop_written = check_answer;
	EXPECT(!control_start(loop_begin(), at, make_report, NULL));
	loop_client();
	talk(text, size);
	EXPECT(reports <= lines);
	loop_wait(PATIENCE_MS);
	loop_turn();
	EXPECT(!n_clients);
	control_stop();
	loop_turn();
	EXPECT(!loop_open);
	free(text);
	return 0;
}
