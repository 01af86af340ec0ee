// SPDX-License-Identifier: GPL-2.0
/*
 * What is above the table.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../text.h"
#include "../tool.h"
#include "head.h"

const char *head_daemon_text(const struct reading *reading, const char *key)
{
	struct json_object *found;

	if (!json_object_object_get_ex(reading->daemon.object, key, &found) ||
	    !json_object_is_type(found, json_type_string))
		return NULL;
	return json_object_get_string(found);
}

bool head_daemon_number(const struct reading *reading, const char *key,
			uint64_t *number)
{
	struct json_object *found;

	if (!json_object_object_get_ex(reading->daemon.object, key, &found) ||
	    !json_object_is_type(found, json_type_int))
		return false;
	*number = json_object_get_uint64(found);
	return true;
}

static struct cell daemon_size(const struct reading *reading, const char *key)
{
	uint64_t bytes;

	if (!head_daemon_number(reading, key, &bytes))
		return (struct cell){ "-" };
	return cell_size(bytes);
}

static char *state_text(const struct reading *reading)
{
	const char *state = head_daemon_text(reading, "state");
	const char *problem = head_daemon_text(reading, "problem");
	char *text, *safe;

	if (reading->daemon_error == -ENOENT)
		return xstrdup("state -: ksmfsd does not run");
	if (reading->daemon_error)
		return xprintf("state -: cannot ask ksmfsd: %s",
			       ask_error(reading->daemon_error));
	if (problem) {
		safe = text_for_terminal(problem);
		text = xprintf("state -: ksmfsd: %s", safe);
		free(safe);
		return text;
	}
	safe = text_for_terminal(state ? state : "-");
	text = xprintf("state %s: %s free, %s to be kept free", safe,
		       daemon_size(reading, "free").text,
		       daemon_size(reading, "min_free").text);
	free(safe);
	return text;
}

static char *host_line(const struct reading *reading)
{
	char *state = state_text(reading);
	char *line = xprintf("host    %s, %s available; %s",
			     cell_size(reading->total).text,
			     cell_size(reading->available).text, state);

	free(state);
	return line;
}

static char *stalled_text(uint64_t stalled)
{
	return stalled ? xprintf("%" PRIu64 " faults wait; ", stalled) :
			 xstrdup("");
}

static char *mount_line(const struct mount *mount,
			const struct mount_reading *more)
{
	const struct ksmfs_mount_info *info = &more->info;
	double page = sysconf(_SC_PAGESIZE);
	char *path = text_for_terminal(mount->path);
	char *stalled = stalled_text(more->error ? 0 : info->stalled);
	char *line;

	if (more->error)
		line = xprintf("mount   %s: cannot be read: %s: %s", path,
			       mount_error(more->error),
			       mount_advice(more->error));
	else
		line = xprintf("mount   %s: %s%s, %s used, %s reserve, "
			       "%s packed, %s swapped", path, stalled,
			       cell_size(info->size * page).text,
			       cell_size(info->used * page).text,
			       cell_size(info->reserve * page).text,
			       cell_size(info->packed * page).text,
			       cell_size(info->swap_used * page).text);
	free(stalled);
	free(path);
	return line;
}

/* Two counters' rates together; "-" if they are not known. */
static struct cell rate_of(const struct model *model, enum stat_id one,
			   enum stat_id other)
{
	double a, b;

	if (!model_rate(model, one, &a) || !model_rate(model, other, &b))
		return (struct cell){ "-" };
	return cell_rate(one == other ? a : a + b);
}

static char *scanner_line(const struct model *model)
{
	char cpu[16] = "-";
	double percent;

	if (model_scanner_cpu(model, &percent))
		snprintf(cpu, sizeof(cpu), "%.1f%%", percent);
	return xprintf("scanner %s, %s pages/s, CPU %s; %s merges/s, "
		       "%s breaks/s", run_text(model->now.run),
		       rate_of(model, STAT_pages_scanned,
			       STAT_pages_scanned).text, cpu,
		       rate_of(model, STAT_merges, STAT_zero_merges).text,
		       rate_of(model, STAT_breaks, STAT_zero_breaks).text);
}

static char *saved_line(const struct model *model)
{
	double frames = counters_frames(&model->now.counters) *
			sysconf(_SC_PAGESIZE);
	double percent, saved = model_saved(model, &percent);

	return xprintf("saved   %s of %s (%.0f%%)", cell_size(saved).text,
		       cell_size(frames + saved).text, percent);
}

void head_make(struct head *head, const struct model *model)
{
	const struct reading *now = &model->now;

	head->host = host_line(now);
	head->scanner = scanner_line(model);
	head->saved = saved_line(model);
	head->mounts = xrealloc(NULL, now->n_mounts + 1,
				sizeof(*head->mounts));
	head->n_mounts = now->n_mounts;
	for (size_t i = 0; i < now->n_mounts; i++)
		head->mounts[i] = mount_line(&now->mounts[i],
					     &now->mount_readings[i]);
	if (!now->n_mounts)
		head->mounts[head->n_mounts++] =
			xstrdup("mount   none: mount -t ksmfs none DIR");
}

void head_free(struct head *head)
{
	for (size_t i = 0; i < head->n_mounts; i++)
		free(head->mounts[i]);
	free(head->mounts);
	free(head->host);
	free(head->scanner);
	free(head->saved);
}
