/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The terminal: the only place that knows of ncurses.
 *
 * From screen_open() to screen_close(), SIGINT, SIGTERM and SIGHUP wait until
 * screen_wait() restores the terminal and has them end the program.
 */
#ifndef KSMFS_TOP_SCREEN_H
#define KSMFS_TOP_SCREEN_H

#include <stdbool.h>

/* Keys that are no characters. */
enum screen_key {
	SCREEN_NOTHING = 0x200000,	/* beyond all characters */
	SCREEN_UP, SCREEN_DOWN, SCREEN_PAGE_UP, SCREEN_PAGE_DOWN,
	SCREEN_HOME, SCREEN_END, SCREEN_BACKSPACE, SCREEN_ENTER,
	SCREEN_ESCAPE, SCREEN_HELP,
};

/* What is not plain differs without colour too, or says the same in words. */
enum screen_look {
	LOOK_PLAIN, LOOK_BAR, LOOK_GRAPH, LOOK_GOOD, LOOK_WARNING, LOOK_BAD
};

/* Ends the program if that cannot be done with this terminal. */
void screen_open(bool colour);
void screen_close(void);

void screen_size(int *height, int *width);

/* Can it show all of Unicode? */
bool screen_is_unicode(void);

/* Everything is drawn anew between these two. */
void screen_begin(void);
void screen_show(void);

/*
 * Writes the first @width columns of @text, and blanks up to there.  What does
 * not fit on the screen is left out; what the terminal cannot show is a '?'.
 */
void screen_text(int y, int x, int width, enum screen_look look,
		 const char *text);

/*
 * Waits for a key, for @millisecs or, below 0, for ever.  Returns a character
 * or one of the above; SCREEN_NOTHING also when the size has changed.
 */
unsigned int screen_wait(int millisecs);

#endif /* KSMFS_TOP_SCREEN_H */
