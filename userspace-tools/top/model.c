// SPDX-License-Identifier: GPL-2.0
/*
 * What `ksmfs top` shows, made of two readings.
 *
 * A VM is a process; its regions are added up.  A region that no process has
 * mapped has a line of its own.  Nothing here is quadratic: regions are sorted
 * by process, and what was read of a region before is found by binary search.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../maps.h"
#include "../tool.h"
#include "model.h"

#define MIB (1 << 20)

/* What counts events, of a region and as a column. */
#define EVENTS(X)                                                             \
	X(breaks, breaks) X(merges, merges) X(fetched, fetches)               \
	X(stalls, stalls)

#define X(field, column) EVENT_##field,
enum event { EVENTS(X) N_EVENTS };
#undef X

static const enum column_id event_columns[N_EVENTS] = {
#define X(field, column) COLUMN_##column,
	EVENTS(X)
#undef X
};

/**
 * struct part - a region of a VM
 * @mount: where it is
 * @region: itself
 * @known: are the events between the two readings?
 * @events: how many there were
 */
struct part {
	const struct mount *mount;
	const struct region *region;
	bool known;
	uint64_t events[N_EVENTS];
};

/* An inode number may be used again: then all is since the last reading. */
static uint64_t since(uint64_t now, uint64_t before)
{
	return now < before ? now : now - before;
}

/* Was everything on this mount known at the last reading? */
static bool was_read(const struct model *model, const struct mount *mount)
{
	const struct reading *before = &model->before;

	for (size_t i = 0; model->interval && i < before->n_mounts; i++)
		if (before->mounts[i].at.major == mount->at.major &&
		    before->mounts[i].at.minor == mount->at.minor)
			return !before->mount_readings[i].error;
	return false;
}

static void count_events(const struct model *model, struct part *part)
{
	static const struct ksmfs_region_info nothing;
	const struct mapping at = {
		.major = part->mount->at.major,
		.minor = part->mount->at.minor,
		.ino = part->region->info.ino,
	};
	const struct ksmfs_region_info *now = &part->region->info;
	const struct ksmfs_region_info *before = &nothing;
	const struct region *found;

	part->known = was_read(model, part->mount);
	if (!part->known)
		return;
	found = mounts_region_of(model->before.mounts, model->before.n_mounts,
				 &at);
	if (found)
		before = &found->info;
#define X(field, column)                                                      \
	part->events[EVENT_##field] = since(now->field, before->field);
	EVENTS(X)
#undef X
}

/* By process, and the largest region first. */
static int compare_parts(const void *left, const void *right)
{
	const struct region *a = ((const struct part *)left)->region;
	const struct region *b = ((const struct part *)right)->region;

	if (a->pid != b->pid)
		return a->pid < b->pid ? -1 : 1;
	if (a->info.pages != b->info.pages)
		return a->info.pages > b->info.pages ? -1 : 1;
	return a->info.ino < b->info.ino ? -1 : a->info.ino > b->info.ino;
}

static struct part *list_parts(const struct model *model, size_t *count)
{
	const struct reading *now = &model->now;
	struct part *parts;
	size_t n = 0;

	for (size_t m = 0; m < now->n_mounts; m++)
		n += now->mounts[m].n_regions;
	parts = xrealloc(NULL, n + 1, sizeof(*parts));
	*count = 0;
	for (size_t m = 0; m < now->n_mounts; m++) {
		const struct mount *mount = &now->mounts[m];

		if (now->mount_readings[m].error)
			continue;
		for (size_t r = 0; r < mount->n_regions; r++) {
			struct part *part = &parts[(*count)++];

			*part = (struct part){ mount, &mount->regions[r],
					       false, { 0 } };
			count_events(model, part);
		}
	}
	if (*count)
		qsort(parts, *count, sizeof(*parts), compare_parts);
	return parts;
}

static int compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;

	return a->pid < b->pid ? -1 : a->pid > b->pid;
}

static const struct row *row_of(const struct model *model, int pid)
{
	const struct row_list *vms = &model->now.daemon.vms;
	const struct row key = { .pid = pid };

	if (!pid || !vms->count)
		return NULL;
	return bsearch(&key, vms->rows, vms->count, sizeof(key), compare_rows);
}

/* The path of a region without its domain, which has a column of its own. */
static char *name_of(const struct region *region)
{
	const char *domain = region->domain->name;
	size_t length = domain ? strlen(domain) : 0;

	if (!region->name && region->pid)
		return xprintf("%s %d", region->process, region->pid);
	if (region->name && length && !strncmp(region->name, domain, length) &&
	    region->name[length] == '/')
		return xstrdup(region->name + length + 1);
	return region_label(region);
}

static void set(struct line *line, enum column_id id, double value)
{
	line->known[id] = true;
	line->value[id] = value;
}

