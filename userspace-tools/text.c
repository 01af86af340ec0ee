// SPDX-License-Identifier: GPL-2.0
/*
 * Numbers and names, from and to text.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "tool.h"

bool text_to_u64(const char *text, uint64_t *value)
{
	if (!*text || text[strspn(text, "0123456789")])
		return false;
	errno = 0;
	*value = strtoull(text, NULL, 10);
	return !errno;
}

bool text_to_s64(const char *text, int64_t *value)
{
	const char *digits = text + (*text == '-');

	if (!*digits || digits[strspn(digits, "0123456789")])
		return false;
	errno = 0;
	*value = strtoll(text, NULL, 10);
	return !errno;
}

bool text_to_bytes(const char *text, uint64_t *bytes)
{
	static const char suffixes[] = "kmgt";
	size_t digits = strspn(text, "0123456789");
	const char *suffix = strchr(suffixes, tolower(text[digits]));
	unsigned int shift;

	if (!digits || !suffix || (*suffix && text[digits + 1]))
		return false;
	errno = 0;
	*bytes = strtoull(text, NULL, 10);
	shift = *suffix ? (suffix - suffixes + 1) * 10 : 0;
	if (errno || *bytes > UINT64_MAX >> shift)
		return false;
	*bytes <<= shift;
	return true;
}

bool text_starts_with(const char *text, const char *start)
{
	return !strncmp(text, start, strlen(start));
}

struct text_size text_size(double bytes)
{
	const char *unit = "\0KMGTPEZY";
	struct text_size size;

	while ((bytes > 1023.9 || bytes < -1023.9) && unit[1] != 'Y') {
		bytes /= 1024;
		unit++;
	}
	snprintf(size.text, sizeof(size.text), "%.*f%c", *unit ? 1 : 0, bytes,
		 *unit);
	return size;
}

/*
 * Length of the UTF-8 character at @s; 0 if there is none.  Overlong forms,
 * surrogates and what lies beyond U+10FFFF are none.
 */
static size_t utf8_length(const unsigned char *s)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t length;

	if (s[0] < 0x80)
		return 1;
	if (s[0] >= 0xc2 && s[0] <= 0xdf) {
		length = 2;
	} else if (s[0] >= 0xe0 && s[0] <= 0xef) {
		length = 3;
		if (s[0] == 0xe0)
			low = 0xa0;
		if (s[0] == 0xed)
			high = 0x9f;
	} else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		length = 4;
		if (s[0] == 0xf0)
			low = 0x90;
		if (s[0] == 0xf4)
			high = 0x8f;
	} else {
		return 0;
	}
	if (s[1] < low || s[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return length;
}

/*
 * C1 control characters are UTF-8 too, and terminals obey them.  U+FFFE and
 * U+FFFF will never be characters, and an XML file must not have them.
 */
static bool is_control(const unsigned char *s)
{
	return *s < 0x20 || *s == 0x7f || (*s == 0xc2 && s[1] < 0xa0) ||
	       (*s == 0xef && s[1] == 0xbf && s[2] >= 0xbe);
}

char *text_for_terminal(const char *name)
{
	const unsigned char *in = (const unsigned char *)name;
	char *text = xrealloc(NULL, strlen(name) * 4 + 1, 1);
	char *out = text;

	while (*in) {
		size_t length = utf8_length(in);

		if (!length || is_control(in) || *in == '\\') {
			out += sprintf(out, "\\%03o", *in++);
			continue;
		}
		out = mempcpy(out, in, length);
		in += length;
	}
	*out = '\0';
	return text;
}

char *text_for_json(const char *name)
{
	const unsigned char *in = (const unsigned char *)name;
	char *text = xrealloc(NULL, strlen(name) * 3 + 1, 1);
	char *out = text;

	while (*in) {
		size_t length = utf8_length(in);

		if (length) {
			out = mempcpy(out, in, length);
			in += length;
		} else {
			out = mempcpy(out, "\xef\xbf\xbd", 3);
			in++;
		}
	}
	*out = '\0';
	return text;
}

size_t text_width(const char *text)
{
	size_t width = 0;

	for (; *text; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

int text_field(const char *text, int width)
{
	return width + (int)(strlen(text) - text_width(text));
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/* What \ooo stands for, which is at most 255; 0 if that is not there. */
static unsigned int escaped_byte(const char *text)
{
	if (text[0] != '\\' || text[1] > '3' || !is_octal(text[1]) ||
	    !is_octal(text[2]) || !is_octal(text[3]))
		return 0;
	return (text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0');
}

void text_unescape(char *text)
{
	char *out = text;

	while (*text) {
		unsigned int byte = escaped_byte(text);

		if (byte) {
			*out++ = byte;
			text += 4;
		} else {
			*out++ = *text++;
		}
	}
	*out = '\0';
}
