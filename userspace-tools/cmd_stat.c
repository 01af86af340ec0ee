// SPDX-License-Identifier: GPL-2.0
/*
 * ksmfs stat: what merging saves, in total, by domain and by region.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "counters.h"
#include "json.h"
#include "regions.h"
#include "text.h"
#include "tool.h"

struct report {
	uint64_t run;
	struct counters counters;
	struct mount *mounts;
	size_t n_mounts;
};

/* The numbers of a region and of the sums over them: X(field, key). */
#define REGION_NUMBERS(X)                                                     \
	X(pages, pages) X(frames, frames) X(priv, private) X(shared, shared)  \
	X(zero, zero) X(packed, packed) X(swapped, swapped) X(holes, holes)   \
	X(merges, merges) X(breaks, breaks) X(punched, punched) X(vain, vain) \
	X(stalls, stalls) X(active, active)

static void read_report(struct report *report, bool totals)
{
	int ret;

	report->run = knob_read(KNOB_run);
	counters_read(&report->counters);
	if (totals)
		return;

	ret = mounts_find(&report->mounts, &report->n_mounts);
	if (ret)
		die(EXIT_FAILED, "cannot read /proc/self/mountinfo: %s: is "
		    "/proc mounted?", strerror(-ret));
	for (size_t i = 0; i < report->n_mounts; i++) {
		struct mount *mount = &report->mounts[i];

		ret = mount_load(mount);
		if (ret)
			die(EXIT_FAILED, "cannot list the regions of %s: %s: "
			    "%s; or ask for 'ksmfs stat --totals'",
			    text_for_terminal(mount->path), mount_error(ret),
			    mount_advice(ret));
	}
	mounts_find_owners(report->mounts, report->n_mounts);
}

static double bytes(uint64_t pages)
{
	return (double)pages * sysconf(_SC_PAGESIZE);
}

struct number_text {
	char text[24];
};

/* Counts are shown exactly, bytes as a size. */
static struct number_text statistic_text(const struct counters *counters,
					 enum stat_id id)
{
	struct number_text number;

	if (statistics[id].kind == BYTES)
		snprintf(number.text, sizeof(number.text), "%s",
			 text_size(counters_bytes(counters, id)).text);
	else
		snprintf(number.text, sizeof(number.text), "%" PRIu64,
			 counters->value[id]);
	return number;
}

static void print_totals(const struct report *report)
{
	double frames = counters_frames(&report->counters);
	double saved = counters_saved(&report->counters);
	double page = sysconf(_SC_PAGESIZE);
	int width = 0;

	printf("%s of guest memory in %s of frames: %s (%.0f%%) saved; "
	       "run=%" PRIu64 " (%s)\n\n",
	       text_size((frames + saved) * page).text,
	       text_size(frames * page).text, text_size(saved * page).text,
	       saved ? 100 * saved / (frames + saved) : 0, report->run,
	       run_text(report->run));
	for (size_t i = 0; i < N_STATS; i++) {
		int length = strlen(statistic_text(&report->counters, i).text);

		if (length > width)
			width = length;
	}
	for (size_t i = 0; i < N_STATS; i++)
		printf("%-18s %*s %s\n", statistics[i].name, width,
		       statistic_text(&report->counters, i).text,
		       statistics[i].help);
}

static void print_row(const struct ksmfs_region_info *info, int indent,
		      const char *name)
{
	double used = (double)info->priv + info->shared + info->zero +
		      info->packed + info->swapped;

	printf("%7s %7s %7s %7s %7s %7s %7s %7s", text_size(bytes(info->pages)).text,
	       text_size(bytes(info->frames)).text,
	       text_size(bytes(info->priv)).text,
	       text_size(bytes(info->shared)).text,
	       text_size(bytes(info->zero)).text,
	       text_size(bytes(info->packed)).text,
	       text_size(bytes(info->swapped)).text,
	       text_size(bytes(info->holes)).text);
	if (used)
		printf(" %4.0f%%", 100 * (used - info->frames) / used);
	else
		printf("     -");
	printf(" %*s%s\n", indent, "", name);
}

static void print_mount(const struct mount *mount)
{
	char *path = text_for_terminal(mount->path);
	char *title = xprintf("%s: %s of %s free", path,
			      text_size(mount->space.free).text,
			      text_size(mount->space.size).text);

	print_row(&mount->sum, 0, title);
	free(title);
	free(path);
	for (size_t d = 0; d < mount->n_domains; d++) {
		const struct domain *domain = &mount->domains[d];

		title = domain_title(domain);
		print_row(&domain->sum, 1, title);
		free(title);
		for (size_t r = 0; r < domain->count; r++) {
			title = region_title(domain->regions[r]);
			print_row(&domain->regions[r]->info, 2, title);
			free(title);
		}
	}
}

