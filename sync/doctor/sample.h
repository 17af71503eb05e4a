/*
 * sample: which manifests and tags the doctor looks at: the first ones of the bucket by its listing
 * or, where that may not be read, of the root; and one subject that something refers to.
 */
#ifndef DRYDOCK_SYNC_DOCTOR_SAMPLE_H
#define DRYDOCK_SYNC_DOCTOR_SAMPLE_H

#include "sync/run/session.h"

#include "base/layout.h"
#include "db/state/db.h"

enum { SAMPLE_MAX = 100 };

struct sample {
	char keys[SAMPLE_MAX][KEY_MAX]; /* of CLASS_MANIFEST and CLASS_TAG, in their order */
	size_t count;
	bool more;               /* there are others */
	char referrers[KEY_MAX]; /* the first of CLASS_REFERRERS that was seen; "" */
	char fallback[KEY_MAX];  /* the first of CLASS_FALLBACK_TAG: something refers to that image
	                          */
};

/* 0, also when the bucket may not be listed or is empty; -1 for a signal and the like. */
int sample_of_bucket(struct sample *sample, struct session *session, struct err *err) MUST_CHECK;
int sample_of_root(struct sample *sample, struct db *db, struct err *err) MUST_CHECK;

#endif
