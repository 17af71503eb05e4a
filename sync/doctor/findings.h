/*
 * findings: what the doctor checks, and what it found. The table of checks says what each is called
 * and why it matters; findings_add tells one, and counts it.
 */
#ifndef DRYDOCK_SYNC_DOCTOR_FINDINGS_H
#define DRYDOCK_SYNC_DOCTOR_FINDINGS_H

#include "sync/doctor/remedy.h"

#include "base/err.h"

enum doctor_check {
	/* as the one that writes: drydock sync */
	CHECK_CREDENTIALS,
	CHECK_ENDPOINT,
	CHECK_CLOCK,
	CHECK_REGION,
	CHECK_KEY,
	CHECK_LIST,
	CHECK_PUT,
	CHECK_GET,
	CHECK_CONDITIONS,
	CHECK_MULTIPART,
	CHECK_ABORT,
	CHECK_DELETE,
	/* as the ones that pull, without credentials */
	CHECK_ADDRESS,
	CHECK_REACH,
	CHECK_PING,
	CHECK_MISSING,
	CHECK_MANIFESTS,
	CHECK_TYPES,
	CHECK_BYTES,
	CHECK_GZIP,
	CHECK_RANGE,
	CHECK_RANGES,
	CHECK_TAGS,
	CHECK_REFERRERS,
	CHECK_CACHE,
	CHECK_CORS,
	CHECK_PULL,
	CHECK_REDIRECT,
	DOCTOR_CHECKS,
};

enum doctor_verdict {
	DOCTOR_PASS,
	DOCTOR_WARN, /* it works, and something or someone will meet it */
	DOCTOR_FAIL,
	DOCTOR_SKIP, /* could not be looked at, or was not to be */
	DOCTOR_VERDICTS,
};
const char *doctor_verdict_name(enum doctor_verdict verdict); /* "pass" */

struct doctor_finding {   /* borrowed for the call */
	const char *side; /* "writer" or "client" */
	const char *name; /* of the check: "list" */
	enum doctor_verdict verdict;
	enum err_code code; /* DOCTOR_FAIL: what kind of failure it is */
	const char *what;   /* what was found, one line */
	const char *why;    /* why it matters, one line */
	const char *remedy; /* lines to paste; "": none. A check that passes may have one, too */
};

typedef void doctor_tell_fn(void *context, const struct doctor_finding *finding);

struct findings {
	doctor_tell_fn *tell;
	void *context;              /* borrowed, of `tell` */
	struct remedy_place *place; /* borrowed; findings_front and _image add to it */
	unsigned counts[DOCTOR_VERDICTS];
	enum err_code worst; /* of those that failed; ERR_NONE: none did */
};

/* What is learned of the place on the way; borrowed. */
void findings_front(struct findings *f, const char *front);
void findings_image(struct findings *f, const char *image);

void findings_add(struct findings *f, enum doctor_check check, enum doctor_verdict verdict,
                  enum remedy remedy, const char *fmt, ...) PRINTF_LIKE(5, 6);
/* DOCTOR_FAIL, of this kind. */
void findings_fail(struct findings *f, enum doctor_check check, enum err_code code,
                   enum remedy remedy, const char *fmt, ...) PRINTF_LIKE(5, 6);
/* The checks from `first` to `last` are not made, because of this. */
void findings_skip(struct findings *f, enum doctor_check first, enum doctor_check last,
                   const char *because);

#endif
