/*
 * patient_fetch: http_fetch, tried again when the link or the service fails for a moment: a run
 * must not end because one request for new credentials got lost.
 */
#ifndef DRYDOCK_SYNC_CREDENTIALS_PATIENT_FETCH_H
#define DRYDOCK_SYNC_CREDENTIALS_PATIENT_FETCH_H

#include "base/http/fetch.h"

/* As http_fetch; at most three attempts, with half a second and a second between them. */
int patient_fetch(const struct http_fetch *fetch, struct str *out, struct err *err) MUST_CHECK;

#endif
