/*
 * sigv4: AWS Signature Version 4, the Authorization header form. Pure but for the cached key.
 *
 *     struct sigv4_signer signer = SIGV4_SIGNER_INIT;
 *     sigv4_canonical_query(&query, pairs, n);          also what stands after `?` in the URL
 *     sigv4_sign(&signer, &request, &authorization, err);
 *     sigv4_signer_wipe(&signer);
 *
 * Sources: "Authenticating Requests (AWS Signature Version 4)" in the Amazon S3 API Reference. S3
 * signs the path as it is sent: encoded once, not normalised.
 */
#ifndef DRYDOCK_SYNC_CREDENTIALS_SIGV4_H
#define DRYDOCK_SYNC_CREDENTIALS_SIGV4_H

#include "base/err.h"
#include "base/hash.h"
#include "base/str.h"

#include <stdint.h>

#define SIGV4_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"

enum {
	SIGV4_DATE_MAX = sizeof("20130524T000000Z"),
	SIGV4_HEADERS_MAX = 64, /* signed headers in one request */
	SIGV4_QUERY_MAX = 16,
};

struct sigv4_pair {
	const char *name, *value; /* borrowed */
};

/* Everything is borrowed. */
struct sigv4_request {
	const char *method;
	const char *path;                 /* percent-encoded, begins with a slash */
	const char *query;                /* from sigv4_canonical_query, "" when there is none */
	const struct sigv4_pair *headers; /* all that are to be signed, host among them, in any
	                                   * order; names in lower case, no name twice */
	size_t header_count;
	const char *payload; /* hex SHA-256 of the body, or SIGV4_UNSIGNED_PAYLOAD */
	const char *access_key, *secret_key;
	const char *region, *service;
	const char *date; /* from sigv4_date; the caller also sends it as x-amz-date */
};

/* The derived key changes once a day, so it is kept. */
struct sigv4_signer {
	uint8_t scope[SHA256_BYTES]; /* hash of secret, day, region and service it is for */
	uint8_t key[SHA256_BYTES];   /* kSigning */
	int valid;                   /* the two are set */
};

#define SIGV4_SIGNER_INIT                                                                          \
	{                                                                                          \
		{0}, {0}, 0                                                                        \
	}

/* "20130524T000000Z" of seconds since 1970. Returns `text`. */
const char *sigv4_date(int64_t seconds, char text[SIGV4_DATE_MAX]);

/* Encodes, sorts and joins at most SIGV4_QUERY_MAX names and values that are not encoded yet. */
int sigv4_canonical_query(struct str *out, const struct sigv4_pair *pairs, size_t count);

/* The three steps; sign is the other two and the key. Tests look at each. */
int sigv4_canonical_request(const struct sigv4_request *r, struct str *out,
                            struct err *err) MUST_CHECK;
int sigv4_string_to_sign(const struct sigv4_request *r, const struct str *canonical,
                         struct str *out, struct err *err) MUST_CHECK;
/* Appends the value of the Authorization header. */
int sigv4_sign(struct sigv4_signer *signer, const struct sigv4_request *r,
               struct str *authorization, struct err *err) MUST_CHECK;

void sigv4_signer_wipe(struct sigv4_signer *signer);

#endif
