// SPDX-License-Identifier: GPL-2.0
/*
 * qmp SOCKET COMMAND [ARGUMENTS] - have a QEMU do something
 *
 * Sends one QMP command, ARGUMENTS being a JSON object, and prints what it
 * returned, as JSON on one line.  Fails with QEMU's words if it refused.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define TIMEOUT_SECONDS 30

static int dial(const char *path)
{
	const struct timeval timeout = { .tv_sec = TIMEOUT_SECONDS };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (strlen(path) >= sizeof(address.sun_path))
		errx(1, "%s: path too long for a socket", path);
	strcpy(address.sun_path, path);
	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)))
		err(1, "connect to %s", path);
	return fd;
}

static void send_command(int fd, const char *command, const char *arguments)
{
	if (dprintf(fd, "{\"execute\": \"%s\", \"arguments\": %s}\n", command,
		    arguments) < 0)
		err(1, "send %s", command);
}

/* The answer to the command, in a buffer of ours; skips greeting and events. */
static char *read_return(FILE *answers, const char *command)
{
	static const char good[] = "{\"return\": ", bad[] = "{\"error\": ";
	static char *line;
	static size_t size;

	while (getline(&line, &size, answers) > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!strncmp(line, bad, strlen(bad)))
			errx(1, "%s: %s", command, line);
		if (strncmp(line, good, strlen(good)))
			continue;
		line[strlen(line) - 1] = '\0'; /* the brace that closes it */
		return line + strlen(good);
	}
	errx(1, "%s: no answer in %d seconds", command, TIMEOUT_SECONDS);
}

int main(int argc, char **argv)
{
	FILE *answers;
	int fd;

	if (argc < 3 || argc > 4)
		errx(2, "usage: qmp SOCKET COMMAND [ARGUMENTS]");
	fd = dial(argv[1]);
	answers = fdopen(fd, "r");
	if (!answers)
		err(1, "read from %s", argv[1]);
	send_command(fd, "qmp_capabilities", "{}");
	read_return(answers, "qmp_capabilities");
	send_command(fd, argv[2], argc == 4 ? argv[3] : "{}");
	puts(read_return(answers, argv[2]));
	return 0;
}
