// SPDX-License-Identifier: GPL-2.0
/*
 * The processes of a scenario: start it, wait for it, and leave nobody behind.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "init.h"

#define EXIT_SKIP 77

static void exec_scenario(const char *name)
{
	char path[128];
	sigset_t none;

	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
	dup2(fileno(output), STDOUT_FILENO);
	dup2(fileno(output), STDERR_FILENO);
	snprintf(path, sizeof(path), "/out/%s", name);
	if (mkdir(path, 0755) || chdir(path))
		die("make", path);
	snprintf(path, sizeof(path), "/scenarios/%s", name);
	execl(path, name, (char *)NULL);
	die("execute", path);
}

/*
 * Waits a moment for a child to end; orphans become init's children, too.
 * Returns 0 if none has ended, -1 if there is none.
 */
static pid_t reap(int *status)
{
	const struct timespec moment = { .tv_nsec = 100 * 1000 * 1000 };
	pid_t pid = waitpid(-1, status, WNOHANG);
	sigset_t child;

	if (pid)
		return pid;
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigtimedwait(&child, NULL, &moment);
	return waitpid(-1, status, WNOHANG);
}

void process_await(const char *name, int timeout, bool *skipped)
{
	double end = now() + timeout;
	pid_t pid = fork();
	int status = 0;

	if (pid < 0)
		die("fork for", name);
	if (pid == 0)
		exec_scenario(name);

	while (reap(&status) != pid) {
		if (now() > end) {
			fail("not done after %d seconds", timeout);
			kernel_show_tasks();
			return;
		}
	}
	*skipped = WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIP;
	if (WIFSIGNALED(status))
		fail("killed by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status) && !*skipped)
		fail("exit status %d", WEXITSTATUS(status));
}

bool process_kill_all(void)
{
	double end = now() + PATIENCE;
	int status;

	kill(-1, SIGKILL);
	while (reap(&status) >= 0) {
		if (now() > end) {
			fail("a process does not die");
			kernel_show_tasks();
			return false;
		}
	}
	return true;
}
