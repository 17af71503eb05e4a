/*
 * front: which CDN or web server answers, by its own headers, so that a remedy can name its
 * settings. Pure.
 */
#ifndef DRYDOCK_SYNC_DOCTOR_FRONT_H
#define DRYDOCK_SYNC_DOCTOR_FRONT_H

#include "base/str.h"

struct front {
	const char *name;  /* as remedies know it: "cloudfront" */
	const char *title; /* for people: "CloudFront" */
};

/* NULL: its headers do not tell. `headers` as struct http_answer has them. */
const struct front *front_of(const struct str *headers);
/* The i-th of those that are known, or NULL past the end. */
const struct front *front_at(unsigned index);

#endif
