// SPDX-License-Identifier: GPL-2.0
/*
 * The daemon: rounds of looking, deciding and doing.
 *
 * There is one thread, libuv's loop, and everything in the daemon belongs to
 * it, but for what vm.c, libvirt.c, libvirt_guest.c and metrics.c hand to
 * workers.  A round never waits: what VMs say has been asked for in the round
 * before.
 *
 *   round:  the VMs -> the host -> each VM -> the policy -> each VM
 *
 * A round begins every interval, and when a fault had to wait for a frame.
 *
 * At the end the scanner's pace and the VMs' limits are set back; balloons
 * stay as they are, since deflating them takes memory there may not be.
 * A daemon that is killed leaves all of it; its successor reads the balloons
 * and the limits where they are, and the pace from a file (see scanner.c).
 */
#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "../json.h"
#include "../sysio.h"
#include "../text.h"
#include "../tool.h"
#include "config.h"
#include "control.h"
#include "daemon.h"
#include "host.h"
#include "libvirt.h"
#include "log.h"
#include "metrics.h"
#include "qmp_guest.h"
#include "record.h"
#include "scanner.h"
#include "vm.h"

/* At the end, workers are not waited for longer than this. */
#define END_MAX_MS 5000

/* Faults that wait do not make rounds come more often than this. */
#define ROUND_MIN_MS 200

/*
 * @vms: in the order they came
 * @libvirt: finds VMs, or NULL
 * @problem: why the host could not be looked at, or NULL
 * @stalls: waits for the file stalls
 * @stalls_fd: that file, or -1
 * @stalls_told: the log was told that one cannot wait for it
 * @last_round: by the loop's clock
 * @told: what is told of the rounds, for metrics
 */
struct daemon {
	uv_loop_t loop;
	struct config *config;
	const char *path;
	bool dry_run;
	struct policy policy;
	struct host host;
	struct vm *vms;
	struct libvirt *libvirt;
	char *problem;
	uv_timer_t timer;
	uv_signal_t signals[3];
	uv_poll_t stalls;
	int stalls_fd;
	bool stalls_told;
	uint64_t last_round;
	struct metrics_view told;
};

static unsigned int period_of(const struct config *config)
{
	return config->interval < 1000 ? 1 : config->interval / 1000;
}

static struct vm *vm_of(const struct daemon *daemon, const char *id)
{
	struct vm *vm = daemon->vms;

	while (vm && strcmp(vm->guest->id, id))
		vm = vm->next;
	return vm;
}

static void add_vm(struct daemon *daemon, struct guest *guest)
{
	struct vm **at = &daemon->vms;

	while (*at)
		at = &(*at)->next;
	*at = vm_new(&daemon->loop, guest);
	(*at)->listed = true;
}

static void found_socket(struct daemon *daemon, const char *path)
{
	struct vm *vm = vm_of(daemon, path);

	if (vm)
		vm->listed = true;
	else
		add_vm(daemon, qmp_guest_new(&daemon->loop, path,
					     period_of(daemon->config),
					     daemon->dry_run));
}

static void found_domain(void *context, const char *uuid, const char *name)
{
	struct daemon *daemon = context;
	struct vm *vm = vm_of(daemon, uuid);

	if (vm)
		vm->listed = true;
	else
		add_vm(daemon, libvirt_guest_new(daemon->libvirt, uuid, name));
}

/* A VM has gone when it is neither found nor connected. */
static void drop_gone(struct daemon *daemon)
{
	struct vm **at = &daemon->vms;

	while (*at) {
		struct vm *vm = *at;

		if (vm->listed || vm->guest->kind->is_connected(vm->guest)) {
			at = &vm->next;
			continue;
		}
		*at = vm->next;
		log_say(LOG_NOTICE, "%s: it has gone", vm->guest->title);
		vm_free(vm);
	}
}

static void find_vms(struct daemon *daemon)
{
	for (struct vm *vm = daemon->vms; vm; vm = vm->next)
		vm->listed = false;
	for (size_t i = 0; i < daemon->config->n_qmp; i++) {
		glob_t found;

		if (glob(daemon->config->qmp[i], 0, NULL, &found))
			continue;	/* nothing there, or not yet */
		for (size_t j = 0; j < found.gl_pathc; j++)
			found_socket(daemon, found.gl_pathv[j]);
		globfree(&found);
	}
	if (daemon->libvirt)
		libvirt_find(daemon->libvirt, found_domain, daemon);
	drop_gone(daemon);
}

