// SPDX-License-Identifier: GPL-2.0
/*
 * A QEMU with a QMP socket for us.
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
#include <stdlib.h>
#include <string.h>

#include "../tool.h"
#include "backoff.h"
#include "guest.h"
#include "log.h"
#include "qmp.h"
#include "qmp_guest.h"

#define NUMBER_MAX (1ULL << 53)		/* beyond: nonsense, or "unknown" */
#define NAME_MAX_LENGTH 255

static const char *const folders[] = {
	"/machine/peripheral", "/machine/peripheral-anon",
};

#define N_FOLDERS (sizeof(folders) / sizeof(folders[0]))

enum balloon_kind { BALLOON_UNKNOWN, BALLOON_NONE, BALLOON_VIRTIO, BALLOON_HV };

/*
 * @base: what all guests have; the first, so that it has the same address
 * @period: seconds between its statistics
 * @qmp: the connection, or NULL
 * @backoff: when to connect again
 * @ready_since: by the loop's clock
 * @balloon: what kind there is
 * @device: QOM path of it
 * @lists_left: QOM folders that have yet to be listed
 * @reported_at: when the statistics came by an event, by the loop's clock
 */
struct qmp_guest {
	struct guest base;
	uv_loop_t *loop;
	unsigned int period;
	struct qmp *qmp;
	struct backoff backoff;
	uint64_t ready_since;
	enum balloon_kind balloon;
	char *device;
	unsigned int lists_left;
	uint64_t reported_at;
};

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

static struct json_object *property(const struct qmp_guest *guest,
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
	struct qmp_guest *guest = owner;

	(void)value;
	if (error)
		log_say(LOG_WARNING, "%s: its guest gives no statistics: %s",
			guest->base.title, error);
}

static void found_balloon(struct qmp_guest *guest, enum balloon_kind kind,
			  const char *folder, const char *name)
{
	struct json_object *question;

	guest->balloon = kind;
	free(guest->device);
	guest->device = xprintf("%s/%s", folder, name);
	if (kind != BALLOON_VIRTIO || guest->base.hands_off)
		return;
	question = property(guest, "guest-stats-polling-interval");
	json_object_object_add(question, "value",
			       json_object_new_int(guest->period));
	qmp_ask(guest->qmp, "qom-set", question, have_interval);
}

