// SPDX-License-Identifier: GPL-2.0
/*
 * The terminal.
 *
 * Signals are not handled whenever they come but read from a descriptor, in
 * the same poll(2) as keys: none can be missed, and none comes in the middle
 * of drawing.
 */
#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <term.h>
#include <unistd.h>
#include <wchar.h>

#include "../tool.h"
#include "screen.h"

#define ESCAPE_MS 25		/* for the rest of what a key sends */
#define ESCAPE_CHAR 27

static SCREEN *screen;
static int signals = -1;
static bool unicode;

static void catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGWINCH);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (signals < 0)
		die(EXIT_FAILED, "cannot wait for signals: %s",
		    strerror(errno));
}

static void choose_colours(void)
{
	start_color();
	use_default_colors();
	init_pair(LOOK_GRAPH, COLOR_CYAN, -1);
	init_pair(LOOK_GOOD, COLOR_GREEN, -1);
	init_pair(LOOK_WARNING, COLOR_YELLOW, -1);
	init_pair(LOOK_BAD, COLOR_RED, -1);
}

/* Why the terminal is of no use; NULL if it is. */
static const char *what_is_wrong(void)
{
	const char *wrong = NULL;
	int error;

	if (setupterm(NULL, STDOUT_FILENO, &error))
		return "terminfo does not know it";
	if (!cursor_address)
		wrong = "it cannot move its cursor";
	del_curterm(cur_term);	/* newterm() has one of its own */
	return wrong;
}

void screen_open(bool colour)
{
	const char *term = getenv("TERM");
	const char *wrong = what_is_wrong();

	if (!wrong) {
		setlocale(LC_CTYPE, "");
		unicode = !strcmp(nl_langinfo(CODESET), "UTF-8");
		catch_signals();
		screen = newterm(NULL, stdout, stdin);
		if (!screen)
			wrong = "ncurses cannot begin";
	}
	if (wrong)
		die(EXIT_FAILED, "cannot use the terminal '%s': %s; set TERM "
		    "to what it is, as TERM=vt100, or use: ksmfs top --batch",
		    term ? term : "", wrong);
	die_after(screen_close);
	if (colour && has_colors())
		choose_colours();
	cbreak();
	noecho();
	nonl();
	curs_set(0);
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
}

/* What is said next is not to be mixed with the last line. */
void screen_close(void)
{
	if (screen && !isendwin()) {
		move(LINES - 1, 0);
		clrtoeol();
		refresh();
		endwin();
	}
	die_after(NULL);
}

void screen_size(int *height, int *width)
{
	*height = LINES;
	*width = COLS;
}

bool screen_is_unicode(void)
{
	return unicode;
}

void screen_begin(void)
{
	erase();
}

void screen_show(void)
{
	refresh();
}

static attr_t attributes(enum screen_look look)
{
	attr_t bold = look == LOOK_BAD ? A_BOLD : A_NORMAL;

	if (look == LOOK_BAR)
		return A_REVERSE;
	return bold | COLOR_PAIR(look);
}

/* The next character of @text, and how many cells it takes. */
static wchar_t next_character(const char **text, mbstate_t *state, int *cells)
{
	wchar_t wide;
	size_t length = mbrtowc(&wide, *text, strlen(*text), state);

	if (length == (size_t)-1 || length == (size_t)-2) {
		*state = (mbstate_t){ 0 };
		length = 1;
		wide = L'?';
	}
	*text += length;
	*cells = wcwidth(wide);
	if (*cells > 0)
		return wide;
	*cells = 1;
	return L'?';
}

void screen_text(int y, int x, int width, enum screen_look look,
		 const char *text)
{
	mbstate_t state = { 0 };
	wchar_t *line;
	size_t used = 0;
	int cells;

	if (width > COLS - x)
		width = COLS - x;
	if (y < 0 || y >= LINES || width <= 0)
		return;
	line = xrealloc(NULL, width, sizeof(*line));
	while (*text && width > 0) {
		wchar_t wide = next_character(&text, &state, &cells);

		if (cells > width)
			break;
		line[used++] = wide;
		width -= cells;
	}
	while (width-- > 0)
		line[used++] = L' ';
	attr_set(attributes(look) & ~A_COLOR,
		 PAIR_NUMBER(attributes(look)), NULL);
	mvaddnwstr(y, x, line, used);
	attr_set(A_NORMAL, 0, NULL);
	free(line);
}

static unsigned int key_of(wint_t key)
{
	switch (key) {
	case KEY_UP:
		return SCREEN_UP;
	case KEY_DOWN:
		return SCREEN_DOWN;
	case KEY_PPAGE:
		return SCREEN_PAGE_UP;
	case KEY_NPAGE:
		return SCREEN_PAGE_DOWN;
	case KEY_HOME:
		return SCREEN_HOME;
	case KEY_END:
		return SCREEN_END;
	case KEY_BACKSPACE:
		return SCREEN_BACKSPACE;
	case KEY_ENTER:
		return SCREEN_ENTER;
	case KEY_F(1):
		return SCREEN_HELP;
	default:
		return SCREEN_NOTHING;
	}
}

static unsigned int character_of(wint_t character)
{
	switch (character) {
	case '\b':
	case 127:
		return SCREEN_BACKSPACE;
	case '\r':
	case '\n':
		return SCREEN_ENTER;
	case ESCAPE_CHAR:
		return SCREEN_ESCAPE;
	default:
		return character;
	}
}

static void __attribute__((noreturn)) end_by(int sig)
{
	sigset_t set;

	screen_close();
	signal(sig, SIG_DFL);
	kill(getpid(), sig);
	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	_exit(EXIT_FAILED);
}

static void adapt_size(void)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row &&
	    size.ws_col)
		resizeterm(size.ws_row, size.ws_col);
	clearok(curscr, TRUE);
}

static void take_signals(void)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGWINCH)
			end_by(info.ssi_signo);
		adapt_size();
	}
}

unsigned int screen_wait(int millisecs)
{
	struct pollfd fds[] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};
	wint_t key;

	for (int waited = 0; waited < 2; waited++) {
		switch (get_wch(&key)) {
		case OK:
			return character_of(key);
		case KEY_CODE_YES:
			return key_of(key);
		}
		if (waited)
			break;
		poll(fds, 2, millisecs);
		take_signals();
		if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
			end_by(SIGHUP);	/* there is no terminal any more */
	}
	return SCREEN_NOTHING;
}
