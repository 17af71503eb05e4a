/*
 * trial: writes to the bucket as sync does, looks what comes back, and removes it again: the checks
 * from CHECK_PUT to CHECK_DELETE.
 *
 * What is written lies below drydock-doctor/ in the remote's prefix, beside v2/ and so nothing that
 * a container client could ask for, under a name of its own for each run. It is removed also after
 * a signal. Where nothing may be removed, nothing is written: the request that would write then
 * carries an MD5 that does not fit, and its refusal tells whether it was allowed.
 */
#ifndef DRYDOCK_SYNC_DOCTOR_TRIAL_H
#define DRYDOCK_SYNC_DOCTOR_TRIAL_H

#include "sync/doctor/findings.h"
#include "sync/run/session.h"

#define TRIAL_FOLDER "drydock-doctor/"

struct probe;

/* -1: ERR_INTERRUPTED, ERR_MEMORY and the like; everything else is a finding. */
int trial_run(struct session *session, const struct sync_options *options,
              struct findings *findings, struct err *err) MUST_CHECK;

/* A check fails by this answer, with the remedy for it. */
void trial_refused(struct findings *findings, enum doctor_check check, const struct probe *p);

#endif
