// SPDX-License-Identifier: GPL-2.0
/*
 * One page for clients of the network, by libmicrohttpd.
 *
 * libmicrohttpd has all its sockets in an epoll of its own.  libuv waits for
 * that one, and calls MHD_run() when there is something to do; so there is no
 * thread and no lock.  MHD_run() does not block: it reads and writes what
 * sockets take at once, and MHD_get_timeout() tells if it left something to do
 * for the loop's next turn.  It does not tell that it has yet to listen again,
 * when there were as many clients as there may be and one has gone.
 *
 * Clients may be anybody.  Each has one request, a little memory and a few
 * seconds, and there are not many at a time.
 *
 *   accepted -> asks -> waits, suspended -> is answered -> closed
 *                            the deadline -> 503 --^        ^
 *       any other, at the deadline: its socket is shut down --'
 */
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../tool.h"
#include "accept.h"
#include "address.h"
#include "http.h"
#include "log.h"

#define CLIENTS_MAX 32
#define CLIENT_MEMORY 16384	/* for its request, and to write to it */
#define PATIENCE_MS 10000

/*
 * @next: in the list of those that wait
 * @waits: it is in that list, and suspended
 */
struct client {
	uv_timer_t deadline;
	struct MHD_Connection *connection;
	struct client *next;
	bool waits;
	bool open_metrics;
};

const bool http_is_built = true;

static struct MHD_Daemon *server;
static uv_poll_t events;
static uv_timer_t again;
static struct client *waiting;
static bool has_left;	/* a client, in this run */
static http_ask *ask;
static void *context;

static const char *const types[] = {
	"text/plain; version=0.0.4; charset=utf-8",
	"application/openmetrics-text; version=1.0.0; charset=utf-8",
};

static void run(void);

static void have_event(uv_poll_t *handle, int status, int which)
{
	(void)handle;
	(void)status;		/* an epoll does not fail */
	(void)which;		/* there is only one */
	run();
}

static void have_time(uv_timer_t *timer)
{
	(void)timer;
	run();
}

static void run(void)
{
	MHD_UNSIGNED_LONG_LONG wait;

	has_left = false;
	MHD_run(server);
	if (has_left)
		uv_timer_start(&again, have_time, 0, 0);
	else if (MHD_get_timeout(server, &wait) == MHD_YES)
		uv_timer_start(&again, have_time, wait, 0);
	else
		uv_timer_stop(&again);
}

/* @text now belongs to the answer, or is constant. */
static struct MHD_Response *make_answer(char *text, size_t length,
					const char *type, bool constant)
{
	struct MHD_Response *answer = MHD_create_response_from_buffer(length,
		text, constant ? MHD_RESPMEM_PERSISTENT :
		MHD_RESPMEM_MUST_FREE);

	if (!answer)
		die(EXIT_FAILED, "out of memory");
	MHD_add_response_header(answer, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	MHD_add_response_header(answer, MHD_HTTP_HEADER_CONNECTION, "close");
	return answer;
}

static enum MHD_Result refuse(struct MHD_Connection *connection,
			      unsigned int status, const char *why)
{
	struct MHD_Response *answer = make_answer((char *)why, strlen(why),
						  "text/plain", true);
	enum MHD_Result ret;

	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(answer, MHD_HTTP_HEADER_ALLOW,
					"GET, HEAD");
	ret = MHD_queue_response(connection, status, answer);
	MHD_destroy_response(answer);
	return ret;
}

static void go_on(struct client *client)
{
	client->waits = false;
	MHD_resume_connection(client->connection);
}

static void give_up(struct client *client)
{
	struct client **at = &waiting;

	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	refuse(client->connection, MHD_HTTP_SERVICE_UNAVAILABLE,
	       "The numbers could not be read in time.\n");
	go_on(client);
}

static void deadline(uv_timer_t *timer)
{
	struct client *client = timer->data;
	const union MHD_ConnectionInfo *info;

	if (client->waits) {
		give_up(client);
		uv_timer_start(timer, deadline, PATIENCE_MS, 0);
		run();
		return;
	}
	info = MHD_get_connection_info(client->connection,
				       MHD_CONNECTION_INFO_CONNECTION_FD);
	shutdown(info->connect_fd, SHUT_RDWR);
}

static void client_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void client_changed(void *loop, struct MHD_Connection *connection,
			   void **socket_context,
			   enum MHD_ConnectionNotificationCode what)
{
	struct client *client = *socket_context;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		has_left = true;
		uv_close((uv_handle_t *)&client->deadline, client_closed);
		return;
	}
	client = xrealloc(NULL, 1, sizeof(*client));
	*client = (struct client){ .connection = connection };
	uv_timer_init(loop, &client->deadline);
	client->deadline.data = client;
	uv_timer_start(&client->deadline, deadline, PATIENCE_MS, 0);
	*socket_context = client;
}

