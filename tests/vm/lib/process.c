// SPDX-License-Identifier: GPL-2.0
/*
 * Children, threads, and memory accesses that may end in SIGBUS.
 */
#include "scenario.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

pid_t spawn(void (*fn)(void *arg), void *arg)
{
	pid_t pid;

	fflush(NULL);
	pid = SYS(fork());
	if (!pid) {
		fn(arg);
		_exit(0);
	}
	return pid;
}

void reap(pid_t pid)
{
	int status;

	SYS(waitpid(pid, &status, 0));
	if (WIFSIGNALED(status))
		FAIL("child %d: killed by %s", pid,
		     strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status))
		FAIL("child %d: exit status %d", pid, WEXITSTATUS(status));
}

void reap_killed(pid_t pid, int signal)
{
	int status;

	SYS(waitpid(pid, &status, 0));
	if (WIFEXITED(status))
		FAIL("child %d: expected death from %s, exit status %d", pid,
		     strsignal(signal), WEXITSTATUS(status));
	CHECK_EQ(WTERMSIG(status), signal);
}

pthread_t thread_start(void *(*fn)(void *arg), void *arg)
{
	pthread_t thread;

	CHECK_EQ(pthread_create(&thread, NULL, fn, arg), 0);
	return thread;
}

void thread_join(pthread_t thread)
{
	CHECK_EQ(pthread_join(thread, NULL), 0);
}

static __thread sigjmp_buf *guard;

static void on_sigbus(int signal, siginfo_t *info, void *context)
{
	(void)context;
	if (guard)
		siglongjmp(*guard, 1);
	FAIL("unexpected %s at %p", strsignal(signal), info->si_addr);
}

__attribute__((constructor))
static void sigbus_catch(void)
{
	struct sigaction action = {
		.sa_sigaction = on_sigbus,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};

	SYS(sigaction(SIGBUS, &action, NULL));
}

bool copy_guarded(void *to, const void *from, size_t bytes)
{
	sigjmp_buf jump;

	if (sigsetjmp(jump, 0)) {
		guard = NULL;
		return false;
	}
	guard = &jump;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	memcpy(to, from, bytes);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	guard = NULL;
	return true;
}

bool kernel_is_slow(void)
{
	return getenv("SLOW");
}

double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}