/* False if it cannot be looked at; the log is told when that changes. */
static bool look_at_host(struct daemon *daemon)
{
	char *problem;

	if (!host_read(&daemon->host, &problem) && !daemon->host.n_mounts)
		problem = xstrdup("no ksmfs is mounted");
	if (problem && (!daemon->problem || strcmp(problem, daemon->problem)))
		log_say(LOG_WARNING, "nothing can be done: %s", problem);
	else if (!problem && daemon->problem)
		log_say(LOG_NOTICE, "the host can be looked at again");
	free(daemon->problem);
	daemon->problem = problem;
	return !problem;
}

/* The same VM was found in two ways, and this is the lesser of them. */
static bool is_redundant(const struct daemon *daemon, const struct vm *vm)
{
	const struct guest *guest = vm->guest;

	for (const struct vm *other = daemon->vms; other; other = other->next)
		if (guest->pid && other->guest->pid == guest->pid &&
		    other->guest->kind->rank < guest->kind->rank)
			return true;
	return false;
}

static void look_at_vm(const struct daemon *daemon, struct vm *vm)
{
	struct vm_settings settings = config_settings(daemon->config,
						      vm->guest->title);

	if (is_redundant(daemon, vm))
		vm->on_ksmfs = false;
	else
		vm_see(vm, &daemon->host, &settings);
}

static void decide(struct daemon *daemon)
{
	enum memory_state before = daemon->policy.state;
	struct policy_vm **vms;
	size_t count = 0;

	for (struct vm *vm = daemon->vms; vm; vm = vm->next)
		count++;
	vms = xrealloc(NULL, count + 1, sizeof(struct policy_vm *));
	count = 0;
	for (struct vm *vm = daemon->vms; vm; vm = vm->next) {
		look_at_vm(daemon, vm);
		if (vm->on_ksmfs)
			vms[count++] = &vm->policy;
	}
	policy_round(&daemon->policy, uv_now(&daemon->loop),
		     &daemon->host.view, vms, count);
	free(vms);
	if (daemon->policy.state == before)
		return;
	daemon->told.state_changes++;
	log_say(LOG_NOTICE, "state %s -> %s: %s", policy_state_name(before),
		policy_state_name(daemon->policy.state),
		daemon->policy.reason);
}

static void print_decision(const struct vm *vm)
{
	const struct vm_decision *d = &vm->policy.decision;
	char *name = text_for_terminal(vm->guest->title);

	printf("  %s: wants %s, pressure %u%%, target %s", name,
	       text_size(d->wanted).text, d->pressure,
	       text_size(d->target).text);
	if (d->move_balloon)
		printf("; balloon from %s",
		       text_size(vm->policy.view.actual).text);
	if (d->reclaim)
		printf("; take %s", text_size(d->reclaim).text);
	if (d->limit)
		printf("; limit %s", text_size(d->limit).text);
	printf(": %s\n", d->reason);
	free(name);
}

static void print_decisions(const struct daemon *daemon)
{
	const struct policy *policy = &daemon->policy;

	printf("state %s: %s free, %s to be kept free%s\n",
	       policy_state_name(policy->state), text_size(policy->free).text,
	       text_size(policy->min_free).text,
	       policy->scan_fast ? "; scan fast" : "");
	for (const struct vm *vm = daemon->vms; vm; vm = vm->next)
		if (vm->on_ksmfs)
			print_decision(vm);
	fflush(stdout);
}

/* Milliseconds since 1970. */
static uint64_t wall_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void act(struct daemon *daemon)
{
	uint64_t now = wall_clock();

	scanner_set(daemon->policy.scan_fast);
	for (struct vm *vm = daemon->vms; vm; vm = vm->next) {
		struct row row;

		if (!vm->on_ksmfs)
			continue;
		vm_act(vm, &daemon->host);
		row = vm_row(vm);
		record_row(now, &daemon->policy, &row);
		row_free(&row);
	}
	record_flush();
}

static void watch_stalls(struct daemon *daemon);

