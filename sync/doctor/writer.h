/*
 * writer: the checks that go with the credentials of drydock sync: are there any, does the server
 * take them, and may they do what sync does?
 */
#ifndef DRYDOCK_SYNC_DOCTOR_WRITER_H
#define DRYDOCK_SYNC_DOCTOR_WRITER_H

#include "sync/doctor/findings.h"
#include "sync/run/session.h"

enum writer_reach {
	WRITER_READS,  /* --read-only: only what changes nothing */
	WRITER_WRITES, /* all of them */
};

/* -1: ERR_INTERRUPTED, ERR_MEMORY and the like; everything else is a finding. */
int writer_check(struct session *session, const struct sync_options *options,
                 enum writer_reach reach, struct findings *findings, struct err *err) MUST_CHECK;

#endif
