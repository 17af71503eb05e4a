/*
 * source: a credential, and the places where it may be found, one function each: those that only
 * have to be read are here, the others in from_*.h. credentials knows their order and when to ask
 * again.
 *
 * A source returns 1 with *out filled in, 0 when it has nothing to say (the next one is asked), or
 * -1 when it should have answered but failed: what another source gives could then be another
 * identity. `generation` is not touched.
 */
#ifndef DRYDOCK_SYNC_CREDENTIALS_SOURCE_H
#define DRYDOCK_SYNC_CREDENTIALS_SOURCE_H

#include "sync/credentials/aws_config.h"

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	ACCESS_KEY_MAX = 128,
	SECRET_KEY_MAX = 256,
	SESSION_TOKEN_MAX = 16384,
};

struct credential {
	char access_key[ACCESS_KEY_MAX + 1];
	char secret_key[SECRET_KEY_MAX + 1];
	char session_token[SESSION_TOKEN_MAX + 1]; /* "" when there is none */
	int64_t expires_at_ms;                     /* wall clock; 0: never */
	const char *source;  /* static: "environment", "shared credentials file", … */
	unsigned generation; /* grows with each fetch, from 1 */
};

struct credentials_settings {
	const struct aws_config *config; /* borrowed for the life of the credentials */
	bool anonymous;                  /* send no signature at all */
	const char *ca_bundle;           /* --ca-bundle, or NULL: as the config says; borrowed */
	int64_t deadline_ms; /* monotonic: a credential_process has until then; 0: for ever */
};

typedef int credential_source_fn(const struct credentials_settings *settings,
                                 struct credential *out, struct err *err);

credential_source_fn credential_from_env;    /* AWS_ACCESS_KEY_ID and its companions */
credential_source_fn credential_from_shared; /* shared credentials file */
credential_source_fn credential_from_config; /* config file */

/*
 * Puts the three texts into *out after checking lengths and that they hold no control characters
 * (they become headers). `token` may be NULL. Returns 1, or -1 with ERR_CONFIG.
 */
int credential_fill(struct credential *out, const char *source, const char *access_key,
                    const char *secret_key, const char *token, struct err *err) MUST_CHECK;

/*
 * The JSON of credential_process, container endpoint and IMDS: AccessKeyId, SecretAccessKey,
 * `token_key` (SessionToken or Token), Expiration. Returns 1 or -1; messages hold no values.
 */
int credential_from_json(struct credential *out, const char *source, const char *json, size_t len,
                         const char *token_key, struct err *err) MUST_CHECK;

/* time_parse, and the ways in which some of AWS's own tools write UTC: "+00:00" and "UTC". */
int credential_time(const char *text, int64_t *ms) MUST_CHECK;

/* The certificates that the services behind a source are checked by; NULL: the system's. */
const char *credentials_ca_bundle(const struct credentials_settings *settings);

/* Appends the token in a file, at most `max` bytes, without white space at its end. */
int credential_read_token(const char *path, size_t max, struct str *token,
                          struct err *err) MUST_CHECK;

#endif
