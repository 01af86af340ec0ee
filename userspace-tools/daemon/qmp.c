// SPDX-License-Identifier: GPL-2.0
/*
 * One connection to a QMP socket.
 *
 *   CONNECTING -> GREETING -> NEGOTIATING -> READY
 *        \____________\____________\___________\____-> CLOSED
 *
 * A greeting comes unasked; qmp_capabilities is the first command; from then
 * on commands are given with an id each, and answers carry it.  Events may
 * come at any time.
 *
 * What bounds a peer that does not play by the rules:
 *  - every state but READY, and every command, has to end within
 *    PATIENCE_MS;
 *  - a message has at most MESSAGE_MAX bytes and DEPTH_MAX levels;
 *  - no more than EVENTS_MAX messages nobody asked for come in a period of
 *    EVENTS_PERIOD_MS;
 *  - an answer fits to a command that was given.
 * Whoever breaks one of these is disconnected.
 *
 * Lifetime: the memory is there until libuv has closed both handles.  A
 * callback that closes the connection thus returns into memory that is still
 * there, and finds the state CLOSED.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "../tool.h"
#include "qmp.h"

#define PATIENCE_MS 3000
#define MESSAGE_MAX (1 << 20)
#define DEPTH_MAX 16
#define COMMANDS_MAX 16
#define EVENTS_MAX 1000
#define EVENTS_PERIOD_MS 1000

enum state { CONNECTING, GREETING, NEGOTIATING, READY, CLOSED };

struct command {
	uint64_t id;
	uint64_t deadline;
	const char *name;
	qmp_answer *answer;
};

/*
 * @commands: those not yet answered, the oldest first
 * @partial: bytes of the message that is being read
 * @events_since: when the period began in which @events were counted
 * @open_handles: that libuv has yet to close
 */
struct qmp {
	uv_pipe_t pipe;
	uv_timer_t timer;
	uv_connect_t connect;
	unsigned int open_handles;
	const struct qmp_owner *calls;
	void *owner;
	enum state state;
	struct json_tokener *tokener;
	size_t partial;
	uint64_t next_id;
	struct command commands[COMMANDS_MAX];
	size_t n_commands;
	uint64_t events_since;
	unsigned int events;
	char buffer[65536];
};

struct outgoing {
	uv_write_t request;
	char *text;
};

static void handle_closed(uv_handle_t *handle)
{
	struct qmp *qmp = handle->data;

	if (--qmp->open_handles)
		return;
	json_tokener_free(qmp->tokener);
	free(qmp);
}

void qmp_close(struct qmp *qmp)
{
	qmp->state = CLOSED;
	uv_close((uv_handle_t *)&qmp->pipe, handle_closed);
	uv_close((uv_handle_t *)&qmp->timer, handle_closed);
}

