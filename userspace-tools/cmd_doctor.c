// SPDX-License-Identifier: GPL-2.0
/*
 * ksmfs doctor: is everything set up, and does every VM take part?
 *
 * Whether a VM's memory can be merged is decided by what backs it, and its
 * /proc/PID/maps tells that.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counters.h"
#include "json.h"
#include "maps.h"
#include "ram.h"
#include "regions.h"
#include "text.h"
#include "tool.h"

enum level { OK, NOTE, WRONG };

static const char *const level_names[] = {
	[OK] = "ok", [NOTE] = "note", [WRONG] = "wrong",
};

/* @subject: may be any bytes, unlike the rest */
struct check {
	enum level level;
	char *subject;
	char *finding;
	char *advice;
};

struct exam {
	struct check *checks;
	size_t count;
	size_t room;
	bool module_missing;
	struct mount *mounts;
	size_t n_mounts;
};

/* Takes over @finding and @advice; the latter may be NULL. */
static void conclude(struct exam *exam, enum level level, const char *subject,
		     char *finding, char *advice)
{
	if (exam->count == exam->room) {
		exam->room = exam->room ? exam->room * 2 : 16;
		exam->checks = xrealloc(exam->checks, exam->room,
					sizeof(*exam->checks));
	}
	exam->checks[exam->count++] = (struct check){
		level, xstrdup(subject), finding, advice
	};
}

static void examine_module(struct exam *exam)
{
	uint64_t run;
	int ret = knob_try_read(KNOB_run, &run);

	if (ret) {
		exam->module_missing = true;
		conclude(exam, WRONG, "module",
			 xprintf("cannot read " SYSFS_DIR "run: %s",
				 ret == -EBADMSG ? "it holds no number" :
				 strerror(-ret)),
			 xstrdup(ret == -EBADMSG ?
				 "install the module and this command from "
				 "the same release" :
				 "load the module: modprobe ksmfs"));
		return;
	}
	conclude(exam, OK, "module", xstrdup("loaded"), NULL);
	if (run == 1)
		conclude(exam, OK, "scanner", xstrdup("running"), NULL);
	else
		conclude(exam, WRONG, "scanner",
			 xprintf("run is %" PRIu64 ": nothing is merged", run),
			 xstrdup("start it: ksmfs tune run=1"));
}

/* Somebody may have said that little or nothing is merged. */
static void examine_domain(struct exam *exam, const struct mount *mount,
			   const struct domain *domain)
{
	char *path, *safe, *mode;
	bool root;

	if (!domain->name)
		return;
	root = !strcmp(domain->name, "/");
	path = xprintf("%s%s%s", mount->path, root ? "" : "/",
		       root ? "" : domain->name);
	safe = text_for_terminal(path);
	if (!sysio_attribute(path, KSMFS_XATTR_MERGE, &mode)) {
		if (strcmp(mode, "share"))
			conclude(exam, NOTE, path,
				 xprintf("merge is %s: pages of different VMs "
					 "are not merged", mode),
				 xprintf("if that is not wanted: ksmfs domain "
					 "%s merge=share", safe));
		free(mode);
	}
	free(safe);
	free(path);
}

static void examine_mount(struct exam *exam, struct mount *mount)
{
	char *path = text_for_terminal(mount->path);
	int ret = mount_load(mount);
	char *finding;

	if (ret) {
		conclude(exam, WRONG, mount->path,
			 xprintf("cannot look into it: %s", mount_error(ret)),
			 xstrdup(mount_advice(ret)));
		free(path);
		return;
	}
	finding = xprintf("%s of %s free, %zu regions in %zu domains",
			  text_size(mount->space.free).text,
			  text_size(mount->space.size).text,
			  mount->n_regions, mount->n_domains);
	if (mount->space.free < mount->space.size / 20)
		conclude(exam, WRONG, mount->path, finding,
			 xprintf("writing to merged pages needs room: "
				 "mount -o remount,size=N %s", path));
	else
		conclude(exam, OK, mount->path, finding, NULL);
	for (size_t i = 0; i < mount->n_domains; i++)
		examine_domain(exam, mount, &mount->domains[i]);
	free(path);
}

