/*
 * uri: percent-encoding as S3 signs it, and reading the two kinds of URL that people type. Pure.
 */
#ifndef DRYDOCK_BASE_HTTP_URI_H
#define DRYDOCK_BASE_HTTP_URI_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>

enum uri_slash {
	URI_KEEP_SLASH,   /* in paths */
	URI_ENCODE_SLASH, /* in query names and values */
};

/*
 * Appends `text` with every byte encoded as upper-case %XX, except A-Z a-z 0-9 - . _ ~ and, in
 * paths, `/` ("Signature Calculations for the Authorization Header", UriEncode).
 */
int uri_encode(struct str *out, const char *text, size_t len, enum uri_slash slash);

/* Appends the inverse. -1 for a broken %XX or one that decodes to NUL; `plus` reads + as space. */
int uri_decode(struct str *out, const char *text, size_t len, bool plus);

enum {
	URI_HOST_MAX = 253,
	URI_PATH_MAX = 512,
};

/* http[s]://HOST[:PORT][/PATH], as an endpoint is written; the scheme may be left out (https). */
struct uri_endpoint {
	bool https;
	unsigned port;               /* 0: the scheme's own */
	char host[URI_HOST_MAX + 1]; /* lower case; IPv6 in brackets */
	char path[URI_PATH_MAX + 1]; /* "" or "/a/b", no slash at the end, percent-encoded */
};

/*
 * ERR_CONFIG, with what was given in quotes first, for user names, queries, fragments, bad hosts
 * and ports; never quotes a password.
 */
int uri_parse_endpoint(struct uri_endpoint *uri, const char *text, struct err *err) MUST_CHECK;

/*
 * Whether a host as in uri_endpoint is this machine, by an address and not by a name that begins
 * like one: plain http may be spoken with it.
 */
bool uri_host_is_loopback(const char *host);

#endif
