// SPDX-License-Identifier: GPL-2.0
/*
 * The connection to libvirt, and which VMs it runs.
 *
 * Every call to libvirt may take long, or not return at all: so workers do
 * them, and the loop's thread does no more than take references.  One worker
 * at a time connects and asks for the VMs; it is also the one that finds out
 * that the connection has broken.  A few look at guests (libvirt_guest.c),
 * each at one of its own, for a QEMU that hangs holds up whoever asks
 * libvirt about it.
 *
 * The connection while @up: all workers use it, each look with a reference of
 * its own; the worker that lists needs none, since nobody else replaces it.
 * While not @up: no look begins, and the worker that lists drops it and makes
 * a new one.  Looks at the old one may still end; they have references.
 *
 * Keepalive breaks a connection to a libvirt that hangs.  It needs a thread
 * for libvirt's events, which touches nothing of ours and lives as long as the
 * process.  It need not end all calls: with libvirt 9.0 only one of those that
 * wait at the connection ends, the others do when libvirt goes on or dies; and
 * it does not begin before we are connected.  So we rely on no call to end.
 */
#include <stdlib.h>
#include <string.h>

#include <libvirt/virterror.h>

#include "../tool.h"
#include "libvirt.h"
#include "libvirt_link.h"
#include "log.h"

#define KEEPALIVE_SECONDS 5
#define KEEPALIVE_COUNT 3

const bool libvirt_is_built = true;

/* Asking which VMs there are. */
struct listing {
	uv_work_t work;
	struct libvirt *libvirt;
	bool reopen;
	virConnectPtr conn;
	struct libvirt_domain *domains;
	size_t n_domains;
	char *error;
};

static void free_domains(struct libvirt_domain *domains, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(domains[i].uuid);
		free(domains[i].name);
	}
	free(domains);
}

static void run_events(void *unused)
{
	(void)unused;
	while (!virEventRunDefaultImpl())
		;
}

static void be_silent(void *unused, virErrorPtr error)
{
	(void)unused;
	(void)error;
}

/* Once, before the first connection. */
static void begin_events(void)
{
	static bool begun;
	uv_thread_t thread;

	if (begun)
		return;
	begun = true;
	virSetErrorFunc(NULL, be_silent);
	if (virEventRegisterDefaultImpl() ||
	    uv_thread_create(&thread, run_events, NULL))
		die(EXIT_FAILED, "cannot begin a thread for libvirt");
}

struct libvirt *libvirt_open(uv_loop_t *loop, const char *uri,
			     unsigned int period, bool hands_off)
{
	struct libvirt *libvirt = xrealloc(NULL, 1, sizeof(*libvirt));

	begin_events();
	*libvirt = (struct libvirt){
		.loop = loop,
		.uri = xstrdup(uri),
		.period = period,
		.hands_off = hands_off,
	};
	return libvirt;
}

static void set_problem(struct libvirt *libvirt, const char *problem)
{
	if (libvirt->problem && !strcmp(problem, libvirt->problem))
		return;
	free(libvirt->problem);
	libvirt->problem = xstrdup(problem);
	log_say(LOG_WARNING, "libvirt %s: not connected: %s", libvirt->uri,
		problem);
}

static void add_domain(struct listing *listing, virDomainPtr domain)
{
	char uuid[VIR_UUID_STRING_BUFLEN];

	if (virDomainGetUUIDString(domain, uuid))
		return;
	listing->domains[listing->n_domains++] = (struct libvirt_domain){
		xstrdup(uuid), xstrdup(virDomainGetName(domain))
	};
}

static void open_again(struct listing *listing)
{
	if (listing->conn)
		virConnectClose(listing->conn);
	listing->conn = virConnectOpen(listing->libvirt->uri);
	if (listing->conn)
		/* Drivers without a daemon have and need none. */
		virConnectSetKeepAlive(listing->conn, KEEPALIVE_SECONDS,
				       KEEPALIVE_COUNT);
}

