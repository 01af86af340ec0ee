// SPDX-License-Identifier: GPL-2.0
/*
 * The configuration file, read by libinih, and checked here.
 *
 * One table names every key with its type and range: it is what reads a
 * value, what explains a wrong one and what prints them all.
 */
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <ini.h>

#include "../text.h"
#include "../tool.h"
#include "address.h"
#include "config.h"
#include "http.h"
#include "libvirt.h"
#include "log.h"

#define DEFAULT_QMP "/run/ksmfs/qmp/*.sock"

#define SECTION_MAX 49		/* libinih cuts off what is longer */
#define VALUE_MAX_LENGTH 160	/* that config_print() can write on a line */

enum type {
	SIZE, PERCENT, COUNT, MILLISECONDS, STATE, PATH, PATHS, URI, ADDRESS
};

enum section { DAEMON, POLICY, VM };

/*
 * @offset: in struct config, or for VM in struct vm_settings
 * @lowest: smallest value, if it is a number
 * @highest: largest
 */
static const struct key {
	enum section section;
	const char *name;
	enum type type;
	size_t offset;
	uint64_t lowest;
	uint64_t highest;
} keys[] = {
#define IN(field) offsetof(struct config, field)
#define POLICY_KEY(name, type, low, high) \
	{ POLICY, #name, type, IN(policy.name), low, high }
#define STATE_KEY(list, state, id) \
	{ POLICY, #list "_" #state, PERCENT, IN(policy.list[id]), 0, 10000 }
	{ DAEMON, "qmp", PATHS, IN(qmp), 0, 0 },
	{ DAEMON, "libvirt", URI, IN(libvirt), 0, 0 },
	{ DAEMON, "interval", MILLISECONDS, IN(interval), 100, 3600000 },
	{ DAEMON, "socket", PATH, IN(socket), 0, 0 },
	{ DAEMON, "state", PATH, IN(state), 0, 0 },
	{ DAEMON, "csv", PATH, IN(csv), 0, 0 },
	{ DAEMON, "metrics", ADDRESS, IN(metrics), 0, 0 },
	POLICY_KEY(min_free_base, SIZE, 0, 1ULL << 50),
	POLICY_KEY(min_free_upto, SIZE, 0, 1ULL << 50),
	POLICY_KEY(min_free_percent, PERCENT, 0, 100),
	POLICY_KEY(min_free_most, PERCENT, 1, 100),
	STATE_KEY(enter_percent, clear, STATE_CLEAR),
	STATE_KEY(enter_percent, soft, STATE_SOFT),
	STATE_KEY(enter_percent, hard, STATE_HARD),
	STATE_KEY(enter_percent, low, STATE_LOW),
	STATE_KEY(leave_percent, clear, STATE_CLEAR),
	STATE_KEY(leave_percent, soft, STATE_SOFT),
	STATE_KEY(leave_percent, hard, STATE_HARD),
	STATE_KEY(leave_percent, low, STATE_LOW),
	POLICY_KEY(scan_from, STATE, 0, 0),
	POLICY_KEY(balloon_from, STATE, 0, 0),
	POLICY_KEY(reclaim_from, STATE, 0, 0),
	POLICY_KEY(limit_from, STATE, 0, 0),
	POLICY_KEY(trim_from, STATE, 0, 0),
	POLICY_KEY(idle_tax, PERCENT, 0, 99),
	POLICY_KEY(buffer, PERCENT, 0, 1000),
	POLICY_KEY(step, PERCENT, 1, 100),
	POLICY_KEY(grace, MILLISECONDS, 0, 3600000),
	POLICY_KEY(idle_rounds, COUNT, 0, 100000),
	POLICY_KEY(patience, COUNT, 1, 100000),
#define VM_KEY(name, type, low, high) \
	{ VM, #name, type, offsetof(struct vm_settings, name), low, high }
	VM_KEY(min, SIZE, 0, 1ULL << 50),
	VM_KEY(max, SIZE, 0, 1ULL << 50),
	VM_KEY(reservation, SIZE, 0, 1ULL << 50),
	VM_KEY(shares, COUNT, 1, 1000000),
};

#define N_KEYS (sizeof(keys) / sizeof(keys[0]))

static const char *const section_names[] = { "daemon", "policy", "vm" };

static const struct vm_settings settings_default = {
	.min = 128 << 20, .shares = 1000,
};

/*
 * @text: a line, in @size bytes of memory
 * @unreadable: that line cannot be given to libinih, and nor is the rest
 * @given: by key, whether it has been given in [daemon] or [policy], or in
 *	   the section of the last VM
 */
struct reader {
	struct config *config;
	const char *path;
	FILE *file;
	char *text;
	size_t size;
	unsigned int line;
	bool unreadable;
	bool bad;
	bool given[N_KEYS];
};

static void complain(struct reader *reader, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void complain(struct reader *reader, const char *fmt, ...)
{
	va_list args;
	char *what;

	va_start(args, fmt);
	if (vasprintf(&what, fmt, args) < 0)
		die(EXIT_FAILED, "out of memory");
	va_end(args);
	log_say(LOG_ERR, "%s:%u: %s", reader->path, reader->line, what);
	free(what);
	reader->bad = true;
}

/* NUMBER[SUFFIX], times what the suffix stands for. */
static bool parse_scaled(const char *text, const char *const suffixes[],
			 const uint64_t factors[], uint64_t *value)
{
	size_t digits = strspn(text, "0123456789");
	char *number = xstrdup(text);
	bool good;

	number[digits] = '\0';
	good = text_to_u64(number, value);
	free(number);
	for (size_t i = 0; good && suffixes[i]; i++)
		if (!strcmp(text + digits, suffixes[i]))
			return !__builtin_mul_overflow(*value, factors[i],
						       value);
	return false;
}

static bool parse_number(enum type type, const char *text, uint64_t *value)
{
	static const char *const sizes[] = { "", "K", "M", "G", "T", NULL };
	static const uint64_t size_factors[] = {
		1, 1 << 10, 1 << 20, 1 << 30, 1ULL << 40
	};
	static const char *const percent[] = { "", "%", NULL };
	static const char *const times[] = { "ms", "s", "min", NULL };
	static const uint64_t time_factors[] = { 1, 1000, 60000 };
	static const uint64_t ones[] = { 1, 1 };

	switch (type) {
	case SIZE:
		return parse_scaled(text, sizes, size_factors, value);
	case PERCENT:
		return parse_scaled(text, percent, ones, value);
	case MILLISECONDS:
		return parse_scaled(text, times, time_factors, value);
	default:
		return text_to_u64(text, value);
	}
}

/* "128M", as config_load() would read it. */
static struct text_size number_text(enum type type, uint64_t value)
{
	struct text_size number;
	const char *unit = "\0KMGT";

	while (type == SIZE && value && !(value % 1024) && unit[1]) {
		value /= 1024;
		unit++;
	}
	snprintf(number.text, sizeof(number.text), "%" PRIu64 "%.1s%s", value,
		 unit, type == PERCENT ? "%" : type == MILLISECONDS ? "ms" :
		 "");
	return number;
}

static const char *type_example(enum type type)
{
	switch (type) {
	case SIZE:
		return "bytes, or a number with K, M, G or T";
	case PERCENT:
		return "percent";
	case MILLISECONDS:
		return "a time, a number with ms, s or min";
	default:
		return "a number";
	}
}

static bool set_state(const char *text, enum memory_state *state)
{
	for (int i = 0; i < NR_STATES; i++) {
		if (strcmp(text, policy_state_name(i)))
			continue;
		*state = i;
		return true;
	}
	return false;
}

static void add_path(struct config *config, const char *path)
{
	config->qmp = xrealloc(config->qmp, config->n_qmp + 1,
			       sizeof(*config->qmp));
	config->qmp[config->n_qmp++] = xstrdup(path);
}

static void set_number(struct reader *reader, const struct key *key,
		       char *base, const char *value)
{
	uint64_t number;

	if (!parse_number(key->type, value, &number) ||
	    number < key->lowest || number > key->highest)
		complain(reader, "%s = %s: it takes %s from %s to %s",
			 key->name, value, type_example(key->type),
			 number_text(key->type, key->lowest).text,
			 number_text(key->type, key->highest).text);
	else if (key->type == SIZE)
		*(uint64_t *)(base + key->offset) = number;
	else
		*(unsigned int *)(base + key->offset) = number;
}

/* What a libvirt of another host runs has no memory here. */
static void set_uri(struct reader *reader, const struct key *key, char **uri,
		    const char *value)
{
	if (*value && !libvirt_is_built) {
		complain(reader, "%s = %s: this ksmfsd was built without "
			 "libvirt", key->name, value);
	} else if (*value && !strstr(value, ":///")) {
		complain(reader, "%s = %s: it takes the URI of a libvirt of "
			 "this host, such as qemu:///system", key->name,
			 value);
	} else if (*value) {
		free(*uri);
		*uri = xstrdup(value);
	}
}

static void set_address(struct reader *reader, const struct key *key,
			char **text, const char *value)
{
	struct sockaddr_storage address;

	if (!*value)
		return;
	if (!http_is_built) {
		complain(reader, "%s = %s: this ksmfsd was built without "
			 "libmicrohttpd", key->name, value);
	} else if (!address_parse(value, &address)) {
		complain(reader, "%s = %s: it takes an address and a port in "
			 "numbers, such as 127.0.0.1:9799 or [::1]:9799",
			 key->name, value);
	} else {
		free(*text);
		*text = xstrdup(value);
	}
}

static void set(struct reader *reader, const struct key *key, char *base,
		const char *value)
{
	char **path = (char **)(base + key->offset);

	switch (key->type) {
	case STATE:
		if (!set_state(value,
			       (enum memory_state *)(base + key->offset)))
			complain(reader, "%s = %s: it takes one of high, "
				 "clear, soft, hard and low", key->name, value);
		break;
	case PATH:
	case PATHS:
		if (*value != '/') {
			complain(reader, "%s = %s: it takes a path that "
				 "begins with /", key->name, value);
			break;
		}
		if (key->type == PATHS) {
			add_path(reader->config, value);
			break;
		}
		free(*path);
		*path = xstrdup(value);
		break;
	case URI:
		set_uri(reader, key, path, value);
		break;
	case ADDRESS:
		set_address(reader, key, path, value);
		break;
	default:
		set_number(reader, key, base, value);
	}
}

static const struct key *find_key(enum section section, const char *name)
{
	for (size_t i = 0; i < N_KEYS; i++)
		if (keys[i].section == section && !strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

static char *keys_of(enum section section)
{
	char *all = xstrdup("");

	for (size_t i = 0; i < N_KEYS; i++) {
		char *longer;

		if (keys[i].section != section)
			continue;
		longer = xprintf("%s%s%s", all, *all ? ", " : "",
				 keys[i].name);
		free(all);
		all = longer;
	}
	return all;
}

/* The settings of [vm PATTERN]; a section may be continued further down. */
static struct vm_settings *vm_section(struct reader *reader,
				      const char *pattern)
{
	struct config *config = reader->config;

	if (config->n_vms &&
	    !strcmp(config->vms[config->n_vms - 1].pattern, pattern))
		return &config->vms[config->n_vms - 1].settings;
	for (size_t i = 0; i < N_KEYS; i++)
		if (keys[i].section == VM)
			reader->given[i] = false;
	config->vms = xrealloc(config->vms, config->n_vms + 1,
			       sizeof(*config->vms));
	config->vms[config->n_vms] = (struct config_vm){
		.pattern = xstrdup(pattern), .settings = settings_default,
	};
	return &config->vms[config->n_vms++].settings;
}

/* libinih takes comments off, but not where a line continues the one before. */
static bool has_comment(const char *value)
{
	const char *mark = value;

	while ((mark = strchr(mark + 1, ';')))
		if (isspace((unsigned char)mark[-1]))
			return true;
	return false;
}

/* For libinih: one KEY = VALUE. */
static int handle(void *context, const char *section, const char *name,
		  const char *value)
{
	struct reader *reader = context;
	char *base = (char *)reader->config, *allowed;
	const struct key *key;
	enum section id;

	if (!strcmp(section, "daemon")) {
		id = DAEMON;
	} else if (!strcmp(section, "policy")) {
		id = POLICY;
	} else if (!strncmp(section, "vm ", 3) && section[3]) {
		id = VM;
	} else {
		complain(reader, "%s is in section [%s]: the sections are "
			 "[daemon], [policy] and [vm NAME]", name, section);
		return 1;
	}
	key = find_key(id, name);
	if (!key) {
		allowed = keys_of(id);
		complain(reader, "there is no key %s in [%s]: there are %s",
			 name, section_names[id], allowed);
		free(allowed);
		return 1;
	}
	if (id == VM)
		base = (char *)vm_section(reader, section + 3);
	if (key->type != PATHS && reader->given[key - keys])
		complain(reader, "%s is given twice", name);
	reader->given[key - keys] = true;
	if (strlen(value) > VALUE_MAX_LENGTH)
		complain(reader, "%s takes no more than %d bytes", name,
			 VALUE_MAX_LENGTH);
	else if (*value && has_comment(value))
		complain(reader, "%s is continued here, where no comment can "
			 "be", name);
	else
		set(reader, key, base, value);
	return 1;
}

/*
 * libinih has a section's name end at the first ], cuts it off without a word,
 * and looks at nothing behind it.
 */
static void check_header(struct reader *reader)
{
	static const char white[] = " \t\r\n\v\f";
	const char *head = reader->text, *end;

	if (reader->line == 1 && !strncmp(head, "\xef\xbb\xbf", 3))
		head += 3;
	head += strspn(head, white);
	end = strchr(head, ']');
	if (*head != '[' || !end)
		return;
	if (end - head - 1 > SECTION_MAX)
		complain(reader, "the name of a section has no more than %d "
			 "bytes", SECTION_MAX);
	end += 1 + strspn(end + 1, white);
	if (*end && *end != ';' && *end != '#')
		complain(reader, "there is more behind the ] that ends the "
			 "name of a section; the name itself can have none");
}

/* For libinih: the next line.  It does not tell which one it is at. */
static char *next_line(char *line, int room, void *context)
{
	struct reader *reader = context;
	ssize_t length;

	if (reader->unreadable)
		return NULL;
	length = getline(&reader->text, &reader->size, reader->file);
	if (length < 0)
		return NULL;
	reader->line++;
	reader->unreadable = true;
	if (strlen(reader->text) != (size_t)length) {
		complain(reader, "there is a byte 0 in the line");
		return NULL;
	}
	if (length > room - 1) {
		complain(reader, "the line is longer than %d bytes", room - 2);
		return NULL;
	}
	reader->unreadable = false;
	check_header(reader);
	return strcpy(line, reader->text);
}

static void check(struct reader *reader)
{
	struct config *config = reader->config;
	char problem[256];

	if (!policy_check(&config->policy, problem, sizeof(problem))) {
		log_say(LOG_ERR, "%s: [policy]: %s", reader->path, problem);
		reader->bad = true;
	}
	for (size_t i = 0; i < config->n_vms; i++) {
		const struct vm_settings *s = &config->vms[i].settings;

		if (s->max && s->min > s->max) {
			log_say(LOG_ERR, "%s: [vm %s]: min is more than max",
				reader->path, config->vms[i].pattern);
			reader->bad = true;
		}
	}
}

static void parse(struct reader *reader)
{
	int line;

	line = ini_parse_stream(next_line, reader, handle, reader);
	if (ferror(reader->file)) {
		complain(reader, "cannot read on: %s", strerror(errno));
	} else if (line) {
		reader->line = line > 0 ? line : 0;
		complain(reader, line > 0 ?
			 "this is neither a [section] nor KEY = VALUE" :
			 "out of memory");
	}
}

struct config *config_load(const char *path)
{
	struct reader reader = {
		.config = xrealloc(NULL, 1, sizeof(struct config)),
		.path = path ? path : CONFIG_DEFAULT_FILE,
	};
	struct config *config = reader.config;

	*config = (struct config){
		.interval = 5000,
		.socket = xstrdup("/run/ksmfs/ksmfsd.sock"),
		.state = xstrdup("/run/ksmfs/ksmfsd.state"),
		.policy = policy_defaults,
	};
	reader.file = fopen(reader.path, "re");
	if (reader.file) {
		parse(&reader);
		free(reader.text);
		fclose(reader.file);
	} else if (path || errno != ENOENT) {
		log_say(LOG_ERR, "cannot read %s: %s", reader.path,
			strerror(errno));
		reader.bad = true;
	}
	if (!config->n_qmp)
		add_path(config, DEFAULT_QMP);
	if (!reader.bad)
		check(&reader);
	if (!reader.bad)
		return config;
	config_free(config);
	return NULL;
}

void config_free(struct config *config)
{
	if (!config)
		return;
	for (size_t i = 0; i < config->n_qmp; i++)
		free(config->qmp[i]);
	for (size_t i = 0; i < config->n_vms; i++)
		free(config->vms[i].pattern);
	free(config->qmp);
	free(config->libvirt);
	free(config->vms);
	free(config->socket);
	free(config->state);
	free(config->csv);
	free(config->metrics);
	free(config);
}

static void print_key(const struct key *key, const char *base, FILE *out)
{
	const char *at = base + key->offset;
	const struct config *config = (const struct config *)base;

	switch (key->type) {
	case STATE:
		fprintf(out, "%s = %s\n", key->name,
			policy_state_name(*(const enum memory_state *)at));
		break;
	case PATH:
	case URI:
	case ADDRESS:
		if (*(char *const *)at)
			fprintf(out, "%s = %s\n", key->name,
				*(char *const *)at);
		break;
	case PATHS:
		for (size_t i = 0; i < config->n_qmp; i++)
			fprintf(out, "%s = %s\n", key->name, config->qmp[i]);
		break;
	case SIZE:
		fprintf(out, "%s = %s\n", key->name,
			number_text(SIZE, *(const uint64_t *)at).text);
		break;
	default:
		fprintf(out, "%s = %s\n", key->name,
			number_text(key->type,
				    *(const unsigned int *)at).text);
	}
}

static void print_section(enum section section, const void *base, FILE *out)
{
	for (size_t i = 0; i < N_KEYS; i++)
		if (keys[i].section == section)
			print_key(&keys[i], base, out);
}

void config_print(const struct config *config, FILE *out)
{
	fputs("[daemon]\n", out);
	print_section(DAEMON, config, out);
	fputs("\n[policy]\n", out);
	print_section(POLICY, config, out);
	for (size_t i = 0; i < config->n_vms; i++) {
		fprintf(out, "\n[vm %s]\n", config->vms[i].pattern);
		print_section(VM, &config->vms[i].settings, out);
	}
}

struct vm_settings config_settings(const struct config *config,
				   const char *name)
{
	for (size_t i = 0; i < config->n_vms; i++)
		if (!fnmatch(config->vms[i].pattern, name, 0))
			return config->vms[i].settings;
	return settings_default;
}
