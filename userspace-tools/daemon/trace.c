// SPDX-License-Identifier: GPL-2.0
/*
 * Reading traces, and making them up.  The format is described in trace.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "round.h"
#include "trace.h"

#define VMS_MOST 4096
#define EVENTS_MOST (4U << 20)
#define SECONDS_MOST (366ULL * 24 * 3600)
#define HOUR 3600
#define DAY (24 * HOUR)

/* Who reads, and where it is. */
struct reader {
	struct trace *trace;
	unsigned int line;
	char *rest;	/* of the line */
	char *problem;
	size_t size;
};

__attribute__((format(printf, 2, 3)))
static bool wrong(struct reader *reader, const char *fmt, ...)
{
	va_list args;
	int length = 0;

	if (reader->line)
		length = snprintf(reader->problem, reader->size, "line %u: ",
				  reader->line);
	if (length < 0 || (size_t)length >= reader->size)
		return false;
	va_start(args, fmt);
	vsnprintf(reader->problem + length, reader->size - length, fmt, args);
	va_end(args);
	return false;
}

/* The next word of the line, or NULL. */
static char *word(struct reader *reader)
{
	char *begin = reader->rest + strspn(reader->rest, " \t\r\n");
	char *end = begin + strcspn(begin, " \t\r\n");

	reader->rest = *end ? end + 1 : end;
	*end = '\0';
	return *begin ? begin : NULL;
}

static bool number(struct reader *reader, const char *text, uint64_t highest,
		   uint64_t *value)
{
	static const char suffixes[] = "KMGT";
	const char *suffix;
	uint64_t unit = 1;
	char *end;

	if (!text)
		return wrong(reader, "a number is missing");
	errno = 0;
	*value = strtoull(text, &end, 10);
	suffix = *end ? strchr(suffixes, *end) : NULL;
	if (suffix) {
		unit <<= 10 * (suffix - suffixes + 1);
		end++;
	}
	if (*text < '0' || *text > '9' || *end || errno ||
	    *value > highest / unit)
		return wrong(reader, "\"%s\" is not a number up to %" PRIu64,
			     text, highest);
	*value *= unit;
	return true;
}

static bool choose(struct reader *reader, const char *text,
		   const char *const words[], uint64_t *chosen)
{
	for (*chosen = 0; words[*chosen]; ++*chosen)
		if (!strcmp(words[*chosen], text))
			return true;
	return wrong(reader, "\"%s\" is not among what can be chosen", text);
}

/* A key and where its value goes: a number, or which of some words. */
struct key {
	const char *name;
	uint64_t *value;
	uint64_t highest;
	const char *const *words;
};

static bool set_key(struct reader *reader, const struct key *key,
		    const char *text)
{
	if (key->words)
		return choose(reader, text, key->words, key->value);
	return number(reader, text, key->highest, key->value);
}

/* The rest of the line: KEY=VALUE, as often as there are. */
static bool keys(struct reader *reader, const struct key known[], size_t nr)
{
	char *name, *value;
	size_t i;

	while ((name = word(reader))) {
		value = strchr(name, '=');
		if (!value)
			return wrong(reader, "\"%s\" is not KEY=VALUE", name);
		*value++ = '\0';
		for (i = 0; i < nr && strcmp(known[i].name, name); i++)
			;
		if (i == nr)
			return wrong(reader, "\"%s\" is no key", name);
		if (!set_key(reader, &known[i], value))
			return false;
	}
	return true;
}

/* Room for one more element: arrays double at powers of two. */
static void *room(struct reader *reader, void *array, size_t nr, size_t size,
		  size_t most)
{
	void *larger = array;

	if (nr >= most) {
		wrong(reader, "there are more than %zu", most);
		return NULL;
	}
	if (!(nr & (nr - 1)))
		larger = realloc(array, (nr ? nr * 2 : 1) * size);
	if (!larger)
		wrong(reader, "out of memory");
	return larger;
}

static size_t find(const struct trace *trace, const char *name)
{
	size_t i;

	for (i = 0; i < trace->nr_vms; i++)
		if (!strcmp(trace->vms[i].name, name))
			break;
	return i;
}

static bool add_vm(struct reader *reader, const struct trace_vm *vm)
{
	struct trace *trace = reader->trace;
	struct trace_vm *vms;

	if (find(trace, vm->name) < trace->nr_vms)
		return wrong(reader, "there is a VM %s already", vm->name);
	vms = room(reader, trace->vms, trace->nr_vms, sizeof(*vms), VMS_MOST);
	if (!vms)
		return false;
	trace->vms = vms;
	vms[trace->nr_vms++] = *vm;
	return true;
}