static void list_work(uv_work_t *work)
{
	const unsigned int flags = VIR_CONNECT_LIST_DOMAINS_ACTIVE;
	struct listing *listing = work->data;
	virDomainPtr *domains;
	int count = -1;

	if (listing->reopen)
		open_again(listing);
	if (listing->conn)
		count = virConnectListAllDomains(listing->conn, &domains,
						 flags);
	if (count < 0) {
		listing->error = xstrdup(virGetLastErrorMessage());
		return;
	}
	listing->domains = xrealloc(NULL, count + 1,
				    sizeof(*listing->domains));
	for (int i = 0; i < count; i++) {
		add_domain(listing, domains[i]);
		virDomainFree(domains[i]);
	}
	free(domains);
}

/* The VMs stay those that it said last. */
static void went_down(struct libvirt *libvirt, const char *error)
{
	libvirt->up = false;
	backoff_more(&libvirt->backoff, uv_now(libvirt->loop));
	set_problem(libvirt, error);
}

static void have_list(struct libvirt *libvirt, struct listing *listing)
{
	if (!libvirt->up || libvirt->problem)
		log_say(LOG_NOTICE, "libvirt %s: connected", libvirt->uri);
	libvirt->up = true;
	libvirt->backoff.wait = 0;
	free(libvirt->problem);
	libvirt->problem = NULL;
	free_domains(libvirt->domains, libvirt->n_domains);
	libvirt->domains = listing->domains;
	libvirt->n_domains = listing->n_domains;
}

static void listed(uv_work_t *work, int status)
{
	struct listing *listing = work->data;
	struct libvirt *libvirt = listing->libvirt;

	(void)status;		/* nobody cancels it */
	libvirt->listing = false;
	libvirt->conn = listing->conn;
	if (listing->error)
		went_down(libvirt, listing->error);
	else
		have_list(libvirt, listing);
	free(listing->error);
	free(listing);
	libvirt_free_if_idle(libvirt);
}

void libvirt_poll(struct libvirt *libvirt)
{
	uint64_t now = uv_now(libvirt->loop);
	struct listing *listing;

	if (libvirt->listing) {
		if (now - libvirt->asked > LIBVIRT_LATE_MS)
			set_problem(libvirt, "it does not answer");
		return;
	}
	if (!libvirt->up && !backoff_is_over(&libvirt->backoff, now))
		return;
	listing = xrealloc(NULL, 1, sizeof(*listing));
	*listing = (struct listing){
		.libvirt = libvirt, .reopen = !libvirt->up,
		.conn = libvirt->conn,
	};
	listing->work.data = listing;
	libvirt->listing = true;
	libvirt->asked = now;
	uv_queue_work(libvirt->loop, &listing->work, list_work, listed);
}

void libvirt_find(const struct libvirt *libvirt,
		  void (*found)(void *context, const char *uuid,
				const char *name),
		  void *context)
{
	for (size_t i = 0; i < libvirt->n_domains; i++)
		found(context, libvirt->domains[i].uuid,
		      libvirt->domains[i].name);
}

/* Ending it: closing a connection is a call, too. */
struct closing {
	uv_work_t work;
	virConnectPtr conn;
};

static void close_work(uv_work_t *work)
{
	struct closing *closing = work->data;

	virConnectClose(closing->conn);
}

static void closed(uv_work_t *work, int status)
{
	(void)status;		/* nobody cancels it */
	free(work->data);
}

void libvirt_free_if_idle(struct libvirt *libvirt)
{
	if (!libvirt->gone || libvirt->listing || libvirt->looks)
		return;
	if (libvirt->conn) {
		struct closing *closing = xrealloc(NULL, 1, sizeof(*closing));

		closing->conn = libvirt->conn;
		closing->work.data = closing;
		uv_queue_work(libvirt->loop, &closing->work, close_work,
			      closed);
	}
	free_domains(libvirt->domains, libvirt->n_domains);
	free(libvirt->problem);
	free(libvirt->uri);
	free(libvirt);
}

void libvirt_close(struct libvirt *libvirt)
{
	libvirt->gone = true;
	libvirt_free_if_idle(libvirt);
}
