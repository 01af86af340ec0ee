// SPDX-License-Identifier: GPL-2.0
/*
 * The control socket.
 *
 * Clients are root, but they may hang all the same: each has a few seconds,
 * one short line, and there are not many at a time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../json.h"
#include "../tool.h"
#include "control.h"

#define PATIENCE_MS 5000
#define CLIENTS_MAX 32

struct client {
	uv_pipe_t pipe;
	uv_timer_t timer;
	uv_write_t write;
	unsigned int open_handles;
	char request[1024];
	size_t used;
	char *answer;
};

static uv_pipe_t listener;
static char *path;
static unsigned int n_clients;
static control_report *report;
static void *context;

static void client_closed(uv_handle_t *handle)
{
	struct client *client = handle->data;

	if (--client->open_handles)
		return;
	n_clients--;
	free(client->answer);
	free(client);
}

static void end_client(struct client *client)
{
	if (uv_is_closing((uv_handle_t *)&client->pipe))
		return;
	uv_close((uv_handle_t *)&client->pipe, client_closed);
	uv_close((uv_handle_t *)&client->timer, client_closed);
}

static void timed_out(uv_timer_t *timer)
{
	end_client(timer->data);
}

static void written(uv_write_t *write, int status)
{
	(void)status;		/* it is the end in any case */
	end_client(write->handle->data);
}

static struct json_object *answer_to(const char *request)
{
	struct json_object *question = json_tokener_parse(request);
	struct json_object *what, *object;

	if (json_object_object_get_ex(question, "get", &what) &&
	    json_object_is_type(what, json_type_string) &&
	    !strcmp(json_object_get_string(what), "vms")) {
		object = report(context);
	} else {
		object = json_object_new_object();
		json_add_name(object, "error", "ask: {\"get\":\"vms\"}");
	}
	json_object_put(question);
	return object;
}

static void give_answer(struct client *client)
{
	struct json_object *object = answer_to(client->request);
	const char *text;
	uv_buf_t buffer;

	text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);
	client->answer = xprintf("%s\n", text);
	json_object_put(object);
	uv_read_stop((uv_stream_t *)&client->pipe);
	buffer = uv_buf_init(client->answer, strlen(client->answer));
	if (uv_write(&client->write, (uv_stream_t *)&client->pipe, &buffer, 1,
		     written))
		end_client(client);
}

static void give_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct client *client = handle->data;

	(void)suggested;
	*buf = uv_buf_init(client->request + client->used,
			   sizeof(client->request) - 1 - client->used);
}

static void have_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
	struct client *client = stream->data;

	(void)buf;		/* it is within the request */
	if (count < 0) {
		end_client(client);	/* it hung up, or said too much */
		return;
	}
	client->used += count;
	client->request[client->used] = '\0';
	if (memchr(client->request, '\n', client->used))
		give_answer(client);
}

static void have_client(uv_stream_t *stream, int status)
{
	struct client *client;

	if (status)
		return;
	client = xrealloc(NULL, 1, sizeof(*client));
	*client = (struct client){ .open_handles = 2 };
	uv_pipe_init(stream->loop, &client->pipe, 0);
	uv_timer_init(stream->loop, &client->timer);
	client->pipe.data = client;
	client->timer.data = client;
	n_clients++;
	if (uv_accept(stream, (uv_stream_t *)&client->pipe) ||
	    n_clients > CLIENTS_MAX ||
	    uv_read_start((uv_stream_t *)&client->pipe, give_buffer,
			  have_read)) {
		end_client(client);
		return;
	}
	uv_timer_start(&client->timer, timed_out, PATIENCE_MS, 0);
}

/* 0: nobody listens there, and nothing is left there. */
static int make_room(const char *at)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, ret = 0;

	if (strlen(at) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, at);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    errno == EAGAIN)
		ret = -EADDRINUSE;
	else if (errno == ECONNREFUSED && unlink(at))
		ret = -errno;
	else if (errno != ECONNREFUSED && errno != ENOENT)
		ret = -errno;
	close(fd);
	return ret;
}

int control_start(uv_loop_t *loop, const char *at, control_report *make,
		  void *for_make)
{
	mode_t mask;
	int ret = make_room(at);

	if (ret)
		return ret;
	report = make;
	context = for_make;
	uv_pipe_init(loop, &listener, 0);
	mask = umask(0177);
	ret = uv_pipe_bind(&listener, at);
	umask(mask);
	if (!ret)
		ret = uv_listen((uv_stream_t *)&listener, 16, have_client);
	if (ret)
		uv_close((uv_handle_t *)&listener, NULL);
	else
		path = xstrdup(at);
	return ret;
}

void control_stop(void)
{
	if (!path)
		return;
	unlink(path);
	free(path);
	path = NULL;
	uv_close((uv_handle_t *)&listener, NULL);
}
