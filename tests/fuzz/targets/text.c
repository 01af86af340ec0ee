// SPDX-License-Identifier: GPL-2.0
/*
 * Numbers and names: userspace-tools/text.c.
 *
 * The input is a text, and its first bytes are a number as well.
 */
#include <inttypes.h>

#include "../../../userspace-tools/text.c"
#include "../lib/fuzz.h"

/* "0017" is what 17 is. */
static const char *without_zeros(const char *digits)
{
	return digits + strspn(digits, "0") -
	       (digits[strspn(digits, "0")] == '\0');
}

static void read_numbers(const char *text)
{
	char again[32];
	uint64_t value;
	int64_t number;

	if (text_to_u64(text, &value)) {
		snprintf(again, sizeof(again), "%" PRIu64, value);
		EXPECT(!strcmp(again, without_zeros(text)));
	}
	if (text_to_s64(text, &number)) {
		bool minus = *text == '-';

		EXPECT(number <= 0 || !minus);
		snprintf(again, sizeof(again), "%" PRId64, number);
		EXPECT(!strcmp(again + (*again == '-'),
			       without_zeros(text + minus)));
	}
}

static bool is_fit_for_terminal(const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++)
		if (*c < 0x20 || *c == 0x7f ||
		    (*c == 0xc2 && c[1] < 0xa0))
			return false;
	return true;
}

static void escape(const char *text)
{
	char *shown = text_for_terminal(text), *json = text_for_json(text);
	char *twice = text_for_json(json);

	EXPECT(is_fit_for_terminal(shown));
	EXPECT(!strcmp(json, twice));
	for (const unsigned char *c = (unsigned char *)json; *c;
	     c += utf8_length(c))
		EXPECT(utf8_length(c));
	text_unescape(shown);
	EXPECT(!strcmp(shown, text));
	free(shown);
	free(json);
	free(twice);
}

static void unescape(const char *text)
{
	char *copy = xstrdup(text);

	text_unescape(copy);
	EXPECT(strlen(copy) <= strlen(text));
	free(copy);
}

static void print_size(const uint8_t *data, size_t size)
{
	int64_t bytes = 0;

	memcpy(&bytes, data, size < sizeof(bytes) ? size : sizeof(bytes));
	EXPECT(strlen(text_size(bytes).text) <= strlen("-1023.9G"));
	EXPECT(strlen(text_size((uint64_t)bytes).text) <= strlen("1023.9G"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	read_numbers(text);
	escape(text);
	unescape(text);
	print_size(data, size);
	free(text);
	return 0;
}
