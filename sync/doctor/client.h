/*
 * client: the checks that go without credentials, at the address from which people pull: is there
 * what container clients ask for, and is it as they want it?
 */
#ifndef DRYDOCK_SYNC_DOCTOR_CLIENT_H
#define DRYDOCK_SYNC_DOCTOR_CLIENT_H

#include "sync/doctor/findings.h"
#include "sync/doctor/sample.h"
#include "sync/run/options.h"

enum client_bit {
	CLIENT_DOCKER = 1,
	CLIENT_PODMAN = 2,
	CLIENT_CONTAINERD = 4,
	CLIENTS_ALL = 7,
};

struct client_result {
	unsigned broken; /* enum client_bit: which cannot pull */
	bool pulled;     /* there was a manifest to look at */
};

/* `base`: http[s]://HOST[:PORT]/…/, what stands before "v2/…". */
int client_check(const char *base, const struct sample *sample, const struct sync_options *options,
                 struct findings *findings, struct client_result *result,
                 struct err *err) MUST_CHECK;

#endif
