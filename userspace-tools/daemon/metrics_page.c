// SPDX-License-Identifier: GPL-2.0
/*
 * The page that metrics are served on.
 *
 * Its families, in this order:
 *
 *   ksmfs_*         the module's statistics: the list of the ABI header, under
 *                   the same names
 *   ksmfs_mount_*   of each mount           {mount}
 *   ksmfs_region_*  of each region          {mount, domain, region, ino, vm}
 *   ksmfsd_vm_*     of each VM on ksmfs     {vm, id}
 *   ksmfsd_*        of the daemon
 *
 * The module's statistics count pages, as its files do; all else that is an
 * amount of memory is in bytes.
 *
 * Titles of VMs and names of files are no keys: two may be the same.  So the
 * inode number and the id are labels, too.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../rows.h"
#include "../tool.h"
#include "exposition.h"
#include "metrics.h"
#include "metrics_page.h"
#include "sample.h"

/*
 * A number of some structure.
 * @offset: of it; it has 64 bits
 * @pages: it is in pages, and told in bytes
 */
struct number {
	const char *name;
	enum metric_kind kind;
	size_t offset;
	bool pages;
	const char *help;
};

#define BYTES_OF(type, field, name, help) \
	{ name "_bytes", METRIC_GAUGE, offsetof(struct type, field), true, \
	  help }
#define BYTES_EVER(type, field, name, help) \
	{ name "_bytes", METRIC_COUNTER, offsetof(struct type, field), true, \
	  help }
#define COUNT_OF(type, field, name, help) \
	{ name, METRIC_GAUGE, offsetof(struct type, field), false, help }
#define COUNT_EVER(type, field, name, help) \
	{ name, METRIC_COUNTER, offsetof(struct type, field), false, help }

static const struct number mount_numbers[] = {
#define BYTES(field, name, help) \
	BYTES_OF(ksmfs_mount_info, field, "ksmfs_mount_" name, help)
	BYTES(size, "size", "what the mount may hold"),
	BYTES(used, "used", "what it holds"),
	BYTES(break_reserve, "break_reserve",
	      "what is kept for breaks at most"),
	BYTES(reserve, "reserve",
	      "what is kept for breaks now: new content gets none of it"),
	BYTES(debt, "debt",
	      "what it would take more if all its content were written to"),
	BYTES(packed, "packed", "what compressed content takes"),
	BYTES(swap_pages, "swap", "what its swap file holds"),
	BYTES(swap_used, "swap_used", "what of that is in use"),
	BYTES(swap_bad, "swap_bad", "what of that has failed"),
#undef BYTES
	COUNT_OF(ksmfs_mount_info, stalled, "ksmfs_mount_stalled",
		 "faults that wait for a frame of the mount now"),
};

