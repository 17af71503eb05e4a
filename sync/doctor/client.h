/*
 * client: the checks that go without credentials, at the address from which people pull: is there
 * what container clients ask for, and is it as they want it?
 */
#ifndef DRYDOCK_SYNC_DOCTOR_CLIENT_H
#define DRYDOCK_SYNC_DOCTOR_CLIENT_H

#include "sync/doctor/findings.h"
#include "sync/doctor/pull_address.h"
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

enum client_pull { CLIENT_PULLS, CLIENT_DOES_NOT_PULL };

struct client_settings {                    /* borrowed */
	const struct sync_options *options; /* the certificates, and what was put on objects */
	const struct pull_address *address;
	enum client_pull pull; /* whether a client of this machine is run */
};

int client_check(const struct client_settings *settings, const struct sample *sample,
                 struct findings *findings, struct client_result *result,
                 struct err *err) MUST_CHECK;

#endif
