/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is above the table: a few lines on the host, the mounts, the scanner
 * and what is saved.
 */
#ifndef KSMFS_TOP_HEAD_H
#define KSMFS_TOP_HEAD_H

#include "model.h"

/**
 * struct head - lines fit for a terminal
 * @host: its memory, and how short of it ksmfsd finds it
 * @mounts: one line each; at least one
 * @n_mounts: how many
 * @scanner: what it does
 * @saved: by merging, packing and swapping
 */
struct head {
	char *host;
	char **mounts;
	size_t n_mounts;
	char *scanner;
	char *saved;
};

void head_make(struct head *head, const struct model *model);
void head_free(struct head *head);

/* What ksmfsd says under @key, or NULL; belongs to the reading. */
const char *head_daemon_text(const struct reading *reading, const char *key);

/* Likewise; false if it does not say. */
bool head_daemon_number(const struct reading *reading, const char *key,
			uint64_t *number);

#endif /* KSMFS_TOP_HEAD_H */
