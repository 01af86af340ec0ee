// SPDX-License-Identifier: GPL-2.0
/*
 * Which of the two formats of metrics a client would rather have.
 *
 *   Accept: application/openmetrics-text; version=1.0.0, text/plain; q=0.5
 *
 * A wildcard is no wish for OpenMetrics: who sends one may be a browser.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../tool.h"
#include "accept.h"

#define Q_ONE 1000	/* q is written with three digits at most */

struct range {
	const char *type;
	const char *version;
	unsigned int q;
};

static char *trim(char *word)
{
	size_t length;

	word += strspn(word, " \t");
	length = strlen(word);
	while (length && strchr(" \t", word[length - 1]))
		word[--length] = '\0';
	return word;
}

/* "0.75" is 750; what is no such number is 0. */
static unsigned int parse_q(const char *text)
{
	unsigned int q = 0, unit = Q_ONE / 10;

	if (*text != '0' && *text != '1')
		return 0;
	if (text[0] == '1')
		return Q_ONE;
	if (text[1] != '.')
		return 0;
	for (text += 2; isdigit((unsigned char)*text) && unit; text++) {
		q += unit * (*text - '0');
		unit /= 10;
	}
	return q;
}

/* TYPE/SUBTYPE; NAME=VALUE; ... */
static struct range parse_range(char *text)
{
	struct range range = { .q = Q_ONE };
	char *word, *rest;

	word = strtok_r(text, ";", &rest);
	range.type = word ? trim(word) : "";
	while ((word = strtok_r(NULL, ";", &rest))) {
		word = trim(word);
		if (!strncasecmp(word, "q=", 2))
			range.q = parse_q(word + 2);
		else if (!strncasecmp(word, "version=", 8))
			range.version = word + 8;
	}
	return range;
}

static bool is_open_metrics(const struct range *range)
{
	return !strcasecmp(range->type, "application/openmetrics-text") &&
	       (!range->version || !strcmp(range->version, "1.0.0"));
}

static bool is_plain(const struct range *range)
{
	return !strcasecmp(range->type, "text/plain") ||
	       !strcasecmp(range->type, "text/*") ||
	       !strcmp(range->type, "*/*");
}

bool accepts_open_metrics(const char *accept)
{
	char *copy = xstrdup(accept ? accept : ""), *word, *rest;
	unsigned int open = 0, plain = 0;

	for (word = strtok_r(copy, ",", &rest); word;
	     word = strtok_r(NULL, ",", &rest)) {
		struct range range = parse_range(word);

		if (is_open_metrics(&range) && range.q > open)
			open = range.q;
		else if (is_plain(&range) && range.q > plain)
			plain = range.q;
	}
	free(copy);
	return open && open >= plain;
}
