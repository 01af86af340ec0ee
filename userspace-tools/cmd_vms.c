// SPDX-License-Identifier: GPL-2.0
/*
 * ksmfs vms: who has how much.
 *
 * ksmfsd knows best.  Without it the module knows what VMs have on ksmfs, but
 * neither their balloons nor what they are to have.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "json.h"
#include "maps.h"
#include "regions.h"
#include "rows.h"
#include "text.h"
#include "tool.h"

static void load_mounts(struct mount **mounts, size_t *count)
{
	int ret = mounts_find(mounts, count);

	if (ret)
		die(EXIT_FAILED, "cannot read /proc/self/mountinfo: %s: is "
		    "/proc mounted?", strerror(-ret));
	for (size_t i = 0; i < *count; i++) {
		ret = mount_load_numbers(&(*mounts)[i]);
		if (ret)
			die(EXIT_FAILED, "cannot list the regions of %s: %s: "
			    "%s", text_for_terminal((*mounts)[i].path),
			    mount_error(ret), mount_advice(ret));
	}
}

static bool seen_before(const struct mapping *maps, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (maps[i].major == maps[at].major &&
		    maps[i].minor == maps[at].minor &&
		    maps[i].ino == maps[at].ino)
			return true;
	return false;
}

static void add_process(int pid, struct mount *mounts, size_t n_mounts,
			struct row_list *list)
{
	uint64_t page = sysconf(_SC_PAGESIZE), active = 0;
	struct row *row = NULL;
	struct mapping *maps;
	bool known = true;
	size_t n_maps;
	char *name;

	if (maps_read(pid, &maps, &n_maps))
		return;		/* gone, or none of our business */
	for (size_t i = 0; i < n_maps; i++) {
		struct region *region = mounts_region_of(mounts, n_mounts,
							 &maps[i]);
		const struct ksmfs_region_info *info;
		uint64_t *value;

		if (!region || maps[i].perms[1] != 'w' || seen_before(maps, i))
			continue;
		if (!row)
			row = row_list_add(list);
		value = row->value;
		info = &region->info;
		row_set(row, ROW_configured,
			value[ROW_configured] + info->pages * page);
		row_set(row, ROW_private,
			value[ROW_private] + info->priv * page);
		row_set(row, ROW_shared, value[ROW_shared] +
			(info->shared + info->zero) * page);
		row_set(row, ROW_packed,
			value[ROW_packed] + info->packed * page);
		row_set(row, ROW_swapped,
			value[ROW_swapped] + info->swapped * page);
		active += info->active * page;
		known &= info->periods > 0;
	}
	maps_free(maps, n_maps);
	if (!row)
		return;
	if (known)
		row_set(row, ROW_active, active);
	name = process_name(pid);
	row->name = xprintf("%s %d", name ? name : "?", pid);
	row->pid = pid;
	free(name);
}

static void find_rows(struct row_list *list)
{
	struct mount *mounts;
	size_t n_mounts, n_pids;
	int *pids;
	int ret;

	load_mounts(&mounts, &n_mounts);
	ret = sysio_processes(&pids, &n_pids);
	if (ret)
		die(EXIT_FAILED, "cannot read /proc: %s", strerror(-ret));
	for (size_t i = 0; i < n_pids; i++)
		add_process(pids[i], mounts, n_mounts, list);
	free(pids);
	mounts_free(mounts, n_mounts);
}

static void print_number(const struct row *row, enum row_number id, int width,
			 bool percent)
{
	if (!row->known[id])
		printf(" %*s", width, "-");
	else if (percent)
		printf(" %*llu%%", width - 1,
		       (unsigned long long)row->value[id]);
	else
		printf(" %*s", width, text_size(row->value[id]).text);
}

/* What a column is wide: its heading, or the largest size. */
static int width_of(const char *heading)
{
	int length = strlen(heading);

	return length < 7 ? 7 : length;
}

static void print_table(const struct row_list *list)
{
	int width = strlen("VM");

	for (size_t i = 0; i < list->count; i++) {
		char *name = text_for_terminal(list->rows[i].name);

		if ((int)text_width(name) > width)
			width = text_width(name);
		free(name);
	}
	printf("%-*s", width, "VM");
#define X(key, heading, percent) printf(" %*s", width_of(heading), heading);
	KSMFS_VM_NUMBERS(X)
#undef X
	putchar('\n');
	for (size_t i = 0; i < list->count; i++) {
		char *name = text_for_terminal(list->rows[i].name);

		printf("%-*s", text_field(name, width), name);
#define X(key, heading, percent)                                              \
		print_number(&list->rows[i], ROW_##key, width_of(heading),    \
			     percent);
		KSMFS_VM_NUMBERS(X)
#undef X
		putchar('\n');
		free(name);
	}
}

static struct json_object *json_of(const struct row_list *list)
{
	struct json_object *object = json_object_new_object();
	struct json_object *vms = json_object_new_array();

	json_object_object_add(object, "daemon",
			       json_object_new_boolean(false));
	for (size_t i = 0; i < list->count; i++)
		json_object_array_add(vms, row_to_json(&list->rows[i]));
	json_object_object_add(object, "vms", vms);
	return object;
}

int cmd_vms(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	bool json = false;
	struct ask ask;
	int option, ret;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option != 'j')
			return usage_error("vms");
		json = true;
	}
	if (optind < argc)
		return usage_error("vms");

	ret = ask_vms(10, &ask);
	if (ret == -ENOENT) {
		find_rows(&ask.vms);
		fputs("ksmfs: ksmfsd does not run: balloons and targets are "
		      "not known\n", stderr);
		ask.object = json_of(&ask.vms);
	} else if (ret) {
		die(EXIT_FAILED, ROWS_SOCKET ": cannot ask ksmfsd: %s: %s",
		    ask_error(ret), ask_advice(ret));
	}
	if (json)
		json_print(json_object_get(ask.object));
	else
		print_table(&ask.vms);
	ask_free(&ask);
	return EXIT_OK;
}
