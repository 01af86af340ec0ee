// SPDX-License-Identifier: GPL-2.0
/*
 * /proc: the host's memory, and what processes see and have mapped.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "maps.h"
#include "sysio.h"
#include "text.h"
#include "tool.h"

static int read_proc(int pid, const char *file, char **text)
{
	char path[64];
	size_t length;

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	else
		snprintf(path, sizeof(path), "/proc/self/%s", file);
	return sysio_read(path, text, &length);
}

static size_t count_lines(const char *text)
{
	size_t lines = 0;

	for (; (text = strchr(text, '\n')); text++)
		lines++;
	return lines;
}

/* ID PARENT MAJOR:MINOR ROOT PATH OPTIONS [TAG...] - TYPE SOURCE OPTIONS */
static int parse_mountinfo(char *line, struct mountinfo *mount)
{
	char *type = strstr(line, " - ");
	int root, root_end, path, path_end = 0, type_end;

	if (!type || sscanf(line, "%*s %*s %u:%u %n%*s%n %n%*s%n",
			    &mount->major, &mount->minor, &root, &root_end,
			    &path, &path_end) != 2 || !path_end)
		return -1;
	type += strlen(" - ");
	type_end = strcspn(type, " ");
	line[root_end] = '\0';
	line[path_end] = '\0';
	type[type_end] = '\0';
	mount->root = xstrdup(line + root);
	mount->path = xstrdup(line + path);
	mount->type = xstrdup(type);
	text_unescape(mount->root);
	text_unescape(mount->path);
	return 0;
}

int mountinfo_read(int pid, struct mountinfo **mounts, size_t *count)
{
	char *text, *line, *rest;
	int ret = read_proc(pid, "mountinfo", &text);

	if (ret)
		return ret;
	*mounts = xrealloc(NULL, count_lines(text) + 1, sizeof(**mounts));
	*count = 0;
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		if (!parse_mountinfo(line, &(*mounts)[*count]))
			++*count;
	free(text);
	return 0;
}

void mountinfo_free(struct mountinfo *mounts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(mounts[i].path);
		free(mounts[i].root);
		free(mounts[i].type);
	}
	free(mounts);
}

/* START-END PERMS OFFSET MAJOR:MINOR INODE [PATH] */
static int parse_mapping(char *line, struct mapping *mapping)
{
	uint64_t end;
	int path = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %"
		   SCNu64 " %n", &mapping->start, &end, mapping->perms,
		   &mapping->offset, &mapping->major, &mapping->minor,
		   &mapping->ino, &path) != 7 ||
	    !path || end <= mapping->start || strlen(mapping->perms) != 4)
		return -1;
	mapping->bytes = end - mapping->start;
	mapping->path = xstrdup(line + path);
	return 0;
}

int maps_read(int pid, struct mapping **mappings, size_t *count)
{
	char *text, *line, *rest;
	int ret = read_proc(pid, "maps", &text);

	if (ret)
		return ret;
	*mappings = xrealloc(NULL, count_lines(text) + 1, sizeof(**mappings));
	*count = 0;
	for (line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest))
		if (!parse_mapping(line, &(*mappings)[*count]))
			++*count;
	free(text);
	return 0;
}

void maps_free(struct mapping *mappings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(mappings[i].path);
	free(mappings);
}

char *process_name(int pid)
{
	size_t length;
	char *text;

	if (read_proc(pid, "comm", &text))
		return NULL;
	length = strlen(text);
	if (length && text[length - 1] == '\n')
		text[length - 1] = '\0';	/* a name may have some */
	return text;
}

/* "MemTotal:  16384 kB" */
static bool find_meminfo(const char *text, const char *key, uint64_t *bytes)
{
	const char *line = strstr(text, key);
	unsigned long long kib;

	if (!line || sscanf(line + strlen(key), " %llu kB", &kib) != 1)
		return false;
	*bytes = (uint64_t)kib * 1024;
	return true;
}

int meminfo_read(uint64_t *total, uint64_t *available)
{
	size_t length;
	char *text;
	int ret = sysio_read("/proc/meminfo", &text, &length);

	if (ret)
		return ret;
	if (!find_meminfo(text, "MemTotal:", total) ||
	    !find_meminfo(text, "MemAvailable:", available))
		ret = -EBADMSG;
	free(text);
	return ret;
}

bool process_is_vm(int pid, const char *name)
{
	return text_starts_with(name, "qemu-") || !strcmp(name, "kvm") ||
	       text_starts_with(name, "cloud-hyperviso") ||
	       text_starts_with(name, "firecracker") ||
	       sysio_holds(pid, "anon_inode:kvm-vm");
}