static void examine_mounts(struct exam *exam)
{
	int ret = mounts_find(&exam->mounts, &exam->n_mounts);

	if (ret)
		die(EXIT_FAILED, "cannot read /proc/self/mountinfo: %s: is "
		    "/proc mounted?", strerror(-ret));
	if (!exam->n_mounts)
		conclude(exam, WRONG, "mount", xstrdup("no ksmfs is mounted"),
			 xstrdup("mount -t ksmfs none DIR"));
	for (size_t i = 0; i < exam->n_mounts; i++)
		examine_mount(exam, &exam->mounts[i]);
}

static const char *const backing_names[N_BACKINGS] = {
	[KSMFS_SHARED] = "on ksmfs, shared",
	[KSMFS_PRIVATE] = "on ksmfs, but mapped privately: what the guest "
			  "writes is not merged",
	[ANONYMOUS] = "of anonymous memory: only the kernel's own KSM can "
		      "merge it",
	[MEMFD] = "in a memfd: nothing merges it",
	[TMPFS] = "on tmpfs: nothing merges it",
	[HUGETLBFS] = "in huge pages: nothing merges them",
	[OTHER] = "in a file that is not on ksmfs: nothing merges it",
};

/*
 * Its RAM can be merged; but is there anything to merge it with?  Returns
 * true if there is something to say.
 */
static bool examine_company(struct exam *exam, const char *subject,
			    const struct mapping *map)
{
	const struct region *region = mounts_region_of(exam->mounts,
						       exam->n_mounts, map);
	char *name;

	if (!region || region->domain->count > 1)
		return false;
	name = domain_title(region->domain);
	conclude(exam, NOTE, subject,
		 xprintf("alone in domain %s: merged only within itself", name),
		 xstrdup("guests that may share belong below the same "
			 "directory"));
	free(name);
	return true;
}

/* What to start the VM with instead; NULL if all is well. */
static char *advice_for(const struct exam *exam, const char *process,
			enum backing backing, uint64_t bytes)
{
	const char *where = exam->n_mounts ? exam->mounts[0].path :
		"/dev/ksmfs";
	bool is_cloud_hypervisor = text_starts_with(process, "cloud-hyperviso");
	char *path, *advice;

	if (backing == KSMFS_SHARED)
		return NULL;
	if (backing == KSMFS_PRIVATE)
		return xprintf("add to its memory options: %s",
			       is_cloud_hypervisor ? "shared=on" : "share=on");
	if (text_starts_with(process, "firecracker"))
		return xstrdup("Firecracker cannot put guest memory into a "
			       "file");
	path = text_for_terminal(where);
	advice = xprintf(is_cloud_hypervisor ?
			 "start it with --memory size=0 --memory-zone "
			 "id=ram,size=%" PRIu64 "M,file=%s/NAME,shared=on" :
			 "start QEMU with -object memory-backend-file,id=ram,"
			 "size=%" PRIu64 "M,mem-path=%s,share=on "
			 "-machine memory-backend=ram", bytes >> 20, path);
	free(path);
	return advice;
}

static void examine_memory(struct exam *exam, const char *process,
			   const char *subject, const struct ram_sight *sight,
			   const struct mapping *maps, size_t n_maps)
{
	uint64_t bytes[N_BACKINGS] = { 0 }, others = 0;

	for (size_t i = 0; i < n_maps; i++) {
		enum backing backing = ram_backing(sight, &maps[i]);

		if (!ram_may_be(&maps[i], backing))
			continue;
		bytes[backing] += maps[i].bytes;
		if (backing != ANONYMOUS)
			others += maps[i].bytes;
	}
	if (others)
		bytes[ANONYMOUS] = 0;
	if (!others && !bytes[ANONYMOUS])
		conclude(exam, NOTE, subject, xstrdup("has no guest memory"),
			 NULL);
	for (size_t b = 0; b < N_BACKINGS; b++)
		if (bytes[b])
			conclude(exam, b == KSMFS_SHARED ? OK : WRONG, subject,
				 xprintf("%s %s", text_size(bytes[b]).text,
					 backing_names[b]),
				 advice_for(exam, process, b, bytes[b]));
	for (size_t i = 0; i < n_maps; i++)
		if (ram_backing(sight, &maps[i]) == KSMFS_SHARED &&
		    examine_company(exam, subject, &maps[i]))
			break;
}

