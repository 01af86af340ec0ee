// SPDX-License-Identifier: GPL-2.0
#include <sys/wait.h>
#include <unistd.h>
#include <shim/bug.h>
#include "tests/unit/death.h"

bool death_of(struct death *death)
{
	int fds[2];

	if (pipe(fds))
		fail_msg("no pipe: %s", strerror(errno));
	fflush(NULL);
	death->pid = fork();
	if (death->pid < 0)
		fail_msg("no child: %s", strerror(errno));
	death->said = fds[0];
	if (!death->pid) {
		dup2(fds[1], STDERR_FILENO);
		shim_die_quietly = true;
	}
	close(fds[1]);
	return !death->pid;
}

void death_escaped(void)
{
	_exit(0);
}

void death_expect(const struct death *death, const char *text,
		  const char *file, int line)
{
	char said[1024];
	size_t length = 0;
	ssize_t n;
	int status;

	while ((n = read(death->said, said + length,
			 sizeof(said) - 1 - length)) > 0)
		length += n;
	said[length] = '\0';
	close(death->said);
	waitpid(death->pid, &status, 0);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != SHIM_DIED ||
	    !strstr(said, text))
		fail_msg("%s:%d: should have died saying \"%s\": "
			 "wait status 0x%x, said \"%s\"",
			 file, line, text, status, said);
}
