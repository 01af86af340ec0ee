// SPDX-License-Identifier: GPL-2.0
/*
 * Knobs and statistics, as the kernel shows them and as a user gives them:
 * userspace-tools/counters.c.
 *
 * The input is the text of a file of sysfs, or what follows KNOB= on the
 * command line.
 */
#include "../../../userspace-tools/counters.c"
#include "../lib/fuzz.h"

#define NOTHING 0xdeadbeefULL

static void check_given(enum knob_id id, const char *text)
{
	uint64_t value = NOTHING, again;
	char line[64];

	if (!knob_parse(id, text, &value)) {
		EXPECT(value == NOTHING);
		return;
	}
	EXPECT(value >= knobs[id].lowest && value <= knobs[id].highest);
	EXPECT(knob_parse(id, knob_text(id, value).text, &again));
	EXPECT(again == value);
	EXPECT(!knob_write(id, value));
	snprintf(line, sizeof(line), "%s\n", knob_text(id, value).text);
	EXPECT(!strcmp(fuzz_kernel_written, line));
}

static void check_shown(enum knob_id id, const char *text)
{
	uint64_t value = NOTHING;
	int ret = knob_try_read(id, &value);
	char word[64];

	EXPECT(!ret || ret == -EBADMSG);
	if (ret || !knobs[id].words)
		return;
	EXPECT(value <= knobs[id].highest);
	snprintf(word, sizeof(word), "[%s]", knobs[id].words[value]);
	EXPECT(strstr(text, word));
}

static void check_statistic(const char *text)
{
	uint64_t value;

	if (!read_number("frames", false, &value))
		EXPECT(*text >= '0' && *text <= '9');
	if (!read_number("general_profit", true, &value))
		EXPECT(*text == '-' ? (int64_t)value <= 0 :
				      (int64_t)value >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	fuzz_kernel_text = text;
	for (enum knob_id id = 0; id < N_KNOBS; id++) {
		check_given(id, text);
		check_shown(id, text);
	}
	check_statistic(text);
	fuzz_kernel_text = NULL;
	free(text);
	return 0;
}
