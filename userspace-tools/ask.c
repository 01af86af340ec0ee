// SPDX-License-Identifier: GPL-2.0
/*
 * What ksmfsd says of the host and of its VMs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ask.h"
#include "sysio.h"

static int read_rows(struct json_object *object, struct row_list *list)
{
	struct json_object *vms;

	if (!json_object_object_get_ex(object, "vms", &vms) ||
	    !json_object_is_type(vms, json_type_array))
		return -EBADMSG;
	for (size_t i = 0; i < json_object_array_length(vms); i++)
		if (!row_from_json(json_object_array_get_idx(vms, i),
				   row_list_add(list)))
			return -EBADMSG;
	return 0;
}

int ask_vms(unsigned int patience, struct ask *ask)
{
	char *answer;
	int ret;

	*ask = (struct ask){ 0 };
	ret = sysio_ask(ROWS_SOCKET, ROWS_REQUEST, patience, &answer);
	if (ret)
		return ret == -ECONNREFUSED ? -ENOENT : ret;
	ask->object = json_tokener_parse(answer);
	free(answer);
	ret = read_rows(ask->object, &ask->vms);
	if (ret)
		ask_free(ask);
	return ret;
}

const char *ask_error(int error)
{
	switch (error) {
	case -EBADMSG:
		return "the answer is unknown";
	case -EAGAIN:
		return "it does not answer";
	default:
		return strerror(-error);
	}
}

const char *ask_advice(int error)
{
	switch (error) {
	case -EBADMSG:
		return "ksmfs and ksmfsd are of different versions; install "
		       "both from the same release";
	case -EACCES:
	case -EPERM:
		return "run ksmfs as root";
	default:
		return "its log may say more";
	}
}

void ask_free(struct ask *ask)
{
	json_object_put(ask->object);
	row_list_free(&ask->vms);
	*ask = (struct ask){ 0 };
}