static const struct number region_numbers[] = {
#define BYTES(field, name, help) \
	BYTES_OF(ksmfs_region_info, field, "ksmfs_region_" name, help)
#define BYTES_SO_FAR(field, name, help) \
	BYTES_EVER(ksmfs_region_info, field, "ksmfs_region_" name, help)
#define COUNT_SO_FAR(field, help) \
	COUNT_EVER(ksmfs_region_info, field, "ksmfs_region_" #field, help)
	BYTES(pages, "size", "what guest RAM the region is"),
	BYTES(priv, "private", "what of it has frames of its own"),
	BYTES(shared, "shared", "what of it has shared frames"),
	BYTES(zero, "zero", "what of it is zeros, and costs no frames"),
	BYTES(packed, "packed", "what of it is compressed"),
	BYTES(swapped, "swapped", "what of it is in the swap file"),
	BYTES(holes, "holes", "what of it has no content"),
	BYTES(frames, "frames", "what the region costs the host"),
	BYTES(active, "active", "what of it is in use, estimated"),
	BYTES(limit, "limit", "what it may have before it waits; 0: no limit"),
	COUNT_SO_FAR(merges, "slots merged"),
	COUNT_SO_FAR(breaks, "slots broken: given frames of their own again"),
	BYTES_SO_FAR(punched, "punched", "what was made holes, as by a balloon"),
	BYTES_SO_FAR(vain, "punched_vain",
		     "what of that was merged, so that no frame was gained"),
	BYTES_SO_FAR(fetched, "fetched",
		     "what was brought back for somebody who wanted it"),
	COUNT_SO_FAR(stalls, "faults that had to wait for a frame"),
#undef BYTES
#undef BYTES_SO_FAR
#undef COUNT_SO_FAR
};

static const char *const row_helps[] = {
	[ROW_configured] = "memory that the VM was started with",
	[ROW_granted] = "memory that its balloon leaves it",
	[ROW_ballooned] = "memory that its balloon has taken",
	[ROW_private] = "memory with frames of its own",
	[ROW_shared] = "memory that is merged, zeros included",
	[ROW_packed] = "memory that is compressed",
	[ROW_swapped] = "memory in the swap file",
	[ROW_active] = "memory in use, as the module estimates",
	[ROW_wanted] = "memory it is thought to need",
	[ROW_pressure] = "what it is thought to need, of what it has",
	[ROW_target] = "memory it is to have",
};

static_assert(sizeof(row_helps) / sizeof(*row_helps) == N_ROW_NUMBERS,
	      "help for each");

struct page {
	struct exposition out;
	const struct sample *sample;
	const struct metrics_view *view;
	const struct scrapes *scrapes;
	uint64_t page_size;
};

/* What one sample each of some families is made of. */
struct line {
	char *labels;
	const void *numbers;
};

static void put_number(struct page *page, const struct number *number,
		       const struct line *line)
{
	const char *at = (const char *)line->numbers + number->offset;
	uint64_t value = *(const uint64_t *)at;

	exposition_u64(&page->out, line->labels,
		       number->pages ? value * page->page_size : value);
}

static void put_numbers(struct page *page, const struct number *numbers,
			size_t n_numbers, const struct line *lines,
			size_t n_lines)
{
	for (size_t i = 0; i < n_numbers; i++) {
		exposition_family(&page->out, numbers[i].kind, numbers[i].name,
				  numbers[i].help);
		for (size_t j = 0; j < n_lines; j++)
			put_number(page, &numbers[i], &lines[j]);
	}
}

static void free_lines(struct line *lines, size_t n_lines)
{
	for (size_t i = 0; i < n_lines; i++)
		free(lines[i].labels);
	free(lines);
}

/* A family of one sample. */
static void put_u64(struct page *page, enum metric_kind kind, const char *name,
		    const char *help, uint64_t value)
{
	exposition_family(&page->out, kind, name, help);
	exposition_u64(&page->out, "", value);
}

static void put_ns(struct page *page, enum metric_kind kind, const char *name,
		   const char *help, uint64_t value)
{
	exposition_family(&page->out, kind, name, help);
	exposition_decimal(&page->out, "", value, 9);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), wanted = strlen(end);

	return length >= wanted && !strcmp(text + length - wanted, end);
}

static void put_statistic(struct page *page, enum stat_id id)
{
	const struct statistic *statistic = &statistics[id];
	char *name = xprintf("ksmfs_%s%s", statistic->name,
			     statistic->kind == BYTES &&
			     !ends_with(statistic->name, "_bytes") ?
			     "_bytes" : "");

	exposition_family(&page->out, statistic->kind == COUNTER ?
			  METRIC_COUNTER : METRIC_GAUGE, name, statistic->help);
	if (statistic->kind == BYTES)
		exposition_s64(&page->out, "",
			       counters_bytes(&page->sample->counters, id));
	else
		exposition_u64(&page->out, "",
			       page->sample->counters.value[id]);
	free(name);
}

static void put_module(struct page *page)
{
	put_u64(page, METRIC_GAUGE, "ksmfs_up",
		"1 if the module's statistics can be read; if not, ksmfs "
		"doctor tells why", page->sample->up);
	put_u64(page, METRIC_GAUGE, "ksmfs_page_size_bytes",
		"what a page is", page->page_size);
	for (size_t i = 0; page->sample->up && i < N_STATS; i++)
		put_statistic(page, i);
}

