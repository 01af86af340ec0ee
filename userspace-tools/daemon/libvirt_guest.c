// SPDX-License-Identifier: GPL-2.0
/*
 * A QEMU that libvirt runs.
 *
 * Each round asks a worker to look at it: to find its process, to tell the
 * balloon what it has to be told, and to fetch the numbers.  At most one looks
 * at a guest at a time, and at most LOOKS_MAX at guests altogether; the others
 * wait in a row.  A look that does not end holds up this guest alone.
 *
 * The process is not to be had from libvirt.  Its driver of QEMU keeps a file
 * of its number for each VM; that it is this VM's is believed only when its
 * command line has the VM's UUID, as libvirt gives it to each QEMU.
 *
 * Lifetime: a worker knows its guest by address.  A guest that is freed while
 * a worker looks at it is only marked; the look's end frees it.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libvirt/virterror.h>

#include "../sysio.h"
#include "../text.h"
#include "../tool.h"
#include "guest.h"
#include "libvirt.h"
#include "libvirt_link.h"
#include "log.h"

#define PID_FILES "/run/libvirt/qemu/"
#define LOOKS_MAX 8
#define KIB 1024
#define KIB_MAX (1ULL << 43)		/* beyond: nonsense, or "unknown" */

/*
 * @base: what all guests have; the first, so that it has the same address
 * @libvirt: what runs it
 * @next: waits after this one
 * @waits: for a worker
 * @looking: a worker looks at it
 * @since: since when, by the loop's clock
 * @has_period: its guest was told how often to give statistics
 * @no_period: the log was told that it cannot be told
 * @gone: to be freed when no worker has to do with it
 */
struct libvirt_guest {
	struct guest base;
	struct libvirt *libvirt;
	struct libvirt_guest *next;
	bool waits;
	bool looking;
	uint64_t since;
	bool has_period;
	bool no_period;
	bool gone;
};

/*
 * @conn: with a reference of its own
 * @target: what to tell the balloon, or 0
 * @period: what to tell the guest, or 0
 * @pid: its process as known so far, and then as found, or 0
 * @actual: as the balloon says, or 0 if there is none
 * @stats: what the guest says; valid if it has said enough
 * @updated: when it said that
 * @error: why nothing is known, or NULL
 * @expected: that is nothing to be told: the VM or the connection has gone
 * @refused: why the balloon did not take its target, or NULL
 * @no_period: why there is no period, or NULL
 */
struct look {
	uv_work_t work;
	struct libvirt_guest *guest;
	virConnectPtr conn;
	uint64_t target;
	unsigned int period;
	int pid;
	uint64_t actual;
	struct guest_stats stats;
	uint64_t updated;
	char *error;
	bool expected;
	char *refused;
	char *no_period;
};

static bool has_uuid(int pid, const char *uuid)
{
	char path[64], *line, *word;
	bool follows = false, found = false;
	size_t length;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", pid);
	if (sysio_read(path, &line, &length))
		return false;
	for (word = line; word < line + length && !found;
	     word += strlen(word) + 1) {
		found = follows && !strcmp(word, uuid);
		follows = !strcmp(word, "-uuid");
	}
	free(line);
	return found;
}

/* @known: its process so far.  Return: its process, or 0. */
static int find_process(const char *name, const char *uuid, int known)
{
	char *path = xprintf(PID_FILES "%s.pid", name);
	uint64_t pid = 0;
	char *text;
	size_t length;

	if (!strchr(name, '/') && !sysio_read(path, &text, &length)) {
		text[strcspn(text, "\n")] = '\0';
		if (!text_to_u64(text, &pid) || pid > INT_MAX)
			pid = 0;
		free(text);
	}
	free(path);
	if (pid && (int)pid != known && !has_uuid(pid, uuid))
		return 0;
	return pid;
}

