/*
 * ranges: whether parts of a blob can be asked for, one and two at a time.
 */
#ifndef DRYDOCK_SYNC_DOCTOR_RANGES_H
#define DRYDOCK_SYNC_DOCTOR_RANGES_H

#include "sync/doctor/manifests.h"

int ranges_check(const struct manifests *m, struct err *err) MUST_CHECK;

#endif
