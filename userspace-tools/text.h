/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Numbers and names, from and to text.
 */
#ifndef _KSMFS_TEXT_H
#define _KSMFS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The whole of @text is a decimal number that fits, as the kernel reads it:
 * no spaces and no sign (text_to_s64: but a minus).
 */
bool text_to_u64(const char *text, uint64_t *value);
bool text_to_s64(const char *text, int64_t *value);

/* A number of bytes, with the suffix k, m, g or t if there is one, or K, and so on. */
bool text_to_bytes(const char *text, uint64_t *bytes);

bool text_starts_with(const char *text, const char *start);

/* "0", "512", "4.0K", "1023.9M", "-1.5G". */
struct text_size {
	char text[16];
};
struct text_size text_size(double bytes);

/*
 * Names may hold any byte but '\0'.  For a terminal, whatever is neither
 * printable ASCII nor valid UTF-8 becomes \ooo, as in /proc/self/mounts; for
 * JSON, bytes that are not UTF-8 become U+FFFD.  Both to be freed.
 */
char *text_for_terminal(const char *name);
char *text_for_json(const char *name);

/* How many characters of UTF-8 @text has, which is taken for its width. */
size_t text_width(const char *text);

/* The field width with which printf() gives @text @width columns. */
int text_field(const char *text, int width);

/* Undoes \ooo in place. */
void text_unescape(char *text);

#endif /* _KSMFS_TEXT_H */