static enum MHD_Result have_request(void *unused,
				    struct MHD_Connection *connection,
				    const char *path, const char *method,
				    const char *version, const char *data,
				    size_t *size, void **request)
{
	const union MHD_ConnectionInfo *info;
	struct client *client;
	const char *accept;

	(void)unused;
	(void)version;
	(void)data;		/* what it sends is not read */
	(void)size;
	(void)request;
	if (!ask)
		return refuse(connection, MHD_HTTP_SERVICE_UNAVAILABLE,
			      "The daemon ends.\n");
	if (strcmp(path, "/metrics"))
		return refuse(connection, MHD_HTTP_NOT_FOUND,
			      "There is nothing here but /metrics.\n");
	if (strcmp(method, MHD_HTTP_METHOD_GET) &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD))
		return refuse(connection, MHD_HTTP_METHOD_NOT_ALLOWED,
			      "This can only be read.\n");
	info = MHD_get_connection_info(connection,
				       MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	client = info->socket_context;
	accept = MHD_lookup_connection_value(connection, MHD_HEADER_KIND,
					     MHD_HTTP_HEADER_ACCEPT);
	client->open_metrics = accepts_open_metrics(accept);
	client->waits = true;
	client->next = waiting;
	waiting = client;
	MHD_suspend_connection(connection);
	ask(context);
	return MHD_YES;
}

void http_answer(http_make *make, void *for_make)
{
	struct MHD_Response *answers[2] = { NULL };

	while (waiting) {
		struct client *client = waiting;
		struct MHD_Response **answer = &answers[client->open_metrics];
		size_t length;
		char *text;

		waiting = client->next;
		if (!*answer) {
			text = make(for_make, client->open_metrics, &length);
			*answer = make_answer(text, length,
					      types[client->open_metrics],
					      false);
		}
		MHD_queue_response(client->connection, MHD_HTTP_OK, *answer);
		go_on(client);
	}
	for (size_t i = 0; i < 2; i++)
		if (answers[i])
			MHD_destroy_response(answers[i]);
	if (server)
		run();
}

/* A socket that listens, or a negative errno. */
static int open_socket(const struct sockaddr_storage *address)
{
	socklen_t length = address->ss_family == AF_INET6 ?
			   sizeof(struct sockaddr_in6) :
			   sizeof(struct sockaddr_in);
	const int on = 1;
	int fd, ret;

	fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK |
		    SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address->ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (!bind(fd, (const struct sockaddr *)address, length) &&
	    !listen(fd, CLIENTS_MAX))
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

/* With the port that it was given, should it have asked for any. */
static void tell(int fd)
{
	struct sockaddr_storage address;
	socklen_t length = sizeof(address);
	char *text;

	if (getsockname(fd, (struct sockaddr *)&address, &length))
		return;
	text = address_text(&address);
	log_say(LOG_NOTICE, "metrics are at http://%s/metrics", text);
	if (!address_is_loopback(&address))
		log_say(LOG_WARNING, "who can reach %s from other hosts can "
			"read there which VMs share how much", text);
	free(text);
}

int http_start(uv_loop_t *loop, const char *at, http_ask *for_clients,
	       void *for_ask)
{
	struct sockaddr_storage address;
	const union MHD_DaemonInfo *info;
	int fd;

	if (!address_parse(at, &address))
		return -EINVAL;
	fd = open_socket(&address);
	if (fd < 0)
		return fd;
	server = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0,
				  NULL, NULL, have_request, NULL,
				  MHD_OPTION_LISTEN_SOCKET, fd,
				  MHD_OPTION_CONNECTION_LIMIT, CLIENTS_MAX,
				  MHD_OPTION_CONNECTION_MEMORY_LIMIT,
				  (size_t)CLIENT_MEMORY,
				  MHD_OPTION_NOTIFY_CONNECTION,
				  client_changed, loop, MHD_OPTION_END);
	if (!server) {
		close(fd);
		return -ENOMEM;
	}
	ask = for_clients;
	context = for_ask;
	info = MHD_get_daemon_info(server, MHD_DAEMON_INFO_EPOLL_FD);
	uv_poll_init(loop, &events, info->epoll_fd);
	uv_timer_init(loop, &again);
	uv_poll_start(&events, UV_READABLE, have_event);
	tell(fd);
	return 0;
}

void http_stop(void)
{
	if (!server)
		return;
	/* Who comes now must not wait: MHD_stop_daemon() aborts if anybody does. */
	ask = NULL;
	while (waiting)
		give_up(waiting);
	MHD_run(server);
	uv_close((uv_handle_t *)&events, NULL);
	uv_close((uv_handle_t *)&again, NULL);
	MHD_stop_daemon(server);
	server = NULL;
}