static void examine_vm(void *context, int pid, const char *process)
{
	struct exam *exam = context;
	char *subject = xprintf("%s %d", process, pid);
	struct ram_sight sight = { 0 };
	struct mapping *maps = NULL;
	size_t n_maps = 0;
	int ret;

	ret = maps_read(pid, &maps, &n_maps);
	if (!ret)
		ret = mountinfo_read(pid, &sight.mounts, &sight.count);
	if (!ret)
		examine_memory(exam, process, subject, &sight, maps, n_maps);
	else if (ret != -ENOENT && ret != -ESRCH)	/* not just gone */
		conclude(exam, WRONG, subject,
			 xprintf("cannot look at its memory: %s",
				 strerror(-ret)),
			 xstrdup("run ksmfs as root"));
	maps_free(maps, n_maps);
	mountinfo_free(sight.mounts, sight.count);
	free(subject);
}

static void examine_all_vms(struct exam *exam)
{
	if (!ram_each_vm(examine_vm, exam))
		conclude(exam, NOTE, "guests", xstrdup("no VM is running"),
			 NULL);
}

static void examine_one_vm(struct exam *exam, int pid)
{
	char *process = process_name(pid);

	if (!process)
		die(EXIT_FAILED, "there is no process %d", pid);
	examine_vm(exam, pid, process);
	free(process);
}

static void print(const struct exam *exam)
{
	for (size_t i = 0; i < exam->count; i++) {
		const struct check *check = &exam->checks[i];
		char *subject = text_for_terminal(check->subject);

		printf("%-5s  %s: %s\n", level_names[check->level], subject,
		       check->finding);
		free(subject);
		if (check->advice)
			printf("       -> %s\n", check->advice);
	}
}

static void print_json(const struct exam *exam, int status)
{
	struct json_object *object = json_object_new_object();
	struct json_object *checks = json_object_new_array();

	json_object_object_add(object, "healthy",
			       json_object_new_boolean(status == EXIT_OK));
	json_object_object_add(object, "checks", checks);
	for (size_t i = 0; i < exam->count; i++) {
		const struct check *check = &exam->checks[i];
		struct json_object *entry = json_object_new_object();

		json_add_name(entry, "level", level_names[check->level]);
		json_add_name(entry, "subject", check->subject);
		json_add_name(entry, "finding", check->finding);
		json_add_name(entry, "advice", check->advice);
		json_object_array_add(checks, entry);
	}
	json_print(object);
}

static int status_of(const struct exam *exam)
{
	if (exam->module_missing)
		return EXIT_NO_MODULE;
	for (size_t i = 0; i < exam->count; i++)
		if (exam->checks[i].level == WRONG)
			return EXIT_FAILED;
	return EXIT_OK;
}

static void dismiss(struct exam *exam)
{
	for (size_t i = 0; i < exam->count; i++) {
		free(exam->checks[i].subject);
		free(exam->checks[i].finding);
		free(exam->checks[i].advice);
	}
	free(exam->checks);
	mounts_free(exam->mounts, exam->n_mounts);
}

int cmd_doctor(int argc, char **argv)
{
	static const struct option options[] = {
		{ "pid", required_argument, NULL, 'p' },
		{ "json", no_argument, NULL, 'j' },
		{ NULL, 0, NULL, 0 },
	};
	struct exam exam = { 0 };
	int option, status, pid = 0;
	bool json = false;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'p':
			pid = parse_pid(optarg);
			break;
		case 'j':
			json = true;
			break;
		default:
			return usage_error("doctor");
		}
	}
	if (optind < argc)
		return usage_error("doctor");

	examine_module(&exam);
	examine_mounts(&exam);
	if (pid)
		examine_one_vm(&exam, pid);
	else
		examine_all_vms(&exam);
	status = status_of(&exam);
	if (json)
		print_json(&exam, status);
	else
		print(&exam);
	dismiss(&exam);
	return status;
}