/* By a mount at the same path: then only that one is told of. */
static bool is_covered(const struct sample *sample, size_t mount)
{
	for (size_t i = mount + 1; i < sample->n_mounts; i++)
		if (!strcmp(sample->mounts[i].path,
			    sample->mounts[mount].path))
			return true;
	return false;
}

static void put_mounts(struct page *page)
{
	const struct sample *sample = page->sample;
	struct line *lines = xrealloc(NULL, sample->n_mounts + 1,
				      sizeof(*lines));
	size_t n_lines = 0;

	exposition_family(&page->out, METRIC_GAUGE, "ksmfs_mount_up",
			  "1 if the mount's numbers can be read");
	for (size_t i = 0; i < sample->n_mounts; i++) {
		char *labels;

		if (is_covered(sample, i))
			continue;
		labels = exposition_labels((const struct label[]){
			{ "mount", sample->mounts[i].path }, { 0 }
		});
		exposition_u64(&page->out, labels, sample->good[i]);
		if (sample->good[i])
			lines[n_lines++] = (struct line){
				labels, &sample->infos[i]
			};
		else
			free(labels);
	}
	put_numbers(page, mount_numbers,
		    sizeof(mount_numbers) / sizeof(*mount_numbers), lines,
		    n_lines);
	free_lines(lines, n_lines);
}

/*
 * @titles: by mount and region, of the VM that has it, or NULL
 * @title: of the VM that is asked which it has
 */
struct owners {
	const struct sample *sample;
	const char ***titles;
	const char *title;
};

static void found_owner(void *context, const struct mount *mount,
			const struct region *region)
{
	struct owners *owners = context;

	owners->titles[mount - owners->sample->mounts]
		      [region - mount->regions] = owners->title;
}

static void find_owners(const struct page *page, struct owners *owners)
{
	const struct sample *sample = page->sample;

	*owners = (struct owners){ .sample = sample };
	owners->titles = xrealloc(NULL, sample->n_mounts + 1,
				  sizeof(*owners->titles));
	for (size_t i = 0; i < sample->n_mounts; i++) {
		size_t count = sample->mounts[i].n_regions;

		owners->titles[i] = xrealloc(NULL, count + 1,
					     sizeof(**owners->titles));
		memset(owners->titles[i], 0,
		       (count + 1) * sizeof(**owners->titles));
	}
	for (const struct vm *vm = page->view->vms; vm; vm = vm->next) {
		if (!vm->on_ksmfs)
			continue;
		owners->title = vm->guest->title;
		vm_regions(vm, sample->mounts, sample->n_mounts, found_owner,
			   owners);
	}
}

static void free_owners(struct owners *owners)
{
	for (size_t i = 0; i < owners->sample->n_mounts; i++)
		free(owners->titles[i]);
	free(owners->titles);
}

/* An unlinked region has no name, which is as if the label were not there. */
static char *region_labels(const struct mount *mount,
			   const struct region *region, const char *title)
{
	char *ino = xprintf("%" PRIu64, (uint64_t)region->info.ino);
	char *domain = domain_label(region->domain);
	char *labels = exposition_labels((const struct label[]){
		{ "mount", mount->path },
		{ "domain", domain },
		{ "region", region->name ?: "" },
		{ "ino", ino },
		{ "vm", title ?: "" },
		{ 0 }
	});

	free(domain);
	free(ino);
	return labels;
}