static bool read_numbers(struct look *look, virDomainPtr domain)
{
	virDomainMemoryStatStruct list[VIR_DOMAIN_MEMORY_STAT_NR];
	unsigned long long value[VIR_DOMAIN_MEMORY_STAT_NR] = { 0 };
	int count = virDomainMemoryStats(domain, list,
					 VIR_DOMAIN_MEMORY_STAT_NR, 0);

	if (count < 0)
		return false;
	for (int i = 0; i < count; i++) {
		unsigned int tag = list[i].tag;

		if (tag < VIR_DOMAIN_MEMORY_STAT_NR && list[i].val <= KIB_MAX)
			value[tag] = list[i].val;
	}
	look->actual = value[VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON] * KIB;
	look->updated = value[VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE];
	look->stats = (struct guest_stats){
		.total = value[VIR_DOMAIN_MEMORY_STAT_AVAILABLE] * KIB,
		.available = value[VIR_DOMAIN_MEMORY_STAT_USABLE] * KIB,
		.swap_in = value[VIR_DOMAIN_MEMORY_STAT_SWAP_IN] * KIB,
		.swap_out = value[VIR_DOMAIN_MEMORY_STAT_SWAP_OUT] * KIB,
		.major_faults = value[VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT],
	};
	look->stats.valid = look->stats.available &&
			    look->stats.available <= look->stats.total;
	return true;
}

static void set_balloon(struct look *look, virDomainPtr domain)
{
	if (virDomainSetMemoryFlags(domain, look->target / KIB,
				    VIR_DOMAIN_AFFECT_LIVE))
		look->refused = xstrdup(virGetLastErrorMessage());
}

static void set_period(struct look *look, virDomainPtr domain)
{
	if (virDomainSetMemoryStatsPeriod(domain, look->period,
					  VIR_DOMAIN_AFFECT_LIVE))
		look->no_period = xstrdup(virGetLastErrorMessage());
}

static bool look_at(struct look *look, virDomainPtr domain)
{
	const struct guest *guest = &look->guest->base;
	int pid = find_process(guest->title, guest->id, look->pid);

	if (pid != look->pid)
		look->period = look->guest->libvirt->period;
	look->pid = pid;
	if (guest->hands_off)
		look->period = 0;
	if (look->target)
		set_balloon(look, domain);
	if (!read_numbers(look, domain))
		return false;
	if (look->period && look->actual)
		set_period(look, domain);
	return true;
}

static void look_work(uv_work_t *work)
{
	struct look *look = work->data;
	virDomainPtr domain;

	domain = virDomainLookupByUUIDString(look->conn, look->guest->base.id);
	if (!domain || !look_at(look, domain)) {
		int code = virGetLastErrorCode();

		look->error = xstrdup(virGetLastErrorMessage());
		look->expected = code == VIR_ERR_NO_DOMAIN ||
				 code == VIR_ERR_OPERATION_INVALID ||
				 virConnectIsAlive(look->conn) != 1;
	}
	if (domain)
		virDomainFree(domain);
	virConnectClose(look->conn);
}

static void take_over(struct libvirt_guest *guest, const struct look *look)
{
	struct guest *base = &guest->base;

	base->pid = look->pid;
	base->ready = true;
	base->actual = look->actual;
	base->stats = look->stats;
	base->stats.valid = look->stats.valid &&
		guest_read_time(look->updated, guest->libvirt->period,
				uv_now(guest->libvirt->loop),
				&base->stats.taken);
	if (look->period && look->actual)
		guest->has_period = !look->no_period;
	if (look->no_period && !guest->no_period)
		log_say(LOG_WARNING, "%s: its guest gives no statistics: %s",
			base->title, look->no_period);
	guest->no_period = look->no_period;
	if (look->target)
		guest_answered(base, look->refused);
	if (!look->pid)
		guest_set_status(base, LOG_WARNING, "its process is not known: "
				 PID_FILES "%s.pid does not tell", base->title);
	else
		guest_set_status(base, LOG_NOTICE, look->actual ? "connected" :
				 "connected; it has no balloon");
}

