// SPDX-License-Identifier: GPL-2.0
/*
 * There is no libmicrohttpd in this ksmfsd.
 */
#include <errno.h>

#include "http.h"

const bool http_is_built;

int http_start(uv_loop_t *loop, const char *address, http_ask *ask,
	       void *context)
{
	(void)loop;
	(void)address;
	(void)ask;
	(void)context;
	return -ENOTSUP;
}

void http_answer(http_make *make, void *context)
{
	(void)make;
	(void)context;
}

void http_stop(void)
{
}