static int compare_inos(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

/*
 * The inode number up to which regions are told of.  No two mounts have the same,
 * and newer regions have higher ones.
 */
static uint64_t last_ino(const struct sample *sample, size_t *count)
{
	uint64_t *inos = NULL, last = UINT64_MAX;

	*count = 0;
	for (size_t m = 0; m < sample->n_mounts; m++) {
		const struct mount *mount = &sample->mounts[m];

		inos = xrealloc(inos, *count + mount->n_regions + 1,
				sizeof(*inos));
		for (size_t r = 0; sample->good[m] && r < mount->n_regions;
		     r++)
			inos[(*count)++] = mount->regions[r].info.ino;
	}
	if (*count > METRICS_REGIONS_MAX) {
		qsort(inos, *count, sizeof(*inos), compare_inos);
		last = inos[METRICS_REGIONS_MAX - 1];
	}
	free(inos);
	return last;
}

static void put_regions(struct page *page)
{
	const struct sample *sample = page->sample;
	size_t n_lines = 0, left_out = 0, count;
	uint64_t last = last_ino(sample, &count);
	struct line *lines = xrealloc(NULL, count + 1, sizeof(*lines));
	struct owners owners;

	find_owners(page, &owners);
	for (size_t m = 0; m < sample->n_mounts; m++) {
		const struct mount *mount = &sample->mounts[m];

		for (size_t r = 0; sample->good[m] && r < mount->n_regions;
		     r++) {
			const struct region *region = &mount->regions[r];

			if (region->info.ino > last) {
				left_out++;
				continue;
			}
			lines[n_lines++] = (struct line){
				region_labels(mount, region,
					      owners.titles[m][r]),
				&region->info,
			};
		}
	}
	free_owners(&owners);
	put_numbers(page, region_numbers,
		    sizeof(region_numbers) / sizeof(*region_numbers), lines,
		    n_lines);
	put_u64(page, METRIC_GAUGE, "ksmfs_regions_left_out",
		"regions that are not told of one by one: there are too many",
		left_out);
	free_lines(lines, n_lines);
}

struct vm_line {
	const struct vm *vm;
	char *labels;
	struct row row;
};

static char *vm_labels(const struct vm *vm)
{
	return exposition_labels((const struct label[]){
		{ "vm", vm->guest->title }, { "id", vm->guest->id }, { 0 }
	});
}

static void put_row_number(struct page *page, const struct vm_line *lines,
			   size_t n_lines, enum row_number id)
{
	bool ratio = id == ROW_pressure;
	char *name = xprintf("ksmfsd_vm_%s_%s", row_keys[id],
			     ratio ? "ratio" : "bytes");

	exposition_family(&page->out, METRIC_GAUGE, name, row_helps[id]);
	for (size_t i = 0; i < n_lines; i++) {
		const struct row *row = &lines[i].row;

		if (row->known[id] && ratio)
			exposition_decimal(&page->out, lines[i].labels,
					   row->value[id], 2);
		else if (row->known[id])
			exposition_u64(&page->out, lines[i].labels,
				       row->value[id]);
	}
	free(name);
}

static void put_vm_numbers(struct page *page, const struct vm_line *lines,
			   size_t n_lines)
{
#define PUT(kind, name, help, value)                                          \
	do {                                                                  \
		exposition_family(&page->out, METRIC_##kind,                  \
				  "ksmfsd_vm_" name, help);                   \
		for (size_t i = 0; i < n_lines; i++) {                        \
			const struct vm *vm = lines[i].vm;                    \
									      \
			exposition_u64(&page->out, lines[i].labels, value);   \
		}                                                             \
	} while (0)
	PUT(GAUGE, "connected", "1 if its QEMU or libvirt answers",
	    vm->guest->ready);
	PUT(GAUGE, "balloon_stuck",
	    "1 if its balloon does not do what it is told",
	    vm->policy.decision.unresponsive);
	PUT(COUNTER, "inflations", "how often its balloon was told to take memory",
	    vm->inflations);
	PUT(COUNTER, "deflations", "how often its balloon was told to give some",
	    vm->deflations);
	PUT(COUNTER, "reclaimed_bytes",
	    "memory compressed and swapped because the daemon asked for it",
	    vm->reclaimed);
	PUT(GAUGE, "limit_bytes",
	    "host memory it may have before it waits; 0: no limit",
	    vm->policy.decision.limit);
#undef PUT
}

static void put_vms(struct page *page)
{
	struct vm_line *lines;
	size_t n_lines = 0;

	for (const struct vm *vm = page->view->vms; vm; vm = vm->next)
		n_lines += vm->on_ksmfs;
	lines = xrealloc(NULL, n_lines + 1, sizeof(*lines));
	n_lines = 0;
	for (const struct vm *vm = page->view->vms; vm; vm = vm->next)
		if (vm->on_ksmfs)
			lines[n_lines++] = (struct vm_line){
				vm, vm_labels(vm), vm_row(vm)
			};
	for (size_t i = 0; i < N_ROW_NUMBERS; i++)
		put_row_number(page, lines, n_lines, i);
	put_vm_numbers(page, lines, n_lines);
	for (size_t i = 0; i < n_lines; i++) {
		row_free(&lines[i].row);
		free(lines[i].labels);
	}
	free(lines);
}

static void put_states(struct page *page)
{
	exposition_family(&page->out, METRIC_GAUGE, "ksmfsd_state",
			  "1 for the state that the host is in, from plenty to "
			  "want: high, clear, soft, hard, low");
	for (int i = 0; i < NR_STATES; i++) {
		char *labels = exposition_labels((const struct label[]){
			{ "state", policy_state_name(i) }, { 0 }
		});

		exposition_u64(&page->out, labels,
			       page->view->policy->state == (enum memory_state)i);
		free(labels);
	}
}

static void put_daemon(struct page *page)
{
	const struct metrics_view *view = page->view;
	const struct policy *policy = view->policy;

	exposition_family(&page->out, METRIC_INFO, "ksmfsd_build",
			  "which ksmfsd this is");
	exposition_u64(&page->out, "{version=\"" KSMFS_VERSION "\"}", 1);
	put_states(page);
	put_u64(page, METRIC_COUNTER, "ksmfsd_state_changes",
		"how often that state has changed", view->state_changes);
	put_u64(page, METRIC_GAUGE, "ksmfsd_stuck",
		"1 if the host could not be looked at in the last round",
		view->stuck);
	put_u64(page, METRIC_GAUGE, "ksmfsd_free_bytes",
		"host memory that is free for VMs", policy->free);
	put_u64(page, METRIC_GAUGE, "ksmfsd_min_free_bytes",
		"host memory that is to be kept free", policy->min_free);
	put_u64(page, METRIC_GAUGE, "ksmfsd_contended",
		"1 if some VM could use more than there is",
		policy->contended);
	put_u64(page, METRIC_GAUGE, "ksmfsd_scan_fast",
		"1 if merging is sped up", policy->scan_fast);
	put_u64(page, METRIC_COUNTER, "ksmfsd_rounds",
		"how often the daemon has looked at the host", view->rounds);
	put_ns(page, METRIC_COUNTER, "ksmfsd_rounds_seconds",
	       "time that took", view->round_ns);
	exposition_family(&page->out, METRIC_GAUGE,
			  "ksmfsd_last_round_timestamp_seconds",
			  "when the last round began, since 1970");
	exposition_decimal(&page->out, "", view->last_round, 3);
	put_u64(page, METRIC_COUNTER, "ksmfsd_samples",
		"how often the module's numbers were read to be told here",
		page->scrapes->samples);
	put_ns(page, METRIC_COUNTER, "ksmfsd_samples_read_seconds",
	       "time that took, in a worker", page->scrapes->read_ns);
	put_ns(page, METRIC_COUNTER, "ksmfsd_samples_page_seconds",
	       "time it took to write them, without this time",
	       page->scrapes->page_ns);
}

char *metrics_page(const struct sample *sample,
		   const struct metrics_view *view,
		   const struct scrapes *scrapes, bool open_metrics,
		   size_t *length)
{
	struct page page = {
		.sample = sample, .view = view, .scrapes = scrapes,
		.page_size = sysconf(_SC_PAGESIZE),
	};

	exposition_begin(&page.out, open_metrics);
	put_module(&page);
	put_mounts(&page);
	put_regions(&page);
	put_vms(&page);
	put_daemon(&page);
	exposition_end(&page.out);
	*length = page.out.length;
	return page.out.text;
}
