/*
 * challenge: how a registry wants to be asked: the WWW-Authenticate headers of an answer 401 (RFC
 * 9110, 11.6.1), with the parameters of Bearer that the Docker token specification adds ("How to
 * authenticate": realm, service, scope) and RFC 6750, 3 (error). Pure.
 *
 *     struct challenge_list list = CHALLENGE_LIST_INIT;
 *     if (challenge_list_read(&list, answer->headers, err) < 0) …
 *     const struct challenge *bearer = challenge_find(&list, CHALLENGE_BEARER);
 *     challenge_list_release(&list);
 *
 * One header may hold several challenges, and there may be several headers. A comma that is missing
 * between parameters and a value without quotes that needs them (realm=https://…) are read as
 * meant; a parameter that is given twice is not. Reads each byte a fixed number of times.
 */
#ifndef DRYDOCK_STAGE_REGISTRY_CHALLENGE_H
#define DRYDOCK_STAGE_REGISTRY_CHALLENGE_H

#include "base/str.h"

enum {
	CHALLENGES_MAX = 16,          /* of one answer */
	CHALLENGE_HEADER_MAX = 16384, /* bytes of one header */
};

enum challenge_scheme {
	CHALLENGE_OTHER, /* Negotiate, Digest, …: nothing that drydock can answer */
	CHALLENGE_BASIC,
	CHALLENGE_BEARER,
};

/* Values are as foreign as the rest: without control characters, and otherwise any bytes. */
struct challenge {
	enum challenge_scheme scheme;
	char *realm;   /* owned, as the others; NULL: not said. Bearer: the token server's URL */
	char *service; /* what the token is for */
	char *scope;   /* one or more, with spaces between them: "repository:a/b:pull" */
	char *error;   /* why what was sent is not enough: "insufficient_scope" */
};

struct challenge_list {
	struct challenge items[CHALLENGES_MAX]; /* in their order */
	size_t count;
};
#define CHALLENGE_LIST_INIT                                                                        \
	{                                                                                          \
		.count = 0                                                                         \
	}

/*
 * Adds what one header's value holds. ERR_MALFORMED, or ERR_REFUSED beyond the limits; the
 * challenges before that stay.
 */
int challenge_list_add(struct challenge_list *list, const char *value, struct err *err) MUST_CHECK;
/* Adds those of all WWW-Authenticate headers, as base/http/transport stores them. */
int challenge_list_read(struct challenge_list *list, const struct str *headers,
                        struct err *err) MUST_CHECK;
void challenge_list_release(struct challenge_list *list);

/* The first of that scheme; NULL: none. Borrowed. */
const struct challenge *challenge_find(const struct challenge_list *list,
                                       enum challenge_scheme scheme);

#endif