static void play_round(uv_timer_t *timer)
{
	struct daemon *daemon = timer->data;
	uint64_t begun = uv_hrtime();

	daemon->last_round = uv_now(&daemon->loop);
	daemon->told.last_round = wall_clock();
	find_vms(daemon);
	if (look_at_host(daemon)) {
		watch_stalls(daemon);
		decide(daemon);
		if (daemon->dry_run)
			print_decisions(daemon);
		else
			act(daemon);
	}
	for (struct vm *vm = daemon->vms; vm; vm = vm->next)
		vm->guest->kind->poll(vm->guest);
	if (daemon->libvirt)
		libvirt_poll(daemon->libvirt);
	daemon->told.rounds++;
	daemon->told.round_ns += uv_hrtime() - begun;
}

static void stalls_closed(uv_handle_t *handle)
{
	struct daemon *daemon = handle->data;

	close(daemon->stalls_fd);
	daemon->stalls_fd = -1;
}

static void have_stall(uv_poll_t *poll, int status, int events)
{
	struct daemon *daemon = poll->data;
	uint64_t age = uv_now(&daemon->loop) - daemon->last_round;
	char count[32];

	(void)events;		/* there is only one */
	if (status || pread(daemon->stalls_fd, count, sizeof(count), 0) < 0) {
		/* The module has gone; look for it in the next round. */
		uv_close((uv_handle_t *)poll, stalls_closed);
		return;
	}
	uv_timer_start(&daemon->timer, play_round,
		       age < ROUND_MIN_MS ? ROUND_MIN_MS - age : 0,
		       daemon->config->interval);
}