static void have_devices(void *owner, struct json_object *value,
			 const char *error)
{
	struct qmp_guest *guest = owner;
	const char *folder = folders[N_FOLDERS - guest->lists_left];
	size_t count = 0;

	(void)error;	/* a machine without the folder has no device in it */
	guest->lists_left--;
	if (json_object_is_type(value, json_type_array))
		count = json_object_array_length(value);
	for (size_t i = 0; i < count && guest->balloon == BALLOON_UNKNOWN;
	     i++) {
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
	guest_set_status(&guest->base, LOG_NOTICE,
			 "connected; it has no balloon");
}

static void have_name(void *owner, struct json_object *value,
		      const char *error)
{
	struct qmp_guest *guest = owner;
	const char *name = value ? string(value, "name") : NULL;

	(void)error;	/* it then goes by its socket */
	if (name && *name && strlen(name) <= NAME_MAX_LENGTH &&
	    strcmp(name, guest->base.title)) {
		log_say(LOG_INFO, "%s: its name is %s", guest->base.title,
			name);
		free(guest->base.title);
		guest->base.title = xstrdup(name);
	}
	guest->lists_left = N_FOLDERS;
	qmp_ask(guest->qmp, "qom-list", arguments("path", folders[0]),
		have_devices);
}

static void have_actual(void *owner, struct json_object *value,
			const char *error)
{
	struct qmp_guest *guest = owner;
	uint64_t actual;

	if (value && number(value, "actual", &actual) && actual) {
		guest->base.actual = actual;
		guest_set_status(&guest->base, LOG_NOTICE, "connected");
		return;
	}
	guest->base.actual = 0;
	guest_set_status(&guest->base, LOG_WARNING,
			 "the balloon does not say its size%s%s",
			 error ? ": " : "", error ? error : "");
}

/* Total and available have to be there; the rest need not. */
static bool read_stats(struct json_object *object, struct guest_stats *stats,
		       uint64_t *updated)
{
	struct json_object *list;

	*stats = (struct guest_stats){ 0 };
	if (!json_object_object_get_ex(object, "stats", &list) ||
	    !number(object, "last-update", updated) ||
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
	struct qmp_guest *guest = owner;
	struct guest_stats *stats = &guest->base.stats;
	uint64_t updated;

	(void)error;	/* the same as none */
	stats->valid = value && read_stats(value, stats, &updated) &&
		       guest_read_time(updated, guest->period,
				       uv_now(guest->loop), &stats->taken);
}

static void connected(void *owner, int pid)
{
	struct qmp_guest *guest = owner;

	guest->base.pid = pid;
}

static void ready(void *owner)
{
	struct qmp_guest *guest = owner;

	guest->base.ready = true;
	guest->ready_since = uv_now(guest->loop);
	guest->balloon = BALLOON_UNKNOWN;
	qmp_ask(guest->qmp, "query-name", NULL, have_name);
}

static void event(void *owner, const char *name, struct json_object *data)
{
	struct qmp_guest *guest = owner;
	uint64_t committed, available, actual;

	if (!strcmp(name, "BALLOON_CHANGE")) {
		if (guest->balloon >= BALLOON_VIRTIO && data &&
		    number(data, "actual", &actual) && actual)
			guest->base.actual = actual;
	} else if (!strcmp(name, "HV_BALLOON_STATUS_REPORT")) {
		if (guest->balloon != BALLOON_HV || !data ||
		    !number(data, "committed", &committed) ||
		    !number(data, "available", &available))
			return;
		guest->reported_at = uv_now(guest->loop);
		guest->base.stats = (struct guest_stats){
			.valid = true, .taken = guest->reported_at,
			.total = committed + available,
			.available = available,
		};
	} else if (!strcmp(name, "SHUTDOWN")) {
		guest_set_status(&guest->base, LOG_NOTICE, "it shuts down");
	}
}

static void closed(void *owner, const char *why)
{
	struct qmp_guest *guest = owner;
	uint64_t now = uv_now(guest->loop);

	if (guest->base.ready && now - guest->ready_since > BACKOFF_MAX_MS)
		guest->backoff.wait = 0;
	guest->qmp = NULL;
	guest_lost(&guest->base);
	backoff_more(&guest->backoff, now);
	guest_set_status(&guest->base, LOG_WARNING, "not connected: %s", why);
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

static void have_set(void *owner, struct json_object *value,
		     const char *error)
{
	struct qmp_guest *guest = owner;

	(void)value;
	guest_answered(&guest->base, error);
}

static void ask_balloon(struct qmp_guest *guest)
{
	struct json_object *target = json_object_new_object();

	json_object_object_add(target, "value",
			       json_object_new_uint64(guest->base.target));
	qmp_ask(guest->qmp, "balloon", target, have_set);
	guest->base.target = 0;
}

static void poll(struct guest *base)
{
	struct qmp_guest *guest = (struct qmp_guest *)base;
	uint64_t now = uv_now(guest->loop);

	if (!guest->qmp && backoff_is_over(&guest->backoff, now))
		guest->qmp = qmp_open(guest->loop, base->id, &calls, guest);
	if (guest->balloon == BALLOON_HV &&
	    now - guest->reported_at > guest_stale_ms(guest->period))
		base->stats.valid = false;
	if (!guest->qmp || !qmp_is_idle(guest->qmp) ||
	    guest->balloon < BALLOON_VIRTIO)
		return;
	if (base->target)
		ask_balloon(guest);
	qmp_ask(guest->qmp, "query-balloon", NULL, have_actual);
	if (guest->balloon == BALLOON_VIRTIO)
		qmp_ask(guest->qmp, "qom-get", property(guest, "guest-stats"),
			have_stats);
}

static bool is_connected(const struct guest *base)
{
	return ((const struct qmp_guest *)base)->qmp;
}

static void free_guest(struct guest *base)
{
	struct qmp_guest *guest = (struct qmp_guest *)base;

	if (guest->qmp)
		qmp_close(guest->qmp);
	free(guest->device);
	guest_end(base);
}

static const struct guest_kind kind = {
	.rank = 0,
	.poll = poll,
	.is_connected = is_connected,
	.free = free_guest,
};

struct guest *qmp_guest_new(uv_loop_t *loop, const char *path,
			    unsigned int period, bool hands_off)
{
	struct qmp_guest *guest = xrealloc(NULL, 1, sizeof(*guest));

	*guest = (struct qmp_guest){ .loop = loop, .period = period };
	guest_begin(&guest->base, &kind, path, title_of(path), hands_off);
	guest->qmp = qmp_open(loop, path, &calls, guest);
	return &guest->base;
}
