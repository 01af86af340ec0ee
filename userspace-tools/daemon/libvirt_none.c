// SPDX-License-Identifier: GPL-2.0
/*
 * There is no libvirt in this ksmfsd.
 */
#include <stddef.h>

#include "libvirt.h"

const bool libvirt_is_built;

struct libvirt *libvirt_open(uv_loop_t *loop, const char *uri,
			     unsigned int period, bool hands_off)
{
	(void)loop;
	(void)uri;
	(void)period;
	(void)hands_off;
	return NULL;
}

void libvirt_poll(struct libvirt *libvirt)
{
	(void)libvirt;
}

void libvirt_find(const struct libvirt *libvirt,
		  void (*found)(void *context, const char *uuid,
				const char *name),
		  void *context)
{
	(void)libvirt;
	(void)found;
	(void)context;
}

struct guest *libvirt_guest_new(struct libvirt *libvirt, const char *uuid,
				const char *name)
{
	(void)libvirt;
	(void)uuid;
	(void)name;
	return NULL;
}

void libvirt_close(struct libvirt *libvirt)
{
	(void)libvirt;
}
