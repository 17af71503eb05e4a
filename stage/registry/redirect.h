/*
 * redirect: where an answer 3xx leads (RFC 9110, 15.4 and 10.2.2). Pure, over libcurl's URL parser.
 */
#ifndef DRYDOCK_STAGE_REGISTRY_REDIRECT_H
#define DRYDOCK_STAGE_REGISTRY_REDIRECT_H

#include "base/str.h"

#include <stdbool.h>

enum {
	REDIRECTS_MAX = 5,       /* of one request */
	REDIRECT_URL_MAX = 8192, /* storage signs long ones */
};

bool registry_is_redirect(int status);

/*
 * Puts the target into `next`, resolved against the URL that was asked. ERR_REFUSED for one that is
 * no http or https, leads from https to http, or names a user; ERR_MALFORMED for what is no URL.
 */
int registry_redirect(const char *url, const char *location, struct str *next,
                      struct err *err) MUST_CHECK;

/* Whether both have scheme, host and port in common: then a secret for one may go to the other. */
bool registry_same_origin(const char *a, const char *b);

#endif
