/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The numbers of a VM as ksmfsd gives them away and `ksmfs vms` shows them.
 * Their keys are a contract: the manual page documents them.
 */
#ifndef _KSMFS_ROWS_H
#define _KSMFS_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

#define ROWS_SOCKET "/run/ksmfs/ksmfsd.sock"
#define ROWS_REQUEST "{\"get\":\"vms\"}\n"

/* X(key, heading, is a percentage) */
#define KSMFS_VM_NUMBERS(X)                                                   \
	X(configured, "CONFIGURED", false)                                    \
	X(granted, "GRANTED", false)                                          \
	X(ballooned, "BALLOONED", false)                                      \
	X(private, "PRIVATE", false)                                          \
	X(shared, "SHARED", false)                                            \
	X(packed, "PACKED", false)                                            \
	X(swapped, "SWAPPED", false)                                          \
	X(active, "ACTIVE", false)                                            \
	X(wanted, "WANTED", false)                                            \
	X(pressure, "PRESSURE", true)                                         \
	X(target, "TARGET", false)

#define X(key, heading, percent) ROW_##key,
enum row_number { KSMFS_VM_NUMBERS(X) N_ROW_NUMBERS };
#undef X

/**
 * struct row - a VM
 * @name: its name
 * @pid: its process, or 0
 * @status: a few words, or NULL
 * @known: whether the number is known
 * @value: in bytes, or in percent
 */
struct row {
	char *name;
	uint64_t pid;
	char *status;
	bool known[N_ROW_NUMBERS];
	uint64_t value[N_ROW_NUMBERS];
};

extern const char *const row_keys[N_ROW_NUMBERS];

void row_set(struct row *row, enum row_number id, uint64_t value);

struct json_object *row_to_json(const struct row *row);

/* False if the object is no row. */
bool row_from_json(struct json_object *object, struct row *row);

void row_free(struct row *row);

struct row_list {
	struct row *rows;
	size_t count;
};

/* A further row, empty; those added before may move. */
struct row *row_list_add(struct row_list *list);

void row_list_free(struct row_list *list);

#endif /* _KSMFS_ROWS_H */
