/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which of the two formats of metrics a client would rather have.
 */
#ifndef KSMFSD_ACCEPT_H
#define KSMFSD_ACCEPT_H

#include <stdbool.h>

/**
 * accepts_open_metrics() - what a client wants
 * @accept: the header Accept of its request, or NULL; it may be any text
 *
 * Return: true if OpenMetrics 1.0.0 is named there and not liked less than
 * Prometheus' own text.
 */
bool accepts_open_metrics(const char *accept);

#endif /* KSMFSD_ACCEPT_H */
