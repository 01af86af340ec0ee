/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the daemon has to say: lines on stderr.
 */
#ifndef KSMFSD_LOG_H
#define KSMFSD_LOG_H

#include <syslog.h>

/*
 * Under systemd every line begins with its priority, "<6>" say, which the
 * journal takes off.
 */
void log_start(void);

/**
 * log_say() - write a line
 * @priority: LOG_ERR, LOG_WARNING, LOG_NOTICE or LOG_INFO
 * @fmt: the line without its end.  Names of guests may be put in as they are:
 *	whatever is not fit for a terminal is escaped here.
 */
void log_say(int priority, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif /* KSMFSD_LOG_H */