static bool add_event(struct reader *reader, struct trace_event event)
{
	struct trace *trace = reader->trace;
	struct trace_event *events;

	events = room(reader, trace->events, trace->nr_events, sizeof(*events),
		      EVENTS_MOST);
	if (!events)
		return false;
	trace->events = events;
	event.line = reader->line;
	events[trace->nr_events++] = event;
	return true;
}

static bool read_host(struct reader *reader)
{
	return number(reader, word(reader), MOST, &reader->trace->host);
}

static bool read_round(struct reader *reader)
{
	return number(reader, word(reader), HOUR, &reader->trace->round);
}

static bool read_until(struct reader *reader)
{
	return number(reader, word(reader), SECONDS_MOST,
		      &reader->trace->until);
}

static bool read_vm(struct reader *reader)
{
	static const char *const balloons[] = {
		[BALLOON_YES] = "yes",
		[BALLOON_NO] = "no",
		[BALLOON_LIES] = "lies",
		[BALLOON_STUCK] = "stuck",
		NULL
	};
	static const char *const answers[] = { "no", "yes", NULL };
	struct trace_vm vm = {};
	uint64_t balloon = BALLOON_YES, stats = true, shares = 1000;
	const char *name = word(reader);
	const struct key known[] = {
		{ "min", &vm.settings.min, MOST, NULL },
		{ "max", &vm.settings.max, MOST, NULL },
		{ "reservation", &vm.settings.reservation, MOST, NULL },
		{ "shares", &shares, UINT32_MAX, NULL },
		{ "start", &vm.start, SECONDS_MOST, NULL },
		{ "balloon", &balloon, 0, balloons },
		{ "stats", &stats, 0, answers },
	};

	if (!name || strlen(name) >= sizeof(vm.name))
		return wrong(reader, "a name of up to %zu characters is missing",
			     sizeof(vm.name) - 1);
	strcpy(vm.name, name);
	if (!number(reader, word(reader), MOST, &vm.configured) ||
	    !keys(reader, known, sizeof(known) / sizeof(*known)))
		return false;
	if (!shares)
		return wrong(reader, "shares are 1 at least");
	if (vm.settings.max && vm.settings.min > vm.settings.max)
		return wrong(reader, "min is more than max");
	vm.settings.shares = shares;
	vm.balloon = balloon;
	vm.stats = stats;
	return add_vm(reader, &vm);
}

static bool read_at(struct reader *reader)
{
	struct trace_event event = {};
	uint64_t private = 100;
	const char *text;

	if (!number(reader, word(reader), SECONDS_MOST, &event.second))
		return false;
	text = word(reader);
	event.vm = text ? find(reader->trace, text) : reader->trace->nr_vms;
	if (event.vm == reader->trace->nr_vms)
		return wrong(reader, "no VM of that name comes before");
	if (!number(reader, word(reader), MOST, &event.active) ||
	    !number(reader, word(reader), MOST, &event.used))
		return false;
	if (event.active > event.used)
		return wrong(reader, "more is active than used");
	text = word(reader);
	if (text && !number(reader, text, 100, &private))
		return false;
	event.private = private;
	return add_event(reader, event);
}

static bool read_other(struct reader *reader)
{
	struct trace_event event = { .vm = TRACE_OTHER };

	return number(reader, word(reader), SECONDS_MOST, &event.second) &&
	       number(reader, word(reader), MOST, &event.used) &&
	       add_event(reader, event);
}

/* xorshift64*: the same everywhere.  Return: below @limit. */
static uint64_t chance(uint64_t *seed, uint64_t limit)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return (*seed * 0x2545f4914f6cdd1dULL >> 32) % limit;
}

enum pattern { PATTERN_DIURNAL, PATTERN_BURSTS };

/*
 * How busy a VM is, in percent.  Diurnal: from idle to busy and back, once a
 * day, later in some; and it wavers.  Bursts: one hour in ten.
 */
static unsigned int busy(enum pattern pattern, uint64_t second, uint64_t phase,
			 uint64_t *seed)
{
	uint64_t noise = chance(seed, 11);
	uint64_t time;

	if (pattern == PATTERN_BURSTS)
		return chance(seed, 10) ? noise : 90 + noise;
	time = (second + phase) % DAY;
	if (time > DAY / 2)
		time = DAY - time;
	return time * 90 / (DAY / 2) + noise;
}

