/*
 * link: where the next page of a list is: the Link headers of its answer (RFC 8288, 3), as the OCI
 * distribution specification 1.1 uses them ("Listing Tags", "Listing Referrers"):
 *
 *     Link: </v2/org/app/tags/list?n=100&last=v1.9>; rel="next"
 *
 *     AUTO_STR struct str next = STR_INIT(LINK_URL_MAX);
 *     if (registry_link_next(answer->headers, url, &next, err) < 0) …
 *     if (next.len == 0) …                      that was the last page
 *
 * The target is resolved against the URL that was asked (RFC 3986, 5.2). It never leads anywhere
 * else: of a whole URL only path and query are taken, and only if it names the same host; scheme
 * and port stay those of the request (a registry behind a proxy often does not know them), so that
 * https stays https. Pure.
 */
#ifndef DRYDOCK_STAGE_REGISTRY_LINK_H
#define DRYDOCK_STAGE_REGISTRY_LINK_H

#include "base/str.h"

enum {
	LINK_HEADER_MAX = 16384, /* bytes of one header */
	LINK_URL_MAX = 8192,     /* bytes of an URL; of `next`, its own maximum counts too */
};

/*
 * Appends the absolute URL of the first target with rel=next to `next`, nothing when there is none.
 * `url` is that of the request, absolute. ERR_MALFORMED for what is no Link header, or leads back
 * to `url`; ERR_REFUSED for another host, another scheme than http or https, or beyond a limit. The
 * caller bounds the number of pages: pages may lead to one another in a circle.
 */
int registry_link_next(const struct str *headers, const char *url, struct str *next,
                       struct err *err) MUST_CHECK;
/* The same of one header's value. */
int registry_link_find(const char *value, const char *url, struct str *next,
                       struct err *err) MUST_CHECK;

#endif
