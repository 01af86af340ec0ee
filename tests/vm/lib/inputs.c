// SPDX-License-Identifier: GPL-2.0
/*
 * Inputs that are bad by construction, and what becomes of them.
 */
#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#define SHOWN 20

struct inputs *inputs;
static char input[512];

void inputs_begin(void)
{
	inputs = (void *)SYS(mmap(NULL, sizeof(*inputs),
				  PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0));
}

void inputs_end(const char *name)
{
	FILE *json = fopen(name, "we");

	CHECK(json);
	fprintf(json, "{\"bad_inputs_tried\": %lu, \"accepted_or_crashed\": %lu}\n",
		inputs->tried, inputs->wrong);
	CHECK(!fclose(json));
	say("bad_inputs_tried: %lu, accepted_or_crashed: %lu", inputs->tried,
	    inputs->wrong);
	CHECK_EQ(inputs->wrong, 0);
}

void input_is(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(input, sizeof(input), format, args);
	va_end(args);
}

void input_wrong(const char *format, ...)
{
	va_list args;

	if (inputs->wrong++ >= SHOWN)
		return;
	printf("input %lu, %s: ", inputs->tried, input);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	fflush(stdout);
}

void input_refused(long result, const int errors[])
{
	int error = errno;

	inputs->tried++;
	if (result != -1) {
		input_wrong("accepted, with %ld", result);
		return;
	}
	for (; *errors; errors++)
		if (error == *errors)
			return;
	input_wrong("refused with %s", strerrorname_np(error));
}

size_t bad_number(struct rng *rng, char *text, size_t size,
		  unsigned long long low, unsigned long long high, bool exact)
{
	static const char behind[] = " \t.,;-x_", ahead[] = " \t\n.-x";
	static const char blank[] = { '\n', ' ', '\n', '\0' };
	unsigned long long good = low + rng_below(rng, high - low + 1 ?: 1);
	unsigned long long more = rng_below(rng, 1ULL << 40);
	int length = 0;

	switch (rng_below(rng, exact ? 14 : 10)) {
	case 0:
		length = snprintf(text, size, "%.*s",
				  (int)rng_below(rng, 3) + 1, blank);
		break;
	case 1:
		more %= UINT64_MAX - high;
		length = snprintf(text, size, "%llu", high + 1 + more);
		break;
	case 2:
		length = low ? snprintf(text, size, "%llu", rng_below(rng, low) + 0ULL) :
			       snprintf(text, size, "-1");
		break;
	case 3:
		length = snprintf(text, size, "-%llu", good + 1);
		break;
	case 4:
		length = snprintf(text, size, "1844674407370955%llu",
				  1616 + more);
		break;
	case 5:
		length = snprintf(text, size, "%llu%020llu", 1 + more, more);
		break;
	case 6:
		length = snprintf(text, size, "%llu%c", good,
				  behind[rng_below(rng, sizeof(behind) - 1)]);
		break;
	case 7:
		length = snprintf(text, size, "%c%llu",
				  ahead[rng_below(rng, sizeof(ahead) - 1)], good);
		break;
	case 8:
		length = snprintf(text, size, "abc%llx", more);
		break;
	case 9:
		length = 1 + rng_below(rng, 40);
		text[0] = "!\"#$&'()*/:<=>?@z~"[rng_below(rng, 18)];
		for (int i = 1; i < length; i++)
			text[i] = 1 + rng_below(rng, 255);
		break;
	case 10:
		length = snprintf(text, size, "+%llu", good);
		break;
	case 11:
		length = snprintf(text, size, "0x%llx", good);
		break;
	case 12:
		length = snprintf(text, size, "%llu%c%llu", good, 0, good);
		break;
	case 13:
		length = snprintf(text, size, "%llu\n%c", good,
				  rng_below(rng, 2) ? '\n' : 0);
		break;
	}
	text[length] = '\0';
	return length;
}