static void print_mounts(const struct report *report)
{
	if (!report->n_mounts) {
		puts("\nno ksmfs is mounted: mount -t ksmfs none DIR");
		return;
	}
	puts("\n   SIZE  FRAMES PRIVATE  SHARED    ZERO  PACKED SWAPPED   HOLES "
	     "SAVED MOUNT, DOMAIN, REGION");
	for (size_t i = 0; i < report->n_mounts; i++)
		print_mount(&report->mounts[i]);
}

static void json_add_region_numbers(struct json_object *object,
				    const struct ksmfs_region_info *info)
{
#define X(field, key) json_add_number(object, #key, info->field);
	REGION_NUMBERS(X)
#undef X
}

static struct json_object *json_totals(const struct counters *counters)
{
	struct json_object *object = json_object_new_object();

	for (size_t i = 0; i < N_STATS; i++) {
		struct json_object *value = statistics[i].kind == BYTES ?
			json_object_new_int64(counters_bytes(counters, i)) :
			json_object_new_uint64(counters->value[i]);

		json_object_object_add(object, statistics[i].name, value);
	}
	return object;
}

static struct json_object *json_region(const struct mount *mount,
				       const struct region *region)
{
	struct json_object *object = json_object_new_object();

	json_add_name(object, "mount", mount->path);
	json_add_name(object, "domain", region->domain->name);
	json_add_number(object, "domain_ino", region->domain->ino);
	json_add_name(object, "name", region->name);
	json_add_number(object, "ino", region->info.ino);
	json_add_number(object, "nlink", region->info.nlink);
	if (region->pid) {
		json_add_number(object, "pid", region->pid);
		json_add_name(object, "process", region->process);
	}
	json_add_region_numbers(object, &region->info);
	return object;
}

static void json_mount(const struct mount *mount, struct json_object *mounts,
		       struct json_object *domains,
		       struct json_object *regions)
{
	struct json_object *object = json_object_new_object();

	json_add_name(object, "mount", mount->path);
	json_add_number(object, "size_bytes", mount->space.size);
	json_add_number(object, "free_bytes", mount->space.free);
	json_add_region_numbers(object, &mount->sum);
	json_object_array_add(mounts, object);
	for (size_t d = 0; d < mount->n_domains; d++) {
		const struct domain *domain = &mount->domains[d];

		object = json_object_new_object();
		json_add_name(object, "mount", mount->path);
		json_add_name(object, "domain", domain->name);
		json_add_number(object, "domain_ino", domain->ino);
		json_add_number(object, "regions", domain->count);
		json_add_region_numbers(object, &domain->sum);
		json_object_array_add(domains, object);
		for (size_t r = 0; r < domain->count; r++) {
			object = json_region(mount, domain->regions[r]);
			json_object_array_add(regions, object);
		}
	}
}

static void print_json(const struct report *report, bool totals)
{
	struct json_object *object = json_object_new_object();
	struct json_object *mounts, *domains, *regions;

	json_add_name(object, "version", KSMFS_VERSION);
	json_add_number(object, "page_size", sysconf(_SC_PAGESIZE));
	json_add_number(object, "run", report->run);
	json_object_object_add(object, "totals",
			       json_totals(&report->counters));
	if (!totals) {
		mounts = json_object_new_array();
		domains = json_object_new_array();
		regions = json_object_new_array();
		for (size_t i = 0; i < report->n_mounts; i++)
			json_mount(&report->mounts[i], mounts, domains,
				   regions);
		json_object_object_add(object, "mounts", mounts);
		json_object_object_add(object, "domains", domains);
		json_object_object_add(object, "regions", regions);
	}
	json_print(object);
}

int cmd_stat(int argc, char **argv)
{
	static const struct option options[] = {
		{ "totals", no_argument, NULL, 't' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	struct report report = { 0 };
	bool totals = false, json = false;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 't')
			totals = true;
		else if (option == 'j')
			json = true;
		else
			return usage_error("stat");
	}
	if (optind < argc)
		return usage_error("stat");

	read_report(&report, totals);
	if (json) {
		print_json(&report, totals);
	} else {
		print_totals(&report);
		if (!totals)
			print_mounts(&report);
	}
	mounts_free(report.mounts, report.n_mounts);
	return EXIT_OK;
}
