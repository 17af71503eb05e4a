/*
 * pull: one image, pulled by a client that is installed on this machine (skopeo, else podman) into
 * a folder that is removed again: CHECK_PULL. It runs without a shell, within a time, with no
 * credentials and no registries.conf but its own.
 */
#ifndef DRYDOCK_SYNC_DOCTOR_PULL_H
#define DRYDOCK_SYNC_DOCTOR_PULL_H

#include "sync/doctor/client.h"
#include "sync/doctor/manifests.h"

enum { PULL_BYTES_MAX = 64 << 20, PULL_MS = 2 * 60 * 1000 };

int pull_check(struct client *c, const struct manifests *m, struct err *err) MUST_CHECK;

#endif
