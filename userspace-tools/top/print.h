/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A reading as text, and as JSON.
 */
#ifndef KSMFS_TOP_PRINT_H
#define KSMFS_TOP_PRINT_H

#include "model.h"

/* Lines of text, with an empty one before all but the first reading. */
void print_text(const struct model *model, const struct choice *choice,
		bool first);

/* One line. */
void print_json(const struct model *model, const struct choice *choice);

#endif /* KSMFS_TOP_PRINT_H */
