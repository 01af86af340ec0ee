// SPDX-License-Identifier: GPL-2.0
/*
 * A libuv without a kernel.
 */
#include "fuzz.h"
#include "loop.h"

#define WRITES_MAX 64
#define CLOSES_MAX 64
#define CLOSING 1U	/* a flag of a handle */

static uv_loop_t loop;
static uint64_t now;

static uv_connect_t *connecting;
static uv_stream_t *listening;
static uv_connection_cb have_client;
static uv_stream_t *reading;
static uv_alloc_cb give_buffer;
static uv_read_cb have_read;

static uv_timer_t *timer;
static uv_timer_cb timer_goes_off;
static uint64_t timer_due;

static struct {
	uv_write_t *request;
	uv_write_cb done;
} writes[WRITES_MAX];
static size_t n_writes;

static struct {
	uv_handle_t *handle;
	uv_close_cb done;
} closes[CLOSES_MAX];
static size_t n_closes;

void (*loop_written)(const char *text, size_t length);
unsigned int loop_open;

uv_loop_t *loop_begin(void)
{
	EXPECT(!loop_open && !n_writes && !n_closes);
	now = 1000;
	connecting = NULL;
	listening = NULL;
	reading = NULL;
	timer = NULL;
	return &loop;
}

void loop_connect(int status)
{
	uv_connect_t *request = connecting;

	connecting = NULL;
	if (request)
		request->cb(request, status);
}

void loop_client(void)
{
	if (listening)
		have_client(listening, 0);
}

void loop_say(const char *bytes, size_t count)
{
	while (count && reading) {
		uv_buf_t buffer = { 0 };
		size_t part = count;

		give_buffer((uv_handle_t *)reading, 65536, &buffer);
		if (!buffer.len) {
			have_read(reading, UV_ENOBUFS, &buffer);
			return;
		}
		if (part > buffer.len)
			part = buffer.len;
		memcpy(buffer.base, bytes, part);
		have_read(reading, part, &buffer);
		bytes += part;
		count -= part;
	}
}

void loop_end(int status)
{
	uv_buf_t buffer = { 0 };

	if (!reading)
		return;
	give_buffer((uv_handle_t *)reading, 65536, &buffer);
	have_read(reading, status, &buffer);
}

void loop_wait(uint64_t millisecs)
{
	uv_timer_t *due = timer;

	now += millisecs;
	if (!due || timer_due > now)
		return;
	timer = NULL;
	timer_goes_off(due);
}

static bool is_closing(const uv_handle_t *handle)
{
	return handle->flags & CLOSING;
}

static void complete_write(void)
{
	uv_write_t *request = writes[0].request;
	uv_write_cb done = writes[0].done;
	bool cancelled = is_closing((uv_handle_t *)request->handle);

	memmove(writes, writes + 1, --n_writes * sizeof(*writes));
	done(request, cancelled ? UV_ECANCELED : 0);
}

void loop_turn(void)
{
	if (connecting && is_closing((uv_handle_t *)connecting->handle))
		loop_connect(UV_ECANCELED);
	while (n_writes)
		complete_write();
	while (n_closes) {
		uv_handle_t *handle = closes[--n_closes].handle;

		loop_open--;
		if (closes[n_closes].done)
			closes[n_closes].done(handle);
	}
}

static int begin_handle(uv_handle_t *handle, uv_loop_t *of)
{
	handle->loop = of;
	handle->flags = 0;
	loop_open++;
	return 0;
}

int uv_pipe_init(uv_loop_t *of, uv_pipe_t *pipe, int ipc)
{
	EXPECT(!ipc);
	return begin_handle((uv_handle_t *)pipe, of);
}

int uv_timer_init(uv_loop_t *of, uv_timer_t *handle)
{
	return begin_handle((uv_handle_t *)handle, of);
}

void uv_pipe_connect(uv_connect_t *request, uv_pipe_t *pipe, const char *path,
		     uv_connect_cb done)
{
	EXPECT(*path);
	request->handle = (uv_stream_t *)pipe;
	request->cb = done;
	connecting = request;
}

int uv_pipe_bind(uv_pipe_t *pipe, const char *path)
{
	(void)pipe;
	EXPECT(*path);
	return 0;
}

int uv_listen(uv_stream_t *stream, int backlog, uv_connection_cb done)
{
	(void)backlog;
	listening = stream;
	have_client = done;
	return 0;
}

int uv_accept(uv_stream_t *server, uv_stream_t *client)
{
	EXPECT(server == listening && !is_closing((uv_handle_t *)client));
	return 0;
}

int uv_read_start(uv_stream_t *stream, uv_alloc_cb alloc, uv_read_cb done)
{
	EXPECT(!is_closing((uv_handle_t *)stream));
	reading = stream;
	give_buffer = alloc;
	have_read = done;
	return 0;
}

int uv_read_stop(uv_stream_t *stream)
{
	if (reading == stream)
		reading = NULL;
	return 0;
}

int uv_write(uv_write_t *request, uv_stream_t *stream, const uv_buf_t buffers[],
	     unsigned int count, uv_write_cb done)
{
	EXPECT(count == 1);
	if (is_closing((uv_handle_t *)stream))
		return UV_EBADF;
	EXPECT(n_writes < WRITES_MAX);
	request->handle = stream;
	writes[n_writes].request = request;
	writes[n_writes++].done = done;
	if (loop_written)
		loop_written(buffers[0].base, buffers[0].len);
	return 0;
}

void uv_close(uv_handle_t *handle, uv_close_cb done)
{
	EXPECT(!is_closing(handle) && n_closes < CLOSES_MAX);
	handle->flags |= CLOSING;
	closes[n_closes].handle = handle;
	closes[n_closes++].done = done;
	if (reading == (uv_stream_t *)handle)
		reading = NULL;
	if (listening == (uv_stream_t *)handle)
		listening = NULL;
	if (timer == (uv_timer_t *)handle)
		timer = NULL;
}

int uv_is_closing(const uv_handle_t *handle)
{
	return is_closing(handle);
}

int uv_timer_start(uv_timer_t *handle, uv_timer_cb done, uint64_t millisecs,
		   uint64_t repeat)
{
	EXPECT(!repeat && !is_closing((uv_handle_t *)handle));
	timer = handle;
	timer_goes_off = done;
	timer_due = now + millisecs;
	return 0;
}

int uv_timer_stop(uv_timer_t *handle)
{
	if (timer == handle)
		timer = NULL;
	return 0;
}

uint64_t uv_now(const uv_loop_t *of)
{
	(void)of;
	return now;
}

int uv_fileno(const uv_handle_t *handle, uv_os_fd_t *fd)
{
	(void)handle;
	(void)fd;
	return UV_EBADF;
}

uv_buf_t uv_buf_init(char *base, unsigned int length)
{
	return (uv_buf_t){ .base = base, .len = length };
}

const char *uv_strerror(int error)
{
	return error == UV_EOF ? "end of file" : "an error";
}
