// SPDX-License-Identifier: GPL-2.0
/*
 * What one QEMU says of itself and of its guest, and its balloon.
 *
 * Once connected: query-name; then the folders of QOM that hold devices are
 * listed for a balloon, of which there is at most one; a virtio balloon is
 * told how often to ask the guest for statistics.  From then on each round
 * asks for the balloon's size and the statistics, and has the answers by the
 * next one.  A Hyper-V balloon reports by events.
 *
 * Nobody at the other end is trusted: a number that makes no sense is taken
 * for none, and a QEMU that does not answer is left alone for a while that
 * doubles each time, up to a minute.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../tool.h"
#include "guest.h"
#include "log.h"
#include "qmp.h"

#define BACKOFF_FIRST_MS 1000
#define BACKOFF_MAX_MS 60000
#define STALE_PERIODS 5
#define NUMBER_MAX (1ULL << 53)		/* beyond: nonsense, or "unknown" */
#define NAME_MAX_LENGTH 255

static const char *const folders[] = {
	"/machine/peripheral", "/machine/peripheral-anon",
};

#define N_FOLDERS (sizeof(folders) / sizeof(folders[0]))

static void set_status(struct guest *guest, int priority, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void set_status(struct guest *guest, int priority, const char *fmt, ...)
{
	va_list args;
	char *status;

	va_start(args, fmt);
	if (vasprintf(&status, fmt, args) < 0)
		die(EXIT_FAILED, "out of memory");
	va_end(args);
	if (!strcmp(status, guest->status)) {
		free(status);
		return;
	}
	free(guest->status);
	guest->status = status;
	log_say(priority, "%s: %s", guest->title, status);
}

/* False unless it is there and a number that makes sense. */
static bool number(struct json_object *object, const char *key,
		   uint64_t *value)
{
	struct json_object *found;
	int64_t n;

	if (!json_object_object_get_ex(object, key, &found) ||
	    !json_object_is_type(found, json_type_int))
		return false;
	n = json_object_get_int64(found);
	if (n < 0 || (uint64_t)n > NUMBER_MAX)
		return false;
	*value = n;
	return true;
}

static const char *string(struct json_object *object, const char *key)
{
	struct json_object *found;

	if (!json_object_object_get_ex(object, key, &found) ||
	    !json_object_is_type(found, json_type_string))
		return NULL;
	return json_object_get_string(found);
}

static struct json_object *arguments(const char *key, const char *value)
{
	struct json_object *object = json_object_new_object();

	json_object_object_add(object, key, json_object_new_string(value));
	return object;
}

static struct json_object *property(const struct guest *guest,
				    const char *name)
{
	struct json_object *object = arguments("path", guest->device);

	json_object_object_add(object, "property",
			       json_object_new_string(name));
	return object;
}

static void have_interval(void *owner, struct json_object *value,
			  const char *error)
{
	struct guest *guest = owner;

	(void)value;
	if (error)
		log_say(LOG_WARNING, "%s: its guest gives no statistics: %s",
			guest->title, error);
}

static void found_balloon(struct guest *guest, enum balloon_kind kind,
			  const char *folder, const char *name)
{
	struct json_object *question;

	guest->balloon = kind;
	free(guest->device);
	guest->device = xprintf("%s/%s", folder, name);
	if (kind != BALLOON_VIRTIO || guest->hands_off)
		return;
	question = property(guest, "guest-stats-polling-interval");
	json_object_object_add(question, "value",
			       json_object_new_int(guest->period));
	qmp_ask(guest->qmp, "qom-set", question, have_interval);
}

static void have_devices(void *owner, struct json_object *value,
			 const char *error)
{
	struct guest *guest = owner;
	const char *folder = folders[N_FOLDERS - guest->lists_left];
	size_t count = 0;

	(void)error;	/* a machine without the folder has no device in it */
	guest->lists_left--;
	if (json_object_is_type(value, json_type_array))
		count = json_object_array_length(value);
	for (size_t i = 0; i < count && guest->balloon == BALLOON_UNKNOWN; i++) {
		struct json_object *entry = json_object_array_get_idx(value, i);
		const char *name = string(entry, "name");
		const char *type = string(entry, "type");

		if (!name || !type)
			continue;
		if (!strncmp(type, "child<virtio-balloon", 20))
			found_balloon(guest, BALLOON_VIRTIO, folder, name);
		else if (!strncmp(type, "child<hv-balloon", 16))
			found_balloon(guest, BALLOON_HV, folder, name);
	}
	if (guest->balloon != BALLOON_UNKNOWN)
		return;
	if (guest->lists_left) {
		qmp_ask(guest->qmp, "qom-list",
			arguments("path",
				  folders[N_FOLDERS - guest->lists_left]),
			have_devices);
		return;
	}
	guest->balloon = BALLOON_NONE;
	set_status(guest, LOG_NOTICE, "connected; it has no balloon");
}

static void have_name(void *owner, struct json_object *value,
		      const char *error)
{
	struct guest *guest = owner;
	const char *name = value ? string(value, "name") : NULL;

	(void)error;	/* it then goes by its socket */
	if (name && *name && strlen(name) <= NAME_MAX_LENGTH &&
	    strcmp(name, guest->title)) {
		log_say(LOG_INFO, "%s: its name is %s", guest->title, name);
		free(guest->title);
		guest->title = xstrdup(name);
	}
	guest->lists_left = N_FOLDERS;
	qmp_ask(guest->qmp, "qom-list", arguments("path", folders[0]),
		have_devices);
}

static void have_actual(void *owner, struct json_object *value,
			const char *error)
{
	struct guest *guest = owner;
	uint64_t actual;

	if (value && number(value, "actual", &actual) && actual) {
		guest->actual = actual;
		set_status(guest, LOG_NOTICE, "connected");
		return;
	}
	guest->actual = 0;
	set_status(guest, LOG_WARNING, "the balloon does not say its size%s%s",
		   error ? ": " : "", error ? error : "");
}

/*
 * When the guest spoke, at the earliest, by the loop's clock: QEMU has it in
 * whole seconds since the epoch.  False if it was never, too long ago, or has
 * yet to come.
 */
static bool read_time(const struct guest *guest, struct json_object *object,
		      uint64_t *taken)
{
	uint64_t loop = uv_now(guest->loop), updated, now, age;
	struct timespec time;

	if (!number(object, "last-update", &updated) || !updated)
		return false;
	clock_gettime(CLOCK_REALTIME, &time);
	now = (uint64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
	if (updated > now / 1000 + 1)
		return false;
	age = now > updated * 1000 ? now - updated * 1000 : 0;
	*taken = loop > age ? loop - age : 0;
	return age <= (uint64_t)guest->period * STALE_PERIODS * 1000;
}

/* Total and available have to be there; the rest need not. */
static bool read_stats(struct json_object *object, struct guest_stats *stats)
{
	struct json_object *list;

	if (!json_object_object_get_ex(object, "stats", &list) ||
	    !number(list, "stat-total-memory", &stats->total) ||
	    !number(list, "stat-available-memory", &stats->available) ||
	    stats->available > stats->total)
		return false;
	number(list, "stat-swap-in", &stats->swap_in);
	number(list, "stat-swap-out", &stats->swap_out);
	number(list, "stat-major-faults", &stats->major_faults);
	return true;
}

static void have_stats(void *owner, struct json_object *value,
		       const char *error)
{
	struct guest *guest = owner;

	(void)error;	/* the same as none */
	guest->stats = (struct guest_stats){ 0 };
	guest->stats.valid = value &&
			     read_time(guest, value, &guest->stats.taken) &&
			     read_stats(value, &guest->stats);
}

static void connected(void *owner, int pid)
{
	struct guest *guest = owner;

	guest->pid = pid;
}

static void ready(void *owner)
{
	struct guest *guest = owner;

	guest->ready = true;
	guest->ready_since = uv_now(guest->loop);
	guest->balloon = BALLOON_UNKNOWN;
	qmp_ask(guest->qmp, "query-name", NULL, have_name);
}

static void event(void *owner, const char *name, struct json_object *data)
{
	struct guest *guest = owner;
	uint64_t committed, available, actual;

	if (!strcmp(name, "BALLOON_CHANGE")) {
		if (data && number(data, "actual", &actual) && actual)
			guest->actual = actual;
	} else if (!strcmp(name, "HV_BALLOON_STATUS_REPORT")) {
		if (guest->balloon != BALLOON_HV || !data ||
		    !number(data, "committed", &committed) ||
		    !number(data, "available", &available))
			return;
		guest->reported_at = uv_now(guest->loop);
		guest->stats = (struct guest_stats){
			.valid = true, .taken = guest->reported_at,
			.total = committed + available,
			.available = available,
		};
	} else if (!strcmp(name, "SHUTDOWN")) {
		set_status(guest, LOG_NOTICE, "it shuts down");
	}
}

static void closed(void *owner, const char *why)
{
	struct guest *guest = owner;
	uint64_t now = uv_now(guest->loop);

	if (guest->ready && now - guest->ready_since > BACKOFF_MAX_MS)
		guest->backoff = 0;
	guest->qmp = NULL;
	guest->ready = false;
	guest->actual = 0;
	guest->target = 0;
	guest->stats.valid = false;
	guest->backoff = guest->backoff ? guest->backoff * 2 : BACKOFF_FIRST_MS;
	if (guest->backoff > BACKOFF_MAX_MS)
		guest->backoff = BACKOFF_MAX_MS;
	guest->retry_at = now + guest->backoff;
	set_status(guest, LOG_WARNING, "not connected: %s", why);
}

static const struct qmp_owner calls = {
	.connected = connected,
	.ready = ready,
	.event = event,
	.closed = closed,
};

/* DIR/NAME.sock is NAME. */
static char *title_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *title = xstrdup(slash ? slash + 1 : path);
	char *dot = strrchr(title, '.');

	if (dot && dot != title)
		*dot = '\0';
	return title;
}

struct guest *guest_new(uv_loop_t *loop, const char *path,
			unsigned int period, bool hands_off)
{
	struct guest *guest = xrealloc(NULL, 1, sizeof(*guest));

	*guest = (struct guest){
		.loop = loop,
		.path = xstrdup(path),
		.title = title_of(path),
		.status = xstrdup("connecting"),
		.period = period,
		.hands_off = hands_off,
	};
	guest->qmp = qmp_open(loop, path, &calls, guest);
	return guest;
}

static void have_set(void *owner, struct json_object *value,
		     const char *error)
{
	struct guest *guest = owner;

	(void)value;
	if (error && !guest->refused)
		log_say(LOG_WARNING, "%s: the balloon does not move: %s",
			guest->title, error);
	guest->refused = error;
}

static void ask_balloon(struct guest *guest)
{
	struct json_object *target = json_object_new_object();

	json_object_object_add(target, "value",
			       json_object_new_uint64(guest->target));
	qmp_ask(guest->qmp, "balloon", target, have_set);
	guest->target = 0;
}

void guest_poll(struct guest *guest)
{
	uint64_t now = uv_now(guest->loop);

	if (!guest->qmp && now >= guest->retry_at)
		guest->qmp = qmp_open(guest->loop, guest->path, &calls, guest);
	if (guest->balloon == BALLOON_HV && now - guest->reported_at >
	    (uint64_t)guest->period * STALE_PERIODS * 1000)
		guest->stats.valid = false;
	if (!guest->qmp || !qmp_is_idle(guest->qmp) ||
	    guest->balloon < BALLOON_VIRTIO)
		return;
	if (guest->target)
		ask_balloon(guest);
	qmp_ask(guest->qmp, "query-balloon", NULL, have_actual);
	if (guest->balloon == BALLOON_VIRTIO)
		qmp_ask(guest->qmp, "qom-get", property(guest, "guest-stats"),
			have_stats);
}

bool guest_has_balloon(const struct guest *guest)
{
	return guest->ready && guest->balloon >= BALLOON_VIRTIO &&
	       guest->actual;
}

void guest_set_balloon(struct guest *guest, uint64_t bytes)
{
	if (!guest->hands_off)
		guest->target = bytes;
}

void guest_free(struct guest *guest)
{
	if (guest->qmp)
		qmp_close(guest->qmp);
	free(guest->path);
	free(guest->title);
	free(guest->status);
	free(guest->device);
	free(guest);
}
