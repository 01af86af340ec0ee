// SPDX-License-Identifier: GPL-2.0
/*
 * init - the first process of the disposable KVM host
 *
 * Runs the scenarios of the kernel command line, plan=NAME:SECONDS,..., one
 * after the other, each with ksmfs.ko freshly loaded, and powers off.  It
 * speaks through four serial ports, so that nobody has to guess from the
 * console how things went:
 *
 *  ttyS0  the kernel's log
 *  ttyS1  what scenarios print, for people
 *  ttyS2  verdicts: a TAP line for each scenario, and "done" after the last
 *  ttyS3  a tar archive of /out, where scenarios leave files
 *
 * A scenario passes if it exits with 0 in time, its processes die, its mounts
 * go away, the module can be unloaded, and the kernel log has no splat.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "init.h"

FILE *output;
static FILE *verdicts;
static char reason[256];

/* Without init the kernel panics, which is the right end for a broken host. */
void die(const char *what, const char *on)
{
	fprintf(stderr, "init: cannot %s %s: %m\n", what, on);
	_exit(1);
}

double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

void fail(const char *format, ...)
{
	va_list args;

	if (reason[0])
		return;
	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
}

static void mount_filesystems(void)
{
	static const struct {
		const char *type, *dir;
	} mounts[] = {
		{ "proc", "/proc" },
		{ "sysfs", "/sys" },
		{ "devtmpfs", "/dev" },
		{ "devpts", "/dev/pts" },
		{ "tmpfs", "/dev/shm" },
		{ "tmpfs", "/tmp" },
		{ "tmpfs", "/out" },
		{ "debugfs", "/sys/kernel/debug" },
		{ "tracefs", "/sys/kernel/tracing" },
	};

	for (size_t i = 0; i < sizeof(mounts) / sizeof(*mounts); i++) {
		mkdir(mounts[i].dir, 0755);
		if (mount("none", mounts[i].dir, mounts[i].type, 0, NULL))
			die("mount", mounts[i].dir);
	}
}

static int open_port(const char *path)
{
	struct termios raw;
	int fd = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || tcgetattr(fd, &raw))
		die("open", path);
	cfmakeraw(&raw);
	if (tcsetattr(fd, TCSANOW, &raw))
		die("set up", path);
	return fd;
}

static FILE *open_stream(const char *path)
{
	FILE *stream = fdopen(open_port(path), "w");

	if (!stream)
		die("open", path);
	setlinebuf(stream);
	return stream;
}

static void open_ports(void)
{
	output = open_stream("/dev/ttyS1");
	verdicts = open_stream("/dev/ttyS2");
}

static void run_busybox(char *const argv[], int stdout_fd)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		dup2(stdout_fd, STDOUT_FILENO);
		execv("/bin/busybox", argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		die("run busybox", argv[1]);
}

static void install_busybox(void)
{
	run_busybox((char *[]){ "busybox", "--install", "-s", "/bin", NULL },
		    STDERR_FILENO);
	setenv("PATH", "/bin:/usr/bin", 1);
	setenv("HOME", "/tmp", 1);
}

/*
 * KVM's, and what ksmfs needs: modprobe would know.  A kernel that has them built
 * in comes without the files.
 */
static void load_modules(void)
{
	static const char *const modules[] = {
		"irqbypass", "kvm", "kvm-amd", "zsmalloc", "lz4_compress",
	};

	for (size_t i = 0; i < sizeof(modules) / sizeof(*modules); i++)
		if (kernel_load(modules[i]) && errno != ENOENT)
			die("load module", modules[i]);
}

/* Returns whether the host is still good for another scenario. */
static bool run_scenario(const char *name, int timeout)
{
	bool sound, skipped = false;
	double start = now();

	reason[0] = '\0';
	fprintf(output, "%s: starts\n", name);
	dprintf(STDERR_FILENO, "init: %s starts\n", name);
	if (kernel_load(MODULE))
		fail("load the module: %m");
	else
		process_await(name, timeout, &skipped);
	sound = process_kill_all() && kernel_unmount() && kernel_unload();
	sound = kernel_check_log() && sound;

	if (reason[0])
		fprintf(verdicts, "not ok %s - %s\n", name, reason);
	else
		fprintf(verdicts, "ok %s%s\n", name, skipped ? " # SKIP" : "");
	fprintf(output, "%s: %s, %.1f s\n", name,
		reason[0] ? reason : skipped ? "skipped" : "passed",
		now() - start);
	return sound;
}

/* All scenarios of a boot together: finding leaks takes its time. */
static void look_for_leaks(void)
{
	reason[0] = '\0';
	if (!kernel_check_leaks())
		fprintf(verdicts, "not ok kmemleak - %s\n", reason);
}

static void run_plan(void)
{
	char *plan = getenv("plan"), *name;

	if (!plan)
		die("find", "plan= on the kernel command line");
	for (name = strtok(plan, ","); name; name = strtok(NULL, ",")) {
		char *colon = strchr(name, ':');

		if (!colon)
			die("find the timeout of", name);
		*colon = '\0';
		if (!run_scenario(name, atoi(colon + 1)))
			return;
	}
}

static void send_files(void)
{
	int port = open_port("/dev/ttyS3");

	run_busybox((char *[]){ "busybox", "tar", "-c", "-C", "/out", ".", NULL },
		    port);
	tcdrain(port);
}

static void power_off(void)
{
	fprintf(verdicts, "done\n");
	tcdrain(fileno(verdicts));
	tcdrain(fileno(output));
	reboot(RB_POWER_OFF);
	die("power", "off");
}

int main(void)
{
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);

	mount_filesystems();
	open_ports();
	install_busybox();
	load_modules();
	kernel_watch();
	run_plan();
	look_for_leaks();
	send_files();
	power_off();
}
