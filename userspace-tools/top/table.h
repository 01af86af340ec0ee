/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The columns of the table: their names, what they mean, their order, and how
 * a value is written.  The screen, the text and the JSON of `ksmfs top`, its
 * help and its manual page are all made from this one list.
 */
#ifndef KSMFS_TOP_TABLE_H
#define KSMFS_TOP_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * X(key, heading, kind, rank, letter, help)
 *
 * In the order in which they are shown.  key: in JSON and for --sort.  kind:
 * SIZE in bytes, RATE events a second, COST see there, NUMBER, or TEXT.  rank:
 * when there is no room for all, those with the highest go first; the name
 * stays.  letter: the key that sorts by it, or 0.
 */
#define KSMFS_TOP_COLUMNS(X)                                                  \
	X(size, "SIZE", SIZE, 5, 'Z',                                         \
	  "what the guest was given")                                         \
	X(private, "PRIV", SIZE, 1, 'P',                                      \
	  "in frames of its own")                                             \
	X(shared, "SHARE", SIZE, 2, 'H',                                      \
	  "merged with equal pages, its own or of others")                    \
	X(zero, "ZERO", SIZE, 7, 0,                                           \
	  "found to hold only zeros: costs no frame")                         \
	X(ballooned, "BALL", SIZE, 9, 0,                                      \
	  "in the guest's balloon; known if ksmfsd runs")                     \
	X(packed, "PACK", SIZE, 10, 0,                                        \
	  "compressed")                                                       \
	X(swapped, "SWAP", SIZE, 8, 'W',                                      \
	  "in the swap file of its mount")                                    \
	X(active, "ACTIV", SIZE, 6, 'A',                                      \
	  "in use, estimated by touches of a sample")                         \
	X(breaks, "BRK/S", RATE, 3, 'B',                                      \
	  "merged and zero pages written to, a second")                       \
	X(cost, "COST", COST, 4, 'C',                                         \
	  "breaks and fetches a second for each MiB saved")                   \
	X(saved, "SAVED", SIZE, 12, 'S',                                      \
	  "what its content would take less what it takes")                   \
	X(frames, "FRAME", SIZE, 13, 0,                                       \
	  "memory it stands for, its part of what is shared too")             \
	X(holes, "HOLES", SIZE, 18, 0,                                        \
	  "never written, or given back: no content")                         \
	X(merges, "MRG/S", RATE, 15, 'M',                                     \
	  "pages merged a second, zero pages too")                            \
	X(fetches, "FET/S", RATE, 16, 'F',                                    \
	  "packed and swapped pages wanted back, a second")                   \
	X(stalls, "STL/S", RATE, 17, 0,                                       \
	  "faults that had to wait for a frame, a second")                    \
	X(pid, "PID", NUMBER, 14, 0,                                          \
	  "its process")                                                      \
	X(domain, "DOMAIN", TEXT, 11, 'D',                                    \
	  "directory whose regions may share")                                \
	X(name, "NAME", TEXT, 0, 'N',                                         \
	  "by ksmfsd, or the path of its largest region")

#define X(key, ...) COLUMN_##key,
enum column_id { KSMFS_TOP_COLUMNS(X) N_COLUMNS };
#undef X

enum column_kind { SIZE, RATE, COST, NUMBER, TEXT };

struct column {
	const char *key;
	const char *heading;
	enum column_kind kind;
	unsigned int rank;
	char letter;
	const char *help;
};

extern const struct column columns[N_COLUMNS];

/* N_COLUMNS if there is none. */
enum column_id column_by_key(const char *key);
enum column_id column_by_letter(unsigned int letter);

/**
 * struct line - a VM, or a region that no process has mapped
 * @domain: its domain; any bytes, as @name
 * @name: its name
 * @mount: where its largest region is; belongs to the reading
 * @known: of each number, whether it is known
 * @value: of each number, as its kind has it
 */
struct line {
	char *domain;
	char *name;
	const char *mount;
	bool known[N_COLUMNS];
	double value[N_COLUMNS];
};

/* What is to be seen, and in which order; NULL: of all. */
struct choice {
	enum column_id sort;
	bool reverse;
	const char *domain;
	const char *name;
};

/*
 * Has @shown, which has room for all, point to the lines that are chosen: in
 * the domain of exactly that name, and with a name that has @name in it, be
 * letters large or small.  Numbers begin with the largest, texts with the
 * first; what is not known comes last.  Returns how many.
 */
size_t table_choose(const struct choice *choice, const struct line *lines,
		    size_t n_lines, const struct line **shown);

/*
 * "0", "999", "1023K", "99.5G", "-999K", "-9.5G": five characters at most, but
 * for the numbers of processes.
 */
struct cell {
	char text[8];
};

struct cell cell_size(double bytes);
struct cell cell_rate(double rate);

/* Of a column that is no text. */
struct cell cell_of(const struct line *line, enum column_id id);

/* A text, fit for a terminal; to be freed. */
char *cell_text(const struct line *line, enum column_id id);

/**
 * struct layout - the columns that are shown
 * @shown: which
 * @width: how wide each is; numbers are at the right of it, texts at the left.
 *	The name takes what is left.
 *
 * There is a blank between two columns, and at the left of the first.
 */
struct layout {
	bool shown[N_COLUMNS];
	int width[N_COLUMNS];
};

/**
 * layout_make() - choose columns
 * @layout: the layout
 * @width: how many characters there are, or 0 for no limit
 * @domain_width: how wide the longest domain is
 */
void layout_make(struct layout *layout, int width, int domain_width);

#endif /* KSMFS_TOP_TABLE_H */
