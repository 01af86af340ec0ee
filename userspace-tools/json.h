/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The few calls between the verbs and json-c.  The keys of every object are
 * a contract: the manual page documents them.
 */
#ifndef _KSMFS_JSON_H
#define _KSMFS_JSON_H

#include <stdint.h>

#include <json-c/json.h>

void json_add_number(struct json_object *object, const char *key,
		     uint64_t value);

/* Any bytes; NULL becomes null. */
void json_add_name(struct json_object *object, const char *key,
		   const char *name);

/* With six significant digits. */
void json_add_fraction(struct json_object *object, const char *key,
		       double value);

/* Prints the object on stdout, for people or as one line, and frees it. */
void json_print(struct json_object *object);
void json_print_line(struct json_object *object);

#endif /* _KSMFS_JSON_H */
