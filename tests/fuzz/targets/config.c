// SPDX-License-Identifier: GPL-2.0
/*
 * The configuration file: userspace-tools/daemon/config.c, on libinih.
 *
 * The input is the file.
 */
#include "../../../userspace-tools/daemon/config.c"
#include "../lib/fuzz.h"

const bool libvirt_is_built = true;
const bool http_is_built = true;

static struct config *load(FILE *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(file));
	return config_load(path);
}

static void check_numbers(const char *base, enum section section)
{
	for (size_t i = 0; i < N_KEYS; i++) {
		const struct key *key = &keys[i];
		const void *at = base + key->offset;

		if (key->section != section || !key->highest)
			continue;
		if (key->type == SIZE)
			EXPECT(*(const uint64_t *)at >= key->lowest &&
			       *(const uint64_t *)at <= key->highest);
		else
			EXPECT(*(const unsigned int *)at >= key->lowest &&
			       *(const unsigned int *)at <= key->highest);
	}
}

/* Is a section of this name in the file, as it stands? */
static bool has_section(const char *text, const char *pattern)
{
	char *head = xprintf("[vm %s]", pattern);
	size_t length = strlen(head);
	const char *found = text;
	bool whole = false;

	while (!whole && (found = strstr(found, head))) {
		found += length;
		whole = strchr(" \t\r\n\v\f;#", *found);
	}
	free(head);
	return whole;
}

static void check_address(const char *address)
{
	struct sockaddr_storage parsed, again;
	char *text;

	EXPECT(address_parse(address, &parsed));
	text = address_text(&parsed);
	EXPECT(address_parse(text, &again));
	EXPECT(!memcmp(&parsed, &again, sizeof(parsed)));
	free(text);
}

static void check_config(const struct config *config, const char *text)
{
	char problem[256];

	EXPECT(config->n_qmp > 0);
	for (size_t i = 0; i < config->n_qmp; i++)
		EXPECT(*config->qmp[i] == '/');
	EXPECT(*config->socket == '/' && *config->state == '/');
	EXPECT(!config->csv || *config->csv == '/');
	if (config->metrics)
		check_address(config->metrics);
	EXPECT(policy_check(&config->policy, problem, sizeof(problem)));
	check_numbers((const char *)config, DAEMON);
	check_numbers((const char *)config, POLICY);
	for (size_t i = 0; i < config->n_vms; i++) {
		check_numbers((const char *)&config->vms[i].settings, VM);
		EXPECT(has_section(text, config->vms[i].pattern));
	}
}

static char *print(const struct config *config, FILE *out)
{
	size_t length;
	char *text;

	config_print(config, out);
	length = ftell(out);
	rewind(out);
	text = xrealloc(NULL, length + 1, 1);
	EXPECT(fread(text, 1, length, out) == length);
	text[length] = '\0';
	return text;
}

/* What is printed is read again, as the same. */
static void print_and_read(const struct config *config)
{
	FILE *first = fuzz_file(NULL, 0), *second = fuzz_file(NULL, 0);
	char *printed = print(config, first), *again;
	struct config *copy = load(first);

	EXPECT(copy);
	again = print(copy, second);
	EXPECT(!strcmp(printed, again));
	config_free(copy);
	free(printed);
	free(again);
	fclose(first);
	fclose(second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FILE *file = fuzz_file(data, size);
	char *text = fuzz_text(data, size);
	unsigned long logged = fuzz_logged;
	struct config *config = load(file);

	EXPECT(!config == (fuzz_logged > logged));
	if (config) {
		EXPECT(!memchr(data, '\0', size));
		check_config(config, text);
		print_and_read(config);
		config_settings(config, "vm1");
	}
	config_free(config);
	fclose(file);
	free(text);
	return 0;
}