/* The file, and its number read: only what comes after that is reported. */
static int open_stalls(void)
{
	int fd = sysio_open(SYSFS_DIR "stalls");
	char count[32];
	int ret;

	if (fd < 0 || pread(fd, count, sizeof(count), 0) >= 0)
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

static void watch_stalls(struct daemon *daemon)
{
	int fd, ret;

	if (daemon->stalls_fd >= 0)
		return;
	fd = open_stalls();
	ret = fd < 0 ? fd : uv_poll_init(&daemon->loop, &daemon->stalls, fd);
	if (!ret) {
		daemon->stalls_fd = fd;
		daemon->stalls.data = daemon;
		uv_poll_start(&daemon->stalls, UV_PRIORITIZED, have_stall);
		return;
	}
	if (!daemon->stalls_told)
		log_say(LOG_NOTICE, "cannot wait for stalls: %s: they are seen "
			"once in a round", strerror(-ret));
	daemon->stalls_told = true;
	if (fd >= 0)
		close(fd);
}

static struct json_object *report(void *context)
{
	const struct daemon *daemon = context;
	const struct policy *policy = &daemon->policy;
	struct json_object *object = json_object_new_object();
	struct json_object *vms = json_object_new_array();

	json_object_object_add(object, "daemon", json_object_new_boolean(true));
	json_add_name(object, "problem", daemon->problem);
	json_add_name(object, "state", policy_state_name(policy->state));
	json_add_name(object, "reason", policy->reason);
	json_add_number(object, "free", policy->free);
	json_add_number(object, "min_free", policy->min_free);
	for (const struct vm *vm = daemon->vms; vm; vm = vm->next) {
		struct row row;

		if (is_redundant(daemon, vm))
			continue;
		row = vm_row(vm);
		json_object_array_add(vms, row_to_json(&row));
		row_free(&row);
	}
	json_object_object_add(object, "vms", vms);
	return object;
}

static void tell_metrics(void *context, struct metrics_view *view)
{
	const struct daemon *daemon = context;

	*view = daemon->told;
	view->policy = &daemon->policy;
	view->vms = daemon->vms;
	view->stuck = daemon->problem;
}

static bool differ(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static void reload(struct daemon *daemon)
{
	struct config *new = config_load(daemon->path);
	struct config *old = daemon->config;

	if (!new) {
		log_say(LOG_ERR, "the configuration stays as it was");
		return;
	}
	if (differ(new->socket, old->socket) ||
	    differ(new->state, old->state) ||
	    differ(new->libvirt, old->libvirt) ||
	    differ(new->metrics, old->metrics))
		log_say(LOG_WARNING, "socket, state, libvirt and metrics stay "
			"as they were until a restart");
	daemon->config = new;
	daemon->policy.config = new->policy;
	if (!daemon->dry_run)
		record_start(new->csv);
	uv_timer_start(&daemon->timer, play_round, 0, new->interval);
	log_say(LOG_NOTICE, "the configuration has been read again");
	config_free(old);
}

static void set_back(struct daemon *daemon)
{
	scanner_set(false);
	if (!look_at_host(daemon))
		return;
	for (struct vm *vm = daemon->vms; vm; vm = vm->next) {
		look_at_vm(daemon, vm);
		vm_release(vm, &daemon->host);
	}
}

/* Everything is set back, and libuv would wait for the worker at exit(). */
static void give_up(uv_timer_t *timer)
{
	(void)timer;
	log_say(LOG_WARNING, "a worker does not come back: ended without it");
	_exit(0);
}

/*
 * The loop ends when no worker works and all handles are closed, but for the
 * timer, which sees to it that workers are not waited for too long.
 */
static void end(struct daemon *daemon)
{
	if (uv_is_closing((uv_handle_t *)&daemon->signals[0]))
		return;
	if (!daemon->dry_run)
		set_back(daemon);
	while (daemon->vms) {
		struct vm *vm = daemon->vms;

		daemon->vms = vm->next;
		vm_free(vm);
	}
	if (daemon->libvirt)
		libvirt_close(daemon->libvirt);
	metrics_stop();
	control_stop();
	record_start(NULL);
	if (daemon->stalls_fd >= 0 &&
	    !uv_is_closing((uv_handle_t *)&daemon->stalls))
		uv_close((uv_handle_t *)&daemon->stalls, stalls_closed);
	uv_timer_start(&daemon->timer, give_up, END_MAX_MS, 0);
	uv_unref((uv_handle_t *)&daemon->timer);
	for (size_t i = 0; i < 3; i++)
		uv_close((uv_handle_t *)&daemon->signals[i], NULL);
}

static void have_signal(uv_signal_t *signal, int number)
{
	struct daemon *daemon = signal->data;

	if (number == SIGHUP) {
		reload(daemon);
		return;
	}
	log_say(LOG_NOTICE, "told to end");
	end(daemon);
}

static void watch_signals(struct daemon *daemon)
{
	const int numbers[] = { SIGHUP, SIGTERM, SIGINT };

	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < 3; i++) {
		uv_signal_init(&daemon->loop, &daemon->signals[i]);
		daemon->signals[i].data = daemon;
		uv_signal_start(&daemon->signals[i], have_signal, numbers[i]);
	}
}

/* Makes the directory of a file of ours; opening the file tells if it failed */
static void make_directory(const char *path)
{
	char *directory = xstrdup(path);

	*strrchr(directory, '/') = '\0';
	mkdir(directory, 0755);
	free(directory);
}

static int open_files(struct daemon *daemon)
{
	const struct config *config = daemon->config;
	int ret;

	make_directory(config->socket);
	make_directory(config->state);
	ret = control_start(&daemon->loop, config->socket, report, daemon);
	if (ret) {
		log_say(LOG_ERR, "cannot open %s: %s", config->socket,
			ret == -EADDRINUSE ? "another ksmfsd runs" :
			strerror(-ret));
		return ret;
	}
	ret = config->metrics ? metrics_start(&daemon->loop, config->metrics,
					      tell_metrics, daemon) : 0;
	if (ret) {
		log_say(LOG_ERR, "cannot serve metrics at %s: %s",
			config->metrics, strerror(-ret));
		return ret;
	}
	scanner_start(config->state);
	record_start(config->csv);
	return 0;
}

static void begin(struct daemon *daemon)
{
	const struct config *config = daemon->config;

	if (config->libvirt)
		daemon->libvirt = libvirt_open(&daemon->loop, config->libvirt,
					       period_of(config),
					       daemon->dry_run);
	uv_timer_start(&daemon->timer, play_round, 0, config->interval);
}

int daemon_run(struct config *config, const char *path, bool dry_run)
{
	struct daemon daemon = {
		.config = config, .path = path, .dry_run = dry_run,
		.stalls_fd = -1,
	};
	int ret;

	uv_loop_init(&daemon.loop);
	policy_init(&daemon.policy, &config->policy);
	uv_timer_init(&daemon.loop, &daemon.timer);
	daemon.timer.data = &daemon;
	watch_signals(&daemon);
	ret = dry_run ? 0 : open_files(&daemon);
	if (ret)
		end(&daemon);
	else
		begin(&daemon);
	uv_run(&daemon.loop, UV_RUN_DEFAULT);
	uv_close((uv_handle_t *)&daemon.timer, NULL);
	uv_run(&daemon.loop, UV_RUN_DEFAULT);
	uv_loop_close(&daemon.loop);
	host_free(&daemon.host);
	config_free(daemon.config);
	free(daemon.problem);
	return ret;
}