static void free_if_idle(struct libvirt_guest *guest)
{
	if (guest->gone && !guest->looking)
		guest_end(&guest->base);
}

static void start_looks(struct libvirt *libvirt);

static void looked(uv_work_t *work, int status)
{
	struct look *look = work->data;
	struct libvirt_guest *guest = look->guest;
	struct libvirt *libvirt = guest->libvirt;

	(void)status;		/* nobody cancels it */
	guest->looking = false;
	libvirt->looks--;
	if (look->error) {
		guest_lost(&guest->base);
		guest_set_status(&guest->base, guest->gone || look->expected ?
				 GUEST_QUIET : LOG_WARNING,
				 "libvirt does not say: %s", look->error);
	} else if (!guest->gone) {
		take_over(guest, look);
	}
	free(look->error);
	free(look->refused);
	free(look->no_period);
	free(look);
	free_if_idle(guest);
	start_looks(libvirt);
	libvirt_free_if_idle(libvirt);
}

static void start_look(struct libvirt_guest *guest)
{
	struct libvirt *libvirt = guest->libvirt;
	struct look *look = xrealloc(NULL, 1, sizeof(*look));

	*look = (struct look){
		.guest = guest, .conn = libvirt->conn,
		.target = guest->base.target, .pid = guest->base.pid,
		.period = guest->has_period ? 0 : libvirt->period,
	};
	look->work.data = look;
	virConnectRef(look->conn);
	guest->base.target = 0;
	guest->looking = true;
	guest->since = uv_now(libvirt->loop);
	libvirt->looks++;
	uv_queue_work(libvirt->loop, &look->work, look_work, looked);
}

static void start_looks(struct libvirt *libvirt)
{
	while (libvirt->up && libvirt->waiting && libvirt->looks < LOOKS_MAX) {
		struct libvirt_guest *guest = libvirt->waiting;

		libvirt->waiting = guest->next;
		guest->waits = false;
		start_look(guest);
	}
}

/* Where the row of those that wait has @guest, or NULL for its end. */
static struct libvirt_guest **place_of(struct libvirt *libvirt,
				       const struct libvirt_guest *guest)
{
	struct libvirt_guest **at = &libvirt->waiting;

	while (*at && *at != guest)
		at = &(*at)->next;
	return at;
}

static void poll(struct guest *base)
{
	struct libvirt_guest *guest = (struct libvirt_guest *)base;
	struct libvirt *libvirt = guest->libvirt;

	if (!libvirt->up) {
		guest_lost(base);
		guest_set_status(base, GUEST_QUIET, "libvirt is not connected");
		return;
	}
	if (guest->looking) {
		if (uv_now(libvirt->loop) - guest->since <= LIBVIRT_LATE_MS)
			return;
		guest_lost(base);
		guest_set_status(base, libvirt->problem ? GUEST_QUIET :
				 LOG_WARNING, "libvirt does not answer");
		return;
	}
	if (!guest->waits) {
		guest->waits = true;
		guest->next = NULL;
		*place_of(libvirt, NULL) = guest;
	}
	start_looks(libvirt);
}

/* It has gone as soon as libvirt does not list it. */
static bool is_connected(const struct guest *base)
{
	(void)base;
	return false;
}

static void free_guest(struct guest *base)
{
	struct libvirt_guest *guest = (struct libvirt_guest *)base;

	if (guest->waits)
		*place_of(guest->libvirt, guest) = guest->next;
	guest->gone = true;
	free_if_idle(guest);
}

static const struct guest_kind kind = {
	.rank = 1,
	.poll = poll,
	.is_connected = is_connected,
	.free = free_guest,
};

struct guest *libvirt_guest_new(struct libvirt *libvirt, const char *uuid,
				const char *name)
{
	struct libvirt_guest *guest = xrealloc(NULL, 1, sizeof(*guest));

	*guest = (struct libvirt_guest){ .libvirt = libvirt };
	guest_begin(&guest->base, &kind, uuid, xstrdup(name),
		    libvirt->hands_off);
	return &guest->base;
}