static void fail(struct qmp *qmp, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void fail(struct qmp *qmp, const char *fmt, ...)
{
	va_list args;
	char *why;

	va_start(args, fmt);
	if (vasprintf(&why, fmt, args) < 0)
		die(EXIT_FAILED, "out of memory");
	va_end(args);
	qmp_close(qmp);
	qmp->calls->closed(qmp->owner, why);
	free(why);
}

static void too_late(uv_timer_t *timer)
{
	struct qmp *qmp = timer->data;

	fail(qmp, "no answer to %s within %d s",
	     qmp->n_commands ? qmp->commands[0].name : "our connection",
	     PATIENCE_MS / 1000);
}

/* All commands have the same patience: the oldest is the first to end it. */
static void await(struct qmp *qmp)
{
	uint64_t now = uv_now(qmp->pipe.loop), wait = PATIENCE_MS;

	if (qmp->n_commands)
		wait = qmp->commands[0].deadline > now ?
		       qmp->commands[0].deadline - now : 0;
	if (qmp->n_commands || qmp->state < READY)
		uv_timer_start(&qmp->timer, too_late, wait, 0);
	else
		uv_timer_stop(&qmp->timer);
}

static void written(uv_write_t *request, int status)
{
	struct outgoing *out = request->data;
	struct qmp *qmp = request->handle->data;

	free(out->text);
	free(out);
	if (status == UV_EPIPE && qmp->state != CLOSED)
		fail(qmp, "it hung up");
	else if (status && qmp->state != CLOSED)
		fail(qmp, "cannot write: %s", uv_strerror(status));
}

void qmp_ask(struct qmp *qmp, const char *command,
	     struct json_object *arguments, qmp_answer *answer)
{
	struct json_object *message = json_object_new_object();
	uint64_t id = qmp->next_id++;
	struct outgoing *out;
	const char *text;
	uv_buf_t buffer;
	int ret;

	json_object_object_add(message, "execute",
			       json_object_new_string(command));
	if (arguments)
		json_object_object_add(message, "arguments", arguments);
	json_object_object_add(message, "id", json_object_new_uint64(id));
	out = xrealloc(NULL, 1, sizeof(*out));
	out->request.data = out;
	text = json_object_to_json_string_ext(message, JSON_C_TO_STRING_PLAIN);
	out->text = xprintf("%s\n", text);
	json_object_put(message);

	/* More than this are never on their way at once: a bug, not a peer. */
	if (qmp->n_commands == COMMANDS_MAX)
		abort();
	qmp->commands[qmp->n_commands++] = (struct command){
		.id = id, .name = command, .answer = answer,
		.deadline = uv_now(qmp->pipe.loop) + PATIENCE_MS,
	};
	await(qmp);
	buffer = uv_buf_init(out->text, strlen(out->text));
	ret = uv_write(&out->request, (uv_stream_t *)&qmp->pipe, &buffer, 1,
		       written);
	if (ret) {
		/* The read side will tell; the timer, if it does not. */
		free(out->text);
		free(out);
	}
}

bool qmp_is_idle(const struct qmp *qmp)
{
	return qmp->state == READY && !qmp->n_commands;
}

static struct json_object *member(struct json_object *object, const char *key,
				  enum json_type type)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value) ||
	    !json_object_is_type(value, type))
		return NULL;
	return value;
}

static void take_event(struct qmp *qmp, const char *name,
		       struct json_object *message)
{
	uint64_t now = uv_now(qmp->pipe.loop);

	if (now - qmp->events_since >= EVENTS_PERIOD_MS) {
		qmp->events_since = now;
		qmp->events = 0;
	}
	if (++qmp->events > EVENTS_MAX)
		fail(qmp, "more than %d events in %d s", EVENTS_MAX,
		     EVENTS_PERIOD_MS / 1000);
	else if (qmp->state == READY)
		qmp->calls->event(qmp->owner, name,
				  member(message, "data", json_type_object));
}

static const char *error_text(struct json_object *message)
{
	struct json_object *error = member(message, "error", json_type_object);
	struct json_object *text = error ? member(error, "desc",
						  json_type_string) : NULL;

	return text ? json_object_get_string(text) : "it did not say why";
}

static void take_answer(struct qmp *qmp, struct json_object *message)
{
	struct json_object *id = member(message, "id", json_type_int);
	struct json_object *value = NULL;
	struct command command;
	bool returned;
	size_t i;

	returned = json_object_object_get_ex(message, "return", &value);
	for (i = 0; i < qmp->n_commands; i++)
		if (id && json_object_get_uint64(id) == qmp->commands[i].id)
			break;
	if (i == qmp->n_commands) {
		fail(qmp, "an answer to no command of ours");
		return;
	}
	command = qmp->commands[i];
	qmp->n_commands--;
	memmove(&qmp->commands[i], &qmp->commands[i + 1],
		(qmp->n_commands - i) * sizeof(command));
	if (qmp->state == NEGOTIATING) {
		if (!returned) {
			fail(qmp, "it refused to negotiate: %s",
			     error_text(message));
			return;
		}
		qmp->state = READY;
		await(qmp);
		qmp->calls->ready(qmp->owner);
		return;
	}
	await(qmp);
	if (returned && value)
		command.answer(qmp->owner, value, NULL);
	else
		command.answer(qmp->owner, NULL, error_text(message));
}