static bool synthesize(struct reader *reader, size_t vm, enum pattern pattern,
		       uint64_t private, uint64_t *seed)
{
	uint64_t configured = reader->trace->vms[vm].configured;
	uint64_t every = pattern == PATTERN_DIURNAL ? HOUR / 4 : HOUR;
	/* Most have their day at the same time, three in ten have not. */
	uint64_t phase = chance(seed, 10) < 3 ? chance(seed, DAY) :
			 chance(seed, 2 * HOUR);
	uint64_t idle = configured * (5 + chance(seed, 10)) / 100;
	uint64_t peak = configured * (30 + chance(seed, 50)) / 100;
	uint64_t second;

	for (second = 0; second < reader->trace->until; second += every) {
		struct trace_event event = {
			.second = second,
			.vm = vm,
			.private = private,
		};

		event.active = idle + (peak - idle) *
			       busy(pattern, second, phase, seed) / 100;
		event.used = event.active + (configured - event.active) / 8;
		if (!add_event(reader, event))
			return false;
	}
	return true;
}

static bool read_synthetic(struct reader *reader)
{
	static const char *const patterns[] = {
		[PATTERN_DIURNAL] = "diurnal",
		[PATTERN_BURSTS] = "bursts",
		NULL
	};
	uint64_t vms = 100, seed = 1, configured = 4ULL << 30, private = 100, i;
	uint64_t pattern = PATTERN_DIURNAL;
	const struct key known[] = {
		{ "vms", &vms, VMS_MOST, NULL },
		{ "seed", &seed, UINT32_MAX, NULL },
		{ "configured", &configured, MOST / 4, NULL },
		{ "private", &private, 100, NULL },
		{ "pattern", &pattern, 0, patterns },
	};

	if (!reader->trace->until)
		return wrong(reader, "until has to come before");
	if (!keys(reader, known, sizeof(known) / sizeof(*known)))
		return false;
	/* What has no bit set yields nothing else. */
	seed = seed * 2 + 1;
	for (i = 0; i < vms; i++) {
		struct trace_vm vm = {
			.configured = configured / 2 << chance(&seed, 3),
			.settings.shares = 1000,
			.stats = true,
		};

		snprintf(vm.name, sizeof(vm.name), "vm%" PRIu64, i);
		if (!add_vm(reader, &vm) ||
		    !synthesize(reader, reader->trace->nr_vms - 1, pattern,
				private, &seed))
			return false;
	}
	return true;
}

static bool read_line(struct reader *reader)
{
	static const struct {
		const char *name;
		bool (*read)(struct reader *reader);
	} statements[] = {
		{ "host", read_host },
		{ "round", read_round },
		{ "until", read_until },
		{ "vm", read_vm },
		{ "at", read_at },
		{ "other", read_other },
		{ "synthetic", read_synthetic },
	};
	const char *name = word(reader);
	size_t i;

	if (!name)
		return true;
	for (i = 0; i < sizeof(statements) / sizeof(*statements); i++) {
		if (strcmp(statements[i].name, name))
			continue;
		if (!statements[i].read(reader))
			return false;
		return !word(reader) || wrong(reader, "there is more than belongs there");
	}
	return wrong(reader, "\"%s\" is no statement", name);
}

static int by_time(const void *one, const void *two)
{
	const struct trace_event *a = one, *b = two;

	if (a->second != b->second)
		return a->second < b->second ? -1 : 1;
	return (a->line > b->line) - (a->line < b->line);
}

bool trace_read(struct trace *trace, FILE *file, char *problem, size_t size)
{
	struct reader reader = { trace, .problem = problem, .size = size };
	bool right = true;
	char line[512];

	*trace = (struct trace) { .round = 5 };
	while (right && fgets(line, sizeof(line), file)) {
		reader.line++;
		reader.rest = line;
		right = strchr(line, '\n') || feof(file) ||
			wrong(&reader, "it is too long");
		line[strcspn(line, "#")] = '\0';
		right = right && read_line(&reader);
	}
	if (!right)
		return false;
	reader.line = 0;
	if (ferror(file))
		return wrong(&reader, "it cannot be read");
	if (!trace->host || !trace->until || !trace->round)
		return wrong(&reader, "host, until or round is missing or 0");
	if (trace->nr_events)
		qsort(trace->events, trace->nr_events, sizeof(*trace->events),
		      by_time);
	return true;
}

void trace_free(struct trace *trace)
{
	free(trace->vms);
	free(trace->events);
}
