/*
 * client_internal: what the files of the client's checks share.
 */
#ifndef DRYDOCK_SYNC_DOCTOR_CLIENT_INTERNAL_H
#define DRYDOCK_SYNC_DOCTOR_CLIENT_INTERNAL_H

#include "sync/doctor/client.h"
#include "sync/doctor/visit.h"

struct client {
	struct visitor visitor;
	struct findings *findings; /* borrowed, as all below */
	const struct client_settings *settings;
	struct client_result *result;
	bool refused; /* v2/ is 401 or 403 */
};

static inline void client_breaks(struct client *c, unsigned clients)
{
	c->result->broken |= clients;
}

#endif