static void take_message(struct qmp *qmp, struct json_object *message)
{
	struct json_object *event;

	if (!json_object_is_type(message, json_type_object)) {
		fail(qmp, "a message that is no object");
		return;
	}
	event = member(message, "event", json_type_string);
	if (qmp->state == GREETING) {
		if (!member(message, "QMP", json_type_object)) {
			fail(qmp, "a greeting that is not QMP's");
			return;
		}
		qmp->state = NEGOTIATING;
		qmp_ask(qmp, "qmp_capabilities", NULL, NULL);
	} else if (event) {
		take_event(qmp, json_object_get_string(event), message);
	} else {
		take_answer(qmp, message);
	}
}

static void take_bytes(struct qmp *qmp, const char *bytes, size_t count)
{
	while (count && qmp->state != CLOSED) {
		struct json_object *message;
		enum json_tokener_error error;
		size_t used;

		message = json_tokener_parse_ex(qmp->tokener, bytes, count);
		error = json_tokener_get_error(qmp->tokener);
		used = json_tokener_get_parse_end(qmp->tokener);
		qmp->partial += used;
		if (error == json_tokener_continue) {
			if (qmp->partial > MESSAGE_MAX)
				fail(qmp, "a message of more than %d bytes",
				     MESSAGE_MAX);
			return;
		}
		if (error != json_tokener_success) {
			fail(qmp, "not JSON: %s",
			     json_tokener_error_desc(error));
			return;
		}
		qmp->partial = 0;
		take_message(qmp, message);
		json_object_put(message);
		bytes += used;
		count -= used;
	}
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct qmp *qmp = handle->data;

	(void)suggested;
	*buf = uv_buf_init(qmp->buffer, sizeof(qmp->buffer));
}

static void have_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
	struct qmp *qmp = stream->data;

	if (qmp->state == CLOSED)
		return;
	if (count == UV_EOF || count == UV_ECONNRESET)
		fail(qmp, "it hung up");
	else if (count < 0)
		fail(qmp, "cannot read: %s", uv_strerror(count));
	else
		take_bytes(qmp, buf->base, count);
}

/* Who called listen(2) there, or 0. */
static int peer_pid(uv_pipe_t *pipe)
{
	struct ucred peer = { 0 };
	socklen_t length = sizeof(peer);
	uv_os_fd_t fd;

	if (uv_fileno((uv_handle_t *)pipe, &fd) ||
	    getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length))
		return 0;
	return peer.pid;
}

static void connected(uv_connect_t *request, int status)
{
	struct qmp *qmp = request->data;

	if (qmp->state == CLOSED)
		return;
	if (status) {
		fail(qmp, "cannot connect: %s", uv_strerror(status));
		return;
	}
	qmp->state = GREETING;
	await(qmp);
	uv_read_start((uv_stream_t *)&qmp->pipe, give_buffer, have_read);
	qmp->calls->connected(qmp->owner, peer_pid(&qmp->pipe));
}

struct qmp *qmp_open(uv_loop_t *loop, const char *path,
		     const struct qmp_owner *calls, void *owner)
{
	struct qmp *qmp = xrealloc(NULL, 1, sizeof(*qmp));

	memset(qmp, 0, sizeof(*qmp));
	qmp->calls = calls;
	qmp->owner = owner;
	qmp->open_handles = 2;
	qmp->next_id = 1;
	qmp->tokener = json_tokener_new_ex(DEPTH_MAX);
	if (!qmp->tokener)
		die(EXIT_FAILED, "out of memory");
	uv_pipe_init(loop, &qmp->pipe, 0);
	uv_timer_init(loop, &qmp->timer);
	qmp->pipe.data = qmp;
	qmp->timer.data = qmp;
	qmp->connect.data = qmp;
	await(qmp);
	uv_pipe_connect(&qmp->connect, &qmp->pipe, path, connected);
	return qmp;
}