static void add_sizes(struct line *line, const struct part *parts,
		      size_t n_parts)
{
	double size = 0, own = 0, shared = 0, zero = 0, packed = 0;
	double swapped = 0, holes = 0, frames = 0, active = 0;
	double page = sysconf(_SC_PAGESIZE);
	bool sampled = true;

	for (size_t i = 0; i < n_parts; i++) {
		const struct ksmfs_region_info *info = &parts[i].region->info;

		size += info->pages * page;
		own += info->priv * page;
		shared += info->shared * page;
		zero += info->zero * page;
		packed += info->packed * page;
		swapped += info->swapped * page;
		holes += info->holes * page;
		frames += info->frames * page;
		active += info->active * page;
		sampled &= info->periods > 0;
	}
	set(line, COLUMN_size, size);
	set(line, COLUMN_private, own);
	set(line, COLUMN_shared, shared);
	set(line, COLUMN_zero, zero);
	set(line, COLUMN_packed, packed);
	set(line, COLUMN_swapped, swapped);
	set(line, COLUMN_holes, holes);
	set(line, COLUMN_frames, frames);
	set(line, COLUMN_saved, own + shared + zero + packed + swapped -
	    frames);
	if (sampled)
		set(line, COLUMN_active, active);
}

static void add_rates(struct line *line, const struct part *parts,
		      size_t n_parts, uint64_t interval)
{
	double saved = line->value[COLUMN_saved] / MIB;
	uint64_t events[N_EVENTS] = { 0 };

	for (size_t i = 0; i < n_parts; i++) {
		if (!parts[i].known)
			return;
		for (size_t e = 0; e < N_EVENTS; e++)
			events[e] += parts[i].events[e];
	}
	for (size_t e = 0; e < N_EVENTS; e++)
		set(line, event_columns[e], events[e] * 1000.0 / interval);
	if (saved > 0)
		set(line, COLUMN_cost, (line->value[COLUMN_breaks] +
					line->value[COLUMN_fetches]) / saved);
}

static void make_line(const struct model *model, struct line *line,
		      const struct part *parts, size_t n_parts)
{
	const struct region *largest = parts->region;
	const struct row *row = row_of(model, largest->pid);

	*line = (struct line){
		.domain = domain_label(largest->domain),
		.name = row ? xstrdup(row->name) : name_of(largest),
		.mount = parts->mount->path,
	};
	if (largest->pid)
		set(line, COLUMN_pid, largest->pid);
	if (row && row->known[ROW_ballooned])
		set(line, COLUMN_ballooned, row->value[ROW_ballooned]);
	add_sizes(line, parts, n_parts);
	add_rates(line, parts, n_parts, model->interval);
}

static void free_lines(struct model *model)
{
	for (size_t i = 0; i < model->n_lines; i++) {
		free(model->lines[i].domain);
		free(model->lines[i].name);
	}
	free(model->lines);
	model->lines = NULL;
	model->n_lines = 0;
}

static void make_lines(struct model *model)
{
	size_t n_parts, end;
	struct part *parts = list_parts(model, &n_parts);

	model->lines = xrealloc(NULL, n_parts + 1, sizeof(*model->lines));
	for (size_t i = 0; i < n_parts; i = end) {
		int pid = parts[i].region->pid;

		for (end = i + 1; pid && end < n_parts; end++)
			if (parts[end].region->pid != pid)
				break;
		make_line(model, &model->lines[model->n_lines++], &parts[i],
			  end - i);
	}
	free(parts);
}

void model_update(struct model *model)
{
	struct row_list *vms;
	struct reading new;

	if (model->n_readings)
		sysio_next_reading();
	reading_take(&new, &model->processes);
	if (model->n_readings && new.millisecs <= model->now.millisecs) {
		reading_free(&new);
		return;
	}
	free_lines(model);
	reading_free(&model->before);
	model->before = model->now;
	model->now = new;
	if (model->n_readings)
		model->interval = new.millisecs - model->before.millisecs;
	vms = &model->now.daemon.vms;
	if (vms->count)
		qsort(vms->rows, vms->count, sizeof(*vms->rows), compare_rows);
	make_lines(model);
	model->history[model->n_readings++ % HISTORY_MOST] =
		counters_saved(&new.counters) * sysconf(_SC_PAGESIZE);
}

bool model_rate(const struct model *model, enum stat_id id, double *rate)
{
	if (!model->interval)
		return false;
	*rate = since(model->now.counters.value[id],
		      model->before.counters.value[id]) *
		1000.0 / model->interval;
	return true;
}

bool model_scanner_cpu(const struct model *model, double *percent)
{
	const struct reading *now = &model->now, *before = &model->before;

	if (!model->interval || !now->ticks_known || !before->ticks_known ||
	    now->ticks < before->ticks)
		return false;
	*percent = (now->ticks - before->ticks) * 100000.0 /
		   sysconf(_SC_CLK_TCK) / model->interval;
	return true;
}

double model_saved(const struct model *model, double *percent)
{
	double saved = counters_saved(&model->now.counters);
	double frames = counters_frames(&model->now.counters);

	*percent = frames + saved > 0 ? 100 * saved / (frames + saved) : 0;
	return saved * sysconf(_SC_PAGESIZE);
}

void model_free(struct model *model)
{
	free_lines(model);
	reading_free(&model->now);
	reading_free(&model->before);
	processes_free(&model->processes);
}
